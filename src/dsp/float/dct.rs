//! The discrete cosine transform.

use core::f64::consts::PI;

/// The first `COEFFS` coefficients of the orthonormal DCT-II of `N` values,
/// `scipy.fft.dct(x, type=2, norm="ortho")[:COEFFS]`.
///
/// Coefficient `c` is `s Σ x[n] cos(πc(2n + 1) / 2N)` with `s² = 2 / N`, half
/// of that for `c = 0`. So few of them are wanted that their matrix is as fast
/// as a transform.
#[derive(Clone)]
pub struct Dct<const N: usize, const COEFFS: usize> {
    /// Contribution of one unit of each value to the coefficients.
    basis: [[f32; COEFFS]; N],
}

impl<const N: usize, const COEFFS: usize> Dct<N, COEFFS> {
    /// Computes the transform's matrix.
    pub fn new() -> Self {
        const { assert!(COEFFS <= N && N > 0) };
        let entry = |n: usize, c: usize| {
            let scale = libm::sqrt(if c == 0 { 1.0 } else { 2.0 } / N as f64);
            // Reduced as an integer, the angle keeps its full precision.
            let quarter_turns = (c * (2 * n + 1)) % (4 * N);
            (scale * libm::cos(PI * quarter_turns as f64 / (2 * N) as f64)) as f32
        };
        Self {
            basis: core::array::from_fn(|n| core::array::from_fn(|c| entry(n, c))),
        }
    }

    /// Transforms `N` values.
    pub fn of(&self, values: &[f32; N]) -> [f32; COEFFS] {
        let mut coefficients = [0.0; COEFFS];
        for (value, row) in values.iter().zip(&self.basis) {
            for (coefficient, entry) in coefficients.iter_mut().zip(row) {
                *coefficient += value * entry;
            }
        }
        coefficients
    }
}

impl<const N: usize, const COEFFS: usize> Default for Dct<N, COEFFS> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::float::test_signal::noise;

    #[test]
    fn agrees_with_the_definition() {
        let values: [f32; 128] = noise(1);
        let got = Dct::<128, 40>::new().of(&values);
        for (c, got) in got.iter().enumerate() {
            let sum: f64 = (0..128)
                .map(|n| f64::from(values[n]) * (PI * c as f64 * (n as f64 + 0.5) / 128.0).cos())
                .sum();
            let want = sum * (if c == 0 { 1.0_f64 } else { 2.0 } / 128.0).sqrt();
            assert!((f64::from(*got) - want).abs() < 1e-6, "coefficient {c}");
        }
    }

    #[test]
    fn preserves_energy() {
        let values: [f32; 16] = noise(2);
        let energy = |x: &[f32; 16]| x.iter().map(|v| v * v).sum::<f32>();
        let coefficients = Dct::<16, 16>::new().of(&values);
        assert!((energy(&coefficients) - energy(&values)).abs() < 1e-5);
    }
}

//! The Hann window.

use core::f64::consts::TAU;

/// Returns the periodic Hann window of `N` samples, `0.5 - 0.5 cos(2πn / N)`, as in
/// `scipy.signal.get_window("hann", N, fftbins=True)`, which librosa uses.
pub fn hann<const N: usize>() -> [f32; N] {
    core::array::from_fn(|n| weight(n, N) as f32)
}

/// The weight of sample `n` in a window of `length` samples.
pub(super) fn weight(n: usize, length: usize) -> f64 {
    0.5 - 0.5 * libm::cos(TAU * n as f64 / length as f64)
}

#[cfg(test)]
mod tests {
    use super::hann;

    #[test]
    fn is_periodic_and_sums_to_half_its_length() {
        let window = hann::<1024>();
        assert!(window[0].abs() < 1e-9);
        assert!((window[512] - 1.0).abs() < 1e-9);
        assert!((1..1024).all(|n| (window[n] - window[1024 - n]).abs() < 1e-7));
        assert!((window.iter().sum::<f32>() - 512.0).abs() < 1e-2);
    }
}

//! The Fourier transform of real values.
//!
//! | transform | precision | method | memory, values of the precision |
//! |---|---|---|---|
//! | [`Stockham`] | single, double | radix 4, out of place, for vector instructions | 4 `N`, half of it twiddles |
//! | [`Microfft`] | single | the crate `microfft`: radix 2, in place | `N`, and a table of sines in flash |
//!
//! [`Real::Fft`] is the one that suits the target: on bare metal `Microfft` in
//! single precision, as there are no vectors and memory is short; everywhere
//! else, and in double precision, `Stockham`.

#[cfg(any(test, target_os = "none"))]
mod microfft;
mod stages;
mod stockham;

use core::ops::{Add, Mul, Neg, Sub};
#[cfg(any(test, target_os = "none"))]
pub use microfft::Microfft;
pub use stockham::Stockham;

/// The transform in single precision that suits the target.
#[cfg(not(target_os = "none"))]
type Single<const N: usize> = Stockham<f32, N>;
#[cfg(target_os = "none")]
type Single<const N: usize> = Microfft<N>;

/// The arithmetic of a transform: `f32` or `f64`.
pub trait Real:
    Copy
    + Default
    + From<f32>
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Neg<Output = Self>
{
    /// The transform of `N` values that suits the target.
    type Fft<const N: usize>: RealFft<Self>;

    /// Returns the nearest value to `x`.
    fn nearest(x: f64) -> Self;
    /// Returns this value in single precision.
    fn single(self) -> f32;
}

impl Real for f32 {
    type Fft<const N: usize> = Single<N>;

    #[inline(always)]
    fn nearest(x: f64) -> Self {
        x as Self
    }

    #[inline(always)]
    fn single(self) -> f32 {
        self
    }
}

impl Real for f64 {
    type Fft<const N: usize> = Stockham<f64, N>;

    #[inline(always)]
    fn nearest(x: f64) -> Self {
        x
    }

    #[inline(always)]
    fn single(self) -> f32 {
        self as f32
    }
}

/// A transform of `N` real values, a power of two from 32 to 4096.
pub trait RealFft<T>: Clone {
    /// Makes the tables.
    fn new() -> Self;

    /// Transforms `N` values, given in pairs of an even and an odd one; zeros
    /// stand for those that `pairs` lacks.
    fn forward(
        &mut self,
        pairs: impl ExactSizeIterator<Item = [T; 2]>,
    ) -> Spectrum<T, impl Iterator<Item = [T; 2]>>;
}

/// The bins `0..=N/2` of a transform of `N` real values.
pub struct Spectrum<T, I> {
    /// Bin 0, which is real.
    pub dc: T,
    /// Bin `N/2`, at half the sample rate, which is real.
    pub nyquist: T,
    /// Real and imaginary parts of the bins `1..N/2`.
    pub between: I,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::float::test_signal::noise;
    use std::f64::consts::TAU;

    /// The bins that a transform gives, in double precision.
    fn bins<T: Real + Into<f64>>(fft: &mut impl RealFft<T>, values: &[f32]) -> Vec<[f64; 2]> {
        let pairs = values.as_chunks().0.iter();
        let spectrum = fft.forward(pairs.map(|pair: &[f32; 2]| pair.map(T::from)));
        let mut bins = vec![[spectrum.dc.into(), 0.0]];
        bins.extend(spectrum.between.map(|bin| bin.map(T::into)));
        bins.push([spectrum.nyquist.into(), 0.0]);
        bins
    }

    /// The same bins from the definition.
    fn definition(values: &[f32]) -> Vec<[f64; 2]> {
        let n = values.len();
        let bin = |k: usize| {
            let terms = values.iter().enumerate().map(|(t, &x)| {
                let (sin, cos) = (-TAU * ((k * t) % n) as f64 / n as f64).sin_cos();
                [f64::from(x) * cos, f64::from(x) * sin]
            });
            terms.fold([0.0, 0.0], |sum, x| [sum[0] + x[0], sum[1] + x[1]])
        };
        (0..=n / 2).map(bin).collect()
    }

    /// The greatest difference, relative to the greatest bin.
    fn error(got: &[[f64; 2]], want: &[[f64; 2]]) -> f64 {
        assert_eq!(got.len(), want.len());
        let greatest = |bins: &mut dyn Iterator<Item = [f64; 2]>| {
            bins.map(|[re, im]| re.hypot(im)).fold(0.0, f64::max)
        };
        let differences = got.iter().zip(want);
        let difference = greatest(&mut differences.map(|(a, b)| [a[0] - b[0], a[1] - b[1]]));
        difference / greatest(&mut want.iter().copied())
    }

    fn check<const N: usize>() {
        let values: [f32; N] = noise(16);
        let want = definition(&values);
        let single = bins(&mut Stockham::<f32, N>::new(), &values);
        let double = bins(&mut Stockham::<f64, N>::new(), &values);
        let oracle = bins(&mut Microfft::<N>::new(), &values);
        for (name, got, limit) in [
            ("single", &single, 5e-7),
            ("double", &double, 1e-12),
            ("microfft", &oracle, 5e-7),
        ] {
            let error = error(got, &want);
            assert!(error < limit, "{name}, {N} points: {error}");
        }
        let apart = error(&single, &oracle);
        assert!(apart < 5e-7, "{N} points: {apart} from microfft");
    }

    #[test]
    fn agree_with_the_definition_and_each_other_at_every_size() {
        check::<32>();
        check::<64>();
        check::<128>();
        check::<256>();
        check::<512>();
        check::<1024>();
        check::<2048>();
        check::<4096>();
    }

    #[test]
    fn lacking_values_are_zeros() {
        let values: [f32; 64] = noise(17);
        let mut filled = values;
        filled[40..].fill(0.0);
        let mut stockham = Stockham::<f32, 64>::new();
        let mut microfft = Microfft::<64>::new();
        // What was there before must not shine through.
        bins(&mut stockham, &values);
        bins(&mut microfft, &values);
        let shorter = bins(&mut stockham, &values[..40]);
        assert_eq!(shorter, bins(&mut stockham, &filled));
        let shorter = bins(&mut microfft, &values[..40]);
        assert_eq!(shorter, bins(&mut microfft, &filled));
    }
}

//! A Stockham transform, in single or double precision.
//!
//! The autosort algorithm of T. G. Stockham (W. T. Cochran et al., "What is the
//! fast Fourier transform?", 1967) in radix-4 stages: each reads one buffer and
//! writes the other, so that the bins come out in order without a bit reversal.
//! Real and imaginary parts stand apart, and the inner loops run over
//! neighbours, which compilers turn into vector instructions.
//!
//! `N` real values are transformed as `N/2` complex ones, the even values for
//! real parts and the odd ones for imaginary parts, and then recombined (H. V.
//! Sorensen et al., "Real-valued fast Fourier transform algorithms", 1987).

use super::stages::{Split, SplitMut, first_stage, last_stage, stage};
use super::{Real, RealFft, Spectrum};
use crate::dsp::dispatch::WithSimd;
use core::f64::consts::TAU;

/// A transform of `N` real values by a complex one of `N/2` points.
///
/// Every array holds `N/2` complex values: their real parts, then their
/// imaginary ones.
#[derive(Clone)]
pub struct Stockham<T, const N: usize> {
    /// `exp(-2πi jk / (N/2))` for `j` of 1 to 3, `k < N/8`: of each `j` the real
    /// parts, then the imaginary ones.
    twiddles: [T; N],
    /// `exp(-2πi k/N)`, which recombine the even and the odd values' transforms.
    split_twiddles: [T; N],
    buffer: [T; N],
    scratch: [T; N],
}

impl<T: Real, const N: usize> RealFft<T> for Stockham<T, N> {
    fn new() -> Self {
        const { assert!(N.is_power_of_two() && N >= 32 && N <= 4096) };
        let mut fft = Self {
            twiddles: [T::default(); N],
            split_twiddles: [T::default(); N],
            buffer: [T::default(); N],
            scratch: [T::default(); N],
        };
        for (j, table) in (1..=3).zip(fft.twiddles.chunks_exact_mut(N / 4)) {
            write_roots(table, f64::from(j) / (N / 2) as f64);
        }
        write_roots(&mut fft.split_twiddles, 1.0 / N as f64);
        fft
    }

    #[inline]
    fn forward(
        &mut self,
        pairs: impl ExactSizeIterator<Item = [T; 2]>,
    ) -> Spectrum<T, impl Iterator<Item = [T; 2]>> {
        let bins = Forward { fft: self, pairs }.dispatch();
        let (dc, nyquist) = (bins.re[0], bins.im[0]);
        let between = bins.re[1..].iter().zip(&bins.im[1..]);
        let between = between.map(|(re, im)| [*re, *im]);
        Spectrum {
            dc,
            nyquist,
            between,
        }
    }
}

/// Writes `exp(-2πi k rate)`, the real parts in the first half.
fn write_roots<T: Real>(table: &mut [T], rate: f64) {
    let SplitMut { re, im } = SplitMut::new(table);
    for (k, (re, im)) in re.iter_mut().zip(im).enumerate() {
        let (sin, cos) = libm::sincos(-TAU * k as f64 * rate);
        (*re, *im) = (T::nearest(cos), T::nearest(sin));
    }
}

/// The work of [`RealFft::forward`]: the bins, that at half the rate in the
/// imaginary part of the first.
struct Forward<'a, T, const N: usize, I> {
    fft: &'a mut Stockham<T, N>,
    pairs: I,
}

impl<'a, T: Real, const N: usize, I: ExactSizeIterator<Item = [T; 2]>> WithSimd
    for Forward<'a, T, N, I>
{
    type Output = Split<'a, T>;

    #[inline(always)]
    fn run(self) -> Self::Output {
        let fft = self.fft;
        deinterleave(self.pairs, SplitMut::new(&mut fft.buffer));
        let (halves, bins) = transform(&mut fft.buffer, &mut fft.scratch, &fft.twiddles);
        recombine(
            Split::new(halves),
            SplitMut::new(bins),
            Split::new(&fft.split_twiddles),
        );
        Split::new(bins)
    }
}

/// Writes pairs as complex values, and zeros after the last.
#[inline(always)]
fn deinterleave<T: Real>(pairs: impl ExactSizeIterator<Item = [T; 2]>, to: SplitMut<T>) {
    let SplitMut { re, im } = to;
    let count = pairs.len().min(re.len());
    let ((re, re_rest), (im, im_rest)) = (re.split_at_mut(count), im.split_at_mut(count));
    for ((re, im), [even, odd]) in re.iter_mut().zip(im).zip(pairs) {
        (*re, *im) = (even, odd);
    }
    re_rest.fill(T::default());
    im_rest.fill(T::default());
}

/// Transforms the complex values of `from` with `to` for scratch; returns the
/// buffer that holds the result, and the other.
#[inline(always)]
fn transform<'a, T: Real, const N: usize>(
    mut from: &'a mut [T; N],
    mut to: &'a mut [T; N],
    twiddles: &[T; N],
) -> (&'a mut [T; N], &'a mut [T; N]) {
    first_stage(from, to, twiddles);
    let mut run = 4;
    while run < N / 2 {
        (from, to) = (to, from);
        match run {
            _ if 2 * run == N / 2 => last_stage(from, to),
            4 => stage::<T, 4>(from, to, twiddles),
            16 => stage::<T, 16>(from, to, twiddles),
            64 => stage::<T, 64>(from, to, twiddles),
            _ => stage::<T, 256>(from, to, twiddles),
        }
        run *= 4;
    }
    (to, from)
}

/// Separates the transforms of the even and of the odd values, of which the
/// complex one is the sum, and joins them to that of all.
#[inline(always)]
#[allow(
    clippy::needless_pass_by_value,
    reason = "two slices, passed as all others"
)]
fn recombine<T: Real>(from: Split<T>, to: SplitMut<T>, twiddles: Split<T>) {
    (to.re[0], to.im[0]) = (from.re[0] + from.im[0], from.re[0] - from.im[0]);
    let length = to.re.len() - 1;
    let (from, twiddles) = (from.range(1, length), twiddles.range(1, length));
    recombine_mirrored(from, &mut to.re[1..], &mut to.im[1..], twiddles);
}

/// Recombines all bins but the first, each with its mirror image.
#[inline(always)]
fn recombine_mirrored<T: Real>(
    from: Split<T>,
    to_re: &mut [T],
    to_im: &mut [T],
    twiddles: Split<T>,
) {
    let half = T::nearest(0.5);
    let length = to_re.len();
    let (from, twiddles) = (from.range(0, length), twiddles.range(0, length));
    let to_im = &mut to_im[..length];
    for k in 0..length {
        let (bin, mirror) = (from.at(k), from.at(length - 1 - k).conjugate());
        let (even, odd) = (bin + mirror, (bin - mirror) * twiddles.at(k));
        // The odd values' transform is turned by -i.
        to_re[k] = half * (even.re + odd.im);
        to_im[k] = half * (even.im - odd.re);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::dispatch::is_the_same_with_all;
    use crate::dsp::float::test_signal::noise;

    struct Bits<T, const N: usize>(Stockham<T, N>, [f32; N]);

    impl<T: Real + Into<f64>, const N: usize> WithSimd for Bits<T, N> {
        type Output = Vec<u64>;

        #[inline(always)]
        fn run(mut self) -> Vec<u64> {
            let pairs = self
                .1
                .as_chunks()
                .0
                .iter()
                .map(|pair: &[f32; 2]| pair.map(T::from));
            let bins = Forward {
                fft: &mut self.0,
                pairs,
            }
            .run();
            bins.re
                .iter()
                .chain(bins.im)
                .map(|&x| x.into().to_bits())
                .collect()
        }
    }

    fn check<T: Real + Into<f64>, const N: usize>() {
        let fft = Stockham::<T, N>::new();
        assert!(
            is_the_same_with_all(|| Bits(fft.clone(), noise(2))),
            "{N} points"
        );
    }

    #[test]
    fn bits_do_not_depend_on_the_instructions() {
        check::<f32, 512>();
        check::<f32, 1024>();
        check::<f64, 1024>();
        check::<f64, 2048>();
    }
}

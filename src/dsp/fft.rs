//! The Fourier transform of real values, in single or double precision.
//!
//! A Stockham transform of radix four (Cochran et al., "What is the fast
//! Fourier transform?", 1967) over real and imaginary parts in arrays of their
//! own: the inner loops run over neighbours, which compilers turn into vector
//! instructions, and the bins come out in order.

use super::butterfly::{Complex, first_pass, halves, last_pass, pass};
use core::f64::consts::TAU;
use core::ops::{Add, Mul, Sub};

/// The arithmetic that a transform is made of: `f32` or `f64`.
pub trait Real:
    Copy + Default + From<f32> + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self>
{
    /// The nearest value to `x`.
    fn nearest(x: f64) -> Self;
    /// This value in single precision.
    fn single(self) -> f32;
}

impl Real for f32 {
    fn nearest(x: f64) -> Self {
        x as Self
    }

    fn single(self) -> f32 {
        self
    }
}

impl Real for f64 {
    fn nearest(x: f64) -> Self {
        x
    }

    fn single(self) -> f32 {
        self as f32
    }
}

/// A transform of `N` real values, a power of two from 32 to 4096, by a complex
/// one of half as many.
#[derive(Clone)]
pub struct RealFft<T, const N: usize> {
    /// `exp(-2πi jk/M)` of the complex transform of `M = N/2` points, for `j`
    /// of 1 to 3: `M/4` real parts, then as many imaginary ones, of each.
    turns: [T; N],
    /// `exp(-2πi k/N)`, `M` real parts and `M` imaginary ones.
    half_turns: [T; N],
    /// `M` real parts and `M` imaginary ones.
    work: [T; N],
    spare: [T; N],
}

impl<T: Real, const N: usize> RealFft<T, N> {
    /// Computes the tables.
    pub fn new() -> Self {
        const { assert!(N.is_power_of_two() && N >= 32 && N <= 4096) };
        let mut fft = Self {
            turns: [T::default(); N],
            half_turns: [T::default(); N],
            work: [T::default(); N],
            spare: [T::default(); N],
        };
        for (j, part) in (1..=3).zip(fft.turns.chunks_exact_mut(N / 4)) {
            write_turns(part, f64::from(j) / (N / 2) as f64);
        }
        write_turns(&mut fft.half_turns, 1.0 / N as f64);
        fft
    }

    /// The bins of the values that are given as pairs of neighbours, followed
    /// by zeros if there are fewer than `N`: `N/2` real parts and as many
    /// imaginary ones. The imaginary part of bin 0 is the real part of the bin
    /// at the Nyquist frequency, where neither has an imaginary one.
    pub fn of(&mut self, pairs: impl Iterator<Item = [T; 2]>) -> (&[T], &[T]) {
        let (re, im) = self.work.split_at_mut(N / 2);
        let mut filled = 0;
        for ((re, im), pair) in re.iter_mut().zip(im.iter_mut()).zip(pairs) {
            [*re, *im] = pair;
            filled += 1;
        }
        re[filled..].fill(T::default());
        im[filled..].fill(T::default());
        let (halves, bins) = transform(&mut self.work, &mut self.spare, &self.turns);
        recombine(halves, bins, &self.half_turns);
        bins.split_at(N / 2)
    }
}

impl<T: Real, const N: usize> Default for RealFft<T, N> {
    fn default() -> Self {
        Self::new()
    }
}

/// Writes `exp(-2πi k rate)`, the real parts in the first half.
fn write_turns<T: Real>(part: &mut [T], rate: f64) {
    let (re, im) = part.split_at_mut(part.len() / 2);
    for (k, (re, im)) in re.iter_mut().zip(im).enumerate() {
        let (sin, cos) = libm::sincos(-TAU * k as f64 * rate);
        (*re, *im) = (T::nearest(cos), T::nearest(sin));
    }
}

/// Transforms the complex values in `from`; returns where they are, and the
/// other of both.
fn transform<'a, T: Real, const N: usize>(
    mut from: &'a mut [T; N],
    mut to: &'a mut [T; N],
    turns: &[T; N],
) -> (&'a mut [T; N], &'a mut [T; N]) {
    first_pass(from, to, turns);
    let mut run = 4;
    while run < N / 2 {
        (from, to) = (to, from);
        match run {
            _ if 2 * run == N / 2 => last_pass(from, to),
            4 => pass::<T, 1>(from, to, turns),
            16 => pass::<T, 4>(from, to, turns),
            64 => pass::<T, 16>(from, to, turns),
            _ => pass::<T, 64>(from, to, turns),
        }
        run *= 4;
    }
    (to, from)
}

/// Takes apart the transforms of the even and of the odd values, which the
/// complex one holds in a sum, and joins them to that of all.
fn recombine<T: Real>(from: &[T], to: &mut [T], half_turns: &[T]) {
    let [re, im] = halves(from);
    let [turn_re, turn_im] = halves(half_turns);
    let (to_re, to_im) = to.split_at_mut(to.len() / 2);
    let half = T::nearest(0.5);
    (to_re[0], to_im[0]) = (re[0] + im[0], re[0] - im[0]);
    let points = re[1..].iter().zip(&im[1..]);
    let mirrored = re[1..].iter().rev().zip(im[1..].iter().rev());
    let turns = turn_re[1..].iter().zip(&turn_im[1..]);
    let bins = to_re[1..].iter_mut().zip(&mut to_im[1..]);
    for ((((a, b), (c, d)), (cos, sin)), (re, im)) in points.zip(mirrored).zip(turns).zip(bins) {
        let even = Complex(*a + *c, *b - *d);
        let odd = Complex(*a - *c, *b + *d) * Complex(*cos, *sin);
        *re = half * (even.0 + odd.1);
        *im = half * (even.1 - odd.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::test_signal::noise;

    /// Greatest error against the definition, relative to the greatest bin.
    fn error<T: Real + Into<f64>, const N: usize>() -> f64 {
        let values: [f32; N] = noise(16);
        let mut fft = RealFft::<T, N>::new();
        let pairs = values.as_chunks::<2>().0.iter();
        let (re, im) = fft.of(pairs.map(|pair| pair.map(T::from)));
        let (mut error, mut greatest) = (0.0_f64, 0.0_f64);
        for k in 0..=N / 2 {
            let (want_re, want_im) = values.iter().enumerate().fold((0.0, 0.0), |sum, (n, &x)| {
                let (sin, cos) = (-TAU * ((k * n) % N) as f64 / N as f64).sin_cos();
                (sum.0 + f64::from(x) * cos, sum.1 + f64::from(x) * sin)
            });
            let (got_re, got_im) = match k {
                0 => (re[0].into(), 0.0),
                _ if k == N / 2 => (im[0].into(), 0.0),
                _ => (re[k].into(), im[k].into()),
            };
            error = error.max((got_re - want_re).hypot(got_im - want_im));
            greatest = greatest.max(want_re.hypot(want_im));
        }
        error / greatest
    }

    #[test]
    fn agrees_with_the_definition_at_every_size() {
        let single = [
            error::<f32, 32>(),
            error::<f32, 64>(),
            error::<f32, 128>(),
            error::<f32, 256>(),
            error::<f32, 512>(),
            error::<f32, 1024>(),
            error::<f32, 2048>(),
            error::<f32, 4096>(),
        ];
        assert!(single.iter().all(|&error| error < 5e-7), "{single:?}");
        let double = [
            error::<f64, 64>(),
            error::<f64, 2048>(),
            error::<f64, 4096>(),
        ];
        assert!(double.iter().all(|&error| error < 1e-12), "{double:?}");
    }

    #[test]
    fn few_values_are_followed_by_zeros() {
        let mut fft = RealFft::<f64, 32>::new();
        fft.of([[1.0, 1.0]; 16].into_iter());
        let (re, im) = fft.of([[1.0, 0.0]].into_iter());
        assert!(re.iter().all(|re| (re - 1.0).abs() < 1e-12));
        assert!((im[0] - 1.0).abs() < 1e-12 && im[1..].iter().all(|im| im.abs() < 1e-12));
    }
}

//! The Fourier transform of real values, in single or double precision.
//!
//! A Stockham transform of radix four (Cochran et al., "What is the fast
//! Fourier transform?", 1967) over real and imaginary parts in arrays of their
//! own: the inner loops run over neighbours, which compilers turn into vector
//! instructions, and the bins come out in order.

use super::butterfly::{Complex, first_pass, halves, last_pass, pass};
use crate::dsp::dispatch::Vectorised;
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
    #[inline(always)]
    fn nearest(x: f64) -> Self {
        x
    }

    #[inline(always)]
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

    /// The bins of the `N` values that `write` puts down, the even ones in its
    /// first slice and the odd ones in its second: `N/2` real parts and as many
    /// imaginary ones. The imaginary part of bin 0 is the real part of the bin
    /// at the Nyquist frequency, where neither has an imaginary one.
    pub fn of(&mut self, write: impl FnOnce(&mut [T], &mut [T])) -> (&[T], &[T]) {
        Bins { fft: self, write }.vectorised()
    }
}

impl<T: Real, const N: usize> Default for RealFft<T, N> {
    fn default() -> Self {
        Self::new()
    }
}

/// The bins that [`RealFft::of`] returns, yet to be computed.
pub(super) struct Bins<'a, T, const N: usize, W> {
    pub(super) fft: &'a mut RealFft<T, N>,
    pub(super) write: W,
}

impl<'a, T: Real, const N: usize, W: FnOnce(&mut [T], &mut [T])> Vectorised for Bins<'a, T, N, W> {
    type Output = (&'a [T], &'a [T]);

    #[inline(always)]
    fn run(self) -> Self::Output {
        let fft = self.fft;
        let (even, odd) = fft.work.split_at_mut(N / 2);
        (self.write)(even, odd);
        let (halves, bins) = transform(&mut fft.work, &mut fft.spare, &fft.turns);
        recombine(halves, bins, &fft.half_turns);
        bins.split_at(N / 2)
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
#[inline(always)]
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
            4 => pass::<T, 4>(from, to, turns),
            16 => pass::<T, 16>(from, to, turns),
            64 => pass::<T, 64>(from, to, turns),
            _ => pass::<T, 256>(from, to, turns),
        }
        run *= 4;
    }
    (to, from)
}

/// Takes apart the transforms of the even and of the odd values, which the
/// complex one holds in a sum, and joins them to that of all.
#[inline(always)]
fn recombine<T: Real>(from: &[T], to: &mut [T], half_turns: &[T]) {
    let ([re, im], [cos, sin]) = (halves(from), halves(half_turns));
    let (to_re, to_im) = to.split_at_mut(to.len() / 2);
    (to_re[0], to_im[0]) = (re[0] + im[0], re[0] - im[0]);
    recombine_upper(
        [&re[1..], &im[1..]],
        [&cos[1..], &sin[1..]],
        &mut to_re[1..],
        &mut to_im[1..],
    );
}

#[inline(always)]
fn recombine_upper<T: Real>(from: [&[T]; 2], turns: [&[T]; 2], to_re: &mut [T], to_im: &mut [T]) {
    let half = T::nearest(0.5);
    let length = to_re.len();
    let (re, im) = (&from[0][..length], &from[1][..length]);
    let (cos, sin) = (&turns[0][..length], &turns[1][..length]);
    let to_im = &mut to_im[..length];
    for i in 0..length {
        let mirror = length - 1 - i;
        let even = Complex(re[i] + re[mirror], im[i] - im[mirror]);
        let odd = Complex(re[i] - re[mirror], im[i] + im[mirror]) * Complex(cos[i], sin[i]);
        to_re[i] = half * (even.0 + odd.1);
        to_im[i] = half * (even.1 - odd.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::float::test_signal::noise;

    /// Greatest error against the definition, relative to the greatest bin.
    fn error<T: Real + Into<f64>, const N: usize>() -> f64 {
        let values: [f32; N] = noise(16);
        let mut fft = RealFft::<T, N>::new();
        let (re, im) = fft.of(|even, odd| {
            for (k, [a, b]) in values.as_chunks().0.iter().enumerate() {
                (even[k], odd[k]) = (T::from(*a), T::from(*b));
            }
        });
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
}

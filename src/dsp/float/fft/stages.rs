//! The stages of the Stockham transform.
//!
//! A stage makes butterflies of values a quarter of the buffer apart and writes
//! their results beside each other, decimating in frequency. Its loops run over
//! neighbours, in slices of lengths that the compiler sees to be equal: it makes
//! vector instructions of them.

use super::Real;
use core::ops::{Add, Mul, Sub};

/// The first radix-4 stage: butterflies with twiddles of their own, whose
/// results interleave.
#[inline(always)]
pub(super) fn first_stage<T: Real>(from: &[T], to: &mut [T], twiddles: &[T]) {
    let to = SplitMut::new(to);
    interleaved(
        &Quarters::new(from),
        to.re.as_chunks_mut().0,
        to.im.as_chunks_mut().0,
        &Twiddles::new(twiddles),
    );
}

#[inline(always)]
fn interleaved<T: Real>(
    from: &Quarters<T>,
    to_re: &mut [[T; 4]],
    to_im: &mut [[T; 4]],
    twiddles: &Twiddles<T>,
) {
    let length = to_re.len();
    let (from, twiddles) = (from.range(0, length), twiddles.range(0, length));
    let to_im = &mut to_im[..length];
    for k in 0..length {
        let [a, b, c, d] = radix4(from.at(k), twiddles.at(k));
        to_re[k] = [a.re, b.re, c.re, d.re];
        to_im[k] = [a.im, b.im, c.im, d.im];
    }
}

/// A later radix-4 stage: `RUN` neighbouring butterflies share their twiddles.
#[inline(always)]
pub(super) fn stage<T: Real, const RUN: usize>(from: &[T], to: &mut [T], twiddles: &[T]) {
    let (from, twiddles) = (Quarters::new(from), Twiddles::new(twiddles));
    let to = SplitMut::new(to);
    let (to_re, to_im) = (runs_mut::<T, RUN>(to.re), runs_mut::<T, RUN>(to.im));
    for (p, (to_re, to_im)) in to_re.iter_mut().zip(to_im).enumerate() {
        let from = from.range(p * RUN, RUN);
        run(&from, to_re, to_im, twiddles.at(p * RUN));
    }
}

#[inline(always)]
fn run<T: Real, const RUN: usize>(
    from: &Quarters<T>,
    to_re: &mut [[T; RUN]; 4],
    to_im: &mut [[T; RUN]; 4],
    twiddles: [Complex<T>; 3],
) {
    for k in 0..RUN {
        let results = radix4(from.at(k), twiddles);
        for j in 0..4 {
            (to_re[j][k], to_im[j][k]) = (results[j].re, results[j].im);
        }
    }
}

/// The radix-2 stage that is left where the number of points is not a power of
/// four.
#[inline(always)]
pub(super) fn last_stage<T: Real>(from: &[T], to: &mut [T]) {
    let half = to.len() / 2;
    for (from, to) in from.chunks_exact(half).zip(to.chunks_exact_mut(half)) {
        let ((a, b), (sum, difference)) = (from.split_at(half / 2), to.split_at_mut(half / 2));
        let outputs = sum.iter_mut().zip(difference);
        for ((a, b), (sum, difference)) in a.iter().zip(b).zip(outputs) {
            (*sum, *difference) = (*a + *b, *a - *b);
        }
    }
}

/// The radix-4 butterfly, decimating in frequency: the transform of four values,
/// of which all but the first are then multiplied by twiddles.
#[inline(always)]
fn radix4<T: Real>([a, b, c, d]: [Complex<T>; 4], twiddles: [Complex<T>; 3]) -> [Complex<T>; 4] {
    let (sum_ac, difference_ac) = (a + c, a - c);
    let (sum_bd, difference_bd) = (b + d, b - d);
    [
        sum_ac + sum_bd,
        (difference_ac + difference_bd.times_minus_i()) * twiddles[0],
        (sum_ac - sum_bd) * twiddles[1],
        (difference_ac - difference_bd.times_minus_i()) * twiddles[2],
    ]
}

/// A complex value.
#[derive(Clone, Copy)]
pub(super) struct Complex<T> {
    pub re: T,
    pub im: T,
}

impl<T: Real> Complex<T> {
    #[inline(always)]
    pub fn conjugate(self) -> Self {
        let Self { re, im } = self;
        Self { re, im: -im }
    }

    #[inline(always)]
    fn times_minus_i(self) -> Self {
        let Self { re, im } = self;
        Self { re: im, im: -re }
    }
}

impl<T: Real> Add for Complex<T> {
    type Output = Self;

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        let (re, im) = (self.re + other.re, self.im + other.im);
        Self { re, im }
    }
}

impl<T: Real> Sub for Complex<T> {
    type Output = Self;

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        let (re, im) = (self.re - other.re, self.im - other.im);
        Self { re, im }
    }
}

impl<T: Real> Mul for Complex<T> {
    type Output = Self;

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Self {
            re: self.re * other.re - self.im * other.im,
            im: self.re * other.im + self.im * other.re,
        }
    }
}

/// Complex values in two slices, of real and of imaginary parts.
#[derive(Clone, Copy)]
pub(super) struct Split<'a, T> {
    pub re: &'a [T],
    pub im: &'a [T],
}

impl<'a, T: Real> Split<'a, T> {
    /// Takes the first half for real parts and the second for imaginary ones.
    #[inline(always)]
    pub fn new(values: &'a [T]) -> Self {
        let (re, im) = values.split_at(values.len() / 2);
        Self { re, im }
    }

    #[inline(always)]
    pub fn range(self, start: usize, length: usize) -> Self {
        Self {
            re: &self.re[start..][..length],
            im: &self.im[start..][..length],
        }
    }

    #[inline(always)]
    pub fn at(self, k: usize) -> Complex<T> {
        Complex {
            re: self.re[k],
            im: self.im[k],
        }
    }
}

/// Complex values in two slices, to be written.
pub(super) struct SplitMut<'a, T> {
    pub re: &'a mut [T],
    pub im: &'a mut [T],
}

impl<'a, T> SplitMut<'a, T> {
    /// Takes the first half for real parts and the second for imaginary ones.
    #[inline(always)]
    pub fn new(values: &'a mut [T]) -> Self {
        let (re, im) = values.split_at_mut(values.len() / 2);
        Self { re, im }
    }
}

/// The inputs of the butterflies: the values by quarters.
struct Quarters<'a, T>([Split<'a, T>; 4]);

impl<'a, T: Real> Quarters<'a, T> {
    #[inline(always)]
    fn new(values: &'a [T]) -> Self {
        let (values, quarter) = (Split::new(values), values.len() / 8);
        let part = |j: usize| values.range(j * quarter, quarter);
        Self([part(0), part(1), part(2), part(3)])
    }

    /// A part of each quarter.
    #[inline(always)]
    fn range(&self, start: usize, length: usize) -> Self {
        let part = |j: usize| self.0[j].range(start, length);
        Self([part(0), part(1), part(2), part(3)])
    }

    /// The inputs of butterfly `k`.
    #[inline(always)]
    fn at(&self, k: usize) -> [Complex<T>; 4] {
        let [a, b, c, d] = self.0;
        [a.at(k), b.at(k), c.at(k), d.at(k)]
    }
}

/// The tables of twiddles, one for each output but the first.
struct Twiddles<'a, T>([Split<'a, T>; 3]);

impl<'a, T: Real> Twiddles<'a, T> {
    #[inline(always)]
    fn new(twiddles: &'a [T]) -> Self {
        let length = twiddles.len() / 4;
        let table = |j: usize| Split::new(&twiddles[j * length..][..length]);
        Self([table(0), table(1), table(2)])
    }

    /// A part of each table.
    #[inline(always)]
    fn range(&self, start: usize, length: usize) -> Self {
        let part = |j: usize| self.0[j].range(start, length);
        Self([part(0), part(1), part(2)])
    }

    /// The twiddles of butterfly `k`.
    #[inline(always)]
    fn at(&self, k: usize) -> [Complex<T>; 3] {
        let [b, c, d] = self.0;
        [b.at(k), c.at(k), d.at(k)]
    }
}

#[inline(always)]
fn runs_mut<T, const RUN: usize>(values: &mut [T]) -> &mut [[[T; RUN]; 4]] {
    values.as_chunks_mut().0.as_chunks_mut().0
}

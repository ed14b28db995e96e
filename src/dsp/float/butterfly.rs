//! The passes of the Fourier transform over complex points.
//!
//! Points stand in slices of real parts followed by as many imaginary ones.
//! A pass joins points a quarter of the slice apart and writes the results
//! beside each other. Its loops run over neighbours, in slices of lengths that
//! the compiler sees to be equal: it makes vector instructions of them.

use super::Real;
use core::ops::{Add, Mul, Sub};

/// The first butterflies, each with turns of its own; their results interleave.
#[inline(always)]
pub(super) fn first_pass<T: Real>(from: &[T], to: &mut [T], turns: &[T]) {
    let (to_re, to_im) = to.split_at_mut(to.len() / 2);
    let (to_re, to_im) = (to_re.as_chunks_mut().0, to_im.as_chunks_mut().0);
    interleaved(&Points::new(from), &Turns::new(turns), to_re, to_im);
}

#[inline(always)]
fn interleaved<T: Real>(
    from: &Points<T>,
    turns: &Turns<T>,
    to_re: &mut [[T; 4]],
    to_im: &mut [[T; 4]],
) {
    let length = to_re.len();
    let (from, turns) = (from.part(0, length), turns.part(0, length));
    let to_im = &mut to_im[..length];
    for i in 0..length {
        let [a, b, c, d] = butterfly(from.at(i), turns.at(i));
        to_re[i] = [a.0, b.0, c.0, d.0];
        to_im[i] = [a.1, b.1, c.1, d.1];
    }
}

/// The butterflies of runs of `RUN` neighbours, which share their turns.
#[inline(always)]
pub(super) fn pass<T: Real, const RUN: usize>(from: &[T], to: &mut [T], turns: &[T]) {
    let (from, turns) = (Points::new(from), Turns::new(turns));
    let (to_re, to_im) = to.split_at_mut(to.len() / 2);
    let (to_re, to_im) = (runs_mut::<T, RUN>(to_re), runs_mut::<T, RUN>(to_im));
    for (p, (to_re, to_im)) in to_re.iter_mut().zip(to_im).enumerate() {
        run(&from.part(p * RUN, RUN), turns.at(p * RUN), to_re, to_im);
    }
}

#[inline(always)]
fn run<T: Real, const RUN: usize>(
    from: &Points<T>,
    turns: [Complex<T>; 3],
    to_re: &mut [[T; RUN]; 4],
    to_im: &mut [[T; RUN]; 4],
) {
    for q in 0..RUN {
        let results = butterfly(from.at(q), turns);
        for j in 0..4 {
            (to_re[j][q], to_im[j][q]) = (results[j].0, results[j].1);
        }
    }
}

/// What is left where the number of points is not a power of four.
#[inline(always)]
pub(super) fn last_pass<T: Real>(from: &[T], to: &mut [T]) {
    let half = to.len() / 2;
    for (from, to) in from.chunks_exact(half).zip(to.chunks_exact_mut(half)) {
        let [from_a, from_b] = halves(from);
        let (to_a, to_b) = to.split_at_mut(half / 2);
        let sources = from_a.iter().zip(from_b);
        for ((a, b), (to_a, to_b)) in sources.zip(to_a.iter_mut().zip(to_b)) {
            (*to_a, *to_b) = (*a + *b, *a - *b);
        }
    }
}

/// Real and imaginary parts.
type Parts<'a, T> = [&'a [T]; 2];

#[inline(always)]
fn part<T>(parts: Parts<T>, start: usize, length: usize) -> Parts<T> {
    let [re, im] = parts;
    [&re[start..][..length], &im[start..][..length]]
}

#[inline(always)]
fn at<T: Copy>([re, im]: Parts<T>, i: usize) -> Complex<T> {
    Complex(re[i], im[i])
}

/// Points, by quarters.
struct Points<'a, T>([Parts<'a, T>; 4]);

impl<'a, T: Real> Points<'a, T> {
    #[inline(always)]
    fn new(points: &'a [T]) -> Self {
        let [re, im] = halves(points);
        let ([a, b, c, d], [e, f, g, h]) = (quarters(re), quarters(im));
        Self([[a, e], [b, f], [c, g], [d, h]])
    }

    /// `length` of each quarter.
    #[inline(always)]
    fn part(&self, start: usize, length: usize) -> Self {
        let of = |quarter: usize| part(self.0[quarter], start, length);
        Self([of(0), of(1), of(2), of(3)])
    }

    /// The `i`th of each quarter.
    #[inline(always)]
    fn at(&self, i: usize) -> [Complex<T>; 4] {
        let of = |quarter: usize| at(self.0[quarter], i);
        [of(0), of(1), of(2), of(3)]
    }
}

/// The three tables of turns.
struct Turns<'a, T>([Parts<'a, T>; 3]);

impl<'a, T: Real> Turns<'a, T> {
    #[inline(always)]
    fn new(turns: &'a [T]) -> Self {
        let [b, c, d, _] = quarters(turns);
        Self([halves(b), halves(c), halves(d)])
    }

    /// `length` of each table.
    #[inline(always)]
    fn part(&self, start: usize, length: usize) -> Self {
        let of = |table: usize| part(self.0[table], start, length);
        Self([of(0), of(1), of(2)])
    }

    /// The `i`th of each table.
    #[inline(always)]
    fn at(&self, i: usize) -> [Complex<T>; 3] {
        let of = |table: usize| at(self.0[table], i);
        [of(0), of(1), of(2)]
    }
}

/// The transform of four points, all but the first turned.
#[inline(always)]
fn butterfly<T: Real>([a, b, c, d]: [Complex<T>; 4], turns: [Complex<T>; 3]) -> [Complex<T>; 4] {
    let (sum_ac, difference_ac) = (a + c, a - c);
    let (sum_bd, Complex(re, im)) = (b + d, b - d);
    // The difference of b and d, turned by a quarter to either side.
    let right = Complex(difference_ac.0 + im, difference_ac.1 - re);
    let left = Complex(difference_ac.0 - im, difference_ac.1 + re);
    [
        sum_ac + sum_bd,
        right * turns[0],
        (sum_ac - sum_bd) * turns[1],
        left * turns[2],
    ]
}

/// A real part and an imaginary one.
#[derive(Clone, Copy)]
pub(super) struct Complex<T>(pub(super) T, pub(super) T);

impl<T: Real> Add for Complex<T> {
    type Output = Self;

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0, self.1 + other.1)
    }
}

impl<T: Real> Sub for Complex<T> {
    type Output = Self;

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0, self.1 - other.1)
    }
}

impl<T: Real> Mul for Complex<T> {
    type Output = Self;

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Self(
            self.0 * other.0 - self.1 * other.1,
            self.0 * other.1 + self.1 * other.0,
        )
    }
}

#[inline(always)]
pub(super) fn halves<T>(values: &[T]) -> [&[T]; 2] {
    let (front, back) = values.split_at(values.len() / 2);
    [front, back]
}

#[inline(always)]
fn quarters<T>(values: &[T]) -> [&[T]; 4] {
    let [front, back] = halves(values);
    let ([a, b], [c, d]) = (halves(front), halves(back));
    [a, b, c, d]
}

#[inline(always)]
fn runs_mut<T, const RUN: usize>(values: &mut [T]) -> &mut [[[T; RUN]; 4]] {
    values.as_chunks_mut().0.as_chunks_mut().0
}

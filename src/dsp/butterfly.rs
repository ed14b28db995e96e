//! The passes of the Fourier transform over complex points.
//!
//! Points stand in slices of real parts followed by as many imaginary ones.
//! A pass joins points a quarter of the slice apart, four neighbours at a time,
//! and writes the results beside each other.

use super::Real;
use core::ops::{Add, Mul, Sub};

/// The first butterflies: those of four neighbours, whose results interleave.
pub(super) fn first_pass<T: Real>(from: &[T], to: &mut [T], turns: &[T]) {
    let (from, turns) = (Points::new(from), Turns::new(turns));
    let (to_re, to_im) = to.split_at_mut(to.len() / 2);
    let to_re = to_re.as_chunks_mut::<4>().0.as_chunks_mut::<4>().0;
    let to_im = to_im.as_chunks_mut::<4>().0.as_chunks_mut::<4>().0;
    for (i, (to_re, to_im)) in to_re.iter_mut().zip(to_im).enumerate() {
        let [a, b, c, d] = butterfly(from.fours(i), turns.fours(i));
        *to_re = transposed([a.0, b.0, c.0, d.0]);
        *to_im = transposed([a.1, b.1, c.1, d.1]);
    }
}

/// The butterflies of runs of `4 * RUN` neighbours, which share their turns.
pub(super) fn pass<T: Real, const RUN: usize>(from: &[T], to: &mut [T], turns: &[T]) {
    let (from, turns) = (Points::new(from), Turns::new(turns));
    let (to_re, to_im) = to.split_at_mut(to.len() / 2);
    let (to_re, to_im) = (runs_mut::<T, RUN>(to_re), runs_mut::<T, RUN>(to_im));
    for (p, (to_re, to_im)) in to_re.iter_mut().zip(to_im).enumerate() {
        let turns = turns.same(4 * RUN * p);
        for q in 0..RUN {
            let results = butterfly(from.fours(p * RUN + q), turns);
            for j in 0..4 {
                (to_re[j][q], to_im[j][q]) = (results[j].0.0, results[j].1.0);
            }
        }
    }
}

/// What is left where the number of points is not a power of four.
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

/// Points, by quarters.
struct Points<'a, T> {
    re: [&'a [[T; 4]]; 4],
    im: [&'a [[T; 4]]; 4],
}

impl<'a, T: Real> Points<'a, T> {
    fn new(points: &'a [T]) -> Self {
        let [re, im] = halves(points);
        Self {
            re: quarters(re.as_chunks().0),
            im: quarters(im.as_chunks().0),
        }
    }

    /// The `i`th four neighbours of each quarter.
    #[inline]
    fn fours(&self, i: usize) -> [Complex<Four<T>>; 4] {
        let of = |quarter: usize| Complex(Four(self.re[quarter][i]), Four(self.im[quarter][i]));
        [of(0), of(1), of(2), of(3)]
    }
}

/// The three tables of turns.
struct Turns<'a, T>([[&'a [T]; 2]; 3]);

impl<'a, T: Real> Turns<'a, T> {
    fn new(turns: &'a [T]) -> Self {
        let [b, c, d, _] = quarters(turns);
        Self([halves(b), halves(c), halves(d)])
    }

    /// The `i`th four neighbours of each table.
    #[inline]
    fn fours(&self, i: usize) -> [Complex<Four<T>>; 3] {
        let four = |part: &[T]| Four(part.as_chunks().0[i]);
        let of = |table: usize| Complex(four(self.0[table][0]), four(self.0[table][1]));
        [of(0), of(1), of(2)]
    }

    /// Four times the `i`th turn of each table.
    #[inline]
    fn same(&self, i: usize) -> [Complex<Four<T>>; 3] {
        self.0
            .map(|[re, im]| Complex(Four([re[i]; 4]), Four([im[i]; 4])))
    }
}

/// The transform of four points, all but the first turned.
#[inline]
fn butterfly<V: Field>([a, b, c, d]: [Complex<V>; 4], turns: [Complex<V>; 3]) -> [Complex<V>; 4] {
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

/// What complex numbers are made of: a value or four neighbours.
pub(super) trait Field:
    Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self>
{
}

impl<V: Copy + Add<Output = V> + Sub<Output = V> + Mul<Output = V>> Field for V {}

/// A real part and an imaginary one.
#[derive(Clone, Copy)]
pub(super) struct Complex<V>(pub(super) V, pub(super) V);

impl<V: Field> Add for Complex<V> {
    type Output = Self;

    #[inline]
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0, self.1 + other.1)
    }
}

impl<V: Field> Sub for Complex<V> {
    type Output = Self;

    #[inline]
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0, self.1 - other.1)
    }
}

impl<V: Field> Mul for Complex<V> {
    type Output = Self;

    #[inline]
    fn mul(self, other: Self) -> Self {
        Self(
            self.0 * other.0 - self.1 * other.1,
            self.0 * other.1 + self.1 * other.0,
        )
    }
}

/// Four neighbouring values, the width of the common vector instructions.
#[derive(Clone, Copy)]
struct Four<T>([T; 4]);

macro_rules! lane_by_lane {
    ($($operator:ident :: $method:ident),*) => {$(
        impl<T: $operator<Output = T> + Copy> $operator for Four<T> {
            type Output = Self;

            #[inline]
            fn $method(self, other: Self) -> Self {
                let ([a, b, c, d], [e, f, g, h]) = (self.0, other.0);
                Self([a.$method(e), b.$method(f), c.$method(g), d.$method(h)])
            }
        }
    )*};
}

lane_by_lane!(Add::add, Sub::sub, Mul::mul);

#[inline]
fn transposed<T: Copy>([a, b, c, d]: [Four<T>; 4]) -> [[T; 4]; 4] {
    let (a, b, c, d) = (a.0, b.0, c.0, d.0);
    [
        [a[0], b[0], c[0], d[0]],
        [a[1], b[1], c[1], d[1]],
        [a[2], b[2], c[2], d[2]],
        [a[3], b[3], c[3], d[3]],
    ]
}

pub(super) fn halves<T>(values: &[T]) -> [&[T]; 2] {
    let (front, back) = values.split_at(values.len() / 2);
    [front, back]
}

fn quarters<T>(values: &[T]) -> [&[T]; 4] {
    let [front, back] = halves(values);
    let ([a, b], [c, d]) = (halves(front), halves(back));
    [a, b, c, d]
}

fn runs_mut<T, const RUN: usize>(values: &mut [T]) -> &mut [[[[T; 4]; RUN]; 4]] {
    let fours = values.as_chunks_mut().0;
    fours.as_chunks_mut().0.as_chunks_mut().0
}

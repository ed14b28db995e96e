//! A complex FFT in block floating point.
//!
//! Decimation in time (J. W. Cooley, J. W. Tukey 1965) in radix-4 passes, with
//! one radix-2 pass first where the size is not a power of four. Every pass
//! multiplies and adds in 64 bits and rounds once, to 32. Before a pass the
//! largest magnitude decides how far its results are shifted, so that they
//! keep 30 bits and never overflow (A. V. Oppenheim, C. J. Weinstein, "Effects
//! of finite register length in digital filtering and the fast Fourier
//! transform", 1972, section on block floating point).

use crate::dsp::table::table;

/// Real and imaginary part.
pub(super) type Complex = [i32; 2];

/// No component before or after a pass is larger than this.
const LIMIT: i32 = 1 << 30;
/// Fraction bits of the turns.
const TURN_BITS: u32 = 30;

/// What the passes of a transform of `size / 2` points turn by, in Q30: see
/// `turns` in `build.rs`. Empty where no table is compiled in.
const fn turns(size: usize) -> &'static [i32] {
    match size {
        256 => table!("turns_256"),
        512 => table!("turns_512"),
        1024 => table!("turns_1024"),
        2048 => table!("turns_2048"),
        4096 => table!("turns_4096"),
        _ => &[],
    }
}

/// What to swap for the bit-reversed order of `size / 2` values: see `swaps` in
/// `build.rs`.
const fn swaps(size: usize) -> &'static [i32] {
    match size {
        256 => table!("swaps_256"),
        512 => table!("swaps_512"),
        1024 => table!("swaps_1024"),
        2048 => table!("swaps_2048"),
        4096 => table!("swaps_4096"),
        _ => &[],
    }
}

/// Transforms `SIZE / 2` complex values in place, given as real and imaginary
/// parts. The result is the transform divided by two to the power returned.
///
/// The first passes join values that lie far apart, and turn long runs of them
/// alike. Then these are put into bit-reversed order, in which what the later
/// passes join lies side by side.
#[inline(always)]
pub(super) fn transform<const SIZE: usize>(re: &mut [i32], im: &mut [i32]) -> u32 {
    let values = re.iter().chain(&*im);
    let magnitude = values.fold(0, |bits, x| bits | magnitude_bits(*x));
    let turns = const { turns(SIZE) };
    let mut passes = Passes {
        re,
        im,
        turns,
        magnitude,
        shifts: 0,
    };
    if (SIZE / 2).ilog2().is_multiple_of(2) {
        passes.radix_4_apart::<1>();
        passes.reverse(const { swaps(SIZE) });
        passes.radix_4::<4>();
        passes.radix_4::<16>();
        passes.radix_4::<64>();
        passes.radix_4::<256>();
    } else {
        passes.radix_2();
        passes.radix_4_apart::<2>();
        passes.reverse(const { swaps(SIZE) });
        passes.radix_4::<8>();
        passes.radix_4::<32>();
        passes.radix_4::<128>();
        passes.radix_4::<512>();
    }
    passes.shifts
}

/// A transform under way.
struct Passes<'a> {
    re: &'a mut [i32],
    im: &'a mut [i32],
    /// Those of the passes to come.
    turns: &'a [i32],
    /// The bits of all magnitudes.
    magnitude: u32,
    shifts: u32,
}

impl<'a> Passes<'a> {
    /// Joins the values to pairs, before the reversal.
    #[inline(always)]
    fn radix_2(&mut self) {
        // Sums of two values: one bit of growth.
        let shift = growth(self.magnitude, 1);
        self.magnitude = pairs(self.re, shift) | pairs(self.im, shift);
        self.shifts += shift;
    }

    /// Joins each four transforms of `DONE` points into one, before the
    /// reversal.
    #[inline(always)]
    fn radix_4_apart<const DONE: usize>(&mut self) {
        let (turns, scale) = self.next_turns::<DONE>();
        let run = self.re.len() / DONE;
        let blocks = self
            .re
            .chunks_exact_mut(run)
            .zip(self.im.chunks_exact_mut(run));
        self.magnitude = 0;
        for (j, (re, im)) in blocks.enumerate() {
            let turn = |r: usize| [turns[r][0][j], turns[r][1][j]];
            self.magnitude |= join_apart(re, im, [turn(0), turn(1), turn(2)], scale);
        }
    }

    /// The same after the reversal, if there are as many.
    #[inline(always)]
    fn radix_4<const DONE: usize>(&mut self) {
        if 4 * DONE > self.re.len() {
            return;
        }
        let (turns, scale) = self.next_turns::<DONE>();
        let re = self.re.as_chunks_mut().0.as_chunks_mut().0;
        let im = self.im.as_chunks_mut().0.as_chunks_mut().0;
        self.magnitude = 0;
        for (re, im) in re.iter_mut().zip(im) {
            self.magnitude |= join(re, im, turns, scale);
        }
    }

    /// The turns of the next pass, and by how much it scales.
    #[inline(always)]
    fn next_turns<const DONE: usize>(&mut self) -> (&'a [[[i32; DONE]; 2]; 3], u32) {
        // Sums of four values, three of them rotated: a component grows up
        // to 1 + 3√2 times, less than three bits.
        let shift = growth(self.magnitude, 3);
        let (turns, later) = self.turns.split_at(6 * DONE);
        (self.turns, self.shifts) = (later, self.shifts + shift);
        let turns = turns.as_chunks().0.as_chunks().0.as_chunks().0;
        (&turns[0], TURN_BITS + shift)
    }

    /// Puts the values into bit-reversed order.
    #[inline(always)]
    fn reverse(&mut self, swaps: &[i32]) {
        for swap in swaps {
            let (a, b) = ((swap >> 16) as usize, (swap & 0xffff) as usize);
            self.re.swap(a, b);
            self.im.swap(a, b);
        }
    }
}

/// The bits of a magnitude, one too small for negative numbers.
#[inline(always)]
fn magnitude_bits(x: i32) -> u32 {
    (x ^ (x >> 31)).cast_unsigned()
}

/// By how much to shift so that magnitudes that grow by `bits` stay in
/// [`LIMIT`].
fn growth(magnitude: u32, bits: u32) -> u32 {
    (32 - magnitude.leading_zeros() + bits).saturating_sub(LIMIT.ilog2())
}

/// Sums and differences of the values half the slice apart; returns the
/// magnitudes' bits.
#[inline(always)]
fn pairs(values: &mut [i32], shift: u32) -> u32 {
    let half = (1 << shift) >> 1;
    let mut magnitude = 0;
    let (front, back) = values.split_at_mut(values.len() / 2);
    for (x, y) in front.iter_mut().zip(back) {
        let (a, b) = (i64::from(*x) + half, i64::from(*y));
        (*x, *y) = (((a + b) >> shift) as i32, ((a - b) >> shift) as i32);
        magnitude |= magnitude_bits(*x) | magnitude_bits(*y);
    }
    magnitude
}

/// Joins the quarters of a block, value by value, all turned alike; returns
/// the magnitudes' bits.
#[inline(always)]
fn join_apart(re: &mut [i32], im: &mut [i32], turns: [Complex; 3], scale: u32) -> u32 {
    let mut magnitude = 0;
    let [re_0, re_1, re_2, re_3] = quarters(re);
    let [im_0, im_1, im_2, im_3] = quarters(im);
    for q in 0..re_0.len() {
        let points = [
            [re_0[q], im_0[q]],
            [re_1[q], im_1[q]],
            [re_2[q], im_2[q]],
            [re_3[q], im_3[q]],
        ];
        let joined = butterfly(points, turns, scale, &mut magnitude);
        [re_0[q], im_0[q]] = joined[0];
        // To be found in order after the reversal.
        [re_2[q], im_2[q]] = joined[1];
        [re_1[q], im_1[q]] = joined[2];
        [re_3[q], im_3[q]] = joined[3];
    }
    magnitude
}

#[inline(always)]
fn quarters(values: &mut [i32]) -> [&mut [i32]; 4] {
    let quarter = values.len() / 4;
    let (a, rest) = values.split_at_mut(quarter);
    let (b, rest) = rest.split_at_mut(quarter);
    let (c, d) = rest.split_at_mut(quarter);
    [a, b, c, &mut d[..quarter]]
}

/// Joins four neighbouring transforms of `DONE` points into one; returns the
/// magnitudes' bits.
#[inline(always)]
fn join<const DONE: usize>(
    re: &mut [[i32; DONE]; 4],
    im: &mut [[i32; DONE]; 4],
    turns: &[[[i32; DONE]; 2]; 3],
    scale: u32,
) -> u32 {
    let mut magnitude = 0;
    // The reversal has put the second quarter before the first.
    let ([re_0, re_2, re_1, re_3], [im_0, im_2, im_1, im_3]) = (re, im);
    for j in 0..DONE {
        let turn = |r: usize| [turns[r][0][j], turns[r][1][j]];
        let points = [
            [re_0[j], im_0[j]],
            [re_1[j], im_1[j]],
            [re_2[j], im_2[j]],
            [re_3[j], im_3[j]],
        ];
        let turns = [turn(0), turn(1), turn(2)];
        let joined = butterfly(points, turns, scale, &mut magnitude);
        [re_0[j], im_0[j]] = joined[0];
        [re_2[j], im_2[j]] = joined[1];
        [re_1[j], im_1[j]] = joined[2];
        [re_3[j], im_3[j]] = joined[3];
    }
    magnitude
}

/// The transform of four points, all but the first turned, divided by two to
/// the power `scale`, of which [`TURN_BITS`] are those of the turns.
#[inline(always)]
fn butterfly(
    points: [Complex; 4],
    turns: [Complex; 3],
    scale: u32,
    magnitude: &mut u32,
) -> [Complex; 4] {
    // Every sum contains the first value once, and so its rounding.
    let half = 1 << (scale - 1);
    let a = [
        (i64::from(points[0][0]) << TURN_BITS) + half,
        (i64::from(points[0][1]) << TURN_BITS) + half,
    ];
    let b = rotate(widened(points[1]), turns[0]);
    let c = rotate(widened(points[2]), turns[1]);
    let d = rotate(widened(points[3]), turns[2]);
    let (even, odd) = (add(a, c), add(b, d));
    let (even_apart, odd_apart) = (subtract(a, c), times_minus_i(subtract(b, d)));
    [
        narrow(add(even, odd), scale, magnitude),
        narrow(add(even_apart, odd_apart), scale, magnitude),
        narrow(subtract(even, odd), scale, magnitude),
        narrow(subtract(even_apart, odd_apart), scale, magnitude),
    ]
}

#[inline(always)]
fn widened(x: Complex) -> [i64; 2] {
    [i64::from(x[0]), i64::from(x[1])]
}

/// `x * w`, with the fraction bits of both.
#[inline(always)]
pub(super) fn rotate([re, im]: [i64; 2], w: Complex) -> [i64; 2] {
    let (cos, sin) = (i64::from(w[0]), i64::from(w[1]));
    [re * cos - im * sin, re * sin + im * cos]
}

#[inline(always)]
fn add(a: [i64; 2], b: [i64; 2]) -> [i64; 2] {
    [a[0] + b[0], a[1] + b[1]]
}

#[inline(always)]
fn subtract(a: [i64; 2], b: [i64; 2]) -> [i64; 2] {
    [a[0] - b[0], a[1] - b[1]]
}

#[inline(always)]
fn times_minus_i(x: [i64; 2]) -> [i64; 2] {
    [x[1], -x[0]]
}

/// `x / 2^shift`, rounded down.
#[inline(always)]
fn narrow(x: [i64; 2], shift: u32, magnitude: &mut u32) -> Complex {
    let x = [(x[0] >> shift) as i32, (x[1] >> shift) as i32];
    debug_assert!(x.iter().all(|x| x.abs() <= LIMIT));
    *magnitude |= magnitude_bits(x[0]) | magnitude_bits(x[1]);
    x
}

#[cfg(test)]
mod tests {
    use super::super::reference::{db, fft, noise};
    use super::*;

    /// Signal-to-noise ratio in dB of the transform against the f64 one.
    fn snr<const SIZE: usize>(input: &[Complex]) -> f64 {
        let (mut re, mut im): (Vec<_>, Vec<_>) = input.iter().map(|x| (x[0], x[1])).unzip();
        let shifts = transform::<SIZE>(&mut re, &mut im);
        let scale = f64::from(1 << shifts);
        let exact: Vec<_> = input
            .iter()
            .map(|x| (f64::from(x[0]), f64::from(x[1])))
            .collect();
        let (mut signal, mut error) = (0.0, 0.0);
        for ((re, im), want) in re.iter().zip(&im).zip(fft(&exact)) {
            signal += want.0.powi(2) + want.1.powi(2);
            error += (f64::from(*re) * scale - want.0).powi(2);
            error += (f64::from(*im) * scale - want.1).powi(2);
        }
        db(signal / error.max(f64::MIN_POSITIVE))
    }

    fn check_signals<const SIZE: usize>() {
        let (points, full) = (SIZE / 2, f64::from(LIMIT));
        let wave = |cycles: f64| {
            let angle = move |n: usize| std::f64::consts::TAU * cycles * n as f64 / points as f64;
            (0..points)
                .map(|n| [angle(n).cos(), angle(n).sin()])
                .collect()
        };
        let random: Vec<f64> = noise(points as u32).take(2 * points).collect();
        let mut impulse = vec![[0.0; 2]; points];
        impulse[3] = [1.0, -1.0];
        let square = |n: usize| if n % 14 < 7 { [1.0, -1.0] } else { [-1.0, 1.0] };
        let signals: [(&str, Vec<[f64; 2]>); 6] = [
            ("noise", random.as_chunks().0.to_vec()),
            ("tone", wave(17.0)),
            ("tone between", wave(17.37)),
            ("impulse", impulse),
            ("constant", vec![[1.0, -1.0]; points]),
            ("square", (0..points).map(square).collect()),
        ];
        for (name, signal) in signals {
            let input: Vec<Complex> = signal
                .iter()
                .map(|x| x.map(|x| (x * full) as i32))
                .collect();
            let snr = snr::<SIZE>(&input);
            println!("{points:>6} {name:>12} {snr:>6.1}");
            assert!(snr > 130.0, "{points} points, {name}: {snr} dB");
        }
    }

    #[test]
    fn is_exact_to_130_db_at_full_scale() {
        println!("{:>6} {:>12} SNR dB", "points", "signal");
        check_signals::<256>();
        check_signals::<512>();
        check_signals::<1024>();
        check_signals::<2048>();
        check_signals::<4096>();
    }

    /// Every component at its limit, with the signs of a turn's, drives a pass
    /// to its largest growth.
    fn check_extremes<const SIZE: usize>() {
        let points = SIZE / 2;
        for k in 0..points / 2 {
            let signs = |n: usize| {
                let (sin, cos) =
                    (-std::f64::consts::TAU * (k * n) as f64 / points as f64).sin_cos();
                [cos, sin].map(|x| {
                    if x.abs() < 1e-9 {
                        0
                    } else {
                        x.signum() as i32 * LIMIT
                    }
                })
            };
            let input: Vec<Complex> = (0..points).map(signs).collect();
            let snr = snr::<SIZE>(&input);
            assert!(snr > 120.0, "{points} points, {k}: {snr} dB");
        }
    }

    #[test]
    fn aligned_extremes_stay_in_range() {
        check_extremes::<256>();
        check_extremes::<512>();
        check_extremes::<1024>();
        check_extremes::<2048>();
        check_extremes::<4096>();
    }
}

//! A complex FFT in block floating point.
//!
//! Decimation in time (J. W. Cooley, J. W. Tukey, "An algorithm for the machine
//! calculation of complex Fourier series", 1965) in radix-4 stages, with one
//! radix-2 stage first where the size is not a power of four. Every stage
//! multiplies and adds in 64 bits and rounds once, to 32. Before a stage the
//! block's headroom decides how far its results are shifted, so that they keep 30
//! bits and never overflow (A. V. Oppenheim, C. J. Weinstein, "Effects of finite
//! register length in digital filtering and the fast Fourier transform", 1972,
//! section on block floating point). CMSIS-DSP's `arm_cfft_q31` is the same
//! transform with a fixed shift in every stage.
//!
//! The first stages run before the bit reversal, over long runs of values that
//! share their twiddles; the later ones after it, when the values of a butterfly
//! have moved close together and twiddles come in runs.

use crate::dsp::table::table;

/// A complex value: real and imaginary part.
pub(super) type Complex = [i32; 2];
/// A complex value in the accumulator.
type Wide = [i64; 2];

/// The largest magnitude of a component before or after a stage.
const LIMIT: i32 = 1 << 30;
/// Fraction bits of the twiddles.
const TWIDDLE_BITS: u32 = 30;
/// Bits that a component can grow by in a sum of two values.
const RADIX2_GUARD_BITS: u32 = 1;
/// Bits that a component can grow by in a sum of four values, three of them
/// rotated: up to 1 + 3√2 times, less than three bits.
const RADIX4_GUARD_BITS: u32 = 3;

/// The twiddles of a transform of `size / 2` points in Q30, stage by stage: see
/// `twiddles` in `build.rs`. Empty where no table is compiled in.
const fn twiddles(size: usize) -> &'static [i32] {
    match size {
        256 => table!("twiddles_256"),
        512 => table!("twiddles_512"),
        1024 => table!("twiddles_1024"),
        2048 => table!("twiddles_2048"),
        4096 => table!("twiddles_4096"),
        _ => &[],
    }
}

/// The swaps that put `size / 2` values into bit-reversed order: see
/// `bit_reversal` in `build.rs`.
const fn bit_reversal(size: usize) -> &'static [i32] {
    match size {
        256 => table!("bit_reversal_256"),
        512 => table!("bit_reversal_512"),
        1024 => table!("bit_reversal_1024"),
        2048 => table!("bit_reversal_2048"),
        4096 => table!("bit_reversal_4096"),
        _ => &[],
    }
}

/// Transforms `SIZE / 2` complex values in place, given as real and imaginary
/// parts. The result is the transform divided by two to the power returned.
#[inline(always)]
pub(super) fn transform<const SIZE: usize>(re: &mut [i32], im: &mut [i32]) -> u32 {
    let values = re.iter().chain(&*im);
    let magnitudes = values.fold(0, |bits, x| bits | magnitude_bits(*x));
    let mut stages = Stages {
        re,
        im,
        twiddles: const { twiddles(SIZE) },
        magnitudes,
        shifts: 0,
    };
    if (SIZE / 2).ilog2().is_multiple_of(2) {
        stages.radix4_before_reversal::<1>();
        stages.reverse_bits(const { bit_reversal(SIZE) });
        stages.radix4::<4>();
        stages.radix4::<16>();
        stages.radix4::<64>();
        stages.radix4::<256>();
    } else {
        stages.radix2_before_reversal();
        stages.radix4_before_reversal::<2>();
        stages.reverse_bits(const { bit_reversal(SIZE) });
        stages.radix4::<8>();
        stages.radix4::<32>();
        stages.radix4::<128>();
        stages.radix4::<512>();
    }
    stages.shifts
}

/// The stages of a transform. Each joins transforms of `DONE` points.
struct Stages<'a> {
    re: &'a mut [i32],
    im: &'a mut [i32],
    /// Those of the stages to come.
    twiddles: &'a [i32],
    /// The bits that are set in the magnitude of any component.
    magnitudes: u32,
    /// The sum of all stages' shifts.
    shifts: u32,
}

impl<'a> Stages<'a> {
    /// Joins each two values, half the buffer apart.
    #[inline(always)]
    fn radix2_before_reversal(&mut self) {
        let shift = shift_for(self.magnitudes, RADIX2_GUARD_BITS);
        self.magnitudes = radix2_run(self.re, shift) | radix2_run(self.im, shift);
        self.shifts += shift;
    }

    /// Joins each four transforms, whose values lie a quarter of a run apart.
    #[inline(always)]
    fn radix4_before_reversal<const DONE: usize>(&mut self) {
        let (twiddles, shift) = self.next_stage::<DONE>();
        let run = self.re.len() / DONE;
        let re = self.re.chunks_exact_mut(run);
        let runs = re.zip(self.im.chunks_exact_mut(run));
        self.magnitudes = 0;
        for (j, (re, im)) in runs.enumerate() {
            self.magnitudes |= radix4_run(re, im, twiddles_at(twiddles, j), shift);
        }
    }

    /// Joins each four transforms, which follow one another; does nothing where
    /// the whole is transformed already.
    #[inline(always)]
    fn radix4<const DONE: usize>(&mut self) {
        if 4 * DONE > self.re.len() {
            return;
        }
        let (twiddles, shift) = self.next_stage::<DONE>();
        let re = self.re.as_chunks_mut().0.as_chunks_mut().0;
        let im = self.im.as_chunks_mut().0.as_chunks_mut().0;
        self.magnitudes = 0;
        for (re, im) in re.iter_mut().zip(im) {
            self.magnitudes |= radix4_join(re, im, twiddles, shift);
        }
    }

    /// The twiddles of the next radix-4 stage, and its shift.
    #[inline(always)]
    fn next_stage<const DONE: usize>(&mut self) -> (&'a Twiddles<DONE>, u32) {
        let shift = shift_for(self.magnitudes, RADIX4_GUARD_BITS);
        let (twiddles, later) = self.twiddles.split_at(6 * DONE);
        (self.twiddles, self.shifts) = (later, self.shifts + shift);
        let twiddles = twiddles.as_chunks().0.as_chunks().0.as_chunks().0;
        (&twiddles[0], shift)
    }

    /// Puts the values into bit-reversed order.
    #[inline(always)]
    fn reverse_bits(&mut self, swaps: &[i32]) {
        for swap in swaps {
            let (a, b) = ((swap >> 16) as usize, (swap & 0xffff) as usize);
            self.re.swap(a, b);
            self.im.swap(a, b);
        }
    }
}

/// The twiddles of a radix-4 stage: for each of three inputs `DONE` real parts
/// and as many imaginary ones.
type Twiddles<const DONE: usize> = [[[i32; DONE]; 2]; 3];

#[inline(always)]
fn twiddles_at<const DONE: usize>(twiddles: &Twiddles<DONE>, j: usize) -> [Complex; 3] {
    let of = |input: usize| [twiddles[input][0][j], twiddles[input][1][j]];
    [of(0), of(1), of(2)]
}

/// The bits of a magnitude, one too small for negative numbers.
#[inline(always)]
fn magnitude_bits(x: i32) -> u32 {
    (x ^ (x >> 31)).cast_unsigned()
}

/// The shift by which magnitudes that grow by the guard bits stay in [`LIMIT`].
fn shift_for(magnitudes: u32, guard_bits: u32) -> u32 {
    let headroom = magnitudes.leading_zeros();
    (u32::BITS - LIMIT.ilog2() + guard_bits).saturating_sub(headroom)
}

/// Radix-2 butterflies of a run's halves, of real or of imaginary parts; returns
/// the magnitudes' bits.
#[inline(always)]
fn radix2_run(values: &mut [i32], shift: u32) -> u32 {
    let half = (1 << shift) >> 1;
    let mut magnitudes = 0;
    let (front, back) = values.split_at_mut(values.len() / 2);
    for (x, y) in front.iter_mut().zip(back) {
        let (a, b) = (i64::from(*x) + half, i64::from(*y));
        (*x, *y) = (((a + b) >> shift) as i32, ((a - b) >> shift) as i32);
        magnitudes |= magnitude_bits(*x) | magnitude_bits(*y);
    }
    magnitudes
}

/// Radix-4 butterflies of a run's quarters, all with the same twiddles; returns
/// the magnitudes' bits.
#[inline(always)]
fn radix4_run(re: &mut [i32], im: &mut [i32], twiddles: [Complex; 3], shift: u32) -> u32 {
    let mut magnitudes = 0;
    let [re_0, re_1, re_2, re_3] = quarters(re);
    let [im_0, im_1, im_2, im_3] = quarters(im);
    for k in 0..re_0.len() {
        let inputs = [
            [re_0[k], im_0[k]],
            [re_1[k], im_1[k]],
            [re_2[k], im_2[k]],
            [re_3[k], im_3[k]],
        ];
        let outputs = radix4_butterfly(inputs, twiddles, shift, &mut magnitudes);
        [re_0[k], im_0[k]] = outputs[0];
        // Radix 4 would have digits reversed, of two bits each; to be in order
        // after a reversal of bits, the middle outputs change places.
        [re_2[k], im_2[k]] = outputs[1];
        [re_1[k], im_1[k]] = outputs[2];
        [re_3[k], im_3[k]] = outputs[3];
    }
    magnitudes
}

#[inline(always)]
fn quarters(values: &mut [i32]) -> [&mut [i32]; 4] {
    let quarter = values.len() / 4;
    let (a, rest) = values.split_at_mut(quarter);
    let (b, rest) = rest.split_at_mut(quarter);
    let (c, d) = rest.split_at_mut(quarter);
    [a, b, c, &mut d[..quarter]]
}

/// Radix-4 butterflies that join four neighbouring transforms, each with its own
/// twiddles; returns the magnitudes' bits.
#[inline(always)]
fn radix4_join<const DONE: usize>(
    re: &mut [[i32; DONE]; 4],
    im: &mut [[i32; DONE]; 4],
    twiddles: &Twiddles<DONE>,
    shift: u32,
) -> u32 {
    let mut magnitudes = 0;
    // Bit reversal has put the second quarter before the first.
    let ([re_0, re_2, re_1, re_3], [im_0, im_2, im_1, im_3]) = (re, im);
    for k in 0..DONE {
        let inputs = [
            [re_0[k], im_0[k]],
            [re_1[k], im_1[k]],
            [re_2[k], im_2[k]],
            [re_3[k], im_3[k]],
        ];
        let twiddles = twiddles_at(twiddles, k);
        let outputs = radix4_butterfly(inputs, twiddles, shift, &mut magnitudes);
        [re_0[k], im_0[k]] = outputs[0];
        [re_2[k], im_2[k]] = outputs[1];
        [re_1[k], im_1[k]] = outputs[2];
        [re_3[k], im_3[k]] = outputs[3];
    }
    magnitudes
}

/// The radix-4 butterfly, decimating in time: the transform of four values, of
/// which all but the first are first multiplied by twiddles. The outputs are
/// divided by two to the power `shift`; their magnitudes' bits are added.
#[inline(always)]
fn radix4_butterfly(
    inputs: [Complex; 4],
    twiddles: [Complex; 3],
    shift: u32,
    magnitudes: &mut u32,
) -> [Complex; 4] {
    let shift = TWIDDLE_BITS + shift;
    // Every sum contains the first value once, and so its rounding.
    let half = 1 << (shift - 1);
    let a = [
        (i64::from(inputs[0][0]) << TWIDDLE_BITS) + half,
        (i64::from(inputs[0][1]) << TWIDDLE_BITS) + half,
    ];
    let b = multiply(widen(inputs[1]), twiddles[0]);
    let c = multiply(widen(inputs[2]), twiddles[1]);
    let d = multiply(widen(inputs[3]), twiddles[2]);
    let (sum_ac, difference_ac) = (add(a, c), subtract(a, c));
    let (sum_bd, difference_bd) = (add(b, d), times_minus_i(subtract(b, d)));
    [
        narrow(add(sum_ac, sum_bd), shift, magnitudes),
        narrow(add(difference_ac, difference_bd), shift, magnitudes),
        narrow(subtract(sum_ac, sum_bd), shift, magnitudes),
        narrow(subtract(difference_ac, difference_bd), shift, magnitudes),
    ]
}

#[inline(always)]
fn widen(x: Complex) -> Wide {
    [i64::from(x[0]), i64::from(x[1])]
}

/// `x * twiddle`, with the fraction bits of both.
#[inline(always)]
pub(super) fn multiply([re, im]: Wide, twiddle: Complex) -> Wide {
    let [cos, sin] = widen(twiddle);
    [re * cos - im * sin, re * sin + im * cos]
}

#[inline(always)]
fn add(a: Wide, b: Wide) -> Wide {
    [a[0] + b[0], a[1] + b[1]]
}

#[inline(always)]
fn subtract(a: Wide, b: Wide) -> Wide {
    [a[0] - b[0], a[1] - b[1]]
}

#[inline(always)]
fn times_minus_i([re, im]: Wide) -> Wide {
    [im, -re]
}

/// `x / 2^shift`, rounded down; adds its magnitudes' bits.
#[inline(always)]
fn narrow(x: Wide, shift: u32, magnitudes: &mut u32) -> Complex {
    let x = [(x[0] >> shift) as i32, (x[1] >> shift) as i32];
    debug_assert!(x.iter().all(|x| x.abs() <= LIMIT));
    *magnitudes |= magnitude_bits(x[0]) | magnitude_bits(x[1]);
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

    /// Every component at its limit, with the signs of a root of one, drives a
    /// stage to its largest growth.
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

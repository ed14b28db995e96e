//! A complex FFT in block floating point.
//!
//! Decimation in time (J. W. Cooley, J. W. Tukey 1965) in radix-4 passes, with
//! one radix-2 pass first where the size is not a power of four. Every pass
//! multiplies and adds in 64 bits and rounds once, to 32. Before a pass the
//! largest magnitude decides how far its results are shifted, so that they
//! keep 30 bits and never overflow (A. V. Oppenheim, C. J. Weinstein, "Effects
//! of finite register length in digital filtering and the fast Fourier
//! transform", 1972, section on block floating point).

use super::super::table::table;

/// Real and imaginary part.
pub(super) type Complex = [i32; 2];

/// No component before or after a pass is larger than this.
const LIMIT: i32 = 1 << 30;

/// `exp(-2πik / size)` for `k < 3 / 4 size`, in Q30; empty where no table is
/// compiled in.
pub(super) const fn twiddles(size: usize) -> &'static [Complex] {
    let words: &[i32] = match size {
        256 => table!("twiddles_256"),
        512 => table!("twiddles_512"),
        1024 => table!("twiddles_1024"),
        2048 => table!("twiddles_2048"),
        4096 => table!("twiddles_4096"),
        _ => &[],
    };
    words.as_chunks().0
}

/// Transforms `z`, whose values stand in bit-reversed order, in place. The
/// result is the transform divided by two to the power returned.
///
/// `twiddles` are those of at least the size of `z`, a power of two.
pub(super) fn transform(z: &mut [Complex], twiddles: &[Complex]) -> u32 {
    let mut shifts = 0;
    let mut magnitude = z.iter().fold(0, |bits, x| {
        bits | magnitude_bits(x[0]) | magnitude_bits(x[1])
    });
    let mut done = 1;
    if !z.len().ilog2().is_multiple_of(2) {
        // Sums of two values: one bit of growth.
        let shift = growth(magnitude, 1);
        magnitude = radix_2(z, shift);
        shifts += shift;
        done = 2;
    }
    while done < z.len() {
        // Sums of four values, three of them rotated: a component grows up
        // to 1 + 3√2 times, less than three bits.
        let shift = growth(magnitude, 3);
        magnitude = radix_4(z, done, twiddles, shift);
        shifts += shift;
        done *= 4;
    }
    shifts
}

/// The bits of a magnitude, one too small for negative numbers.
fn magnitude_bits(x: i32) -> u32 {
    (x ^ (x >> 31)).cast_unsigned()
}

/// By how much to shift so that magnitudes that grow by `bits` stay in
/// [`LIMIT`].
fn growth(magnitude: u32, bits: u32) -> u32 {
    (32 - magnitude.leading_zeros() + bits).saturating_sub(LIMIT.ilog2())
}

/// Transforms neighbouring pairs; returns the magnitudes' bits.
fn radix_2(z: &mut [Complex], shift: u32) -> u32 {
    let mut magnitude = 0;
    for pair in z.as_chunks_mut::<2>().0 {
        let [a, b] = pair.map(|x| x.map(i64::from));
        let a = a.map(|x| x + ((1 << shift) >> 1));
        *pair = [
            narrow(add(a, b), shift, &mut magnitude),
            narrow(subtract(a, b), shift, &mut magnitude),
        ];
    }
    magnitude
}

/// Joins each four neighbouring transforms of `done` points into one; returns
/// the magnitudes' bits.
fn radix_4(z: &mut [Complex], done: usize, twiddles: &[Complex], shift: u32) -> u32 {
    let step = twiddles.len() / 3 / done;
    let scale = 30 + shift;
    let half = 1 << (scale - 1);
    let mut magnitude = 0;
    for block in z.chunks_exact_mut(4 * done) {
        // Bit reversal has put the second quarter before the first.
        let (lower, upper) = block.split_at_mut(2 * done);
        let (part_0, part_2) = lower.split_at_mut(done);
        let (part_1, part_3) = upper.split_at_mut(done);
        let lower = part_0.iter_mut().zip(part_2);
        let upper = part_1.iter_mut().zip(part_3);
        for (j, ((x0, x2), (x1, x3))) in lower.zip(upper).enumerate() {
            // Every sum contains the first value once, and so its rounding.
            let a = x0.map(|x| (i64::from(x) << 30) + half);
            let b = rotate(x1.map(i64::from), twiddles[j * step]);
            let c = rotate(x2.map(i64::from), twiddles[2 * j * step]);
            let d = rotate(x3.map(i64::from), twiddles[3 * j * step]);
            let (even, odd) = (add(a, c), add(b, d));
            let (even_apart, odd_apart) = (subtract(a, c), times_minus_i(subtract(b, d)));
            *x0 = narrow(add(even, odd), scale, &mut magnitude);
            *x2 = narrow(add(even_apart, odd_apart), scale, &mut magnitude);
            *x1 = narrow(subtract(even, odd), scale, &mut magnitude);
            *x3 = narrow(subtract(even_apart, odd_apart), scale, &mut magnitude);
        }
    }
    magnitude
}

/// `x * w`, with the fraction bits of both.
pub(super) fn rotate([re, im]: [i64; 2], w: Complex) -> [i64; 2] {
    let [cos, sin] = w.map(i64::from);
    [re * cos - im * sin, re * sin + im * cos]
}

fn add(a: [i64; 2], b: [i64; 2]) -> [i64; 2] {
    [a[0] + b[0], a[1] + b[1]]
}

fn subtract(a: [i64; 2], b: [i64; 2]) -> [i64; 2] {
    [a[0] - b[0], a[1] - b[1]]
}

fn times_minus_i(x: [i64; 2]) -> [i64; 2] {
    [x[1], -x[0]]
}

/// `x / 2^shift`, rounded down.
fn narrow(x: [i64; 2], shift: u32, magnitude: &mut u32) -> Complex {
    let x = x.map(|x| (x >> shift) as i32);
    debug_assert!(x.iter().all(|x| x.abs() <= LIMIT));
    *magnitude |= magnitude_bits(x[0]) | magnitude_bits(x[1]);
    x
}

#[cfg(test)]
mod tests {
    use super::super::super::reference::{db, fft, noise};
    use super::*;

    /// Signal-to-noise ratio in dB of the transform against the f64 one.
    fn snr(input: &[Complex]) -> f64 {
        let bits = input.len().ilog2();
        let mut z = vec![[0; 2]; input.len()];
        for (n, &x) in input.iter().enumerate() {
            z[n.reverse_bits() >> (usize::BITS - bits)] = x;
        }
        let shifts = transform(&mut z, twiddles(2 * input.len()));
        let scale = f64::from(1 << shifts);
        let exact: Vec<_> = input
            .iter()
            .map(|x| (f64::from(x[0]), f64::from(x[1])))
            .collect();
        let (mut signal, mut error) = (0.0, 0.0);
        for (got, want) in z.iter().zip(fft(&exact)) {
            signal += want.0.powi(2) + want.1.powi(2);
            error += (f64::from(got[0]) * scale - want.0).powi(2);
            error += (f64::from(got[1]) * scale - want.1).powi(2);
        }
        db(signal / error.max(f64::MIN_POSITIVE))
    }

    #[test]
    fn is_exact_to_130_db_at_full_scale() {
        let full = f64::from(LIMIT);
        println!("{:>6} {:>12} SNR dB", "points", "signal");
        for points in [128, 256, 512, 1024, 2048] {
            let wave = |cycles: f64| {
                let angle =
                    move |n: usize| std::f64::consts::TAU * cycles * n as f64 / points as f64;
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
                let snr = snr(&input);
                println!("{points:>6} {name:>12} {snr:>6.1}");
                assert!(snr > 130.0, "{points} points, {name}: {snr} dB");
            }
        }
    }

    /// Every component at its limit, with the signs of a twiddle's, drives a
    /// pass to its largest growth.
    #[test]
    fn aligned_extremes_stay_in_range() {
        for points in [128, 256, 512, 1024, 2048] {
            for k in 0..points / 2 {
                let signs = |n: usize| {
                    twiddles(2 * points)[2 * k * n % points / 2].map(|x| x.signum() * LIMIT)
                };
                let input: Vec<Complex> = (0..points).map(signs).collect();
                assert!(snr(&input) > 120.0, "{points} points, {k}");
            }
        }
    }
}

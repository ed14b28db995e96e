//! The short-time power spectrum in integers.

use super::fft::{Complex, multiply, transform};
use super::shift_right;
use crate::dsp::dispatch::WithSimd;
use crate::dsp::table::table;

/// Squared magnitudes of the Hann-windowed frame's spectrum.
///
/// The frame is scaled to 30 bits, and its even and odd samples are transformed
/// as the real and imaginary parts of a complex frame of half the length, whose
/// transform is then recombined (H. V. Sorensen et al., "Real-valued fast Fourier
/// transform algorithms", 1987).
#[derive(Clone)]
pub(super) struct PowerSpectrum<const FFT: usize> {
    /// Real parts and then imaginary ones; in the end powers, as [`Powers`]
    /// reads them.
    buffer: [i32; FFT],
}

/// Bins `0..FFT / 2` of a power spectrum, all over `2^exponent`.
pub(super) struct Powers<'a> {
    /// High words of the powers.
    high: &'a [i32],
    /// Low words of the powers.
    low: &'a [i32],
    /// A power is its integer times two to this.
    pub exponent: i32,
}

impl Powers<'_> {
    /// Returns the powers of `len` bins from `first`, at most 2^61.
    #[inline(always)]
    pub fn bins(&self, first: usize, len: usize) -> impl Iterator<Item = u64> {
        let words = self.high[first..][..len]
            .iter()
            .zip(&self.low[first..][..len]);
        words.map(|(high, low)| {
            u64::from(high.cast_unsigned()) << 32 | u64::from(low.cast_unsigned())
        })
    }
}

/// The roots of one, `exp(-2πik / size)` for `k` of 0 to `size / 2`, in Q30.
#[derive(Clone, Copy)]
struct Roots {
    cos: &'static [i32],
    sin: &'static [i32],
}

impl Roots {
    /// The roots from the table; none where no table is compiled in.
    const fn of(size: usize) -> Self {
        let parts: &[i32] = match size {
            256 => table!("roots_256"),
            512 => table!("roots_512"),
            1024 => table!("roots_1024"),
            2048 => table!("roots_2048"),
            4096 => table!("roots_4096"),
            _ => &[],
        };
        let (cos, sin) = parts.split_at(parts.len() / 2);
        Self { cos, sin }
    }
}

impl<const FFT: usize> PowerSpectrum<FFT> {
    const ROOTS: Roots = Roots::of(FFT);

    pub fn new() -> Self {
        const {
            assert!(
                !Self::ROOTS.cos.is_empty(),
                "256, 512, 1024, 2048 or 4096 points"
            );
        };
        Self { buffer: [0; FFT] }
    }

    /// Computes the powers of a frame's spectrum, in units of the sample's
    /// square. No input overflows.
    pub fn of(&mut self, frame: &[i32; FFT]) -> Powers<'_> {
        let spectrum = self;
        Spectrum { spectrum, frame }.dispatch()
    }
}

/// The work of [`PowerSpectrum::of`].
struct Spectrum<'a, 'b, const FFT: usize> {
    spectrum: &'a mut PowerSpectrum<FFT>,
    frame: &'b [i32; FFT],
}

impl<'a, const FFT: usize> WithSimd for Spectrum<'a, '_, FFT> {
    type Output = Powers<'a>;

    #[inline(always)]
    fn run(self) -> Self::Output {
        let (re, im) = self.spectrum.buffer.split_at_mut(FFT / 2);
        let roots = PowerSpectrum::<FFT>::ROOTS;
        let bits = window_and_scale(self.frame, roots.cos, re, im);
        let shifts = transform::<FFT>(re, im);
        recombine(re, im, roots);
        // Of the scale, the window took 30 - bits, the transform shifts, and the
        // recombination 1.
        let exponent = 2 * (bits.cast_signed() + shifts.cast_signed() - 29);
        Powers {
            high: re,
            low: im,
            exponent,
        }
    }
}

/// Applies the window and scales to 30 bits; even samples become real parts,
/// odd ones imaginary. Returns the bits that the samples had.
#[inline(always)]
fn window_and_scale(frame: &[i32], cosines: &[i32], re: &mut [i32], im: &mut [i32]) -> u32 {
    let peak = frame.iter().fold(0, |bits, x| bits | x.unsigned_abs());
    let bits = 32 - peak.leading_zeros();
    let (rising, falling) = frame.as_chunks().0.split_at(re.len() / 2);
    let (re_rising, re_falling) = re.split_at_mut(rising.len());
    let (im_rising, im_falling) = im.split_at_mut(rising.len());
    // The table ends at half a turn, from where the cosine comes back the same way.
    let (forth, back) = (cosines.as_chunks().0, cosines[1..].as_chunks::<2>().0);
    apply_window(rising, |n| forth[n], bits, re_rising, im_rising);
    let last = falling.len() - 1;
    let mirrored = |n: usize| [back[last - n][1], back[last - n][0]];
    apply_window(falling, mirrored, bits, re_falling, im_falling);
    bits
}

/// Multiplies pairs of samples by the Hann weights of the cosines, and divides by
/// two to the power `bits`.
#[inline(always)]
fn apply_window(
    pairs: &[[i32; 2]],
    cosines: impl Fn(usize) -> [i32; 2],
    bits: u32,
    even: &mut [i32],
    odd: &mut [i32],
) {
    let weighed = |sample: i32, cosine: i32| {
        let product = i64::from(sample) * i64::from(hann(cosine));
        shift_right(product, bits) as i32
    };
    let (even, odd) = (&mut even[..pairs.len()], &mut odd[..pairs.len()]);
    for (n, pair) in pairs.iter().enumerate() {
        let cosines = cosines(n);
        even[n] = weighed(pair[0], cosines[0]);
        odd[n] = weighed(pair[1], cosines[1]);
    }
}

/// The weight of the periodic Hann window for a cosine, both in Q30.
#[inline(always)]
fn hann(cosine: i32) -> i32 {
    (1 << 29) - cosine / 2
}

/// Recombines the complex frame's transform to that of the real frame, in place,
/// and squares it: high words of the powers in place of real parts, low words in
/// place of imaginary parts, at a quarter of the scale.
#[inline(always)]
fn recombine(re: &mut [i32], im: &mut [i32], roots: Roots) {
    let middle = re.len() / 2;
    // These two bins are their own mirror images.
    for k in [0, middle] {
        let bin = [re[k], im[k]];
        [[re[k], im[k]], _] = powers(bin, bin, [roots.cos[k], roots.sin[k]]);
    }
    let (re, re_mirror) = re.split_at_mut(middle + 1);
    let (im, im_mirror) = im.split_at_mut(middle + 1);
    recombine_mirrored([&mut re[1..], &mut im[1..]], [re_mirror, im_mirror], roots);
}

/// Recombines the bins from 1 with their mirror images.
#[inline(always)]
fn recombine_mirrored([re, im]: [&mut [i32]; 2], mirror: [&mut [i32]; 2], roots: Roots) {
    let [re_mirror, im_mirror] = mirror;
    let count = re_mirror.len();
    let (re, im, im_mirror) = (&mut re[..count], &mut im[..count], &mut im_mirror[..count]);
    let (cos, sin) = (&roots.cos[1..][..count], &roots.sin[1..][..count]);
    for k in 0..count {
        let mirror = count - 1 - k;
        let (a, b) = ([re[k], im[k]], [re_mirror[mirror], im_mirror[mirror]]);
        let [a, b] = powers(a, b, [cos[k], sin[k]]);
        [re[k], im[k]] = a;
        [re_mirror[mirror], im_mirror[mirror]] = b;
    }
}

/// The powers of a bin and of its mirror image, from the values of the complex
/// frame's transform there.
#[inline(always)]
fn powers(a: Complex, b: Complex, root: Complex) -> [[i32; 2]; 2] {
    let (a_re, a_im) = (i64::from(a[0]), i64::from(a[1]));
    let (b_re, b_im) = (i64::from(b[0]), i64::from(b[1]));
    // Twice the transforms of the even and of the odd samples.
    let even = [(a_re + b_re) << 30, (a_im - b_im) << 30];
    let odd = multiply([a_im + b_im, b_re - a_re], root);
    [
        power(even[0] + odd[0], even[1] + odd[1]),
        power(even[0] - odd[0], even[1] - odd[1]),
    ]
}

/// The power, in two words, of a spectral value with 30 fraction bits that the
/// recombination has doubled.
#[inline(always)]
fn power(re: i64, im: i64) -> [i32; 2] {
    let (re, im) = (shift_right(re, 32), shift_right(im, 32));
    let power = re * re + im * im;
    [(power >> 32) as i32, power as i32]
}

#[cfg(test)]
mod tests {
    use super::super::reference::{db, noise, power_spectrum};
    use super::*;
    use crate::dsp::dispatch::is_the_same_with_all;
    use proptest::prelude::*;

    const FULL_SCALE: f64 = 8_388_607.0;

    /// Signal-to-noise ratios in dB: of the spectrum's magnitudes over the
    /// whole frame, and the worst of a bin within 80 dB of the loudest.
    fn snr<const FFT: usize>(frame: &[i32; FFT]) -> (f64, f64) {
        let mut spectrum = PowerSpectrum::<FFT>::new();
        let powers = spectrum.of(frame);
        let scale = f64::from(powers.exponent).exp2();
        let want = power_spectrum(&frame.map(f64::from));
        let loudest = want.iter().copied().fold(0.0, f64::max);
        let (mut signal, mut noise, mut worst) = (0.0, 0.0, 999.0_f64);
        for (got, want) in powers.bins(0, FFT / 2).zip(&want) {
            let error = ((got as f64 * scale).sqrt() - want.sqrt()).powi(2);
            signal += want;
            noise += error;
            if *want > loudest * 1e-8 {
                worst = worst.min(db(want / error));
            }
        }
        (db(signal / noise), worst)
    }

    #[test]
    fn window_is_exact_to_170_db() {
        for size in [256, 512, 1024, 2048, 4096] {
            let exact =
                |n: usize| 0.5 - 0.5 * (std::f64::consts::TAU * n as f64 / size as f64).cos();
            let samples = vec![1 << 30; size];
            let (mut even, mut odd) = (vec![0; size / 2], vec![0; size / 2]);
            let bits = window_and_scale(&samples, Roots::of(size).cos, &mut even, &mut odd);
            let window = |n: usize| {
                if n.is_multiple_of(2) {
                    even[n / 2]
                } else {
                    odd[n / 2]
                }
            };
            let one = (1_i64 << (60 - bits)) as f64;
            let weight = |n: usize| f64::from(window(n)) / one;
            let signal: f64 = (0..size).map(|n| exact(n).powi(2)).sum();
            let error: f64 = (0..size).map(|n| (exact(n) - weight(n)).powi(2)).sum();
            let snr = db(signal / error);
            println!("window of {size}: {snr:.1} dB");
            assert!(snr > 170.0, "{size}: {snr} dB");
        }
    }

    #[test]
    fn powers_are_exact_at_every_level() {
        println!(
            "{:>12} {:>6} {:>8} {:>8}",
            "signal", "dBFS", "all dB", "worst dB"
        );
        let random: Vec<f64> = noise(3).take(1024).collect();
        let tone = |n: usize| (0.3 * n as f64).sin();
        for dbfs in [0, -30, -60, -90] {
            let amplitude = FULL_SCALE * 10.0_f64.powf(f64::from(dbfs) / 20.0);
            let signals: [(&str, &dyn Fn(usize) -> f64); 5] = [
                ("noise", &|n| random[n]),
                ("tone", &tone),
                ("clipped tone", &|n| (40.0 * tone(n)).clamp(-1.0, 1.0)),
                ("constant", &|_| 1.0),
                ("click", &|n| if n == 400 { 1.0 } else { 0.0 }),
            ];
            for (name, signal) in signals {
                let frame = core::array::from_fn(|n| (amplitude * signal(n)).round() as i32);
                let (all, worst) = snr::<1024>(&frame);
                println!("{name:>12} {dbfs:>6} {all:>8.1} {worst:>8.1}");
                assert!(
                    all > 130.0 && worst > 60.0,
                    "{name}, {dbfs} dBFS: {all}, {worst}"
                );
            }
        }
    }

    #[test]
    fn every_size_is_exact() {
        fn check<const FFT: usize>() {
            let mut random = noise(9);
            let frame = core::array::from_fn(|_| (FULL_SCALE * random.next().unwrap()) as i32);
            let (all, _) = snr::<FFT>(&frame);
            println!("{FFT} points: {all:.1} dB");
            assert!(all > 130.0, "{FFT} points: {all} dB");
        }
        check::<256>();
        check::<512>();
        check::<1024>();
        check::<2048>();
        check::<4096>();
    }

    struct Words<'a>(PowerSpectrum<1024>, &'a [i32; 1024]);

    impl WithSimd for Words<'_> {
        type Output = Vec<u64>;

        #[inline(always)]
        fn run(mut self) -> Vec<u64> {
            let (spectrum, frame) = (&mut self.0, self.1);
            Spectrum { spectrum, frame }.run().bins(0, 512).collect()
        }
    }

    #[test]
    fn bits_do_not_depend_on_the_instructions() {
        for amplitude in [100.0, FULL_SCALE] {
            let mut random = noise(4);
            let frame = core::array::from_fn(|_| (amplitude * random.next().unwrap()) as i32);
            assert!(is_the_same_with_all(|| Words(PowerSpectrum::new(), &frame)));
        }
    }

    proptest! {
        /// Debug builds check every operation for overflow.
        #[test]
        fn no_input_overflows(
            frame in prop::collection::vec(prop_oneof![any::<i32>(), Just(i32::MIN), Just(i32::MAX)], 256),
        ) {
            let frame: [i32; 256] = frame.try_into().unwrap();
            let mut spectrum = PowerSpectrum::<256>::new();
            let powers = spectrum.of(&frame);
            prop_assert!(powers.bins(0, 128).all(|power| power <= 1 << 61));
        }
    }
}

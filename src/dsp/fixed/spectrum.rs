//! The short-time power spectrum in integers.

use super::fft::{Complex, rotate, transform, twiddles};
use super::shift_right;

/// Squared magnitudes of the Hann-windowed frame's spectrum.
///
/// The frame is scaled to 30 bits, and its even and odd samples are
/// transformed as one complex frame of half the length (H. V. Sorensen et al.,
/// "Real-valued fast Fourier transform algorithms", 1987).
#[derive(Clone)]
pub(super) struct PowerSpectrum<const FFT: usize> {
    /// Complex values; in the end powers, as [`Powers`] reads them.
    work: [i32; FFT],
}

/// Bins `0..FFT / 2` of a power spectrum, all over `2^exponent`.
pub(super) struct Powers<'a> {
    words: &'a [[i32; 2]],
    /// A power is its integer times two to this.
    pub exponent: i32,
}

impl Powers<'_> {
    /// The powers of `len` bins from `first`, at most 2^61.
    pub fn bins(&self, first: usize, len: usize) -> impl Iterator<Item = u64> {
        self.words[first..][..len].iter().map(|[high, low]| {
            u64::from(high.cast_unsigned()) << 32 | u64::from(low.cast_unsigned())
        })
    }
}

impl<const FFT: usize> PowerSpectrum<FFT> {
    const TWIDDLES: &'static [Complex] = twiddles(FFT);

    pub fn new() -> Self {
        const {
            assert!(
                !Self::TWIDDLES.is_empty(),
                "256, 512, 1024, 2048 or 4096 points"
            );
        };
        Self { work: [0; FFT] }
    }

    /// The powers of a frame's spectrum, in units of the sample's square. No
    /// input overflows.
    pub fn of(&mut self, frame: &[i32; FFT]) -> Powers<'_> {
        let z = self.work.as_chunks_mut().0;
        let bits = load(frame, Self::TWIDDLES, z);
        let shifts = transform(z, Self::TWIDDLES);
        split(z, Self::TWIDDLES);
        // Of the scale, `load` took 30 - bits, `transform` shifts, `split` 1.
        let exponent = 2 * (bits.cast_signed() + shifts.cast_signed() - 29);
        Powers { words: z, exponent }
    }
}

/// Applies the window and scales to 30 bits; even samples become real parts,
/// odd ones imaginary, in bit-reversed order. Returns the bits that the
/// samples had.
fn load(frame: &[i32], twiddles: &[Complex], z: &mut [Complex]) -> u32 {
    let peak = frame.iter().fold(0, |bits, x| bits | x.unsigned_abs());
    let bits = 32 - peak.leading_zeros();
    let unused = usize::BITS - z.len().ilog2();
    let pairs = frame
        .as_chunks::<2>()
        .0
        .iter()
        .zip(hann(frame.len(), twiddles));
    for (n, (pair, weights)) in pairs.enumerate() {
        let value = |part: usize| {
            shift_right(i64::from(pair[part]) * i64::from(weights[part]), bits) as i32
        };
        z[n.reverse_bits() >> unused] = [value(0), value(1)];
    }
    bits
}

/// The periodic Hann window in Q30, two weights at a time: from the cosine in
/// the twiddles up to half a turn, and then back.
fn hann(len: usize, twiddles: &[Complex]) -> impl Iterator<Item = [i32; 2]> {
    let weight = |[cos, _]: Complex| (1 << 29) - cos / 2;
    let rising = twiddles[..len / 2].as_chunks::<2>().0.iter().copied();
    let falling = twiddles[1..=len / 2]
        .as_chunks::<2>()
        .0
        .iter()
        .rev()
        .map(|&[a, b]| [b, a]);
    rising.chain(falling).map(move |pair| pair.map(weight))
}

/// From the transform of the complex frame to powers of the real frame's,
/// in place, at a quarter of the scale.
fn split(z: &mut [Complex], twiddles: &[Complex]) {
    let half = z.len();
    for k in 0..=half / 2 {
        let mirror = (half - k) % half;
        let ([a_re, a_im], [b_re, b_im]) = (z[k].map(i64::from), z[mirror].map(i64::from));
        // Twice the transforms of the even and of the odd samples.
        let even = [a_re + b_re, a_im - b_im];
        let odd = [a_im + b_im, b_re - a_re];
        let [e_re, e_im] = even.map(|x| x << 30);
        let [o_re, o_im] = rotate(odd, twiddles[k]);
        z[mirror] = power([e_re - o_re, e_im - o_im]);
        z[k] = power([e_re + o_re, e_im + o_im]);
    }
}

/// The power of a spectral value with 30 fraction bits that `split` doubled
/// already, in two words.
fn power(x: [i64; 2]) -> Complex {
    let [re, im] = x.map(|x| shift_right(x, 32));
    let power = re * re + im * im;
    [(power >> 32) as i32, power as i32]
}

#[cfg(test)]
mod tests {
    use super::super::super::reference::{db, noise, power_spectrum};
    use super::*;
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
            let window: Vec<i32> = hann(size, twiddles(size)).flatten().collect();
            let weight = |n: usize| f64::from(window[n]) / f64::from(1 << 30);
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

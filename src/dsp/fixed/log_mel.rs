//! The log-mel front end in integers: samples to frames of levels in decibels.

use super::DECIBEL;
use super::filterbank::{NETWORK_BANDS, NetworkBank, WEIGHT_BITS};
use super::log2::log2;
use super::pitch::Pitch;
use super::shift_right;
use super::spectrum::{PowerSpectrum, Powers};
use crate::dsp::Framer;
use crate::dsp::dispatch::WithSimd;

/// The lowest level, −100 dB: the reference's
/// [`POWER_FLOOR`](crate::dsp::float::POWER_FLOOR).
pub const LEVEL_FLOOR: i32 = -100 * DECIBEL;

/// Decibels in a doubling of power, `10 log10(2)`, in Q28.
const OCTAVE: i64 = 808_071_242;

/// A stream's frames of the network's log-mel levels at 16 kHz.
///
/// The integer form of [`float::LogMel`](crate::dsp::float::LogMel) with its
/// defaults: samples have a full scale of ±2^23, levels the unit [`DECIBEL`].
/// `FFT` is 512 or 1024.
#[derive(Clone)]
pub struct LogMel<const FFT: usize = 1024, const HOP: usize = 256> {
    framer: Framer<i32, FFT>,
    spectrum: PowerSpectrum<FFT>,
}

impl<const FFT: usize, const HOP: usize> LogMel<FFT, HOP> {
    const BANK: NetworkBank = NetworkBank::of(FFT);

    /// Makes a front end at the start of a stream.
    pub fn new() -> Self {
        const { assert!(Self::BANK.is_complete(), "512 or 1024 points") };
        const { assert!(HOP > 0 && HOP <= FFT) };
        Self {
            framer: Framer::new(HOP),
            spectrum: PowerSpectrum::new(),
        }
    }

    /// Forgets the stream and starts a new one.
    pub fn reset(&mut self) {
        self.framer.reset();
    }

    /// Takes samples and calls `on_frame` with the levels of each frame they
    /// complete.
    pub fn push(&mut self, samples: &[i32], mut on_frame: impl FnMut(&[i32; NETWORK_BANDS])) {
        let Self { framer, spectrum } = self;
        framer.push(samples, |frame| {
            on_frame(&log_mel(&spectrum.of(frame), &Self::BANK));
        });
    }

    /// Ends the stream: `n` samples have then given `1 + n / HOP` frames. The
    /// next sample pushed starts a new stream.
    pub fn finish(&mut self, mut on_frame: impl FnMut(&[i32; NETWORK_BANDS])) {
        let Self { framer, spectrum } = self;
        framer.finish(|frame| on_frame(&log_mel(&spectrum.of(frame), &Self::BANK)));
    }
}

impl<const HOP: usize> LogMel<1024, HOP> {
    /// As [`push`](Self::push), and with the levels the pitch of each frame.
    pub fn push_with_pitch(
        &mut self,
        samples: &[i32],
        mut on_frame: impl FnMut(&[i32; NETWORK_BANDS], Pitch),
    ) {
        let Self { framer, spectrum } = self;
        framer.push(samples, |frame| {
            let powers = spectrum.of(frame);
            on_frame(&log_mel(&powers, &Self::BANK), Pitch::of(&powers));
        });
    }

    /// As [`finish`](Self::finish), and with the levels the pitch of each
    /// frame.
    pub fn finish_with_pitch(&mut self, mut on_frame: impl FnMut(&[i32; NETWORK_BANDS], Pitch)) {
        let Self { framer, spectrum } = self;
        framer.finish(|frame| {
            let powers = spectrum.of(frame);
            on_frame(&log_mel(&powers, &Self::BANK), Pitch::of(&powers));
        });
    }
}

impl<const FFT: usize, const HOP: usize> Default for LogMel<FFT, HOP> {
    fn default() -> Self {
        Self::new()
    }
}

/// The levels of a spectrum's bands.
fn log_mel(powers: &Powers, bank: &NetworkBank) -> [i32; NETWORK_BANDS] {
    // Full scale is 2^23, its power 2^46.
    let exponent = powers.exponent - 46 - WEIGHT_BITS;
    let powers = bank.apply(powers);
    Decibels { powers, exponent }.dispatch()
}

/// The levels of bands whose powers are over `2^exponent`.
struct Decibels {
    powers: [u64; NETWORK_BANDS],
    exponent: i32,
}

impl WithSimd for Decibels {
    type Output = [i32; NETWORK_BANDS];

    #[inline(always)]
    fn run(self) -> Self::Output {
        let mut levels = [0; NETWORK_BANDS];
        for (level, power) in levels.iter_mut().zip(self.powers) {
            *level = decibels(power, self.exponent);
        }
        levels
    }
}

/// The level of `power * 2^exponent`, `10 log10` of it, at least [`LEVEL_FLOOR`].
#[inline(always)]
fn decibels(power: u64, exponent: i32) -> i32 {
    if power == 0 {
        return LEVEL_FLOOR;
    }
    let octaves = i64::from(log2(power) + (exponent << 24));
    (shift_right(octaves * OCTAVE, 24 + 28 - 16) as i32).max(LEVEL_FLOOR)
}

#[cfg(test)]
mod tests {
    use super::super::quantize;
    use super::super::reference::{log_mel as exact_log_mel, noise, quantize as exact_quantize};
    use super::*;
    use proptest::prelude::*;
    use std::f64::consts::TAU;

    const FULL_SCALE: f64 = 8_388_608.0;

    fn frames<const FFT: usize>(samples: &[i32], chunk: usize) -> Vec<[i32; NETWORK_BANDS]> {
        let mut log_mel: LogMel<FFT> = LogMel::new();
        let mut frames = Vec::new();
        for part in samples.chunks(chunk) {
            log_mel.push(part, |frame| frames.push(*frame));
        }
        log_mel.finish(|frame| frames.push(*frame));
        frames
    }

    /// Comparison of a window of levels with the f64 reference's.
    struct Parity {
        level_db: f64,
        unequal: usize,
        cells: usize,
        step: u8,
    }

    fn parity<const FFT: usize>(samples: &[i32]) -> Parity {
        let got = frames::<FFT>(samples, 1000);
        let scaled: Vec<f64> = samples.iter().map(|&x| f64::from(x) / FULL_SCALE).collect();
        let want = exact_log_mel(&scaled, FFT);
        assert_eq!(got.len(), want.len());
        let (got, want) = (got.as_flattened(), want.as_flattened());
        let mut cells = vec![0; got.len()];
        quantize(got, &mut cells);
        let levels = got
            .iter()
            .zip(want)
            .map(|(&got, want)| (f64::from(got) / f64::from(DECIBEL) - want).abs());
        let steps: Vec<u8> = cells
            .iter()
            .zip(exact_quantize(want))
            .map(|(a, b)| a.abs_diff(b))
            .collect();
        Parity {
            level_db: levels.fold(0.0, f64::max),
            unequal: steps.iter().filter(|&&step| step > 0).count(),
            cells: cells.len(),
            step: steps.into_iter().max().unwrap_or(0),
        }
    }

    /// Signals of 3 s, each of full scale 1.
    fn signals() -> Vec<(String, Vec<f64>)> {
        let of = |f: &dyn Fn(f64) -> f64| (0..48_000).map(|n| f(f64::from(n) / 16_000.0)).collect();
        let mut signals: Vec<(String, Vec<f64>)> = vec![
            ("silence".into(), of(&|_| 0.0)),
            ("constant".into(), of(&|_| 1.0)),
            ("sweep".into(), of(&|t| (TAU * 7900.0 / 6.0 * t * t).sin())),
            ("square".into(), of(&|t| (TAU * 237.0 * t).sin().signum())),
            (
                "vowel".into(),
                of(&|t| {
                    let voice = |k: f64| (TAU * 120.0 * k * t).sin() / k;
                    0.3 * (1..30).map(|k| voice(f64::from(k))).sum::<f64>()
                        * (TAU * 1.3 * t).sin().abs()
                }),
            ),
        ];
        for hz in [50.0, 1000.0, 7333.3] {
            signals.push((format!("{hz} Hz"), of(&|t| (TAU * hz * t).sin())));
        }
        for dbfs in [0, -30, -60, -90] {
            let amplitude = 10_f64.powf(f64::from(dbfs) / 20.0);
            let samples = noise(1).map(|x| amplitude * x).take(48_000).collect();
            signals.push((format!("noise {dbfs} dB"), samples));
        }
        signals
    }

    fn samples(signal: &[f64]) -> Vec<i32> {
        signal
            .iter()
            .map(|x| (x * FULL_SCALE).round().min(FULL_SCALE - 1.0) as i32)
            .collect()
    }

    fn check<const FFT: usize>() {
        println!(
            "{:>6} {:>12} {:>10} {:>9} step",
            "points", "signal", "level dB", "equal %"
        );
        let (mut unequal, mut all) = (0, 0);
        for (name, signal) in signals() {
            let parity = parity::<FFT>(&samples(&signal));
            let equal = 100.0 - 100.0 * parity.unequal as f64 / parity.cells as f64;
            println!(
                "{FFT:>6} {name:>12} {:>10.6} {equal:>9.4} {:>4}",
                parity.level_db, parity.step
            );
            assert!(parity.step <= 1, "{name}: off by {} steps", parity.step);
            unequal += parity.unequal;
            all += parity.cells;
        }
        assert!(unequal * 1000 < all, "{unequal} of {all} cells differ");
    }

    #[test]
    fn cells_of_1024_points_equal_those_of_the_reference() {
        check::<1024>();
    }

    #[test]
    fn cells_of_512_points_equal_those_of_the_reference() {
        check::<512>();
    }

    #[test]
    fn levels_of_loud_bands_are_exact() {
        for (name, signal) in signals()
            .iter()
            .filter(|(name, _)| name.starts_with("noise"))
        {
            let parity = parity::<1024>(&samples(signal));
            assert!(parity.level_db < 1e-4, "{name}: {} dB", parity.level_db);
        }
    }

    #[test]
    fn digital_silence_is_the_floor() {
        let frames = frames::<1024>(&[0; 4096], 4096);
        assert!(
            frames
                .as_flattened()
                .iter()
                .all(|&level| level == LEVEL_FLOOR)
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_chunking_gives_the_same(
            samples in prop::collection::vec(-(1 << 23)..(1 << 23), 0..4000),
            chunk in 1_usize..2000,
        ) {
            prop_assert_eq!(frames::<512>(&samples, chunk), frames::<512>(&samples, 4000));
        }

        #[test]
        fn any_pcm_gives_levels_in_range(
            shift in prop::sample::select(vec![0, 8]),
            pcm in prop::collection::vec(prop_oneof![any::<i16>(), Just(i16::MIN), Just(i16::MAX)], 1500),
        ) {
            let samples: Vec<i32> = pcm.iter().map(|&x| i32::from(x) << shift).collect();
            for level in frames::<1024>(&samples, 1500).as_flattened() {
                prop_assert!((LEVEL_FLOOR..50 * DECIBEL).contains(level));
            }
        }

        #[test]
        fn no_sample_overflows(samples in prop::collection::vec(any::<i32>(), 1500)) {
            for level in frames::<1024>(&samples, 1500).as_flattened() {
                prop_assert!((LEVEL_FLOOR..100 * DECIBEL).contains(level));
            }
        }
    }
}

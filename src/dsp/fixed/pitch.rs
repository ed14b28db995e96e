//! The pitch of a voice in integers, by subharmonic summation.
//!
//! D. J. Hermes, "Measurement of pitch by subharmonic summation", Journal of
//! the Acoustical Society of America 83 (1988): magnitudes around the
//! spectrum's peaks are laid on a logarithmic axis, where the harmonics of a
//! pitch lie at distances that do not depend on it; what lies at these
//! distances is added up, each harmonic counting less than the one below, and
//! the pitch is where the sum is largest. Fifteen harmonics in the paper are
//! eight here, below 4 kHz.

use super::spectrum::Powers;
use crate::dsp::dispatch::WithSimd;
use crate::dsp::table::table;

/// The lowest fundamental frequency that is told, in hertz.
pub const F0_MIN: f64 = 50.0;
/// Steps of [`Pitch::f0`] in a semitone.
pub const PITCH_STEPS: u8 = 6;

/// Points of the logarithmic axis in an octave.
const OCTAVE: usize = 48;
/// Pitches that are compared, from [`F0_MIN`]: up to 574 Hz.
const CANDIDATES: usize = 170;
/// Distances of the harmonics from the fundamental on the axis, `round(48 log2 k)`.
const HARMONICS: [usize; 8] = [0, 48, 76, 96, 111, 124, 135, 144];
/// Weights of the harmonics, `0.85^(k - 1)` in Q12: between the paper's 0.84 and
/// what openSMILE takes.
const HARMONIC_WEIGHTS: [u32; 8] = [4096, 3482, 2959, 2515, 2138, 1817, 1545, 1313];
/// Points of the axis, of which those beyond 4 kHz hold nothing.
const POINTS: usize = CANDIDATES + HARMONICS[7];
/// Bins up to 4 kHz, and those that interpolation and smoothing look at.
const BINS: usize = 260;
/// Bins from a peak up to which magnitudes count.
const REACH: usize = 2;

/// The pitch of a frame: its fundamental frequency, and how voiced it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pitch {
    /// Fundamental frequency, in sixths of a semitone ([`PITCH_STEPS`]) above
    /// 50 Hz ([`F0_MIN`]).
    pub f0: u8,
    /// Voicing: the share, of 255, by which the mean of all candidates' sums lies
    /// below the best one's. Voiced frames have about half and more, noise has
    /// less.
    pub voicing: u8,
}

impl Pitch {
    /// Finds the pitch in a spectrum of 1024 points at 16 kHz; zeros where
    /// nothing stands out.
    pub(super) fn of(powers: &Powers) -> Self {
        SubharmonicSummation { powers }.dispatch()
    }
}

/// The work of [`Pitch::of`].
struct SubharmonicSummation<'a> {
    powers: &'a Powers<'a>,
}

impl WithSimd for SubharmonicSummation<'_> {
    type Output = Pitch;

    #[inline(always)]
    fn run(self) -> Pitch {
        let magnitudes = smoothed(&near_peaks(&magnitudes(self.powers)));
        best(&subharmonic_sums(&on_log_axis(&magnitudes)))
    }
}

/// Magnitudes of the bins, scaled so that the loudest has 16 bits.
#[inline(always)]
fn magnitudes(powers: &Powers) -> [u32; BINS] {
    let loudest = powers.bins(0, BINS).fold(1, |bits, power| bits | power);
    let scale = loudest.leading_zeros();
    let mut magnitudes = [0; BINS];
    for (magnitude, power) in magnitudes.iter_mut().zip(powers.bins(0, BINS)) {
        *magnitude = (((power << scale) >> 32) as u32).isqrt();
    }
    magnitudes
}

/// Keeps the magnitudes at most [`REACH`] bins from a peak, and zeros the others.
#[inline(always)]
fn near_peaks(magnitudes: &[u32; BINS]) -> [u32; BINS] {
    let mut kept = [0; BINS];
    for peak in 1..BINS - 1 {
        let [left, middle, right] = [-1, 0, 1].map(|d| magnitudes[peak.wrapping_add_signed(d)]);
        if middle >= left && middle > right {
            let range = peak.saturating_sub(REACH)..(peak + REACH + 1).min(BINS);
            kept[range.clone()].copy_from_slice(&magnitudes[range]);
        }
    }
    kept
}

/// Smooths magnitudes with their neighbours by the weights 1 : 2 : 1.
#[inline(always)]
fn smoothed(magnitudes: &[u32; BINS]) -> [u32; BINS] {
    let mut smoothed = *magnitudes;
    for (place, triple) in smoothed[1..].iter_mut().zip(magnitudes.windows(3)) {
        *place = (triple[0] + 2 * triple[1] + triple[2] + 2) >> 2;
    }
    smoothed
}

/// Magnitudes on the logarithmic axis, interpolated and weighed: see `pitch_axis`
/// in `build.rs`.
#[inline(always)]
fn on_log_axis(magnitudes: &[u32; BINS]) -> [u32; POINTS] {
    static AXIS: &[i32] = table!("pitch_axis");
    let mut points = [0; POINTS];
    for (point, [bin, low, high]) in points.iter_mut().zip(AXIS.as_chunks().0) {
        let bin = (*bin as usize).min(BINS - 2);
        let [low, high] = [low, high].map(|weight| weight.cast_unsigned());
        // The weights add up to 1 at most, in Q15.
        *point = (magnitudes[bin] * low + magnitudes[bin + 1] * high) >> 15;
    }
    points
}

/// The weighted sum over the harmonics of each candidate. It has 31 bits: 16 of
/// the magnitudes, 12 of the weights, which add up to less than five.
#[inline(always)]
fn subharmonic_sums(points: &[u32; POINTS]) -> [u32; CANDIDATES] {
    let mut sums = [0; CANDIDATES];
    for (distance, weight) in HARMONICS.into_iter().zip(HARMONIC_WEIGHTS) {
        for (sum, point) in sums.iter_mut().zip(&points[distance..]) {
            *sum += point * weight;
        }
    }
    sums
}

/// The highest peak among the sums, the first where there are several.
#[inline(always)]
fn best(sums: &[u32; CANDIDATES]) -> Pitch {
    let (mut best, mut peak) = (0, 0);
    for (before, triple) in sums.windows(3).enumerate() {
        if triple[1] > peak && triple[1] >= triple[0] && triple[1] > triple[2] {
            (best, peak) = (before + 1, triple[1]);
        }
    }
    if peak == 0 {
        return Pitch::default();
    }
    let total: u64 = sums.iter().copied().map(u64::from).sum();
    let all = CANDIDATES as u64 * u64::from(peak);
    let [left, right] = [sums[best - 1], sums[best + 1]].map(i64::from);
    Pitch {
        f0: parabolic_interpolation(best as i64, left, i64::from(peak), right),
        // The mean may exceed the peak where a flank is higher than it.
        voicing: ((510 * (all.saturating_sub(total)) + all) / (2 * all)) as u8,
    }
}

/// The vertex of the parabola through a peak and its neighbours, in sixths of a
/// semitone; three of them are two points of the axis.
#[inline(always)]
fn parabolic_interpolation(candidate: i64, left: i64, peak: i64, right: i64) -> u8 {
    const { assert!(2 * 12 * PITCH_STEPS as usize == 3 * OCTAVE) };
    let curvature = 2 * peak - left - right;
    // 3/2 (candidate + (right - left) / (2 curvature)), rounded to nearest.
    let numerator = 6 * candidate * curvature + 3 * (right - left);
    let denominator = 4 * curvature;
    ((2 * numerator + denominator) / (2 * denominator)) as u8
}

#[cfg(test)]
mod tests {
    use super::super::reference::{noise, power_spectrum};
    use super::super::spectrum::PowerSpectrum;
    use super::*;
    use crate::dsp::dispatch::is_the_same_with_all;
    use proptest::prelude::*;
    use std::f64::consts::TAU;

    fn pitch(frame: &[i32; 1024]) -> Pitch {
        Pitch::of(&PowerSpectrum::<1024>::new().of(frame))
    }

    /// A voice of so many equally falling harmonics at 16 kHz.
    fn voice(hz: f64, harmonics: u32, amplitude: f64) -> [i32; 1024] {
        core::array::from_fn(|n| {
            let harmonic = |k: u32| {
                let k = f64::from(k);
                (TAU * k * hz * n as f64 / 16_000.0 + k * k).sin() / k
            };
            (amplitude * (1..=harmonics).map(harmonic).sum::<f64>()) as i32
        })
    }

    /// The same from the definitions, in f64: fundamental frequency in steps, and
    /// voicing.
    fn exact(frame: &[i32; 1024]) -> (f64, f64) {
        let powers = power_spectrum(&frame.map(f64::from));
        let magnitudes: Vec<f64> = powers.iter().map(|power| power.sqrt()).collect();
        let is_peak = |bin: usize| {
            (1..BINS - 1).contains(&bin)
                && magnitudes[bin] >= magnitudes[bin - 1]
                && magnitudes[bin] > magnitudes[bin + 1]
        };
        let kept = |bin: i64| {
            let near = (bin - 2..=bin + 2).any(|b| b >= 0 && is_peak(b as usize));
            if near { magnitudes[bin as usize] } else { 0.0 }
        };
        let smooth = |bin: i64| 0.25 * kept(bin - 1) + 0.5 * kept(bin) + 0.25 * kept(bin + 1);
        let at = |point: usize| {
            let octaves = point as f64 / 48.0;
            let hz = 50.0 * octaves.exp2();
            if hz > 4000.0 {
                return 0.0;
            }
            let bin = hz / 15.625;
            let share = bin.fract();
            let low = smooth(bin as i64) * (1.0 - share) + smooth(bin as i64 + 1) * share;
            low * (0.5 + (3.0 * (octaves - 1.0)).atan() / std::f64::consts::PI)
        };
        let sum = |candidate: usize| -> f64 {
            (1..=8)
                .map(|k| {
                    let distance = (48.0 * f64::from(k).log2()).round() as usize;
                    0.85_f64.powi(k - 1) * at(candidate + distance)
                })
                .sum()
        };
        let sums: Vec<f64> = (0..170).map(sum).collect();
        let best = (1..169)
            .filter(|&c| sums[c] >= sums[c - 1] && sums[c] > sums[c + 1])
            .max_by(|&a, &b| sums[a].total_cmp(&sums[b]))
            .unwrap();
        let [left, peak, right] = [-1, 0, 1].map(|d| sums[best.wrapping_add_signed(d)]);
        let vertex = best as f64 + 0.5 * (left - right) / (left - 2.0 * peak + right);
        let mean = sums.iter().sum::<f64>() / 170.0;
        (1.5 * vertex, 1.0 - mean / peak)
    }

    #[test]
    fn voices_have_their_pitch() {
        println!(
            "{:>7} {:>9} {:>7} {:>8}",
            "Hz", "harmonics", "steps", "voicing"
        );
        for hz in [
            75.0, 90.0, 110.0, 140.0, 175.0, 220.0, 261.6, 330.0, 415.0, 520.0,
        ] {
            let steps = 72.0 * (hz / F0_MIN).log2();
            for harmonics in [5, 10, 20] {
                let Pitch { f0, voicing } = pitch(&voice(hz, harmonics, 1e6));
                println!("{hz:>7} {harmonics:>9} {f0:>7} {voicing:>8}");
                let off = f64::from(f0) - steps;
                assert!(off.abs() < 4.0, "{hz} Hz, {harmonics}: off by {off} steps");
                assert!(voicing > 100, "{hz} Hz, {harmonics}: {voicing}");
            }
        }
    }

    #[test]
    fn equals_the_exact_one() {
        let mut random = noise(7);
        let (mut frames, mut unequal) = (0, 0);
        for hz in 60..560 {
            for level in [1e6, 1e3] {
                let mut frame = voice(f64::from(hz), 12, level);
                for sample in &mut frame {
                    *sample += (0.3 * level * random.next().unwrap()) as i32;
                }
                let (f0, voicing) = exact(&frame);
                let found = pitch(&frame);
                frames += 1;
                unequal += i32::from((f64::from(found.f0) - f0).abs() > 0.6);
                let off = f64::from(found.voicing) - 255.0 * voicing;
                assert!(off.abs() < 1.5, "{hz} Hz: {found:?}, {f0}, {voicing}");
            }
        }
        assert!(unequal * 500 <= frames, "{unequal} of {frames}");
    }

    #[test]
    fn the_level_does_not_matter() {
        let quiet = pitch(&voice(180.0, 10, 1e3));
        let loud = pitch(&voice(180.0, 10, 4e6));
        assert_eq!(quiet.f0, loud.f0);
        assert!(quiet.voicing.abs_diff(loud.voicing) < 2);
    }

    #[test]
    fn silence_has_none_and_noise_little() {
        assert_eq!(pitch(&[0; 1024]), Pitch::default());
        let mut random = noise(3);
        let mut voicings: Vec<u8> = (0..200)
            .map(|_| {
                pitch(&core::array::from_fn(|_| {
                    (1e6 * random.next().unwrap()) as i32
                }))
            })
            .map(|pitch| pitch.voicing)
            .collect();
        voicings.sort_unstable();
        assert!(voicings[100] < 110, "{}", voicings[100]);
    }

    #[test]
    fn weights_and_distances_are_as_defined() {
        for (k, (distance, weight)) in HARMONICS.into_iter().zip(HARMONIC_WEIGHTS).enumerate() {
            let harmonic = k as f64 + 1.0;
            assert_eq!(distance, (48.0 * harmonic.log2()).round() as usize);
            assert_eq!(weight, (4096.0 * 0.85_f64.powi(k as i32)).round() as u32);
        }
    }

    struct OfFrame<'a>(PowerSpectrum<1024>, &'a [i32; 1024]);

    impl WithSimd for OfFrame<'_> {
        type Output = Pitch;

        #[inline(always)]
        fn run(mut self) -> Pitch {
            let powers = self.0.of(self.1);
            SubharmonicSummation { powers: &powers }.run()
        }
    }

    #[test]
    fn bits_do_not_depend_on_the_instructions() {
        for hz in [80.0, 200.0, 450.0] {
            let frame = voice(hz, 12, 1e6);
            assert!(is_the_same_with_all(|| OfFrame(
                PowerSpectrum::new(),
                &frame
            )));
        }
    }

    proptest! {
        /// Debug builds check every operation for overflow.
        #[test]
        fn no_input_overflows(
            frame in prop::collection::vec(prop_oneof![any::<i32>(), Just(i32::MIN), Just(i32::MAX)], 1024),
        ) {
            pitch(&frame.try_into().unwrap());
        }
    }
}

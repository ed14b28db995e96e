//! The tuning of a clip: the deviation of its tones from concert pitch.
//!
//! `librosa.estimate_tuning`: the spectral peaks of all frames vote for the
//! hundredth of a semitone by which they miss the nearest note, the weaker half
//! of them excepted. A clip's peaks are kept by the caller, in whatever holds
//! them.

use super::parabolic_interpolation::parabolic_interpolation;

/// Lower end of the range of peaks, in hertz: the default of `librosa.piptrack`.
const LOWEST: f64 = 150.0;
/// Upper end of the range of peaks, in hertz.
const HIGHEST: f64 = 4000.0;
/// Share of a frame's maximum that a peak exceeds.
const THRESHOLD: f32 = 0.1;
/// Steps of the tuning in a semitone.
const STEPS: usize = 100;

/// A maximum of a spectrum, placed between its bins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Peak {
    /// Frequency in hertz.
    pub hz: f32,
    /// Height, in the unit of the spectrum.
    pub height: f32,
}

/// Calls `on_peak` with every peak of one frame's spectrum (bins `0..=FFT/2`),
/// as `librosa.piptrack(S=spectrum, sr=sample_rate)`: the maxima between 150
/// and 4000 Hz that exceed a tenth of the frame's largest value, placed by a
/// parabola through each and its neighbours.
///
/// `chroma_stft` has librosa seek them in the power spectrum,
/// `estimate_tuning(y=...)` in the magnitudes.
pub fn peaks(spectrum: &[f32], sample_rate: f64, mut on_peak: impl FnMut(Peak)) {
    let threshold = THRESHOLD * spectrum.iter().copied().fold(0.0, f32::max);
    let above = |x: f32| if x > threshold { x } else { 0.0 };
    let bin_hz = sample_rate / 2.0 / spectrum.len().saturating_sub(1).max(1) as f64;
    for (bin, around) in (1_u16..).zip(spectrum.windows(3)) {
        let &[left, middle, right] = around else {
            continue;
        };
        let hz = f64::from(bin) * bin_hz;
        let audible = (LOWEST..HIGHEST).contains(&hz);
        if audible && above(middle) > above(left) && above(middle) >= above(right) {
            let shift = parabolic_interpolation([left, middle, right]);
            on_peak(Peak {
                hz: ((f64::from(bin) + f64::from(shift)) * bin_hz) as f32,
                height: middle + 0.25 * (right - left) * shift,
            });
        }
    }
}

/// Estimates the tuning of a clip in semitones from A4 = 440 Hz, in `-0.5..0.5` by steps
/// of 0.01, from the peaks of all its frames, which it reorders:
/// `librosa.estimate_tuning`. Zero if there are none.
pub fn tuning(peaks: &mut [Peak]) -> f64 {
    let threshold = median_height(peaks);
    let mut votes = [0_u32; STEPS];
    for peak in peaks.iter().filter(|peak| peak.height >= threshold) {
        let semitones = 12.0 * libm::log2(f64::from(peak.hz) / 27.5);
        // From the half semitone below the nearest note, so that it is the
        // first step that lies at -0.5.
        let offset = semitones + 0.5 - libm::floor(semitones + 0.5);
        votes[((offset * STEPS as f64) as usize).min(STEPS - 1)] += 1;
    }
    let most = votes.iter().copied().max().unwrap_or(0);
    match votes.iter().position(|&count| count == most && most > 0) {
        Some(step) => step as f64 / STEPS as f64 - 0.5,
        None => 0.0,
    }
}

/// The median, for an even count halfway between the two in the middle.
fn median_height(peaks: &mut [Peak]) -> f32 {
    if peaks.is_empty() {
        return 0.0;
    }
    let middle = peaks.len() / 2;
    let even = peaks.len().is_multiple_of(2);
    let (lower, upper, _) =
        peaks.select_nth_unstable_by(middle, |a, b| a.height.total_cmp(&b.height));
    if !even {
        return upper.height;
    }
    let below = lower
        .iter()
        .map(|peak| peak.height)
        .fold(f32::MIN, f32::max);
    f32::midpoint(below, upper.height)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::float::{PowerSpectrum, test_signal::tone};

    const RATE: f64 = 22_050.0;

    fn peaks_of(frame: &[f32; 2048]) -> Vec<Peak> {
        let mut found = Vec::new();
        peaks(PowerSpectrum::<2048>::new().of(frame), RATE, |peak| {
            found.push(peak);
        });
        found
    }

    #[test]
    fn a_tone_is_one_peak_at_its_place() {
        for hz in [200.0, 443.0, 1234.5, 3900.0] {
            let found = peaks_of(&tone(hz, RATE));
            assert_eq!(found.len(), 1, "{hz} Hz");
            assert!(
                (f64::from(found[0].hz) - hz).abs() < 2.0,
                "{hz} Hz: {found:?}"
            );
        }
        assert!(peaks_of(&tone(4500.0, RATE)).is_empty());
        assert!(peaks_of(&[0.0; 2048]).is_empty());
    }

    #[test]
    fn mistuned_notes_are_found_out() {
        for cents in [-42_i32, -5, 0, 31] {
            let mut found: Vec<Peak> = (0..20)
                .map(|note| {
                    let semitones = f64::from(note) + f64::from(cents) / 100.0 + 0.005;
                    let hz = (220.0 * (semitones / 12.0).exp2()) as f32;
                    Peak { hz, height: 1.0 }
                })
                .collect();
            let weak = Peak {
                hz: 225.0,
                height: 0.1,
            };
            found.extend([weak; 19]);
            let got = tuning(&mut found);
            assert!(
                (got - f64::from(cents) / 100.0).abs() < 1e-9,
                "{cents}: {got}"
            );
        }
        assert!(tuning(&mut []).abs() < f64::MIN_POSITIVE);
    }

    #[test]
    fn medians_of_even_counts_lie_halfway() {
        let mut heights = [4.0, 1.0, 3.0, 2.0, 9.0].map(|height| Peak { hz: 1.0, height });
        assert!((median_height(&mut heights[..4]) - 2.5).abs() < 1e-6);
        assert!((median_height(&mut heights) - 3.0).abs() < 1e-6);
    }
}

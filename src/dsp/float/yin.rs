//! The pitch of a voice by YIN.

use super::fft::{Real, RealFft, Spectrum};
use super::parabolic_interpolation::parabolic_interpolation;

/// Threshold under which the first trough is the period: librosa's
/// `trough_threshold`.
const TROUGH: f32 = 0.1;

/// Estimates the fundamental frequency of frames, as `librosa.yin`.
///
/// De Cheveigné & Kawahara, "YIN, a fundamental frequency estimator for speech
/// and music" (2002). How much a frame differs from itself a lag later, in
/// relation to the mean over the shorter lags, falls into a trough at every
/// period; the first deep one is the period, or else the deepest.
///
/// The difference at lag `k` is, as librosa computes it from the frame's
/// autocorrelation `r`, `2 (r[0] - r[k])` less the energy of the first `k`
/// samples (the paper shifts a shorter window instead). `FFT`, twice `FRAME`,
/// is the length of the transform that gives the autocorrelation.
#[derive(Clone)]
pub struct Yin<const FRAME: usize = 2048, const FFT: usize = 4096> {
    sample_rate: f32,
    /// Shortest lag that is tried for a period.
    shortest: usize,
    /// Longest lag that is tried for a period.
    longest: usize,
    fft: <f32 as Real>::Fft<FFT>,
    /// A power spectrum with its mirror image.
    power: [f32; FFT],
    /// The normalised difference, from lag zero.
    difference: [f32; FRAME],
}

impl<const FRAME: usize, const FFT: usize> Yin<FRAME, FFT> {
    /// Makes an estimator of pitches from `f_min` to `f_max` hertz. The period of the
    /// lowest is shorter than a frame, or the pitches that are sought end at
    /// the one whose period is.
    pub fn new(sample_rate: f64, f_min: f64, f_max: f64) -> Self {
        const { assert!(FFT == 2 * FRAME && FRAME >= 4) };
        let longest = (libm::ceil(sample_rate / f_min) as usize).clamp(2, FRAME - 1);
        let shortest = (libm::floor(sample_rate / f_max) as usize).clamp(1, longest - 1);
        Self {
            sample_rate: sample_rate as f32,
            shortest,
            longest,
            fft: RealFft::new(),
            power: [0.0; FFT],
            difference: [0.0; FRAME],
        }
    }

    /// Estimates the pitch of a frame in hertz. Every frame has one, voiced or
    /// not.
    pub fn of(&mut self, frame: &[f32; FRAME]) -> f32 {
        self.normalised_difference(frame);
        let candidates = &self.difference[self.shortest..=self.longest];
        let trough = first_trough(candidates).unwrap_or_else(|| deepest(candidates));
        let shift = match candidates.get(trough.wrapping_sub(1)..trough + 2) {
            Some(&[left, middle, right]) => parabolic_interpolation([left, middle, right]),
            _ => 0.0,
        };
        self.sample_rate / ((self.shortest + trough) as f32 + shift)
    }

    fn normalised_difference(&mut self, frame: &[f32; FRAME]) {
        let correlation = autocorrelation(&mut self.fft, &mut self.power, frame);
        let (mut energy, mut sum) = (0.0, 0.0);
        let lags = self.difference.iter_mut().enumerate().skip(1);
        for (((lag, difference), [at_lag, _]), sample) in lags.zip(correlation.between).zip(frame) {
            energy += sample * sample;
            let unscaled = 2.0 * (correlation.dc - at_lag) - energy;
            sum += unscaled;
            *difference = unscaled / (sum / lag as f32 + f32::MIN_POSITIVE);
        }
    }
}

/// The autocorrelation of a frame, in the real parts: the transform of its power
/// spectrum, which, being even and real, is its own inverse but for the scale.
fn autocorrelation<const FFT: usize>(
    fft: &mut impl RealFft<f32>,
    power: &mut [f32; FFT],
    frame: &[f32],
) -> Spectrum<f32, impl Iterator<Item = [f32; 2]>> {
    let Spectrum {
        dc,
        nyquist,
        between,
    } = fft.forward(frame.as_chunks().0.iter().copied());
    power[0] = dc * dc / FFT as f32;
    for (k, [re, im]) in (1..).zip(between) {
        power[k] = (re * re + im * im) / FFT as f32;
        power[FFT - k] = power[k];
    }
    power[FFT / 2] = nyquist * nyquist / FFT as f32;
    fft.forward(power.as_chunks().0.iter().copied())
}

/// The first local minimum below the threshold.
fn first_trough(values: &[f32]) -> Option<usize> {
    (0..values.len()).find(|&i| {
        let falls_to = i == 0 || values[i] < values[i - 1];
        let rises_from = match values.get(i + 1) {
            Some(next) if i == 0 => values[i] < *next,
            Some(next) => values[i] <= *next,
            None => true,
        };
        values[i] < TROUGH && falls_to && rises_from
    })
}

/// The first of the smallest values.
fn deepest(values: &[f32]) -> usize {
    let mut least = 0;
    for (i, value) in values.iter().enumerate() {
        if *value < values[least] {
            least = i;
        }
    }
    least
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::float::test_signal::{noise, tone};

    /// The normalised difference by direct sums in f64, from lag one.
    fn naive(frame: &[f32]) -> Vec<f64> {
        let x: Vec<f64> = frame.iter().copied().map(f64::from).collect();
        let correlation = |lag: usize| x[lag..].iter().zip(&x).map(|(a, b)| a * b).sum::<f64>();
        let mut sum = 0.0;
        (1..x.len())
            .map(|lag| {
                let energy: f64 = x[..lag].iter().map(|x| x * x).sum();
                let difference = 2.0 * (correlation(0) - correlation(lag)) - energy;
                sum += difference;
                difference / (sum / lag as f64)
            })
            .collect()
    }

    #[test]
    fn difference_agrees_with_direct_sums() {
        let mut frame: [f32; 512] = tone(140.0, 16_000.0);
        for (x, noise) in frame.iter_mut().zip(noise::<512>(13)) {
            *x += 0.3 * noise;
        }
        let mut yin = Yin::<512, 1024>::new(16_000.0, 60.0, 500.0);
        yin.of(&frame);
        for (lag, want) in (1..300).zip(naive(&frame)) {
            let got = f64::from(yin.difference[lag]);
            assert!((got - want).abs() < 1e-4, "lag {lag}: {got} {want}");
        }
    }

    #[test]
    fn harmonic_tones_have_their_pitch() {
        let mut yin: Yin = Yin::new(22_050.0, 65.0, 600.0);
        for hz in [82.4, 110.0, 196.0, 333.3, 523.25] {
            let mut frame: [f32; 2048] = tone(hz, 22_050.0);
            for (x, overtone) in frame.iter_mut().zip(tone::<2048>(2.0 * hz, 22_050.0)) {
                *x += 0.5 * overtone;
            }
            let got = f64::from(yin.of(&frame));
            assert!((got / hz - 1.0).abs() < 0.02, "{hz} Hz: {got}");
        }
    }

    #[test]
    fn silence_and_odd_limits_have_an_answer() {
        assert!(Yin::<512, 1024>::new(16_000.0, 60.0, 500.0).of(&[0.0; 512]) > 0.0);
        assert!(Yin::<512, 1024>::new(16_000.0, 1.0, 1e9).of(&noise(14)) > 0.0);
    }
}

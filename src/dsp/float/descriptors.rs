//! Scalar descriptors of a frame: level, noisiness and brightness.
//!
//! librosa centres frames in zeros for all of them but the zero-crossing rate,
//! which continues the first and the last sample: see [`Padding`].
//!
//! [`Padding`]: crate::dsp::Padding

/// Amplitude up to which a sample counts as zero, and so as positive.
const SILENCE: f32 = 1e-10;

/// Share of the magnitudes below the roll-off: librosa's `roll_percent`.
const ROLL_OFF: f32 = 0.85;

/// Returns the root mean square of a frame of samples, full scale ±1:
/// `librosa.feature.rms(y=...)`.
pub fn rms(frame: &[f32]) -> f32 {
    let energy: f32 = frame.iter().map(|x| x * x).sum();
    libm::sqrtf(energy / frame.len().max(1) as f32)
}

/// Returns the sign changes in a frame of samples, over its length:
/// `librosa.feature.zero_crossing_rate`.
pub fn zero_crossing_rate(frame: &[f32]) -> f32 {
    let crossings = frame
        .windows(2)
        .filter(|pair| is_negative(pair[0]) != is_negative(pair[1]));
    crossings.count() as f32 / frame.len().max(1) as f32
}

fn is_negative(sample: f32) -> bool {
    sample < -SILENCE
}

/// Returns the mean frequency in hertz of a power spectrum (bins `0..=FFT/2`), weighted
/// by magnitude: `librosa.feature.spectral_centroid`. Zero for silence.
pub fn spectral_centroid(power: &[f32], sample_rate: f64) -> f32 {
    let (mut sum, mut moment) = (0.0, 0.0);
    for (bin, magnitude) in magnitudes(power).enumerate() {
        sum += magnitude;
        moment += magnitude * bin as f32;
    }
    if sum < f32::MIN_POSITIVE {
        return 0.0;
    }
    moment / sum * bin_width(power, sample_rate)
}

/// Returns the frequency in hertz of the first bin of a power spectrum (bins
/// `0..=FFT/2`) up to which lie 85 % of the magnitudes:
/// `librosa.feature.spectral_rolloff`. Zero for silence.
pub fn spectral_rolloff(power: &[f32], sample_rate: f64) -> f32 {
    let threshold = ROLL_OFF * magnitudes(power).sum::<f32>();
    let mut sum = 0.0;
    let below = magnitudes(power).take_while(|magnitude| {
        sum += magnitude;
        sum < threshold
    });
    below.count() as f32 * bin_width(power, sample_rate)
}

fn magnitudes(power: &[f32]) -> impl Iterator<Item = f32> {
    power.iter().map(|&power| libm::sqrtf(power))
}

/// Hertz from one bin to the next.
fn bin_width(power: &[f32], sample_rate: f64) -> f32 {
    (sample_rate / 2.0 / power.len().saturating_sub(1).max(1) as f64) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::float::test_signal::noise;

    #[test]
    fn rms_follows_the_definition() {
        let frame: [f32; 2048] = noise(9);
        let mean = frame.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>() / 2048.0;
        assert!((f64::from(rms(&frame)) - mean.sqrt()).abs() < 1e-6);
        assert!((rms(&[0.5; 64]) - 0.5).abs() < 1e-6);
    }

    #[test]
    fn zero_crossings_are_counted_between_neighbours() {
        for (frame, crossings) in [
            ([0.1, -0.1, 0.1, -0.1], 3.0),
            ([0.1, 0.0, -0.0, 0.1], 0.0),
            ([0.0, -1e-11, -0.1, -0.2], 1.0),
            ([-0.1, 0.0, 1e-11, -0.1], 2.0),
        ] {
            assert!(
                (zero_crossing_rate(&frame) - crossings / 4.0).abs() < 1e-6,
                "{frame:?}"
            );
        }
    }

    #[test]
    fn centroid_and_rolloff_follow_their_definitions() {
        let power = noise::<1025>(10).map(|x| (x + 0.5).powi(6));
        let magnitude: Vec<f64> = power.iter().map(|&p| f64::from(p).sqrt()).collect();
        let hz = |bin: usize| bin as f64 * 22_050.0 / 2048.0;
        let total: f64 = magnitude.iter().sum();
        let centroid: f64 = (0..1025).map(|k| hz(k) * magnitude[k]).sum::<f64>() / total;
        assert!((f64::from(spectral_centroid(&power, 22_050.0)) - centroid).abs() < 0.01);
        let below = |bin: usize| magnitude[..=bin].iter().sum::<f64>();
        let rolloff = hz((0..1025).find(|&bin| below(bin) >= 0.85 * total).unwrap());
        assert!((f64::from(spectral_rolloff(&power, 22_050.0)) - rolloff).abs() < 0.01);
    }

    #[test]
    fn silence_has_neither() {
        assert!(spectral_centroid(&[0.0; 513], 16_000.0).abs() < f32::MIN_POSITIVE);
        assert!(spectral_rolloff(&[0.0; 513], 16_000.0).abs() < f32::MIN_POSITIVE);
    }
}

//! From samples to the array of a set.

use super::{FeatureArray, FeatureSpec, SpecError};
use crate::audio::{FULL_SCALE, Pcm};

/// Computes one set of one recording.
pub struct Extractor {
    stream: BoxedStream,
}

/// A set's computation from samples.
pub(super) trait FeatureStream {
    /// Takes the next samples.
    fn push(&mut self, samples: &[Pcm]);
    /// Ends the recording.
    fn finish(self: Box<Self>) -> FeatureArray;
}

/// Any set's computation.
pub(super) type BoxedStream = Box<dyn FeatureStream>;

impl Extractor {
    /// At the start of a recording.
    ///
    /// # Errors
    /// [`SpecError`] that names what is not compiled in.
    pub fn new(spec: &FeatureSpec) -> Result<Self, SpecError> {
        spec.check()?;
        let stream = (spec.set.definition().stream)(spec)?;
        Ok(Self { stream })
    }

    /// Takes the recording's next samples, at the specification's rate.
    pub fn push(&mut self, samples: &[Pcm]) {
        self.stream.push(samples);
    }

    /// Ends the recording.
    pub fn finish(self) -> FeatureArray {
        self.stream.finish()
    }
}

/// Samples whose full scale is ±1.
pub(super) fn to_float(samples: &[Pcm]) -> Vec<f32> {
    let scale = 1.0 / FULL_SCALE as f32;
    samples
        .iter()
        .map(|&sample| sample as f32 * scale)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::{FFT_SIZES, FeatureSet, MEL_BANDS};
    use crate::testing::random_words;

    fn noise(samples: usize) -> Vec<Pcm> {
        let words = random_words(1).take(samples);
        words.map(|word| word.cast_signed() >> 9).collect()
    }

    fn features(spec: &FeatureSpec, samples: &[Pcm], chunk: usize) -> FeatureArray {
        let mut extractor = Extractor::new(spec).unwrap();
        samples.chunks(chunk).for_each(|part| extractor.push(part));
        extractor.finish()
    }

    #[test]
    fn every_compiled_size_is_computed() {
        let samples = noise(6000);
        for set in FeatureSet::all() {
            for fft in FFT_SIZES {
                for bands in MEL_BANDS {
                    let mut spec = FeatureSpec {
                        fft,
                        hop: 100,
                        ..FeatureSpec::of(set)
                    };
                    if spec.mel_bands.is_some() {
                        spec.mel_bands = Some(bands);
                    }
                    if set == FeatureSet::Mel {
                        spec.bands = bands;
                    }
                    if spec.check().is_err() {
                        let refused =
                            spec.has_no_parameters() || (set, fft) == (FeatureSet::Pitch, 4096);
                        assert!(refused, "{spec:?}");
                        continue;
                    }
                    let array = features(&spec, &samples, 6000);
                    assert_eq!(array.shape, [1 + 6000 / 100, spec.bands], "{spec:?}");
                    assert_eq!(array.values.len(), array.shape.iter().product::<usize>());
                    assert!(
                        array.values.iter().all(|value| value.is_finite()),
                        "{spec:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn chunking_does_not_matter() {
        let samples = noise(20_000);
        for set in FeatureSet::all() {
            let spec = FeatureSpec::of(set);
            let whole = features(&spec, &samples, samples.len());
            assert_eq!(features(&spec, &samples, 777), whole, "{}", set.name());
        }
    }

    #[test]
    fn shapes_are_as_documented() {
        let shape = |set| features(&FeatureSpec::of(set), &noise(33_000), 4096).shape;
        assert_eq!(shape(FeatureSet::LogMel), [1 + 33_000 / 256, 64]);
        assert_eq!(shape(FeatureSet::LogMelPitch), [1 + 33_000 / 256, 66]);
        assert_eq!(shape(FeatureSet::Classic), [193]);
        assert_eq!(shape(FeatureSet::ClassicMfcc), [40]);
        assert_eq!(shape(FeatureSet::Mfcc), [1 + 33_000 / 512, 40]);
        assert_eq!(shape(FeatureSet::Pitch), [1 + 33_000 / 512, 1]);
        assert_eq!(shape(FeatureSet::Vggish), [2, 96, 64]);
    }

    #[test]
    fn derivatives_stand_behind_what_they_are_of() {
        let samples = noise(20_000);
        let plain = FeatureSpec {
            bands: 3,
            ..FeatureSpec::of(FeatureSet::Mfcc)
        };
        let spec = FeatureSpec {
            deltas: 2,
            ..plain.clone()
        };
        let (plain, all) = (
            features(&plain, &samples, 20_000),
            features(&spec, &samples, 20_000),
        );
        assert_eq!(all.shape, [1 + 20_000 / 512, 9]);
        let value = |t: usize, i: usize| plain.values[3 * t + i];
        for (t, row) in all.rows().enumerate().skip(4).take(20) {
            for i in 0..3 {
                assert!((row[i] - value(t, i)).abs() < f32::MIN_POSITIVE);
                // The slope of the line through nine frames.
                let slope = (1..=4_u8).map(|k| {
                    let rise = value(t + usize::from(k), i) - value(t - usize::from(k), i);
                    f32::from(k) * rise / 60.0
                });
                assert!((row[3 + i] - slope.sum::<f32>()).abs() < 1e-3);
            }
        }
    }

    #[test]
    fn a_mistuned_tone_is_one_class_once_in_tune() {
        // An A, 40 hundredths of a semitone sharp.
        let hz = 440.0 * 2.0_f64.powf(0.4 / 12.0);
        let samples: Vec<Pcm> = (0..22_050)
            .map(|n| (4e6 * (std::f64::consts::TAU * hz * f64::from(n) / 22_050.0).sin()) as Pcm)
            .collect();
        let neighbour = |tuning: bool| {
            let spec = FeatureSpec {
                tuning,
                ..FeatureSpec::of(FeatureSet::Chroma)
            };
            let chroma = features(&spec, &samples, 4096);
            let middle = chroma.rows().nth(20).unwrap().to_vec();
            assert!((middle[9] - 1.0).abs() < 1e-6);
            middle[10]
        };
        assert!(neighbour(true) < 0.5 * neighbour(false));
    }
}

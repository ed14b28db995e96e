//! From samples to the array of a set.

use super::{FeatureArray, FeatureSet, FeatureSpec, SpecError, framed};
use crate::audio::{FULL_SCALE, Pcm};
use crate::dsp::fixed::{self, DECIBEL, NETWORK_BANDS, PITCH_STEPS, Pitch};
use crate::dsp::float::{Classic, VGGISH_BANDS, VGGISH_FRAMES, Vggish};

/// Computes one set of one recording.
pub struct Extractor {
    stream: Box<dyn Stream>,
}

/// What a set does with samples.
pub(super) trait Stream {
    fn push(&mut self, samples: &[Pcm]);
    fn finish(self: Box<Self>) -> FeatureArray;
}

impl Extractor {
    /// At the start of a recording.
    ///
    /// # Errors
    /// [`SpecError`] that names what is not compiled in.
    pub fn new(spec: &FeatureSpec) -> Result<Self, SpecError> {
        spec.check()?;
        let stream: Box<dyn Stream> = match spec.set {
            FeatureSet::LogMel => Box::new(Levels::default()),
            FeatureSet::LogMelPitch => Box::new(LevelsAndPitch::default()),
            FeatureSet::Classic | FeatureSet::ClassicMfcc => Box::new(Averages {
                classic: Box::default(),
                kept: spec.bands,
            }),
            FeatureSet::Vggish => Box::new(Examples::default()),
            _ => framed::stream(spec)?,
        };
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

/// Full scale is ±1 for all that works in floats.
pub(super) fn scaled(samples: &[Pcm]) -> Vec<f32> {
    let scale = 1.0 / FULL_SCALE as f32;
    samples
        .iter()
        .map(|&sample| sample as f32 * scale)
        .collect()
}

#[derive(Default)]
struct Levels {
    log_mel: Box<fixed::LogMel>,
    levels: Vec<f32>,
}

impl Stream for Levels {
    fn push(&mut self, samples: &[Pcm]) {
        let Self { log_mel, levels } = self;
        log_mel.push(samples, |frame| levels.extend(in_decibels(frame)));
    }

    fn finish(mut self: Box<Self>) -> FeatureArray {
        let Self { log_mel, levels } = &mut *self;
        log_mel.finish(|frame| levels.extend(in_decibels(frame)));
        FeatureArray {
            shape: vec![self.levels.len() / NETWORK_BANDS, NETWORK_BANDS],
            values: self.levels,
        }
    }
}

#[derive(Default)]
struct LevelsAndPitch {
    log_mel: Box<fixed::LogMel>,
    rows: Vec<f32>,
}

impl LevelsAndPitch {
    fn row(levels: &[i32; NETWORK_BANDS], pitch: Pitch) -> impl Iterator<Item = f32> {
        let semitones = f32::from(pitch.f0) / f32::from(PITCH_STEPS);
        let voicing = f32::from(pitch.voicing) / 255.0;
        in_decibels(levels).into_iter().chain([semitones, voicing])
    }
}

impl Stream for LevelsAndPitch {
    fn push(&mut self, samples: &[Pcm]) {
        let Self { log_mel, rows } = self;
        log_mel.push_with_pitch(samples, |levels, pitch| {
            rows.extend(Self::row(levels, pitch));
        });
    }

    fn finish(mut self: Box<Self>) -> FeatureArray {
        let Self { log_mel, rows } = &mut *self;
        log_mel.finish_with_pitch(|levels, pitch| rows.extend(Self::row(levels, pitch)));
        let width = NETWORK_BANDS + 2;
        FeatureArray {
            shape: vec![self.rows.len() / width, width],
            values: self.rows,
        }
    }
}

fn in_decibels(frame: &[i32; NETWORK_BANDS]) -> [f32; NETWORK_BANDS] {
    frame.map(|level| level as f32 / DECIBEL as f32)
}

struct Averages {
    classic: Box<Classic>,
    kept: usize,
}

impl Stream for Averages {
    fn push(&mut self, samples: &[Pcm]) {
        self.classic.push(&scaled(samples));
    }

    fn finish(mut self: Box<Self>) -> FeatureArray {
        FeatureArray {
            shape: vec![self.kept],
            values: self.classic.finish()[..self.kept].to_vec(),
        }
    }
}

#[derive(Default)]
struct Examples {
    vggish: Box<Vggish>,
    examples: Vec<f32>,
}

impl Stream for Examples {
    fn push(&mut self, samples: &[Pcm]) {
        let Self { vggish, examples } = self;
        vggish.push(&scaled(samples), |example| {
            examples.extend_from_slice(example.as_flattened());
        });
    }

    fn finish(self: Box<Self>) -> FeatureArray {
        let count = self.examples.len() / (VGGISH_FRAMES * VGGISH_BANDS);
        FeatureArray {
            shape: vec![count, VGGISH_FRAMES, VGGISH_BANDS],
            values: self.examples,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::{FFT_SIZES, MEL_BANDS};

    fn noise(samples: usize) -> Vec<Pcm> {
        let next = |x: &u32| Some(x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
        let states = std::iter::successors(Some(1_u32), next);
        states.take(samples).map(|x| x as i32 >> 9).collect()
    }

    fn features(spec: &FeatureSpec, samples: &[Pcm], chunk: usize) -> FeatureArray {
        let mut extractor = Extractor::new(spec).unwrap();
        samples.chunks(chunk).for_each(|part| extractor.push(part));
        extractor.finish()
    }

    #[test]
    fn every_compiled_size_is_computed() {
        let samples = noise(6000);
        for set in FeatureSet::ALL {
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
                        let refused = spec.is_fixed() || (set, fft) == (FeatureSet::Pitch, 4096);
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
        for set in FeatureSet::ALL {
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

//! A feature set with all its parameters.

use super::FeatureSet;
use super::definition::Rows;
use serde::{Deserialize, Serialize};

/// Transforms that are compiled in.
pub const FFT_SIZES: [usize; 5] = [256, 512, 1024, 2048, 4096];
/// Numbers of mel bands that are compiled in.
pub const MEL_BANDS: [usize; 4] = [40, 64, 80, 128];
/// The most cepstral coefficients.
pub const MAX_COEFFICIENTS: usize = 40;

/// A feature set, the version of its definition and its parameters: what a
/// model's manifest states and [`Extractor`](super::Extractor) computes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeatureSpec {
    /// The set.
    pub set: FeatureSet,
    /// Version of the set's definition: 1.
    pub version: u32,
    /// Hertz.
    pub sample_rate: u32,
    /// Points of the transform, which is also the frame's length.
    pub fft: usize,
    /// Samples between frames.
    pub hop: usize,
    /// Mel bands of the bank, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mel_bands: Option<usize>,
    /// Values in a frame: bands, coefficients, classes.
    pub bands: usize,
    /// Decibels below the loudest cell of a window or clip that still count,
    /// where that is limited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range_db: Option<f32>,
    /// The mel scale of the Hidden Markov Model Toolkit in place of Slaney's:
    /// librosa's `htk=True`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub htk: bool,
    /// Number of derivatives over time that follow the values of a frame, up to 2:
    /// librosa's `delta(order=1)` and `delta(order=2)`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub deltas: usize,
    /// Estimation of the recording's tuning in place of A4 = 440 Hz:
    /// librosa's `tuning=None`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tuning: bool,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl FeatureSpec {
    /// A set with its default parameters.
    pub fn of(set: FeatureSet) -> Self {
        set.definition().defaults.clone()
    }

    /// Seconds from one row of features to the next; `None` for averages.
    pub fn step(&self) -> Option<f64> {
        let samples = match self.set.definition().rows {
            Rows::Frames => self.hop,
            Rows::Examples(frames) => self.hop * frames,
            Rows::Averages => return None,
        };
        Some(samples as f64 / f64::from(self.sample_rate))
    }

    /// Values in a row of a set that is made of frames.
    pub fn width(&self) -> usize {
        self.bands * (1 + self.deltas)
    }

    /// Names of the values in a row.
    pub fn columns(&self) -> Vec<String> {
        (self.set.definition().columns)(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::float::CLASSIC_FEATURES;

    #[test]
    fn defaults_are_compiled_in_and_survive_writing() {
        for set in FeatureSet::all() {
            let spec = FeatureSpec::of(set);
            assert_eq!(spec.check(), Ok(()), "{}", set.name());
            let text = serde_json::to_string(&spec).unwrap();
            assert_eq!(serde_json::from_str::<FeatureSpec>(&text).unwrap(), spec);
        }
    }

    #[test]
    fn a_row_has_as_many_names_as_values() {
        let count = |set| FeatureSpec::of(set).columns().len();
        assert_eq!(count(FeatureSet::Classic), CLASSIC_FEATURES);
        assert_eq!(count(FeatureSet::Vggish), 96 * 64);
        assert_eq!(count(FeatureSet::Chroma), 12);
        assert_eq!(count(FeatureSet::LogMelPitch), 66);
        assert_eq!(FeatureSpec::of(FeatureSet::Rms).columns(), ["rms"]);
        let deltas = FeatureSpec {
            bands: 2,
            deltas: 2,
            ..FeatureSpec::of(FeatureSet::Mfcc)
        };
        assert_eq!(deltas.columns().len(), deltas.width());
        assert_eq!(deltas.columns()[1..3], ["mfcc_1", "mfcc_delta_0"]);
        assert_eq!(deltas.columns()[5], "mfcc_delta2_1");
    }
}

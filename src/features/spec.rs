//! A feature set with all its parameters.

use super::FeatureSet;
use crate::SAMPLE_RATE;
use crate::dsp::fixed::NETWORK_BANDS;
use crate::dsp::float::{
    CLASSIC_FEATURES, CLASSIC_RATE, CONTRAST_BANDS, PITCH_CLASSES, TONNETZ_DIMENSIONS, TOP_DB,
    VGGISH_BANDS, VGGISH_FRAMES, VGGISH_RATE,
};
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
    /// Which set.
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
    /// Whether the mel scale is that of the Hidden Markov Model Toolkit, in
    /// place of Slaney's: librosa's `htk=True`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub htk: bool,
    /// How many derivatives over time follow the values of a frame, up to 2:
    /// librosa's `delta(order=1)` and `delta(order=2)`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub deltas: usize,
    /// Whether the recording's tuning is estimated, in place of A4 = 440 Hz:
    /// librosa's `tuning=None`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tuning: bool,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl FeatureSpec {
    /// A set with its default parameters: librosa's, but for 40 coefficients
    /// and where the set has a definition of its own.
    pub fn of(set: FeatureSet) -> Self {
        let (sample_rate, fft, hop) = match set {
            FeatureSet::LogMel | FeatureSet::LogMelPitch => (SAMPLE_RATE, 1024, 256),
            FeatureSet::Vggish => (VGGISH_RATE as u32, 512, 160),
            _ => (CLASSIC_RATE as u32, 2048, 512),
        };
        let (mel_bands, bands, range_db) = match set {
            FeatureSet::LogMel => (Some(128), NETWORK_BANDS, Some(80.0)),
            FeatureSet::LogMelPitch => (Some(128), NETWORK_BANDS + 2, Some(80.0)),
            FeatureSet::Classic => (Some(128), CLASSIC_FEATURES, Some(TOP_DB)),
            FeatureSet::ClassicMfcc | FeatureSet::Mfcc => {
                (Some(128), MAX_COEFFICIENTS, Some(TOP_DB))
            }
            FeatureSet::Mel => (Some(128), 128, None),
            FeatureSet::Chroma => (None, PITCH_CLASSES, None),
            FeatureSet::Contrast => (None, CONTRAST_BANDS, Some(TOP_DB)),
            FeatureSet::Tonnetz => (None, TONNETZ_DIMENSIONS, None),
            FeatureSet::Vggish => (Some(VGGISH_BANDS), VGGISH_BANDS, None),
            FeatureSet::Rms
            | FeatureSet::Zcr
            | FeatureSet::Centroid
            | FeatureSet::Rolloff
            | FeatureSet::Pitch => (None, 1, None),
        };
        Self {
            set,
            version: 1,
            sample_rate,
            fft,
            hop,
            mel_bands,
            bands,
            range_db,
            htk: false,
            deltas: 0,
            tuning: false,
        }
    }

    /// Whether its parameters are part of its name.
    pub fn is_fixed(&self) -> bool {
        matches!(
            self.set,
            FeatureSet::LogMel
                | FeatureSet::LogMelPitch
                | FeatureSet::Classic
                | FeatureSet::ClassicMfcc
                | FeatureSet::Vggish
        )
    }

    /// Seconds from one row of features to the next; `None` for averages.
    pub fn step(&self) -> Option<f64> {
        let samples = match self.set {
            FeatureSet::Classic | FeatureSet::ClassicMfcc => return None,
            FeatureSet::Vggish => self.hop * VGGISH_FRAMES,
            _ => self.hop,
        };
        Some(samples as f64 / f64::from(self.sample_rate))
    }

    /// Values in a row of a set that is made of frames.
    pub fn width(&self) -> usize {
        self.bands * (1 + self.deltas)
    }

    /// Names of the values in a row.
    pub fn columns(&self) -> Vec<String> {
        let numbered =
            |name: &str, count: usize| (0..count).map(|i| format!("{name}_{i}")).collect();
        match self.set {
            FeatureSet::Classic => [
                (FeatureSet::Mfcc, MAX_COEFFICIENTS),
                (FeatureSet::Chroma, PITCH_CLASSES),
                (FeatureSet::Mel, 128),
                (FeatureSet::Contrast, CONTRAST_BANDS),
                (FeatureSet::Tonnetz, TONNETZ_DIMENSIONS),
            ]
            .into_iter()
            .flat_map(|(set, count)| -> Vec<String> { numbered(set.name(), count) })
            .collect(),
            FeatureSet::LogMelPitch => {
                let mut names: Vec<String> = numbered(FeatureSet::LogMel.name(), NETWORK_BANDS);
                names.extend(["pitch", "strength"].map(str::to_owned));
                names
            }
            FeatureSet::ClassicMfcc => numbered(FeatureSet::Mfcc.name(), self.bands),
            FeatureSet::Vggish => numbered(self.set.name(), VGGISH_FRAMES * VGGISH_BANDS),
            _ if self.bands == 1 => vec![self.set.name().to_owned()],
            _ => ["", "_delta", "_delta2"]
                .iter()
                .take(1 + self.deltas)
                .flat_map(|suffix| -> Vec<String> {
                    numbered(&format!("{}{suffix}", self.set.name()), self.bands)
                })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_compiled_in_and_survive_writing() {
        for set in FeatureSet::ALL {
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

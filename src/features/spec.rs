//! A feature set with all its parameters.

use super::{FeatureSet, SpecError};
use crate::SAMPLE_RATE;
use crate::dsp::{
    CLASSIC_FEATURES, CLASSIC_RATE, CONTRAST_BANDS, NETWORK_BANDS, PITCH_CLASSES,
    TONNETZ_DIMENSIONS, TOP_DB, VGGISH_BANDS, VGGISH_FRAMES, VGGISH_RATE,
};
use serde::{Deserialize, Serialize};
use std::fmt::Debug;

/// Transforms that are compiled in.
pub const FFT_SIZES: [usize; 5] = [256, 512, 1024, 2048, 4096];
/// Numbers of mel bands that are compiled in.
pub const MEL_BANDS: [usize; 4] = [40, 64, 80, 128];
/// The most cepstral coefficients.
pub const MAX_COEFFICIENTS: usize = 40;

/// Rates at which the sets of librosa's definition can be computed, in hertz.
/// librosa has no spectral contrast at lower ones.
const RATES: [usize; 2] = [16_000, 48_000];

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
}

impl FeatureSpec {
    /// A set with its default parameters: librosa's, but for 40 coefficients
    /// and where the set has a definition of its own.
    pub fn of(set: FeatureSet) -> Self {
        let (sample_rate, fft, hop) = match set {
            FeatureSet::LogMel => (SAMPLE_RATE, 1024, 256),
            FeatureSet::Vggish => (VGGISH_RATE as u32, 512, 160),
            _ => (CLASSIC_RATE as u32, 2048, 512),
        };
        let (mel_bands, bands, range_db) = match set {
            FeatureSet::LogMel => (Some(128), NETWORK_BANDS, Some(80.0)),
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
        }
    }

    /// Whether this program computes it.
    ///
    /// # Errors
    /// [`SpecError`] that names the first field that is not compiled in.
    pub fn check(&self) -> Result<(), SpecError> {
        if self.is_fixed() {
            return self.expect(&Self::of(self.set));
        }
        range("sample_rate", self.sample_rate as usize, RATES)?;
        let sizes = if self.set == FeatureSet::Pitch {
            // YIN's transform is twice its frame.
            &FFT_SIZES[..4]
        } else {
            &FFT_SIZES
        };
        if !sizes.contains(&self.fft) {
            return Err(SpecError::choice("fft", self.fft, sizes));
        }
        range("hop", self.hop, [1, self.fft])?;
        let mut possible = Self {
            sample_rate: self.sample_rate,
            fft: self.fft,
            hop: self.hop,
            ..Self::of(self.set)
        };
        if let (Some(bands), Some(_)) = (self.mel_bands, possible.mel_bands) {
            if !MEL_BANDS.contains(&bands) {
                return Err(SpecError::choice("mel_bands", bands, &MEL_BANDS));
            }
            possible.mel_bands = Some(bands);
            possible.bands = bands;
        }
        if self.set == FeatureSet::Mfcc {
            range("bands", self.bands, [1, MAX_COEFFICIENTS])?;
            possible.bands = self.bands;
        }
        self.expect(&possible)
    }

    /// Whether all is as in `wanted`.
    ///
    /// # Errors
    /// [`SpecError`] that names the first field that is not.
    pub fn expect(&self, wanted: &Self) -> Result<(), SpecError> {
        fits("set", self.set.name(), wanted.set.name())?;
        fits("version", self.version, wanted.version)?;
        fits("sample_rate", self.sample_rate, wanted.sample_rate)?;
        fits("fft", self.fft, wanted.fft)?;
        fits("hop", self.hop, wanted.hop)?;
        fits_if_any("mel_bands", self.mel_bands, wanted.mel_bands)?;
        fits("bands", self.bands, wanted.bands)?;
        fits_if_any("range_db", self.range_db, wanted.range_db)
    }

    /// Whether its parameters are part of its name.
    pub fn is_fixed(&self) -> bool {
        matches!(
            self.set,
            FeatureSet::LogMel | FeatureSet::Classic | FeatureSet::ClassicMfcc | FeatureSet::Vggish
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
            FeatureSet::ClassicMfcc => numbered(FeatureSet::Mfcc.name(), self.bands),
            FeatureSet::Vggish => numbered(self.set.name(), VGGISH_FRAMES * VGGISH_BANDS),
            _ if self.bands == 1 => vec![self.set.name().to_owned()],
            _ => numbered(self.set.name(), self.bands),
        }
    }
}

fn range(field: &'static str, found: usize, [low, high]: [usize; 2]) -> Result<(), SpecError> {
    if (low..=high).contains(&found) {
        return Ok(());
    }
    Err(SpecError::range(field, found, low, high))
}

fn fits<T: PartialEq + Debug>(field: &'static str, found: T, wanted: T) -> Result<(), SpecError> {
    if found == wanted {
        return Ok(());
    }
    Err(SpecError::choice(field, found, &[wanted]))
}

fn fits_if_any<T: PartialEq + Debug>(
    field: &'static str,
    found: Option<T>,
    wanted: Option<T>,
) -> Result<(), SpecError> {
    let reason = match (found, wanted) {
        (None, None) => return Ok(()),
        (Some(found), Some(wanted)) => return fits(field, found, wanted),
        (None, Some(wanted)) => format!("is missing; this program has {wanted:?}"),
        (Some(found), None) => format!("is {found:?}; the set has no such parameter"),
    };
    Err(SpecError { field, reason })
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
    fn what_is_not_compiled_in_is_refused_by_name() {
        let of = FeatureSpec::of;
        let cases = [
            (
                FeatureSpec {
                    fft: 300,
                    ..of(FeatureSet::Mel)
                },
                "fft is 300; this program has 256, 512, 1024, 2048, 4096",
            ),
            (
                FeatureSpec {
                    fft: 4096,
                    ..of(FeatureSet::Pitch)
                },
                "fft is 4096; this program has 256, 512, 1024, 2048",
            ),
            (
                FeatureSpec {
                    hop: 0,
                    ..of(FeatureSet::Rms)
                },
                "hop is 0; it must lie in 1 to 2048",
            ),
            (
                FeatureSpec {
                    mel_bands: Some(100),
                    ..of(FeatureSet::Mfcc)
                },
                "mel_bands is 100; this program has 40, 64, 80, 128",
            ),
            (
                FeatureSpec {
                    mel_bands: Some(64),
                    ..of(FeatureSet::Mel)
                },
                "bands is 128; this program has 64",
            ),
            (
                FeatureSpec {
                    mel_bands: None,
                    ..of(FeatureSet::Mel)
                },
                "mel_bands is missing; this program has 128",
            ),
            (
                FeatureSpec {
                    mel_bands: Some(64),
                    ..of(FeatureSet::Chroma)
                },
                "mel_bands is 64; the set has no such parameter",
            ),
            (
                FeatureSpec {
                    bands: 41,
                    ..of(FeatureSet::Mfcc)
                },
                "bands is 41; it must lie in 1 to 40",
            ),
            (
                FeatureSpec {
                    range_db: Some(60.0),
                    ..of(FeatureSet::Contrast)
                },
                "range_db is 60.0; this program has 80.0",
            ),
            (
                FeatureSpec {
                    fft: 512,
                    ..of(FeatureSet::LogMel)
                },
                "fft is 512; this program has 1024",
            ),
            (
                FeatureSpec {
                    sample_rate: 8000,
                    ..of(FeatureSet::Mel)
                },
                "sample_rate is 8000; it must lie in 16000 to 48000",
            ),
            (
                FeatureSpec {
                    version: 2,
                    ..of(FeatureSet::Zcr)
                },
                "version is 2; this program has 1",
            ),
        ];
        for (spec, sentence) in cases {
            assert_eq!(spec.check().unwrap_err().to_string(), sentence);
        }
        let unknown = "rhythm".parse::<FeatureSet>().unwrap_err().to_string();
        assert!(
            unknown.starts_with("set is \"rhythm\"; this program has \"log-mel\", \"classic\"")
        );
    }

    #[test]
    fn a_row_has_as_many_names_as_values() {
        let count = |set| FeatureSpec::of(set).columns().len();
        assert_eq!(count(FeatureSet::Classic), CLASSIC_FEATURES);
        assert_eq!(count(FeatureSet::Vggish), 96 * 64);
        assert_eq!(count(FeatureSet::Chroma), 12);
        assert_eq!(FeatureSpec::of(FeatureSet::Rms).columns(), ["rms"]);
    }
}

//! Check of a specification against what is compiled in.

use super::definition::Parameter;
use super::{FeatureSpec, MAX_COEFFICIENTS, MEL_BANDS, SpecError};
use std::fmt::Debug;

/// Rates at which the sets of librosa's definition can be computed, in hertz.
/// librosa has no spectral contrast at lower ones.
const RATES: [usize; 2] = [16_000, 48_000];

impl FeatureSpec {
    /// Refuses what this program does not compute.
    ///
    /// # Errors
    /// [`SpecError`] that names the first field that is not compiled in.
    pub fn check(&self) -> Result<(), SpecError> {
        let definition = self.set.definition();
        if self.has_no_parameters() {
            return self.expect(&definition.defaults);
        }
        range("sample_rate", self.sample_rate as usize, RATES)?;
        if !definition.fft_sizes.contains(&self.fft) {
            return Err(self.unknown_fft());
        }
        range("hop", self.hop, [1, self.fft])?;
        let mut possible = Self {
            sample_rate: self.sample_rate,
            fft: self.fft,
            hop: self.hop,
            ..definition.defaults.clone()
        };
        for parameter in definition.parameters {
            self.allow(*parameter, &mut possible)?;
        }
        self.expect(&possible)
    }

    /// True where all parameters are part of the set's name.
    pub(super) fn has_no_parameters(&self) -> bool {
        self.set.definition().fft_sizes.is_empty()
    }

    /// The refusal of a length of the frame that is not compiled in.
    pub(super) fn unknown_fft(&self) -> SpecError {
        SpecError::choice("fft", self.fft, self.set.definition().fft_sizes)
    }

    /// The refusal of a bank that is not compiled in.
    pub(super) fn unknown_mel_bands(&self) -> SpecError {
        SpecError::choice("mel_bands", self.mel_bands.unwrap_or(0), &MEL_BANDS)
    }

    /// Takes a parameter over into what is possible if its value is compiled in.
    fn allow(&self, parameter: Parameter, possible: &mut Self) -> Result<(), SpecError> {
        match parameter {
            Parameter::MelBands => {
                if let Some(bands) = self.mel_bands {
                    if !MEL_BANDS.contains(&bands) {
                        return Err(self.unknown_mel_bands());
                    }
                    possible.mel_bands = Some(bands);
                    possible.bands = bands;
                }
            }
            Parameter::Coefficients => {
                range("bands", self.bands, [1, MAX_COEFFICIENTS])?;
                possible.bands = self.bands;
            }
            Parameter::Htk => possible.htk = self.htk,
            Parameter::Deltas => {
                range("deltas", self.deltas, [0, 2])?;
                possible.deltas = self.deltas;
            }
            Parameter::Tuning => possible.tuning = self.tuning,
        }
        Ok(())
    }

    /// Refuses what is not as in `wanted`.
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
        fits_if_any("range_db", self.range_db, wanted.range_db)?;
        fits("htk", self.htk, wanted.htk)?;
        fits("deltas", self.deltas, wanted.deltas)?;
        fits("tuning", self.tuning, wanted.tuning)
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
    use crate::features::FeatureSet;

    #[test]
    fn what_is_not_compiled_in_is_refused_by_name() {
        type Change = fn(&mut FeatureSpec);
        let cases: [(FeatureSet, Change, &str); 12] = [
            (
                FeatureSet::Mel,
                |spec| spec.fft = 300,
                "fft is 300; this program has 256, 512, 1024, 2048, 4096",
            ),
            (
                FeatureSet::Pitch,
                |spec| spec.fft = 4096,
                "fft is 4096; this program has 256, 512, 1024, 2048",
            ),
            (
                FeatureSet::Rms,
                |spec| spec.hop = 0,
                "hop is 0; it must lie in 1 to 2048",
            ),
            (
                FeatureSet::Mfcc,
                |spec| spec.mel_bands = Some(100),
                "mel_bands is 100; this program has 40, 64, 80, 128",
            ),
            (
                FeatureSet::Mel,
                |spec| spec.mel_bands = Some(64),
                "bands is 128; this program has 64",
            ),
            (
                FeatureSet::Mel,
                |spec| spec.mel_bands = None,
                "mel_bands is missing; this program has 128",
            ),
            (
                FeatureSet::Chroma,
                |spec| spec.mel_bands = Some(64),
                "mel_bands is 64; the set has no such parameter",
            ),
            (
                FeatureSet::Mfcc,
                |spec| spec.bands = 41,
                "bands is 41; it must lie in 1 to 40",
            ),
            (
                FeatureSet::Contrast,
                |spec| spec.range_db = Some(60.0),
                "range_db is 60.0; this program has 80.0",
            ),
            (
                FeatureSet::LogMel,
                |spec| spec.fft = 512,
                "fft is 512; this program has 1024",
            ),
            (
                FeatureSet::Mel,
                |spec| spec.sample_rate = 8000,
                "sample_rate is 8000; it must lie in 16000 to 48000",
            ),
            (
                FeatureSet::Zcr,
                |spec| spec.version = 2,
                "version is 2; this program has 1",
            ),
        ];
        for (set, change, sentence) in cases {
            let mut spec = FeatureSpec::of(set);
            change(&mut spec);
            assert_eq!(spec.check().unwrap_err().to_string(), sentence);
        }
    }

    #[test]
    fn a_set_that_is_unknown_is_refused_with_those_that_are() {
        let unknown = "rhythm".parse::<FeatureSet>().unwrap_err().to_string();
        assert!(
            unknown
                .starts_with("set is \"rhythm\"; this program has \"log-mel\", \"log-mel-pitch\"")
        );
    }

    #[test]
    fn parameters_of_other_sets_are_refused_by_name() {
        let of = FeatureSpec::of;
        let cases = [
            (
                FeatureSpec {
                    htk: true,
                    ..of(FeatureSet::Chroma)
                },
                "htk is true; this program has false",
            ),
            (
                FeatureSpec {
                    deltas: 3,
                    ..of(FeatureSet::Mfcc)
                },
                "deltas is 3; it must lie in 0 to 2",
            ),
            (
                FeatureSpec {
                    tuning: true,
                    ..of(FeatureSet::Classic)
                },
                "tuning is true; this program has false",
            ),
        ];
        for (spec, sentence) in cases {
            assert_eq!(spec.check().unwrap_err().to_string(), sentence);
        }
    }
}

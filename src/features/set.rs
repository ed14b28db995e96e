//! The names of the feature sets.

use super::SpecError;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// What is computed of sound. `docs/features.md` defines each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&'static str")]
pub enum FeatureSet {
    /// The network's input, from [`dsp::fixed`](crate::dsp::fixed).
    LogMel,
    /// The same, and behind each frame its pitch and how far that stands out.
    LogMelPitch,
    /// 193 averages over three seconds: [`Classic`](crate::dsp::float::Classic).
    Classic,
    /// The first 40 of them.
    ClassicMfcc,
    /// Mel-frequency cepstral coefficients.
    Mfcc,
    /// Mel power spectrum.
    Mel,
    /// Chroma.
    Chroma,
    /// Spectral contrast.
    Contrast,
    /// Tonal centroids.
    Tonnetz,
    /// Root of the mean square.
    Rms,
    /// Zero-crossing rate.
    Zcr,
    /// Spectral centroid.
    Centroid,
    /// Spectral roll-off.
    Rolloff,
    /// Pitch, by YIN.
    Pitch,
    /// Input examples of the VGGish network.
    Vggish,
}

impl FeatureSet {
    /// Every set.
    pub const ALL: [Self; 15] = [
        Self::LogMel,
        Self::LogMelPitch,
        Self::Classic,
        Self::ClassicMfcc,
        Self::Mfcc,
        Self::Mel,
        Self::Chroma,
        Self::Contrast,
        Self::Tonnetz,
        Self::Rms,
        Self::Zcr,
        Self::Centroid,
        Self::Rolloff,
        Self::Pitch,
        Self::Vggish,
    ];

    /// Its name in manifests and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::LogMel => "log-mel",
            Self::LogMelPitch => "log-mel-pitch",
            Self::Classic => "classic",
            Self::ClassicMfcc => "classic-mfcc",
            Self::Mfcc => "mfcc",
            Self::Mel => "mel",
            Self::Chroma => "chroma",
            Self::Contrast => "contrast",
            Self::Tonnetz => "tonnetz",
            Self::Rms => "rms",
            Self::Zcr => "zcr",
            Self::Centroid => "centroid",
            Self::Rolloff => "rolloff",
            Self::Pitch => "pitch",
            Self::Vggish => "vggish",
        }
    }

    /// What it is, for people.
    pub fn summary(self) -> &'static str {
        match self {
            Self::LogMel => "what the network reads: 64 band levels in dB, in integers",
            Self::LogMelPitch => "the same, and pitch in semitones above 50 Hz with its strength",
            Self::Classic => "193 averages over 3 s: MFCC, chroma, mel, contrast, tonnetz",
            Self::ClassicMfcc => "the 40 averaged MFCCs among them",
            Self::Mfcc => "mel-frequency cepstral coefficients",
            Self::Mel => "mel power spectrum",
            Self::Chroma => "12 pitch classes",
            Self::Contrast => "peaks against valleys in 7 octave bands, in dB",
            Self::Tonnetz => "6 tonal centroids",
            Self::Rms => "root of the mean square",
            Self::Zcr => "zero-crossing rate",
            Self::Centroid => "spectral centroid, in hertz",
            Self::Rolloff => "frequency below which lie 85 % of the magnitudes, in hertz",
            Self::Pitch => "fundamental frequency by YIN, in hertz",
            Self::Vggish => "examples of 96 x 64 for the VGGish network",
        }
    }
}

impl From<FeatureSet> for &'static str {
    fn from(set: FeatureSet) -> Self {
        set.name()
    }
}

impl FromStr for FeatureSet {
    type Err = SpecError;

    fn from_str(name: &str) -> Result<Self, SpecError> {
        let found = Self::ALL.into_iter().find(|set| set.name() == name);
        found.ok_or_else(|| SpecError::choice("set", name, &Self::ALL.map(Self::name)))
    }
}

impl TryFrom<String> for FeatureSet {
    type Error = SpecError;

    fn try_from(name: String) -> Result<Self, SpecError> {
        name.parse()
    }
}

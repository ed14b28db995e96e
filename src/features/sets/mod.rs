//! The feature sets: a variant, and a definition in the file of its kind.
//!
//! A new set is defined beside its like and takes a line in [`FeatureSet`] and one
//! in the table below.

mod averages;
mod mel;
mod network;
mod spectral;
mod tonal;
mod vggish;
mod waveform;

use super::definition::Definition;
use super::{FeatureSpec, SpecError};
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// A set of features, by name.
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

/// Every set's definition, in the order of the variants.
static DEFINITIONS: [Definition; 15] = [
    network::LOG_MEL,
    network::LOG_MEL_PITCH,
    averages::CLASSIC,
    averages::CLASSIC_MFCC,
    mel::MFCC,
    mel::MEL,
    tonal::CHROMA,
    spectral::CONTRAST,
    tonal::TONNETZ,
    waveform::RMS,
    waveform::ZCR,
    spectral::CENTROID,
    spectral::ROLLOFF,
    waveform::PITCH,
    vggish::VGGISH,
];

const _: () = {
    let mut place = 0;
    while place < DEFINITIONS.len() {
        assert!(DEFINITIONS[place].defaults.set as usize == place);
        place += 1;
    }
    assert!(FeatureSet::Vggish as usize + 1 == DEFINITIONS.len());
};

impl FeatureSet {
    /// Every set.
    pub fn all() -> impl Iterator<Item = Self> {
        DEFINITIONS.iter().map(|definition| definition.defaults.set)
    }

    /// The set's definition.
    pub fn definition(self) -> &'static Definition {
        &DEFINITIONS[self as usize]
    }

    /// The set's name in manifests and on the command line.
    pub fn name(self) -> &'static str {
        self.definition().name
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
        let found = Self::all().find(|set| set.name() == name);
        let names = || Self::all().map(Self::name).collect::<Vec<_>>();
        found.ok_or_else(|| SpecError::choice("set", name, &names()))
    }
}

impl TryFrom<String> for FeatureSet {
    type Error = SpecError;

    fn try_from(name: String) -> Result<Self, SpecError> {
        name.parse()
    }
}

/// Parameters of a set of single values in librosa's frames.
const fn librosa(set: FeatureSet) -> FeatureSpec {
    FeatureSpec {
        set,
        version: 1,
        sample_rate: crate::dsp::float::CLASSIC_RATE as u32,
        fft: 2048,
        hop: 512,
        mel_bands: None,
        bands: 1,
        range_db: None,
        htk: false,
        deltas: 0,
        tuning: false,
    }
}

/// A name and a number for each of so many values.
fn numbered(name: &str, count: usize) -> Vec<String> {
    (0..count).map(|i| format!("{name}_{i}")).collect()
}

/// The set's name and those of its derivatives, with numbers where there are
/// several values of each.
fn by_name(spec: &FeatureSpec) -> Vec<String> {
    let suffixes = ["", "_delta", "_delta2"].iter().take(1 + spec.deltas);
    let names = suffixes.map(|suffix| format!("{}{suffix}", spec.set.name()));
    match spec.bands {
        1 => names.collect(),
        count => names.flat_map(|name| numbered(&name, count)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::definition::Rows;

    /// The table of `docs/features.md`.
    fn table() -> String {
        let header = "| set | shape | unit | by librosa 0.11 |\n|---|---|---|---|\n";
        let rows = DEFINITIONS.iter().map(|definition| {
            let Definition {
                name,
                unit,
                librosa,
                defaults,
                ..
            } = definition;
            let shape = match definition.rows {
                Rows::Frames => format!("T, {}", defaults.bands),
                Rows::Examples(frames) => format!("N, {frames}, {}", defaults.bands),
                Rows::Averages => defaults.bands.to_string(),
            };
            format!("| `{name}` | {shape} | {unit} | {librosa} |\n")
        });
        rows.fold(header.into(), |table, row| table + &row)
    }

    #[test]
    fn the_documentation_has_every_definition() {
        let root = env!("CARGO_MANIFEST_DIR");
        let page = std::fs::read_to_string(format!("{root}/docs/features.md")).unwrap();
        let table = table();
        let rows: String = page
            .lines()
            .skip_while(|line| !line.starts_with("| set | shape |"))
            .take_while(|line| line.starts_with('|'))
            .flat_map(|line| [line, "\n"])
            .collect();
        assert!(
            rows == table,
            "the table in docs/features.md is to be\n\n{table}"
        );
    }
}

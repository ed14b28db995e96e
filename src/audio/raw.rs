//! Headerless PCM from a pipe, as `arecord -t raw` writes it.

use std::str::FromStr;

/// How headerless samples are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawFormat {
    /// Samples a second, in hertz.
    pub rate: u32,
    /// Samples beside each other.
    pub channels: u16,
    /// A sample.
    pub sample: RawSample,
}

/// A headerless sample, under the name that ALSA has for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RawSample {
    /// 8 bits, unsigned.
    U8,
    /// 16 bits.
    #[default]
    S16Le,
    /// 24 bits in the low end of 4 bytes.
    S24Le,
    /// 24 bits.
    S24Le3,
    /// 32 bits.
    S32Le,
    /// Floating point.
    FloatLe,
    /// mu-law.
    MuLaw,
    /// A-law.
    ALaw,
}

/// Names of samples.
const NAMES: [(&str, RawSample); 8] = [
    ("U8", RawSample::U8),
    ("S16_LE", RawSample::S16Le),
    ("S24_LE", RawSample::S24Le),
    ("S24_3LE", RawSample::S24Le3),
    ("S32_LE", RawSample::S32Le),
    ("FLOAT_LE", RawSample::FloatLe),
    ("MU_LAW", RawSample::MuLaw),
    ("A_LAW", RawSample::ALaw),
];

impl FromStr for RawSample {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = NAMES
            .iter()
            .find(|(name, _)| text.eq_ignore_ascii_case(name));
        found.map(|(_, sample)| *sample).ok_or_else(|| {
            let names: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
            format!("it must be one of {}", names.join(", "))
        })
    }
}

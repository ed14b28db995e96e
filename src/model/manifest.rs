//! `model.toml`: the input that a network expects, and how its answers are read.

use super::ModelError;
use crate::features::{FeatureSet, FeatureSpec};
use crate::system::cleaned;
use serde::Deserialize;

/// Feature sets that a network can be given.
const FRONT_ENDS: [FeatureSet; 3] = [
    FeatureSet::LogMel,
    FeatureSet::LogMelPitch,
    FeatureSet::ClassicMfcc,
];

/// The manifest of a bundle. Keys that it does not know are refused.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of this format: 1.
    pub format: u32,
    /// Name of the model.
    pub name: String,
    /// Version of the model.
    pub version: String,
    /// Licence of the weights, which need not be the program's.
    pub licence: String,
    /// Corpora that it was trained on.
    pub training_data: Vec<String>,
    /// Emotions, in the order of the network's outputs.
    pub labels: Vec<String>,
    /// File of the network.
    pub network: NetworkFile,
    /// Front end that it was trained behind.
    pub features: FeatureSpec,
    /// Window of a network over frames. One over averages has none: it hears whole
    /// recordings.
    pub window: Option<Window>,
    /// Rule from its logits to decisions.
    pub decision: DecisionRule,
    /// Rule of a network that knows voices, whose output has two rows a label.
    pub baseline: Option<BaselineRule>,
    /// Figures that training reported, by name.
    #[serde(default)]
    pub metrics: toml::Table,
}

/// The ONNX file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkFile {
    /// Name in the bundle.
    pub file: String,
    /// SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
    /// Arithmetic that it computes in.
    pub quantization: Quantization,
    /// Size of one step of an integer network's logits.
    pub logit_scale: Option<f32>,
}

/// Arithmetic that a network computes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Quantization {
    /// `float32`: single precision.
    Float32,
    /// `int8`: integers throughout, from 8-bit cells to 32-bit logits.
    Int8,
}

impl TryFrom<String> for Quantization {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        match name.as_str() {
            "float32" => Ok(Self::Float32),
            "int8" => Ok(Self::Int8),
            _ => Err(format!(
                "network.quantization is {name:?}; this program has \"float32\" and \"int8\""
            )),
        }
    }
}

/// The network's input, in frames.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// Frames in a window.
    pub frames: usize,
    /// Frames between decisions, by default.
    pub hop: usize,
}

/// The rule from logits to labels, `[decision]` of the manifest.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecisionRule {
    /// Divisor of logits before the softmax.
    pub temperature: f32,
    /// Confidence below which the label is `uncertain`.
    pub uncertain_below: f32,
    /// Weight of the newest decision in the smoothed scores, in (0, 1].
    pub smoothing: f32,
    /// Lead over the current label's smoothed score that makes another the label.
    pub margin: f32,
    /// Growth of the temperature from a window with enough speech to one without any.
    #[serde(default)]
    pub little_speech: f32,
    /// Growth of the temperature from a voice that is well known to one that is not.
    #[serde(default)]
    pub unknown_voice: f32,
}

/// Loud frames of a window that are enough speech, 1.6 s.
const ENOUGH_SPEECH: usize = 100;

impl DecisionRule {
    /// Returns the divisor of the logits of a window with so many loud frames, of which
    /// a share between 0 and 1 is judged against a baseline.
    pub fn temperature_for(&self, loud: usize, share: f32) -> f32 {
        let enough = loud.min(ENOUGH_SPEECH) as f32 / ENOUGH_SPEECH as f32;
        let speech = 1.0 + self.little_speech * (1.0 - enough);
        let voice = 1.0 + self.unknown_voice * (1.0 - share);
        self.temperature * speech * voice
    }
}

/// The rule by which windows are judged against the baseline of a voice,
/// `[baseline]` of the manifest. Frames are loud ones.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BaselineRule {
    /// Frames at which the baseline counts for half of what it may.
    pub prior: u32,
    /// The most that it may count for, as a share of a judgement: 1 if not given.
    #[serde(default = "whole")]
    pub share: f32,
    /// Frames that it remembers.
    pub memory: u32,
    /// Logits of a window that sounds as the voice usually does, one a label.
    pub offset: Vec<i32>,
}

/// A judgement that is made against the baseline alone.
fn whole() -> f32 {
    1.0
}

impl Manifest {
    /// Parses and checks `model.toml`.
    ///
    /// # Errors
    /// [`ModelError::Syntax`], or [`ModelError::Field`] that names the field.
    pub fn parse(text: &str) -> Result<Self, ModelError> {
        let manifest: Self = toml::from_str(text).map_err(|error| ModelError::Syntax {
            file: "model.toml".into(),
            reason: error.message().to_owned(),
        })?;
        manifest.check()?;
        Ok(manifest)
    }

    fn check(&self) -> Result<(), ModelError> {
        expect_eq("format", &self.format, &1)?;
        self.check_texts()?;
        self.check_features()?;
        self.check_quantization()?;
        let DecisionRule {
            temperature,
            uncertain_below,
            smoothing,
            margin,
            little_speech,
            unknown_voice,
        } = self.decision;
        in_range("decision.temperature", temperature, 0.01, 100.0)?;
        in_range("decision.uncertain_below", uncertain_below, 0.0, 1.0)?;
        in_range("decision.smoothing", smoothing, 0.01, 1.0)?;
        in_range("decision.margin", margin, 0.0, 1.0)?;
        in_range("decision.little_speech", little_speech, 0.0, 100.0)?;
        in_range("decision.unknown_voice", unknown_voice, 0.0, 100.0)?;
        self.check_labels()?;
        self.check_baseline()
    }

    /// Texts are printed, in the log and on terminals.
    fn check_texts(&self) -> Result<(), ModelError> {
        let one = std::slice::from_ref;
        let texts = [
            ("name", one(&self.name)),
            ("version", one(&self.version)),
            ("licence", one(&self.licence)),
            ("network.file", one(&self.network.file)),
            ("training_data", &self.training_data),
            ("labels", &self.labels),
        ];
        for (field, texts) in texts {
            if let Some(text) = texts.iter().find(|text| cleaned(text) != **text) {
                let reason = format!("holds {text:?}, which a terminal would obey");
                return Err(ModelError::Field { field, reason });
            }
        }
        Ok(())
    }

    fn check_quantization(&self) -> Result<(), ModelError> {
        let field = "network.logit_scale";
        let reason = match (self.network.quantization, self.network.logit_scale) {
            (Quantization::Float32, None) => return Ok(()),
            (Quantization::Int8, Some(scale)) => {
                in_range(field, scale, 1e-9, 1.0)?;
                if self.window.is_some() {
                    return Ok(());
                }
                let reason = "is \"int8\"; a network over averages reads floats".into();
                let field = "network.quantization";
                return Err(ModelError::Field { field, reason });
            }
            (Quantization::Float32, Some(_)) => "must not be there: the logits are floats",
            (Quantization::Int8, None) => "is missing: the logits are integers",
        };
        let reason = reason.into();
        Err(ModelError::Field { field, reason })
    }

    fn check_features(&self) -> Result<(), ModelError> {
        if !FRONT_ENDS.contains(&self.features.set) {
            let names = FRONT_ENDS.map(|set| format!("{:?}", set.name()));
            let found = self.features.set.name();
            return Err(ModelError::Field {
                field: "features.set",
                reason: format!("is {found:?}; a network is given {}", names.join(" or ")),
            });
        }
        self.features.check()?;
        self.check_window()
    }

    fn check_window(&self) -> Result<(), ModelError> {
        let over_frames = self.features.step().is_some();
        let reason = match self.window {
            Some(Window { frames, hop }) if over_frames => {
                in_range("window.frames", frames as f32, 1.0, 4096.0)?;
                return in_range("window.hop", hop as f32, 1.0, frames as f32);
            }
            None if !over_frames => return Ok(()),
            Some(_) => "must not be there: these features are of a whole recording",
            None => "is missing",
        };
        let (field, reason) = ("window", reason.into());
        Err(ModelError::Field { field, reason })
    }

    fn check_baseline(&self) -> Result<(), ModelError> {
        let Some(rule) = &self.baseline else {
            return Ok(());
        };
        in_range("baseline.prior", rule.prior as f32, 1.0, 1e6)?;
        in_range("baseline.share", rule.share, 0.01, 1.0)?;
        in_range("baseline.memory", rule.memory as f32, 1.0, 1e6)?;
        let (labels, offsets) = (self.labels.len(), rule.offset.len());
        let (field, reason) = if offsets != labels {
            let reason = format!("has {offsets} values; there are {labels} labels");
            ("baseline.offset", reason)
        } else if self.network.quantization != Quantization::Int8 {
            let reason = "is there; only networks of integers know voices".into();
            ("baseline", reason)
        } else {
            return Ok(());
        };
        Err(ModelError::Field { field, reason })
    }

    /// Returns the number of the network's outputs: a logit a label, or two where it
    /// knows voices.
    pub fn rows(&self) -> usize {
        let rows_per_label = if self.baseline.is_some() { 2 } else { 1 };
        self.labels.len() * rows_per_label
    }

    /// Returns the shape of the network's input, with a batch of one.
    pub(super) fn input_shape(&self) -> Vec<usize> {
        match self.window {
            Some(window) => vec![1, 1, window.frames, self.features.bands],
            None => vec![1, self.features.bands],
        }
    }

    fn check_labels(&self) -> Result<(), ModelError> {
        let reserved = ["silence", "uncertain"];
        let bad = self.labels.iter().enumerate().find(|(index, label)| {
            label.is_empty()
                || reserved.contains(&label.as_str())
                || self.labels[..*index].contains(label)
        });
        match bad {
            Some((_, label)) => Err(ModelError::Field {
                field: "labels",
                reason: format!("holds {label:?}, which is empty, reserved or there twice"),
            }),
            None if self.labels.len() < 2 => Err(ModelError::Field {
                field: "labels",
                reason: "must name at least two emotions".into(),
            }),
            None => Ok(()),
        }
    }
}

fn expect_eq<T: PartialEq + std::fmt::Debug>(
    field: &'static str,
    found: &T,
    built_in: &T,
) -> Result<(), ModelError> {
    if found == built_in {
        return Ok(());
    }
    let reason = format!("is {found:?}; this program has {built_in:?}");
    Err(ModelError::Field { field, reason })
}

fn in_range(field: &'static str, found: f32, low: f32, high: f32) -> Result<(), ModelError> {
    if (low..=high).contains(&found) {
        return Ok(());
    }
    let reason = format!("is {found}; it must lie in {low} to {high}");
    Err(ModelError::Field { field, reason })
}

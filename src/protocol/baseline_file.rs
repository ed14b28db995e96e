//! A baseline as it is stored.

use super::message::ModelName;
use super::report::Report;
use crate::engine::{Baseline, seconds};
use crate::error::{Class, Classified};
use crate::model::{BaselineRule, Manifest};
use serde::{Deserialize, Serialize};

/// A baseline with the model whose logits it is of. It holds one number a
/// label, from which no speech can be had back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct BaselineFile {
    /// The model, with which alone it can be used.
    pub model: ModelName,
    /// Loud frames of 16 ms that it rests on.
    pub frames: u32,
    /// Sum of each label's relative logits over those frames, in the network's steps.
    pub sums: Vec<i64>,
}

/// The reason why a stored baseline cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BaselineError {
    /// It is no baseline.
    #[error("this is no baseline of Undertone: {0}; make one with `undertone baseline learn`")]
    Syntax(String),
    /// It is of another network.
    #[error(
        "this baseline is of the model {found} and not of {wanted}; learn it again with this one"
    )]
    OtherModel {
        /// Name and version of its model.
        found: String,
        /// Name and version of the model in use.
        wanted: String,
    },
    /// Its numbers are none that speech could give.
    #[error("this baseline is damaged: its numbers are impossible; learn it again")]
    Impossible,
    /// The model has no use for it.
    #[error("the model {0} knows no voices, so it can use no baseline")]
    NoVoices(String),
}

impl Classified for BaselineError {
    fn class(&self) -> Class {
        match self {
            Self::Syntax(_) | Self::OtherModel { .. } | Self::Impossible => Class::Data,
            Self::NoVoices(_) => Class::Configuration,
        }
    }
}

impl BaselineFile {
    /// Returns what is stored of a baseline that a model learned.
    pub fn new(baseline: &Baseline, manifest: &Manifest) -> Self {
        Self {
            model: ModelName::of(manifest),
            frames: baseline.frames(),
            sums: baseline.sums().to_vec(),
        }
    }

    /// Returns the seconds of speech that it rests on.
    pub fn seconds(&self) -> f64 {
        seconds(self.frames)
    }

    /// Reads a file's text.
    ///
    /// # Errors
    /// [`BaselineError::Syntax`].
    pub fn parse(text: &str) -> Result<Self, BaselineError> {
        match serde_json::from_str(text) {
            Ok(Report::Baseline(file)) => Ok(file),
            Ok(_) => Err(BaselineError::Syntax("it is of another type".into())),
            Err(error) => Err(BaselineError::Syntax(error.to_string())),
        }
    }

    /// Returns the file's text, one line.
    pub fn to_text(&self) -> String {
        Report::Baseline(self.clone()).to_line()
    }

    /// Returns the baseline for a model.
    ///
    /// # Errors
    /// [`BaselineError`] when it is not that model's.
    pub fn baseline(&self, manifest: &Manifest) -> Result<Baseline, BaselineError> {
        let name = |model: &ModelName| format!("{} {}", model.name, model.version);
        let wanted = ModelName::of(manifest);
        let Some(BaselineRule { memory, .. }) = manifest.baseline else {
            return Err(BaselineError::NoVoices(name(&wanted)));
        };
        if self.model.sha256 != wanted.sha256 {
            let (found, wanted) = (name(&self.model), name(&wanted));
            return Err(BaselineError::OtherModel { found, wanted });
        }
        if self.sums.len() != manifest.labels.len() || self.frames > memory {
            return Err(BaselineError::Impossible);
        }
        Baseline::from_sums(self.sums.clone(), self.frames).ok_or(BaselineError::Impossible)
    }
}

//! Errors of models, a sentence each.

use crate::error::{Class, Classified};
use crate::features::SpecError;
use std::io;

/// A fault of a bundle or a network.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// A file of the bundle cannot be read.
    #[error("{file} of the model bundle cannot be read")]
    File {
        /// Name inside the bundle.
        file: String,
        /// Error of the system.
        source: io::Error,
    },
    /// A file of the bundle is no TOML or JSON of the expected form.
    #[error("{file} of the model bundle does not parse: {reason}")]
    Syntax {
        /// Name inside the bundle.
        file: String,
        /// Place and cause.
        reason: String,
    },
    /// The manifest asks for something that this program or this network is not.
    #[error("the model's manifest does not fit: {field} {reason}")]
    Field {
        /// Field, as `table.key`.
        field: &'static str,
        /// Value that it has, and what it must be.
        reason: String,
    },
    /// The manifest asks for features that no network here is given.
    #[error("the model's manifest does not fit: features.{0}")]
    Features(SpecError),
    /// The ONNX file cannot be loaded or planned.
    #[error("the model's network cannot be loaded: {0}")]
    Network(String),
    /// The network failed on an input, which a checked one does not.
    #[error("the model's network failed: {0}")]
    Run(String),
    /// A network that was given as `VGGish` and is none.
    #[error("the VGGish network does not fit: its {0}")]
    Vggish(String),
    /// A model over averages was to hear a microphone or a pipe.
    #[error("the model hears whole recordings only and cannot follow a stream")]
    NoStream,
    /// A baseline was to be used by a model that knows no voices.
    #[error("the model knows no voices, so it can use no baseline; name another with --model DIR")]
    NoVoices,
    /// This build carries no model.
    #[error("this build carries no model; name a bundle with --model DIR")]
    NoneEmbedded,
    /// Golden values were not met.
    #[error("on this machine the model does not give its golden values: {0}")]
    Golden(String),
}

// Not a source: its words are part of this error's own sentence.
impl From<SpecError> for ModelError {
    fn from(error: SpecError) -> Self {
        Self::Features(error)
    }
}

impl Classified for ModelError {
    fn class(&self) -> Class {
        match self {
            // A network that was well at the start and fails later may be well
            // again after another: the service manager is to try it.
            Self::Run(_) => Class::Internal,
            Self::File { .. }
            | Self::Syntax { .. }
            | Self::Field { .. }
            | Self::Features(_)
            | Self::Network(_)
            | Self::Vggish(_)
            | Self::NoStream
            | Self::NoVoices
            | Self::NoneEmbedded
            | Self::Golden(_) => Class::Configuration,
        }
    }
}

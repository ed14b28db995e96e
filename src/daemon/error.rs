//! Reasons for which the service ends.

use crate::audio::AudioError;
use crate::error::{Class, Classified};
use crate::model::ModelError;
use crate::publish::PublishError;

/// The part that has failed for good, in its own words.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DaemonError {
    /// There is no microphone, and has not been for long enough.
    #[error(transparent)]
    Audio(#[from] AudioError),
    /// The network fails.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// Nothing can be written.
    #[error(transparent)]
    Publish(#[from] PublishError),
}

impl Classified for DaemonError {
    fn class(&self) -> Class {
        match self {
            Self::Audio(error) => error.class(),
            Self::Model(error) => error.class(),
            Self::Publish(error) => error.class(),
        }
    }
}

//! The class of an error, and an error's causes in one line.
//!
//! Each module has error types of its own. Who ends because of one, or answers
//! with one, needs to know only its [`Class`].

use serde::{Deserialize, Serialize};
use std::error::Error;
use std::io;

/// Class of an error; its number is the exit code of BSD's `sysexits.h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Class {
    /// Arguments that make no sense.
    Usage = 64,
    /// Audio or labels that are wrong.
    Data = 65,
    /// A file that is not there.
    NoInput = 66,
    /// No microphone to hear.
    Unavailable = 69,
    /// A fault of the program.
    Internal = 70,
    /// Input or output that failed.
    Io = 74,
    /// A microphone that is paused.
    Paused = 75,
    /// A request that the configuration does not allow.
    Denied = 77,
    /// A configuration or a model that is wrong.
    Configuration = 78,
}

impl Class {
    /// The process's exit code.
    pub fn exit_code(self) -> u8 {
        self as u8
    }
}

/// An error that knows its class.
pub trait Classified: Error {
    /// The error's class.
    fn class(&self) -> Class;
}

impl Classified for io::Error {
    fn class(&self) -> Class {
        Class::Io
    }
}

/// Returns an error's sentence and those of its causes, from the outermost on.
pub fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::AudioError;
    use crate::publish::PublishError;

    #[test]
    fn causes_follow_what_they_caused() {
        let cause = io::Error::other("the disk is gone");
        let error = crate::daemon::DaemonError::from(PublishError::Io(cause));
        let sentence = "the output cannot be written: the disk is gone";
        assert_eq!(with_causes(&error), sentence);
        assert_eq!(with_causes(&AudioError::NotFound), "no such file");
    }

    #[test]
    fn classes_are_those_of_the_causes() {
        let error = crate::daemon::DaemonError::from(AudioError::NoDevice("mic".into()));
        assert_eq!(error.class().exit_code(), 69);
        assert_eq!(PublishError::ServerGone.class(), Class::Internal);
    }
}

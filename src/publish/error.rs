//! Failures on the way out.

use crate::error::{Class, Classified};
use std::io;

/// A reason why output could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PublishError {
    /// The reader has closed the output, which is its right.
    #[error("the reader of the output has closed it")]
    Closed,
    /// Writing failed: a full disk, for one.
    #[error("the output cannot be written")]
    Io(#[source] io::Error),
    /// The thread that serves the socket is no more, which is a fault of ours.
    #[error("the thread that serves the socket has ended; start the program again")]
    ServerGone,
}

impl From<io::Error> for PublishError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::Closed,
            _ => Self::Io(error),
        }
    }
}

impl Classified for PublishError {
    fn class(&self) -> Class {
        match self {
            Self::Closed | Self::Io(_) => Class::Io,
            Self::ServerGone => Class::Internal,
        }
    }
}

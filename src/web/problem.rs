//! Answers to what cannot be done: RFC 9457.

use crate::audio::AudioError;
use crate::error::{Class, Classified, with_causes};
use crate::model::ModelError;
use hyper::StatusCode;
use hyper::header::{ALLOW, HeaderName, RETRY_AFTER};

/// A failure as its sentence and the status that goes with it.
#[derive(Debug, thiserror::Error)]
#[error("{detail}")]
pub(super) struct Problem {
    pub status: StatusCode,
    pub detail: String,
    /// The class of the error with which `undertone classify` ends for the same
    /// recording, if a recording was to be classified.
    pub class: Option<Class>,
    /// The header that goes with the status.
    pub header: Option<(HeaderName, &'static str)>,
}

/// `application/problem+json`. Its `type` is left out, which means that the
/// status says what kind it is, and `title` is the status's own.
#[derive(serde::Serialize)]
struct Document<'a> {
    title: &'a str,
    status: u16,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<u8>,
}

/// A reason why a recording has no result.
#[derive(Debug, thiserror::Error)]
pub(super) enum ClipError {
    /// It cannot be read.
    #[error(transparent)]
    Audio(#[from] AudioError),
    /// The network fails.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// It goes on for more than so many seconds.
    #[error("is longer than the {0} s that are accepted here; cut it into shorter recordings")]
    TooLong(u64),
    /// Nobody waits for the answer any more.
    #[error("was given up")]
    Abandoned,
}

impl Problem {
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            status,
            detail: detail.into(),
            class: None,
            header: None,
        }
    }

    /// The sentence of the command line, which names the recording first.
    pub fn of_clip(name: &str, error: &ClipError) -> Self {
        let (status, class) = match error {
            ClipError::Audio(error @ AudioError::NoDecoder(_)) => {
                (StatusCode::SERVICE_UNAVAILABLE, Some(error.class()))
            }
            ClipError::Audio(error) => (StatusCode::UNPROCESSABLE_ENTITY, Some(error.class())),
            // A model that was well when the server started.
            ClipError::Model(_) => (StatusCode::INTERNAL_SERVER_ERROR, Some(Class::Internal)),
            ClipError::TooLong(_) => (StatusCode::PAYLOAD_TOO_LARGE, None),
            ClipError::Abandoned => (StatusCode::REQUEST_TIMEOUT, None),
        };
        Self {
            status,
            detail: format!("{name}: {}", with_causes(error)),
            class,
            header: None,
        }
    }

    /// A method that is not among those of the path.
    pub fn wrong_method(allow: &'static str) -> Self {
        let first = allow.split(", ").next().unwrap_or(allow);
        let detail = format!("only {first} is answered here");
        Self {
            header: Some((ALLOW, allow)),
            ..Self::new(StatusCode::METHOD_NOT_ALLOWED, detail)
        }
    }

    /// What does not fit into memory or time at the moment.
    pub fn busy(what: &str) -> Self {
        let detail = format!("{what}; try again in a moment");
        Self {
            header: Some((RETRY_AFTER, "2")),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, detail)
        }
    }

    /// Returns the document.
    pub fn json(&self) -> Vec<u8> {
        let document = Document {
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            detail: &self.detail,
            code: self.class.map(Class::exit_code),
        };
        // A document of strings and numbers is JSON, always.
        serde_json::to_vec(&document).unwrap_or_default()
    }
}

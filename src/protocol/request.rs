//! Requests of the socket's readers, and answers to them.

use super::status::Status;
use serde::{Deserialize, Serialize};

/// A reader's request. As a line it is the object `{"type":"pause"}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Request {
    /// Close the microphone.
    Pause,
    /// Open the microphone again.
    Resume,
    /// Send the program's figures.
    Status,
    /// Forget the voice that the running baseline is of.
    Forget,
}

/// A line with a request.
#[derive(Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct RequestLine {
    /// The request.
    #[serde(rename = "type")]
    request: Request,
}

/// The answer to a request, for the one who asked alone; a [`Message`] on its
/// way.
///
/// [`Message`]: super::Message
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// It is accepted.
    Ok(Request),
    /// It is refused, for a reason in a sentence.
    Error(String),
    /// The program's figures.
    Status(Status),
}

impl Request {
    /// Reads a reader's line.
    ///
    /// # Errors
    /// A sentence about a line that is no request.
    pub fn parse(line: &[u8]) -> Result<Self, String> {
        let line: Result<RequestLine, _> = serde_json::from_slice(line);
        line.map(|line| line.request).map_err(|_| {
            r#"this is no request; {"type":"pause"}, {"type":"resume"}, {"type":"status"} and {"type":"forget"} are"#
                .into()
        })
    }

    /// Returns the request as JSON with a line's end.
    pub fn to_line(self) -> String {
        // A word is JSON, always.
        serde_json::to_string(&RequestLine { request: self }).unwrap_or_default() + "\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_things_can_be_asked() {
        for (line, request) in [
            (r#"{"type":"pause"}"#, Request::Pause),
            (r#" {"why":1,"type":"resume"} "#, Request::Resume),
            (r#"{"type":"status"}"#, Request::Status),
            (r#"{"type":"forget"}"#, Request::Forget),
        ] {
            assert_eq!(Request::parse(line.as_bytes()), Ok(request));
            assert_eq!(Request::parse(request.to_line().as_bytes()), Ok(request));
        }
        let deep = "[".repeat(4000);
        let wrong = ["", "{}", "pause", r#"{"type":"stop"}"#, "\u{0}", &deep];
        for line in wrong {
            assert!(Request::parse(line.as_bytes()).is_err(), "{line}");
        }
        assert!(Request::parse(&[0xff; 9]).is_err());
    }
}

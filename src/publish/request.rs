//! What readers of the socket may ask, and what they are answered.

use serde::{Deserialize, Serialize};

/// A line that a reader sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Request {
    /// Close the microphone.
    Pause,
    /// Open it again.
    Resume,
    /// Say how it goes.
    Status,
}

/// Who asks, as the system vouches for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// User.
    pub uid: u32,
    /// Primary group.
    pub gid: u32,
}

/// A line that only the reader gets who asked.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Reply {
    /// It will be done; what it changes is an event for everybody.
    Ok {
        /// What was asked.
        request: &'static str,
    },
    /// It will not.
    Error {
        /// Why not, in a sentence.
        error: String,
    },
    /// How it goes.
    Status(Status),
}

/// How the program fares.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Status {
    /// Of the microphone: `open`, `lost` or `paused`.
    pub state: &'static str,
    /// Which microphone.
    pub device: String,
    /// Seconds since the program started.
    pub uptime: f64,
    /// Stream time in seconds.
    pub position: f64,
    /// Samples heard.
    pub samples: u64,
    /// Frames of 16 ms heard.
    pub frames: u64,
    /// Decisions made.
    pub decisions: u64,
    /// Samples lost because the ring was full, or by the driver.
    pub overruns: u64,
    /// Times that the microphone came back.
    pub reconnects: u64,
    /// Readers of the socket.
    pub readers: u64,
    /// Lines that slow readers lost.
    pub dropped: u64,
    /// Readers that were disconnected for what they did or did not.
    pub disconnected: u64,
    /// Milliseconds that the last decisions took.
    pub latency_ms: Latency,
    /// Resident memory in bytes; 0 where the system does not say.
    pub memory: u64,
}

/// How the times of the last 1024 decisions are distributed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Latency {
    /// Half of them are shorter.
    pub p50: f32,
    /// Nine in ten are shorter.
    pub p90: f32,
    /// 99 in a hundred are shorter.
    pub p99: f32,
    /// The longest.
    pub max: f32,
}

impl Request {
    /// Reads a reader's line.
    ///
    /// # Errors
    /// What is wrong with it, in a sentence.
    pub fn parse(line: &[u8]) -> Result<Self, String> {
        serde_json::from_slice(line).map_err(|_| {
            r#"this is no request; {"type":"pause"}, {"type":"resume"} and {"type":"status"} are"#
                .into()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_things_can_be_asked() {
        for (line, request) in [
            (r#"{"type":"pause"}"#, Request::Pause),
            (r#" {"why":1,"type":"resume"} "#, Request::Resume),
            (r#"{"type":"status"}"#, Request::Status),
        ] {
            assert_eq!(Request::parse(line.as_bytes()), Ok(request));
        }
        let deep = "[".repeat(4000);
        let wrong = ["", "{}", "pause", r#"{"type":"stop"}"#, "\u{0}", &deep];
        for line in wrong {
            assert!(Request::parse(line.as_bytes()).is_err(), "{line}");
        }
        assert!(Request::parse(&[0xff; 9]).is_err());
    }
}

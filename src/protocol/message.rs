//! The lines of the event stream, and of the socket that carries it.

use super::decimals;
use super::request::{Reply, Request};
use super::scores::Scores;
use super::status::Status;
use super::{LineType, PROTOCOL};
use crate::model::{Manifest, Window};
use serde::{Deserialize, Serialize};

/// One line of the event stream. On the socket, answers to a reader's requests
/// (`ok`, `error`, `status`) stand between the others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Message {
    /// The first line: program, model and units.
    Hello(Hello),
    /// A window with speech.
    Emotion {
        /// Number of the decision, from 0; shared with `silence`.
        seq: u64,
        /// Stream time of the window's start, in seconds.
        #[serde(serialize_with = "decimals::milli")]
        start: f64,
        /// Stream time of its end, in seconds.
        #[serde(serialize_with = "decimals::milli")]
        end: f64,
        /// The most likely label, or `uncertain`.
        label: String,
        /// Calibrated probability of the most likely label.
        #[serde(serialize_with = "decimals::probability")]
        confidence: f32,
        /// Calibrated probability of every label.
        scores: Scores,
        /// Share of the window that is speech, 0 to 1.
        #[serde(serialize_with = "decimals::hundredth")]
        voice: f32,
        /// RMS level in dBFS.
        #[serde(serialize_with = "decimals::tenth")]
        level: f32,
        /// Seconds of the voice's earlier speech that it was judged against; absent where
        /// it was judged by itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[serde(serialize_with = "decimals::tenth")]
        baseline: Option<f32>,
        /// The smoothed state after it: a label, `uncertain` or `silence`.
        #[serde(default)]
        state: String,
        /// Stream time from which on that is so, in seconds.
        #[serde(default, serialize_with = "decimals::milli")]
        since: f64,
        /// Milliseconds that the decision took.
        #[serde(serialize_with = "decimals::hundredth")]
        inference_ms: f64,
        /// End of the window in UTC, RFC 3339.
        time: String,
    },
    /// A window without speech.
    Silence {
        /// Number of the decision, from 0; shared with `emotion`.
        seq: u64,
        /// Stream time of the window's start, in seconds.
        #[serde(serialize_with = "decimals::milli")]
        start: f64,
        /// Stream time of its end, in seconds.
        #[serde(serialize_with = "decimals::milli")]
        end: f64,
        /// Share of the window that is speech, 0 to 1.
        #[serde(serialize_with = "decimals::hundredth")]
        voice: f32,
        /// RMS level in dBFS.
        #[serde(serialize_with = "decimals::tenth")]
        level: f32,
        /// The smoothed state after it: a label, `uncertain` or `silence`.
        #[serde(default)]
        state: String,
        /// Stream time from which on that is so, in seconds.
        #[serde(default, serialize_with = "decimals::milli")]
        since: f64,
        /// End of the window in UTC, RFC 3339.
        time: String,
    },
    /// A change of the smoothed state.
    Change {
        /// The state before: a label, `uncertain` or `silence`.
        from: String,
        /// The state now.
        to: String,
        /// Stream time from which on that is so, in seconds.
        #[serde(serialize_with = "decimals::milli")]
        since: f64,
        /// Time in UTC, RFC 3339.
        time: String,
    },
    /// An event of the microphone.
    Device {
        /// Its state from now on.
        state: DeviceState,
        /// Name of the microphone.
        device: String,
        /// Samples lost so far because the ring was full, or by the driver.
        overruns: u64,
        /// Reason in a sentence, when something went wrong.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        /// Time in UTC, RFC 3339.
        time: String,
    },
    /// A sign of life, every ten seconds of stream.
    Heartbeat {
        /// Stream time in seconds.
        #[serde(serialize_with = "decimals::milli")]
        position: f64,
        /// Samples lost so far.
        overruns: u64,
        /// The smoothed state: a label, `uncertain` or `silence`.
        #[serde(default)]
        state: String,
        /// Stream time from which on that is so, in seconds.
        #[serde(default, serialize_with = "decimals::milli")]
        since: f64,
        /// Time in UTC, RFC 3339.
        time: String,
    },
    /// A gap in the lines of a reader that was too slow.
    Dropped {
        /// Number of lines that are missing here.
        dropped: u64,
    },
    /// An accepted request; what it changes is an event for everybody.
    Ok {
        /// The request.
        request: Request,
    },
    /// A refused request or a refused connection.
    Error {
        /// Reason in a sentence.
        error: String,
    },
    /// The answer to a request for the program's figures.
    Status(Status),
    /// A line of a type that this version does not know, which readers skip. It
    /// is never sent.
    #[serde(other)]
    #[cfg_attr(test, schemars(skip))]
    Unknown,
}

/// A microphone's state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum DeviceState {
    /// Not tried yet, in a status during the first moments.
    #[default]
    #[serde(rename = "")]
    Untried,
    /// It delivers samples.
    Open,
    /// It delivers none.
    Lost,
    /// It delivers samples, and some were lost.
    Overrun,
    /// It is closed because a reader asked for that.
    Paused,
    /// A state that this version does not know. It is never sent.
    #[serde(other)]
    #[cfg_attr(test, schemars(skip))]
    Unknown,
}

impl DeviceState {
    /// Returns the state's word in the contract.
    pub fn name(self) -> &'static str {
        match self {
            Self::Untried => "",
            Self::Open => "open",
            Self::Lost => "lost",
            Self::Overrun => "overrun",
            Self::Paused => "paused",
            Self::Unknown => "unknown",
        }
    }
}

/// The first line of a stream, and the line that follows a changed configuration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Hello {
    /// Version of the contract.
    pub protocol: u32,
    /// Name of the program.
    pub program: String,
    /// Version of the program.
    pub version: String,
    /// The model that decides.
    pub model: ModelName,
    /// The model's labels.
    pub labels: Vec<String>,
    /// Rate of the stream in hertz.
    pub sample_rate: u32,
    /// Length of a window in seconds.
    pub window: f64,
    /// Seconds from one window to the next.
    pub hop: f64,
    /// Seconds of speech that the baseline of the voice rests on at this time; absent
    /// where every window is judged by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(serialize_with = "decimals::tenth")]
    pub baseline: Option<f64>,
}

/// The name of a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ModelName {
    /// Name in the manifest.
    pub name: String,
    /// Version in the manifest.
    pub version: String,
    /// SHA-256 of the network, in hexadecimal.
    pub sha256: String,
}

impl Message {
    /// Returns the message's type.
    pub fn line_type(&self) -> LineType {
        match self {
            Self::Hello(_) => LineType::Hello,
            Self::Emotion { .. } => LineType::Emotion,
            Self::Silence { .. } => LineType::Silence,
            Self::Change { .. } => LineType::Change,
            Self::Device { .. } => LineType::Device,
            _ => LineType::Other,
        }
    }

    /// Returns true for the answer to a request.
    pub fn is_answer(&self) -> bool {
        matches!(self, Self::Ok { .. } | Self::Error { .. } | Self::Status(_))
    }

    /// Returns the message as JSON with a line's end.
    pub fn to_line(&self) -> String {
        // Strings and numbers are JSON, always.
        serde_json::to_string(self).unwrap_or_default() + "\n"
    }
}

impl From<Reply> for Message {
    fn from(reply: Reply) -> Self {
        match reply {
            Reply::Ok(request) => Self::Ok { request },
            Reply::Error(error) => Self::Error { error },
            Reply::Status(status) => Self::Status(status),
        }
    }
}

impl ModelName {
    /// Returns the name of a bundle's model.
    pub fn of(manifest: &Manifest) -> Self {
        Self {
            name: manifest.name.clone(),
            version: manifest.version.clone(),
            sha256: manifest.network.sha256.clone(),
        }
    }
}

impl Hello {
    /// Returns the introduction of a stream of decisions by a model.
    pub fn new(manifest: &Manifest, window: Window, baseline: Option<f64>) -> Self {
        let frame = manifest.features.hop as f64 / f64::from(manifest.features.sample_rate);
        Self {
            protocol: PROTOCOL,
            program: env!("CARGO_PKG_NAME").into(),
            version: env!("CARGO_PKG_VERSION").into(),
            model: ModelName::of(manifest),
            labels: manifest.labels.clone(),
            sample_rate: manifest.features.sample_rate,
            window: window.frames as f64 * frame,
            hop: window.hop as f64 * frame,
            baseline,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_types_keys_and_states_are_tolerated() {
        let read = |line: &str| serde_json::from_str::<Message>(line).unwrap();
        let novelty = r#"{"type":"novelty","level":{"deep":[1]}}"#;
        assert_eq!(read(novelty), Message::Unknown);
        let dropped = r#"{"type":"dropped","why":null,"dropped":3}"#;
        assert_eq!(read(dropped), Message::Dropped { dropped: 3 });
        let device = r#"{"type":"device","state":"muted","device":"mic","overruns":0,"time":"T"}"#;
        let Message::Device { state, reason, .. } = read(device) else {
            panic!("a device line");
        };
        assert_eq!((state, reason), (DeviceState::Unknown, None));
    }

    #[test]
    fn what_breaks_the_contract_is_no_message() {
        for line in ["", "7", "{}", r#"{"type":7}"#, r#"{"type":"dropped"}"#] {
            assert!(serde_json::from_str::<Message>(line).is_err(), "{line}");
        }
    }

    #[test]
    fn states_are_called_what_they_are_written_as() {
        use DeviceState::{Lost, Open, Overrun, Paused, Untried};
        for state in [Untried, Open, Lost, Overrun, Paused] {
            assert_eq!(serde_json::to_value(state).unwrap(), state.name());
        }
    }
}

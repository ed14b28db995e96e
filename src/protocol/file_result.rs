//! Results of recordings.

use super::scores::Scores;
use serde::{Deserialize, Serialize};

/// The result of a recording.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FileResult {
    /// Path or name of the recording.
    pub file: String,
    /// The most likely label, `uncertain`, or `silence`.
    pub label: String,
    /// Calibrated probability of the most likely label.
    pub confidence: f32,
    /// Calibrated probability of every label.
    pub scores: Scores,
    /// Length in seconds.
    pub duration: f64,
    /// Packets that do not decode and were skipped, if there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub damaged_packets: Option<u64>,
    /// Samples a channel that the header promises and the file does not hold, if
    /// there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing_samples: Option<u64>,
    /// Samples a channel beyond those that the header states, if there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undeclared_samples: Option<u64>,
    /// Bytes among the audio or behind it that are none, if there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skipped_bytes: Option<u64>,
    /// Samples for which the loudest channel stands, because the mean of the channels
    /// had cancelled them, if there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancelled_samples: Option<u64>,
    /// Further tracks with sound that were not read, if there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_tracks: Option<u64>,
    /// What was taken for true where the header contradicts itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assumed: Option<String>,
    /// Number of the channel, from 1, where each is heard by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<u16>,
    /// Every window, if asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub windows: Option<Vec<FileWindow>>,
}

/// One window of a recording.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FileWindow {
    /// Start in seconds.
    pub start: f64,
    /// End in seconds.
    pub end: f64,
    /// The most likely label, `uncertain`, or `silence`.
    pub label: String,
    /// Calibrated probability of every label.
    pub scores: Scores,
}

/// The failure of a recording.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FileError {
    /// Path or name of the recording.
    pub file: String,
    /// The sentence that stands on stderr.
    pub error: String,
    /// The exit code for it.
    pub code: u8,
}

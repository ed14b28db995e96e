//! The figures of a running program.

use super::decimals;
use super::message::DeviceState;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// State and counts of a running program, since its start.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Status {
    /// State of the microphone: open, lost or paused.
    pub state: DeviceState,
    /// Name of the microphone.
    pub device: String,
    /// Seconds since the program started.
    #[serde(serialize_with = "decimals::milli")]
    pub uptime: f64,
    /// Stream time in seconds.
    #[serde(serialize_with = "decimals::milli")]
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
    /// Readers of the socket at the moment.
    pub readers: u64,
    /// Lines that slow readers lost.
    pub dropped: u64,
    /// Readers that were disconnected for what they did or did not.
    pub disconnected: u64,
    /// Milliseconds that the last decisions took.
    pub latency_ms: Latency,
    /// What is heard: a label, `uncertain` or `silence`, smoothed. `state` is the
    /// microphone's.
    #[serde(default)]
    pub heard: String,
    /// Stream time from which on that is so, in seconds.
    #[serde(default, serialize_with = "decimals::milli")]
    pub since: f64,
    /// Confidence of the last decision with speech; absent before there is one.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        serialize_with = "decimals::probability"
    )]
    pub confidence: Option<f32>,
    /// What was heard since the start, by label, `uncertain` and `silence`.
    #[serde(default)]
    pub labels: BTreeMap<String, Heard>,
    /// Resident memory in bytes; 0 where the system does not say.
    pub memory: u64,
    /// Seconds of speech that the baseline of the voice rests on; absent where every
    /// window is judged by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(serialize_with = "decimals::tenth")]
    pub baseline: Option<f64>,
}

/// How much of a label was heard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Heard {
    /// Decisions for it.
    pub decisions: u64,
    /// Seconds of stream in which it was the smoothed state.
    #[serde(serialize_with = "decimals::milli")]
    pub seconds: f64,
}

/// Quantiles of the times of the last 1024 decisions, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Latency {
    /// Median.
    #[serde(serialize_with = "decimals::hundredth")]
    pub p50: f32,
    /// 90th percentile.
    #[serde(serialize_with = "decimals::hundredth")]
    pub p90: f32,
    /// 99th percentile.
    #[serde(serialize_with = "decimals::hundredth")]
    pub p99: f32,
    /// Maximum.
    #[serde(serialize_with = "decimals::hundredth")]
    pub max: f32,
}

//! The figures of a running program.

use super::message::DeviceState;
use serde::{Deserialize, Serialize};

/// State and counts of a running program, since its start.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Status {
    /// State of the microphone: open, lost or paused.
    pub state: DeviceState,
    /// Name of the microphone.
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
    /// Readers of the socket at the moment.
    pub readers: u64,
    /// Lines that slow readers lost.
    pub dropped: u64,
    /// Readers that were disconnected for what they did or did not.
    pub disconnected: u64,
    /// Milliseconds that the last decisions took.
    pub latency_ms: Latency,
    /// Resident memory in bytes; 0 where the system does not say.
    pub memory: u64,
    /// Seconds of speech that the baseline of the voice rests on; absent where every
    /// window is judged by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<f64>,
}

/// Quantiles of the times of the last 1024 decisions, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Latency {
    /// Median.
    pub p50: f32,
    /// 90th percentile.
    pub p90: f32,
    /// 99th percentile.
    pub p99: f32,
    /// Maximum.
    pub max: f32,
}

//! The JSON objects that the program prints; `docs/protocol.md` is their
//! schema for readers.

use crate::audio::Damage;
use crate::engine::{ClipResult, Emotion, Event, Silence, State};
use crate::model::{Manifest, Window};
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::sync::Arc;

/// Version of the event contract.
pub const PROTOCOL: u32 = 1;

/// One line of the event stream.
#[derive(Debug, serde::Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Message {
    /// The first line: who speaks, and in what units.
    Hello(Hello),
    /// A window with speech.
    Emotion {
        /// Counts decisions.
        seq: u64,
        /// Stream time of the window's start, in seconds.
        start: f64,
        /// Stream time of its end.
        end: f64,
        /// The most likely label, or `uncertain`.
        label: String,
        /// Calibrated probability of the most likely label.
        confidence: f32,
        /// Probability of every label.
        scores: Scores,
        /// Share of the window that is speech.
        voice: f32,
        /// Level in dBFS.
        level: f32,
        /// Milliseconds that the decision took.
        inference_ms: f64,
        /// When the window ended, UTC.
        time: String,
    },
    /// A window without speech.
    Silence {
        /// Counts decisions.
        seq: u64,
        /// Stream time of the window's start, in seconds.
        start: f64,
        /// Stream time of its end.
        end: f64,
        /// Share of the window that is speech.
        voice: f32,
        /// Level in dBFS.
        level: f32,
        /// When the window ended, UTC.
        time: String,
    },
    /// The smoothed state changed.
    Change {
        /// What it was.
        from: String,
        /// What it is.
        to: String,
        /// Stream time since which, in seconds.
        since: f64,
        /// UTC.
        time: String,
    },
    /// Something happened to the microphone.
    Device {
        /// What.
        state: DeviceState,
        /// Which.
        device: String,
        /// Samples lost so far because the ring was full, or by the driver.
        overruns: u64,
        /// In words, when something went wrong.
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        /// UTC.
        time: String,
    },
    /// The program is alive; every ten seconds of stream.
    Heartbeat {
        /// Stream time in seconds.
        position: f64,
        /// Samples lost so far.
        overruns: u64,
        /// UTC.
        time: String,
    },
}

/// What can happen to a microphone.
#[derive(Clone, Copy, Debug, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DeviceState {
    /// It delivers.
    Open,
    /// It does so no longer.
    Lost,
    /// It does, and samples were lost.
    Overrun,
    /// A reader has asked that it be closed.
    Paused,
}

/// The first line of a stream.
#[derive(Debug, serde::Serialize)]
pub struct Hello {
    protocol: u32,
    program: &'static str,
    version: &'static str,
    model: ModelName,
    labels: Vec<String>,
    sample_rate: u32,
    window: f64,
    hop: f64,
}

/// Which model speaks.
#[derive(Debug, serde::Serialize)]
pub struct ModelName {
    name: String,
    version: String,
    sha256: String,
}

impl ModelName {
    /// The model of a manifest.
    pub fn of(manifest: &Manifest) -> Self {
        Self {
            name: manifest.name.clone(),
            version: manifest.version.clone(),
            sha256: manifest.network.sha256.clone(),
        }
    }
}

impl Hello {
    /// Introduces a stream of decisions by a model.
    pub fn new(manifest: &Manifest, window: Window) -> Self {
        let frame = manifest.features.hop as f64 / f64::from(manifest.features.sample_rate);
        Self {
            protocol: PROTOCOL,
            program: env!("CARGO_PKG_NAME"),
            version: env!("CARGO_PKG_VERSION"),
            model: ModelName::of(manifest),
            labels: manifest.labels.clone(),
            sample_rate: manifest.features.sample_rate,
            window: window.frames as f64 * frame,
            hop: window.hop as f64 * frame,
        }
    }
}

/// Gives the engine's events their names.
#[derive(Clone)]
pub struct StreamNames {
    labels: Arc<[String]>,
}

impl StreamNames {
    /// With the labels of a model.
    pub fn new(manifest: &Manifest) -> Self {
        Self {
            labels: manifest.labels.clone().into(),
        }
    }

    /// The message for an event that ended at `time` (UTC) and whose decision
    /// took so many milliseconds.
    pub fn message(&self, event: Event, inference_ms: f64, time: String) -> Message {
        match event {
            Event::Emotion(Emotion {
                hearing,
                state,
                confidence,
                scores,
            }) => Message::Emotion {
                seq: hearing.seq,
                start: hearing.start,
                end: hearing.end,
                label: state_name(state, &self.labels).into(),
                confidence,
                scores: self.scores(scores),
                voice: hearing.voice,
                level: hearing.level,
                inference_ms,
                time,
            },
            Event::Silence(Silence { hearing }) => Message::Silence {
                seq: hearing.seq,
                start: hearing.start,
                end: hearing.end,
                voice: hearing.voice,
                level: hearing.level,
                time,
            },
            Event::Change(change) => Message::Change {
                from: state_name(change.from, &self.labels).into(),
                to: state_name(change.to, &self.labels).into(),
                since: change.since,
                time,
            },
        }
    }

    fn scores(&self, values: Vec<f32>) -> Scores {
        Scores {
            labels: self.labels.clone(),
            values,
        }
    }

    /// The object for a recording and what that lacked; with its windows if
    /// asked.
    pub fn file_result(
        &self,
        file: String,
        result: ClipResult,
        damage: Damage,
        timeline: bool,
    ) -> FileResult {
        let windows = timeline.then(|| {
            let windows = result.windows.into_iter();
            windows
                .map(|window| FileWindow {
                    start: window.start,
                    end: window.end,
                    label: state_name(window.state, &self.labels).into(),
                    scores: self.scores(window.scores),
                })
                .collect()
        });
        FileResult {
            kind: "result",
            file,
            label: state_name(result.state, &self.labels).into(),
            confidence: result.confidence,
            scores: self.scores(result.scores),
            duration: result.duration,
            damaged_packets: (damage.packets > 0).then_some(damage.packets),
            missing_samples: (damage.missing > 0).then_some(damage.missing),
            windows,
        }
    }
}

/// What a state is called.
pub fn state_name(state: State, labels: &[String]) -> &str {
    match state {
        State::Silence => "silence",
        State::Uncertain => "uncertain",
        State::Emotion(label) => &labels[label],
    }
}

/// Scores by label, printed as one object in the model's order.
#[derive(Debug)]
pub struct Scores {
    labels: Arc<[String]>,
    values: Vec<f32>,
}

impl Serialize for Scores {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.values.len()))?;
        for (label, value) in self.labels.iter().zip(&self.values) {
            map.serialize_entry(label, value)?;
        }
        map.end()
    }
}

/// What `classify` prints of a recording.
#[derive(Debug, serde::Serialize)]
pub struct FileResult {
    #[serde(rename = "type")]
    kind: &'static str,
    file: String,
    label: String,
    confidence: f32,
    scores: Scores,
    duration: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    damaged_packets: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    missing_samples: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    windows: Option<Vec<FileWindow>>,
}

#[derive(Debug, serde::Serialize)]
struct FileWindow {
    start: f64,
    end: f64,
    label: String,
    scores: Scores,
}

/// What `classify` prints of a file that could not be read.
#[derive(Debug, serde::Serialize)]
pub struct FileError {
    #[serde(rename = "type")]
    kind: &'static str,
    file: String,
    error: String,
    code: u8,
}

impl FileError {
    /// With the sentence that stands on stderr and its exit code.
    pub fn new(file: String, error: String, code: u8) -> Self {
        Self {
            kind: "error",
            file,
            error,
            code,
        }
    }
}

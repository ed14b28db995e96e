//! From the engine's events and results, which number labels, to messages, which
//! name them.

use super::decimals::Decimals;
use super::file_result::{FileResult, FileWindow};
use super::message::Message;
use super::scores::Scores;
use crate::audio::Damage;
use crate::engine::{ClipResult, Emotion, Event, Silence, SpeechState};
use crate::model::Manifest;
use std::sync::Arc;

/// The labels of a model, by which events get their names.
#[derive(Clone)]
pub struct StreamNames {
    labels: Arc<[String]>,
}

impl StreamNames {
    /// Names by the labels of a model.
    pub fn new(manifest: &Manifest) -> Self {
        let labels = manifest.labels.clone().into();
        Self { labels }
    }

    /// Returns the message for an event that ended at `time` (UTC, RFC 3339) and
    /// whose decision took so many milliseconds.
    pub fn message(&self, event: Event, inference_ms: f64, time: String) -> Message {
        match event {
            Event::Emotion(Emotion {
                window,
                state,
                confidence,
                scores,
                baseline,
            }) => Message::Emotion {
                seq: window.seq,
                start: window.start,
                end: window.end,
                label: self.name(state),
                confidence,
                scores: self.scores(&scores),
                voice: window.voice,
                level: window.level,
                baseline,
                state: self.name(window.smoothed.state),
                since: window.smoothed.since,
                inference_ms,
                time,
            },
            Event::Silence(Silence { window }) => Message::Silence {
                seq: window.seq,
                start: window.start,
                end: window.end,
                voice: window.voice,
                level: window.level,
                state: self.name(window.smoothed.state),
                since: window.smoothed.since,
                time,
            },
            Event::Change(change) => Message::Change {
                from: self.name(change.from),
                to: self.name(change.to),
                since: change.since,
                time,
            },
        }
    }

    /// Returns the object for a recording and its damage; with its windows if
    /// asked. Its numbers are those that are written, so that what is made of them is the
    /// same by way of JSON.
    pub fn file_result(
        &self,
        file: String,
        result: &ClipResult,
        damage: &Damage,
        timeline: bool,
    ) -> FileResult {
        let windows = result.windows.iter().map(|window| FileWindow {
            start: window.start.decimals(3),
            end: window.end.decimals(3),
            label: self.name(window.state),
            scores: self.scores(&window.scores),
        });
        let some = |count: u64| (count > 0).then_some(count);
        FileResult {
            file,
            label: self.name(result.state),
            confidence: result.confidence.decimals(4),
            scores: self.scores(&result.scores),
            duration: result.duration.decimals(3),
            damaged_packets: some(damage.packets),
            missing_samples: some(damage.missing),
            undeclared_samples: some(damage.undeclared),
            skipped_bytes: some(damage.skipped_bytes),
            cancelled_samples: some(damage.cancelled),
            other_tracks: some(damage.other_tracks),
            assumed: damage.assumed.clone(),
            channel: None,
            windows: timeline.then(|| windows.collect()),
        }
    }

    /// Returns the names of all states.
    pub fn all(&self) -> impl Iterator<Item = String> {
        let others = [SpeechState::Uncertain, SpeechState::Silence];
        let others = others.map(|state| self.name(state));
        self.labels.iter().cloned().chain(others)
    }

    /// Returns a state's name: a label, `uncertain` or `silence`.
    pub fn name(&self, state: SpeechState) -> String {
        state_name(state, &self.labels).into()
    }

    fn scores(&self, values: &[f32]) -> Scores {
        let values = values.iter().map(|score| score.decimals(4));
        self.labels.iter().cloned().zip(values).collect()
    }
}

/// The label of where nobody speaks.
pub(super) const SILENCE: &str = "silence";

/// Returns a state's name: a label, `uncertain` or `silence`.
pub fn state_name(state: SpeechState, labels: &[String]) -> &str {
    match state {
        SpeechState::Silence => SILENCE,
        SpeechState::Uncertain => "uncertain",
        SpeechState::Emotion(label) => &labels[label],
    }
}

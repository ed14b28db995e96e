//! The events of a stream.

use super::softmax::top;

/// One word for what is heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpeechState {
    /// Nobody speaks.
    Silence,
    /// Somebody speaks, and no emotion is likely enough.
    Uncertain,
    /// The label at this place in the model's manifest.
    Emotion(usize),
}

impl SpeechState {
    /// Returns the state that scores stand for, and their confidence.
    pub(super) fn of(scores: &[f32], uncertain_below: f32) -> (Self, f32) {
        let (best, confidence) = top(scores);
        let state = if confidence < uncertain_below {
            Self::Uncertain
        } else {
            Self::Emotion(best)
        };
        (state, confidence)
    }
}

/// The smoothed state of a stream.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Smoothed {
    /// What is heard.
    pub state: SpeechState,
    /// Stream time in seconds from which on that is so.
    pub since: f64,
}

/// A window that was decided on. Times are stream time in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WindowInfo {
    /// Number of the decision, from 0.
    pub seq: u64,
    /// Start of the window.
    pub start: f64,
    /// End of the window.
    pub end: f64,
    /// Share of the window in which somebody speaks, 0 to 1.
    pub voice: f32,
    /// Root-mean-square level since the last decision, in dB below full scale.
    pub level: f32,
    /// The smoothed state after the decision.
    pub smoothed: Smoothed,
}

/// A window with speech in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Emotion {
    /// The window.
    pub window: WindowInfo,
    /// The most likely label, or [`SpeechState::Uncertain`].
    pub state: SpeechState,
    /// Calibrated probability of the most likely label.
    pub confidence: f32,
    /// Calibrated probability of each label; they sum to 1.
    pub scores: Vec<f32>,
    /// Seconds of the voice's earlier speech that the window was judged against; `None`
    /// where it was judged by itself.
    pub baseline: Option<f32>,
}

/// A window without speech: the network was not asked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Silence {
    /// The window.
    pub window: WindowInfo,
}

/// The smoothed state is another than before.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Change {
    /// The state before.
    pub from: SpeechState,
    /// The state now.
    pub to: SpeechState,
    /// Stream time in seconds from which on that is so.
    pub since: f64,
}

/// One event of the stream.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// At each hop with speech.
    Emotion(Emotion),
    /// At each hop without.
    Silence(Silence),
    /// After the decision that brought it.
    Change(Change),
}

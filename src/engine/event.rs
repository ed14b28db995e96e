//! What the engine has to say.

use super::softmax::top;

/// What is heard, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nobody speaks.
    Silence,
    /// Somebody speaks, and no emotion is likely enough.
    Uncertain,
    /// The label at this place in the model's manifest.
    Emotion(usize),
}

impl State {
    /// What scores say, and how surely.
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

/// What every decision knows of its window. Times are stream time in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hearing {
    /// Counts decisions, from 0.
    pub seq: u64,
    /// Where the window begins.
    pub start: f64,
    /// Where the window ends.
    pub end: f64,
    /// Share of the window in which somebody speaks, 0 to 1.
    pub voice: f32,
    /// Root-mean-square level since the last decision, in dB below full scale.
    pub level: f32,
}

/// A window with speech in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Emotion {
    /// Where and how loud.
    pub hearing: Hearing,
    /// The most likely label, or [`State::Uncertain`].
    pub state: State,
    /// Calibrated probability of the most likely label.
    pub confidence: f32,
    /// Calibrated probability of each label; they sum to 1.
    pub scores: Vec<f32>,
}

/// A window without speech: the network was not asked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Silence {
    /// Where and how loud.
    pub hearing: Hearing,
}

/// The smoothed state is another than before.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Change {
    /// What it was.
    pub from: State,
    /// What it is now.
    pub to: State,
    /// Stream time in seconds since which it is that.
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

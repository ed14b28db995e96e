//! A whole recording as one answer: the mean over its windows.

use super::Engine;
use super::engine::BLOCK;
use super::event::{Event, SpeechState};
use crate::SAMPLE_RATE;
use crate::audio::Pcm;
use crate::model::ModelError;

/// One window of a recording.
#[derive(Clone, Debug, PartialEq)]
pub struct ClipWindow {
    /// Its start, in seconds.
    pub start: f64,
    /// Its end.
    pub end: f64,
    /// The state that it is in.
    pub state: SpeechState,
    /// Probability of each label; all zero where nobody speaks.
    pub scores: Vec<f32>,
}

impl ClipWindow {
    /// Returns the largest probability of a label; 0 where nobody speaks.
    pub fn confidence(&self) -> f32 {
        self.scores.iter().copied().fold(0.0, f32::max)
    }
}

/// The answer to a recording.
#[derive(Clone, Debug, PartialEq)]
pub struct ClipResult {
    /// The label with the largest mean score, [`SpeechState::Uncertain`] below the
    /// threshold, [`SpeechState::Silence`] when nobody speaks in any window.
    pub state: SpeechState,
    /// The largest mean score.
    pub confidence: f32,
    /// Mean over the windows with speech; all zero when there is none.
    pub scores: Vec<f32>,
    /// Seconds.
    pub duration: f64,
    /// Every window, in order.
    pub windows: Vec<ClipWindow>,
}

/// Hops through a recording as [`ClipClassifier`](super::ClipClassifier)
/// documents.
pub(super) fn classify_windows<E: From<ModelError>>(
    engine: &mut Engine,
    mut read: impl FnMut(&mut Vec<Pcm>) -> Result<bool, E>,
) -> Result<ClipResult, E> {
    engine.reset();
    let labels = engine.model().manifest().labels.len();
    let frames = engine.window().frames;
    let mut windows = Vec::new();
    let mut on_event = |event| windows.extend(window_of(event, labels));
    let (mut chunk, mut more) = (Vec::new(), true);
    while more && chunk.len() < whole_window(frames) {
        more = read(&mut chunk)?;
    }
    let mut samples = chunk.len() as u64;
    let (before, after) = padding(frames, chunk.len());
    engine.push(&vec![0; before], &mut on_event)?;
    engine.push(&chunk, &mut on_event)?;
    engine.push(&vec![0; after], &mut on_event)?;
    while more {
        chunk.clear();
        more = read(&mut chunk)?;
        samples += chunk.len() as u64;
        engine.push(&chunk, &mut on_event)?;
    }
    engine.finish(&mut on_event)?;
    let duration = samples as f64 / f64::from(SAMPLE_RATE);
    Ok(summarise(engine, windows, duration))
}

/// Returns the fewest samples that fill a window of so many frames.
pub fn whole_window(frames: usize) -> usize {
    (frames - 1) * BLOCK
}

/// Returns the zeros before and after a recording that lay it in the middle of a
/// window of so many frames; none for one that fills it.
pub fn padding(frames: usize, samples: usize) -> (usize, usize) {
    let Some(missing) = whole_window(frames).checked_sub(samples) else {
        return (0, 0);
    };
    // Whole blocks before it, so that its own begin with it.
    let before = (frames - 1 - samples / BLOCK) / 2 * BLOCK;
    (before, missing - before)
}

fn window_of(event: Event, labels: usize) -> Option<ClipWindow> {
    match event {
        Event::Emotion(emotion) => Some(ClipWindow {
            start: emotion.window.start,
            end: emotion.window.end,
            state: emotion.state,
            scores: emotion.scores,
        }),
        Event::Silence(silence) => Some(ClipWindow {
            start: silence.window.start,
            end: silence.window.end,
            state: SpeechState::Silence,
            scores: vec![0.0; labels],
        }),
        Event::Change(_) => None,
    }
}

fn summarise(engine: &Engine, windows: Vec<ClipWindow>, duration: f64) -> ClipResult {
    let mut scores = vec![0.0; engine.model().manifest().labels.len()];
    let spoken = windows
        .iter()
        .filter(|window| window.state != SpeechState::Silence);
    let count = spoken.clone().count();
    for window in spoken {
        for (sum, score) in scores.iter_mut().zip(&window.scores) {
            *sum += score / count as f32;
        }
    }
    let (state, confidence) = match count {
        0 => (SpeechState::Silence, 0.0),
        _ => engine.state_of(&scores),
    };
    ClipResult {
        state,
        confidence,
        scores,
        duration,
        windows,
    }
}

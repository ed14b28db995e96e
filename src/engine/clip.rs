//! A whole recording as one answer: the mean over its windows.

use super::Engine;
use super::event::{Event, State};
use super::stream::BLOCK;
use crate::SAMPLE_RATE;
use crate::audio::Pcm;
use crate::model::ModelError;

/// One window of a recording.
#[derive(Clone, Debug, PartialEq)]
pub struct ClipWindow {
    /// Where it begins, in seconds.
    pub start: f64,
    /// Where it ends.
    pub end: f64,
    /// What is heard in it.
    pub state: State,
    /// Probability of each label; all zero where nobody speaks.
    pub scores: Vec<f32>,
}

/// What a recording holds.
#[derive(Clone, Debug, PartialEq)]
pub struct ClipResult {
    /// The label with the largest mean score, [`State::Uncertain`] below the
    /// threshold, [`State::Silence`] when nobody speaks in any window.
    pub state: State,
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
    // The fewest samples that fill a window with frames.
    let whole = (frames - 1) * BLOCK;
    let mut windows = Vec::new();
    let mut on_event = |event| windows.extend(window_of(event, labels));
    let mut chunk = Vec::new();
    let mut more = true;
    while more && chunk.len() < whole {
        more = read(&mut chunk)?;
    }
    let mut samples = chunk.len() as u64;
    if chunk.len() < whole {
        let before = (frames - 1 - chunk.len() / BLOCK) / 2 * BLOCK;
        let after = whole - before - chunk.len();
        engine.push(&vec![0; before], &mut on_event)?;
        engine.push(&chunk, &mut on_event)?;
        engine.push(&vec![0; after], &mut on_event)?;
    } else {
        engine.push(&chunk, &mut on_event)?;
    }
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

fn window_of(event: Event, labels: usize) -> Option<ClipWindow> {
    match event {
        Event::Emotion(emotion) => Some(ClipWindow {
            start: emotion.hearing.start,
            end: emotion.hearing.end,
            state: emotion.state,
            scores: emotion.scores,
        }),
        Event::Silence(silence) => Some(ClipWindow {
            start: silence.hearing.start,
            end: silence.hearing.end,
            state: State::Silence,
            scores: vec![0.0; labels],
        }),
        Event::Change(_) => None,
    }
}

fn summarise(engine: &Engine, windows: Vec<ClipWindow>, duration: f64) -> ClipResult {
    let mut scores = vec![0.0; engine.model().manifest().labels.len()];
    let spoken = windows
        .iter()
        .filter(|window| window.state != State::Silence);
    let count = spoken.clone().count();
    for window in spoken {
        for (sum, score) in scores.iter_mut().zip(&window.scores) {
            *sum += score / count as f32;
        }
    }
    let (state, confidence) = match count {
        0 => (State::Silence, 0.0),
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

//! From decisions to a state that does not flicker.

use super::event::{Change, Smoothed, SpeechState};
use super::softmax::top;

/// Exponential smoothing of scores, and hysteresis on what they say.
pub(super) struct Smoother {
    /// Weight of the newest scores.
    weight: f32,
    margin: f32,
    uncertain_below: f32,
    scores: Vec<f32>,
    smoothed: Smoothed,
}

impl Smoother {
    pub fn new(weight: f32, margin: f32, uncertain_below: f32) -> Self {
        Self {
            weight,
            margin,
            uncertain_below,
            scores: Vec::new(),
            smoothed: Smoothed {
                state: SpeechState::Silence,
                since: 0.0,
            },
        }
    }

    /// Takes labels for uncertain below another confidence from now on.
    pub fn set_threshold(&mut self, uncertain_below: f32) {
        self.uncertain_below = uncertain_below;
    }

    /// Returns the state now.
    pub fn smoothed(&self) -> Smoothed {
        self.smoothed
    }

    /// Takes the scores of a decision at a stream time in seconds; returns the change
    /// that they bring, if any.
    pub fn push(&mut self, scores: &[f32], time: f64) -> Option<Change> {
        if self.scores.is_empty() {
            self.scores.extend_from_slice(scores);
        } else {
            for (smoothed, new) in self.scores.iter_mut().zip(scores) {
                *smoothed += self.weight * (new - *smoothed);
            }
        }
        self.set_state(self.next(), time)
    }

    /// Takes a decision without speech.
    pub fn silence(&mut self, time: f64) -> Option<Change> {
        self.scores.clear();
        self.set_state(SpeechState::Silence, time)
    }

    /// A label stays until another leads by the margin, and until even the
    /// most likely one falls half a margin below the threshold.
    fn next(&self) -> SpeechState {
        let (best, score) = top(&self.scores);
        let half = self.margin / 2.0;
        match self.smoothed.state {
            SpeechState::Emotion(_) if score < self.uncertain_below - half => {
                SpeechState::Uncertain
            }
            SpeechState::Emotion(now) if score < self.scores[now] + self.margin => {
                SpeechState::Emotion(now)
            }
            SpeechState::Uncertain if score < self.uncertain_below + half => SpeechState::Uncertain,
            SpeechState::Silence if score < self.uncertain_below => SpeechState::Uncertain,
            _ => SpeechState::Emotion(best),
        }
    }

    fn set_state(&mut self, next: SpeechState, since: f64) -> Option<Change> {
        let from = self.smoothed.state;
        if from == next {
            return None;
        }
        self.smoothed = Smoothed { state: next, since };
        let to = next;
        Some(Change { from, to, since })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use SpeechState::{Emotion, Silence, Uncertain};

    type Step<'a> = (&'a [f32], Option<(SpeechState, SpeechState)>);

    #[test]
    fn states_follow_with_hysteresis() {
        let mut smoother = Smoother::new(1.0, 0.2, 0.5);
        let script: &[Step] = &[
            (&[0.45, 0.35, 0.2], Some((Silence, Uncertain))),
            (&[0.55, 0.25, 0.2], None),
            (&[0.65, 0.25, 0.1], Some((Uncertain, Emotion(0)))),
            (&[0.45, 0.55, 0.0], None),
            (&[0.35, 0.65, 0.0], Some((Emotion(0), Emotion(1)))),
            (&[0.35, 0.33, 0.32], Some((Emotion(1), Uncertain))),
        ];
        for (step, (scores, want)) in script.iter().enumerate() {
            let found = smoother.push(scores, step as f64);
            assert_eq!(found.map(|it| (it.from, it.to)), *want, "step {step}");
            let since = found.map_or(smoother.smoothed().since, |_| step as f64);
            assert!((smoother.smoothed().since - since).abs() < 1e-9);
        }
        assert!(smoother.silence(9.0).is_some());
        assert_eq!(smoother.silence(10.0), None);
        let (state, since) = (Silence, 9.0);
        assert_eq!(smoother.smoothed(), Smoothed { state, since });
    }

    #[test]
    fn one_odd_decision_does_not_flip_it() {
        let mut smoother = Smoother::new(0.5, 0.2, 0.3);
        assert!(smoother.push(&[0.8, 0.2], 0.0).is_some());
        assert_eq!(smoother.push(&[0.3, 0.7], 1.0), None);
        let changed = smoother.push(&[0.1, 0.9], 2.0).unwrap();
        assert_eq!((changed.from, changed.to), (Emotion(0), Emotion(1)));
    }
}

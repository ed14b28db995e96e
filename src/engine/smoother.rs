//! From decisions to a state that does not flicker.

use super::event::SpeechState;
use super::softmax::top;

/// Exponential smoothing of scores, and hysteresis on what they say.
pub(super) struct Smoother {
    /// Weight of the newest scores.
    weight: f32,
    margin: f32,
    uncertain_below: f32,
    scores: Vec<f32>,
    state: SpeechState,
}

impl Smoother {
    pub fn new(weight: f32, margin: f32, uncertain_below: f32) -> Self {
        Self {
            weight,
            margin,
            uncertain_below,
            scores: Vec::new(),
            state: SpeechState::Silence,
        }
    }

    /// Takes labels for uncertain below another confidence from now on.
    pub fn set_threshold(&mut self, uncertain_below: f32) {
        self.uncertain_below = uncertain_below;
    }

    /// Takes a decision's scores; returns the old state and the new, if it
    /// changed.
    pub fn push(&mut self, scores: &[f32]) -> Option<(SpeechState, SpeechState)> {
        if self.scores.is_empty() {
            self.scores.extend_from_slice(scores);
        } else {
            for (smoothed, new) in self.scores.iter_mut().zip(scores) {
                *smoothed += self.weight * (new - *smoothed);
            }
        }
        self.set_state(self.next())
    }

    /// Takes a decision without speech.
    pub fn silence(&mut self) -> Option<(SpeechState, SpeechState)> {
        self.scores.clear();
        self.set_state(SpeechState::Silence)
    }

    /// A label stays until another leads by the margin, and until even the
    /// most likely one falls half a margin below the threshold.
    fn next(&self) -> SpeechState {
        let (best, score) = top(&self.scores);
        let half = self.margin / 2.0;
        match self.state {
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

    fn set_state(&mut self, next: SpeechState) -> Option<(SpeechState, SpeechState)> {
        let before = std::mem::replace(&mut self.state, next);
        (before != next).then_some((before, next))
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
            assert_eq!(smoother.push(scores), *want, "step {step}");
        }
        assert_eq!(smoother.silence(), Some((Uncertain, Silence)));
        assert_eq!(smoother.silence(), None);
    }

    #[test]
    fn one_odd_decision_does_not_flip_it() {
        let mut smoother = Smoother::new(0.5, 0.2, 0.3);
        assert!(smoother.push(&[0.8, 0.2]).is_some());
        assert_eq!(smoother.push(&[0.3, 0.7]), None);
        assert_eq!(smoother.push(&[0.1, 0.9]), Some((Emotion(0), Emotion(1))));
    }
}

//! The answer of the model to one recording.

/// One labelled recording and the model's answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// The speaker, where known.
    pub speaker: Option<String>,
    /// Index of the true label.
    pub truth: usize,
    /// Every label's score; `None` where nobody was found to speak.
    pub scores: Option<Vec<f32>>,
}

impl Prediction {
    /// The label with the largest score, the first of equals. It counts as the
    /// answer also where the program would say `uncertain`.
    pub fn predicted(&self) -> Option<usize> {
        let scores = self.scores.as_deref()?;
        let better = |best: usize, next: usize| {
            if scores[next] > scores[best] {
                next
            } else {
                best
            }
        };
        (0..scores.len()).reduce(better)
    }

    /// The largest score.
    pub fn confidence(&self) -> Option<f64> {
        let scores = self.scores.as_deref()?;
        Some(f64::from(scores[self.predicted()?]))
    }

    /// True where the answer is the label.
    pub fn is_right(&self) -> bool {
        self.predicted() == Some(self.truth)
    }
}

/// Returns the scores of some labels, by index, as shares of their sum.
pub fn renormalised_over(scores: &[f32], places: &[usize]) -> Vec<f32> {
    let sum: f32 = places.iter().map(|&place| scores[place]).sum();
    let share = |&place: &usize| scores[place] / sum.max(f32::MIN_POSITIVE);
    places.iter().map(share).collect()
}

/// A prediction by its scores, for the tests of what is made of them.
#[cfg(test)]
pub(super) fn predicted(speaker: &str, truth: usize, scores: &[f32]) -> Prediction {
    Prediction {
        speaker: (!speaker.is_empty()).then(|| speaker.to_owned()),
        truth,
        scores: (!scores.is_empty()).then(|| scores.to_vec()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_the_largest_is_the_answer() {
        let answer = predicted("", 1, &[0.2, 0.4, 0.4]);
        assert_eq!(answer.predicted(), Some(1));
        assert!(answer.is_right());
        let silence = predicted("", 0, &[]);
        assert_eq!((silence.predicted(), silence.confidence()), (None, None));
        assert!(!silence.is_right());
    }

    #[test]
    fn some_labels_share_what_all_had() {
        assert_eq!(
            renormalised_over(&[0.25, 0.5, 0.125, 0.125], &[0, 2, 3]),
            [0.5, 0.25, 0.25]
        );
        assert_eq!(renormalised_over(&[1.0, 0.0, 0.0], &[1, 2]), [0.0, 0.0]);
    }
}

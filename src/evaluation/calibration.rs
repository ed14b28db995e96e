//! Calibration: confidence beside the share of right answers.

use super::Prediction;
use super::random::Random;
use serde::{Deserialize, Serialize};

/// Bins of equal width (Guo et al. 2017).
const BINS: usize = 15;
/// Simulated classifiers whose confidence is right.
const DRAWS: usize = 200;
/// The least probability that is taken for the true label's.
const MIN_PROBABILITY: f64 = 1e-12;

/// Calibration of the confidence over the recordings with speech.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Calibration {
    /// Number of these recordings.
    pub recordings: usize,
    /// Mean of -ln(score of the true label), in nats.
    pub nll: f64,
    /// Expected calibration error: the gap between confidence and accuracy, by
    /// bins of confidence.
    pub ece: f64,
    /// The gap that a perfectly calibrated classifier of the same confidences
    /// shows on average, only because there are so few recordings.
    pub ece_bias: f64,
    /// `ece` less `ece_bias`, at least 0.
    pub ece_less_bias: f64,
    /// Coverage and accuracy as unsure answers are refused.
    pub coverage: Vec<Coverage>,
    /// The same at the threshold below which the program says `uncertain`.
    pub uncertain: Coverage,
}

/// Answers that are left when those below a confidence are not counted.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Coverage {
    /// The confidence.
    pub threshold: f32,
    /// Share of all recordings with an answer of that confidence or more.
    pub coverage: f64,
    /// Share of those answers that are right, if there are any.
    pub accuracy: Option<f64>,
}

impl Calibration {
    /// `None` when there is no speech.
    pub fn of(predictions: &[Prediction], uncertain_below: f32) -> Option<Self> {
        let answers: Vec<(f64, bool)> = predictions
            .iter()
            .filter_map(|one| Some((one.confidence()?, one.is_right())))
            .collect();
        if answers.is_empty() {
            return None;
        }
        let ece = gap(&answers);
        let ece_bias = bias(&answers);
        let covered = |threshold| coverage(&answers, predictions.len(), threshold);
        Some(Self {
            recordings: answers.len(),
            nll: negative_log_likelihood(predictions),
            ece,
            ece_bias,
            ece_less_bias: (ece - ece_bias).max(0.0),
            coverage: (0_u8..10)
                .map(|tenth| covered(f32::from(tenth) / 10.0))
                .collect(),
            uncertain: covered(uncertain_below),
        })
    }
}

fn negative_log_likelihood(predictions: &[Prediction]) -> f64 {
    let scores = predictions
        .iter()
        .filter_map(|one| Some(one.scores.as_deref()?[one.truth]));
    let losses = scores.map(|score| -f64::from(score).max(MIN_PROBABILITY).ln());
    losses.clone().sum::<f64>() / losses.count() as f64
}

/// The sum over bins of |confidence - right|, a recording.
fn gap(answers: &[(f64, bool)]) -> f64 {
    let mut bins = [0.0; BINS];
    for &(confidence, right) in answers {
        let bin = ((confidence * BINS as f64) as usize).min(BINS - 1);
        bins[bin] += confidence - f64::from(u8::from(right));
    }
    bins.iter().map(|bin: &f64| bin.abs()).sum::<f64>() / answers.len() as f64
}

/// The mean gap of answers that are right as often as they claim.
fn bias(answers: &[(f64, bool)]) -> f64 {
    let mut random = Random::new(0);
    let mut perfect = || -> Vec<_> {
        let chance = |&(confidence, _): &(f64, bool)| (confidence, random.share() < confidence);
        answers.iter().map(chance).collect()
    };
    (0..DRAWS).map(|_| gap(&perfect())).sum::<f64>() / DRAWS as f64
}

fn coverage(answers: &[(f64, bool)], recordings: usize, threshold: f32) -> Coverage {
    let kept = answers
        .iter()
        .filter(|(confidence, _)| *confidence >= f64::from(threshold));
    let count = kept.clone().count();
    let right = kept.filter(|(_, right)| *right).count();
    Coverage {
        threshold,
        coverage: count as f64 / recordings as f64,
        accuracy: (count > 0).then(|| right as f64 / count as f64),
    }
}

#[cfg(test)]
mod tests {
    use super::super::prediction::predicted;
    use super::*;

    fn close(found: f64, wanted: f64) {
        assert!((found - wanted).abs() < 1e-6, "{found}, not {wanted}");
    }

    #[test]
    fn figures_are_those_of_their_definitions() {
        let predictions = [
            predicted("", 0, &[0.9, 0.1]),
            predicted("", 1, &[0.92, 0.08]),
            predicted("", 1, &[0.4, 0.6]),
            predicted("", 0, &[0.7, 0.3]),
            predicted("", 0, &[]),
        ];
        let found = Calibration::of(&predictions, 0.65).unwrap();
        assert_eq!(found.recordings, 4);
        let nll = -(0.9_f64.ln() + 0.08_f64.ln() + 0.6_f64.ln() + 0.7_f64.ln()) / 4.0;
        close(found.nll, nll);
        // 0.9 and 0.92 share the bin from 13/15 to 14/15; 0.6 and 0.7 have
        // theirs to themselves: |0.9 + 0.92 - 1| + |0.6 - 1| + |0.7 - 1|.
        close(found.ece, (0.82 + 0.4 + 0.3) / 4.0);
        let covered = |row: &Coverage| (row.coverage, row.accuracy);
        assert_eq!(covered(&found.coverage[0]), (0.8, Some(0.75)));
        assert_eq!(covered(&found.coverage[8]), (0.4, Some(0.5)));
        assert_eq!(covered(&found.uncertain), (0.6, Some(2.0 / 3.0)));
        assert_eq!(Calibration::of(&predictions[4..], 0.5), None);
    }

    #[test]
    fn beyond_all_confidence_nothing_is_kept() {
        let found = Calibration::of(&[predicted("", 0, &[0.55, 0.45])], 0.5).unwrap();
        let last = found.coverage[9];
        assert_eq!((last.coverage, last.accuracy), (0.0, None));
    }

    /// In one bin the gap of a perfect classifier is |X - n p| / n of a binomial
    /// X, whose mean is near sqrt(2 p (1 - p) / (pi n)).
    #[test]
    fn the_bias_is_a_perfect_classifiers() {
        let (n, p) = (400, 0.6);
        let answers = vec![(p, true); n];
        let wanted = (2.0 * p * (1.0 - p) / (std::f64::consts::PI * n as f64)).sqrt();
        // Two hundred draws scatter by 0.76 / sqrt(200) of it; four times that.
        assert!((bias(&answers) / wanted - 1.0).abs() < 0.22);
    }

    #[test]
    fn who_is_right_as_often_as_confident_has_no_error_left() {
        let answer = |n: usize| predicted("", usize::from(n % 10 >= 8), &[0.8, 0.2]);
        let honest: Vec<_> = (0..1000).map(answer).collect();
        let found = Calibration::of(&honest, 0.5).unwrap();
        assert!(found.ece < 1e-6 && found.ece_bias > 0.0);
        close(found.ece_less_bias, 0.0);
    }
}

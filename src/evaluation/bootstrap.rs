//! Confidence interval of the UAR, by the bootstrap (Efron 1979).

use super::random::Random;
use super::{Confusion, Prediction};
use crate::quantile::quantile;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const DRAWS: usize = 2000;
const LEVEL: f64 = 0.95;

/// Unit of resampling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Resample {
    /// Speakers, each with all recordings: where two or more are known.
    Speakers,
    /// Recordings. It takes them for independent, which those of one speaker
    /// are not, and so is too narrow.
    Recordings,
}

/// An interval of the UAR.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Interval {
    /// Share of the draws that lie in it.
    pub level: f64,
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
    /// Unit that was drawn.
    pub over: Resample,
    /// Number of draws.
    pub draws: usize,
}

impl Interval {
    /// The interval of the UAR of predictions over so many labels.
    pub fn of(labels: usize, predictions: &[Prediction]) -> Self {
        let (over, groups) = groups(predictions);
        let mut scores = draw(labels, &groups);
        scores.sort_unstable_by(f64::total_cmp);
        Self {
            level: LEVEL,
            low: quantile(&scores, (1.0 - LEVEL) / 2.0),
            high: quantile(&scores, f64::midpoint(1.0, LEVEL)),
            over,
            draws: DRAWS,
        }
    }
}

/// The unit of resampling, and the predictions of each one.
fn groups(predictions: &[Prediction]) -> (Resample, Vec<Vec<&Prediction>>) {
    match by_speaker(predictions) {
        Some(speakers) if speakers.len() > 1 => {
            (Resample::Speakers, speakers.into_values().collect())
        }
        _ => {
            let alone = predictions.iter().map(|one| vec![one]);
            (Resample::Recordings, alone.collect())
        }
    }
}

/// Each speaker's predictions; `None` unless every speaker is known.
pub(super) fn by_speaker(predictions: &[Prediction]) -> Option<BTreeMap<&str, Vec<&Prediction>>> {
    let mut speakers: BTreeMap<&str, Vec<&Prediction>> = BTreeMap::new();
    for prediction in predictions {
        let speaker = prediction.speaker.as_deref()?;
        speakers.entry(speaker).or_default().push(prediction);
    }
    Some(speakers)
}

/// The UAR of as many groups as there are, drawn with replacement, many times.
fn draw(labels: usize, groups: &[Vec<&Prediction>]) -> Vec<f64> {
    let mut random = Random::new(0);
    let mut score = || {
        let drawn = (0..groups.len()).map(|_| &groups[random.below(groups.len())]);
        Confusion::of(labels, drawn.flatten().copied()).uar()
    };
    (0..DRAWS).map(|_| score()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::prediction::predicted;
    use super::*;

    /// Of one label, the UAR is a share of right answers, whose interval is the
    /// binomial distribution's: of 100 at 0.8, its quantiles are 72 and 88
    /// (`scipy.stats.binom.ppf([0.025, 0.975], 100, 0.8)`).
    #[test]
    fn of_one_label_it_is_binomial() {
        let answer = |n| predicted("", 0, if n < 80 { &[1.0, 0.0] } else { &[0.0, 1.0] });
        let predictions: Vec<_> = (0..100).map(answer).collect();
        let interval = Interval::of(2, &predictions);
        assert_eq!(interval.over, Resample::Recordings);
        assert!((interval.low - 0.72).abs() < 0.011, "{interval:?}");
        assert!((interval.high - 0.88).abs() < 0.011, "{interval:?}");
    }

    #[test]
    fn speakers_are_drawn_where_all_are_known() {
        // Each is always right or never: as many recordings as there may be
        // say no more than so few speakers do.
        let answers = |speaker: &str| {
            let right = speaker < "b";
            let scores = [f32::from(u8::from(right)), f32::from(u8::from(!right))];
            vec![predicted(speaker, 0, &scores); 50]
        };
        let mut predictions: Vec<_> = ["a", "aa", "b", "bb"]
            .into_iter()
            .flat_map(answers)
            .collect();
        let interval = Interval::of(2, &predictions);
        assert_eq!((interval.low, interval.high), (0.0, 1.0));
        assert_eq!(interval.over, Resample::Speakers);
        predictions[7].speaker = None;
        let interval = Interval::of(2, &predictions);
        assert_eq!(interval.over, Resample::Recordings);
        assert!(interval.high - interval.low < 0.2);
        assert_eq!(
            Interval::of(2, &predictions[..50]).over,
            Resample::Recordings
        );
    }
}

//! Differences between speakers.

use super::bootstrap::by_speaker;
use super::{Confusion, Prediction};
use crate::quantile::quantile;
use serde::{Deserialize, Serialize};

/// One speaker's figures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Speaker {
    /// The name.
    pub speaker: String,
    /// Number of recordings.
    pub recordings: usize,
    /// Mean recall of the labels that occur with this speaker.
    pub uar: f64,
    /// Share of the recordings that are right.
    pub accuracy: f64,
}

/// A figure over all speakers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Spread {
    /// Its least.
    pub worst: f64,
    /// Its median.
    pub median: f64,
    /// Its largest.
    pub best: f64,
}

/// Figures of all speakers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Speakers {
    /// Spread of their UARs.
    pub uar: Spread,
    /// Spread of their accuracies.
    pub accuracy: Spread,
    /// Each speaker, by name.
    pub each: Vec<Speaker>,
}

impl Speakers {
    /// `None` unless every recording's speaker is known.
    pub fn of(labels: usize, predictions: &[Prediction]) -> Option<Self> {
        let figures = |(speaker, predictions): (&str, Vec<&Prediction>)| {
            let confusion = Confusion::of(labels, predictions.iter().copied());
            Speaker {
                speaker: speaker.to_owned(),
                recordings: predictions.len(),
                uar: confusion.uar(),
                accuracy: confusion.accuracy(),
            }
        };
        let each: Vec<_> = by_speaker(predictions)?.into_iter().map(figures).collect();
        Some(Self {
            uar: spread(each.iter().map(|speaker| speaker.uar)),
            accuracy: spread(each.iter().map(|speaker| speaker.accuracy)),
            each,
        })
    }
}

fn spread(values: impl Iterator<Item = f64>) -> Spread {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_unstable_by(f64::total_cmp);
    Spread {
        worst: quantile(&sorted, 0.0),
        median: quantile(&sorted, 0.5),
        best: quantile(&sorted, 1.0),
    }
}

#[cfg(test)]
mod tests {
    use super::super::prediction::predicted;
    use super::*;

    #[test]
    fn each_speaker_counts_once() {
        let (first, second) = ([0.9, 0.1], [0.2, 0.8]);
        let mut predictions = vec![
            predicted("ann", 0, &first),
            predicted("ann", 0, &second),
            predicted("ann", 0, &first),
            predicted("ann", 1, &first),
            predicted("bob", 1, &second),
            predicted("cy", 0, &second),
            predicted("cy", 1, &second),
        ];
        let speakers = Speakers::of(2, &predictions).unwrap();
        let names = speakers.each.iter().map(|one| one.speaker.as_str());
        assert_eq!(names.collect::<Vec<_>>(), ["ann", "bob", "cy"]);
        // Ann's recalls are 2/3 and 0, Cy's 0 and 1.
        let Spread {
            worst,
            median,
            best,
        } = speakers.uar;
        assert!((worst - 1.0 / 3.0).abs() < 1e-12);
        assert_eq!((median, best), (0.5, 1.0));
        assert_eq!(
            (speakers.accuracy.worst, speakers.accuracy.best),
            (0.5, 1.0)
        );
        predictions[3].speaker = None;
        assert_eq!(Speakers::of(2, &predictions), None);
    }
}

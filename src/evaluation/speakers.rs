//! How much better the model hears some than others.

use super::bootstrap::{by_speaker, quantile};
use super::{Confusion, Judgement};
use serde::{Deserialize, Serialize};

/// One speaker's figures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Speaker {
    /// The name.
    pub speaker: String,
    /// How many recordings there are.
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
    /// Of whom it is least.
    pub worst: f64,
    /// Half of the speakers are above it.
    pub median: f64,
    /// Of whom it is largest.
    pub best: f64,
}

/// All speakers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Speakers {
    /// Of their UARs.
    pub uar: Spread,
    /// Of their accuracies.
    pub accuracy: Spread,
    /// By name.
    pub each: Vec<Speaker>,
}

impl Speakers {
    /// `None` unless every recording's speaker is known.
    pub fn of(labels: usize, judgements: &[Judgement]) -> Option<Self> {
        let figures = |(speaker, judgements): (&str, Vec<&Judgement>)| {
            let confusion = Confusion::of(labels, judgements.iter().copied());
            Speaker {
                speaker: speaker.to_owned(),
                recordings: judgements.len(),
                uar: confusion.uar(),
                accuracy: confusion.accuracy(),
            }
        };
        let each: Vec<_> = by_speaker(judgements)?.into_iter().map(figures).collect();
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
    use super::super::judgement::judged;
    use super::*;

    #[test]
    fn each_speaker_counts_once() {
        let (first, second) = ([0.9, 0.1], [0.2, 0.8]);
        let mut judgements = vec![
            judged("ann", 0, &first),
            judged("ann", 0, &second),
            judged("ann", 0, &first),
            judged("ann", 1, &first),
            judged("bob", 1, &second),
            judged("cy", 0, &second),
            judged("cy", 1, &second),
        ];
        let speakers = Speakers::of(2, &judgements).unwrap();
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
        judgements[3].speaker = None;
        assert_eq!(Speakers::of(2, &judgements), None);
    }
}

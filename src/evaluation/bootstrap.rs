//! How far a figure can be trusted, by the bootstrap (Efron 1979).

use super::random::Random;
use super::{Confusion, Judgement};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const DRAWS: usize = 2000;
const LEVEL: f64 = 0.95;

/// What is drawn anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Over {
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
    /// What was drawn.
    pub over: Over,
    /// How often.
    pub draws: usize,
}

impl Interval {
    /// The interval of the UAR of judgements over so many labels.
    pub fn of(labels: usize, judgements: &[Judgement]) -> Self {
        let (over, groups) = groups(judgements);
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

/// What is drawn, as the judgements that go with each.
fn groups(judgements: &[Judgement]) -> (Over, Vec<Vec<&Judgement>>) {
    match by_speaker(judgements) {
        Some(speakers) if speakers.len() > 1 => (Over::Speakers, speakers.into_values().collect()),
        _ => {
            let alone = judgements.iter().map(|one| vec![one]);
            (Over::Recordings, alone.collect())
        }
    }
}

/// Each speaker's judgements; `None` unless every speaker is known.
pub(super) fn by_speaker(judgements: &[Judgement]) -> Option<BTreeMap<&str, Vec<&Judgement>>> {
    let mut speakers: BTreeMap<&str, Vec<&Judgement>> = BTreeMap::new();
    for judgement in judgements {
        let speaker = judgement.speaker.as_deref()?;
        speakers.entry(speaker).or_default().push(judgement);
    }
    Some(speakers)
}

/// The UAR of as many groups as there are, drawn with replacement, many times.
fn draw(labels: usize, groups: &[Vec<&Judgement>]) -> Vec<f64> {
    let mut random = Random::new(0);
    let mut score = || {
        let drawn = (0..groups.len()).map(|_| &groups[random.below(groups.len())]);
        Confusion::of(labels, drawn.flatten().copied()).uar()
    };
    (0..DRAWS).map(|_| score()).collect()
}

/// By linear interpolation between neighbours, as `numpy.quantile`; 0 of none.
pub(super) fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * sorted.len().saturating_sub(1) as f64;
    let low = place.floor() as usize;
    match (sorted.get(low), sorted.get(low + 1)) {
        (Some(low), Some(high)) => low + place.fract() * (high - low),
        (Some(only), None) => *only,
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::super::judgement::judged;
    use super::*;

    #[test]
    fn quantiles_are_numpys() {
        let values = [1.0, 2.0, 4.0, 8.0];
        for (share, wanted) in [
            (0.0, 1.0),
            (0.025, 1.075),
            (0.5, 3.0),
            (0.9, 6.8),
            (1.0, 8.0),
        ] {
            assert!((quantile(&values, share) - wanted).abs() < 1e-12, "{share}");
        }
    }

    /// Of one label, the UAR is a share of right answers, whose interval is the
    /// binomial distribution's: of 100 at 0.8, its quantiles are 72 and 88
    /// (`scipy.stats.binom.ppf([0.025, 0.975], 100, 0.8)`).
    #[test]
    fn of_one_label_it_is_binomial() {
        let answer = |n| judged("", 0, if n < 80 { &[1.0, 0.0] } else { &[0.0, 1.0] });
        let judgements: Vec<_> = (0..100).map(answer).collect();
        let interval = Interval::of(2, &judgements);
        assert_eq!(interval.over, Over::Recordings);
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
            vec![judged(speaker, 0, &scores); 50]
        };
        let mut judgements: Vec<_> = ["a", "aa", "b", "bb"]
            .into_iter()
            .flat_map(answers)
            .collect();
        let interval = Interval::of(2, &judgements);
        assert_eq!((interval.low, interval.high), (0.0, 1.0));
        assert_eq!(interval.over, Over::Speakers);
        judgements[7].speaker = None;
        let interval = Interval::of(2, &judgements);
        assert_eq!(interval.over, Over::Recordings);
        assert!(interval.high - interval.low < 0.2);
        assert_eq!(Interval::of(2, &judgements[..50]).over, Over::Recordings);
    }
}

//! How good a model is, from what it said of labelled recordings.
//!
//! Statistics alone: a [`Judgement`] a recording in, an [`Evaluation`] out.
//! `docs/protocol.md` defines every figure; `scripts/train` computes the same
//! ones, and a test holds them against each other.

mod bootstrap;
mod calibration;
mod confusion;
mod judgement;
mod random;
mod speakers;

pub use bootstrap::{Interval, Over};
pub use calibration::{Calibration, Coverage};
pub use confusion::{Class, Confusion, Figures};
pub use judgement::{Judgement, among};
pub use speakers::{Speaker, Speakers, Spread};

use serde::{Deserialize, Serialize};

/// All figures of one evaluation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Evaluation {
    /// Recordings that were judged.
    pub recordings: usize,
    /// Those in which nobody was found to speak; they count as wrong.
    pub silence: usize,
    /// The labels, in the order of everything below.
    pub labels: Vec<String>,
    /// Share of the recordings that are right.
    pub accuracy: f64,
    /// Unweighted average recall: the mean over the labels that occur.
    pub uar: f64,
    /// What the UAR would be on other speakers or recordings like these.
    pub interval: Interval,
    /// Figures of each label.
    pub classes: Vec<Class>,
    /// Means over the labels that occur.
    #[serde(rename = "macro")]
    pub macro_average: Figures,
    /// Means over the labels, weighted by their recordings.
    #[serde(rename = "weighted")]
    pub weighted_average: Figures,
    /// Who was said to be what.
    pub confusion: Confusion,
    /// How speakers differ, when all are known.
    pub speakers: Option<Speakers>,
    /// How far confidence can be believed, when anybody spoke.
    pub calibration: Option<Calibration>,
}

impl Evaluation {
    /// The figures of judgements whose scores follow `labels`. Answers with a
    /// confidence below `uncertain_below` are what the program calls uncertain.
    pub fn new(labels: &[String], judgements: &[Judgement], uncertain_below: f32) -> Self {
        let confusion = Confusion::of(labels.len(), judgements);
        let silent = |judgement: &&Judgement| judgement.scores.is_none();
        let [macro_average, weighted_average] = confusion.averages();
        Self {
            recordings: judgements.len(),
            silence: judgements.iter().filter(silent).count(),
            labels: labels.to_vec(),
            accuracy: confusion.accuracy(),
            uar: confusion.uar(),
            interval: Interval::of(labels.len(), judgements),
            classes: confusion.classes(labels),
            macro_average,
            weighted_average,
            confusion,
            speakers: Speakers::of(labels.len(), judgements),
            calibration: Calibration::of(judgements, uncertain_below),
        }
    }
}

//! Quality of a model, from its answers to labelled recordings.
//!
//! Statistics alone: a [`Prediction`] a recording in, an [`Evaluation`] out.
//! `docs/protocol.md` defines every figure; `scripts/train` computes the same
//! ones, and a test holds them against each other.

mod bootstrap;
mod calibration;
mod confusion;
mod prediction;
mod random;
mod speakers;

pub use bootstrap::{Interval, Resample};
pub use calibration::{Calibration, Coverage};
pub use confusion::{Class, Confusion, Figures};
pub use prediction::{Prediction, renormalised_over};
pub use random::shuffled;
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
    /// Confidence interval of the UAR over other speakers or recordings like these.
    pub interval: Interval,
    /// Figures of each label.
    pub classes: Vec<Class>,
    /// Means over the labels that occur.
    #[serde(rename = "macro")]
    pub macro_average: Figures,
    /// Means over the labels, weighted by their recordings.
    #[serde(rename = "weighted")]
    pub weighted_average: Figures,
    /// Counts of each answer to each label.
    pub confusion: Confusion,
    /// Differences between speakers, when all are known.
    pub speakers: Option<Speakers>,
    /// Calibration of the confidence, when anybody spoke.
    pub calibration: Option<Calibration>,
}

impl Evaluation {
    /// The figures of predictions whose scores follow `labels`. Answers with a
    /// confidence below `uncertain_below` are what the program calls uncertain.
    pub fn new(labels: &[String], predictions: &[Prediction], uncertain_below: f32) -> Self {
        let confusion = Confusion::of(labels.len(), predictions);
        let silent = |prediction: &&Prediction| prediction.scores.is_none();
        let [macro_average, weighted_average] = confusion.averages();
        Self {
            recordings: predictions.len(),
            silence: predictions.iter().filter(silent).count(),
            labels: labels.to_vec(),
            accuracy: confusion.accuracy(),
            uar: confusion.uar(),
            interval: Interval::of(labels.len(), predictions),
            classes: confusion.classes(labels),
            macro_average,
            weighted_average,
            confusion,
            speakers: Speakers::of(labels.len(), predictions),
            calibration: Calibration::of(predictions, uncertain_below),
        }
    }
}

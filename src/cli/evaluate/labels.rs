//! Which of a model's labels an evaluation is about.

use super::dataset::{Labelled, mistake};
use crate::cli::exit::CliError;
use undertone::engine::{ClipResult, SpeechState};
use undertone::evaluation::{Judgement, among};
use undertone::model::Manifest;

/// The labels that count, and their places among the model's.
pub struct LabelChoice {
    pub labels: Vec<String>,
    places: Vec<usize>,
}

impl LabelChoice {
    /// All labels of a model, or those that are asked for.
    pub fn among(manifest: &Manifest, wanted: &[String]) -> Result<Self, CliError> {
        let all = &manifest.labels;
        if let Some(unknown) = wanted.iter().find(|label| !all.contains(label)) {
            let sentence = format!(
                "the model has no label {unknown:?}; it has {}",
                all.join(", ")
            );
            return Err(CliError::usage(sentence));
        }
        let chosen = |place: &usize| wanted.is_empty() || wanted.contains(&all[*place]);
        let places: Vec<usize> = (0..all.len()).filter(chosen).collect();
        if places.len() < 2 {
            return Err(CliError::usage("--labels must name two or more"));
        }
        let labels = places.iter().map(|&place| all[place].clone()).collect();
        Ok(Self { labels, places })
    }

    /// Each recording's label as its place among these.
    pub fn truths(&self, recordings: &[Labelled]) -> Result<Vec<usize>, CliError> {
        let labels = &self.labels;
        let place = |recording: &Labelled| {
            let label = &recording.label;
            let unknown = || {
                let what = format!(": {label:?} is none of the labels {}", labels.join(", "));
                mistake(&recording.file, &what)
            };
            labels
                .iter()
                .position(|known| known == label)
                .ok_or_else(unknown)
        };
        recordings.iter().map(place).collect()
    }

    /// What a result says of a recording whose label is at a place among these.
    pub fn judge(&self, recording: &Labelled, truth: usize, result: &ClipResult) -> Judgement {
        let speech = result.state != SpeechState::Silence;
        Judgement {
            speaker: recording.speaker.clone(),
            truth,
            scores: speech.then(|| among(&result.scores, &self.places)),
        }
    }
}

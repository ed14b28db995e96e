//! The labels of a model that an evaluation is about.

use super::recording::{Recording, data_error};
use crate::cli::exit::CliError;
use undertone::engine::{ClipResult, SpeechState};
use undertone::evaluation::{Prediction, renormalised_over};
use undertone::model::Manifest;

/// The labels that count, and their indices among the model's.
pub struct LabelSubset {
    pub names: Vec<String>,
    indices: Vec<usize>,
}

impl LabelSubset {
    /// All labels of a model, or those that are asked for.
    pub fn of(manifest: &Manifest, wanted: &[String]) -> Result<Self, CliError> {
        let all = &manifest.labels;
        if let Some(unknown) = wanted.iter().find(|label| !all.contains(label)) {
            let sentence = format!(
                "the model has no label {unknown:?}; it has {}",
                all.join(", ")
            );
            return Err(CliError::usage(sentence));
        }
        let chosen = |index: &usize| wanted.is_empty() || wanted.contains(&all[*index]);
        let indices: Vec<usize> = (0..all.len()).filter(chosen).collect();
        if indices.len() < 2 {
            return Err(CliError::usage("--labels must name two or more"));
        }
        let names = indices.iter().map(|&index| all[index].clone()).collect();
        Ok(Self { names, indices })
    }

    /// Each recording's label as its index among these.
    pub fn truths(&self, recordings: &[Recording]) -> Result<Vec<usize>, CliError> {
        let names = &self.names;
        let index = |recording: &Recording| {
            let label = &recording.label;
            let unknown = || {
                let what = format!(": {label:?} is none of the labels {}", names.join(", "));
                data_error(&recording.file, &what)
            };
            let index = names.iter().position(|known| known == label);
            index.ok_or_else(unknown)
        };
        recordings.iter().map(index).collect()
    }

    /// The prediction for a recording whose label has an index among these.
    pub fn prediction(
        &self,
        recording: &Recording,
        truth: usize,
        result: &ClipResult,
    ) -> Prediction {
        let speech = result.state != SpeechState::Silence;
        Prediction {
            speaker: recording.speaker.clone(),
            truth,
            scores: speech.then(|| renormalised_over(&result.scores, &self.indices)),
        }
    }
}

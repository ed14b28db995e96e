//! `undertone evaluate`: how often the model is right on labelled recordings.

mod corpora;
mod dataset;
mod labels;
mod manifest;
mod plot;
mod predictions;
mod recording;
mod rows;
mod table;

use crate::cli::baseline::{Baselines, Choice};
use crate::cli::classify::{self, Heard};
use crate::cli::exit::{self, Reported};
use crate::cli::inputs::Opener;
use crate::cli::output::OutputFile;
use crate::cli::{batch, model, output};
use clap::Args;
use labels::LabelSubset;
use predictions::write_predictions;
use recording::Recording;
use std::path::{Path, PathBuf};
use table::Table;
use undertone::error::Class;
use undertone::evaluation::{Evaluation, Prediction, shuffled};
use undertone::model::{Manifest, Model};
use undertone::protocol::{EvaluationReport, ModelName, Report};

/// Measure the model on labelled recordings
///
/// The labels come from the folders that the files lie in (FOLDER/angry/x.wav),
/// from their names if they are RAVDESS's, CREMA-D's, EMO-DB's or TESS's as downloaded,
/// or from a manifest: a CSV file with the columns path,label and, where it is
/// known, speaker, with paths relative to it. In folders the speaker is the
/// next folder (FOLDER/angry/ann/x.wav) or the part of the name before an
/// underscore. Figures on recordings or speakers that the model was trained on
/// say nothing about its accuracy.
#[derive(Args)]
pub struct Evaluate {
    /// A folder with one folder a label, or a CSV manifest
    recordings: PathBuf,
    /// Labels to choose among, where the recordings have fewer than the model
    #[arg(long, value_name = "LABEL,...", value_delimiter = ',')]
    labels: Vec<String>,
    /// Write every recording's answer and scores to a CSV file
    #[arg(long, value_name = "CSV")]
    predictions: Option<PathBuf>,
    /// Draw the confusion matrix into a PNG file
    #[arg(long, value_name = "PNG")]
    confusion: Option<PathBuf>,
    /// Print the report as one JSON object on a terminal, too
    #[arg(long)]
    json: bool,
    /// Judge each recording against its speaker's baseline: own (of all their
    /// recordings), running (of those before it, in a random order), a FILE of
    /// `undertone baseline learn`, or none
    #[arg(long, value_name = "FILE", default_value = "none")]
    baseline: Choice,
    /// Seed of the order of --baseline running
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    decision: classify::DecisionArgs,
    #[command(flatten)]
    model: model::ModelArgs,
}

impl Evaluate {
    pub fn run(self) -> anyhow::Result<()> {
        let model = self.model.load()?;
        let labels = LabelSubset::of(model.manifest(), &self.labels)?;
        let recordings = dataset::read(&self.recordings, &model.manifest().labels)?;
        let truths = labels.truths(&recordings)?;
        // Before the work, which is long: what cannot be written is told now.
        let files = recordings.iter().map(|one| one.file.clone());
        let inputs: Vec<PathBuf> = files.chain([self.recordings.clone()]).collect();
        let table = OutputFile::create_if_asked(self.predictions.as_deref(), &inputs)?;
        let picture = OutputFile::create_if_asked(self.confusion.as_deref(), &inputs)?;
        let baselines = self.baselines(&model, &recordings)?;
        let (named, outcome) = self.predict(&model, &labels, &recordings, &truths, &baselines);
        match outcome {
            Err(error) if named.is_empty() || !error.is::<Reported>() => return Err(error),
            _ => {}
        }
        if let Some(table) = table {
            table.write(|writer| Ok(write_predictions(writer, &labels.names, &named)?))?;
        }
        let predictions: Vec<_> = named
            .into_iter()
            .map(|(_, prediction)| prediction)
            .collect();
        let threshold = self.decision.uncertain_below(model.manifest());
        let evaluation = Evaluation::new(&labels.names, &predictions, threshold);
        if let Some(picture) = picture {
            picture.write(|writer| plot::draw(&evaluation, writer))?;
        }
        let failed = recordings.len() - predictions.len();
        self.print(model.manifest(), evaluation, failed)?;
        outcome
    }

    /// The baseline of each recording, of its speaker's others.
    fn baselines(&self, model: &Model, recordings: &[Recording]) -> anyhow::Result<Baselines> {
        if self.baseline.is_learned()
            && let Some(one) = recordings.iter().find(|one| one.speaker.is_none())
        {
            let why = "has no speaker, and so no baseline of its speaker; name speakers as \
                       `undertone evaluate --help` says";
            return Err(recording::data_error(&one.file, &format!(" {why}")).into());
        }
        let order = shuffled(recordings.len(), self.seed);
        let files: Vec<PathBuf> = order.iter().map(|&n| recordings[n].file.clone()).collect();
        let voices = order
            .iter()
            .map(|&n| recordings[n].speaker.as_deref().unwrap_or_default());
        let voices: Vec<&str> = voices.collect();
        let settings = self.decision.settings();
        let opener = Opener::default();
        let baselines = self
            .baseline
            .of(&files, &voices, model, settings, &opener)?;
        Ok(baselines.back_in_order(&order))
    }

    /// The model's answers under the recordings' names, in the order of the
    /// recordings that can be read.
    fn predict<'a>(
        &self,
        model: &Model,
        labels: &LabelSubset,
        recordings: &'a [Recording],
        truths: &[usize],
        baselines: &Baselines,
    ) -> (Vec<(&'a str, Prediction)>, anyhow::Result<()>) {
        let files: Vec<PathBuf> = recordings.iter().map(|one| one.file.clone()).collect();
        let settings = self.decision.settings();
        let opener = Opener::default();
        let mut predictions = Vec::new();
        let mut expected = recordings.iter().zip(truths);
        let deliver = |file: &Path, outcome: Result<Heard, (String, Class)>| {
            if let (Some((recording, &truth)), Ok((result, damage))) = (expected.next(), outcome) {
                exit::warn(file, &damage);
                let prediction = labels.prediction(recording, truth, &result);
                predictions.push((recording.name.as_str(), prediction));
            }
            Ok(())
        };
        let outcome = batch::run(
            &files,
            || {
                let mut hear = classify::classifier(model, settings, baselines, &opener)?;
                Ok(move |index: usize, file: &Path| hear(index, file, None))
            },
            deliver,
        );
        (predictions, outcome)
    }

    fn print(
        &self,
        manifest: &Manifest,
        evaluation: Evaluation,
        failed: usize,
    ) -> anyhow::Result<()> {
        let text = if output::is_human(self.json) {
            Table {
                evaluation: &evaluation,
                failed,
            }
            .to_string()
        } else {
            let model = ModelName::of(manifest);
            let report = EvaluationReport {
                model,
                failed,
                evaluation,
            };
            serde_json::to_string(&Report::Evaluation(report))? + "\n"
        };
        output::print(text.as_bytes())
    }
}

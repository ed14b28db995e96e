//! `undertone evaluate`: how often the model is right on labelled recordings.

mod dataset;
mod labels;
mod plot;
mod records;
mod report;

use crate::cli::classify::{self, Heard};
use crate::cli::exit::{self, Reported};
use crate::cli::output::OutputFile;
use crate::cli::{batch, model, output};
use clap::Args;
use dataset::Labelled;
use labels::LabelChoice;
use records::{EvaluationRecord, write_prediction, write_predictions_header};
use report::Report;
use std::io::Write;
use std::path::{Path, PathBuf};
use undertone::error::Class;
use undertone::evaluation::{Evaluation, Judgement};
use undertone::model::{Manifest, Model};

/// Measure the model on labelled recordings
///
/// The labels come from the folders that the files lie in (FOLDER/angry/x.wav),
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
    #[command(flatten)]
    decision: classify::Decision,
    #[command(flatten)]
    model: model::Choice,
}

impl Evaluate {
    pub fn run(self) -> anyhow::Result<()> {
        let model = self.model.load()?;
        let choice = LabelChoice::among(model.manifest(), &self.labels)?;
        let recordings = dataset::read(&self.recordings)?;
        let truths = choice.truths(&recordings)?;
        // Before the work, which is long: what cannot be written is told now.
        let predictions = OutputFile::create_if_asked(self.predictions.as_deref())?;
        let picture = OutputFile::create_if_asked(self.confusion.as_deref())?;
        let (judged, outcome) = self.judge(&model, &choice, &recordings, &truths);
        match outcome {
            Err(error) if judged.is_empty() || !error.is::<Reported>() => return Err(error),
            _ => {}
        }
        if let Some(output) = predictions {
            output.write(|writer| write_predictions(writer, &choice.labels, &judged))?;
        }
        let judgements: Vec<_> = judged.into_iter().map(|(_, said)| said).collect();
        let threshold = self.decision.uncertain_below(model.manifest());
        let evaluation = Evaluation::new(&choice.labels, &judgements, threshold);
        if let Some(output) = picture {
            output.write(|writer| plot::draw(&evaluation, writer))?;
        }
        let failed = recordings.len() - judgements.len();
        self.print(model.manifest(), &evaluation, failed)?;
        outcome
    }

    /// The model's answers, in the order of the recordings that can be read.
    fn judge<'a>(
        &self,
        model: &Model,
        choice: &LabelChoice,
        recordings: &'a [Labelled],
        truths: &[usize],
    ) -> (Vec<(&'a str, Judgement)>, anyhow::Result<()>) {
        let files: Vec<PathBuf> = recordings.iter().map(|one| one.file.clone()).collect();
        let settings = self.decision.settings();
        let mut judged = Vec::new();
        let mut expected = recordings.iter().zip(truths);
        let deliver = |file: &Path, outcome: Result<Heard, (String, Class)>| {
            if let (Some((recording, &truth)), Ok((result, damage))) = (expected.next(), outcome) {
                exit::warn(file, damage);
                let judgement = choice.judge(recording, truth, &result);
                judged.push((recording.name.as_str(), judgement));
            }
            Ok(())
        };
        let outcome = batch::run(&files, || classify::classifier(model, settings), deliver);
        (judged, outcome)
    }

    fn print(
        &self,
        manifest: &Manifest,
        evaluation: &Evaluation,
        failed: usize,
    ) -> anyhow::Result<()> {
        let text = if output::is_human(self.json) {
            Report { evaluation, failed }.to_string()
        } else {
            serde_json::to_string(&EvaluationRecord::new(manifest, evaluation, failed))? + "\n"
        };
        output::print(text.as_bytes())
    }
}

fn write_predictions(
    mut writer: impl Write,
    labels: &[String],
    judged: &[(&str, Judgement)],
) -> anyhow::Result<()> {
    write_predictions_header(&mut writer, labels)?;
    for (name, judgement) in judged {
        write_prediction(&mut writer, name, labels, judgement)?;
    }
    Ok(())
}

//! `undertone evaluate`: how often the model is right on labelled recordings.

use super::exit::{Code, Mistake, Reported};
use super::labelled::{self, Labelled, mistake};
use super::report::Report;
use super::{batch, classify, confusion_plot, model, table};
use anyhow::{Context, bail};
use clap::Args;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use undertone::engine::{ClipResult, State};
use undertone::evaluation::{Evaluation, Judgement, among};
use undertone::model::{Manifest, Model};
use undertone::publish::{
    EvaluationRecord, PublishError, write_prediction, write_predictions_header,
};

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
        let choice = Choice::among(model.manifest(), &self.labels)?;
        let recordings = labelled::read(&self.recordings)?;
        let truths = choice.truths(&recordings)?;
        // Before the work, which is long: what cannot be written is told now.
        let predictions = self
            .predictions
            .as_deref()
            .map(Output::create)
            .transpose()?;
        let picture = self.confusion.as_deref().map(Output::create).transpose()?;
        let (judged, outcome) = self.judge(&model, &choice, &recordings, &truths);
        match outcome {
            Err(error) if judged.is_empty() || !error.is::<Reported>() => return Err(error),
            _ => {}
        }
        if let Some(output) = predictions {
            output.write(|writer| write_predictions(writer, &choice.labels, &judged))?;
        }
        let judgements: Vec<Judgement> =
            judged.into_iter().map(|(_, judgement)| judgement).collect();
        let threshold = self.decision.settings().uncertain_below;
        let threshold = threshold.unwrap_or(model.manifest().decision.uncertain_below);
        let evaluation = Evaluation::new(&choice.labels, &judgements, threshold);
        if let Some(output) = picture {
            output.write(|writer| confusion_plot::draw(&evaluation, writer))?;
        }
        let failed = recordings.len() - judgements.len();
        self.print(model.manifest(), &evaluation, failed)?;
        outcome
    }

    /// The model's answers, in the order of the recordings that can be read.
    fn judge<'a>(
        &self,
        model: &Model,
        choice: &Choice,
        recordings: &'a [Labelled],
        truths: &[usize],
    ) -> (Vec<(&'a str, Judgement)>, anyhow::Result<()>) {
        let files: Vec<PathBuf> = recordings.iter().map(|one| one.file.clone()).collect();
        let settings = self.decision.settings();
        let mut judged = Vec::new();
        let mut expected = recordings.iter().zip(truths);
        let deliver = |_: &Path, outcome: Result<ClipResult, (String, Code)>| {
            if let (Some((recording, &truth)), Ok(result)) = (expected.next(), outcome) {
                judged.push((
                    recording.name.as_str(),
                    choice.judge(recording, truth, &result),
                ));
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
        let text = if table::for_people(self.json) {
            Report { evaluation, failed }.to_string()
        } else {
            serde_json::to_string(&EvaluationRecord::new(manifest, evaluation, failed))? + "\n"
        };
        Ok(table::print(text.as_bytes())?)
    }
}

/// The labels that count, and their places among the model's.
struct Choice {
    labels: Vec<String>,
    places: Vec<usize>,
}

impl Choice {
    /// All labels of a model, or those that are asked for.
    fn among(manifest: &Manifest, wanted: &[String]) -> Result<Self, Mistake> {
        let all = &manifest.labels;
        if let Some(unknown) = wanted.iter().find(|label| !all.contains(label)) {
            let sentence = format!(
                "the model has no label {unknown:?}; it has {}",
                all.join(", ")
            );
            return Err(Mistake(Code::Usage, sentence));
        }
        let chosen = |place: &usize| wanted.is_empty() || wanted.contains(&all[*place]);
        let places: Vec<usize> = (0..all.len()).filter(chosen).collect();
        if places.len() < 2 {
            return Err(Mistake(
                Code::Usage,
                "--labels must name two or more".into(),
            ));
        }
        let labels = places.iter().map(|&place| all[place].clone()).collect();
        Ok(Self { labels, places })
    }

    /// Each recording's label as its place among these.
    fn truths(&self, recordings: &[Labelled]) -> anyhow::Result<Vec<usize>> {
        let place = |recording: &Labelled| {
            let found = self
                .labels
                .iter()
                .position(|label| *label == recording.label);
            let Some(place) = found else {
                let what = format!(
                    ": {:?} is none of the labels {}",
                    recording.label,
                    self.labels.join(", ")
                );
                bail!(mistake(&recording.file, &what));
            };
            Ok(place)
        };
        recordings.iter().map(place).collect()
    }

    fn judge(&self, recording: &Labelled, truth: usize, result: &ClipResult) -> Judgement {
        let speech = result.state != State::Silence;
        Judgement {
            speaker: recording.speaker.clone(),
            truth,
            scores: speech.then(|| among(&result.scores, &self.places)),
        }
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

/// A file to be written.
struct Output<'a> {
    path: &'a Path,
    writer: BufWriter<File>,
}

impl<'a> Output<'a> {
    fn create(path: &'a Path) -> anyhow::Result<Self> {
        let file = File::create(path).with_context(|| complaint(path))?;
        let writer = BufWriter::new(file);
        Ok(Self { path, writer })
    }

    fn write(
        mut self,
        content: impl FnOnce(&mut BufWriter<File>) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        content(&mut self.writer)
            .and_then(|()| Ok(self.writer.flush().map_err(PublishError::from)?))
            .with_context(|| complaint(self.path))
    }
}

fn complaint(path: &Path) -> String {
    format!("{}: cannot be written", path.display())
}

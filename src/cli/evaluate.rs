//! `undertone evaluate`: how often the model is right on labelled recordings.

use super::classify::{self, Heard};
use super::exit::{self, Code, Mistake};
use super::report::Report;
use super::{batch, inputs, model, table};
use anyhow::{Context, bail};
use clap::Args;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use undertone::model::Model;

/// Measure the model on labelled recordings
///
/// The labels come from the folders that the files lie in (FOLDER/angry/x.wav),
/// or from a manifest: a CSV file whose lines are `path,label`, with paths
/// relative to it. Figures on recordings that the model was trained on say
/// nothing about its accuracy.
#[derive(Args)]
pub struct Evaluate {
    /// A folder with one folder a label, or a CSV manifest
    recordings: PathBuf,
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
        let labels = &model.manifest().labels;
        let truth = self.labelled(&model)?;
        let mut files: Vec<PathBuf> = truth.keys().cloned().collect();
        files.sort();
        let mut report = Report::new(labels);
        let settings = self.decision.settings();
        let deliver = |file: &Path, outcome: Result<Heard, (String, Code)>| {
            if let Ok((result, damage)) = outcome {
                exit::warn(file, damage);
                report.count(truth[file], &result);
            }
            Ok(())
        };
        let outcome = batch::run(&files, || classify::classifier(&model, settings), deliver);
        let text = if table::for_people(self.json) {
            report.text()
        } else {
            report.json().to_string()
                + "
"
        };
        table::print(text.as_bytes())?;
        outcome
    }

    /// Each file's label, as its place among the model's.
    fn labelled(&self, model: &Model) -> anyhow::Result<HashMap<PathBuf, usize>> {
        let named = if self.recordings.is_dir() {
            by_folder(&self.recordings)?
        } else {
            by_manifest(&self.recordings)?
        };
        let labels = &model.manifest().labels;
        named
            .into_iter()
            .map(
                |(file, label)| match labels.iter().position(|known| *known == label) {
                    Some(index) => Ok((file, index)),
                    None => bail!(mistake(
                        &file,
                        &format!(
                            ": the model has no label {label:?}; it has {}",
                            labels.join(", ")
                        )
                    )),
                },
            )
            .collect()
    }
}

fn by_folder(folder: &Path) -> anyhow::Result<Vec<(PathBuf, String)>> {
    let files = inputs::expand(&[folder.to_owned()])?;
    let label = |file: &PathBuf| {
        let parent = file.parent().and_then(Path::file_name).unwrap_or_default();
        parent.to_string_lossy().into_owned()
    };
    Ok(files
        .into_iter()
        .map(|file| (file.clone(), label(&file)))
        .collect())
}

fn by_manifest(manifest: &Path) -> anyhow::Result<Vec<(PathBuf, String)>> {
    let bytes = std::fs::read(manifest)
        .map_err(undertone::audio::AudioError::from)
        .with_context(|| manifest.display().to_string())?;
    let text = String::from_utf8(bytes)
        .map_err(|_| mistake(manifest, " is neither a folder nor a CSV manifest"))?;
    let folder = manifest.parent().unwrap_or(Path::new(""));
    text.lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty() && line.trim() != "path,label")
        .map(|(number, line)| match line.rsplit_once(',') {
            Some((path, label)) => Ok((folder.join(path.trim()), label.trim().to_owned())),
            None => bail!(mistake(
                manifest,
                &format!(" line {}: not `path,label`", number + 1)
            )),
        })
        .collect()
}

/// What is wrong with the labels is wrong with the data.
fn mistake(file: &Path, what: &str) -> Mistake {
    Mistake(Code::BadAudio, format!("{}{what}", file.display()))
}

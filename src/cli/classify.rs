//! `undertone classify`: the emotion in recordings.

use super::baseline::{Baselines, Choice};
use super::exit;
use super::{batch, inputs, model, output};
use anyhow::Context;
use clap::Args;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use undertone::audio::{AudioError, Damage, Pcm};
use undertone::engine::{ClipClassifier, ClipResult, Settings, SpeechState, hop_frames};
use undertone::error::Class;
use undertone::model::{Manifest, Model, ModelError};
use undertone::protocol::{FileError, Report, StreamNames, state_name};

/// Say what emotion is in recordings
///
/// Reads WAV, FLAC, MP3, Ogg Vorbis, Opus, M4A (AAC-LC), AIFF and ALAC of any
/// rate, width and number of channels. A recording's scores are the mean over
/// its windows with speech. Prints a table on a terminal and a JSON object a
/// line otherwise.
#[derive(Args)]
pub struct Classify {
    /// Audio files, folders that are searched for them, or - for stdin
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Print JSON lines on a terminal, too
    #[arg(long)]
    json: bool,
    /// Include every window of each recording
    #[arg(long)]
    timeline: bool,
    /// Judge against the voice's baseline: a FILE of `undertone baseline learn`, own
    /// (all files given are of one voice), running (of one voice, in their order), or
    /// none
    #[arg(long, value_name = "FILE", default_value = "none")]
    baseline: Choice,
    #[command(flatten)]
    decision: DecisionArgs,
    #[command(flatten)]
    model: model::ModelArgs,
}

/// Arguments of decisions.
#[derive(Args, Clone, Copy)]
pub struct DecisionArgs {
    /// Seconds between decisions; the model's own by default
    #[arg(long, value_name = "SECONDS", value_parser = parse_hop)]
    hop: Option<usize>,
    /// Confidence below which the label is "uncertain"
    #[arg(long, value_name = "SHARE", value_parser = parse_share)]
    uncertain_below: Option<f32>,
    /// Ask the network about windows without speech, too
    #[arg(long)]
    no_gate: bool,
}

impl DecisionArgs {
    pub fn settings(self) -> Settings {
        Settings {
            hop: self.hop,
            uncertain_below: self.uncertain_below,
            gate: !self.no_gate,
        }
    }

    /// The settings of the flags, and of the configuration where there is no flag.
    pub fn or(self, configured: &Settings) -> Settings {
        Settings {
            hop: self.hop.or(configured.hop),
            uncertain_below: self.uncertain_below.or(configured.uncertain_below),
            gate: configured.gate && !self.no_gate,
        }
    }

    /// The confidence below which a model's answer is uncertain.
    pub fn uncertain_below(self, manifest: &Manifest) -> f32 {
        let default = manifest.decision.uncertain_below;
        self.uncertain_below.unwrap_or(default)
    }
}

/// Seconds to whole frames of 16 ms.
fn parse_hop(text: &str) -> Result<usize, String> {
    let seconds: f64 = text.parse().map_err(|_| "it is no number".to_owned())?;
    hop_frames(seconds).ok_or_else(|| "it must lie in 0.064 to 60 seconds".into())
}

fn parse_share(text: &str) -> Result<f32, String> {
    match text.parse() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("it must be a number in 0 to 1".into()),
    }
}

impl Classify {
    pub fn run(self) -> anyhow::Result<()> {
        let files = inputs::expand(&self.files)?;
        let model = self.model.load()?;
        let names = StreamNames::new(model.manifest());
        let human = output::is_human(self.json);
        let settings = self.decision.settings();
        let voice: Vec<&str> = vec![""; files.len()];
        let baselines = self.baseline.of(&files, &voice, &model, settings)?;
        let deliver = |file: &Path, outcome: Result<Heard, (String, Class)>| {
            let text = match (human, outcome) {
                (true, Ok((result, damage))) => {
                    exit::warn(file, damage);
                    readable(file, &result, &model, self.timeline)
                }
                (true, Err(_)) => String::new(),
                (false, Ok((result, damage))) => {
                    exit::warn(file, damage);
                    let name = file.display().to_string();
                    let result = names.file_result(name, &result, damage, self.timeline);
                    Report::Result(result).to_line()
                }
                (false, Err((error, class))) => Report::Error(FileError {
                    file: file.display().to_string(),
                    error,
                    code: class.exit_code(),
                })
                .to_line(),
            };
            output::print(text.as_bytes())
        };
        batch::run(&files, || classifier(&model, settings, &baselines), deliver)
    }
}

/// A recording's result, and what the recording lacked.
pub type Heard = (ClipResult, Damage);

/// One thread's classifier of files.
pub fn classifier(
    model: &Model,
    settings: Settings,
    baselines: &Baselines,
) -> anyhow::Result<impl FnMut(&Path) -> anyhow::Result<Heard>> {
    let mut clips = ClipClassifier::new(model, settings)?;
    Ok(move |file: &Path| {
        clips.use_baseline(baselines.of(file))?;
        classify(&mut clips, file).with_context(|| file.display().to_string())
    })
}

/// Failure while a file is classified: of the file or of the model.
#[derive(Debug, thiserror::Error)]
enum ClassifyError {
    #[error(transparent)]
    Audio(#[from] AudioError),
    #[error(transparent)]
    Model(#[from] ModelError),
}

pub fn classify(clips: &mut ClipClassifier, file: &Path) -> anyhow::Result<Heard> {
    let mut source = inputs::open(file, clips.sample_rate())?;
    let read = |chunk: &mut Vec<Pcm>| source.read(chunk).map_err(ClassifyError::from);
    match clips.classify(read) {
        Ok(result) => Ok((result, source.damage())),
        Err(ClassifyError::Audio(error)) => Err(error.into()),
        Err(ClassifyError::Model(error)) => Err(error.into()),
    }
}

/// A recording's result for people.
fn readable(file: &Path, result: &ClipResult, model: &Model, timeline: bool) -> String {
    let labels = &model.manifest().labels;
    let mut text = String::new();
    let name = output::bold(state_name(result.state, labels));
    // Writing to a String cannot fail.
    let _ = match result.state {
        SpeechState::Silence => {
            writeln!(
                text,
                "{}  {name}: nobody speaks in {:.1} s",
                file.display(),
                result.duration
            )
        }
        _ => writeln!(
            text,
            "{}  {name} {:.0} % ({:.1} s)",
            file.display(),
            100.0 * result.confidence,
            result.duration
        ),
    };
    if result.state != SpeechState::Silence {
        for (label, score) in labels.iter().zip(&result.scores) {
            let _ = writeln!(
                text,
                "  {label:<10} {:>5.1} % {}",
                100.0 * score,
                output::bar(*score, 40)
            );
        }
    }
    for window in result.windows.iter().filter(|_| timeline) {
        let best = window.scores.iter().copied().fold(0.0, f32::max);
        let _ = writeln!(
            text,
            "  {:>7.2} to {:>7.2} s  {:<10} {:>3.0} %",
            window.start,
            window.end,
            state_name(window.state, labels),
            100.0 * best
        );
    }
    text
}

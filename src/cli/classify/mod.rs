//! `undertone classify`: the emotion in recordings.

use super::baseline::{Baselines, Choice};
use super::exit::{self, CliError};
use super::inputs::{self, Opener};
use super::{batch, model, output};
use anyhow::Context;
use clap::{Args, ValueEnum};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use undertone::SAMPLE_RATE;
use undertone::audio::{AudioError, Channel, Channels, Damage, Pcm};
use undertone::engine::{ClipClassifier, ClipResult, Settings, SpeechState, hop_frames};
use undertone::error::Class;
use undertone::model::{Manifest, Model, ModelError};
use undertone::protocol::{FileError, Report, SegmentFormat, StreamNames, state_name};

/// Say what emotion is in recordings
///
/// Reads WAV, FLAC, MP3, Ogg Vorbis, Opus, M4A (AAC-LC), WebM, Matroska, CAF, AU, AIFF
/// and ALAC of any rate, width and number of channels, and says of others what they
/// are. A recording's scores are the mean over its windows with speech. Prints a table
/// on a terminal and a JSON object a line otherwise.
#[derive(Args)]
pub struct Classify {
    /// Audio files, folders that are searched for them, or - for stdin
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Print JSON lines on a terminal, too
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// Print segments, in which windows that agree are one, or JSON lines
    #[arg(long, value_name = "FORMAT", value_enum)]
    format: Option<Format>,
    /// Channel to hear: left, right, a number from 1, mix (of all), or each by itself
    #[arg(long, value_name = "CHANNEL", default_value = "mix")]
    channel: Channels,
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

/// Shape of what is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// An object a recording
    Json,
    /// A row a segment: file,start,end,label,confidence
    Csv,
    /// Subtitles of what is said, of one recording
    Srt,
    /// Labels that Audacity imports, of one recording
    Audacity,
}

impl Format {
    /// The shape of segments; `None` where there are results.
    fn of_segments(self) -> Option<SegmentFormat> {
        match self {
            Self::Json => None,
            Self::Csv => Some(SegmentFormat::Csv),
            Self::Srt => Some(SegmentFormat::Srt),
            Self::Audacity => Some(SegmentFormat::Audacity),
        }
    }
}

/// A recording's result, and what was lost, guessed or passed over in it.
pub type Heard = (ClipResult, Damage);

/// The result of a recording, or of each of its channels with its number.
type Results = Vec<(Option<u16>, Heard)>;

impl Classify {
    pub fn run(self) -> anyhow::Result<()> {
        let found = inputs::expand(&self.files);
        self.check(&found.files)?;
        let model = self.model.load()?;
        let settings = self.decision.settings();
        let opener = self.opener().showing_progress(found.files.len());
        let voices = vec![""; found.files.len()];
        let baselines = self
            .baseline
            .of(&found.files, &voices, &model, settings, &opener)?;
        let printer = Printer {
            names: StreamNames::new(model.manifest()),
            segments: self.segments(),
            people: self.format.is_none() && output::is_human(self.json),
            model: &model,
            timeline: self.timeline,
        };
        printer.begin(self.channel == Channels::Each)?;
        let worker = || self.worker(&model, settings, &baselines, &opener);
        let deliver = |file: &Path, outcome| output::print(printer.text(file, outcome).as_bytes());
        let outcome = batch::run(&found.files, worker, deliver);
        found.say_what_was_passed_over();
        outcome
    }

    fn segments(&self) -> Option<SegmentFormat> {
        self.format.and_then(Format::of_segments)
    }

    /// Refuses what cannot be printed or learned.
    fn check(&self, files: &[PathBuf]) -> Result<(), CliError> {
        let one_only = self
            .segments()
            .is_some_and(|format| !format.holds_several());
        if one_only && (files.len() > 1 || self.channel == Channels::Each) {
            let why = "subtitles and labels are of one recording and one channel; give one file, \
                       and no --channel each";
            return Err(CliError::usage(why));
        }
        if self.channel == Channels::Each && self.baseline.is_learned() {
            let why = "--channel each hears several voices, of which one baseline is learned with \
                       --baseline own and running; choose a channel by its number";
            return Err(CliError::usage(why));
        }
        Ok(())
    }

    /// What opens the recordings, which may be read more than once.
    fn opener(&self) -> Opener {
        match self.channel {
            Channels::Each => Opener::for_several_passes(Channel::Mix),
            Channels::One(channel) if self.baseline.is_learned() => {
                Opener::for_several_passes(channel)
            }
            Channels::One(channel) => Opener::of(channel),
        }
    }

    /// One thread's classifier of recordings, or of their channels.
    fn worker(
        &self,
        model: &Model,
        settings: Settings,
        baselines: &Baselines,
        opener: &Opener,
    ) -> anyhow::Result<impl FnMut(usize, &Path) -> anyhow::Result<Results>> {
        let each = self.channel == Channels::Each;
        let mut hear = classifier(model, settings, baselines, opener)?;
        Ok(move |index: usize, file: &Path| {
            if !each {
                return Ok(vec![(None, hear(index, file, None)?)]);
            }
            let name = || output::named(file);
            let mut source = opener.open(file, SAMPLE_RATE, None).with_context(name)?;
            let channels = source.channels().with_context(name)?;
            let numbers = 1..=u16::try_from(channels).unwrap_or(u16::MAX);
            numbers
                .map(|number| Ok((Some(number), hear(index, file, Some(number))?)))
                .collect()
        })
    }
}

/// Prints results as they come.
struct Printer<'a> {
    names: StreamNames,
    /// The shape of segments, if those are printed.
    segments: Option<SegmentFormat>,
    /// Whether people read it, and not JSON.
    people: bool,
    model: &'a Model,
    timeline: bool,
}

impl Printer<'_> {
    fn begin(&self, channels: bool) -> anyhow::Result<()> {
        let header = self.segments.map_or("", |format| format.header(channels));
        output::print(header.as_bytes())
    }

    fn text(&self, file: &Path, outcome: Result<Results, (String, Class)>) -> String {
        match outcome {
            Ok(results) => results
                .iter()
                .map(|(channel, (result, damage))| {
                    // Of all channels it is the same.
                    if channel.is_none_or(|number| number == 1) {
                        exit::warn(file, damage);
                    }
                    self.result(file, *channel, result, damage)
                })
                .collect(),
            Err(_) if self.people || self.segments.is_some() => String::new(),
            Err((error, class)) => Report::Error(FileError {
                file: output::named(file),
                error,
                code: class.exit_code(),
            })
            .to_line(),
        }
    }

    fn result(
        &self,
        file: &Path,
        channel: Option<u16>,
        result: &ClipResult,
        damage: &Damage,
    ) -> String {
        if self.people {
            return readable(file, channel, result, self.model, self.timeline);
        }
        let name = output::named(file);
        let windows = self.timeline || self.segments.is_some();
        let mut result = self.names.file_result(name, result, damage, windows);
        result.channel = channel;
        match self.segments {
            Some(format) => format.text(&result),
            None => Report::Result(result).to_line(),
        }
    }
}

/// One thread's classifier of files, which are in the order of their baselines; of a
/// channel, if there is a number.
pub fn classifier(
    model: &Model,
    settings: Settings,
    baselines: &Baselines,
    opener: &Opener,
) -> anyhow::Result<impl FnMut(usize, &Path, Option<u16>) -> anyhow::Result<Heard>> {
    let mut clips = ClipClassifier::new(model, settings)?;
    Ok(move |index: usize, file: &Path, channel: Option<u16>| {
        clips.use_baseline(baselines.of(index))?;
        classify(&mut clips, opener, file, channel).with_context(|| output::named(file))
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

/// Classifies one recording, or one of its channels.
pub fn classify(
    clips: &mut ClipClassifier,
    opener: &Opener,
    file: &Path,
    channel: Option<u16>,
) -> anyhow::Result<Heard> {
    let mut source = opener.open(file, clips.sample_rate(), channel)?;
    let position = opener.position();
    let read = |chunk: &mut Vec<Pcm>| {
        position.set(source.progress());
        source.read(chunk).map_err(ClassifyError::from)
    };
    match clips.classify(read) {
        Ok(result) => Ok((result, source.damage())),
        Err(ClassifyError::Audio(error)) => Err(error.into()),
        Err(ClassifyError::Model(error)) => Err(error.into()),
    }
}

/// A recording's result for people.
fn readable(
    file: &Path,
    channel: Option<u16>,
    result: &ClipResult,
    model: &Model,
    timeline: bool,
) -> String {
    let labels = &model.manifest().labels;
    let mut text = String::new();
    let name = output::bold(state_name(result.state, labels));
    let channel = channel.map_or(String::new(), |number| format!(" channel {number}"));
    let file = output::shown(file) + &channel;
    // Writing to a String cannot fail.
    let _ = match result.state {
        SpeechState::Silence => {
            writeln!(
                text,
                "{file}  {name}: nobody speaks in {:.1} s",
                result.duration
            )
        }
        _ => writeln!(
            text,
            "{file}  {name} {:.0} % ({:.1} s)",
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
        let _ = writeln!(
            text,
            "  {:>7.2} to {:>7.2} s  {:<10} {:>3.0} %",
            window.start,
            window.end,
            state_name(window.state, labels),
            100.0 * window.confidence()
        );
    }
    text
}

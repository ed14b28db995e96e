//! `undertone baseline`: what is known of a voice.

use super::exit::CliError;
use super::inputs::{self, Opener};
use super::{batch, classify, model, output};
use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use std::collections::BTreeMap;
use std::io::{BufReader, ErrorKind, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use undertone::engine::{Baseline, BaselineMode, ClipClassifier, Settings};
use undertone::error::Class;
use undertone::model::{BaselineRule, Manifest, Model, ModelError};
use undertone::protocol::{BaselineFile, Message, Messages, Request, SOCKET};
use undertone::system::replace;

/// Learn how a voice usually sounds, show it, or have it forgotten
///
/// A baseline is what the model usually says of a voice through a microphone: one
/// number a label, from which no speech can be had back. Windows are judged against
/// it. Learn it from a few sentences that are said as usual: of somebody who
/// is angry all the time, anger would become the usual.
#[derive(Subcommand)]
pub enum Command {
    Learn(Learn),
    Show(Show),
    Reset(Reset),
}

/// Learn a baseline from recordings of one voice
///
/// Half a minute of speech is plenty; a few sentences help already.
#[derive(Args)]
pub struct Learn {
    /// Audio files of one voice, folders that are searched for them, or - for stdin
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// File to write; stdout otherwise
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    model: model::ModelArgs,
}

/// Show what a baseline rests on
#[derive(Args)]
pub struct Show {
    /// File that `undertone baseline learn` wrote, or the service keeps
    file: PathBuf,
    /// Print the file's object on a terminal, too
    #[arg(long)]
    json: bool,
}

/// Have the service forget the voice that it has learned
#[derive(Args)]
pub struct Reset {
    /// Socket of the service
    #[arg(long, value_name = "PATH", default_value = SOCKET)]
    socket: PathBuf,
}

impl Command {
    pub fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Learn(command) => command.run(),
            Self::Show(command) => command.run(),
            Self::Reset(command) => command.run(),
        }
    }
}

impl Learn {
    fn run(self) -> anyhow::Result<()> {
        let model = self.model.load()?;
        let found = inputs::expand(&self.files);
        if let Some(file) = &self.output {
            output::refuse_input(file, &found.files)?;
        }
        let rule = rule(&model)?;
        let mut baseline = Baseline::new(rule.offset.len());
        let opener = Opener::default();
        let worker = || learner(&model, Settings::default(), &opener);
        batch::run(&found.files, worker, |_, outcome| {
            if let Ok(one) = &outcome {
                baseline.add(one, rule);
            }
            Ok(())
        })?;
        found.say_what_was_passed_over();
        if baseline.frames() == 0 {
            bail!(CliError::new(
                Class::Data,
                "nobody speaks in these recordings, so there is no voice to learn",
            ));
        }
        let text = BaselineFile::new(&baseline, model.manifest()).to_text();
        match &self.output {
            Some(file) => replace(file, text.as_bytes(), 0o644)
                .with_context(|| format!("{} cannot be written", file.display())),
            None => output::print(text.as_bytes()),
        }
    }
}

impl Show {
    fn run(self) -> anyhow::Result<()> {
        let stored = read(&self.file)?;
        let text = if output::is_human(self.json) {
            let seconds = stored.seconds();
            let model = &stored.model;
            let (name, version) = (
                output::cleaned(&model.name),
                output::cleaned(&model.version),
            );
            format!("{seconds:.1} s of speech, heard by the model {name} {version}\n")
        } else {
            stored.to_text()
        };
        output::print(text.as_bytes())
    }
}

impl Reset {
    fn run(self) -> anyhow::Result<()> {
        let name = || format!("{}", self.socket.display());
        let mut socket = UnixStream::connect(&self.socket).with_context(name)?;
        socket.write_all(Request::Forget.to_line().as_bytes())?;
        for message in Messages::new(BufReader::new(socket)) {
            match message {
                Message::Ok {
                    request: Request::Forget,
                } => return output::print(b"the voice is forgotten\n"),
                Message::Error { error } => bail!(error),
                _ => (),
            }
        }
        bail!("{}: the service ended before it answered", name())
    }
}

/// The baseline that recordings are judged against, of `--baseline`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Each is judged by itself.
    None,
    /// All speech of the voice that is given.
    Own,
    /// The speech of the voice before it.
    Running,
    /// A file.
    File(PathBuf),
}

impl FromStr for Choice {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text {
            "none" => Self::None,
            "own" => Self::Own,
            "running" => Self::Running,
            file => Self::File(file.into()),
        })
    }
}

impl Choice {
    /// Whether it is learned from the recordings that are judged against it.
    pub fn is_learned(&self) -> bool {
        matches!(self, Self::Own | Self::Running)
    }

    /// Returns the baseline of each of some recordings, given whose each is. One that
    /// cannot be read adds nothing to it.
    ///
    /// # Errors
    /// Those of the file, and [`ModelError::NoVoices`].
    pub fn of(
        &self,
        files: &[PathBuf],
        voices: &[&str],
        model: &Model,
        settings: Settings,
        opener: &Opener,
    ) -> anyhow::Result<Baselines> {
        let manifest = model.manifest();
        let all = match self {
            Self::None => BaselineMode::None,
            Self::File(file) => BaselineMode::Enrolled(load(file, manifest)?),
            Self::Own | Self::Running => {
                let learned = learn(files, model, settings, opener)?;
                let rule = rule(model)?;
                let mut of_voices: BTreeMap<&str, Baseline> = BTreeMap::new();
                let mut before = Vec::new();
                for (voice, one) in voices.iter().zip(&learned) {
                    let empty = || Baseline::new(manifest.labels.len());
                    let known = of_voices.entry(voice).or_insert_with(empty);
                    before.push(known.clone());
                    known.add(one, rule);
                }
                let of = |(n, voice): (usize, &&str)| match self {
                    Self::Own => of_voices[*voice].clone(),
                    _ => before[n].clone(),
                };
                let each = voices.iter().enumerate().map(of);
                let each = each.collect();
                return Ok(Baselines { all: None, each });
            }
        };
        Ok(Baselines {
            all: Some(all),
            each: Vec::new(),
        })
    }
}

/// The baselines of recordings.
pub struct Baselines {
    /// That of all.
    all: Option<BaselineMode>,
    /// That of each, if they differ, in their order.
    each: Vec<Baseline>,
}

impl Baselines {
    /// Undoes the shuffling of recordings: `order[n]` is the place of the nth before.
    pub fn back_in_order(mut self, order: &[usize]) -> Self {
        let mut each = vec![None; self.each.len()];
        for (baseline, &place) in self.each.drain(..).zip(order) {
            each[place] = Some(baseline);
        }
        self.each = each.into_iter().flatten().collect();
        self
    }

    /// Returns the baseline of one of the recordings.
    pub fn of(&self, index: usize) -> BaselineMode {
        let own = || self.each.get(index).cloned().map(BaselineMode::Enrolled);
        self.all.clone().or_else(own).unwrap_or_default()
    }
}

/// Reads a baseline's file.
fn read(file: &Path) -> anyhow::Result<BaselineFile> {
    let name = || file.display().to_string();
    let text = std::fs::read_to_string(file).map_err(|error| match error.kind() {
        ErrorKind::NotFound => CliError::new(Class::NoInput, "no such file").into(),
        ErrorKind::InvalidData => CliError::new(Class::Data, "this is no baseline").into(),
        _ => anyhow::Error::from(error),
    });
    BaselineFile::parse(&text.with_context(name)?).with_context(name)
}

/// Reads the baseline of a file for a model.
pub fn load(file: &Path, manifest: &Manifest) -> anyhow::Result<Baseline> {
    let stored = read(file)?;
    let baseline = stored.baseline(manifest);
    baseline.with_context(|| file.display().to_string())
}

/// The rule of a model that knows voices.
fn rule(model: &Model) -> Result<&BaselineRule, ModelError> {
    let rule = model.manifest().baseline.as_ref();
    rule.ok_or(ModelError::NoVoices)
}

/// One thread's learner of how a recording sounds.
///
/// # Errors
/// [`ModelError::NoVoices`].
fn learner(
    model: &Model,
    settings: Settings,
    opener: &Opener,
) -> anyhow::Result<impl FnMut(usize, &Path) -> anyhow::Result<Baseline>> {
    let labels = rule(model)?.offset.len();
    let mut clips = ClipClassifier::new(model, settings)?;
    Ok(move |_, file: &Path| {
        let empty = || Baseline::new(labels);
        clips.use_baseline(BaselineMode::Running(empty()))?;
        classify::classify(&mut clips, opener, file, None).with_context(|| output::named(file))?;
        Ok(clips.baseline().cloned().unwrap_or_else(empty))
    })
}

/// Learns how each recording sounds; nothing of one that cannot be read, which is
/// said when it is classified.
fn learn(
    files: &[PathBuf],
    model: &Model,
    settings: Settings,
    opener: &Opener,
) -> anyhow::Result<Vec<Baseline>> {
    let labels = rule(model)?.offset.len();
    let worker = || learner(model, settings, opener);
    let mut learned = Vec::new();
    batch::on_all_cores(files, &worker, |_, outcome| {
        learned.push(outcome.unwrap_or_else(|_| Baseline::new(labels)));
        Ok(())
    })?;
    Ok(learned)
}

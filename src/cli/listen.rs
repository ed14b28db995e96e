//! `undertone listen`: the microphone, or a pipe, as a stream of events.

use super::exit::{self, CliError};
use super::{baseline, classify, config, model};
use anyhow::Context;
use clap::Args;
use listenfd::ListenFd;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::fs::File;
use std::io::{stdin, stdout};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use undertone::SAMPLE_RATE;
use undertone::audio::{AudioError, AudioSource, Channel, Pcm, RATES, RawFormat, RawSample};
use undertone::daemon::{
    BaselineConfig, Config, Metrics, OpenFn, Outputs, PauseMemory, PauseSwitch, Pipeline, Reloaded,
    Service, Signals, Supervisor, VoiceMemory, answer, answer_without_switch, limits_that_fit,
    open_microphone, write_metrics,
};
use undertone::engine::{BaselineMode, Engine, padding, whole_window};
use undertone::error::Class;
use undertone::model::Manifest;
use undertone::protocol::DeviceState;
use undertone::publish::{Broadcaster, Listener, Overflow, StdoutWriter};
use undertone::system::{Level, keep_memory_private, log, set_level};

/// Lines that wait for a slow reader of stdout: two minutes of them.
const QUEUE: usize = 256;

/// Hear the microphone and print events as JSON lines
///
/// Prints one line a decision (about one a second) until it is stopped, and
/// with --socket publishes them for other programs. This is also what the
/// service runs: it then keeps the microphone open whatever happens to it.
/// SIGHUP makes it read its configuration again.
#[derive(Args)]
pub struct Listen {
    /// Microphone to open (see `undertone devices`); the system's default
    /// otherwise
    #[arg(long, short, value_name = "ID")]
    device: Option<String>,
    /// Read a recording, or what comes through a pipe (-), instead of a microphone
    #[arg(long, value_name = "PATH", conflicts_with = "device")]
    input: Option<PathBuf>,
    /// Take --input for PCM without a header, of this sample rate in hertz; a WAV header
    /// is obeyed all the same
    #[arg(long, value_name = "RATE", requires = "input", value_parser = parse_rate)]
    raw: Option<u32>,
    /// Channels of --raw
    #[arg(long, value_name = "COUNT", requires = "raw", default_value_t = 1,
        value_parser = clap::value_parser!(u16).range(1..=64))]
    channels: u16,
    #[arg(
        long,
        value_name = "SAMPLE",
        requires = "raw",
        default_value = "S16_LE",
        help = "Samples of --raw, by ALSA's names: U8, S16_LE, S24_LE, S24_3LE, S32_LE, \
                FLOAT_LE, MU_LAW, A_LAW"
    )]
    format: RawSample,
    /// Channel to hear, of the microphone or --input: left, right, a number from 1, or
    /// mix (of all), which is the default
    #[arg(long, value_name = "CHANNEL")]
    channel: Option<Channel>,
    /// Hear --input no faster than it was spoken
    #[arg(long, requires = "input")]
    realtime: bool,
    /// Publish on a Unix socket, too, for any number of readers
    #[arg(long, value_name = "PATH")]
    socket: Option<PathBuf>,
    /// Judge against the baseline of the voice: a FILE of `undertone baseline learn`,
    /// or none; it is learned from what is heard otherwise
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Group whose members may connect to the socket
    #[arg(long, value_name = "GROUP")]
    group: Option<String>,
    /// Publish on the socket alone
    #[arg(long)]
    no_stdout: bool,
    #[command(flatten)]
    config: config::ConfigFile,
    #[command(flatten)]
    decision: classify::DecisionArgs,
    #[command(flatten)]
    model: model::ModelArgs,
}

fn parse_rate(text: &str) -> Result<u32, String> {
    match text.parse() {
        Ok(rate) if RATES.contains(&rate) => Ok(rate),
        _ => Err(format!(
            "it must lie in {} to {}",
            RATES.start(),
            RATES.end()
        )),
    }
}

impl Listen {
    pub fn run(self) -> anyhow::Result<()> {
        keep_memory_private();
        // Before there are threads: it takes variables out of the environment.
        let inherited = ListenFd::from_env().take_unix_listener(0);
        let inherited = inherited.context("the inherited socket")?;
        let loaded = self.config.load()?;
        let configured = loaded.is_some();
        let config = self.with_flags(loaded.unwrap_or_default());
        let model = self.model.load_or(config.model.as_deref())?;
        let engine = Engine::new(&model, self.decision.or(&config.decision.settings()))?;
        let address = match (inherited, &config.socket.path) {
            (Some(listener), _) => Some(Listener::inherited(listener)?),
            (None, Some(path)) => Some(Listener::bind(path, config.socket.group.as_deref())?),
            (None, None) => None,
        };
        if address.is_none() && !config.stdout {
            let why = "nobody could read with neither stdout nor a socket; give --socket PATH";
            return Err(CliError::usage(why).into());
        }
        set_level(config.level(address.is_some()));
        let signals = Signals::default();
        for signal in [SIGINT, SIGTERM] {
            signal_hook::flag::register(signal, Arc::clone(&signals.stop)).context("signals")?;
        }
        if let Some(path) = &self.input {
            return self.pipe(path, engine, &config, address, &signals.stop);
        }
        self.microphone(engine, config, configured, address, &signals)
    }

    /// The configuration with the flags that override it.
    fn with_flags(&self, mut config: Config) -> Config {
        config.microphone.device = self.device.clone().or(config.microphone.device);
        config.microphone.channel = self.channel.unwrap_or(config.microphone.channel);
        config.socket.path = self.socket.clone().or(config.socket.path);
        config.socket.group = self.group.clone().or(config.socket.group);
        config.baseline.voice = self.baseline.clone().or(config.baseline.voice);
        config.stdout &= !self.no_stdout;
        config
    }

    fn microphone(
        &self,
        engine: Engine,
        config: Config,
        mut configured: bool,
        address: Option<Listener>,
        signals: &Signals,
    ) -> anyhow::Result<()> {
        let serves = address.is_some();
        if serves {
            // Without a socket, a terminal that closes ends the program.
            signal_hook::flag::register(SIGHUP, Arc::clone(&signals.reload)).context("signals")?;
        }
        let metrics = metrics(&config)?;
        let may_resume = config.privacy.may_resume.clone();
        let memory = PauseMemory::new(config.privacy.state_file());
        let switch = Arc::new(PauseSwitch::new(&memory, may_resume));
        let (device, open) = microphone(&config);
        let (mut voice, baseline) = voice(
            &config.baseline,
            config.baseline.folder(),
            engine.model().manifest(),
            &device,
        )?;
        let forget = voice.as_mut().map(|voice| voice.forget_switch());
        let start = |address| {
            let limits = limits_that_fit(config.socket.limits());
            let answer = answer(&switch, &forget.unwrap_or_default(), &metrics);
            Broadcaster::start(address, limits, &metrics.readers, answer)
        };
        let outputs = Outputs::new(
            config
                .stdout
                .then(|| StdoutWriter::start(stdout(), QUEUE, Overflow::DropOldest)),
            address.map(start).transpose()?,
        );
        let policy = config.microphone.policy(serves);
        let supervisor = Supervisor::new(open, policy, Instant::now());
        let mut pipeline = Pipeline::new(engine, outputs, &metrics);
        pipeline.use_baseline(baseline)?;
        let service = Service::new(pipeline, supervisor, switch, memory, voice, metrics, device);
        let mut current = config;
        let reload = || self.reload(&mut current, &mut configured, serves);
        Ok(service.run(signals, reload)?)
    }

    /// Reads the configuration again; one that is wrong changes nothing, and
    /// neither does one that was there and is gone: nobody is to be allowed
    /// more because a file is missing for a moment.
    fn reload(
        &self,
        current: &mut Config,
        configured: &mut bool,
        serves: bool,
    ) -> Option<Reloaded> {
        let refuse = |why: String| log(Level::Error, format!("{why}; the old configuration stays"));
        let loaded = match self.config.load() {
            Ok(None) if *configured => {
                refuse("the configuration file is gone".into());
                return None;
            }
            Ok(loaded) => loaded,
            Err(error) => {
                refuse(exit::sentence(&error));
                return None;
            }
        };
        *configured = loaded.is_some();
        let next = self.with_flags(loaded.unwrap_or_default());
        log(Level::Info, "the configuration was read again");
        for key in current.needs_restart(&next) {
            log(Level::Warning, format!("{key} changes with a restart only"));
        }
        let another = next.microphone.device != current.microphone.device
            || next.microphone.channel != current.microphone.channel;
        let settings = |config: &Config| self.decision.or(&config.decision.settings());
        let reloaded = Reloaded {
            policy: next.microphone.policy(serves),
            microphone: another.then(|| microphone(&next)),
            settings: (settings(&next) != settings(current)).then(|| settings(&next)),
            may_resume: next.privacy.may_resume.clone(),
            log: next.level(serves),
        };
        *current = next;
        Some(reloaded)
    }
}

/// The baseline that the service begins with, and the memory of it if it learns.
fn voice(
    config: &BaselineConfig,
    folder: Option<PathBuf>,
    manifest: &Manifest,
    device: &str,
) -> anyhow::Result<(Option<VoiceMemory>, BaselineMode)> {
    match (config.enrolled(), &config.voice) {
        (Some(file), _) => {
            let enrolled = baseline::load(file, manifest)?;
            Ok((None, BaselineMode::Enrolled(enrolled)))
        }
        (None, Some(_)) => Ok((None, BaselineMode::None)),
        (None, None) => {
            let mut memory = VoiceMemory::new(folder, manifest);
            let recalled = memory.recall(device);
            Ok((Some(memory), recalled))
        }
    }
}

/// The configured microphone's name, and the function that opens it.
fn microphone(config: &Config) -> (String, OpenFn) {
    let device = config.microphone.device.clone();
    let name = device.clone().unwrap_or_else(|| "default".into());
    (name, open_microphone(device, config.microphone.channel))
}

/// The program's figures, and the file that they go to.
fn metrics(config: &Config) -> anyhow::Result<Arc<Metrics>> {
    let metrics = Arc::new(Metrics::default());
    if let Some(file) = &config.metrics.file {
        let every = Duration::from_secs_f64(config.metrics.every);
        write_metrics(file.clone(), every, &metrics).context("the thread for metrics")?;
    }
    Ok(metrics)
}

impl Listen {
    /// Opens what --input names.
    fn open(&self, path: &Path) -> anyhow::Result<AudioSource> {
        let is_stdin = path == Path::new("-");
        let opened = match self.raw {
            None if is_stdin => AudioSource::from_pipe(stdin(), SAMPLE_RATE),
            None => AudioSource::open(path, SAMPLE_RATE),
            Some(rate) => {
                let format = RawFormat {
                    rate,
                    channels: self.channels,
                    sample: self.format,
                };
                if is_stdin {
                    AudioSource::from_raw(stdin(), format, SAMPLE_RATE)
                } else {
                    let file = File::open(path).map_err(AudioError::from);
                    file.and_then(|file| AudioSource::from_raw(file, format, SAMPLE_RATE))
                }
            }
        };
        match opened {
            Ok(source) => Ok(source.with_channel(self.channel.unwrap_or_default())),
            Err(AudioError::UnknownFormat) => Err(CliError::new(
                Class::Data,
                "is not audio in a known format; PCM without a header needs --raw RATE",
            )
            .into()),
            Err(error) => Err(error.into()),
        }
    }

    fn pipe(
        &self,
        path: &Path,
        engine: Engine,
        config: &Config,
        address: Option<Listener>,
        stop: &AtomicBool,
    ) -> anyhow::Result<()> {
        let name = || path.display().to_string();
        let early = (path != Path::new("-")).then(|| self.open(path));
        let early = early.transpose().with_context(name)?;
        let metrics = metrics(config)?;
        metrics.update(|stats| {
            (stats.status.state, stats.status.device) = (DeviceState::Open, name());
        });
        let start = |address| {
            let answer = answer_without_switch(&metrics);
            let limits = limits_that_fit(config.socket.limits());
            Broadcaster::start(address, limits, &metrics.readers, answer)
        };
        let outputs = Outputs::new(
            config
                .stdout
                .then(|| StdoutWriter::start(stdout(), QUEUE, Overflow::Wait)),
            address.map(start).transpose()?,
        );
        // Of a pipe nobody knows whose voice it is: nothing is kept.
        let (_, baseline) = voice(&config.baseline, None, engine.model().manifest(), &name())?;
        let frames = engine.window().frames;
        let mut pipeline = Pipeline::new(engine, outputs, &metrics);
        pipeline.use_baseline(baseline)?;
        pipeline.send_hello()?;
        // Nothing may come through stdin for long; who listens is greeted before.
        let mut source = match early {
            Some(source) => source,
            None => self.open(path).with_context(name)?,
        };
        let ended = self
            .hear(&mut source, &mut pipeline, frames, stop)
            .with_context(name)?;
        if ended {
            exit::warn(path, &source.damage());
        }
        Ok(pipeline.finish()?)
    }

    /// Hears a recording or a pipe to its end, for windows of so many frames. One that
    /// fills no window is laid in the middle of one, as by `classify`. Returns whether
    /// it came to the end.
    fn hear(
        &self,
        source: &mut AudioSource,
        pipeline: &mut Pipeline,
        frames: usize,
        stop: &AtomicBool,
    ) -> anyhow::Result<bool> {
        let begun = Instant::now();
        let (mut samples, mut more) = (Vec::new(), true);
        while more && pipeline.has_readers() && !stop.load(Ordering::Relaxed) {
            more = match source.read(&mut samples) {
                // A pipe through which nothing came.
                Err(AudioError::Empty) if self.raw.is_some() => false,
                outcome => outcome?,
            };
            if self.realtime {
                let seconds = samples.len() as f64 / f64::from(SAMPLE_RATE);
                wait_for(begun, pipeline.position() + seconds);
            }
            if pipeline.position() == 0.0 && samples.len() < whole_window(frames) {
                if more {
                    continue;
                }
                lay_in_window(&mut samples, frames);
            }
            pipeline.process(&samples)?;
            pipeline.heartbeat(pipeline.position(), 0)?;
            samples.clear();
        }
        Ok(!more)
    }
}

/// Lays what fills no window in the middle of one.
fn lay_in_window(samples: &mut Vec<Pcm>, frames: usize) {
    if !samples.is_empty() {
        let (before, after) = padding(frames, samples.len());
        samples.splice(..0, vec![0; before]);
        samples.resize(samples.len() + after, 0);
    }
}

/// Sleeps until so many seconds have passed.
fn wait_for(begun: Instant, seconds: f64) {
    let due = begun + Duration::from_secs_f64(seconds.max(0.0));
    std::thread::sleep(due.saturating_duration_since(Instant::now()));
}

//! `undertone listen`: the microphone, or a pipe, as a stream of events.

mod input;

use super::exit::{self, CliError};
use super::{baseline, classify, config, model};
use anyhow::Context;
use clap::Args;
use input::{Heard, Input, InputFormat};
use listenfd::ListenFd;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::io::stdout;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};
use undertone::SAMPLE_RATE;
use undertone::audio::{Channel, Damage, Pcm};
use undertone::daemon::{
    BaselineConfig, Config, Metrics, OpenFn, Outputs, PauseMemory, PauseSwitch, Pipeline, Reloaded,
    Service, Signals, Supervisor, VoiceMemory, answer, answer_without_switch, limits_that_fit,
    open_microphone, write_metrics,
};
use undertone::engine::{BaselineMode, Engine, padding, whole_window};
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
    #[command(flatten)]
    format: InputFormat,
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
    fn pipe(
        &self,
        path: &Path,
        engine: Engine,
        config: &Config,
        address: Option<Listener>,
        stop: &Arc<AtomicBool>,
    ) -> anyhow::Result<()> {
        let name = || path.display().to_string();
        let mut input = Input::open(
            path,
            self.format.clone(),
            self.channel.unwrap_or_default(),
            stop,
        )?;
        // Nothing may come through stdin for long; who listens is greeted before.
        if path != Path::new("-") && !input.is_opened().with_context(name)? {
            return Ok(());
        }
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
                .then(|| StdoutWriter::start(stdout(), QUEUE, Overflow::Wait(Arc::clone(stop)))),
            address.map(start).transpose()?,
        );
        // Of a pipe nobody knows whose voice it is: nothing is kept.
        let (_, baseline) = voice(&config.baseline, None, engine.model().manifest(), &name())?;
        let frames = engine.window().frames;
        let mut pipeline = Pipeline::new(engine, outputs, &metrics);
        pipeline.use_baseline(baseline)?;
        pipeline.send_hello()?;
        let damage = self.hear(&mut input, &mut pipeline, frames);
        if let Some(damage) = damage.with_context(name)? {
            exit::warn(path, &damage);
        }
        Ok(pipeline.finish()?)
    }

    /// Hears a recording or a pipe to its end, for windows of so many frames. One that
    /// fills no window is laid in the middle of one, as by `classify`. Returns what it
    /// lacked if it came to the end.
    fn hear(
        &self,
        input: &mut Input,
        pipeline: &mut Pipeline,
        frames: usize,
    ) -> anyhow::Result<Option<Damage>> {
        let begun = Instant::now();
        let (mut samples, mut end) = (Vec::new(), None);
        while end.is_none() && pipeline.has_readers() {
            match input.next()? {
                Some(Heard::Samples(more)) => samples.extend(more),
                Some(Heard::End(damage)) => end = Some(damage),
                None => break,
            }
            if self.realtime {
                let seconds = samples.len() as f64 / f64::from(SAMPLE_RATE);
                input.wait_until(begun, pipeline.position() + seconds);
            }
            if pipeline.position() == 0.0 && samples.len() < whole_window(frames) {
                if end.is_none() {
                    continue;
                }
                lay_in_window(&mut samples, frames);
            }
            pipeline.process(&samples)?;
            pipeline.heartbeat(pipeline.position(), 0)?;
            samples.clear();
        }
        Ok(end)
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

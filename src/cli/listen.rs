//! `undertone listen`: the microphone, or a pipe, as a stream of events.

use super::{classify, config, model};
use anyhow::{Context, bail};
use clap::Args;
use signal_hook::consts::{SIGINT, SIGTERM};
use std::fs::File;
use std::io::{Read, stdin, stdout};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use undertone::SAMPLE_RATE;
#[cfg(feature = "microphone")]
use undertone::audio::Microphone;
use undertone::audio::{Pcm, RATES, RawReader};
use undertone::engine::{Engine, Event};
#[cfg(feature = "microphone")]
use undertone::publish::DeviceState;
use undertone::publish::{Hello, Message, Overflow, PublishError, Publisher, StreamNames};

/// Lines that wait for a slow reader of stdout: two minutes of them.
const QUEUE: usize = 256;

/// Seconds of stream between signs of life.
const HEARTBEAT: u64 = 10;

/// How often the ring is emptied: two of the device's periods.
#[cfg(feature = "microphone")]
const POLL: Duration = Duration::from_millis(60);

/// A device that delivers nothing for so long has stalled.
#[cfg(feature = "microphone")]
const STALL: Duration = Duration::from_secs(5);

/// Hear the microphone and print events as JSON lines
///
/// Prints one line a decision (about one a second) until it is stopped.
#[derive(Args)]
pub struct Listen {
    /// Microphone to open (see `undertone devices`); the system's default
    /// otherwise
    #[arg(long, short, value_name = "ID")]
    device: Option<String>,
    /// Read signed 16-bit little-endian mono PCM from a file or pipe (-)
    /// instead of a microphone
    #[arg(long, value_name = "PATH", requires = "raw", conflicts_with = "device")]
    input: Option<PathBuf>,
    /// Sample rate of --input in hertz
    #[arg(long, value_name = "RATE", requires = "input", value_parser = parse_rate)]
    raw: Option<u32>,
    #[command(flatten)]
    config: config::ConfigFile,
    #[command(flatten)]
    decision: classify::Decision,
    #[command(flatten)]
    model: model::Choice,
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
        let config = self.config.load()?;
        let model = self.model.load_or(config.model.as_deref())?;
        let settings = self.decision.or(&config.decision.settings());
        let engine = Engine::new(&model, settings)?;
        let stop = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            signal_hook::flag::register(signal, Arc::clone(&stop)).context("signals")?;
        }
        if let (Some(path), Some(rate)) = (&self.input, self.raw) {
            return pipe(path, rate, engine, &stop);
        }
        let device = self.device.or(config.microphone.device);
        microphone(device.as_deref(), engine, &stop)
    }
}

/// The engine with everything that it must not know: the clock and the reader.
struct Stream {
    engine: Engine,
    names: StreamNames,
    publisher: Publisher,
    samples: u64,
    next_heartbeat: u64,
}

impl Stream {
    fn start(engine: Engine, overflow: Overflow) -> anyhow::Result<Self> {
        let manifest = engine.model().manifest();
        let names = StreamNames::new(manifest);
        let hello = Message::Hello(Hello::new(manifest, engine.window()));
        let publisher = Publisher::start(stdout(), QUEUE, overflow);
        publisher.send(&hello)?;
        let next_heartbeat = HEARTBEAT * u64::from(SAMPLE_RATE);
        Ok(Self {
            engine,
            names,
            publisher,
            samples: 0,
            next_heartbeat,
        })
    }

    /// Hears samples and publishes what they mean; `false` when nobody reads.
    fn hear(&mut self, samples: &[Pcm], overruns: u64) -> anyhow::Result<bool> {
        let mut events = Vec::new();
        let begun = Instant::now();
        self.engine.push(samples, &mut |event| events.push(event))?;
        let reading = self.publish(events, begun.elapsed())?;
        self.samples += samples.len() as u64;
        if self.samples < self.next_heartbeat {
            return Ok(reading);
        }
        self.next_heartbeat = self.samples + HEARTBEAT * u64::from(SAMPLE_RATE);
        let position = self.samples as f64 / f64::from(SAMPLE_RATE);
        Ok(self.publisher.send(&Message::Heartbeat {
            position,
            overruns,
            time: now(),
        })?)
    }

    fn publish(&self, events: Vec<Event>, took: Duration) -> anyhow::Result<bool> {
        // Several decisions in one chunk share its time.
        let decisions = events
            .iter()
            .filter(|event| !matches!(event, Event::Change(_)))
            .count();
        let milliseconds = took.as_secs_f64() * 1000.0 / decisions.max(1) as f64;
        let mut reading = true;
        for event in events {
            reading = self
                .publisher
                .send(&self.names.message(event, milliseconds, now()))?;
        }
        Ok(reading)
    }

    fn finish(mut self) -> anyhow::Result<()> {
        let mut events = Vec::new();
        let begun = Instant::now();
        self.engine.finish(&mut |event| events.push(event))?;
        self.publish(events, begun.elapsed())?;
        match self.publisher.finish() {
            Err(PublishError::Closed) => Ok(()),
            outcome => Ok(outcome?),
        }
    }
}

/// The time in UTC, to the millisecond.
fn now() -> String {
    format!("{:.3}", jiff::Timestamp::now())
}

fn pipe(path: &Path, rate: u32, engine: Engine, stop: &AtomicBool) -> anyhow::Result<()> {
    let name = || path.display().to_string();
    let input: Box<dyn Read> = if path == Path::new("-") {
        Box::new(stdin().lock())
    } else {
        let open = File::open(path).map_err(undertone::audio::AudioError::from);
        Box::new(open.with_context(name)?)
    };
    let mut reader = RawReader::new(input, rate, SAMPLE_RATE).with_context(name)?;
    let mut stream = Stream::start(engine, Overflow::Wait)?;
    let mut samples = Vec::new();
    let (mut more, mut reading) = (true, true);
    while more && reading && !stop.load(Ordering::Relaxed) {
        samples.clear();
        more = reader.read(&mut samples).with_context(name)?;
        reading = stream.hear(&samples, 0)?;
    }
    stream.finish()
}

#[cfg(not(feature = "microphone"))]
fn microphone(_: Option<&str>, _: Engine, _: &AtomicBool) -> anyhow::Result<()> {
    bail!("this build has no microphone support; use --input")
}

#[cfg(feature = "microphone")]
fn microphone(device: Option<&str>, engine: Engine, stop: &AtomicBool) -> anyhow::Result<()> {
    let mut microphone = Microphone::open(device, SAMPLE_RATE)?;
    let mut stream = Stream::start(engine, Overflow::DropOldest)?;
    stream
        .publisher
        .send(&device_event(&microphone, DeviceState::Open, None))?;
    let outcome = hear_microphone(&mut microphone, &mut stream, stop);
    if let Err(error) = &outcome {
        let lost = device_event(&microphone, DeviceState::Lost, Some(format!("{error:#}")));
        stream.publisher.send(&lost)?;
    }
    stream.finish()?;
    outcome
}

#[cfg(feature = "microphone")]
fn hear_microphone(
    microphone: &mut Microphone,
    stream: &mut Stream,
    stop: &AtomicBool,
) -> anyhow::Result<()> {
    let mut samples = Vec::new();
    let mut overruns = 0;
    let mut heard = Instant::now();
    let mut reading = true;
    while reading && !stop.load(Ordering::Relaxed) {
        std::thread::sleep(POLL);
        samples.clear();
        if microphone.read(&mut samples)? > 0 {
            heard = Instant::now();
        } else if heard.elapsed() > STALL {
            bail!(undertone::audio::AudioError::Device {
                device: microphone.name().to_owned(),
                reason: format!("it has delivered nothing for {} s", STALL.as_secs()),
            });
        }
        if microphone.overruns() > overruns {
            overruns = microphone.overruns();
            stream
                .publisher
                .send(&device_event(microphone, DeviceState::Overrun, None))?;
        }
        reading = stream.hear(&samples, overruns)?;
    }
    Ok(())
}

#[cfg(feature = "microphone")]
fn device_event(microphone: &Microphone, state: DeviceState, reason: Option<String>) -> Message {
    Message::Device {
        state,
        device: format!("{} ({})", microphone.name(), microphone.configuration()),
        overruns: microphone.overruns(),
        reason,
        time: now(),
    }
}

//! What `--input` names, read by a thread of its own: a pipe may be silent for ever, and
//! nobody may open the other end of a FIFO.

use crate::cli::exit::CliError;
use anyhow::anyhow;
use clap::Args;
use std::fs::File;
use std::io::stdin;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};
use undertone::SAMPLE_RATE;
use undertone::audio::{
    AudioError, AudioSource, Channel, Damage, Pcm, RATES, RawFormat, RawSample,
};
use undertone::error::Class;

/// Time between two looks whether to stop.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// Chunks that are read ahead.
const AHEAD: usize = 4;

/// How `--input` is read.
#[derive(Args, Clone)]
pub struct InputFormat {
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

impl InputFormat {
    fn open(&self, path: &Path, channel: Channel) -> anyhow::Result<AudioSource> {
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
            Ok(source) => Ok(source.with_channel(channel)),
            Err(AudioError::UnknownFormat) => Err(CliError::new(
                Class::Data,
                "is not audio in a known format; PCM without a header needs --raw RATE",
            )
            .into()),
            Err(error) => Err(error.into()),
        }
    }

    /// Opens and reads it to the end, or until nobody takes what comes.
    fn read(&self, path: &Path, channel: Channel, sender: &SyncSender<anyhow::Result<Step>>) {
        let mut source = match self.open(path, channel) {
            Ok(source) => source,
            Err(error) => return drop(sender.send(Err(error))),
        };
        let mut sent = sender.send(Ok(Step::Opened));
        while sent.is_ok() {
            let mut samples = Vec::new();
            let step = match source.read(&mut samples) {
                Ok(true) => Ok(Heard::Samples(samples)),
                Ok(false) => Ok(Heard::End(source.damage())),
                // A pipe through which nothing came.
                Err(AudioError::Empty) if self.raw.is_some() => Ok(Heard::End(source.damage())),
                Err(error) => Err(error.into()),
            };
            let is_last = !matches!(step, Ok(Heard::Samples(_)));
            sent = sender.send(step.map(Step::Heard));
            if is_last {
                break;
            }
        }
    }
}

/// What the thread has done.
enum Step {
    Opened,
    Heard(Heard),
}

/// What comes next.
pub enum Heard {
    /// Samples.
    Samples(Vec<Pcm>),
    /// The end, and what was lost before.
    End(Damage),
}

/// A recording or a pipe on its way in.
pub struct Input {
    steps: Receiver<anyhow::Result<Step>>,
    stop: Arc<AtomicBool>,
}

impl Input {
    /// Begins to open and read it; `stop` ends all waiting for it.
    pub fn open(
        path: &Path,
        format: InputFormat,
        channel: Channel,
        stop: &Arc<AtomicBool>,
    ) -> anyhow::Result<Self> {
        let (sender, steps) = sync_channel(AHEAD);
        let path = path.to_owned();
        thread::Builder::new()
            .name("input".into())
            .spawn(move || format.read(&path, channel, &sender))?;
        let stop = Arc::clone(stop);
        Ok(Self { steps, stop })
    }

    /// Waits until it is open; returns false where it is to stop before.
    ///
    /// # Errors
    /// The reason why it cannot be opened.
    pub fn is_opened(&mut self) -> anyhow::Result<bool> {
        Ok(self.step()?.is_some())
    }

    /// Waits for what comes next; `None` where it is to stop.
    ///
    /// # Errors
    /// The reason why it cannot be read.
    pub fn next(&mut self) -> anyhow::Result<Option<Heard>> {
        loop {
            match self.step()? {
                Some(Step::Opened) => (),
                Some(Step::Heard(heard)) => return Ok(Some(heard)),
                None => return Ok(None),
            }
        }
    }

    fn step(&mut self) -> anyhow::Result<Option<Step>> {
        while !self.stop.load(Ordering::Relaxed) {
            match self.steps.recv_timeout(POLL_INTERVAL) {
                Ok(step) => return step.map(Some),
                Err(RecvTimeoutError::Timeout) => (),
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(anyhow!("the thread that reads it has ended"));
                }
            }
        }
        Ok(None)
    }

    /// Sleeps until so many seconds have passed, or it is to stop.
    pub fn wait_until(&self, begun: Instant, seconds: f64) {
        let due = begun + Duration::from_secs_f64(seconds.max(0.0));
        while !self.stop.load(Ordering::Relaxed) {
            let left = due.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            sleep(left.min(POLL_INTERVAL));
        }
    }
}

//! Keeps a microphone open, whatever happens to it.
//!
//! A machine of four states that is turned every few milliseconds and told the
//! time. It never waits: devices are opened on a thread of their own, because
//! a driver may take as long as it likes.

use super::rate::RateCheck;
use crate::audio::{AudioError, Pcm};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::time::{Duration, Instant};

/// How long opening may take before it is given up.
const OPENING: Duration = Duration::from_secs(10);

/// Openings that may hang at a time; with more, nothing new is tried.
const HANGING: usize = 8;

/// A device that has delivered for so long is well: the next loss is its first.
const WELL: Duration = Duration::from_secs(10);

/// Least time between two reports of lost samples.
const OVERRUN_REPORTS: Duration = Duration::from_secs(1);

/// Something that delivers samples: a microphone.
pub trait Source: Send {
    /// Appends what has arrived, without waiting; how many samples that was at
    /// the device's rate.
    ///
    /// # Errors
    /// [`AudioError`] when it is gone.
    fn read(&mut self, out: &mut Vec<Pcm>) -> Result<usize, AudioError>;
    /// Samples that it lost since it was opened.
    fn overruns(&self) -> u64;
    /// The rate that was asked of the device.
    fn rate(&self) -> u32;
    /// What it is and how it is configured, in words.
    fn describe(&self) -> String;
    /// Its name.
    fn name(&self) -> String;
}

/// What opening a source comes to.
pub type Opened = Result<Box<dyn Source>, AudioError>;

/// Opens the source. It may take its time, and be called again while it does.
pub type Open = Arc<dyn Fn() -> Opened + Send + Sync>;

/// How patient to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Policy {
    /// A device that delivers nothing for so long is lost.
    pub stall: Duration,
    /// How long to wait before opening it again, at first.
    pub retry: Duration,
    /// And at most: the wait doubles each time.
    pub longest_retry: Duration,
    /// Without a device for so long the service ends; `None` is never.
    pub give_up: Option<Duration>,
}

/// Something that people and readers should know.
#[derive(Debug)]
pub enum Notice {
    /// The device delivers.
    Open(String),
    /// It has lost samples.
    Overrun(String),
    /// It is gone or could not be opened, and will be tried again.
    Lost(AudioError),
    /// It is closed because somebody asked for it.
    Paused,
}

enum State {
    Waiting(Instant),
    Opening(Receiver<Opened>, Instant),
    Open(Listening),
    Paused,
}

/// An open device.
struct Listening {
    source: Box<dyn Source>,
    opened: Instant,
    heard: Instant,
    rate: RateCheck,
    /// Overruns that the rate has taken account of, and that were reported.
    counted: u64,
    overruns: u64,
    reported: Option<Instant>,
}

/// One of the openings that may hang. It is given back however the opening
/// ends: the sound system's code may panic.
struct Place(Arc<AtomicUsize>);

impl Place {
    fn take(hanging: &Arc<AtomicUsize>) -> Self {
        hanging.fetch_add(1, Ordering::AcqRel);
        Self(Arc::clone(hanging))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// See the module.
pub struct Supervisor {
    open: Open,
    policy: Policy,
    state: State,
    /// Since when there is no device.
    missing: Option<Instant>,
    /// Attempts since the device was last well.
    attempts: u32,
    /// The last complaint, which is not repeated.
    complaint: String,
    hanging: Arc<AtomicUsize>,
    /// Overruns of devices that were closed since.
    overruns: u64,
    openings: u64,
}

impl Supervisor {
    /// Will open the source in the first turn.
    pub fn new(open: Open, policy: Policy, now: Instant) -> Self {
        Self {
            open,
            policy,
            state: State::Waiting(now),
            missing: Some(now),
            attempts: 0,
            complaint: String::new(),
            hanging: Arc::default(),
            overruns: 0,
            openings: 0,
        }
    }

    /// Samples lost by all devices so far.
    pub fn overruns(&self) -> u64 {
        let now = match &self.state {
            State::Open(listening) => listening.source.overruns(),
            _ => 0,
        };
        self.overruns + now
    }

    /// Times that a device was opened after the first.
    pub fn reconnects(&self) -> u64 {
        self.openings.saturating_sub(1)
    }

    /// Follows another policy and another source from now on. An open device
    /// is closed if the source is another.
    pub fn set(&mut self, policy: Policy, open: Option<Open>, now: Instant) {
        self.policy = policy;
        if let Some(open) = open {
            self.open = open;
            self.attempts = 0;
            if !matches!(self.state, State::Paused) {
                self.close(State::Waiting(now));
                self.missing = self.missing.or(Some(now));
            }
        }
    }

    /// Does what is to be done now and appends what was heard to `samples`.
    ///
    /// # Errors
    /// Why there is no device, when that has lasted longer than the policy
    /// allows.
    pub fn turn(
        &mut self,
        now: Instant,
        pause: bool,
        samples: &mut Vec<Pcm>,
    ) -> Result<Option<Notice>, AudioError> {
        if pause {
            return Ok(self.pause());
        }
        match &mut self.state {
            State::Paused => {
                self.missing = Some(now);
                self.state = State::Waiting(now);
                Ok(None)
            }
            State::Waiting(until) if now < *until => Ok(None),
            State::Waiting(_) => self.begin(now),
            State::Opening(outcome, begun) => match outcome.try_recv() {
                Ok(Ok(source)) => Ok(Some(self.opened(source, now))),
                Ok(Err(error)) => self.lost(error, now),
                Err(TryRecvError::Empty) if now.duration_since(*begun) < OPENING => Ok(None),
                Err(TryRecvError::Empty) => {
                    let reason = format!("opening it takes longer than {} s", OPENING.as_secs());
                    self.lost(failure("of this system", reason), now)
                }
                Err(TryRecvError::Disconnected) => {
                    let reason = "the sound system failed while it was opened".into();
                    self.lost(failure("of this system", reason), now)
                }
            },
            State::Open(listening) => {
                let outcome = listening.read(now, self.policy.stall, samples);
                if now.duration_since(listening.opened) > WELL {
                    self.attempts = 0;
                }
                match outcome {
                    Ok(true) => Ok(Some(Notice::Overrun(listening.source.describe()))),
                    Ok(false) => Ok(None),
                    Err(error) => self.lost(error, now),
                }
            }
        }
    }

    /// Puts the device away and goes on in another state.
    fn close(&mut self, next: State) {
        if let State::Open(listening) = std::mem::replace(&mut self.state, next) {
            self.overruns += listening.source.overruns();
        }
    }

    fn pause(&mut self) -> Option<Notice> {
        if matches!(self.state, State::Paused) {
            return None;
        }
        self.close(State::Paused);
        (self.attempts, self.missing) = (0, None);
        self.complaint.clear();
        Some(Notice::Paused)
    }

    /// Opens the source on a thread that may be left behind.
    fn begin(&mut self, now: Instant) -> Result<Option<Notice>, AudioError> {
        if self.hanging.load(Ordering::Acquire) >= HANGING {
            let reason = format!("{HANGING} attempts to open it hang in its driver");
            return self.lost(failure("of this system", reason), now);
        }
        let (sender, outcome) = channel();
        let (open, place) = (Arc::clone(&self.open), Place::take(&self.hanging));
        let attempt = move || {
            // When nobody waits any more, it is closed again.
            let _ = sender.send(open());
            drop(place);
        };
        let thread = std::thread::Builder::new().name("microphone".into());
        // Without a thread the sender is gone, which the next turn finds.
        let _ = thread.spawn(attempt);
        self.state = State::Opening(outcome, now);
        Ok(None)
    }

    fn opened(&mut self, source: Box<dyn Source>, now: Instant) -> Notice {
        let description = source.describe();
        self.state = State::Open(Listening {
            rate: RateCheck::new(source.rate()),
            source,
            opened: now,
            heard: now,
            counted: 0,
            overruns: 0,
            reported: None,
        });
        self.missing = None;
        self.complaint.clear();
        self.openings += 1;
        Notice::Open(description)
    }

    fn lost(&mut self, error: AudioError, now: Instant) -> Result<Option<Notice>, AudioError> {
        let wait = self.policy.retry.saturating_mul(1 << self.attempts.min(16));
        self.attempts += 1;
        self.close(State::Waiting(now + wait.min(self.policy.longest_retry)));
        let missing = *self.missing.get_or_insert(now);
        let give_up = self.policy.give_up;
        if give_up.is_some_and(|limit| now.duration_since(missing) >= limit) {
            return Err(error);
        }
        let complaint = error.to_string();
        if complaint == self.complaint {
            return Ok(None);
        }
        self.complaint = complaint;
        Ok(Some(Notice::Lost(error)))
    }
}

impl Listening {
    /// Whether samples have been lost that nobody was told of.
    fn read(
        &mut self,
        now: Instant,
        stall: Duration,
        samples: &mut Vec<Pcm>,
    ) -> Result<bool, AudioError> {
        let count = self.source.read(samples)?;
        let overruns = self.source.overruns();
        if count > 0 {
            self.heard = now;
        } else if now.duration_since(self.heard) > stall {
            let reason = format!("it has delivered nothing for {} s", stall.as_secs_f32());
            return Err(failure(&self.source.name(), reason));
        }
        let lost = overruns.saturating_sub(self.counted);
        let lost = usize::try_from(lost).unwrap_or(usize::MAX);
        self.counted = overruns;
        if let Some(rate) = self.rate.take(now, count.saturating_add(lost)) {
            let reason = format!(
                "it delivers {rate:.0} samples a second where {} were asked for",
                self.source.rate()
            );
            return Err(failure(&self.source.name(), reason));
        }
        let quiet = self
            .reported
            .is_some_and(|reported| now.duration_since(reported) < OVERRUN_REPORTS);
        if overruns == self.overruns || quiet {
            return Ok(false);
        }
        (self.overruns, self.reported) = (overruns, Some(now));
        Ok(true)
    }
}

fn failure(device: &str, reason: String) -> AudioError {
    AudioError::Device {
        device: device.into(),
        reason,
    }
}

#[cfg(test)]
mod tests;

//! Keeps a microphone open, whatever happens to it.
//!
//! A machine of five states that is turned every few milliseconds and told the
//! time. It never waits: devices are opened and closed on threads of their own,
//! because a driver may take as long as it likes.

use super::apart::{Closing, Device, Opening, PLACES, Places};
use super::rate::RateCheck;
use crate::audio::{AudioError, Overruns, Pcm};
use std::sync::Arc;
use std::sync::mpsc::TryRecvError;
use std::time::{Duration, Instant};

/// How long opening may take before it is given up.
const OPENING: Duration = Duration::from_secs(10);

/// And closing, before the device is left behind.
pub(super) const CLOSING: Duration = Duration::from_millis(500);

/// Seconds of sound after which a device is there, and after which it is well:
/// the next loss is its first. Not time, which passes for a device that
/// delivers nothing, too.
const THERE: u64 = 1;
const WELL: u64 = 10;

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
    /// What it lost since it was opened.
    fn overruns(&self) -> Overruns;
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
    /// Until then.
    Waiting(Instant),
    /// Since then.
    Opening(Opening, Instant),
    Open(Listening),
    Closing {
        closing: Closing,
        begun: Instant,
        /// When it is opened again.
        again: Instant,
    },
    Paused,
}

/// An open device.
struct Listening {
    device: Device,
    heard: Instant,
    /// Samples that it has delivered.
    delivered: u64,
    rate: RateCheck,
    /// Overruns that the rate has taken account of, and that were reported.
    counted: Overruns,
    told: u64,
    reported: Option<Instant>,
}

/// See the module.
pub struct Supervisor {
    open: Open,
    policy: Policy,
    state: State,
    /// Since when nothing is heard.
    missing: Option<Instant>,
    /// Attempts since the device was last well.
    attempts: u32,
    /// The last complaint, which is not repeated.
    complaint: String,
    places: Places,
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
            places: Places::default(),
            overruns: 0,
            openings: 0,
        }
    }

    /// Samples lost by all devices so far.
    pub fn overruns(&self) -> u64 {
        let now = match &self.state {
            State::Open(listening) => listening.device.source.overruns().total(),
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
        let Some(open) = open else { return };
        self.open = open;
        self.attempts = 0;
        self.complaint.clear();
        if !matches!(self.state, State::Paused) {
            self.leave(now, now);
            self.missing = self.missing.or(Some(now));
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
            return Ok(self.pause(now));
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
                Ok(Ok(device)) => Ok(Some(self.opened(device, now))),
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
            State::Open(_) => self.listen(now, samples),
            State::Closing { again, .. } => {
                let again = *again;
                if self.has_closed(now) {
                    self.state = State::Waiting(again);
                }
                Ok(None)
            }
        }
    }

    /// Begins to close the device, if one is open: what is left to wait for.
    pub(super) fn end(mut self, now: Instant) -> Option<Closing> {
        self.leave(now, now);
        match self.state {
            State::Closing { closing, .. } => Some(closing),
            _ => None,
        }
    }

    /// Puts away what there is and opens the source again at another time.
    fn leave(&mut self, now: Instant, again: Instant) {
        let next = match std::mem::replace(&mut self.state, State::Paused) {
            State::Open(listening) => {
                self.overruns += listening.device.source.overruns().total();
                let closing = listening.device.close();
                State::Closing {
                    closing,
                    begun: now,
                    again,
                }
            }
            State::Closing { closing, begun, .. } => State::Closing {
                closing,
                begun,
                again,
            },
            // What is being opened is closed by who opens it.
            _ => State::Waiting(again),
        };
        self.state = next;
    }

    /// Whether no device is being closed, or it takes too long.
    fn has_closed(&self, now: Instant) -> bool {
        match &self.state {
            State::Closing { closing, begun, .. } => {
                closing.is_over() || now.duration_since(*begun) >= CLOSING
            }
            _ => true,
        }
    }

    /// Says that it is paused when the device has been closed.
    fn pause(&mut self, now: Instant) -> Option<Notice> {
        if matches!(self.state, State::Paused) {
            return None;
        }
        self.leave(now, now);
        if !self.has_closed(now) {
            return None;
        }
        self.state = State::Paused;
        (self.attempts, self.missing) = (0, None);
        self.complaint.clear();
        Some(Notice::Paused)
    }

    fn begin(&mut self, now: Instant) -> Result<Option<Notice>, AudioError> {
        if self.places.are_taken() {
            let reason = format!("{PLACES} attempts to open or close it hang in its driver");
            return self.lost(failure("of this system", reason), now);
        }
        self.state = State::Opening(self.places.open(&self.open), now);
        Ok(None)
    }

    fn opened(&mut self, device: Device, now: Instant) -> Notice {
        let description = device.source.describe();
        self.state = State::Open(Listening {
            rate: RateCheck::new(device.source.rate()),
            device,
            heard: now,
            delivered: 0,
            counted: Overruns::default(),
            told: 0,
            reported: None,
        });
        self.complaint.clear();
        self.openings += 1;
        Notice::Open(description)
    }

    fn listen(
        &mut self,
        now: Instant,
        samples: &mut Vec<Pcm>,
    ) -> Result<Option<Notice>, AudioError> {
        let State::Open(listening) = &mut self.state else {
            return Ok(None);
        };
        let outcome = listening.read(now, self.policy.stall, samples);
        if listening.has_delivered(THERE) {
            self.missing = None;
        }
        if listening.has_delivered(WELL) {
            self.attempts = 0;
        }
        match outcome {
            Ok(true) => Ok(Some(Notice::Overrun(listening.device.source.describe()))),
            Ok(false) => Ok(None),
            Err(error) => self.lost(error, now),
        }
    }

    fn lost(&mut self, error: AudioError, now: Instant) -> Result<Option<Notice>, AudioError> {
        let wait = self.policy.retry.saturating_mul(1 << self.attempts.min(16));
        self.attempts += 1;
        self.leave(now, now + wait.min(self.policy.longest_retry));
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
    fn has_delivered(&self, seconds: u64) -> bool {
        self.delivered >= seconds * u64::from(self.device.source.rate())
    }

    /// Whether samples have been lost that nobody was told of.
    fn read(
        &mut self,
        now: Instant,
        stall: Duration,
        samples: &mut Vec<Pcm>,
    ) -> Result<bool, AudioError> {
        let source = &mut self.device.source;
        let count = source.read(samples)?;
        let overruns = source.overruns();
        if count > 0 {
            self.heard = now;
            self.delivered += count as u64;
        } else if now.duration_since(self.heard) > stall {
            let reason = format!("it has delivered nothing for {} s", stall.as_secs_f32());
            return Err(failure(&source.name(), reason));
        }
        let before = std::mem::replace(&mut self.counted, overruns);
        let lost = overruns.samples.saturating_sub(before.samples);
        let arrived = count.saturating_add(usize::try_from(lost).unwrap_or(usize::MAX));
        let holes = overruns.reports != before.reports;
        if let Some(rate) = self.rate.take(now, arrived, holes) {
            let reason = format!(
                "it delivers {rate:.0} samples a second where {} were asked for",
                source.rate()
            );
            return Err(failure(&source.name(), reason));
        }
        let quiet = self
            .reported
            .is_some_and(|reported| now.duration_since(reported) < OVERRUN_REPORTS);
        if overruns.total() == self.told || quiet {
            return Ok(false);
        }
        (self.told, self.reported) = (overruns.total(), Some(now));
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

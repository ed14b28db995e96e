//! Keeps a microphone open, whatever happens to it.
//!
//! A machine of five states that is polled every few milliseconds and told the
//! time. It never waits: devices are opened and closed on threads of their own,
//! because a driver may take as long as it likes.

mod device_threads;
mod input;
mod listening;
mod microphone;
mod rate;

use crate::audio::{AudioError, Pcm};
use device_threads::{Closing, MAX_SLOTS, OpenDevice, Opening, Slots};
use input::failure;
use listening::Listening;
use std::time::{Duration, Instant};

pub(super) use device_threads::CLOSE_TIMEOUT;
pub use input::{AudioInput, OpenFn, OpenResult};
pub use microphone::open_microphone;

/// Seconds of sound after which a device is no longer missing. Not time, which
/// passes for a device that delivers nothing, too.
const PRESENT_AFTER: u64 = 1;

/// Seconds of sound after which a device is well: the next loss is its first.
const WELL_AFTER: u64 = 10;

/// The supervisor's patience.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Policy {
    /// Time without samples after which a device is lost.
    pub stall: Duration,
    /// First wait before a device is opened again.
    pub retry: Duration,
    /// Longest such wait: it doubles each time.
    pub longest_retry: Duration,
    /// Time without a device after which the service ends; `None` is never.
    pub give_up: Option<Duration>,
}

/// A change of the device that people and readers should know of.
#[derive(Debug)]
pub enum DeviceEvent {
    /// It delivers. With its name and configuration.
    Open(String),
    /// It has lost samples. With its name and configuration.
    Overrun(String),
    /// It is gone or could not be opened, and will be tried again.
    Lost(AudioError),
    /// It is closed because somebody asked for it.
    Paused,
}

enum State {
    /// It is opened again at that time.
    Waiting { until: Instant },
    /// A thread is opening it.
    Opening(Opening),
    /// It is open.
    Open(Listening),
    /// A thread is closing it.
    Closing { closing: Closing, retry_at: Instant },
    /// It is to stay closed.
    Paused,
}

/// Keeps a microphone open: see the module.
pub struct Supervisor {
    open: OpenFn,
    policy: Policy,
    state: State,
    /// Time since which nothing is heard.
    missing_since: Option<Instant>,
    /// Attempts since the device was last well.
    attempts: u32,
    /// The last error's sentence, which is not repeated.
    last_error: String,
    slots: Slots,
    /// Overruns of devices that were closed since.
    overruns: u64,
    openings: u64,
}

impl Supervisor {
    /// A supervisor that will open the device when it is first polled.
    pub fn new(open: OpenFn, policy: Policy, now: Instant) -> Self {
        Self {
            open,
            policy,
            state: State::Waiting { until: now },
            missing_since: Some(now),
            attempts: 0,
            last_error: String::new(),
            slots: Slots::default(),
            overruns: 0,
            openings: 0,
        }
    }

    /// Returns samples lost by all devices so far.
    pub fn overruns(&self) -> u64 {
        let now = match &self.state {
            State::Open(listening) => listening.input().overruns().total(),
            _ => 0,
        };
        self.overruns + now
    }

    /// Returns how often a device was opened after the first time.
    pub fn reconnects(&self) -> u64 {
        self.openings.saturating_sub(1)
    }

    /// Follows another policy and opens another device from now on. An open device
    /// is closed if there is another.
    pub fn set(&mut self, policy: Policy, open: Option<OpenFn>, now: Instant) {
        self.policy = policy;
        let Some(open) = open else { return };
        self.open = open;
        self.attempts = 0;
        self.last_error.clear();
        if !matches!(self.state, State::Paused) {
            self.leave(now, now);
            self.missing_since = self.missing_since.or(Some(now));
        }
    }

    /// Does what is to be done now and appends what was heard to `samples`.
    ///
    /// # Errors
    /// Why there is no device, when that has lasted longer than the policy
    /// allows.
    pub fn poll(
        &mut self,
        now: Instant,
        pause: bool,
        samples: &mut Vec<Pcm>,
    ) -> Result<Option<DeviceEvent>, AudioError> {
        if pause {
            return Ok(self.pause(now));
        }
        match &self.state {
            State::Paused => {
                self.missing_since = Some(now);
                self.state = State::Waiting { until: now };
                Ok(None)
            }
            State::Waiting { until } if now < *until => Ok(None),
            State::Waiting { .. } => self.begin_opening(now),
            State::Opening(opening) => match opening.poll(now) {
                None => Ok(None),
                Some(Ok(device)) => Ok(Some(self.opened(device, now))),
                Some(Err(error)) => self.lost(error, now),
            },
            State::Open(_) => self.listen(now, samples),
            State::Closing { closing, retry_at } => {
                if closing.is_over(now) {
                    self.state = State::Waiting { until: *retry_at };
                }
                Ok(None)
            }
        }
    }

    /// Begins to close the device, if one is open; returns what is left to wait for.
    pub(super) fn end(mut self, now: Instant) -> Option<Closing> {
        self.leave(now, now);
        match self.state {
            State::Closing { closing, .. } => Some(closing),
            _ => None,
        }
    }

    /// Puts away what there is and opens the device again at another time.
    fn leave(&mut self, now: Instant, retry_at: Instant) {
        let next = match std::mem::replace(&mut self.state, State::Paused) {
            State::Open(listening) => {
                self.overruns += listening.input().overruns().total();
                let closing = listening.close(now);
                State::Closing { closing, retry_at }
            }
            State::Closing { closing, .. } => State::Closing { closing, retry_at },
            // What is being opened is closed by the thread that opens it.
            _ => State::Waiting { until: retry_at },
        };
        self.state = next;
    }

    /// Closes the device; says so when it is closed, or takes too long.
    fn pause(&mut self, now: Instant) -> Option<DeviceEvent> {
        if matches!(self.state, State::Paused) {
            return None;
        }
        self.leave(now, now);
        if let State::Closing { closing, .. } = &self.state
            && !closing.is_over(now)
        {
            return None;
        }
        self.state = State::Paused;
        (self.attempts, self.missing_since) = (0, None);
        self.last_error.clear();
        Some(DeviceEvent::Paused)
    }

    fn begin_opening(&mut self, now: Instant) -> Result<Option<DeviceEvent>, AudioError> {
        if self.slots.are_taken() {
            let reason = format!("{MAX_SLOTS} attempts to open or close it hang in its driver");
            return self.lost(failure("of this system", reason), now);
        }
        self.state = State::Opening(self.slots.open(&self.open, now));
        Ok(None)
    }

    fn opened(&mut self, device: OpenDevice, now: Instant) -> DeviceEvent {
        let description = device.input.describe();
        self.state = State::Open(Listening::new(device, now));
        self.last_error.clear();
        self.openings += 1;
        DeviceEvent::Open(description)
    }

    fn listen(
        &mut self,
        now: Instant,
        samples: &mut Vec<Pcm>,
    ) -> Result<Option<DeviceEvent>, AudioError> {
        let State::Open(listening) = &mut self.state else {
            return Ok(None);
        };
        let outcome = listening.read(now, self.policy.stall, samples);
        if listening.has_delivered(PRESENT_AFTER) {
            self.missing_since = None;
        }
        if listening.has_delivered(WELL_AFTER) {
            self.attempts = 0;
        }
        if let Err(error) = outcome {
            return self.lost(error, now);
        }
        let overrun = listening.reports_overrun(now);
        Ok(overrun.then(|| DeviceEvent::Overrun(listening.input().describe())))
    }

    /// Plans the next attempt. Says why one is needed, once, or gives up.
    fn lost(&mut self, error: AudioError, now: Instant) -> Result<Option<DeviceEvent>, AudioError> {
        let wait = self.policy.retry.saturating_mul(1 << self.attempts.min(16));
        self.attempts += 1;
        self.leave(now, now + wait.min(self.policy.longest_retry));
        let missing_since = *self.missing_since.get_or_insert(now);
        let give_up = self.policy.give_up;
        if give_up.is_some_and(|limit| now.duration_since(missing_since) >= limit) {
            return Err(error);
        }
        let sentence = error.to_string();
        if sentence == self.last_error {
            return Ok(None);
        }
        self.last_error = sentence;
        Ok(Some(DeviceEvent::Lost(error)))
    }
}

#[cfg(test)]
impl Supervisor {
    /// Returns `true` while a thread opens or closes a device.
    pub(super) fn is_busy(&self) -> bool {
        matches!(self.state, State::Opening(_) | State::Closing { .. })
    }
}

#[cfg(test)]
pub(super) mod fake;
#[cfg(test)]
mod tests;

//! The loop that listens for a year.

use super::DaemonError;
use super::log::{Level, log, set_level};
use super::metrics::Metrics;
use super::notifier::Notifier;
use super::permission::Allowed;
use super::privacy::Switch;
use super::stream::{Stream, now as wall_time};
use super::supervisor::{CLOSING, Notice, Open, Policy, Supervisor};
use crate::SAMPLE_RATE;
use crate::audio::Pcm;
use crate::engine::Settings;
use crate::error::with_causes;
use crate::protocol::{DeviceState, Message, Reply, Request};
use crate::publish::{Answer, DRAIN_TIMEOUT, SHUTDOWN_TIMEOUT};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How often it looks for samples: two of the device's periods.
const TURN: Duration = Duration::from_millis(60);

/// How long to wait before a pause that could not be written down is tried
/// again.
const AGAIN: Duration = Duration::from_mins(1);

/// A stop takes less than a second, whatever hangs: beside a turn and the last
/// decision, these are waited for.
const _: () = {
    let last_words = SHUTDOWN_TIMEOUT.as_millis() + DRAIN_TIMEOUT.as_millis();
    let device = CLOSING.as_millis();
    let longer = if last_words > device {
        last_words
    } else {
        device
    };
    assert!(TURN.as_millis() + longer < 750);
};

/// What a configuration that was read again may change.
pub struct Reloaded {
    /// How patient to be.
    pub policy: Policy,
    /// Another microphone, and what it is called.
    pub microphone: Option<(String, Open)>,
    /// Another way to decide.
    pub settings: Option<Settings>,
    /// Who may resume.
    pub may_resume: Vec<Allowed>,
    /// What is logged.
    pub log: Level,
}

/// What ends the loop, and what makes it read its configuration again.
#[derive(Clone, Default)]
pub struct Signals {
    /// SIGTERM or SIGINT came.
    pub stop: Arc<AtomicBool>,
    /// SIGHUP came.
    pub reload: Arc<AtomicBool>,
}

/// A stream and the microphone that feeds it.
pub struct Service {
    stream: Stream,
    supervisor: Supervisor,
    switch: Arc<Switch>,
    metrics: Arc<Metrics>,
    notifier: Notifier,
    samples: Vec<Pcm>,
    device: String,
    /// Whether the first attempt at the device is done and everybody greeted.
    introduced: bool,
    /// When samples last came, and whether the device was away since.
    heard: Option<Instant>,
    away: bool,
    /// Whether the next start will be paused.
    remembered: bool,
    /// When it was last tried in vain to change that.
    tried: Option<Instant>,
}

impl Service {
    /// Joins the parts; nothing happens before [`run`](Self::run).
    pub fn new(
        stream: Stream,
        supervisor: Supervisor,
        switch: Arc<Switch>,
        metrics: Arc<Metrics>,
        device: String,
    ) -> Self {
        Self {
            stream,
            supervisor,
            // Not what it is now: readers may have asked for a pause already.
            remembered: switch.was_paused(),
            switch,
            metrics,
            notifier: Notifier::from_env(),
            samples: Vec::new(),
            device,
            introduced: false,
            heard: None,
            away: false,
            tried: None,
        }
    }

    /// Listens until it is told to stop, nobody can read any more, or there is
    /// no microphone for longer than the policy allows.
    ///
    /// # Errors
    /// Why it could not go on.
    pub fn run(
        mut self,
        signals: &Signals,
        mut reload: impl FnMut() -> Option<Reloaded>,
    ) -> Result<(), DaemonError> {
        let mut outcome = Ok(true);
        while matches!(outcome, Ok(true)) && !signals.stop.load(Ordering::Relaxed) {
            std::thread::sleep(TURN);
            if signals.reload.swap(false, Ordering::Relaxed)
                && let Some(reloaded) = reload()
            {
                outcome = self.apply(reloaded);
            }
            outcome = outcome.and_then(|_| self.turn(Instant::now()));
        }
        self.notifier.stopping();
        log(Level::Info, "stopping");
        if let Err(DaemonError::Audio(error)) = &outcome
            && self.introduced
        {
            self.tell(DeviceState::Lost, Some(error.to_string()))?;
        }
        // What the device still delivers is not heard. It closes while others
        // get their last lines.
        let begun = Instant::now();
        let closing = self.supervisor.end(begun);
        let finished = self.stream.finish();
        if let Some(closing) = closing {
            closing.wait(CLOSING.saturating_sub(begun.elapsed()));
        }
        // What was asked for since the last turn, or could not be written yet.
        let paused = self.switch.is_paused();
        if paused != self.remembered
            && let Err(error) = self.switch.remember(paused)
        {
            log(Level::Warning, forgotten(paused, &error));
        }
        outcome.and(finished)
    }

    fn apply(&mut self, reloaded: Reloaded) -> Result<bool, DaemonError> {
        set_level(reloaded.log);
        self.switch.allow(reloaded.may_resume);
        let mut open = None;
        if let Some((name, microphone)) = reloaded.microphone {
            // What happens from now on happens to that one.
            (self.device, self.away) = (name, true);
            open = Some(microphone);
        }
        self.supervisor.set(reloaded.policy, open, Instant::now());
        reloaded
            .settings
            .map_or(Ok(true), |settings| self.stream.set(settings))
    }

    fn turn(&mut self, now: Instant) -> Result<bool, DaemonError> {
        self.samples.clear();
        let paused = self.switch.is_paused();
        // A pause that is new is written when the microphone has been closed.
        let due = self
            .tried
            .map_or(!paused, |tried| now.duration_since(tried) >= AGAIN);
        if paused == self.remembered {
            self.tried = None;
        } else if due {
            self.remember(paused, now);
        }
        let notice = self.supervisor.turn(now, paused, &mut self.samples)?;
        let mut reading = notice.map_or(Ok(true), |notice| self.report(notice, now))?;
        if !self.samples.is_empty() {
            reading &= self.hear(now)?;
        }
        // While there is nothing to hear, time goes on, also before the first sound.
        if self.away {
            self.heard.get_or_insert(now);
        }
        let since = self.heard.filter(|_| self.away);
        let passed = since.map_or(0.0, |heard| now.duration_since(heard).as_secs_f64());
        let position = self.stream.position() + passed;
        reading &= self.stream.beat(position, self.supervisor.overruns())?;
        self.notifier.tick(now);
        Ok(reading)
    }

    fn hear(&mut self, now: Instant) -> Result<bool, DaemonError> {
        if let (true, Some(heard)) = (self.away, self.heard) {
            let passed = now.duration_since(heard).as_secs_f64() * f64::from(SAMPLE_RATE);
            let lost = (passed as u64).saturating_sub(self.samples.len() as u64);
            self.stream.skip(lost)?;
        }
        (self.heard, self.away) = (Some(now), false);
        self.stream.hear(&self.samples)
    }

    /// Tells everybody what has become of the device.
    fn report(&mut self, notice: Notice, now: Instant) -> Result<bool, DaemonError> {
        let mut reading = true;
        if !self.introduced {
            reading = self.stream.introduce()?;
        }
        let (state, reason) = match notice {
            Notice::Open(device) => {
                self.become_state(
                    DeviceState::Open,
                    Level::Info,
                    &format!("listening to {device}"),
                );
                self.device = device;
                (DeviceState::Open, None)
            }
            Notice::Overrun(device) => {
                self.device = device;
                log(Level::Debug, "samples were lost");
                (DeviceState::Overrun, None)
            }
            Notice::Lost(error) => {
                self.away = true;
                self.become_state(DeviceState::Lost, Level::Warning, &error.to_string());
                (DeviceState::Lost, Some(error.to_string()))
            }
            Notice::Paused => {
                self.away = true;
                self.become_state(
                    DeviceState::Paused,
                    Level::Info,
                    "paused, the microphone is closed",
                );
                (DeviceState::Paused, self.remember(true, now))
            }
        };
        if !self.introduced {
            self.introduced = true;
            self.notifier.ready();
        }
        reading &= self.tell(state, reason)?;
        if self.away {
            // Nothing is decided about what was heard before, however late it is.
            reading &= self.stream.skip(0)?;
        }
        Ok(reading)
    }

    fn become_state(&mut self, state: DeviceState, level: Level, sentence: &str) {
        log(level, sentence);
        self.notifier.status(sentence);
        let (device, reconnects) = (self.device.clone(), self.supervisor.reconnects());
        self.metrics.update(|figures| {
            let status = &mut figures.status;
            (status.state, status.reconnects) = (state, reconnects);
            status.device = device;
        });
    }

    fn tell(&mut self, state: DeviceState, reason: Option<String>) -> Result<bool, DaemonError> {
        self.stream.tell(&Message::Device {
            state,
            device: self.device.clone(),
            overruns: self.supervisor.overruns(),
            reason,
            time: wall_time(),
        })
    }

    /// Makes the pause survive a restart; why it will not, if so.
    fn remember(&mut self, paused: bool, now: Instant) -> Option<String> {
        if paused == self.remembered {
            return None;
        }
        let Err(error) = self.switch.remember(paused) else {
            self.remembered = paused;
            return None;
        };
        let sentence = forgotten(paused, &error);
        // Once, however often it is tried.
        if self.tried.replace(now).is_none() {
            log(Level::Warning, &sentence);
        }
        Some(sentence)
    }
}

fn forgotten(paused: bool, error: &std::io::Error) -> String {
    let what = if paused {
        "the pause over"
    } else {
        "the end of the pause over"
    };
    let why = with_causes(error);
    format!("{what} a restart would not be remembered: {why}")
}

/// Answers readers of the socket.
pub fn answer(switch: &Arc<Switch>, metrics: &Arc<Metrics>) -> Answer {
    let (switch, metrics) = (Arc::clone(switch), Arc::clone(metrics));
    Box::new(move |request, peer| match request {
        Request::Status => Reply::Status(metrics.status()),
        Request::Pause => {
            switch.pause();
            Reply::Ok(Request::Pause)
        }
        Request::Resume if switch.resume(peer) => Reply::Ok(Request::Resume),
        Request::Resume => {
            Reply::Error("the configuration (privacy.may_resume) does not let you resume".into())
        }
    })
}

/// Answers readers of a stream that no microphone feeds.
pub fn answer_without_switch(metrics: &Arc<Metrics>) -> Answer {
    let metrics = Arc::clone(metrics);
    Box::new(move |request, _| match request {
        Request::Status => Reply::Status(metrics.status()),
        Request::Pause | Request::Resume => {
            Reply::Error("there is no microphone here to pause".into())
        }
    })
}

//! The loop that listens for a year.

use super::error::DaemonError;
use super::metrics::Metrics;
use super::pause::{PauseMemory, PauseSwitch, Principal};
use super::pipeline::{Pipeline, utc_now};
use super::presence::Presence;
use super::supervisor::{CLOSE_TIMEOUT, DeviceEvent, OpenFn, Policy, Supervisor};
use super::voice::VoiceMemory;
use crate::audio::Pcm;
use crate::engine::Settings;
use crate::protocol::{DeviceState, Message};
use crate::publish::{DRAIN_TIMEOUT, SHUTDOWN_TIMEOUT};
use crate::system::{Level, Notifier, log, set_level};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Time between two looks for samples: two of the device's periods.
const POLL_INTERVAL: Duration = Duration::from_millis(60);

/// A stop takes less than a second, whatever hangs: beside a poll and the last
/// decision, these are waited for.
const _: () = {
    let last_words = SHUTDOWN_TIMEOUT.as_millis() + DRAIN_TIMEOUT.as_millis();
    let device = CLOSE_TIMEOUT.as_millis();
    let longer = if last_words > device {
        last_words
    } else {
        device
    };
    assert!(POLL_INTERVAL.as_millis() + longer < 750);
};

/// The part of a configuration that a running service follows.
pub struct Reloaded {
    /// The supervisor's patience.
    pub policy: Policy,
    /// Another microphone, by its name.
    pub microphone: Option<(String, OpenFn)>,
    /// Another way to decide.
    pub settings: Option<Settings>,
    /// Users and groups that may resume.
    pub may_resume: Vec<Principal>,
    /// Level of the log.
    pub log: Level,
}

/// Signals to the loop.
#[derive(Clone, Default)]
pub struct Signals {
    /// SIGTERM or SIGINT came: end.
    pub stop: Arc<AtomicBool>,
    /// SIGHUP came: read the configuration again.
    pub reload: Arc<AtomicBool>,
}

/// A pipeline and the microphone that feeds it.
pub struct Service {
    pipeline: Pipeline,
    supervisor: Supervisor,
    switch: Arc<PauseSwitch>,
    memory: PauseMemory,
    /// What is known of the voice; `None` where nothing is learned.
    voice: Option<VoiceMemory>,
    metrics: Arc<Metrics>,
    notifier: Notifier,
    samples: Vec<Pcm>,
    /// Name of the device, and its configuration once it was open.
    device: String,
    presence: Presence,
    /// Set when the first attempt at the device is over and readers were greeted.
    is_up: bool,
}

impl Service {
    /// Joins the parts; nothing happens before [`run`](Self::run).
    pub fn new(
        pipeline: Pipeline,
        supervisor: Supervisor,
        switch: Arc<PauseSwitch>,
        memory: PauseMemory,
        voice: Option<VoiceMemory>,
        metrics: Arc<Metrics>,
        device: String,
    ) -> Self {
        Self {
            pipeline,
            supervisor,
            switch,
            memory,
            voice,
            metrics,
            notifier: Notifier::from_env(),
            samples: Vec::new(),
            device,
            presence: Presence::Starting,
            is_up: false,
        }
    }

    /// Listens until it is told to stop, nobody can read any more, or there is
    /// no microphone for longer than the policy allows.
    ///
    /// # Errors
    /// The reason why it could not go on.
    pub fn run(
        mut self,
        signals: &Signals,
        reload: impl FnMut() -> Option<Reloaded>,
    ) -> Result<(), DaemonError> {
        let outcome = self.listen(signals, reload);
        self.notifier.stopping();
        log(Level::Info, "stopping");
        if let Err(DaemonError::Audio(error)) = &outcome
            && self.is_up
        {
            self.send_device(DeviceState::Lost, Some(error.to_string()))?;
        }
        outcome.and(self.finish())
    }

    fn listen(
        &mut self,
        signals: &Signals,
        mut reload: impl FnMut() -> Option<Reloaded>,
    ) -> Result<(), DaemonError> {
        while self.pipeline.has_readers() && !signals.stop.load(Ordering::Relaxed) {
            std::thread::sleep(POLL_INTERVAL);
            let now = Instant::now();
            if signals.reload.swap(false, Ordering::Relaxed)
                && let Some(reloaded) = reload()
            {
                self.apply(reloaded, now)?;
            }
            self.poll(now)?;
        }
        Ok(())
    }

    /// Ends everything. The device closes while readers get their last lines; what
    /// it still delivers is not heard.
    fn finish(mut self) -> Result<(), DaemonError> {
        if let Some(voice) = &mut self.voice {
            voice.keep(self.pipeline.baseline());
        }
        let closing = self.supervisor.end(Instant::now());
        let finished = self.pipeline.finish();
        if let Some(closing) = closing {
            closing.wait();
        }
        self.memory.finish(self.switch.is_paused());
        finished
    }

    fn apply(&mut self, reloaded: Reloaded, now: Instant) -> Result<(), DaemonError> {
        set_level(reloaded.log);
        self.switch.allow(reloaded.may_resume);
        let mut recalled = None;
        let open = reloaded.microphone.map(|(name, open)| {
            // What happens from now on happens to that one.
            if let Some(voice) = &mut self.voice {
                voice.keep(self.pipeline.baseline());
                recalled = Some(voice.recall(&name));
            }
            self.device = name;
            self.presence.leave(now);
            open
        });
        self.supervisor.set(reloaded.policy, open, now);
        if let Some(baseline) = recalled {
            self.pipeline.use_baseline(baseline)?;
        }
        match reloaded.settings {
            Some(settings) => self.pipeline.set(settings),
            None => Ok(()),
        }
    }

    /// Does what is to be done now.
    fn poll(&mut self, now: Instant) -> Result<(), DaemonError> {
        let paused = self.switch.is_paused();
        self.memory.poll(paused, now);
        self.samples.clear();
        let event = self.supervisor.poll(now, paused, &mut self.samples)?;
        if let Some(event) = event {
            self.report(event, now)?;
        }
        if !self.samples.is_empty() {
            self.hear(now)?;
        }
        self.follow_voice(now)?;
        let position = self.pipeline.position() + self.presence.time_away(now).as_secs_f64();
        self.pipeline
            .heartbeat(position, self.supervisor.overruns())?;
        self.notifier.tick(now);
        Ok(())
    }

    /// Keeps what was learned of the voice, and forgets it when a reader asked for that.
    fn follow_voice(&mut self, now: Instant) -> Result<(), DaemonError> {
        let Some(voice) = &mut self.voice else {
            return Ok(());
        };
        if voice.is_to_forget() {
            self.pipeline.forget_voice()?;
            voice.keep(self.pipeline.baseline());
        }
        voice.poll(self.pipeline.baseline(), now);
        Ok(())
    }

    fn hear(&mut self, now: Instant) -> Result<(), DaemonError> {
        if let Some(missed) = self.presence.hear(self.samples.len(), now) {
            self.pipeline.skip(missed)?;
        }
        self.pipeline.process(&self.samples)
    }

    /// Tells everybody what has become of the device.
    fn report(&mut self, event: DeviceEvent, now: Instant) -> Result<(), DaemonError> {
        if !self.is_up {
            self.pipeline.send_hello()?;
        }
        let (state, reason) = self.follow(event, now);
        if !self.is_up {
            self.is_up = true;
            self.notifier.ready();
        }
        self.send_device(state, reason)?;
        if matches!(self.presence, Presence::Away { .. }) {
            // Nothing is decided about what was heard before, however late it is.
            self.pipeline.skip(0)?;
        }
        Ok(())
    }

    /// Follows the device into another state. Returns that and, where something went
    /// wrong, the reason.
    fn follow(&mut self, event: DeviceEvent, now: Instant) -> (DeviceState, Option<String>) {
        match event {
            DeviceEvent::Open(device) => {
                let sentence = format!("listening to {device}");
                self.device = device;
                self.set_state(DeviceState::Open, Level::Info, &sentence);
                (DeviceState::Open, None)
            }
            DeviceEvent::Overrun(device) => {
                self.device = device;
                log(Level::Debug, "samples were lost");
                (DeviceState::Overrun, None)
            }
            DeviceEvent::Lost(error) => {
                self.leave(now);
                self.set_state(DeviceState::Lost, Level::Warning, &error.to_string());
                (DeviceState::Lost, Some(error.to_string()))
            }
            DeviceEvent::Paused => {
                self.leave(now);
                self.set_state(
                    DeviceState::Paused,
                    Level::Info,
                    "paused, the microphone is closed",
                );
                (DeviceState::Paused, self.memory.write(true, now).err())
            }
        }
    }

    /// Takes leave of the device, and of what it has just delivered: no sound of a
    /// device that is lost is behind the line that says so.
    fn leave(&mut self, now: Instant) {
        self.samples.clear();
        self.presence.leave(now);
    }

    fn set_state(&mut self, state: DeviceState, level: Level, sentence: &str) {
        log(level, sentence);
        self.notifier.status(sentence);
        let (device, reconnects) = (self.device.clone(), self.supervisor.reconnects());
        self.metrics.update(|stats| {
            let status = &mut stats.status;
            (status.state, status.reconnects) = (state, reconnects);
            status.device = device;
        });
    }

    fn send_device(
        &mut self,
        state: DeviceState,
        reason: Option<String>,
    ) -> Result<(), DaemonError> {
        self.pipeline.send(&Message::Device {
            state,
            device: self.device.clone(),
            overruns: self.supervisor.overruns(),
            reason,
            time: utc_now(),
        })
    }
}

#[cfg(all(test, feature = "embedded-model"))]
mod tests;

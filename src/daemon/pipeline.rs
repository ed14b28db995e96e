//! The engine with everything that it must not know: the clock and the readers.

use super::error::DaemonError;
use super::metrics::Metrics;
use super::outputs::Outputs;
use crate::SAMPLE_RATE;
use crate::audio::Pcm;
use crate::engine::{Baseline, BaselineMode, Engine, Event, Settings, Smoothed, SpeechState};
use crate::protocol::{Hello, Message, StreamNames};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Seconds of stream between heartbeats.
const HEARTBEAT_INTERVAL: f64 = 10.0;

/// An engine that publishes what it finds.
pub struct Pipeline {
    engine: Engine,
    names: StreamNames,
    outputs: Outputs,
    metrics: Arc<Metrics>,
    /// Stream time in seconds up to which labels were counted.
    counted: f64,
    /// Stream time of the next heartbeat, in seconds.
    next_heartbeat: f64,
}

impl Pipeline {
    /// A pipeline whose stream has not begun.
    pub fn new(engine: Engine, outputs: Outputs, metrics: &Arc<Metrics>) -> Self {
        let names = StreamNames::new(engine.model().manifest());
        metrics.update(|stats| {
            stats.begin(names.all());
            stats.set_state(names.name(SpeechState::Silence), 0.0, 0.0);
        });
        Self {
            names,
            engine,
            outputs,
            metrics: Arc::clone(metrics),
            counted: 0.0,
            next_heartbeat: HEARTBEAT_INTERVAL,
        }
    }

    /// Returns `true` while anybody can read what is published.
    pub fn has_readers(&self) -> bool {
        self.outputs.has_readers()
    }

    /// Says which program, model and units the stream is of.
    ///
    /// # Errors
    /// [`DaemonError::Publish`], as all that publishes.
    pub fn send_hello(&mut self) -> Result<(), DaemonError> {
        let baseline = self.baseline().map(Baseline::seconds);
        let hello = Hello::new(
            self.engine.model().manifest(),
            self.engine.window(),
            baseline,
        );
        self.send(&Message::Hello(hello))
    }

    /// Decides by other settings from now on, and says so.
    ///
    /// # Errors
    /// [`DaemonError::Publish`].
    pub fn set(&mut self, settings: Settings) -> Result<(), DaemonError> {
        self.engine.set(settings);
        self.send_hello()
    }

    /// Returns the baseline of the voice, if windows are judged against one.
    pub fn baseline(&self) -> Option<&Baseline> {
        self.engine.baseline()
    }

    /// Judges by another baseline from now on.
    ///
    /// # Errors
    /// [`DaemonError::Model`] when the model knows no voices.
    pub fn use_baseline(&mut self, baseline: BaselineMode) -> Result<(), DaemonError> {
        self.engine.use_baseline(baseline)?;
        let seconds = self.baseline().map(Baseline::seconds);
        self.metrics.update(|stats| stats.status.baseline = seconds);
        Ok(())
    }

    /// Forgets the voice, and says so.
    ///
    /// # Errors
    /// [`DaemonError::Publish`].
    pub fn forget_voice(&mut self) -> Result<(), DaemonError> {
        let labels = self.engine.model().manifest().labels.len();
        self.use_baseline(BaselineMode::Running(Baseline::new(labels)))?;
        self.send_hello()
    }

    /// Publishes a message.
    ///
    /// # Errors
    /// [`DaemonError::Publish`].
    pub fn send(&mut self, message: &Message) -> Result<(), DaemonError> {
        Ok(self.outputs.send(message)?)
    }

    /// Returns the stream's time in seconds.
    pub fn position(&self) -> f64 {
        self.engine.position() as f64 / f64::from(SAMPLE_RATE)
    }

    /// Processes samples and publishes what they mean.
    ///
    /// # Errors
    /// [`DaemonError::Model`] and [`DaemonError::Publish`].
    pub fn process(&mut self, samples: &[Pcm]) -> Result<(), DaemonError> {
        let mut events = Vec::new();
        let begun = Instant::now();
        self.engine.push(samples, &mut |event| events.push(event))?;
        let took = begun.elapsed();
        self.metrics
            .update(|stats| stats.add_samples(samples.len()));
        self.publish(events, took)
    }

    /// Passes over samples that were lost.
    ///
    /// # Errors
    /// [`DaemonError::Publish`].
    pub fn skip(&mut self, samples: u64) -> Result<(), DaemonError> {
        let mut events = Vec::new();
        self.engine.skip(samples, &mut |event| events.push(event));
        self.publish(events, Duration::ZERO)?;
        // Nobody was heard in the gap, not even silence.
        self.counted = self.position();
        let Smoothed { state, since } = self.engine.smoothed();
        let state = self.names.name(state);
        self.metrics
            .update(|stats| stats.set_state(state, since, 0.0));
        Ok(())
    }

    /// Gives a sign of life if one is due at this stream time.
    ///
    /// # Errors
    /// [`DaemonError::Publish`].
    pub fn heartbeat(&mut self, position: f64, overruns: u64) -> Result<(), DaemonError> {
        self.metrics.update(|stats| {
            (stats.status.position, stats.status.overruns) = (position, overruns);
        });
        if position < self.next_heartbeat {
            return Ok(());
        }
        self.next_heartbeat = position + HEARTBEAT_INTERVAL;
        let Smoothed { state, since } = self.engine.smoothed();
        self.send(&Message::Heartbeat {
            position,
            overruns,
            state: self.names.name(state),
            since,
            time: utc_now(),
        })
    }

    /// Decides on what is left and ends.
    ///
    /// # Errors
    /// [`DaemonError::Model`] and [`DaemonError::Publish`].
    pub fn finish(mut self) -> Result<(), DaemonError> {
        let mut events = Vec::new();
        let begun = Instant::now();
        self.engine.finish(&mut |event| events.push(event))?;
        self.publish(events, begun.elapsed())?;
        Ok(self.outputs.finish()?)
    }

    fn publish(&mut self, events: Vec<Event>, took: Duration) -> Result<(), DaemonError> {
        // Several decisions in one chunk share its time.
        let is_decision = |event: &&Event| !matches!(event, Event::Change(_));
        let decisions = events.iter().filter(is_decision).count();
        let milliseconds = took.as_secs_f64() * 1000.0 / decisions.max(1) as f64;
        let baseline = self.baseline().map(Baseline::seconds);
        self.metrics.update(|stats| {
            stats.add_decisions(decisions, milliseconds as f32);
            stats.status.baseline = baseline;
        });
        for event in events {
            let message = self.names.message(event, milliseconds, utc_now());
            self.count(&message);
            self.send(&message)?;
        }
        Ok(())
    }

    /// Counts what a decision says, and the time since the last one for the state that
    /// was.
    fn count(&mut self, message: &Message) {
        let (end, label, confidence, state, since) = match message {
            Message::Emotion {
                end,
                label,
                confidence,
                state,
                since,
                ..
            } => (*end, label.as_str(), Some(*confidence), state, *since),
            Message::Silence {
                end, state, since, ..
            } => (*end, "silence", None, state, *since),
            _ => return,
        };
        let seconds = (end - self.counted).max(0.0);
        self.counted = end;
        self.metrics.update(|stats| {
            stats.add_label(label, confidence);
            stats.set_state(state.clone(), since, seconds);
        });
    }
}

/// Returns the time in UTC, to the millisecond.
pub(super) fn utc_now() -> String {
    format!("{:.3}", jiff::Timestamp::now())
}

//! The engine with everything that it must not know: the clock and the readers.

use super::DaemonError;
use super::log::{Level, log};
use super::metrics::Metrics;
use crate::SAMPLE_RATE;
use crate::audio::Pcm;
use crate::engine::{Engine, Event, Settings};
use crate::error::with_causes;
use crate::protocol::{Hello, Line, Message, StreamNames};
use crate::publish::{Broadcaster, PublishError, StdoutWriter};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Seconds between signs of life.
const HEARTBEAT: f64 = 10.0;

/// Where events go.
pub struct Outputs {
    /// Standard output.
    pub stdout: Option<StdoutWriter>,
    /// The socket.
    pub socket: Option<Broadcaster>,
}

impl Outputs {
    /// Publishes a message; `false` when nobody can read any more.
    fn send(&mut self, message: &Message) -> Result<bool, PublishError> {
        let line = Line::from(message);
        if let Some(socket) = &self.socket {
            socket.send(line.clone())?;
        }
        let reading = match &self.stdout {
            Some(stdout) => {
                stdout.send(line.text);
                stdout.has_reader()
            }
            None => self.socket.is_some(),
        };
        if !reading && self.socket.is_some() {
            self.leave_stdout();
            return Ok(true);
        }
        Ok(reading)
    }

    /// Goes on without stdout, which nobody reads or which is full.
    fn leave_stdout(&mut self) {
        let outcome = self.stdout.take().map(StdoutWriter::finish);
        if let Some(Err(error)) = outcome {
            let error = with_causes(&error);
            log(
                Level::Warning,
                format!("stdout: {error}; the socket goes on"),
            );
        }
    }

    fn finish(mut self) -> Result<(), PublishError> {
        // Readers of the socket are told first: they need not wait for stdout.
        drop(self.socket.take());
        match self.stdout.take().map(StdoutWriter::finish) {
            None | Some(Err(PublishError::Closed)) => Ok(()),
            Some(outcome) => outcome,
        }
    }
}

/// An engine that publishes what it finds.
pub struct Stream {
    engine: Engine,
    names: StreamNames,
    outputs: Outputs,
    metrics: Arc<Metrics>,
    next_heartbeat: f64,
}

impl Stream {
    /// A stream that has not begun.
    pub fn new(engine: Engine, outputs: Outputs, metrics: &Arc<Metrics>) -> Self {
        Self {
            names: StreamNames::new(engine.model().manifest()),
            engine,
            outputs,
            metrics: Arc::clone(metrics),
            next_heartbeat: HEARTBEAT,
        }
    }

    /// Says who speaks, and in what units.
    ///
    /// # Errors
    /// [`DaemonError::Publish`], as all that publishes.
    pub fn introduce(&mut self) -> Result<bool, DaemonError> {
        let hello = Hello::new(self.engine.model().manifest(), self.engine.window());
        self.tell(&Message::Hello(hello))
    }

    /// Decides by other settings from now on, and says so.
    ///
    /// # Errors
    /// [`DaemonError::Publish`].
    pub fn set(&mut self, settings: Settings) -> Result<bool, DaemonError> {
        self.engine.set(settings);
        self.introduce()
    }

    /// Publishes a message; `false` when nobody can read any more.
    ///
    /// # Errors
    /// [`DaemonError::Publish`].
    pub fn tell(&mut self, message: &Message) -> Result<bool, DaemonError> {
        Ok(self.outputs.send(message)?)
    }

    /// Stream time in seconds.
    pub fn position(&self) -> f64 {
        self.engine.position() as f64 / f64::from(SAMPLE_RATE)
    }

    /// Hears samples and publishes what they mean.
    ///
    /// # Errors
    /// [`DaemonError::Model`] and [`DaemonError::Publish`].
    pub fn hear(&mut self, samples: &[Pcm]) -> Result<bool, DaemonError> {
        let mut events = Vec::new();
        let begun = Instant::now();
        self.engine.push(samples, &mut |event| events.push(event))?;
        self.metrics.update(|figures| figures.heard(samples.len()));
        self.publish(events, begun.elapsed())
    }

    /// Passes over samples that were lost.
    ///
    /// # Errors
    /// [`DaemonError::Publish`].
    pub fn skip(&mut self, samples: u64) -> Result<bool, DaemonError> {
        let mut events = Vec::new();
        self.engine.skip(samples, &mut |event| events.push(event));
        self.publish(events, Duration::ZERO)
    }

    /// Gives a sign of life if one is due at this stream time.
    ///
    /// # Errors
    /// [`DaemonError::Publish`].
    pub fn beat(&mut self, position: f64, overruns: u64) -> Result<bool, DaemonError> {
        self.metrics.update(|figures| {
            (figures.status.position, figures.status.overruns) = (position, overruns);
        });
        if position < self.next_heartbeat {
            return Ok(true);
        }
        self.next_heartbeat = position + HEARTBEAT;
        self.tell(&Message::Heartbeat {
            position,
            overruns,
            time: now(),
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

    fn publish(&mut self, events: Vec<Event>, took: Duration) -> Result<bool, DaemonError> {
        // Several decisions in one chunk share its time.
        let is_decision = |event: &&Event| !matches!(event, Event::Change(_));
        let decisions = events.iter().filter(is_decision).count();
        let milliseconds = took.as_secs_f64() * 1000.0 / decisions.max(1) as f64;
        self.metrics.update(|figures| {
            for _ in 0..decisions {
                figures.decided(milliseconds as f32);
            }
        });
        let mut reading = true;
        for event in events {
            let message = self.names.message(event, milliseconds, now());
            reading = self.tell(&message)?;
        }
        Ok(reading)
    }
}

/// The time in UTC, to the millisecond.
pub(super) fn now() -> String {
    format!("{:.3}", jiff::Timestamp::now())
}

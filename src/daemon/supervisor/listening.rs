//! An open device, as long as it delivers what was asked of it.

use super::device_threads::{Closing, OpenDevice};
use super::input::{AudioInput, failure};
use super::rate::RateCheck;
use crate::audio::{AudioError, Overruns, Pcm};
use std::time::{Duration, Instant};

/// Least time between two reports of lost samples.
const OVERRUN_REPORT_INTERVAL: Duration = Duration::from_secs(1);

/// An open device.
pub(super) struct Listening {
    device: OpenDevice,
    last_samples: Instant,
    /// Samples that it has delivered.
    delivered: u64,
    rate: RateCheck,
    /// Overruns that the rate has taken account of.
    seen: Overruns,
    /// Overruns that were reported, and when.
    reported: u64,
    last_report: Option<Instant>,
}

impl Listening {
    pub fn new(device: OpenDevice, now: Instant) -> Self {
        Self {
            rate: RateCheck::new(device.input.rate()),
            device,
            last_samples: now,
            delivered: 0,
            seen: Overruns::default(),
            reported: 0,
            last_report: None,
        }
    }

    pub fn input(&self) -> &dyn AudioInput {
        &*self.device.input
    }

    /// Begins to close the device.
    pub fn close(self, now: Instant) -> Closing {
        self.device.close(now)
    }

    /// Returns `true` if it has delivered so many seconds of sound.
    pub fn has_delivered(&self, seconds: u64) -> bool {
        self.delivered >= seconds * u64::from(self.input().rate())
    }

    /// Appends the samples that have arrived.
    ///
    /// # Errors
    /// [`AudioError`] when it is gone, has delivered nothing for as long as `stall`,
    /// or runs at another rate.
    pub fn read(
        &mut self,
        now: Instant,
        stall: Duration,
        samples: &mut Vec<Pcm>,
    ) -> Result<(), AudioError> {
        let arrived = self.device.input.read(samples)?;
        if arrived > 0 {
            self.last_samples = now;
            self.delivered += arrived as u64;
        } else if now.duration_since(self.last_samples) > stall {
            let reason = format!("it has delivered nothing for {} s", stall.as_secs_f32());
            return Err(failure(&self.input().name(), reason));
        }
        self.check_rate(now, arrived)
    }

    fn check_rate(&mut self, now: Instant, arrived: usize) -> Result<(), AudioError> {
        let overruns = self.input().overruns();
        let before = std::mem::replace(&mut self.seen, overruns);
        let lost = overruns.samples.saturating_sub(before.samples);
        let samples = arrived.saturating_add(usize::try_from(lost).unwrap_or(usize::MAX));
        let holes = overruns.reports != before.reports;
        let Some(rate) = self.rate.push(now, samples, holes) else {
            return Ok(());
        };
        let asked = self.input().rate();
        let reason = format!("it delivers {rate:.0} samples a second where {asked} were asked for");
        Err(failure(&self.input().name(), reason))
    }

    /// Returns `true` if samples were lost that are to be reported now.
    pub fn reports_overrun(&mut self, now: Instant) -> bool {
        let total = self.seen.total();
        let too_soon = self
            .last_report
            .is_some_and(|last| now.duration_since(last) < OVERRUN_REPORT_INTERVAL);
        let is_due = total != self.reported && !too_soon;
        if is_due {
            (self.reported, self.last_report) = (total, Some(now));
        }
        is_due
    }
}

//! What the service counts, for whoever asks.

use crate::protocol::{Latency, Status};
use crate::publish::Counters;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// Decisions whose times are kept.
const KEPT: usize = 1024;

/// Samples a frame: the engine's hop of 16 ms.
const FRAME: u64 = crate::engine::BLOCK as u64;

/// Figures that the engine's thread writes and others read.
pub struct Metrics {
    begun: Instant,
    figures: Mutex<Figures>,
    /// Those of the socket.
    pub readers: Arc<Counters>,
}

/// What the engine's thread knows.
#[derive(Default)]
pub struct Figures {
    /// The state and the counts. What others count is filled in on the way out.
    pub status: Status,
    /// Milliseconds of the last decisions, in no order.
    latencies: Vec<f32>,
    oldest: usize,
}

impl Figures {
    /// Takes the time that a decision took.
    pub fn decided(&mut self, milliseconds: f32) {
        self.status.decisions += 1;
        if self.latencies.len() < KEPT {
            self.latencies.push(milliseconds);
        } else {
            self.latencies[self.oldest] = milliseconds;
            self.oldest = (self.oldest + 1) % KEPT;
        }
    }

    /// Takes samples that were heard.
    pub fn heard(&mut self, samples: usize) {
        self.status.samples += samples as u64;
        self.status.frames = self.status.samples / FRAME;
    }
}

fn latency(mut times: Vec<f32>) -> Latency {
    times.sort_by(f32::total_cmp);
    let at = |percent: usize| {
        let last = times.len().saturating_sub(1);
        times.get(last * percent / 100).copied().unwrap_or(0.0)
    };
    Latency {
        p50: at(50),
        p90: at(90),
        p99: at(99),
        max: at(100),
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            begun: Instant::now(),
            figures: Mutex::default(),
            readers: Arc::default(),
        }
    }
}

impl Metrics {
    /// Changes figures.
    pub fn update(&self, change: impl FnOnce(&mut Figures)) {
        change(&mut self.figures.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// How it goes now.
    pub fn status(&self) -> Status {
        let (status, latencies) = {
            // Copied and no more: the engine's thread waits for this lock.
            let figures = self.figures.lock().unwrap_or_else(PoisonError::into_inner);
            (figures.status.clone(), figures.latencies.clone())
        };
        let count = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
        Status {
            uptime: self.begun.elapsed().as_secs_f64(),
            latency_ms: latency(latencies),
            readers: count(&self.readers.readers),
            dropped: count(&self.readers.dropped),
            disconnected: count(&self.readers.disconnected),
            memory: resident(),
            ..status
        }
    }
}

/// Resident memory in bytes, where the system says.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latencies_are_those_of_the_last_decisions() {
        let metrics = Metrics::default();
        assert_eq!(metrics.status().latency_ms, Latency::default());
        for decision in 0..5000_u16 {
            metrics.update(|figures| figures.decided(f32::from(decision)));
        }
        let status = metrics.status();
        assert_eq!(status.decisions, 5000);
        let Latency { p50, p90, p99, max } = status.latency_ms;
        assert_eq!((p50, p90, p99, max), (4487.0, 4896.0, 4988.0, 4999.0));
        assert!(status.memory > 0 || !cfg!(target_os = "linux"));
    }
}

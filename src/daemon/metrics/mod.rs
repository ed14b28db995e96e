//! Figures on how the service goes, for whoever asks.

mod textfile;

use crate::protocol::{Heard, Latency, Status};
use crate::publish::Counters;
use crate::quantile::percentile;
use crate::system::{lock, memory};
use heapless::HistoryBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

pub use textfile::write_metrics;

/// Decisions whose times are kept.
const KEPT: usize = 1024;

/// Samples a frame: the engine's hop of 16 ms.
const FRAME: u64 = crate::engine::BLOCK as u64;

/// Figures that the engine's thread writes and others read.
pub struct Metrics {
    begun: Instant,
    stats: Mutex<Stats>,
    /// Counts of the socket's readers.
    pub readers: Arc<Counters>,
}

/// Figures that the engine's thread knows.
#[derive(Default)]
pub struct Stats {
    /// The state and the counts. What others count is filled in on the way out.
    pub status: Status,
    /// Milliseconds of the last decisions.
    latencies: HistoryBuf<f32, KEPT>,
}

impl Stats {
    /// Counts decisions that took so long each.
    pub fn add_decisions(&mut self, decisions: usize, milliseconds: f32) {
        self.status.decisions += decisions as u64;
        for _ in 0..decisions {
            self.latencies.write(milliseconds);
        }
    }

    /// Begins the counts of labels, so that none is missing for want of having been heard.
    pub fn begin(&mut self, labels: impl IntoIterator<Item = String>) {
        let none = |label| (label, Heard::default());
        self.status.labels.extend(labels.into_iter().map(none));
    }

    /// Counts a decision for a label.
    pub fn add_label(&mut self, label: &str, confidence: Option<f32>) {
        if let Some(heard) = self.status.labels.get_mut(label) {
            heard.decisions += 1;
        }
        self.status.confidence = confidence.or(self.status.confidence);
    }

    /// Takes the smoothed state, and counts seconds of stream for the one before.
    pub fn set_state(&mut self, state: String, since: f64, seconds: f64) {
        if let Some(heard) = self.status.labels.get_mut(&self.status.heard) {
            heard.seconds += seconds;
        }
        (self.status.heard, self.status.since) = (state, since);
    }

    /// Counts samples that were heard.
    pub fn add_samples(&mut self, samples: usize) {
        self.status.samples += samples as u64;
        self.status.frames = self.status.samples / FRAME;
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            begun: Instant::now(),
            stats: Mutex::default(),
            readers: Arc::default(),
        }
    }
}

impl Metrics {
    /// Changes figures.
    pub fn update(&self, change: impl FnOnce(&mut Stats)) {
        change(&mut lock(&self.stats));
    }

    /// Returns all figures as they are now.
    pub fn status(&self) -> Status {
        let (status, latencies) = {
            // Copied and no more: the engine's thread waits for this lock.
            let stats = lock(&self.stats);
            (stats.status.clone(), stats.latencies.as_slice().to_vec())
        };
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Status {
            uptime: self.begun.elapsed().as_secs_f64(),
            latency_ms: latency(latencies),
            readers: count(&self.readers.readers),
            dropped: count(&self.readers.dropped),
            disconnected: count(&self.readers.disconnected),
            memory: memory().map_or(0, |memory| memory.resident),
            ..status
        }
    }
}

/// Returns how times, in any order, are distributed.
fn latency(mut times: Vec<f32>) -> Latency {
    times.sort_by(f32::total_cmp);
    let at = |percent| percentile(&times, percent);
    Latency {
        p50: at(50),
        p90: at(90),
        p99: at(99),
        max: at(100),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latencies_are_those_of_the_last_decisions() {
        let metrics = Metrics::default();
        assert_eq!(metrics.status().latency_ms, Latency::default());
        for decision in 0..5000_u16 {
            metrics.update(|stats| stats.add_decisions(1, f32::from(decision)));
        }
        let status = metrics.status();
        assert_eq!(status.decisions, 5000);
        let Latency { p50, p90, p99, max } = status.latency_ms;
        assert_eq!((p50, p90, p99, max), (4487.0, 4896.0, 4988.0, 4999.0));
        assert!(status.memory > 0 || !cfg!(target_os = "linux"));
    }
}

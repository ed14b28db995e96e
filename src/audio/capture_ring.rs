//! Between a sound system's thread and the one that reads: a lock-free ring of
//! samples, the errors, and the counts of what was lost.

use super::capture_config::Choice;
use cpal::{ErrorKind, FromSample};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

/// Seconds that the ring holds: what the engine may fall behind.
const SECONDS: usize = 4;

/// What was lost.
#[derive(Default)]
pub(super) struct Counters {
    /// Frames that found the ring full.
    pub overruns: AtomicU64,
    /// Times that the driver reported an overrun of its own.
    pub xruns: AtomicU64,
}

/// The end that samples go in.
pub(super) struct Inlet {
    ring: rtrb::Producer<i32>,
    channels: usize,
    counters: Arc<Counters>,
}

/// The end that errors go in.
pub(super) struct Errors {
    failures: Sender<cpal::Error>,
    counters: Arc<Counters>,
}

/// The end that both come out of.
pub(super) struct Outlet {
    pub ring: rtrb::Consumer<i32>,
    pub failures: Receiver<cpal::Error>,
}

/// A ring for a device that was opened so.
pub(super) fn ring(choice: Choice, counters: &Arc<Counters>) -> (Inlet, Errors, Outlet) {
    let channels = usize::from(choice.channels);
    let (producer, consumer) = rtrb::RingBuffer::new(SECONDS * choice.rate as usize * channels);
    let (failures, failed) = channel();
    let inlet = Inlet {
        ring: producer,
        channels,
        counters: Arc::clone(counters),
    };
    let errors = Errors {
        failures,
        counters: Arc::clone(counters),
    };
    let outlet = Outlet {
        ring: consumer,
        failures: failed,
    };
    (inlet, errors, outlet)
}

impl Inlet {
    /// Takes as many interleaved samples as there is room for, and counts the rest.
    pub fn take<T: Copy>(&mut self, samples: &[T])
    where
        i32: FromSample<T>,
    {
        // Whole frames only, or the channels would change places.
        let channels = self.channels;
        let fits = (self.ring.slots() / channels * channels).min(samples.len());
        if let Ok(chunk) = self.ring.write_chunk_uninit(fits) {
            let samples = samples[..fits].iter();
            chunk.fill_from_iter(samples.map(|&sample| i32::from_sample_(sample)));
        }
        let lost = (samples.len() - fits) / channels;
        self.counters
            .overruns
            .fetch_add(lost as u64, Ordering::Relaxed);
    }
}

impl Errors {
    /// Counts overruns, and hands on what ends the stream.
    pub fn take(&self, error: cpal::Error) {
        match error.kind() {
            ErrorKind::Xrun => {
                self.counters.xruns.fetch_add(1, Ordering::Relaxed);
            }
            // The stream goes on after these.
            ErrorKind::DeviceChanged | ErrorKind::RealtimeDenied => (),
            // A receiver that is gone has no use for it.
            _ => drop(self.failures.send(error)),
        }
    }
}

//! Between a sound system's thread and the one that reads: a lock-free ring of
//! samples, the errors, and the counts of losses.
//!
//! The ring is rtrb's and not `heapless::spsc`, because its capacity follows from the
//! device's rate, which is known only at run time.

use super::config::CaptureConfig;
use cpal::{ErrorKind, FromSample};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

/// Seconds that the ring holds: what the engine may fall behind.
const SECONDS: usize = 4;

/// Counts of what was lost.
#[derive(Default)]
pub(super) struct LossCounters {
    /// Frames that found the ring full.
    pub overruns: AtomicU64,
    /// Times that the driver reported an overrun of its own.
    pub xruns: AtomicU64,
}

/// The end that samples go in.
pub(super) struct Producer {
    ring: rtrb::Producer<i32>,
    channels: usize,
    counters: Arc<LossCounters>,
}

/// The end that errors go in.
pub(super) struct ErrorSlot {
    errors: Sender<cpal::Error>,
    counters: Arc<LossCounters>,
}

/// The end that both come out of.
pub(super) struct Consumer {
    pub ring: rtrb::Consumer<i32>,
    pub errors: Receiver<cpal::Error>,
}

/// Makes the ring of a device that was opened so.
pub(super) fn ring(
    config: CaptureConfig,
    counters: &Arc<LossCounters>,
) -> (Producer, ErrorSlot, Consumer) {
    let channels = usize::from(config.channels);
    let (input, output) = rtrb::RingBuffer::new(SECONDS * config.rate as usize * channels);
    let (sender, receiver) = channel();
    let producer = Producer {
        ring: input,
        channels,
        counters: Arc::clone(counters),
    };
    let error_slot = ErrorSlot {
        errors: sender,
        counters: Arc::clone(counters),
    };
    let consumer = Consumer {
        ring: output,
        errors: receiver,
    };
    (producer, error_slot, consumer)
}

impl Producer {
    /// Takes as many interleaved samples as there is room for, and counts the rest.
    pub fn push<T: Copy>(&mut self, samples: &[T])
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

impl ErrorSlot {
    /// Counts overruns, and hands on errors that end the stream.
    pub fn report(&self, error: cpal::Error) {
        match error.kind() {
            ErrorKind::Xrun => {
                self.counters.xruns.fetch_add(1, Ordering::Relaxed);
            }
            // The stream goes on after these.
            ErrorKind::DeviceChanged | ErrorKind::RealtimeDenied => (),
            // A receiver that is gone has no use for it.
            _ => drop(self.errors.send(error)),
        }
    }
}

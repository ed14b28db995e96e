//! Devices whose driver may never return from opening or closing them.
//!
//! Both are done on threads of their own, and nobody waits for those longer than
//! they like. A device has a slot from before it is opened until it has been
//! closed, and there are eight: so many can be left behind, whatever hangs.

use super::input::{AudioInput, OpenFn, failure};
use crate::audio::AudioError;
use std::convert::Infallible;
use std::mem::ManuallyDrop;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, TryRecvError, channel, sync_channel};
use std::thread::Builder;
use std::time::{Duration, Instant};

/// Devices that may be open, or hang, at a time.
pub(super) const MAX_SLOTS: usize = 8;

/// Time that opening may take before it is given up.
pub(super) const OPEN_TIMEOUT: Duration = Duration::from_secs(10);

/// Time that closing may take before the device is left behind.
pub const CLOSE_TIMEOUT: Duration = Duration::from_millis(500);

/// The slots of devices, and how many are taken.
#[derive(Clone, Default)]
pub(super) struct Slots(Arc<AtomicUsize>);

impl Slots {
    #[cfg(test)]
    pub fn taken(&self) -> usize {
        self.0.load(Ordering::Acquire)
    }

    pub fn are_taken(&self) -> bool {
        self.0.load(Ordering::Acquire) >= MAX_SLOTS
    }

    fn take(&self) -> Slot {
        self.0.fetch_add(1, Ordering::AcqRel);
        Slot(Arc::clone(&self.0))
    }

    /// Begins to open a device. One that opens when nobody waits for it any more is
    /// closed where it was opened, because the channel holds nothing itself.
    pub fn open(&self, open: &OpenFn, now: Instant) -> Opening {
        let (sender, outcome) = sync_channel(0);
        let (open, slot) = (Arc::clone(open), self.take());
        let attempt = move || {
            let opened = open().map(|input| OpenDevice { input, slot });
            // Nobody there is no fault.
            let _ = sender.send(opened);
        };
        // Without a thread the sender is gone, which is found when it is polled.
        let _ = thread().spawn(attempt);
        Opening {
            outcome,
            since: now,
        }
    }
}

/// A slot that is taken. It is given back when it is dropped, also by code of the
/// sound system that panics.
struct Slot(Arc<AtomicUsize>);

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// A device that is being opened.
pub(super) struct Opening {
    outcome: Receiver<Result<OpenDevice, AudioError>>,
    since: Instant,
}

impl Opening {
    /// Returns what has come of it, if it is over or takes too long.
    pub fn poll(&self, now: Instant) -> Option<Result<OpenDevice, AudioError>> {
        let reason = match self.outcome.try_recv() {
            Ok(outcome) => return Some(outcome),
            Err(TryRecvError::Empty) if now.duration_since(self.since) < OPEN_TIMEOUT => {
                return None;
            }
            Err(TryRecvError::Empty) => {
                let limit = OPEN_TIMEOUT.as_secs();
                format!("opening it takes longer than {limit} s")
            }
            Err(TryRecvError::Disconnected) => "the sound system failed while it was opened".into(),
        };
        Some(Err(failure("of this system", reason)))
    }
}

/// A device that is open. Dropping it waits for the driver: see
/// [`close`](Self::close).
pub(super) struct OpenDevice {
    pub input: Box<dyn AudioInput>,
    /// Dropped after the input.
    #[expect(dead_code, reason = "it is there to be dropped")]
    slot: Slot,
}

impl OpenDevice {
    /// Begins to close it.
    pub fn close(self, now: Instant) -> Closing {
        // Where no thread can be had, the device stays open rather than being
        // closed here, where that might take for ever.
        let device = ManuallyDrop::new(self);
        let (done, closed) = channel();
        let close = move || {
            drop(ManuallyDrop::into_inner(device));
            drop(done);
        };
        let _ = thread().spawn(close);
        Closing { closed, since: now }
    }
}

/// A device that is being closed.
pub struct Closing {
    closed: Receiver<Infallible>,
    since: Instant,
}

impl Closing {
    /// Returns `true` if it is closed, or takes too long.
    pub(super) fn is_over(&self, now: Instant) -> bool {
        let is_closed = matches!(self.closed.try_recv(), Err(TryRecvError::Disconnected));
        is_closed || now.duration_since(self.since) >= CLOSE_TIMEOUT
    }

    /// Waits for its end, and not for longer than it may take.
    pub fn wait(&self) {
        let left = CLOSE_TIMEOUT.saturating_sub(self.since.elapsed());
        // Closed or not, nothing more can be done.
        let _ = self.closed.recv_timeout(left);
    }
}

fn thread() -> Builder {
    Builder::new().name("microphone".into())
}

//! Devices whose driver may never return from opening or closing them.
//!
//! Both are done on threads of their own, and nobody waits for those longer than
//! they like. A device has a place from before it is opened until it has been
//! closed, and there are eight: so many can be left behind, whatever hangs.

use super::supervisor::{Open, Source};
use crate::audio::AudioError;
use std::convert::Infallible;
use std::mem::ManuallyDrop;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, TryRecvError, channel, sync_channel};
use std::thread::Builder;
use std::time::Duration;

/// Devices that may be open, or hang, at a time.
pub(super) const PLACES: usize = 8;

/// What opening comes to.
pub(super) type Opening = Receiver<Result<Device, AudioError>>;

/// Counts the places that are taken.
#[derive(Clone, Default)]
pub(super) struct Places(Arc<AtomicUsize>);

impl Places {
    pub fn are_taken(&self) -> bool {
        self.0.load(Ordering::Acquire) >= PLACES
    }

    #[cfg(test)]
    pub fn count(&self) -> usize {
        self.0.load(Ordering::Acquire)
    }

    fn take(&self) -> Place {
        self.0.fetch_add(1, Ordering::AcqRel);
        Place(Arc::clone(&self.0))
    }

    /// Opens a source. What comes of it when nobody waits any more is closed
    /// where it was opened, for which the channel holds nothing itself.
    pub fn open(&self, open: &Open) -> Opening {
        let (sender, outcome) = sync_channel(0);
        let (open, place) = (Arc::clone(open), self.take());
        let attempt = move || {
            let opened = open().map(|source| Device { source, place });
            // Nobody there is no fault.
            let _ = sender.send(opened);
        };
        // Without a thread the sender is gone, which who waits will find.
        let _ = thread().spawn(attempt);
        outcome
    }
}

/// Given back when it is dropped, also by code of the sound system that panics.
struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// An open source. Dropping it waits for the driver: see [`close`](Self::close).
pub(super) struct Device {
    pub source: Box<dyn Source>,
    /// Dropped after the source.
    #[expect(dead_code, reason = "it is there to be dropped")]
    place: Place,
}

impl Device {
    /// Begins to close it.
    pub fn close(self) -> Closing {
        // Where no thread can be had, the device stays open rather than being
        // closed here, where that might take for ever.
        let device = ManuallyDrop::new(self);
        let (done, closed) = channel();
        let close = move || {
            drop(ManuallyDrop::into_inner(device));
            drop(done);
        };
        let _ = thread().spawn(close);
        Closing(closed)
    }
}

/// A device that is being closed.
pub(super) struct Closing(Receiver<Infallible>);

impl Closing {
    pub fn is_over(&self) -> bool {
        matches!(self.0.try_recv(), Err(TryRecvError::Disconnected))
    }

    /// Waits for its end, and not for long.
    pub fn wait(&self, patience: Duration) {
        // Closed or not, nothing more can be done.
        let _ = self.0.recv_timeout(patience);
    }
}

fn thread() -> Builder {
    Builder::new().name("microphone".into())
}

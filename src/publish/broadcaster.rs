//! The engine's end of the socket.
//!
//! The engine's thread leaves lines in a bounded queue and goes on; the event
//! loop's thread carries them to the readers and waits for none of them.

use super::PublishError;
use super::client::Answer;
use super::event_loop::EventLoop;
use super::listener::Listener;
use crate::protocol::Line;
use crate::system::lock;
use std::collections::VecDeque;
use std::io::Write;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Lines that wait for the event loop, which falls behind only when the machine
/// stands still.
const QUEUE: usize = 1024;

/// Time that the event loop is waited for at the end.
pub(crate) const SHUTDOWN_TIMEOUT: Duration = Duration::from_millis(300);

/// Bounds on what readers may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Readers at a time.
    pub readers: usize,
    /// Readers at a time of one user.
    pub readers_per_user: usize,
    /// Lines that wait for one reader.
    pub queue: usize,
    /// Lines that a reader may lose without reading any, before it is
    /// disconnected.
    pub max_lag: u64,
}

/// Counts of the socket.
#[derive(Debug, Default)]
pub struct Counters {
    /// Connections at the moment.
    pub readers: AtomicU64,
    /// Lines that slow readers lost.
    pub dropped: AtomicU64,
    /// Readers that were disconnected, or not let in.
    pub disconnected: AtomicU64,
}

/// Lines on their way from the engine's thread to the event loop.
#[derive(Default)]
pub(super) struct Queue {
    lines: Mutex<VecDeque<Line>>,
    /// No more lines will come.
    pub ended: AtomicBool,
}

impl Queue {
    /// Adds a line; returns true when the oldest had to go for it.
    fn push(&self, line: Line) -> bool {
        let mut lines = lock(&self.lines);
        let full = lines.len() >= QUEUE;
        if full {
            lines.pop_front();
        }
        lines.push_back(line);
        full
    }

    /// Returns all lines and leaves none.
    pub fn take(&self) -> VecDeque<Line> {
        let mut lines = lock(&self.lines);
        std::mem::take(&mut *lines)
    }
}

/// The engine's handle on the thread that serves the socket.
pub struct Broadcaster {
    queue: Arc<Queue>,
    /// Ends the event loop's wait by a byte.
    waker: UnixStream,
    counters: Arc<Counters>,
    thread: Option<JoinHandle<()>>,
}

impl Broadcaster {
    /// Starts the thread. `answer` is called on it, and must not wait either.
    ///
    /// # Errors
    /// [`PublishError::Io`] when the system has no thread or descriptors left.
    pub fn start(
        listener: Listener,
        limits: Limits,
        counters: &Arc<Counters>,
        answer: Answer,
    ) -> Result<Self, PublishError> {
        let (waker, wakeups) = UnixStream::pair()?;
        waker.set_nonblocking(true)?;
        wakeups.set_nonblocking(true)?;
        let queue = Arc::new(Queue::default());
        let event_loop = EventLoop::new(listener, wakeups, &queue, limits, counters, answer);
        let thread = std::thread::Builder::new()
            .name("readers".into())
            .spawn(move || event_loop.run())?;
        Ok(Self {
            queue,
            waker,
            counters: Arc::clone(counters),
            thread: Some(thread),
        })
    }

    /// Leaves a line for all readers, without waiting.
    ///
    /// # Errors
    /// [`PublishError::ServerGone`] when the thread that carries lines has ended.
    pub fn send(&self, line: Line) -> Result<(), PublishError> {
        if self.thread.as_ref().is_some_and(JoinHandle::is_finished) {
            return Err(PublishError::ServerGone);
        }
        if self.queue.push(line) {
            self.counters.dropped.fetch_add(1, Ordering::Relaxed);
        }
        self.wake();
        Ok(())
    }

    /// Wakes the event loop. Where no more bytes fit, enough wait for it.
    fn wake(&self) {
        let _ = (&self.waker).write(&[0]);
    }
}

impl Drop for Broadcaster {
    /// Gives readers a moment for what is left, and disconnects them.
    fn drop(&mut self) {
        self.queue.ended.store(true, Ordering::Release);
        self.wake();
        let begun = Instant::now();
        let is_running = |thread: &JoinHandle<()>| !thread.is_finished();
        while self.thread.as_ref().is_some_and(is_running) && begun.elapsed() < SHUTDOWN_TIMEOUT {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

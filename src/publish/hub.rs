//! The event stream on a socket, for any number of readers.
//!
//! The engine's thread leaves lines in a bounded inbox and goes on; one thread
//! of the hub's own carries them to the readers and waits for none of them.

use super::PublishError;
use super::address::Address;
use super::message::Message;
use super::reader::Answer;
use super::server::Server;
use std::collections::VecDeque;
use std::io::{self, Write};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Lines that the hub's thread may fall behind: never, unless the machine
/// stands still.
const INBOX: usize = 1024;

/// How long its readers may take for the last lines, and how long the thread is
/// waited for at its end.
const LEAVING: Duration = Duration::from_millis(200);
pub(crate) const ENDING: Duration = Duration::from_millis(300);

/// What readers may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many there may be at a time.
    pub readers: usize,
    /// And of one user.
    pub readers_per_user: usize,
    /// Lines that wait for one.
    pub queue: usize,
    /// Lines that one may lose without reading any, before it is disconnected.
    pub patience: u64,
}

/// What the hub counts.
#[derive(Debug, Default)]
pub struct Counters {
    /// Connections at the moment.
    pub readers: AtomicU64,
    /// Lines that slow readers lost.
    pub dropped: AtomicU64,
    /// Readers that were disconnected, or not let in.
    pub disconnected: AtomicU64,
}

/// A line on its way, and whether who comes later must hear it, too.
pub(super) struct Post {
    pub kind: Kind,
    pub line: Arc<str>,
}

/// What a line is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Hello,
    Device,
    Change,
    Other,
}

impl Kind {
    fn of(message: &Message) -> Self {
        match message {
            Message::Hello(_) => Self::Hello,
            Message::Device { .. } => Self::Device,
            Message::Change { .. } => Self::Change,
            _ => Self::Other,
        }
    }
}

/// What the hub's thread has to do.
#[derive(Default)]
pub(super) struct Inbox {
    posts: Mutex<VecDeque<Post>>,
    pub ended: AtomicBool,
}

impl Inbox {
    /// Leaves a line; `true` when the oldest had to go for it.
    fn leave(&self, post: Post) -> bool {
        let mut posts = self.posts.lock().unwrap_or_else(PoisonError::into_inner);
        let full = posts.len() >= INBOX;
        if full {
            posts.pop_front();
        }
        posts.push_back(post);
        full
    }

    pub fn take(&self) -> VecDeque<Post> {
        let mut posts = self.posts.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *posts)
    }
}

/// The engine's end.
pub struct Hub {
    inbox: Arc<Inbox>,
    bell: UnixStream,
    counters: Arc<Counters>,
    thread: Option<JoinHandle<()>>,
}

impl Hub {
    /// Starts the thread. `answer` is called on it, and must not wait either.
    ///
    /// # Errors
    /// [`PublishError::Io`] when the system has no thread or descriptors left.
    pub fn start(
        address: Address,
        limits: Limits,
        counters: &Arc<Counters>,
        answer: Answer,
    ) -> Result<Self, PublishError> {
        let (bell, rung) = UnixStream::pair()?;
        bell.set_nonblocking(true)?;
        rung.set_nonblocking(true)?;
        let inbox = Arc::new(Inbox::default());
        let server = Server::new(address, rung, &inbox, limits, counters, answer);
        let thread = std::thread::Builder::new()
            .name("readers".into())
            .spawn(move || server.run())?;
        Ok(Self {
            inbox,
            bell,
            counters: Arc::clone(counters),
            thread: Some(thread),
        })
    }

    /// Leaves a line for all readers, without waiting.
    ///
    /// # Errors
    /// [`PublishError::Dead`] when nobody carries lines any more, and
    /// [`PublishError::Io`] when the message is no JSON, which ours are.
    pub fn send(&self, message: &Message) -> Result<(), PublishError> {
        if self.thread.as_ref().is_some_and(JoinHandle::is_finished) {
            return Err(PublishError::Dead);
        }
        let line = serde_json::to_string(message).map_err(io::Error::from)? + "\n";
        let kind = Kind::of(message);
        let line = line.into();
        if self.inbox.leave(Post { kind, line }) {
            self.counters.dropped.fetch_add(1, Ordering::Relaxed);
        }
        self.ring();
        Ok(())
    }

    /// A bell that cannot be rung has been rung often enough.
    fn ring(&self) {
        let _ = (&self.bell).write(&[0]);
    }
}

impl Drop for Hub {
    /// Gives readers a moment for what is left, and disconnects them.
    fn drop(&mut self) {
        self.inbox.ended.store(true, Ordering::Release);
        self.ring();
        let begun = Instant::now();
        let is_there = |thread: &JoinHandle<()>| !thread.is_finished();
        while self.thread.as_ref().is_some_and(is_there) && begun.elapsed() < ENDING {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// When the last lines must have been written.
pub(super) fn deadline() -> Instant {
    Instant::now() + LEAVING
}

//! The hub's thread: one loop over all connections.

use super::address::Address;
use super::hub::{Counters, Inbox, Kind, Limits, Post, deadline};
use super::reader::{Answer, Reader};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::collections::VecDeque;
use std::io::{ErrorKind, Read};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// Connections that are taken in one turn, so that all others get theirs.
const WELCOMES: usize = 32;

/// How long nobody is let in when the system has no descriptors left.
const FULL_HOUSE: Duration = Duration::from_secs(1);

/// What somebody is told for whom there is no room, and whose other readers have
/// taken it.
const NO_ROOM: &[u8] = b"{\"type\":\"error\",\"error\":\"there are too many readers\"}\n";
const NO_ROOM_OF_YOURS: &[u8] =
    b"{\"type\":\"error\",\"error\":\"this user has too many readers\"}\n";

pub(super) struct Server {
    address: Address,
    rung: UnixStream,
    inbox: Arc<Inbox>,
    limits: Limits,
    counters: Arc<Counters>,
    answer: Answer,
    readers: Vec<Reader>,
    greeting: Greeting,
    /// When somebody may come in again.
    closed_until: Option<Instant>,
}

/// What who comes late must know: the last line of each kind.
#[derive(Default)]
struct Greeting {
    hello: Option<Arc<str>>,
    device: Option<Arc<str>>,
    change: Option<Arc<str>>,
}

impl Greeting {
    fn note(&mut self, post: &Post) {
        let place = match post.kind {
            Kind::Hello => &mut self.hello,
            Kind::Device => &mut self.device,
            Kind::Change => &mut self.change,
            Kind::Other => return,
        };
        *place = Some(Arc::clone(&post.line));
    }

    fn lines(&self) -> impl Iterator<Item = &Arc<str>> {
        [&self.hello, &self.device, &self.change]
            .into_iter()
            .flatten()
    }
}

/// Who can do something without waiting.
struct Ready {
    newcomers: bool,
    readers: Vec<PollFlags>,
}

impl Server {
    pub fn new(
        address: Address,
        rung: UnixStream,
        inbox: &Arc<Inbox>,
        limits: Limits,
        counters: &Arc<Counters>,
        answer: Answer,
    ) -> Self {
        Self {
            address,
            rung,
            inbox: Arc::clone(inbox),
            limits,
            counters: Arc::clone(counters),
            answer,
            readers: Vec::new(),
            greeting: Greeting::default(),
            closed_until: None,
        }
    }

    pub fn run(mut self) {
        while !self.inbox.ended.load(Ordering::Acquire) {
            self.turn(PollTimeout::NONE);
        }
        let last = deadline();
        self.deliver(self.inbox.take());
        while self.readers.iter().any(Reader::is_waiting) && Instant::now() < last {
            self.turn(PollTimeout::from(20_u8));
        }
    }

    fn turn(&mut self, timeout: PollTimeout) {
        let ready = self.wait(timeout);
        self.hear(&ready.readers);
        self.deliver(self.inbox.take());
        if ready.newcomers {
            self.welcome();
        }
        let readers = self.readers.len() as u64;
        self.counters.readers.store(readers, Ordering::Relaxed);
    }

    fn wait(&mut self, timeout: PollTimeout) -> Ready {
        let open = self
            .closed_until
            .is_none_or(|until| until <= Instant::now());
        let timeout = if open {
            timeout
        } else {
            PollTimeout::from(100_u8)
        };
        let wanted = |wanted: bool, flag: PollFlags| if wanted { flag } else { PollFlags::empty() };
        let listener = self.address.listener().as_fd();
        let mut fds = vec![
            PollFd::new(self.rung.as_fd(), PollFlags::POLLIN),
            PollFd::new(listener, wanted(open, PollFlags::POLLIN)),
        ];
        fds.extend(self.readers.iter().map(|reader| {
            let flags = wanted(reader.is_heard(), PollFlags::POLLIN)
                | wanted(reader.is_waiting(), PollFlags::POLLOUT);
            PollFd::new(reader.fd(), flags)
        }));
        if poll(&mut fds, timeout).is_err() {
            // Interrupted, or short of memory: the next turn is soon enough.
            std::thread::sleep(Duration::from_millis(1));
        }
        let mut flags = fds
            .iter()
            .map(|fd| fd.revents().unwrap_or(PollFlags::empty()));
        let rung = flags.next().is_some_and(|flags| !flags.is_empty());
        let newcomers = flags.next().is_some_and(|flags| !flags.is_empty());
        let readers = flags.collect();
        if rung {
            // However often it was rung, the inbox is emptied once.
            let _ = self.rung.read(&mut [0; 64]);
        }
        Ready { newcomers, readers }
    }

    /// Reads what readers have sent. Who has gone or is a nuisance goes.
    fn hear(&mut self, flags: &[PollFlags]) {
        let gone = PollFlags::POLLHUP | PollFlags::POLLERR | PollFlags::POLLNVAL;
        let readers = std::mem::take(&mut self.readers);
        for (mut reader, flags) in readers.into_iter().zip(flags) {
            let has_gone = flags.intersects(gone);
            let outcome = if has_gone || flags.contains(PollFlags::POLLIN) {
                reader.read(has_gone, &mut self.answer)
            } else {
                Ok(())
            };
            match outcome {
                Ok(()) if !has_gone => self.readers.push(reader),
                Err(error) if error.kind() == ErrorKind::InvalidData => self.count_disconnected(),
                _ => (),
            }
        }
    }

    /// Hands out lines, and writes what can be written.
    fn deliver(&mut self, posts: VecDeque<Post>) {
        let mut dropped = 0;
        for post in posts {
            self.greeting.note(&post);
            for reader in &mut self.readers {
                dropped += reader.push(Arc::clone(&post.line));
            }
        }
        self.counters.dropped.fetch_add(dropped, Ordering::Relaxed);
        let patience = self.limits.patience;
        self.readers.retain_mut(|reader| reader.write().is_ok());
        let before = self.readers.len();
        self.readers.retain(|reader| reader.lost() <= patience);
        let disconnected = (before - self.readers.len()) as u64;
        let counter = &self.counters.disconnected;
        counter.fetch_add(disconnected, Ordering::Relaxed);
    }

    fn count_disconnected(&self) {
        self.counters.disconnected.fetch_add(1, Ordering::Relaxed);
    }

    fn welcome(&mut self) {
        for _ in 0..WELCOMES {
            match self.address.listener().accept() {
                Ok((stream, _)) => self.admit(stream),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                // They have gone again, or a signal came.
                Err(error)
                    if matches!(
                        error.kind(),
                        ErrorKind::ConnectionAborted | ErrorKind::Interrupted
                    ) => {}
                Err(_) => {
                    self.closed_until = Some(Instant::now() + FULL_HOUSE);
                    return;
                }
            }
        }
    }

    fn admit(&mut self, stream: UnixStream) {
        let Ok(mut reader) = Reader::new(stream, self.limits.queue) else {
            return;
        };
        if let Some(refusal) = self.refusal(reader.user()) {
            self.count_disconnected();
            reader.turn_away(refusal);
            return;
        }
        for line in self.greeting.lines() {
            reader.push(Arc::clone(line));
        }
        if reader.write().is_ok() {
            self.readers.push(reader);
        }
    }

    /// Why there is no room for another of that user's, if so.
    fn refusal(&self, user: Option<u32>) -> Option<&'static [u8]> {
        let theirs = self.readers.iter().filter(|reader| reader.user() == user);
        if self.readers.len() >= self.limits.readers {
            Some(NO_ROOM)
        } else if theirs.count() >= self.limits.readers_per_user {
            Some(NO_ROOM_OF_YOURS)
        } else {
            None
        }
    }
}

//! The thread that serves the socket: one loop over all connections.

use super::broadcaster::{Counters, Limits, Queue};
use super::client::{Answer, Client};
use super::listener::Listener;
use crate::protocol::{Line, Message, Retained};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::collections::VecDeque;
use std::io::{ErrorKind, Read};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// Connections that are accepted at a time, so that all others get their turn.
const MAX_ACCEPTS: usize = 32;

/// Time without accepting when the system has no descriptors left.
const ACCEPT_BACKOFF: Duration = Duration::from_secs(1);

/// Time that readers have for the last lines.
const CLOSE_TIMEOUT: Duration = Duration::from_millis(200);

/// Error for a reader over the limit for all.
const TOO_MANY_READERS: &str = "there are too many readers";

/// Error for a reader over the limit for one user.
const TOO_MANY_READERS_OF_USER: &str = "this user has too many readers";

pub(super) struct EventLoop {
    listener: Listener,
    /// The other end of the broadcaster's waker.
    wakeups: UnixStream,
    queue: Arc<Queue>,
    limits: Limits,
    counters: Arc<Counters>,
    answer: Answer,
    clients: Vec<Client>,
    retained: Retained,
    /// End of a back-off, when no connection is accepted.
    closed_until: Option<Instant>,
}

/// What can be done without waiting.
struct Ready {
    accept: bool,
    clients: Vec<PollFlags>,
}

impl EventLoop {
    pub fn new(
        listener: Listener,
        wakeups: UnixStream,
        queue: &Arc<Queue>,
        limits: Limits,
        counters: &Arc<Counters>,
        answer: Answer,
    ) -> Self {
        Self {
            listener,
            wakeups,
            queue: Arc::clone(queue),
            limits,
            counters: Arc::clone(counters),
            answer,
            clients: Vec::new(),
            retained: Retained::default(),
            closed_until: None,
        }
    }

    pub fn run(mut self) {
        while !self.queue.ended.load(Ordering::Acquire) {
            self.poll(PollTimeout::NONE);
        }
        let deadline = Instant::now() + CLOSE_TIMEOUT;
        self.deliver(self.queue.take());
        while self.clients.iter().any(Client::has_output) && Instant::now() < deadline {
            self.poll(PollTimeout::from(20_u8));
        }
    }

    fn poll(&mut self, timeout: PollTimeout) {
        let ready = self.wait(timeout);
        self.receive(&ready.clients);
        self.deliver(self.queue.take());
        if ready.accept {
            self.accept();
        }
        let readers = self.clients.len() as u64;
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
        let listener = self.listener.socket().as_fd();
        let mut fds = vec![
            PollFd::new(self.wakeups.as_fd(), PollFlags::POLLIN),
            PollFd::new(listener, wanted(open, PollFlags::POLLIN)),
        ];
        fds.extend(self.clients.iter().map(|client| {
            let flags = wanted(client.is_listened_to(), PollFlags::POLLIN)
                | wanted(client.has_output(), PollFlags::POLLOUT);
            PollFd::new(client.fd(), flags)
        }));
        if poll(&mut fds, timeout).is_err() {
            // Interrupted, or short of memory: the next turn is soon enough.
            std::thread::sleep(Duration::from_millis(1));
        }
        let mut flags = fds
            .iter()
            .map(|fd| fd.revents().unwrap_or(PollFlags::empty()));
        let woken = flags.next().is_some_and(|flags| !flags.is_empty());
        let accept = flags.next().is_some_and(|flags| !flags.is_empty());
        let clients = flags.collect();
        if woken {
            // However many bytes there are, the queue is emptied once.
            let _ = self.wakeups.read(&mut [0; 64]);
        }
        Ready { accept, clients }
    }

    /// Reads what clients have sent. One that has gone or misbehaves is dropped.
    fn receive(&mut self, flags: &[PollFlags]) {
        let gone = PollFlags::POLLHUP | PollFlags::POLLERR | PollFlags::POLLNVAL;
        let clients = std::mem::take(&mut self.clients);
        for (mut client, flags) in clients.into_iter().zip(flags) {
            let has_gone = flags.intersects(gone);
            let outcome = if has_gone || flags.contains(PollFlags::POLLIN) {
                client.read(has_gone, &mut self.answer)
            } else {
                Ok(())
            };
            match outcome {
                Ok(()) if !has_gone => self.clients.push(client),
                Err(error) if error.kind() == ErrorKind::InvalidData => self.count_disconnected(1),
                _ => (),
            }
        }
    }

    /// Hands out lines, and writes what can be written.
    fn deliver(&mut self, lines: VecDeque<Line>) {
        let mut dropped = 0;
        for line in lines {
            self.retained.note(&line);
            for client in &mut self.clients {
                dropped += client.push(Arc::clone(&line.text));
            }
        }
        self.counters.dropped.fetch_add(dropped, Ordering::Relaxed);
        self.clients.retain_mut(|client| client.write().is_ok());
        let (before, max_lag) = (self.clients.len(), self.limits.max_lag);
        self.clients.retain(|client| client.lag() <= max_lag);
        self.count_disconnected((before - self.clients.len()) as u64);
    }

    fn count_disconnected(&self, clients: u64) {
        let counter = &self.counters.disconnected;
        counter.fetch_add(clients, Ordering::Relaxed);
    }

    fn accept(&mut self) {
        for _ in 0..MAX_ACCEPTS {
            match self.listener.socket().accept() {
                Ok((stream, _)) => self.register(stream),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                // They have gone again, or a signal came.
                Err(error)
                    if matches!(
                        error.kind(),
                        ErrorKind::ConnectionAborted | ErrorKind::Interrupted
                    ) => {}
                Err(_) => {
                    self.closed_until = Some(Instant::now() + ACCEPT_BACKOFF);
                    return;
                }
            }
        }
    }

    fn register(&mut self, stream: UnixStream) {
        let Ok(mut client) = Client::new(stream, self.limits.queue) else {
            return;
        };
        if let Some(reason) = self.refusal(client.user()) {
            self.count_disconnected(1);
            let error = reason.into();
            client.reject(&Message::Error { error });
            return;
        }
        for line in self.retained.lines() {
            client.push(Arc::clone(line));
        }
        if client.write().is_ok() {
            self.clients.push(client);
        }
    }

    /// Returns why there is no room for another of that user's, if so.
    fn refusal(&self, user: Option<u32>) -> Option<&'static str> {
        let theirs = self.clients.iter().filter(|client| client.user() == user);
        if self.clients.len() >= self.limits.readers {
            Some(TOO_MANY_READERS)
        } else if theirs.count() >= self.limits.readers_per_user {
            Some(TOO_MANY_READERS_OF_USER)
        } else {
            None
        }
    }
}

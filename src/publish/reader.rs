//! One reader of the socket.

use super::incoming::Incoming;
use super::request::{Peer, Reply, Request};
use nix::sys::socket::{getsockopt, sockopt::PeerCredentials};
use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;

/// Bytes that are read from a reader at a time, so that all get their turn: a
/// handful of requests, whose answers cost more than reading them.
const CHUNK: usize = 128;

/// Chunks that are still read of a reader that has gone.
const LAST_CHUNKS: usize = 32;

/// Mistakes and refusals in a row after which a reader is disconnected.
const MISTAKES: u32 = 16;

/// What is answered to a reader's request.
pub type Answer = Box<dyn FnMut(Request, Option<Peer>) -> Reply + Send>;

/// A connection, the lines that wait for it, and what it has sent.
pub(super) struct Reader {
    stream: UnixStream,
    peer: Option<Peer>,
    queue: VecDeque<Arc<str>>,
    capacity: usize,
    /// The line that is being written, and how many of its bytes are.
    current: Option<Arc<str>>,
    written: usize,
    /// Lines lost that it has not been told of, and since it last read.
    untold: u64,
    lost: u64,
    incoming: Incoming,
    mistakes: u32,
    /// It has sent all that it will, and may go on reading.
    silent: bool,
}

impl Reader {
    pub fn new(stream: UnixStream, capacity: usize) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        let peer = getsockopt(&stream, PeerCredentials).ok();
        Ok(Self {
            stream,
            peer: peer.map(|peer| Peer {
                uid: peer.uid(),
                gid: peer.gid(),
            }),
            queue: VecDeque::new(),
            capacity,
            current: None,
            written: 0,
            untold: 0,
            lost: 0,
            incoming: Incoming::default(),
            mistakes: 0,
            silent: false,
        })
    }

    /// Whose it is.
    pub fn user(&self) -> Option<u32> {
        self.peer.map(|peer| peer.uid)
    }

    /// Says why it is not let in.
    pub fn turn_away(mut self, reason: &[u8]) {
        // Its buffer is empty; if it has gone, that is as well.
        let _ = self.stream.write_all(reason);
    }

    pub fn fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }

    /// Whether lines wait for it.
    pub fn is_waiting(&self) -> bool {
        self.current.is_some() || !self.queue.is_empty() || self.untold > 0
    }

    /// Whether it is listened to: who does not read answers is not heard.
    pub fn is_heard(&self) -> bool {
        !self.silent && self.queue.len() <= self.capacity / 2
    }

    /// Lines lost since it last read anything.
    pub fn lost(&self) -> u64 {
        self.lost
    }

    /// Queues a line; returns how many were dropped for it.
    pub fn push(&mut self, line: Arc<str>) -> u64 {
        let full = self.queue.len() >= self.capacity;
        if full {
            self.queue.pop_front();
            self.untold += 1;
            self.lost += 1;
        }
        self.queue.push_back(line);
        u64::from(full)
    }

    /// Writes what the connection takes without waiting.
    pub fn write(&mut self) -> io::Result<()> {
        while let Some(line) = self.next() {
            match self.stream.write(&line.as_bytes()[self.written..]) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(count) => {
                    self.lost = 0;
                    self.written += count;
                    if self.written < line.len() {
                        self.current = Some(line);
                    } else {
                        self.written = 0;
                    }
                }
                Err(error) => {
                    self.current = Some(line);
                    return match error.kind() {
                        ErrorKind::WouldBlock | ErrorKind::Interrupted => Ok(()),
                        _ => Err(error),
                    };
                }
            }
        }
        Ok(())
    }

    /// The line to go on with: first what was begun, then what was lost.
    fn next(&mut self) -> Option<Arc<str>> {
        if let Some(line) = self.current.take() {
            return Some(line);
        }
        if self.untold > 0 {
            let lost = std::mem::take(&mut self.untold);
            return Some(format!("{{\"type\":\"dropped\",\"dropped\":{lost}}}\n").into());
        }
        self.queue.pop_front()
    }

    /// Reads what it has sent and answers that.
    pub fn read(&mut self, has_gone: bool, answer: &mut Answer) -> io::Result<()> {
        for _ in 0..if has_gone { LAST_CHUNKS } else { 1 } {
            let mut chunk = [0; CHUNK];
            match self.stream.read(&mut chunk) {
                Ok(0) => {
                    self.silent = true;
                    break;
                }
                Ok(count) => self.hear(&chunk[..count], answer)?,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => (),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn hear(&mut self, bytes: &[u8], answer: &mut Answer) -> io::Result<()> {
        let mut incoming = std::mem::take(&mut self.incoming);
        incoming.push(bytes, |line| {
            // What follows the last straw is not looked at.
            if self.mistakes >= MISTAKES {
                return;
            }
            let request = match line {
                Ok(line) => Request::parse(line),
                Err(_) => Err("this line is too long for a request".into()),
            };
            let reply = request.map_or_else(
                |error| Reply::Error { error },
                |request| answer(request, self.peer),
            );
            let refused = matches!(reply, Reply::Error { .. });
            self.mistakes = if refused { self.mistakes + 1 } else { 0 };
            self.reply(&reply);
        });
        self.incoming = incoming;
        if self.mistakes < MISTAKES {
            return Ok(());
        }
        // It gets what it can take of the errors.
        self.write()?;
        Err(ErrorKind::InvalidData.into())
    }

    fn reply(&mut self, reply: &Reply) {
        // Replies are JSON, always.
        if let Ok(line) = serde_json::to_string(reply) {
            self.push((line + "\n").into());
        }
    }
}

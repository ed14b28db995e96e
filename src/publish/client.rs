//! One connection of the socket.

use super::line_buffer::LineBuffer;
use crate::protocol::{Message, Reply, Request};
use nix::sys::socket::{getsockopt, sockopt::PeerCredentials};
use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;

/// Bytes that are read from a client at a time, so that all get their turn: a
/// handful of requests, whose answers cost more than reading them.
const CHUNK: usize = 128;

/// Chunks that are still read from a client that has gone.
const LAST_CHUNKS: usize = 32;

/// Refused lines in a row after which a client is disconnected.
const MAX_REFUSALS: u32 = 16;

/// The user behind a connection, as the system vouches for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// User.
    pub uid: u32,
    /// Primary group.
    pub gid: u32,
}

/// A function that answers readers' requests.
pub type Answer = Box<dyn FnMut(Request, Option<Peer>) -> Reply + Send>;

/// A connection, the lines that wait for it, and what it has sent.
pub(super) struct Client {
    stream: UnixStream,
    peer: Option<Peer>,
    queue: VecDeque<Arc<str>>,
    capacity: usize,
    /// The line that is being written, and the bytes of it that are.
    current: Option<Arc<str>>,
    written: usize,
    /// Lines lost that it has not been told of, and those since it last read.
    unreported: u64,
    lag: u64,
    received: LineBuffer,
    refusals: u32,
    /// It has sent all that it will, and may go on reading.
    finished: bool,
}

impl Client {
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
            unreported: 0,
            lag: 0,
            received: LineBuffer::default(),
            refusals: 0,
            finished: false,
        })
    }

    /// Returns the user's number.
    pub fn user(&self) -> Option<u32> {
        self.peer.map(|peer| peer.uid)
    }

    /// Disconnects a client that is not let in.
    pub fn reject(mut self, reason: &Message) {
        // Its buffer is empty; if it has gone, that is as well.
        let _ = self.stream.write_all(reason.to_line().as_bytes());
    }

    pub fn fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }

    /// Returns true when lines wait for it.
    pub fn has_output(&self) -> bool {
        self.current.is_some() || !self.queue.is_empty() || self.unreported > 0
    }

    /// Returns false for a client that does not read its answers.
    pub fn is_listened_to(&self) -> bool {
        !self.finished && self.queue.len() <= self.capacity / 2
    }

    /// Returns the lines lost since it last read anything.
    pub fn lag(&self) -> u64 {
        self.lag
    }

    /// Queues a line; returns how many were dropped for it.
    pub fn push(&mut self, line: Arc<str>) -> u64 {
        let full = self.queue.len() >= self.capacity;
        if full {
            self.queue.pop_front();
            self.unreported += 1;
            self.lag += 1;
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
                    self.lag = 0;
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

    /// Returns the line to go on with: first what was begun, then what was lost.
    fn next(&mut self) -> Option<Arc<str>> {
        if let Some(line) = self.current.take() {
            return Some(line);
        }
        if self.unreported > 0 {
            let dropped = std::mem::take(&mut self.unreported);
            return Some(Message::Dropped { dropped }.to_line().into());
        }
        self.queue.pop_front()
    }

    /// Reads what it has sent and answers that.
    pub fn read(&mut self, has_gone: bool, answer: &mut Answer) -> io::Result<()> {
        for _ in 0..if has_gone { LAST_CHUNKS } else { 1 } {
            let mut chunk = [0; CHUNK];
            match self.stream.read(&mut chunk) {
                Ok(0) => {
                    self.finished = true;
                    break;
                }
                Ok(count) => self.receive(&chunk[..count], answer)?,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => (),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn receive(&mut self, bytes: &[u8], answer: &mut Answer) -> io::Result<()> {
        let mut received = std::mem::take(&mut self.received);
        received.push(bytes, |line| {
            // What follows the last straw is not looked at.
            if self.refusals >= MAX_REFUSALS {
                return;
            }
            let request = match line {
                Ok(line) => Request::parse(line),
                Err(_) => Err("this line is too long for a request".into()),
            };
            let reply = request.map_or_else(Reply::Error, |request| answer(request, self.peer));
            let refused = matches!(reply, Reply::Error(_));
            self.refusals = if refused { self.refusals + 1 } else { 0 };
            self.push(Message::from(reply).to_line().into());
        });
        self.received = received;
        if self.refusals < MAX_REFUSALS {
            return Ok(());
        }
        // It gets what it can take of the errors.
        self.write()?;
        Err(ErrorKind::InvalidData.into())
    }
}

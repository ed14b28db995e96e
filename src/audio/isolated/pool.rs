//! The side that asks: processes that wait for recordings, and a recording on its way.

use super::super::{AudioError, Channel, Damage, Pcm};
use super::wire::{End, Input, Reply, Request};
use super::{DECODER_ARGUMENT, MEMORY};
use crate::system::lock;
use nix::libc::SIGXCPU;
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Time after which [`IsolatedSource::read`] returns without a sample, so that whoever
/// reads may think better of it.
const WAIT: Duration = Duration::from_millis(100);

/// Time without a sample after which a decoder is given up that has all of its input.
/// It is far longer than the processor time it may take: the machine may be busy.
const PATIENCE: Duration = Duration::from_mins(2);

/// Bytes that are read at a time.
const CHUNK: usize = 64 << 10;

/// Processes that decode, started when they are needed.
pub struct DecoderPool {
    program: PathBuf,
    idle: Mutex<Vec<Worker>>,
}

impl DecoderPool {
    /// A pool of processes of a program that, called with [`DECODER_ARGUMENT`],
    /// runs [`decode_requests`](super::decode_requests).
    pub const fn new(program: PathBuf) -> Self {
        let idle = Mutex::new(Vec::new());
        Self { program, idle }
    }

    /// A pool of processes of the program that is running.
    pub fn of_this_program() -> Self {
        // The link leads there also when an update has put another in its place.
        let link = PathBuf::from("/proc/self/exe");
        // Where nobody says which it is, starting it will fail.
        let program = || std::env::current_exe().unwrap_or_default();
        Self::new(if link.exists() { link } else { program() })
    }

    /// Opens a file; samples of that channel will come at `rate` hertz.
    ///
    /// # Errors
    /// [`AudioError::NoDecoder`]; what is wrong with the file, reading will tell.
    pub fn open(
        &self,
        path: &Path,
        rate: u32,
        channel: Channel,
    ) -> Result<IsolatedSource<'_>, AudioError> {
        let is_file = path.metadata().is_ok_and(|metadata| metadata.is_file());
        let patience = is_file.then_some(PATIENCE);
        self.start(Input::file(path), rate, channel, &[], patience)
    }

    /// Reads a recording from the standard input.
    ///
    /// # Errors
    /// As [`DecoderPool::open`].
    pub fn open_stdin(
        &self,
        rate: u32,
        channel: Channel,
    ) -> Result<IsolatedSource<'_>, AudioError> {
        self.start(Input::Stdin, rate, channel, &[], None)
    }

    /// Reads a recording that is in memory.
    ///
    /// # Errors
    /// As [`DecoderPool::open`].
    pub fn open_memory(
        &self,
        bytes: &[u8],
        rate: u32,
        channel: Channel,
    ) -> Result<IsolatedSource<'_>, AudioError> {
        let length = bytes.len() as u64;
        let input = Input::Memory { length };
        self.start(input, rate, channel, bytes, Some(PATIENCE))
    }

    fn start(
        &self,
        input: Input,
        rate: u32,
        channel: Channel,
        bytes: &[u8],
        patience: Option<Duration>,
    ) -> Result<IsolatedSource<'_>, AudioError> {
        let request = Request {
            input,
            rate,
            channel,
        };
        let mut worker = self.worker().map_err(AudioError::NoDecoder)?;
        let sent = request.send(&mut worker.stream);
        sent.and_then(|()| worker.stream.write_all(bytes))
            .map_err(AudioError::NoDecoder)?;
        Ok(IsolatedSource {
            pool: self,
            worker: Some(worker),
            received: Vec::new(),
            channels: None,
            progress: None,
            damage: Damage::default(),
            patience,
            heard: Instant::now(),
        })
    }

    /// A process that waits, or a new one.
    fn worker(&self) -> io::Result<Worker> {
        while let Some(mut worker) = lock(&self.idle).pop() {
            // Somebody else may have ended it.
            if matches!(worker.child.try_wait(), Ok(None)) {
                return Ok(worker);
            }
        }
        Worker::start(&self.program)
    }
}

/// A process, and the socket to it.
struct Worker {
    child: Child,
    stream: UnixStream,
}

impl Worker {
    fn start(program: &Path) -> io::Result<Self> {
        let (stream, theirs) = UnixStream::pair()?;
        stream.set_read_timeout(Some(WAIT))?;
        let child = Command::new(program)
            .arg(DECODER_ARGUMENT)
            .stdin(Stdio::inherit())
            .stdout(OwnedFd::from(theirs))
            // An allocation that fails is said there.
            .stderr(Stdio::null())
            .spawn()?;
        Ok(Self { child, stream })
    }
}

impl Drop for Worker {
    /// A process that waits for a request ends by itself when its socket closes; one
    /// that is in the middle of a recording does not.
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A recording that another process decodes.
pub struct IsolatedSource<'a> {
    pool: &'a DecoderPool,
    /// Until the recording has come to an end.
    worker: Option<Worker>,
    received: Vec<u8>,
    /// Once it was opened.
    channels: Option<usize>,
    /// Thousandths of a file that have been read.
    progress: Option<u16>,
    damage: Damage,
    /// Time that may pass without a sample, if that is bounded.
    patience: Option<Duration>,
    heard: Instant,
}

impl IsolatedSource<'_> {
    /// Appends the next samples to `out`, or none if there are none yet; `false` when
    /// there will be no more.
    ///
    /// # Errors
    /// Every kind of [`AudioError`] that concerns files, as
    /// [`AudioSource`](super::super::AudioSource) says; and [`AudioError::TooSlow`] or
    /// [`AudioError::TooMuchMemory`] where a limit ended the decoder.
    pub fn read(&mut self, out: &mut Vec<Pcm>) -> Result<bool, AudioError> {
        let before = out.len();
        while let Some(worker) = &mut self.worker {
            while let Some(reply) = Reply::take(&mut self.received).map_err(AudioError::Io)? {
                match reply {
                    Reply::Opened(channels) => {
                        self.channels = Some(channels);
                        return Ok(true);
                    }
                    Reply::Samples(samples) => out.extend(samples),
                    Reply::Progress(thousandths) => self.progress = Some(thousandths),
                    Reply::End(end) => return self.end(end),
                }
            }
            if out.len() > before {
                self.heard = Instant::now();
                return Ok(true);
            }
            if !receive(worker, &mut self.received)? {
                return self.wait_on();
            }
        }
        Ok(false)
    }

    /// Waits until it was opened, and returns the number of channels.
    ///
    /// # Errors
    /// As [`IsolatedSource::read`].
    pub fn channels(&mut self) -> Result<usize, AudioError> {
        loop {
            match self.channels {
                Some(channels) => return Ok(channels),
                // It is opened before the first sample comes.
                None => self.read(&mut Vec::new())?,
            };
        }
    }

    /// Returns how much of a file has been read so far, in thousandths; `None` of others.
    pub fn progress(&self) -> Option<u16> {
        self.progress
    }

    /// Returns the damage; it is known when [`IsolatedSource::read`] has come to the end.
    pub fn damage(&self) -> Damage {
        self.damage.clone()
    }

    /// Leaves the process to the next recording.
    fn end(&mut self, end: End) -> Result<bool, AudioError> {
        let worker = self.worker.take();
        if !end.is_last {
            lock(&self.pool.idle).extend(worker);
        }
        let (class, sentence) = match end.outcome {
            Ok(damage) => {
                self.damage = damage;
                return Ok(true);
            }
            Err(failure) => failure,
        };
        Err(AudioError::Decoder { class, sentence })
    }

    /// Goes on, unless there was nothing for too long.
    fn wait_on(&mut self) -> Result<bool, AudioError> {
        let late = |patience| self.heard.elapsed() > patience;
        if !self.patience.is_some_and(late) {
            return Ok(true);
        }
        self.worker = None;
        Err(AudioError::TooSlow)
    }
}

/// Appends what has come; `false` if that is nothing yet.
fn receive(worker: &mut Worker, received: &mut Vec<u8>) -> Result<bool, AudioError> {
    let begin = received.len();
    received.resize(begin + CHUNK, 0);
    let outcome = worker.stream.read(&mut received[begin..]);
    received.truncate(begin + *outcome.as_ref().unwrap_or(&0));
    match outcome {
        Ok(0) => Err(cause_of_death(worker.child.wait())),
        Ok(_) => Ok(true),
        Err(error) => match error.kind() {
            ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted => Ok(false),
            _ => Err(cause_of_death(worker.child.wait())),
        },
    }
}

/// Returns why a process has ended in the middle of a recording.
fn cause_of_death(status: io::Result<ExitStatus>) -> AudioError {
    match status {
        Ok(status) if status.signal() == Some(SIGXCPU) => AudioError::TooSlow,
        // Aborted by an allocation that failed or a stack that was too small, or
        // killed where all memory was taken.
        Ok(status) if status.signal().is_some() => AudioError::TooMuchMemory(MEMORY >> 20),
        Ok(status) => AudioError::NoDecoder(io::Error::other(status.to_string())),
        Err(error) => AudioError::NoDecoder(error),
    }
}

//! The process that decodes.

use super::super::{AudioError, AudioSource, Damage};
use super::wire::{End, Input, Reply, Request};
use super::{BYTES_A_SECOND, CPU_SECONDS, MEMORY, SOUND_A_SECOND};
use crate::system::{limit, memory};
use nix::sys::resource::{Resource, UsageWho, getrusage, setrlimit};
use std::io::{self, Read, stdin, stdout};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;

/// Bytes by which a process may have grown and still be used again.
const REUSABLE: u64 = 16 << 20;

/// The most bytes in which a recording from a pipe is held, where its index may stand
/// at its end.
const PIPE_MEMORY: u64 = 1 << 30;

/// Decodes what the parent asks for on the socket that is this process's stdout,
/// until it asks no more. Only one recording is decoded at a time, under limits that
/// the system enforces.
///
/// # Errors
/// When that is no socket, the limits cannot be set, or the parent has gone.
pub fn decode_requests() -> io::Result<()> {
    let mut parent = UnixStream::from(stdout().as_fd().try_clone_to_owned()?);
    setrlimit(Resource::RLIMIT_CORE, 0, 0)?;
    // Where memory is short, this process goes before the one that it serves.
    let _ = std::fs::write("/proc/self/oom_score_adj", "1000");
    let at_start = mapped();
    while let Some(request) = Request::receive(&mut parent)? {
        let limits = Limits::set(&request.input, at_start)?;
        let outcome = decode(request, &mut parent, &limits)?;
        let is_last = mapped() > at_start.map(|bytes| bytes + REUSABLE);
        Reply::send_end(&mut parent, &End::new(outcome, is_last))?;
        if is_last {
            break;
        }
    }
    Ok(())
}

/// The bytes of this process's address space, which is what its limit counts; `None`
/// on systems that do not say.
fn mapped() -> Option<u64> {
    memory().map(|memory| memory.mapped)
}

/// Decodes a recording and sends its samples. The outer error is the parent's, the
/// inner one the recording's.
fn decode(
    request: Request,
    parent: &mut UnixStream,
    limits: &Limits,
) -> io::Result<Result<Damage, AudioError>> {
    let rate = request.rate;
    let mut source = match open(request, parent)? {
        Ok(source) => source,
        Err(error) => return Ok(Err(error)),
    };
    Reply::send_opened(parent, source.channels())?;
    let (mut samples, mut heard, mut seconds, mut progress) = (Vec::new(), 0, 0, None);
    loop {
        samples.clear();
        match source.read(&mut samples) {
            Ok(true) => Reply::send_samples(parent, &samples)?,
            Ok(false) => return Ok(Ok(source.damage())),
            Err(error) => return Ok(Err(error)),
        }
        let now = source.progress();
        if let Some(thousandths) = now.filter(|_| now != progress) {
            progress = now;
            Reply::send_progress(parent, thousandths)?;
        }
        heard += samples.len() as u64;
        let earned = heard / (u64::from(rate) * SOUND_A_SECOND);
        if earned > seconds {
            seconds = earned;
            limits.allow(seconds)?;
        }
    }
}

/// The one place where recordings of all commands and of the page are opened.
fn open(request: Request, parent: &mut UnixStream) -> io::Result<Result<AudioSource, AudioError>> {
    let rate = request.rate;
    let source = match request.input {
        Input::File(path) => AudioSource::open(&Input::path(&path), rate),
        Input::Stdin => AudioSource::from_pipe(stdin(), rate),
        Input::Memory { length } => {
            let mut bytes = vec![0; length as usize];
            parent.read_exact(&mut bytes)?;
            AudioSource::from_memory(bytes, rate)
        }
    };
    Ok(source.map(|source| source.with_channel(request.channel)))
}

/// The limits of one recording.
struct Limits {
    /// Processor time, in seconds since the process began, at which it is killed if
    /// it decodes nothing.
    deadline: u64,
}

impl Limits {
    fn set(input: &Input, at_start: Option<u64>) -> io::Result<Self> {
        let (held, bytes) = match input {
            Input::Memory { length } => (*length, *length),
            Input::File(path) => length(path).map_or((PIPE_MEMORY, 0), |bytes| (0, bytes)),
            Input::Stdin => (PIPE_MEMORY, 0),
        };
        if let Some(at_start) = at_start {
            limit(Resource::RLIMIT_AS, at_start + MEMORY + held)?;
        }
        let used = getrusage(UsageWho::RUSAGE_SELF)?;
        let used = used.user_time() + used.system_time();
        // The limit is in whole seconds.
        let used = used.tv_sec() as u64 + 1;
        let deadline = used + CPU_SECONDS + bytes / BYTES_A_SECOND;
        let limits = Self { deadline };
        limits.allow(0)?;
        Ok(limits)
    }

    /// Allows so many seconds more than at the beginning.
    fn allow(&self, seconds: u64) -> io::Result<()> {
        limit(Resource::RLIMIT_CPU, self.deadline + seconds)
    }
}

/// The bytes of a file; `None` for what is none, or cannot be opened.
fn length(path: &[u8]) -> Option<u64> {
    let metadata = std::fs::metadata(Input::path(path)).ok()?;
    metadata.is_file().then_some(metadata.len())
}

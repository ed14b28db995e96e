//! Facts about this process.

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use std::fs::read_to_string;
use std::io;

/// The memory of this process, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// Resident now: `VmRSS`.
    pub resident: u64,
    /// Resident at most, since it started: `VmHWM`.
    pub peak: u64,
    /// Address space: `VmSize`.
    pub mapped: u64,
}

/// Keeps this process's memory out of dumps and from other processes of its user: it
/// holds what was heard.
pub fn keep_memory_private() {
    // The system's refusal is no reason not to start: the units forbid dumps, too.
    let _ = setrlimit(Resource::RLIMIT_CORE, 0, 0);
    #[cfg(target_os = "linux")]
    let _ = nix::sys::prctl::set_dumpable(false);
}

/// Sets a limit of this process that it may raise again.
///
/// # Errors
/// The system's.
pub fn limit(resource: Resource, soft: u64) -> io::Result<()> {
    let (_, hard) = getrlimit(resource)?;
    #[allow(clippy::useless_conversion, reason = "32-bit systems count in 32 bits")]
    let soft = soft.try_into().unwrap_or(hard).min(hard);
    Ok(setrlimit(resource, soft, hard)?)
}

/// Lets this process map so many bytes more than it does now, where the system says how
/// many those are.
///
/// # Errors
/// The system's.
pub fn limit_memory(more: u64) -> io::Result<()> {
    memory().map_or(Ok(()), |now| {
        limit(Resource::RLIMIT_AS, now.mapped.saturating_add(more))
    })
}

/// Lets this process take so many seconds of the processor, those before included.
///
/// # Errors
/// The system's.
pub fn limit_time(seconds: u64) -> io::Result<()> {
    limit(Resource::RLIMIT_CPU, seconds)
}

/// Returns the memory of this process as Linux tells it in `/proc/self/status`;
/// `None` where there is no such file.
pub fn memory() -> Option<Memory> {
    parse(&read_to_string("/proc/self/status").ok()?)
}

fn parse(status: &str) -> Option<Memory> {
    let bytes = |key: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(key))?;
        let kibibytes: u64 = line.strip_suffix("kB")?.trim().parse().ok()?;
        Some(kibibytes * 1024)
    };
    Some(Memory {
        resident: bytes("VmRSS:")?,
        peak: bytes("VmHWM:")?,
        mapped: bytes("VmSize:")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_figures_are_read() {
        let status = "Name:\tundertone\nVmSize:\t   3072 kB\nVmHWM:\t   2048 kB\n\
                      VmRSS:\t    1024 kB\nThreads:\t3\n";
        let memory_then = Memory {
            resident: 1 << 20,
            peak: 2 << 20,
            mapped: 3 << 20,
        };
        assert_eq!(parse(status), Some(memory_then));
        assert_eq!(parse("Name:\tkthreadd\n"), None);
        let memory = memory();
        assert!(memory.is_some_and(|it| it.resident > 0) || !cfg!(target_os = "linux"));
    }
}

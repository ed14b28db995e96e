//! The trial of a bundle in a process that may die: shapes that were made for it let
//! the network's engine take memory or time without end before it says what is wrong.

use super::read;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};
use undertone::model::ModelError;
use undertone::system::{limit_memory, limit_time};

/// The argument with which the program loads a bundle to see whether it can.
pub const ARGUMENT: &str = "try-bundle-for-parent";

/// Bytes that loading may take beside this many times those of the network's file.
const MEMORY: u64 = 256 << 20;
const TIMES: u64 = 16;

/// Processor time that loading may take, in seconds, and bytes for which there is one
/// more.
const SECONDS: u64 = 30;
const BYTES_A_SECOND: u64 = 1 << 20;

/// Lets a process of this program load the bundle of a folder.
///
/// # Errors
/// [`ModelError::Network`] where that does not survive it. What else is wrong with the
/// bundle, loading it says.
pub fn survive(folder: &Path) -> Result<(), ModelError> {
    let link = Path::new("/proc/self/exe");
    let program = match std::env::current_exe() {
        // The link leads there also when an update has put another in its place.
        _ if link.exists() => link.to_owned(),
        Ok(program) => program,
        Err(_) => return Ok(()),
    };
    let mut command = Command::new(program);
    command.arg(ARGUMENT).arg(folder);
    let output = [Command::stdin, Command::stdout, Command::stderr];
    for stream in output {
        stream(&mut command, Stdio::null());
    }
    match command.status() {
        Ok(status) if status.signal().is_some() => Err(ModelError::Network(
            "it takes more memory or time than any of its size needs".into(),
        )),
        // Where no process can be started, there is no trial.
        _ => Ok(()),
    }
}

/// Loads a bundle within the limits: the process that [`survive`] starts.
pub fn run(folder: &Path) -> anyhow::Result<()> {
    let bytes = std::fs::read_dir(folder)?
        .filter_map(|entry| Some(entry.ok()?.metadata().ok()?.len()))
        .sum::<u64>();
    limit_memory(MEMORY.saturating_add(bytes.saturating_mul(TIMES)))?;
    limit_time(SECONDS + bytes / BYTES_A_SECOND)?;
    read(folder).map(drop)
}

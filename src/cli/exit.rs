//! Exit codes, after BSD's `sysexits.h`, and the sentence that goes with one.

use super::output::UNWRITABLE;
use anyhow::Context;
use std::fmt;
use std::io::{self, Write, stderr};
use std::path::Path;
use std::process::ExitCode;
use undertone::audio::{AudioError, Damage};
use undertone::daemon::{ConfigError, DaemonError, Level, prefix};
use undertone::features::SpecError;
use undertone::model::ModelError;
use undertone::publish::{PublishError, SocketError};
#[cfg(feature = "web")]
use undertone::web::WebError;

/// What the program's exit code says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    Usage = 64,
    BadAudio = 65,
    NoInput = 66,
    NoDevice = 69,
    Internal = 70,
    Io = 74,
    Configuration = 78,
}

/// An error whose sentence has been printed already, in a batch that went on.
#[derive(Debug)]
pub struct Reported(pub Code);

impl fmt::Display for Reported {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("reported above")
    }
}

impl std::error::Error for Reported {}

/// A mistake in what the user gave that no module has a name for.
#[derive(Debug, thiserror::Error)]
#[error("{1}")]
pub struct Mistake(pub Code, pub String);

/// The code that the first telling cause in an error's chain stands for.
pub fn code_of(error: &anyhow::Error) -> Code {
    error
        .chain()
        .find_map(code_of_cause)
        .unwrap_or(Code::Internal)
}

fn code_of_cause(cause: &(dyn std::error::Error + 'static)) -> Option<Code> {
    if let Some(Reported(code)) = cause.downcast_ref() {
        return Some(*code);
    }
    if let Some(Mistake(code, _)) = cause.downcast_ref() {
        return Some(*code);
    }
    if let Some(error) = cause.downcast_ref::<AudioError>() {
        return Some(match error {
            AudioError::NotFound | AudioError::NoAudioBelow(_) => Code::NoInput,
            AudioError::Io(_) => Code::Io,
            AudioError::NoDevice(_) | AudioError::DeviceBusy(_) | AudioError::Device { .. } => {
                Code::NoDevice
            }
            _ => Code::BadAudio,
        });
    }
    match cause.downcast_ref() {
        Some(DaemonError::Audio(error)) => return code_of_cause(error),
        Some(DaemonError::Model(error)) => return code_of_cause(error),
        Some(DaemonError::Publish(error)) => return code_of_cause(error),
        _ => (),
    }
    #[cfg(feature = "web")]
    match cause.downcast_ref() {
        Some(WebError::Model(error)) => return code_of_cause(error),
        Some(_) => return Some(Code::Io),
        None => (),
    }
    if let Some(SocketError::NoGroup(_)) = cause.downcast_ref() {
        return Some(Code::Configuration);
    }
    if cause.is::<SpecError>() {
        return Some(Code::Usage);
    }
    // A network that was well at the start and fails later may be well again
    // after another: the service manager is to try it.
    if let Some(ModelError::Run(_)) = cause.downcast_ref() {
        return Some(Code::Internal);
    }
    if let Some(PublishError::Dead) = cause.downcast_ref() {
        return Some(Code::Internal);
    }
    if cause.is::<ModelError>() || cause.is::<ConfigError>() {
        return Some(Code::Configuration);
    }
    if cause.is::<PublishError>() || cause.is::<SocketError>() || cause.is::<io::Error>() {
        return Some(Code::Io);
    }
    None
}

/// Prints a failure as one line on stderr.
pub fn complain(error: &anyhow::Error) {
    // When stderr cannot be written, there is nobody to tell.
    let _ = writeln!(stderr(), "{}{error:#}", prefix(Level::Error));
}

/// Says on stderr what a recording lacked whose rest was used.
pub fn warn(file: &Path, damage: Damage) {
    if !damage.is_none() {
        let _ = writeln!(stderr(), "undertone: {}: {damage}", file.display());
    }
}

/// The process's exit code for a command's outcome. A reader that closed our
/// stdout has what it wanted: that ends the program quietly.
pub fn report(outcome: anyhow::Result<()>) -> ExitCode {
    let Err(error) = outcome else {
        return ExitCode::SUCCESS;
    };
    if is_closed_pipe(&error) {
        return ExitCode::SUCCESS;
    }
    if !error.is::<Reported>() {
        complain(&error);
    }
    ExitCode::from(code_of(&error) as u8)
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let cause = error.downcast_ref::<io::Error>();
    cause.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// Prints what clap has to say: help and version are no failures.
pub fn usage(error: &clap::Error) -> ExitCode {
    let printed = error.print();
    if error.use_stderr() {
        ExitCode::from(Code::Usage as u8)
    } else {
        report(printed.context(UNWRITABLE))
    }
}

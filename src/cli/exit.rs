//! The end of the program: exit codes, and the sentence that goes with one.

use super::output::{UNWRITABLE, cleaned, shown};
use anyhow::Context;
use std::error::Error;
use std::fmt;
use std::io::{self, Write, stderr};
use std::path::Path;
use std::process::ExitCode;
use undertone::audio::{AudioError, Damage};
use undertone::daemon::{ConfigError, DaemonError};
use undertone::error::{Class, Classified, with_causes};
use undertone::features::SpecError;
use undertone::model::ModelError;
use undertone::protocol::BaselineError;
use undertone::publish::{PublishError, SocketError};
use undertone::system::{Level, prefix};
#[cfg(feature = "web")]
use undertone::web::WebError;

/// An error of the command line's own: its class and its sentence.
#[derive(Debug, thiserror::Error)]
#[error("{sentence}")]
pub struct CliError {
    class: Class,
    sentence: String,
}

impl CliError {
    /// An error of a class.
    pub fn new(class: Class, sentence: impl Into<String>) -> Self {
        let sentence = sentence.into();
        Self { class, sentence }
    }

    /// An error in the arguments.
    pub fn usage(sentence: impl Into<String>) -> Self {
        Self::new(Class::Usage, sentence)
    }
}

impl Classified for CliError {
    fn class(&self) -> Class {
        self.class
    }
}

/// An error whose sentence has been printed already, in a batch that went on.
#[derive(Debug)]
pub struct Reported(pub Class);

impl fmt::Display for Reported {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("reported above")
    }
}

impl Error for Reported {}

impl Classified for Reported {
    fn class(&self) -> Class {
        self.0
    }
}

/// Returns the class of the first cause in an error's chain that has one.
pub fn class_of(error: &anyhow::Error) -> Class {
    error
        .chain()
        .find_map(|cause| KNOWN.iter().find_map(|class| class(cause)))
        .unwrap_or(Class::Internal)
}

type ClassOf = fn(&(dyn Error + 'static)) -> Option<Class>;

/// Every type of error that says its class: anyhow has forgotten which it holds.
const KNOWN: &[ClassOf] = &[
    class_as::<CliError>,
    class_as::<Reported>,
    class_as::<AudioError>,
    class_as::<BaselineError>,
    class_as::<SpecError>,
    class_as::<ModelError>,
    class_as::<ConfigError>,
    class_as::<DaemonError>,
    class_as::<PublishError>,
    class_as::<SocketError>,
    #[cfg(feature = "web")]
    class_as::<WebError>,
    class_as::<io::Error>,
];

fn class_as<E: Classified + 'static>(cause: &(dyn Error + 'static)) -> Option<Class> {
    cause.downcast_ref::<E>().map(Classified::class)
}

/// Returns an error and its causes as they stand on stderr.
pub fn sentence(error: &anyhow::Error) -> String {
    with_causes(&**error)
}

/// Prints a failure as one line on stderr.
pub fn print_error(error: &anyhow::Error) {
    // When stderr cannot be written, there is nobody to tell.
    let _ = writeln!(
        stderr(),
        "{}{}",
        prefix(Level::Error),
        cleaned(&sentence(error))
    );
}

/// Prints on stderr what a recording lacked whose rest was used.
pub fn warn(file: &Path, damage: &Damage) {
    if !damage.is_none() {
        let _ = writeln!(stderr(), "undertone: {}: {damage}", shown(file));
    }
}

/// Returns the process's exit code for a command's outcome. A reader that closed
/// our stdout has what it wanted: that ends the program quietly.
pub fn report(outcome: anyhow::Result<()>) -> ExitCode {
    let Err(error) = outcome else {
        return ExitCode::SUCCESS;
    };
    if is_closed_pipe(&error) {
        return ExitCode::SUCCESS;
    }
    if !error.is::<Reported>() {
        print_error(&error);
    }
    ExitCode::from(class_of(&error).exit_code())
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let cause = error.downcast_ref::<io::Error>();
    cause.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// Prints what clap has to say: help and version are no failures.
pub fn usage(error: &clap::Error) -> ExitCode {
    let printed = error.print();
    if error.use_stderr() {
        ExitCode::from(Class::Usage.exit_code())
    } else {
        report(printed.context(UNWRITABLE))
    }
}

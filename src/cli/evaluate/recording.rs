//! One labelled recording.

use crate::cli::exit::CliError;
use std::path::{Path, PathBuf};
use undertone::error::Class;

/// A recording whose label is known.
#[derive(Debug, PartialEq)]
pub struct Recording {
    pub file: PathBuf,
    /// As the manifest has it, or relative to the folder.
    pub name: String,
    pub label: String,
    pub speaker: Option<String>,
}

/// A speaker whose name is not empty.
pub fn known(speaker: &str) -> Option<String> {
    (!speaker.is_empty()).then(|| speaker.to_owned())
}

/// An error in the labels, which is one in the data.
pub fn data_error(file: &Path, what: &str) -> CliError {
    CliError::new(Class::Data, format!("{}{what}", file.display()))
}

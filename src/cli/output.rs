//! Files that commands write beside what they print.

use anyhow::Context;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use undertone::publish::PublishError;

/// A file to be written.
pub struct Output<'a> {
    path: &'a Path,
    writer: BufWriter<File>,
}

impl<'a> Output<'a> {
    /// Creates the file, empty.
    pub fn create(path: &'a Path) -> anyhow::Result<Self> {
        let file = File::create(path).with_context(|| complaint(path))?;
        let writer = BufWriter::new(file);
        Ok(Self { path, writer })
    }

    /// Creates the file of an option that may not be there.
    pub fn create_if_asked(path: Option<&'a Path>) -> anyhow::Result<Option<Self>> {
        path.map(Self::create).transpose()
    }

    /// Writes what it is to hold.
    pub fn write(
        mut self,
        content: impl FnOnce(&mut BufWriter<File>) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        content(&mut self.writer)
            .and_then(|()| Ok(self.writer.flush().map_err(PublishError::from)?))
            .with_context(|| complaint(self.path))
    }
}

fn complaint(path: &Path) -> String {
    format!("{}: cannot be written", path.display())
}

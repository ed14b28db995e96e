//! Output of commands: stdout, files beside it, and their shapes of text.

use anyhow::Context;
use std::fs::File;
use std::io::{BufWriter, IsTerminal, Write, stdout};
use std::path::Path;

/// Start of the sentence when stdout cannot be written.
pub const UNWRITABLE: &str = "the output cannot be written";

/// Writes to stdout.
pub fn print(bytes: &[u8]) -> anyhow::Result<()> {
    let mut out = stdout().lock();
    out.write_all(bytes)
        .and_then(|()| out.flush())
        .context(UNWRITABLE)
}

/// Returns true when results are for a person: stdout is a terminal and JSON was
/// not asked for.
pub fn is_human(json: bool) -> bool {
    !json && stdout().is_terminal()
}

/// A horizontal bar of up to `width` cells for a share of 1.
pub fn bar(share: f32, width: usize) -> String {
    let eighths = (share.clamp(0.0, 1.0) * (width * 8) as f32).round() as usize;
    let part = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8];
    format!("{}{part}", "█".repeat(eighths / 8))
}

/// Bold where the terminal and the user's `NO_COLOR` allow it.
pub fn bold(text: &str) -> String {
    let plain =
        !stdout().is_terminal() || std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
    if plain {
        text.to_owned()
    } else {
        format!("\x1b[1m{text}\x1b[0m")
    }
}

/// A file that a command writes beside what it prints.
pub struct OutputFile<'a> {
    path: &'a Path,
    writer: BufWriter<File>,
}

impl<'a> OutputFile<'a> {
    /// Creates the file, empty.
    pub fn create(path: &'a Path) -> anyhow::Result<Self> {
        let file = File::create(path).with_context(|| unwritable(path))?;
        let writer = BufWriter::new(file);
        Ok(Self { path, writer })
    }

    /// Creates the file of an option, if it is given.
    pub fn create_if_asked(path: Option<&'a Path>) -> anyhow::Result<Option<Self>> {
        path.map(Self::create).transpose()
    }

    /// Writes the file's content.
    pub fn write(
        mut self,
        content: impl FnOnce(&mut BufWriter<File>) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        content(&mut self.writer)
            .and_then(|()| Ok(self.writer.flush()?))
            .with_context(|| unwritable(self.path))
    }
}

fn unwritable(path: &Path) -> String {
    format!("{}: cannot be written", path.display())
}

//! Output of commands: stdout, files beside it, and their shapes of text.

use super::exit::CliError;
use anyhow::Context;
use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, IsTerminal, Write, stdout};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use undertone::system::Draft;
pub use undertone::system::cleaned;

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

/// A file's name for people: what would move a terminal's cursor, colour it or break
/// a line is escaped, and so is what is no UTF-8.
pub fn shown(path: &Path) -> String {
    cleaned(&named(path))
}

/// A file's name for programs: bytes that are no UTF-8 are `\xff`, so that names that
/// differ stay apart.
pub fn named(path: &Path) -> String {
    let mut name = String::new();
    for chunk in path.as_os_str().as_encoded_bytes().utf8_chunks() {
        name.push_str(chunk.valid());
        name.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
    name
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

/// A file that a command writes beside what it prints. It takes the place of one that is
/// there when it is whole.
pub struct OutputFile<'a> {
    path: &'a Path,
    writer: BufWriter<File>,
    /// `None` for what cannot be replaced: a device, a pipe, a file in a folder in which
    /// nothing may be made.
    draft: Option<Draft>,
}

impl<'a> OutputFile<'a> {
    /// Creates the file, which must be none of those that are read.
    pub fn create(path: &'a Path, inputs: &[PathBuf]) -> anyhow::Result<Self> {
        refuse_input(path, inputs)?;
        let (draft, file) = draft(path).with_context(|| unwritable(path))?;
        let writer = BufWriter::new(file);
        Ok(Self {
            path,
            writer,
            draft,
        })
    }

    /// Creates the file of an option, if it is given.
    pub fn create_if_asked(
        path: Option<&'a Path>,
        inputs: &[PathBuf],
    ) -> anyhow::Result<Option<Self>> {
        path.map(|path| Self::create(path, inputs)).transpose()
    }

    /// Writes the file's content.
    pub fn write(
        mut self,
        content: impl FnOnce(&mut BufWriter<File>) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        content(&mut self.writer)
            .and_then(|()| {
                self.writer.flush()?;
                Ok(self.draft.map_or(Ok(()), Draft::keep)?)
            })
            .with_context(|| unwritable(self.path))
    }
}

/// Refuses to write what is read.
pub fn refuse_input(output: &Path, inputs: &[PathBuf]) -> Result<(), CliError> {
    let file = |path: &Path| {
        let metadata = path.metadata().ok().filter(Metadata::is_file)?;
        Some((metadata.dev(), metadata.ino()))
    };
    let Some(replaced) = file(output) else {
        return Ok(());
    };
    match inputs.iter().find(|input| file(input) == Some(replaced)) {
        Some(input) => Err(CliError::usage(format!(
            "{}: would be written in the place of {}, which is read; name another file",
            output.display(),
            input.display()
        ))),
        None => Ok(()),
    }
}

/// Opens a file to be written, as a draft if it can be replaced.
fn draft(path: &Path) -> io::Result<(Option<Draft>, File)> {
    // A link stays, and what it leads to is replaced.
    let place = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let there = place.metadata().ok();
    if there.as_ref().is_some_and(|there| !there.is_file()) {
        return Ok((None, File::create(path)?));
    }
    match Draft::create(&place, 0o666) {
        Ok((draft, file)) => {
            if let Some(there) = there {
                // What may not be written may not be replaced either.
                OpenOptions::new().write(true).open(&place)?;
                file.set_permissions(there.permissions())?;
            }
            Ok((Some(draft), file))
        }
        Err(error) if error.kind() == ErrorKind::PermissionDenied && there.is_some() => {
            Ok((None, File::create(path)?))
        }
        Err(error) => Err(error),
    }
}

fn unwritable(path: &Path) -> String {
    format!("{}: cannot be written", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    #[test]
    fn names_are_clean_for_people_and_apart_for_programs() {
        let rows: [(&[u8], &str, &str); 4] = [
            (b"voice.wav", "voice.wav", "voice.wav"),
            (
                b"esc\x1b[31m.wav",
                "esc\u{1b}[31m.wav",
                "esc\\u{1b}[31m.wav",
            ),
            (b"new\nline.wav", "new\nline.wav", "new\\u{a}line.wav"),
            (b"bad\xff\xfe.wav", "bad\\xff\\xfe.wav", "bad\\xff\\xfe.wav"),
        ];
        for (bytes, name, people) in rows {
            let path = Path::new(OsStr::from_bytes(bytes));
            assert_eq!((named(path).as_str(), shown(path).as_str()), (name, people));
        }
    }
}

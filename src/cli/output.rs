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

/// A file's name for people: what would move a terminal's cursor, colour it or break
/// a line is escaped, and so is what is no UTF-8.
pub fn shown(path: &Path) -> String {
    cleaned(&named(path))
}

/// Text without what a terminal would obey.
pub fn cleaned(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_control() || is_direction(letter) {
            clean.extend(letter.escape_unicode());
        } else {
            clean.push(letter);
        }
    }
    clean
}

/// Whether a character turns the direction of what follows.
fn is_direction(letter: char) -> bool {
    matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
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

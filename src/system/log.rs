//! The log on stderr: a line for each change of state, never audio and never scores.
//!
//! Nobody waits for it to be read: a journal that is stuck must not stop the
//! engine. A line that would not go through is lost, and the next says so.

use super::lock;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::fmt::{Display, Write as _};
use std::io::{Write, stderr};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, OnceLock};

/// Bytes that a pipe takes without waiting where it takes any: POSIX's least
/// `PIPE_BUF` is less, Linux's is this, and a socket takes more.
const LONGEST: usize = 4096;

/// The importance of a line, by the numbers of `syslog(3)`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum Level {
    /// A part does not work.
    Error = 3,
    /// A part works by halves.
    #[default]
    Warning = 4,
    /// The state has changed.
    Info = 6,
    /// A detail that helps to find a fault.
    Debug = 7,
}

static LEVEL: AtomicU8 = AtomicU8::new(Level::Warning as u8);

/// Lines that were lost since the last one.
static LOST: Mutex<u64> = Mutex::new(0);

/// Logs lines of this level and more important ones from now on.
pub fn set_level(level: Level) {
    LEVEL.store(level as u8, Ordering::Relaxed);
}

/// Prints a line. In the journal it has its level, by the prefix of
/// `sd-daemon(3)`.
pub fn log(level: Level, text: impl Display) {
    if level as u8 > LEVEL.load(Ordering::Relaxed) {
        return;
    }
    let mut lost = lock(&LOST);
    let line = prefix(level) + &cleaned(&text.to_string().replace('\n', " "));
    say(&mut stderr(), line, &mut lost);
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

/// Writes a line if that need not wait, and how many were lost before.
fn say(out: &mut (impl Write + AsFd), mut line: String, lost: &mut u64) {
    if *lost > 0 {
        // Writing to a String cannot fail.
        let _ = write!(line, " (before this, {lost} lines were lost)");
    }
    line.truncate(line.floor_char_boundary(LONGEST - 1));
    line.push('\n');
    // One write, so that nothing comes between.
    if takes_a_line(out) && out.write_all(line.as_bytes()).is_ok() {
        *lost = 0;
    } else {
        *lost += 1;
    }
}

fn takes_a_line(out: &impl AsFd) -> bool {
    let mut fds = [PollFd::new(out.as_fd(), PollFlags::POLLOUT)];
    let ready = poll(&mut fds, PollTimeout::ZERO).is_ok();
    ready && fds[0].revents() == Some(PollFlags::POLLOUT)
}

/// Returns the beginning of a line of this level.
pub fn prefix(level: Level) -> String {
    static JOURNAL: OnceLock<bool> = OnceLock::new();
    if *JOURNAL.get_or_init(|| std::env::var_os("JOURNAL_STREAM").is_some()) {
        format!("<{}>", level as u8)
    } else {
        "undertone: ".into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, pipe};
    use std::os::unix::net::UnixStream;

    fn stuffed(mut out: impl Write + AsFd, mut read: impl Read) {
        let long = "ä".repeat(LONGEST);
        let (mut lost, mut said) = (0, 0);
        while lost == 0 {
            say(&mut out, long.clone(), &mut lost);
            said += 1;
        }
        say(&mut out, "lost, too".into(), &mut lost);
        assert_eq!(lost, 2);
        // Somebody reads again.
        let mut half = vec![0; (said - 1) * (LONGEST - 1)];
        read.read_exact(&mut half).unwrap();
        assert!(half.is_ascii() || std::str::from_utf8(&half).is_ok());
        say(&mut out, "it goes on".into(), &mut lost);
        assert_eq!(lost, 0);
        drop(out);
        let mut rest = String::new();
        read.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "it goes on (before this, 2 lines were lost)\n");
    }

    #[test]
    fn a_terminal_is_told_nothing_by_names() {
        let hostile = "esc\u{1b}[2Jand\r\u{202e}turned";
        let clean = "esc\\u{1b}[2Jand\\u{d}\\u{202e}turned";
        assert_eq!(cleaned(hostile), clean);
        assert_eq!(cleaned("größer"), "größer");
    }

    #[test]
    fn nobody_waits_for_a_journal_that_is_stuck() {
        let (read, out) = pipe().unwrap();
        stuffed(out, read);
        let (read, out) = UnixStream::pair().unwrap();
        stuffed(out, read);
    }

    #[test]
    fn what_cannot_be_written_is_lost() {
        let (read, mut out) = pipe().unwrap();
        drop(read);
        let mut lost = 0;
        say(&mut out, "to nobody".into(), &mut lost);
        assert_eq!(lost, 1);
    }
}

//! What the service says on stderr: a line for each change of state, never
//! audio and never scores.

use std::fmt::Display;
use std::io::{Write, stderr};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, Ordering};

/// How much a line matters, by the numbers of `syslog(3)`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum Level {
    /// Something does not work.
    Error = 3,
    /// Something works by halves.
    #[default]
    Warning = 4,
    /// The state has changed.
    Info = 6,
    /// What helps to find a fault.
    Debug = 7,
}

static LEVEL: AtomicU8 = AtomicU8::new(Level::Warning as u8);

/// Says nothing that matters less from now on.
pub fn set_level(level: Level) {
    LEVEL.store(level as u8, Ordering::Relaxed);
}

/// Prints a line. In the journal it has its level, by the prefix of
/// `sd-daemon(3)`.
pub fn log(level: Level, text: impl Display) {
    if level as u8 > LEVEL.load(Ordering::Relaxed) {
        return;
    }
    let mut line = text.to_string().replace('\n', " ");
    line.push('\n');
    // One write, so that no other thread's line comes between; and when stderr
    // cannot be written, there is nobody to tell.
    let _ = stderr().write_all((prefix(level) + &line).as_bytes());
}

/// What a line of this level begins with.
pub fn prefix(level: Level) -> String {
    static JOURNAL: OnceLock<bool> = OnceLock::new();
    if *JOURNAL.get_or_init(|| std::env::var_os("JOURNAL_STREAM").is_some()) {
        format!("<{}>", level as u8)
    } else {
        "undertone: ".into()
    }
}

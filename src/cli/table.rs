//! Text for people: where it goes, and bars.

use std::io::{IsTerminal, Write, stdout};
use undertone::publish::PublishError;

/// Writes to stdout; a closed reader is an error of its own kind.
pub fn print(bytes: &[u8]) -> Result<(), PublishError> {
    let mut out = stdout().lock();
    out.write_all(bytes)?;
    Ok(out.flush()?)
}

/// Whether results are for a person: stdout is a terminal and JSON was not
/// asked for.
pub fn for_people(json: bool) -> bool {
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

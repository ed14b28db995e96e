//! Progress of long work, on a terminal's stderr only.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{IsTerminal, stderr};
use std::time::Duration;

/// Time before a bar over one recording is shown, so that short ones need none.
const DELAY: Duration = Duration::from_millis(500);

/// Thousandths of a recording.
const WHOLE: u64 = 1000;

/// A bar over `length` files; invisible when stderr is no terminal or the
/// work is a single file.
pub fn files(length: usize) -> ProgressBar {
    bar(
        length > 1,
        length as u64,
        "{bar:30} {pos}/{len} files, {eta} left {msg}",
    )
}

/// The progress through one recording; invisible when stderr is no terminal, it is one
/// of several, or soon over.
pub struct Position {
    bar: ProgressBar,
}

impl Position {
    pub fn new(is_only_one: bool) -> Self {
        let bar = bar(is_only_one, WHOLE, "{bar:30} {percent} %, {eta} left");
        Self { bar }
    }

    /// Shows how many thousandths are done, where that is known.
    pub fn set(&self, thousandths: Option<u16>) {
        let done = thousandths.map(u64::from);
        if let Some(done) = done.filter(|_| self.bar.elapsed() > DELAY) {
            self.bar.set_position(done);
        }
    }
}

impl Drop for Position {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

fn bar(is_wanted: bool, length: u64, template: &str) -> ProgressBar {
    let target = if is_wanted && stderr().is_terminal() {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let style =
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::with_draw_target(Some(length), target).with_style(style)
}

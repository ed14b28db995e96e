//! `undertone watch`: what the service hears, live, from its socket.

mod view;

use crate::cli::exit::CliError;
use crate::cli::output;
use clap::Args;
use std::io::{BufReader, ErrorKind, stdout};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use terminal_size::terminal_size_of;
use undertone::error::Class;
use undertone::protocol::{Messages, RECONNECT_DELAY, SOCKET};
use view::View;

/// Show live what the service hears
///
/// On a terminal: a bar for each emotion, the last minutes (a letter a decision),
/// the level and the microphone's state. A line of text for each event otherwise.
/// Connects again by itself when the service is started anew.
#[derive(Args)]
pub struct Watch {
    /// The service's socket
    #[arg(long, value_name = "PATH", default_value = SOCKET)]
    socket: PathBuf,
}

impl Watch {
    pub fn run(self) -> anyhow::Result<()> {
        let mut view = View::default();
        loop {
            match UnixStream::connect(&self.socket) {
                Ok(stream) => follow(stream, &mut view)?,
                Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                    return Err(CliError::new(Class::Io, refused(&self.socket)).into());
                }
                Err(_) => (),
            }
            if view.disconnect() {
                show(&view, &format!("waiting for {}", self.socket.display()))?;
            }
            sleep(RECONNECT_DELAY);
        }
    }
}

fn refused(path: &Path) -> String {
    format!(
        "{}: you may not read there; join the group that the socket belongs to",
        path.display()
    )
}

/// Shows what comes until the connection ends.
fn follow(stream: UnixStream, view: &mut View) -> anyhow::Result<()> {
    for message in Messages::new(BufReader::new(stream)) {
        if let Some(text) = view.take(&message) {
            show(view, &text)?;
        }
    }
    Ok(())
}

/// Shows the whole view on a terminal, and the event alone otherwise.
fn show(view: &View, event: &str) -> anyhow::Result<()> {
    if !output::is_human(false) {
        return output::print(format!("{event}\n").as_bytes());
    }
    let size = terminal_size_of(stdout());
    let (width, rows) = size.map_or((80, 24), |(width, height)| (width.0, height.0));
    let screen: String = view
        .screen(width.into(), rows.into())
        .lines()
        .flat_map(|line| [line, "\x1b[K\n"])
        .collect();
    output::print(format!("\x1b[H{screen}\x1b[J").as_bytes())
}

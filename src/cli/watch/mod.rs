//! `undertone watch`: what the service hears, live, from its socket.

mod exec;
mod view;

use crate::cli::control::{ServiceSocket, unreachable};
use crate::cli::output;
use clap::Args;
use exec::OnChange;
use std::io::{BufReader, ErrorKind, stdout};
use std::os::unix::net::UnixStream;
use std::thread::sleep;
use terminal_size::terminal_size_of;
use undertone::protocol::{Messages, RECONNECT_DELAY};
use view::View;

/// Show live what the service hears
///
/// On a terminal: a bar for each emotion, the last minutes (a letter a decision),
/// the level and the microphone's state. A line of text for each event otherwise.
/// Connects again by itself when the service is started anew.
#[derive(Args)]
pub struct Watch {
    #[command(flatten)]
    service: ServiceSocket,
    #[arg(
        long,
        value_name = "COMMAND",
        help = "Show nothing, and run a shell's command at each change of state: the event is \
                on its stdin, and in $UNDERTONE_FROM, $UNDERTONE_TO, $UNDERTONE_SINCE and \
                $UNDERTONE_TIME. One runs at a time"
    )]
    exec: Option<String>,
}

impl Watch {
    pub fn run(self) -> anyhow::Result<()> {
        let mut view = View::default();
        let mut on_change = self.exec.clone().map(OnChange::new);
        loop {
            let path = self.service.path();
            match (UnixStream::connect(&path), &mut on_change) {
                (Ok(stream), Some(on_change)) => {
                    Messages::new(BufReader::new(stream))
                        .for_each(|message| on_change.take(&message));
                }
                (Ok(stream), None) => follow(stream, &mut view)?,
                (Err(error), _) if error.kind() == ErrorKind::PermissionDenied => {
                    return Err(unreachable(&path, error.kind()).into());
                }
                (Err(_), _) => (),
            }
            if on_change.is_none() && view.disconnect() {
                let why = unreachable(&path, ErrorKind::NotFound);
                show(&view, &format!("waiting: {why}"))?;
            }
            sleep(RECONNECT_DELAY);
        }
    }
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

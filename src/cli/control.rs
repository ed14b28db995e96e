//! `undertone status`, `pause` and `resume`: what can be asked of the service.

use super::exit::{CliError, Reported};
use super::output;
use clap::Args;
use std::fmt::Write as _;
use std::io::{BufReader, ErrorKind, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};
use undertone::error::Class;
use undertone::protocol::{DeviceState, Message, Messages, Request, Status, default_socket};

/// Time for an answer; the service gives it at once.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// Time between two looks at what has become of a request.
const POLL_INTERVAL: Duration = Duration::from_millis(40);

/// Arguments that choose a service.
#[derive(Args)]
pub struct ServiceSocket {
    #[arg(
        long = "socket",
        value_name = "PATH",
        help = "The service's socket; /run/undertone/undertone.sock where there is one, and \
                $XDG_RUNTIME_DIR/undertone.sock otherwise"
    )]
    path: Option<PathBuf>,
}

impl ServiceSocket {
    /// Returns the socket's path.
    pub fn path(&self) -> PathBuf {
        self.path.clone().unwrap_or_else(default_socket)
    }

    /// Asks the service, and returns its answer.
    fn ask(&self, request: Request) -> anyhow::Result<Message> {
        let path = self.path();
        let answer = exchange(&path, request);
        match answer.map_err(|error| unreachable(&path, error.kind()))? {
            Some(Message::Error { error }) => Err(CliError::new(Class::Denied, error).into()),
            Some(answer) => Ok(answer),
            None => Err(unreachable(&path, ErrorKind::UnexpectedEof).into()),
        }
    }

    fn status(&self) -> anyhow::Result<Status> {
        if let Message::Status(status) = self.ask(Request::Status)? {
            return Ok(status);
        }
        let why = "the service answers something else; is it of another version?";
        Err(CliError::new(Class::Unavailable, why).into())
    }

    /// Waits until the microphone is in such a state: what was accepted is done a moment
    /// later. A driver that hangs may take longer than anybody waits.
    fn wait_for(&self, reached: impl Fn(DeviceState) -> bool) -> anyhow::Result<()> {
        let begun = Instant::now();
        while !reached(self.status()?.state) {
            if begun.elapsed() > ANSWER_TIMEOUT {
                let why = "it is accepted, but the microphone has not followed yet";
                return Err(CliError::new(Class::Unavailable, why).into());
            }
            sleep(POLL_INTERVAL);
        }
        Ok(())
    }
}

/// Returns what stands on stderr where there is no service to ask.
pub fn unreachable(path: &Path, kind: ErrorKind) -> CliError {
    let path = output::shown(path);
    if kind == ErrorKind::PermissionDenied {
        let sentence =
            format!("{path}: you may not read there; join the group that the socket belongs to");
        return CliError::new(Class::Io, sentence);
    }
    let sentence = format!(
        "{path}: no service answers there; start it with `systemctl start undertone`, or run \
         `undertone listen --socket {path}` in another terminal"
    );
    CliError::new(Class::Unavailable, sentence)
}

fn exchange(path: &Path, request: Request) -> std::io::Result<Option<Message>> {
    let mut stream = UnixStream::connect(path)?;
    stream.set_read_timeout(Some(ANSWER_TIMEOUT))?;
    stream.set_write_timeout(Some(ANSWER_TIMEOUT))?;
    stream.write_all(request.to_line().as_bytes())?;
    Ok(Messages::new(BufReader::new(stream)).find(Message::is_answer))
}

/// Say what the service hears, and how it goes
///
/// Ends with 0 while the microphone delivers, 75 while it is paused, and 69 when it
/// is lost or no service answers.
#[derive(Args)]
pub struct ShowStatus {
    #[command(flatten)]
    service: ServiceSocket,
    /// Print JSON on a terminal, too
    #[arg(long)]
    json: bool,
}

impl ShowStatus {
    pub fn run(self) -> anyhow::Result<()> {
        let status = self.service.status()?;
        let text = if output::is_human(self.json) {
            table(&status)
        } else {
            Message::Status(status.clone()).to_line()
        };
        output::print(text.as_bytes())?;
        match status.state {
            DeviceState::Open | DeviceState::Overrun => Ok(()),
            DeviceState::Paused => Err(Reported(Class::Paused).into()),
            _ => Err(Reported(Class::Unavailable).into()),
        }
    }
}

/// Returns a status for people.
fn table(status: &Status) -> String {
    let state = match status.state {
        DeviceState::Untried => "not tried yet",
        other => other.name(),
    };
    let since = duration((status.position - status.since).max(0.0));
    let mut rows = vec![
        ("microphone", format!("{state}, {}", status.device)),
        ("heard", format!("{} for {since}", status.heard)),
    ];
    let mut labels: Vec<_> = status.labels.iter().collect();
    labels.sort_by(|a, b| b.1.seconds.total_cmp(&a.1.seconds));
    let heard = labels.iter().filter(|(_, heard)| heard.seconds > 0.0);
    let heard: Vec<_> = heard
        .map(|(label, heard)| format!("{label} {}", duration(heard.seconds)))
        .collect();
    rows.push(("so far", heard.join(", ")));
    if let Some(seconds) = status.baseline {
        rows.push((
            "voice",
            format!("known from {} of speech", duration(seconds)),
        ));
    }
    rows.extend([
        ("running for", duration(status.uptime)),
        (
            "decisions",
            format!(
                "{}, half of them in {:.0} ms, at most {:.0} ms",
                status.decisions, status.latency_ms.p50, status.latency_ms.max
            ),
        ),
        (
            "lost",
            format!(
                "{} samples, {} lines; the microphone came back {} times",
                status.overruns, status.dropped, status.reconnects
            ),
        ),
        ("readers", status.readers.to_string()),
        (
            "memory",
            format!("{:.1} MiB", status.memory as f64 / f64::from(1 << 20)),
        ),
    ]);
    let mut text = String::new();
    for (name, value) in rows {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{name:<12} {}", output::cleaned(&value));
    }
    text
}

/// Returns seconds in words: `42 s`, `3 min 5 s`, `7 h 12 min`, `3 d 4 h`.
pub fn duration(seconds: f64) -> String {
    let seconds = seconds.round() as u64;
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min {} s", seconds % 60),
        (0, _, _) => format!("{hours} h {} min", minutes % 60),
        _ => format!("{days} d {} h", hours % 24),
    }
}

/// Close the microphone of the service
///
/// It stays closed, also over a restart, until `undertone resume`.
#[derive(Args)]
pub struct Pause {
    #[command(flatten)]
    service: ServiceSocket,
}

impl Pause {
    pub fn run(self) -> anyhow::Result<()> {
        self.service.ask(Request::Pause)?;
        self.service
            .wait_for(|state| state == DeviceState::Paused)?;
        said("paused; `undertone resume` opens the microphone again\n")
    }
}

/// Open the microphone of the service again
///
/// Ends with 77 for whom the service's configuration does not allow it.
#[derive(Args)]
pub struct Resume {
    #[command(flatten)]
    service: ServiceSocket,
}

impl Resume {
    pub fn run(self) -> anyhow::Result<()> {
        self.service.ask(Request::Resume)?;
        self.service
            .wait_for(|state| state != DeviceState::Paused)?;
        said("resumed\n")
    }
}

/// Says on a terminal what was done; a script sees it by the exit code.
fn said(sentence: &str) -> anyhow::Result<()> {
    if output::is_human(false) {
        output::print(sentence.as_bytes())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn durations_have_two_units_at_most() {
        for (seconds, words) in [
            (0.4, "0 s"),
            (59.6, "1 min 0 s"),
            (185.0, "3 min 5 s"),
            (25_920.0, "7 h 12 min"),
            (273_700.0, "3 d 4 h"),
        ] {
            assert_eq!(duration(seconds), words);
        }
    }
}

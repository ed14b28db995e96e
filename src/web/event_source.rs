//! The service's event stream: read from its socket for ever, kept for ten minutes.

use crate::protocol::{Line, LineType, MAX_LINE, RECONNECT_DELAY, Retained};
use crate::system::lock;
use serde::Serialize;
use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::net::UnixStream;
use tokio::sync::broadcast;

/// Time that lines are kept for pages that are opened later.
const HISTORY: Duration = Duration::from_mins(10);

/// Lines that are kept at most: ten minutes with six decisions a second.
const MAX_HISTORY: usize = 4096;

/// Bytes of lines that are kept at most.
const MAX_HISTORY_BYTES: usize = 4 << 20;

/// Lines in a row that are none of a service, after which it is taken for none.
const MAX_FOREIGN: u32 = 16;

/// Lines and bytes that are read in a second at most. A service says a fiftieth of that.
const LINES_A_SECOND: u32 = 1024;
const BYTES_A_SECOND: usize = 1 << 20;

/// Lines that may wait for a page that is slow.
const QUEUE: usize = 256;

/// The lines of the service so far, and those to come.
pub(super) struct EventSource {
    pub socket: PathBuf,
    state: Mutex<State>,
    subscribers: broadcast::Sender<Arc<str>>,
}

struct State {
    service: ServiceLine,
    retained: Retained,
    history: VecDeque<(Instant, Arc<str>)>,
    /// Bytes of the lines in it.
    history_bytes: usize,
}

/// The line that stands among the service's own and says whether it is there.
#[derive(Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename = "service")]
struct ServiceLine {
    state: ServiceState,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// The presence of the service.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum ServiceState {
    /// The page is connected to its socket.
    Present,
    /// It is not.
    Absent,
}

impl ServiceLine {
    fn absent(reason: impl Into<String>) -> Self {
        Self {
            state: ServiceState::Absent,
            reason: Some(reason.into()),
        }
    }

    fn present() -> Self {
        Self {
            state: ServiceState::Present,
            reason: None,
        }
    }

    fn to_line(&self) -> Arc<str> {
        // Strings are JSON, always.
        (serde_json::to_string(self).unwrap_or_default() + "\n").into()
    }
}

impl EventSource {
    /// A source that has not looked for the service yet.
    pub fn new(socket: PathBuf) -> Self {
        let state = State {
            service: ServiceLine::absent("it is looked for"),
            retained: Retained::default(),
            history: VecDeque::new(),
            history_bytes: 0,
        };
        Self {
            socket,
            state: Mutex::new(state),
            subscribers: broadcast::Sender::new(QUEUE),
        }
    }

    /// Returns the presence of the service.
    pub fn service(&self) -> ServiceState {
        self.lock().service.state
    }

    /// Returns what has been said, in order, and all that comes behind it.
    pub fn subscribe(&self) -> (VecDeque<Arc<str>>, broadcast::Receiver<Arc<str>>) {
        let state = self.lock();
        let mut past: VecDeque<Arc<str>> = state.retained.lines().cloned().collect();
        let begin = Instant::now().checked_sub(HISTORY);
        let kept = state.history.iter();
        let kept = kept.filter(|(when, _)| begin.is_none_or(|begin| *when >= begin));
        past.extend(kept.map(|(_, line)| Arc::clone(line)));
        past.push_back(state.service.to_line());
        (past, self.subscribers.subscribe())
    }

    /// Connects, reads and connects again.
    pub async fn run(&self) {
        loop {
            let reason = match UnixStream::connect(&self.socket).await {
                Ok(stream) => self.read(stream).await.into(),
                Err(error) => unreachable_reason(&self.socket, &error),
            };
            self.set_service(ServiceLine::absent(reason));
            tokio::time::sleep(RECONNECT_DELAY).await;
        }
    }

    /// Reads to the end, and returns why that came. Whoever answers there is the service
    /// from its first line on.
    async fn read(&self, stream: UnixStream) -> &'static str {
        let mut reader = BufReader::new(stream);
        let (mut pace, mut foreign) = (Pace::new(), 0);
        loop {
            let mut line = Vec::new();
            let mut bounded = (&mut reader).take(MAX_LINE as u64);
            let length = bounded.read_until(b'\n', &mut line).await;
            if length.is_err() || line.is_empty() {
                return "it has closed the connection";
            }
            if !line.ends_with(b"\n") {
                return "it has sent a line without an end";
            }
            pace.take(line.len()).await;
            if let Some(line) = parse(&line) {
                foreign = 0;
                self.set_service(ServiceLine::present());
                self.publish(line);
            } else if foreign < MAX_FOREIGN {
                foreign += 1;
            } else {
                return "what listens at its socket is another program";
            }
        }
    }

    fn publish(&self, line: Line) {
        let mut state = self.lock();
        state.retained.note(&line);
        match line.line_type {
            LineType::Emotion | LineType::Silence | LineType::Change | LineType::Device => {
                state.keep(&line.text);
            }
            LineType::Hello | LineType::Other => (),
        }
        // There may be no subscriber.
        let _ = self.subscribers.send(line.text);
    }

    /// Notes that the service is there, or why it is not; news go to everybody.
    fn set_service(&self, service: ServiceLine) {
        let mut state = self.lock();
        if state.service == service {
            return;
        }
        let line = service.to_line();
        state.service = service;
        // There may be no subscriber.
        let _ = self.subscribers.send(line);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

/// Returns a line of the service; `None` for what no service says.
fn parse(line: &[u8]) -> Option<Line> {
    let line = str::from_utf8(line.trim_ascii()).ok()?;
    // A carriage return would end a line of an event stream.
    Line::parse(line).filter(|_| !line.contains('\r'))
}

impl State {
    fn keep(&mut self, line: &Arc<str>) {
        let now = Instant::now();
        self.history.push_back((now, Arc::clone(line)));
        self.history_bytes += line.len();
        let begin = now.checked_sub(HISTORY);
        while let Some((when, oldest)) = self.history.front()
            && (self.history.len() > MAX_HISTORY
                || self.history_bytes > MAX_HISTORY_BYTES
                || begin.is_some_and(|begin| *when < begin))
        {
            self.history_bytes -= oldest.len();
            self.history.pop_front();
        }
    }
}

/// The pace at which a service may speak.
struct Pace {
    begun: tokio::time::Instant,
    lines: u32,
    bytes: usize,
}

impl Pace {
    fn new() -> Self {
        Self {
            begun: tokio::time::Instant::now(),
            lines: 0,
            bytes: 0,
        }
    }

    /// Counts a line, and waits for the next second where too much was said in this one.
    async fn take(&mut self, bytes: usize) {
        let end = self.begun + Duration::from_secs(1);
        if tokio::time::Instant::now() >= end {
            *self = Self::new();
        }
        self.lines += 1;
        self.bytes += bytes;
        if self.lines >= LINES_A_SECOND || self.bytes >= BYTES_A_SECOND {
            tokio::time::sleep_until(end).await;
            *self = Self::new();
        }
    }
}

fn unreachable_reason(socket: &Path, error: &io::Error) -> String {
    let socket = socket.display();
    match error.kind() {
        ErrorKind::PermissionDenied => format!(
            "{socket}: this program may not read there; let it join the group that the socket \
             belongs to"
        ),
        ErrorKind::NotFound | ErrorKind::ConnectionRefused => {
            format!("nobody listens at {socket}; start the service")
        }
        _ => format!("{socket}: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    /// What the state is after a service has said these bytes, and gone.
    fn after(said: &[u8]) -> (EventSource, &'static str) {
        let source = EventSource::new(PathBuf::new());
        let (ours, mut theirs) = std::os::unix::net::UnixStream::pair().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.enable_all().build().unwrap();
        let said = said.to_vec();
        let writer = std::thread::spawn(move || theirs.write_all(&said));
        let reason = runtime.block_on(async {
            ours.set_nonblocking(true).unwrap();
            source.read(UnixStream::from_std(ours).unwrap()).await
        });
        // It may have been left in the middle.
        let _ = writer.join().unwrap();
        (source, reason)
    }

    #[test]
    fn a_service_is_there_when_it_has_said_something() {
        let hello = br#"{"type":"hello"}"#;
        let rows: [(Vec<u8>, &str, bool); 5] = [
            (Vec::new(), "closed", false),
            ([hello, &b"\n"[..]].concat(), "closed", true),
            (hello.to_vec(), "without an end", false),
            (b"\n".repeat(100_000), "another program", false),
            (b"garbage\r\n".repeat(1000), "another program", false),
        ];
        for (said, words, is_there) in rows {
            let (source, reason) = after(&said);
            assert!(reason.contains(words), "{reason}");
            let is_present = source.service() == ServiceState::Present;
            assert_eq!(is_present, is_there, "{words}");
        }
    }

    #[test]
    fn what_is_kept_is_bounded_whatever_is_said() {
        let source = EventSource::new(PathBuf::new());
        let filler = "x".repeat(60_000);
        let line = format!("{{\"type\":\"silence\",\"of\":\"{filler}\"}}");
        for _ in 0..200 {
            source.publish(Line::parse(&line).unwrap());
        }
        let (past, _) = source.subscribe();
        let bytes: usize = past.iter().map(|line| line.len()).sum();
        let bound = MAX_HISTORY_BYTES / 2..MAX_HISTORY_BYTES + 1000;
        assert!(bound.contains(&bytes), "{bytes}");
    }
}

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
                Ok(stream) => {
                    self.set_service(ServiceLine::present());
                    self.read(stream).await;
                    "it has closed the connection".into()
                }
                Err(error) => unreachable_reason(&self.socket, &error),
            };
            self.set_service(ServiceLine::absent(reason));
            tokio::time::sleep(RECONNECT_DELAY).await;
        }
    }

    async fn read(&self, stream: UnixStream) {
        let mut reader = BufReader::new(stream);
        loop {
            let mut line = Vec::new();
            let mut bounded = (&mut reader).take(MAX_LINE as u64);
            let length = bounded.read_until(b'\n', &mut line).await;
            if length.is_err() || !line.ends_with(b"\n") {
                return;
            }
            if let Ok(line) = str::from_utf8(line.trim_ascii()) {
                self.publish(line);
            }
        }
    }

    fn publish(&self, line: &str) {
        // A carriage return would end a line of an event stream.
        if line.contains('\r') {
            return;
        }
        let Some(line) = Line::parse(line) else {
            return;
        };
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

impl State {
    fn keep(&mut self, line: &Arc<str>) {
        let now = Instant::now();
        let begin = now.checked_sub(HISTORY);
        let is_old = |when: Instant| begin.is_some_and(|begin| when < begin);
        let oldest = |history: &VecDeque<(Instant, _)>| history.front().map(|(when, _)| *when);
        while self.history.len() >= MAX_HISTORY || oldest(&self.history).is_some_and(is_old) {
            self.history.pop_front();
        }
        self.history.push_back((now, Arc::clone(line)));
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

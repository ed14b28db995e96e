//! Reads the service's socket, for ever, and keeps its last ten minutes.

use std::collections::VecDeque;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::net::UnixStream;
use tokio::sync::broadcast;

/// How long lines are kept for pages that are opened later.
const KEPT: Duration = Duration::from_mins(10);

/// And how many at most: ten minutes with six decisions a second.
const MOST: usize = 4096;

/// Longer than any line of the protocol.
const LONGEST: u64 = 1 << 16;

/// How long to wait before connecting again.
const RETRY: Duration = Duration::from_millis(500);

/// Lines that may wait for a page that is slow.
const QUEUE: usize = 256;

/// What the service has said, and a way to hear what it will say.
pub(super) struct Follower {
    pub socket: PathBuf,
    state: Mutex<State>,
    news: broadcast::Sender<Arc<str>>,
}

struct State {
    presence: Presence,
    /// The last of each kind that must be known whenever it was said.
    hello: Option<Arc<str>>,
    device: Option<Arc<str>>,
    change: Option<Arc<str>>,
    lines: VecDeque<(Instant, Arc<str>)>,
}

/// Whether the service is there; a line among its own.
#[derive(Clone, PartialEq, serde::Serialize)]
#[serde(tag = "type", rename = "service")]
struct Presence {
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl Presence {
    fn line(&self) -> Arc<str> {
        // Strings are JSON, always.
        serde_json::to_string(self).unwrap_or_default().into()
    }
}

/// All that is asked of a line.
#[derive(serde::Deserialize)]
struct Kind<'a> {
    #[serde(rename = "type")]
    kind: std::borrow::Cow<'a, str>,
}

impl Follower {
    /// One of a service that has not been looked for yet.
    pub fn new(socket: PathBuf) -> Self {
        let presence = Presence {
            state: "absent",
            reason: Some("it is looked for".into()),
        };
        let state = State {
            presence,
            hello: None,
            device: None,
            change: None,
            lines: VecDeque::new(),
        };
        Self {
            socket,
            state: Mutex::new(state),
            news: broadcast::Sender::new(QUEUE),
        }
    }

    /// Whether the service is there.
    pub fn is_present(&self) -> bool {
        self.lock().presence.state == "present"
    }

    /// What has been said, in order, and all that comes behind it.
    pub fn follow(&self) -> (VecDeque<Arc<str>>, broadcast::Receiver<Arc<str>>) {
        let state = self.lock();
        let last = [&state.hello, &state.device, &state.change];
        let mut said: VecDeque<Arc<str>> = last.into_iter().flatten().cloned().collect();
        let begin = Instant::now().checked_sub(KEPT);
        let kept = state.lines.iter();
        let kept = kept.filter(|(when, _)| begin.is_none_or(|begin| *when >= begin));
        said.extend(kept.map(|(_, line)| Arc::clone(line)));
        said.push_back(state.presence.line());
        (said, self.news.subscribe())
    }

    /// Connects, reads and connects again.
    pub async fn run(&self) {
        loop {
            let reason = match UnixStream::connect(&self.socket).await {
                Ok(stream) => {
                    self.become_present(None);
                    self.read(stream).await;
                    "it has closed the connection".into()
                }
                Err(error) => refusal(&self.socket, &error),
            };
            self.become_present(Some(reason));
            tokio::time::sleep(RETRY).await;
        }
    }

    async fn read(&self, stream: UnixStream) {
        let mut reader = BufReader::new(stream);
        loop {
            let mut line = Vec::new();
            let mut limited = (&mut reader).take(LONGEST);
            let length = limited.read_until(b'\n', &mut line).await;
            if length.is_err() || !line.ends_with(b"\n") {
                return;
            }
            if let Ok(line) = str::from_utf8(line.trim_ascii()) {
                self.hear(line);
            }
        }
    }

    fn hear(&self, line: &str) {
        // A carriage return would end a line of an event stream.
        let Ok(Kind { kind }) = serde_json::from_str(line) else {
            return;
        };
        if line.contains('\r') {
            return;
        }
        let line: Arc<str> = line.into();
        let mut state = self.lock();
        match &*kind {
            "hello" => state.hello = Some(Arc::clone(&line)),
            "device" => {
                state.device = Some(Arc::clone(&line));
                state.keep(&line);
            }
            "change" => {
                state.change = Some(Arc::clone(&line));
                state.keep(&line);
            }
            "emotion" | "silence" => state.keep(&line),
            _ => (),
        }
        // Nobody need listen.
        let _ = self.news.send(line);
    }

    /// Notes that the service is there, or why it is not; news go to everybody.
    fn become_present(&self, reason: Option<String>) {
        let state = reason.as_ref().map_or("present", |_| "absent");
        let presence = Presence { state, reason };
        let mut state = self.lock();
        if state.presence == presence {
            return;
        }
        let line = presence.line();
        state.presence = presence;
        // Nobody need listen.
        let _ = self.news.send(line);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // What has been said stands, whatever happened to who wrote it down.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn keep(&mut self, line: &Arc<str>) {
        let now = Instant::now();
        let begin = now.checked_sub(KEPT);
        let old = |when: Instant| begin.is_some_and(|begin| when < begin);
        while self.lines.len() >= MOST || self.lines.front().is_some_and(|(when, _)| old(*when)) {
            self.lines.pop_front();
        }
        self.lines.push_back((now, Arc::clone(line)));
    }
}

fn refusal(socket: &Path, error: &std::io::Error) -> String {
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

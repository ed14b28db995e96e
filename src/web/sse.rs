//! The service's lines as server-sent events.

use super::event_source::EventSource;
use crate::protocol::Message;
use futures_util::{Stream, stream};
use hyper::body::{Bytes, Frame};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// Silence after which a comment shows whether the page is still there.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// The pages that follow the service, and their number's bound.
pub(super) struct SseClients {
    permits: Arc<Semaphore>,
}

impl SseClients {
    /// Room for so many pages at a time.
    pub fn new(most: usize) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(most)),
        }
    }

    /// Returns the service's last ten minutes and all that follows; `None` when
    /// there is no room. A page that is slow loses lines and is told how many.
    pub fn join(
        &self,
        source: &EventSource,
    ) -> Option<impl Stream<Item = Result<Frame<Bytes>, Infallible>> + Send + use<>> {
        let permit = Arc::clone(&self.permits).try_acquire_owned().ok()?;
        let (past, news) = source.subscribe();
        let client = SseClient {
            past,
            news,
            _permit: permit,
        };
        Some(stream::unfold(client, SseClient::next))
    }
}

struct SseClient {
    past: VecDeque<Arc<str>>,
    news: Receiver<Arc<str>>,
    _permit: OwnedSemaphorePermit,
}

impl SseClient {
    async fn next(mut self) -> Option<(Result<Frame<Bytes>, Infallible>, Self)> {
        let event = match self.past.pop_front() {
            Some(line) => event(&line),
            None => match timeout(KEEP_ALIVE, self.news.recv()).await {
                Ok(Ok(line)) => event(&line),
                Ok(Err(RecvError::Lagged(dropped))) => {
                    event(&Message::Dropped { dropped }.to_line())
                }
                Ok(Err(RecvError::Closed)) => return None,
                Err(_) => ":\n\n".into(),
            },
        };
        Some((Ok(Frame::data(event.into())), self))
    }
}

/// Returns a line, which brings its own end, as an event.
fn event(line: &str) -> String {
    format!("data: {line}\n")
}

//! The service's lines as server-sent events.

use super::follower::Follower;
use futures_util::{Stream, stream};
use hyper::body::{Bytes, Frame};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// After such a silence a comment shows whether the page is still there.
const SILENCE: Duration = Duration::from_secs(15);

/// Who follows at a time.
pub(super) struct Audience {
    places: Arc<Semaphore>,
}

impl Audience {
    /// So many places.
    pub fn new(places: usize) -> Self {
        Self {
            places: Arc::new(Semaphore::new(places)),
        }
    }

    /// What the service has said in the last ten minutes and will say; `None`
    /// when all places are taken. A page that is slow loses lines and is told how
    /// many.
    pub fn join(
        &self,
        follower: &Follower,
    ) -> Option<impl Stream<Item = Result<Frame<Bytes>, Infallible>> + Send + use<>> {
        let place = Arc::clone(&self.places).try_acquire_owned().ok()?;
        let (said, news) = follower.follow();
        let listener = Listener {
            said,
            news,
            _place: place,
        };
        Some(stream::unfold(listener, Listener::next))
    }
}

struct Listener {
    said: VecDeque<Arc<str>>,
    news: Receiver<Arc<str>>,
    _place: OwnedSemaphorePermit,
}

impl Listener {
    async fn next(mut self) -> Option<(Result<Frame<Bytes>, Infallible>, Self)> {
        let event = match self.said.pop_front() {
            Some(line) => event(&line),
            None => match timeout(SILENCE, self.news.recv()).await {
                Ok(Ok(line)) => event(&line),
                Ok(Err(RecvError::Lagged(lost))) => {
                    event(&format!(r#"{{"type":"dropped","dropped":{lost}}}"#))
                }
                Ok(Err(RecvError::Closed)) => return None,
                Err(_) => ":\n\n".into(),
            },
        };
        Some((Ok(Frame::data(event.into())), self))
    }
}

fn event(line: &str) -> String {
    format!("data: {line}\n\n")
}

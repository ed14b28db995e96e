//! Places for connections: a share a peer, and none that is kept by waiting alone.

use crate::system::lock;
use hyper::body::{Body, Frame, SizeHint};
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Instant;
use tokio::sync::Notify;

/// Connections at a time, of all peers and of one.
const MOST: usize = 256;
const SHARE: usize = 192;

/// The places, and who has them.
#[derive(Default)]
pub(super) struct Places {
    taken: Mutex<Vec<Arc<Entry>>>,
}

struct Entry {
    peer: IpAddr,
    /// Since when nothing is answered there; `None` while something is.
    waits_since: Mutex<Option<Instant>>,
    given_up: Notify,
}

/// A connection's place, until it is dropped.
pub(super) struct Place {
    places: Arc<Places>,
    entry: Arc<Entry>,
}

/// A request that is being answered, until it is dropped.
pub(super) struct Answering(Arc<Entry>);

/// The body of an answer, which is given when its last byte has gone.
pub(super) struct Answered<B> {
    body: B,
    #[expect(dead_code, reason = "it is there to be dropped")]
    answering: Answering,
}

impl Answering {
    pub fn with<B>(self, body: B) -> Answered<B> {
        let answering = self;
        Answered { body, answering }
    }
}

impl<B: Body + Unpin> Body for Answered<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Places {
    /// Takes a place. Where there is none, or none of the peer's, one is given up on which
    /// nothing is answered: of those who have most, the one that has waited longest.
    /// `None` where all are answered.
    pub fn take(self: &Arc<Self>, peer: IpAddr) -> Option<Place> {
        let mut taken = lock(&self.taken);
        let theirs = |peer: IpAddr| taken.iter().filter(|entry| entry.peer == peer).count();
        let full = taken.len() >= MOST;
        if full || theirs(peer) >= SHARE {
            let candidates = taken.iter().enumerate().filter_map(|(index, entry)| {
                let since = (*lock(&entry.waits_since))?;
                let fits = entry.peer == peer || full && theirs(peer) < SHARE;
                fits.then(|| (theirs(entry.peer), std::cmp::Reverse(since), index))
            });
            let (.., index) = candidates.max()?;
            taken.swap_remove(index).given_up.notify_one();
        }
        let entry = Arc::new(Entry {
            peer,
            waits_since: Mutex::new(Some(Instant::now())),
            given_up: Notify::new(),
        });
        taken.push(Arc::clone(&entry));
        let places = Arc::clone(self);
        Some(Place { places, entry })
    }
}

impl Place {
    /// Notes that a request has come.
    pub fn answer(&self) -> Answering {
        *lock(&self.entry.waits_since) = None;
        Answering(Arc::clone(&self.entry))
    }

    /// Returns when somebody else is given the place.
    pub async fn given_up(&self) {
        self.entry.given_up.notified().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = lock(&self.places.taken);
        taken.retain(|entry| !Arc::ptr_eq(entry, &self.entry));
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        *lock(&self.0.waits_since) = Some(Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(last: u8) -> IpAddr {
        [192, 168, 0, last].into()
    }

    fn is_given_up(place: &Place) -> bool {
        let taken = lock(&place.places.taken);
        !taken.iter().any(|entry| Arc::ptr_eq(entry, &place.entry))
    }

    #[test]
    fn who_waits_longest_of_those_who_have_most_gives_way() {
        let places = Arc::new(Places::default());
        let owner = places.take(peer(1)).unwrap();
        let many: Vec<Place> = (0..SHARE).map(|_| places.take(peer(2)).unwrap()).collect();
        let asked: Vec<Answering> = many[..9].iter().map(Place::answer).collect();
        let rest = MOST - SHARE - 1;
        let others: Vec<Place> = (0..rest).map(|_| places.take(peer(3)).unwrap()).collect();
        // The share of one, and then all.
        let more = [places.take(peer(2)).unwrap(), places.take(peer(4)).unwrap()];
        assert!(is_given_up(&many[9]) && is_given_up(&many[10]) && !is_given_up(&many[11]));
        assert!(!is_given_up(&owner) && others.iter().all(|place| !is_given_up(place)));
        assert!(more.iter().all(|place| !is_given_up(place)));
        drop(asked);
        drop((many, more));
        assert_eq!(lock(&places.taken).len(), 1 + rest);
    }

    #[test]
    fn what_is_answered_is_not_given_up() {
        let places = Arc::new(Places::default());
        let all: Vec<Place> = (0..SHARE).map(|_| places.take(peer(1)).unwrap()).collect();
        let answering: Vec<Answering> = all.iter().map(Place::answer).collect();
        assert!(places.take(peer(1)).is_none());
        assert!(places.take(peer(2)).is_some());
        drop(answering);
        assert!(places.take(peer(1)).is_some());
    }
}

//! A recording on its way in: never on a disk, and bounded in bytes and time.

use super::problem::Problem;
use crate::system::{Connection, lock};
use futures_util::{Stream, StreamExt};
use http_body_util::BodyExt;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap};
use hyper::{Request, StatusCode};
use std::net::{IpAddr, Ipv4Addr};
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// Characters of a recording's name that are repeated in its result.
const MAX_NAME: usize = 255;

/// Time of a whole upload, in stalls.
const MAX_STALLS: u32 = 12;

/// Bytes that a form may hold beside its file.
const FORM_OVERHEAD: usize = 16 << 10;

/// Kibibytes of that.
const FORM_KIB: usize = FORM_OVERHEAD >> 10;

/// Bytes by which an upload must come on in a quarter of the time that its sender may be
/// silent, where others want its memory.
const PROGRESS: usize = 16 << 10;

/// Time within which an upload that is given up sets its memory free.
const GIVING_UP: Duration = Duration::from_millis(250);

/// Stands for the bytes of a head while what follows one is read.
const IN_FIELD: usize = usize::MAX;

/// Time and bytes that are still read of a body that is refused, so that its
/// sender comes to read why.
const LINGER: Duration = Duration::from_secs(2);
const LINGER_BYTES: usize = 64 << 20;

/// A whole recording in memory.
pub(super) struct Upload {
    /// Its sender's name for it; no file is ever opened by it.
    pub name: String,
    pub bytes: Vec<u8>,
    /// Its share of the memory for all uploads, until it is dropped.
    pub held: Held,
}

/// Bounds on what uploads may cost.
pub(super) struct Budget {
    /// Most bytes of one.
    pub largest: usize,
    /// Time that its sender may be silent.
    pub stall: Duration,
    /// Kibibytes that are free for all of them together.
    free: Arc<Semaphore>,
    /// Those that are on their way, or wait to be decoded.
    uploads: Arc<Mutex<Vec<Arc<Entry>>>>,
}

/// An upload's costs and progress.
struct Entry {
    peer: IpAddr,
    kibibytes: AtomicUsize,
    /// The time at which it last came on by [`PROGRESS`]; `None` once all is there.
    heard: Mutex<Option<Instant>>,
    given_up: Notify,
}

/// Memory that an upload holds, until it is dropped.
pub(super) struct Held {
    permit: OwnedSemaphorePermit,
    entry: Arc<Entry>,
    uploads: Arc<Mutex<Vec<Arc<Entry>>>>,
}

impl Drop for Held {
    fn drop(&mut self) {
        lock(&self.uploads).retain(|entry| !Arc::ptr_eq(entry, &self.entry));
    }
}

impl Budget {
    /// Room for two of the largest at a time.
    pub fn new(largest: usize, stall: Duration) -> Self {
        let free = Arc::new(Semaphore::new(2 * largest.div_ceil(1024)));
        Self {
            largest,
            stall,
            free,
            uploads: Arc::default(),
        }
    }

    /// Takes a request's recording, be it the body or a file in a form.
    ///
    /// # Errors
    /// [`Problem`] when it was not taken, after giving the sender time to come to an
    /// end.
    pub async fn receive(&self, request: Request<Incoming>) -> Result<Upload, Problem> {
        let length = request.headers().get(CONTENT_LENGTH);
        let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
        let boundary = boundary(request.headers());
        // Like the command line, `-` without one.
        let name = parameter(request.uri().query(), "name");
        let name = name.map_or_else(|| "-".into(), |name| shortened(&name));
        let peer = request.extensions().get::<Connection>();
        let peer = peer.map_or(Ipv4Addr::LOCALHOST.into(), |it| it.peer.ip().to_canonical());
        let mut body = request.into_body();
        let mut account = Account {
            budget: self,
            held: self.begin(peer)?,
            taken: 0,
            noted: 0,
            most: self.largest + if boundary.is_some() { FORM_OVERHEAD } else { 0 },
        };
        let entry = Arc::clone(&account.held.entry);
        let taken = async {
            account.promise(length.unwrap_or(0))?;
            let chunks = chunks(&mut body, &mut account);
            match boundary {
                None => Ok((name, collect(chunks).await?)),
                Some(boundary) => from_form(chunks, boundary?).await,
            }
        };
        let outcome = tokio::select! {
            outcome = timeout(self.stall * MAX_STALLS, taken) => outcome.ok(),
            () = entry.given_up.notified() => None,
        };
        match outcome.unwrap_or_else(|| Err(too_slow())) {
            Ok((name, bytes)) => {
                *lock(&entry.heard) = None;
                Ok(Upload {
                    name,
                    bytes,
                    held: account.held,
                })
            }
            Err(problem) => {
                drop(account);
                linger(&mut body).await;
                Err(problem)
            }
        }
    }

    /// Counts an upload twice, which is held here while it is decoded elsewhere.
    ///
    /// # Errors
    /// [`Problem`] when there is no memory for it.
    pub async fn count_twice(&self, upload: &mut Upload) -> Result<(), Problem> {
        let kibibytes = upload.held.permit.num_permits();
        self.more(&mut upload.held, kibibytes).await
    }

    fn begin(&self, peer: IpAddr) -> Result<Held, Problem> {
        let entry = Arc::new(Entry {
            peer,
            kibibytes: AtomicUsize::new(0),
            heard: Mutex::new(Some(Instant::now())),
            given_up: Notify::new(),
        });
        let permit = self.free(0).ok_or_else(busy)?;
        let uploads = Arc::clone(&self.uploads);
        lock(&uploads).push(Arc::clone(&entry));
        Ok(Held {
            permit,
            entry,
            uploads,
        })
    }

    fn free(&self, kibibytes: usize) -> Option<OwnedSemaphorePermit> {
        let free = Arc::clone(&self.free);
        free.try_acquire_many_owned(kibibytes as u32).ok()
    }

    /// Takes so many kibibytes more. Where there are none, an upload is given up that
    /// stands still.
    async fn more(&self, held: &mut Held, kibibytes: usize) -> Result<(), Problem> {
        let mut permit = self.free(kibibytes);
        while permit.is_none() && self.give_up_one(&held.entry) {
            // What it held is free as soon as its own task has seen it.
            let free = Arc::clone(&self.free);
            let waiting = free.acquire_many_owned(kibibytes as u32);
            permit = timeout(GIVING_UP, waiting).await.ok().and_then(Result::ok);
        }
        held.permit.merge(permit.ok_or_else(busy)?);
        held.entry.kibibytes.fetch_add(kibibytes, Ordering::Relaxed);
        Ok(())
    }

    /// Refuses more than one of the largest uploads at a time to a peer beyond loopback,
    /// where it could be a proxy.
    fn check_share(&self, peer: IpAddr, kibibytes: usize) -> Result<(), Problem> {
        let most = self.largest.div_ceil(1024) + FORM_KIB;
        if peer.is_loopback() || self.held_by(peer) + kibibytes <= most {
            return Ok(());
        }
        Err(Problem::busy(
            "other recordings of yours take your share of the memory",
        ))
    }

    /// Returns the kibibytes that a peer's uploads hold.
    fn held_by(&self, peer: IpAddr) -> usize {
        let uploads = lock(&self.uploads);
        let theirs = uploads.iter().filter(|entry| entry.peer == peer);
        theirs
            .map(|entry| entry.kibibytes.load(Ordering::Relaxed))
            .sum()
    }

    /// Gives up the upload that has stood still for longest; returns false where none has
    /// for long enough.
    fn give_up_one(&self, asker: &Arc<Entry>) -> bool {
        let mut uploads = lock(&self.uploads);
        let still = uploads.iter().enumerate().filter_map(|(index, entry)| {
            let heard = (*lock(&entry.heard))?;
            let is_still = heard.elapsed() >= self.stall / 4 && !Arc::ptr_eq(entry, asker);
            is_still.then_some((heard, index))
        });
        let Some((_, index)) = still.min() else {
            return false;
        };
        uploads.swap_remove(index).given_up.notify_one();
        true
    }
}

fn busy() -> Problem {
    Problem::busy("other recordings take all of the memory for them")
}

/// The costs of one upload so far.
struct Account<'a> {
    budget: &'a Budget,
    held: Held,
    taken: usize,
    /// Bytes at the last progress.
    noted: usize,
    most: usize,
}

impl Account<'_> {
    /// Refuses more bytes than could be taken at all.
    fn promise(&self, length: u64) -> Result<(), Problem> {
        if length <= self.most as u64 {
            return Ok(());
        }
        let detail = format!(
            "the recording is larger than the {} MiB that are accepted here; cut it or compress it",
            self.budget.largest >> 20
        );
        Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail))
    }

    async fn take(&mut self, length: usize) -> Result<(), Problem> {
        self.taken += length;
        if self.taken - self.noted >= PROGRESS {
            self.noted = self.taken;
            *lock(&self.held.entry.heard) = Some(Instant::now());
        }
        self.promise(self.taken as u64)?;
        let missing = self.taken.div_ceil(1024) - self.held.permit.num_permits();
        self.budget.check_share(self.held.entry.peer, missing)?;
        self.budget.more(&mut self.held, missing).await
    }
}

/// A body's chunks, which are paid for before they are kept. Silence for too
/// long is an error.
fn chunks<'a>(
    body: &'a mut Incoming,
    account: &'a mut Account<'_>,
) -> impl Stream<Item = Result<Bytes, Problem>> + Send + 'a {
    futures_util::stream::unfold((body, account), |(body, account)| async {
        loop {
            let frame = match timeout(account.budget.stall, body.frame()).await {
                Err(_) => return Some((Err(too_slow()), (body, account))),
                Ok(None) => return None,
                Ok(Some(Err(_))) => {
                    let cut = bad("the request ended before the recording did");
                    return Some((Err(cut), (body, account)));
                }
                Ok(Some(Ok(frame))) => frame,
            };
            // Trailers are of no interest.
            if let Ok(chunk) = frame.into_data() {
                let paid = account.take(chunk.len()).await;
                return Some((paid.map(|()| chunk), (body, account)));
            }
        }
    })
}

async fn collect(chunks: impl Stream<Item = Result<Bytes, Problem>>) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    let mut chunks = pin!(chunks);
    while let Some(chunk) = chunks.next().await {
        bytes.extend_from_slice(&chunk?);
    }
    Ok(bytes)
}

/// A form's chunks; an error where the head of a part does not come to an end. `head` counts
/// the bytes of one, or is [`IN_FIELD`].
fn with_short_heads(
    chunks: impl Stream<Item = Result<Bytes, Problem>> + Send,
    head: Arc<AtomicUsize>,
) -> impl Stream<Item = Result<Bytes, Problem>> + Send {
    chunks.map(move |chunk| {
        let chunk = chunk?;
        let before = head.load(Ordering::Relaxed);
        if before == IN_FIELD {
            return Ok(chunk);
        }
        if before > FORM_OVERHEAD {
            return Err(bad("a part of the form has a head without an end"));
        }
        head.store(before + chunk.len(), Ordering::Relaxed);
        Ok(chunk)
    })
}

/// The only file of a form, and its name.
async fn from_form(
    chunks: impl Stream<Item = Result<Bytes, Problem>> + Send,
    boundary: String,
) -> Result<(String, Vec<u8>), Problem> {
    let head = Arc::new(AtomicUsize::new(0));
    let mut form = multer::Multipart::new(with_short_heads(chunks, Arc::clone(&head)), boundary);
    let mut file = None;
    loop {
        head.store(0, Ordering::Relaxed);
        let field = form.next_field().await.map_err(malformed)?;
        head.store(IN_FIELD, Ordering::Relaxed);
        let Some(mut field) = field else { break };
        let name = field.file_name().map(shortened);
        let mut bytes = Vec::new();
        while let Some(chunk) = field.chunk().await.map_err(malformed)? {
            // What else the form says is not asked for.
            if name.is_some() {
                bytes.extend_from_slice(&chunk);
            }
        }
        let Some(name) = name else { continue };
        if file.replace((name, bytes)).is_some() {
            return Err(bad("the form holds several files; send one at a time"));
        }
    }
    file.ok_or_else(|| bad("the form holds no file; send one, or the recording as the body"))
}

/// Reads on for a while and forgets what it reads.
pub(super) async fn linger(body: &mut Incoming) {
    let drain = async {
        let mut rest = LINGER_BYTES;
        while let Some(Ok(frame)) = body.frame().await {
            rest = rest.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
            if rest == 0 {
                return;
            }
        }
    };
    // Who has not come to an end by then may not read why.
    let _ = timeout(LINGER, drain).await;
}

/// The boundary of a form; `None` where the body is the recording itself.
fn boundary(headers: &HeaderMap) -> Option<Result<String, Problem>> {
    let kind = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let is_form = kind.to_ascii_lowercase().starts_with("multipart/");
    is_form.then(|| multer::parse_boundary(kind).map_err(malformed))
}

/// Returns a query's first parameter of that name.
pub(super) fn parameter(query: Option<&str>, name: &str) -> Option<String> {
    let mut pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    let found = pairs.find(|(key, _)| key == name);
    found.map(|(_, value)| value.into_owned())
}

fn shortened(name: &str) -> String {
    name.chars().take(MAX_NAME).collect()
}

fn bad(detail: &str) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, detail)
}

fn too_slow() -> Problem {
    let detail = "the recording comes too slowly; try again over a better connection";
    Problem::new(StatusCode::REQUEST_TIMEOUT, detail)
}

/// Errors of a form: those of its body, or its own.
fn malformed(error: multer::Error) -> Problem {
    let cause = match error {
        multer::Error::StreamReadFailed(cause) => cause,
        other => other.into(),
    };
    match cause.downcast::<Problem>() {
        Ok(problem) => *problem,
        Err(cause) => bad(&format!("the form cannot be read: {cause}")),
    }
}

//! The process: it listens, and gives every connection its limits.

use super::about::about;
use super::admission::Admission;
use super::decoders::Decoders;
use super::events::Audience;
use super::follower::Follower;
use super::routes::Site;
use super::upload::Budget;
use crate::daemon::{Level, Notifier, log};
use crate::error::{Class, Classified};
use crate::model::{Model, ModelError};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_io_timeout::TimeoutStream;

/// Connections at a time; who comes later waits.
const CONNECTIONS: usize = 256;

/// Pages that follow the service at a time.
const AUDIENCE: usize = 32;

/// Most of a request before its body, in bytes.
const HEAD: usize = 16 << 10;

/// How often the watchdog is thought of.
const TICK: Duration = Duration::from_secs(1);

/// How long nobody is let in when the system has no descriptors left.
const FULL_HOUSE: Duration = Duration::from_millis(100);

/// How the server is to be.
pub struct Options {
    /// Where it listens; port 0 takes any that is free.
    pub listen: SocketAddr,
    /// Names that lead to it, beside its addresses.
    pub names: Vec<String>,
    /// What the API asks for; needed beyond loopback.
    pub token: Option<String>,
    /// The service's socket.
    pub socket: PathBuf,
    /// Most bytes of a recording.
    pub largest: usize,
    /// Most seconds of a recording.
    pub longest: u64,
    /// How long a client may be silent in the middle of something.
    pub patience: Duration,
    /// How many recordings are decoded at a time.
    pub threads: usize,
}

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WebError {
    /// Another program listens there, or this one may not.
    #[error("{0}: nobody can listen there; choose another address or port with --listen")]
    Listen(SocketAddr, #[source] io::Error),
    /// The system refused something else.
    #[error("the server cannot be started")]
    Io(#[from] io::Error),
    /// The model cannot be used.
    #[error(transparent)]
    Model(#[from] ModelError),
}

impl Classified for WebError {
    fn class(&self) -> Class {
        match self {
            Self::Model(error) => error.class(),
            Self::Listen(..) | Self::Io(_) => Class::Io,
        }
    }
}

/// Serves until SIGTERM or SIGINT; `ready` is told the address.
///
/// # Errors
/// [`WebError`] when it cannot start. What goes wrong later is an answer.
pub fn serve(
    model: &Model,
    options: Options,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), WebError> {
    let decoders = Decoders::start(model, options.threads, options.longest)?;
    let about = about(model.manifest(), options.largest, options.longest);
    let admission = Admission {
        loopback: options.listen.ip().is_loopback(),
        names: options.names,
        token: options.token,
    };
    let site = Arc::new(Site::new(
        admission,
        Budget::new(options.largest, options.patience),
        decoders,
        Audience::new(AUDIENCE),
        Follower::new(options.socket),
        about,
    ));
    // Decoding has threads of its own: one is enough for carrying bytes.
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(options.listen).await;
        let listener = listener.map_err(|error| WebError::Listen(options.listen, error))?;
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        ready(listener.local_addr()?);
        tokio::select! {
            () = site.follower.run() => (),
            () = welcome(&listener, &site, options.patience) => (),
            () = be_watched() => (),
            _ = terminate.recv() => (),
            _ = interrupt.recv() => (),
        }
        log(Level::Info, "stopping");
        Ok(())
    })
}

/// Tells systemd that all is well, as long as it is.
async fn be_watched() {
    let mut notifier = Notifier::from_env();
    notifier.ready();
    loop {
        notifier.tick(Instant::now());
        tokio::time::sleep(TICK).await;
    }
}

async fn welcome(listener: &TcpListener, site: &Arc<Site>, patience: Duration) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return;
        };
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(attend(stream, Arc::clone(site), patience, place));
            }
            Err(error) => {
                log(Level::Debug, format!("nobody is let in: {error}"));
                tokio::time::sleep(FULL_HOUSE).await;
            }
        }
    }
}

/// Answers on one connection until either side has enough.
async fn attend(
    stream: TcpStream,
    site: Arc<Site>,
    patience: Duration,
    _place: OwnedSemaphorePermit,
) {
    let mut stream = TimeoutStream::new(stream);
    // Who does not read its answers is sent away, like who does not send its
    // questions.
    stream.set_write_timeout(Some(patience));
    let service = service_fn(|request| {
        let site = Arc::clone(&site);
        async move { site.answer(request).await }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(patience)
        .max_header_size(HEAD)
        .serve_connection(TokioIo::new(Box::pin(stream)), service);
    // A client that goes away in the middle has its reasons.
    let _ = connection.await;
}

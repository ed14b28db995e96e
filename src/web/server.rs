//! The process: it listens, and gives every connection its limits.

use super::access::Access;
use super::decoders::Decoders;
use super::event_source::EventSource;
use super::model_info::model_info;
use super::page;
use super::places::{Place, Places};
use super::routes::Site;
use super::sse::SseClients;
use super::upload::Budget;
use crate::audio::DecoderPool;
use crate::error::{Class, Classified};
use crate::model::{Model, ModelError};
use crate::system::{Connection, Level, Neighbours, Notifier, log};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};
use tokio_io_timeout::TimeoutStream;

/// Pages that follow the service at a time.
const MAX_SSE_CLIENTS: usize = 32;

/// Bytes of a request before its body.
const MAX_HEAD: usize = 16 << 10;

/// Time between two looks at the watchdog.
const WATCHDOG_INTERVAL: Duration = Duration::from_secs(1);

/// Time without accepting when the system has no descriptors left.
const ACCEPT_BACKOFF: Duration = Duration::from_millis(100);

/// Address, limits and rules of the server.
pub struct Options {
    /// Address and port; port 0 takes any that is free.
    pub listen: SocketAddr,
    /// Names that lead to it, beside its addresses.
    pub names: Vec<String>,
    /// Token that the API asks for; needed beyond loopback.
    pub token: Option<String>,
    /// The service's socket.
    pub socket: PathBuf,
    /// Most bytes of a recording.
    pub largest: usize,
    /// Most seconds of a recording.
    pub longest: u64,
    /// Time that a client may be silent in the middle of something.
    pub patience: Duration,
    /// Recordings that are decoded at a time.
    pub threads: usize,
    /// Processes that decode them.
    pub decoders: DecoderPool,
}

/// A reason why there is no server.
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
    let decoders = Decoders::start(model, options.decoders, options.threads, options.longest)?;
    let site = Arc::new(Site {
        access: Access {
            loopback: options.listen.ip().is_loopback(),
            names: options.names,
            token: options.token,
        },
        budget: Budget::new(options.largest, options.patience),
        decoders,
        neighbours: Neighbours::default(),
        sse_clients: SseClients::new(MAX_SSE_CLIENTS),
        event_source: EventSource::new(options.socket),
        model_info: model_info(model.manifest(), options.largest, options.longest),
        policy: page::policy(),
    });
    // Decoding has threads of its own: one is enough for carrying bytes.
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(options.listen).await;
        let listener = listener.map_err(|error| WebError::Listen(options.listen, error))?;
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        ready(listener.local_addr()?);
        tokio::select! {
            () = site.event_source.run() => (),
            () = accept_loop(&listener, &site, options.patience) => (),
            () = watchdog() => (),
            _ = terminate.recv() => (),
            _ = interrupt.recv() => (),
        }
        log(Level::Info, "stopping");
        Ok(())
    })
}

/// Tells systemd that all is well, as long as it is.
async fn watchdog() {
    let mut notifier = Notifier::from_env();
    notifier.ready();
    loop {
        notifier.tick(Instant::now());
        tokio::time::sleep(WATCHDOG_INTERVAL).await;
    }
}

async fn accept_loop(listener: &TcpListener, site: &Arc<Site>, patience: Duration) {
    let places = Arc::new(Places::default());
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                // Who finds no place is sent away without a word.
                if let Some(place) = places.take(peer.ip().to_canonical())
                    && let Ok(own) = stream.local_addr()
                {
                    let connection = Connection { peer, own };
                    let site = Arc::clone(site);
                    tokio::spawn(serve_connection(stream, connection, site, patience, place));
                }
            }
            Err(error) => {
                log(Level::Debug, format!("nobody is let in: {error}"));
                tokio::time::sleep(ACCEPT_BACKOFF).await;
            }
        }
    }
}

/// Answers on one connection until either side has enough, or the place is given up.
async fn serve_connection(
    stream: TcpStream,
    connection: Connection,
    site: Arc<Site>,
    patience: Duration,
    place: Place,
) {
    let mut stream = TimeoutStream::new(stream);
    // Who does not read its answers is sent away, like who does not send its
    // questions.
    stream.set_write_timeout(Some(patience));
    let service = service_fn(|mut request| {
        let (site, answering) = (Arc::clone(&site), place.answer());
        request.extensions_mut().insert(connection);
        async move {
            let response = site.answer(request).await?;
            Ok::<_, Infallible>(response.map(|body| answering.with(body)))
        }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(patience)
        .max_header_size(MAX_HEAD)
        .serve_connection(TokioIo::new(Box::pin(stream)), service);
    tokio::select! {
        // A client that goes away in the middle has its reasons.
        _ = served => (),
        () = place.given_up() => (),
    }
}

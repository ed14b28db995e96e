//! The paths of the site, and the answer to each request.

use super::access::Access;
use super::control;
use super::decoders::Decoders;
use super::event_source::{EventSource, ServiceState};
use super::page;
use super::problem::Problem;
use super::segments;
use super::sse::SseClients;
use super::upload::{Budget, linger, parameter};
use crate::audio::{Channel, Channels};
use crate::protocol;
use crate::system::Neighbours;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{Request, Response, StatusCode};
use serde::Serialize;
use std::convert::Infallible;
use std::pin::Pin;

type Body = UnsyncBoxBody<Bytes, Infallible>;

type Answer = Result<Response<Body>, Problem>;

const JSON: &str = "application/json";

/// A path and what answers there.
struct Route {
    path: &'static str,
    /// The methods that are answered, as the header `Allow` lists them.
    methods: &'static str,
    handler: Handler,
}

type Handler =
    for<'a> fn(&'a Site, Request<Incoming>) -> Pin<Box<dyn Future<Output = Answer> + Send + 'a>>;

/// All paths that there are.
const ROUTES: [Route; 11] = [
    get("/", |site, _| Box::pin(async { Ok(site.document()) })),
    get("/sample.flac", |_, _| {
        Box::pin(async { Ok(full("audio/flac", page::SAMPLE)) })
    }),
    get("/healthz", |site, _| {
        Box::pin(async { Ok(full(JSON, site.health())) })
    }),
    get("/metrics", |site, request| Box::pin(site.metrics(request))),
    get("/api/openapi.json", |_, _| {
        Box::pin(async { Ok(full(JSON, page::OPENAPI)) })
    }),
    get("/api/model", |site, _| {
        Box::pin(async { Ok(full(JSON, site.model_info.clone())) })
    }),
    get("/api/events", |site, request| {
        Box::pin(async move { site.events(&request) })
    }),
    post("/api/classify", |site, request| {
        Box::pin(site.classify(request))
    }),
    post("/api/segments", |site, request| {
        Box::pin(site.segments(request))
    }),
    post("/api/pause", |site, request| {
        Box::pin(site.control(request, protocol::Request::Pause))
    }),
    post("/api/resume", |site, request| {
        Box::pin(site.control(request, protocol::Request::Resume))
    }),
];

const fn get(path: &'static str, handler: Handler) -> Route {
    Route {
        path,
        methods: "GET, HEAD",
        handler,
    }
}

const fn post(path: &'static str, handler: Handler) -> Route {
    Route {
        path,
        methods: "POST",
        handler,
    }
}

/// Headers of every answer: nothing is guessed, kept, shown in a frame or told to
/// others, and of the devices the page may ask for the microphone alone.
const ALWAYS: [(HeaderName, &str); 7] = [
    (HeaderName::from_static("x-content-type-options"), "nosniff"),
    (HeaderName::from_static("cache-control"), "no-store"),
    (HeaderName::from_static("referrer-policy"), "no-referrer"),
    (HeaderName::from_static("x-frame-options"), "DENY"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("permissions-policy"),
        "microphone=(self), camera=(), geolocation=(), display-capture=()",
    ),
];

/// Everything that answers are made of.
pub(super) struct Site {
    pub access: Access,
    pub budget: Budget,
    pub decoders: Decoders,
    pub neighbours: Neighbours,
    pub sse_clients: SseClients,
    pub event_source: EventSource,
    /// The answer to `/api/model`.
    pub model_info: Vec<u8>,
    /// The document's Content-Security-Policy.
    pub policy: String,
}

/// The answer to `/healthz`.
#[derive(Serialize)]
struct Health {
    status: &'static str,
    service: ServiceState,
}

impl Site {
    /// Answers a request; what cannot be done is an answer, too.
    pub async fn answer(&self, request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
        let outcome = match self.access.check(&request) {
            Ok(()) => self.route(request).await,
            Err(problem) => {
                linger(&mut request.into_body()).await;
                Err(problem)
            }
        };
        let mut response = outcome.unwrap_or_else(|problem| failure(&problem));
        for (name, value) in ALWAYS {
            let value = HeaderValue::from_static(value);
            response.headers_mut().insert(name, value);
        }
        Ok(response)
    }

    async fn route(&self, request: Request<Incoming>) -> Answer {
        let path = request.uri().path();
        let Some(route) = ROUTES.iter().find(|route| route.path == path) else {
            let detail = "there is nothing here; the page is at /";
            return Err(Problem::new(StatusCode::NOT_FOUND, detail));
        };
        let mut methods = route.methods.split(", ");
        if methods.any(|method| request.method() == method) {
            (route.handler)(self, request).await
        } else {
            Err(Problem::wrong_method(route.methods))
        }
    }

    fn document(&self) -> Response<Body> {
        let mut response = full("text/html; charset=utf-8", page::DOCUMENT);
        if let Ok(policy) = HeaderValue::from_str(&self.policy) {
            let name = HeaderName::from_static("content-security-policy");
            response.headers_mut().insert(name, policy);
        }
        response
    }

    fn health(&self) -> String {
        let health = Health {
            status: "ok",
            service: self.event_source.service(),
        };
        // Words are JSON, always.
        serde_json::to_string(&health).unwrap_or_default() + "\n"
    }

    /// Refuses who has no token and may not read the service's socket.
    fn check_neighbour(&self, request: &Request<Incoming>) -> Result<(), Problem> {
        let connection = request.extensions().get().copied();
        let socket = &self.event_source.socket;
        if self.access.token.is_some() || self.neighbours.may_read(socket, connection) {
            return Ok(());
        }
        let detail = "your user may not read the service's socket, and so not here either; join \
                      the group that the socket belongs to";
        Err(Problem::new(StatusCode::FORBIDDEN, detail))
    }

    fn events(&self, request: &Request<Incoming>) -> Answer {
        self.check_neighbour(request)?;
        let events = self.sse_clients.join(&self.event_source);
        let events = events.ok_or_else(|| Problem::busy("too many pages follow the service"))?;
        let body = BodyExt::boxed_unsync(StreamBody::new(events));
        Ok(with_type("text/event-stream", body))
    }

    async fn classify(&self, request: Request<Incoming>) -> Answer {
        let channels = channels_asked_for(request.uri().query());
        // Read first, so that its sender comes to read what is wrong.
        let mut upload = self.budget.receive(request).await?;
        let channels = channels?;
        let content_type = match channels {
            Channels::One(_) => JSON,
            Channels::Each => {
                self.budget.count_twice(&mut upload).await?;
                "application/x-ndjson"
            }
        };
        let answer = self.decoders.classify(upload, channels).await?;
        Ok(full(content_type, answer))
    }

    async fn segments(&self, request: Request<Incoming>) -> Answer {
        let format = segments::asked_for(request.uri().query());
        let results = self.budget.receive(request).await?;
        let format = format?;
        let text = segments::shaped(format, &results.bytes)?;
        Ok(full(segments::media_type(format), text))
    }

    async fn metrics(&self, asked: Request<Incoming>) -> Answer {
        self.check_neighbour(&asked)?;
        let status = control::status(&self.event_source.socket).await?;
        let text = protocol::exposition(&status);
        Ok(full("text/plain; version=0.0.4; charset=utf-8", text))
    }

    async fn control(&self, asked: Request<Incoming>, request: protocol::Request) -> Answer {
        self.check_neighbour(&asked)?;
        let answer = control::ask(&self.event_source.socket, request).await?;
        Ok(full(JSON, answer))
    }
}

/// The parameter `channel`; like the command line, `mix` without one.
fn channels_asked_for(query: Option<&str>) -> Result<Channels, Problem> {
    let Some(channel) = parameter(query, "channel") else {
        return Ok(Channels::One(Channel::Mix));
    };
    channel.parse().map_err(|error| {
        let detail = format!("channel={channel} is not known; {error}");
        Problem::new(StatusCode::BAD_REQUEST, detail)
    })
}

fn failure(problem: &Problem) -> Response<Body> {
    let mut response = full("application/problem+json", problem.json());
    *response.status_mut() = problem.status;
    if let Some((name, value)) = &problem.header {
        let value = HeaderValue::from_static(value);
        response.headers_mut().insert(name, value);
    }
    response
}

fn full(content_type: &'static str, bytes: impl Into<Bytes>) -> Response<Body> {
    with_type(content_type, Full::new(bytes.into()).boxed_unsync())
}

fn with_type(content_type: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    let content_type = HeaderValue::from_static(content_type);
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}

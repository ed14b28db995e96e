//! What is answered to what.

use super::admission::Admission;
use super::decoders::Decoders;
use super::events::Audience;
use super::follower::Follower;
use super::page;
use super::problem::Problem;
use super::switch;
use super::upload::Budget;
use crate::publish;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Bytes, Incoming};
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use hyper::{Method, Request, Response, StatusCode};
use std::convert::Infallible;

type Body = UnsyncBoxBody<Bytes, Infallible>;

const JSON: &str = "application/json";

/// What goes with every answer: nothing is guessed, kept, shown in a frame or
/// told to others, and of the devices the page may ask for the microphone alone.
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
    pub admission: Admission,
    pub budget: Budget,
    pub decoders: Decoders,
    pub audience: Audience,
    pub follower: Follower,
    policy: String,
    about: Vec<u8>,
}

impl Site {
    pub fn new(
        admission: Admission,
        budget: Budget,
        decoders: Decoders,
        audience: Audience,
        follower: Follower,
        about: Vec<u8>,
    ) -> Self {
        Self {
            admission,
            budget,
            decoders,
            audience,
            follower,
            policy: page::policy(),
            about,
        }
    }

    /// Answers a request; what cannot be done is an answer, too.
    pub async fn answer(&self, request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
        let outcome = match self.admission.check(&request) {
            Ok(()) => self.route(request).await,
            Err(problem) => Err(problem),
        };
        let mut response = outcome.unwrap_or_else(|problem| failure(&problem));
        for (name, value) in ALWAYS {
            let value = HeaderValue::from_static(value);
            response.headers_mut().insert(name, value);
        }
        Ok(response)
    }

    async fn route(&self, request: Request<Incoming>) -> Result<Response<Body>, Problem> {
        let get = [Method::GET, Method::HEAD].contains(request.method());
        let post = request.method() == Method::POST;
        match request.uri().path() {
            "/" if get => Ok(self.document()),
            "/sample.flac" if get => Ok(whole("audio/flac", page::SAMPLE)),
            "/healthz" if get => Ok(whole(JSON, self.health())),
            "/api/openapi.json" if get => Ok(whole(JSON, page::OPENAPI)),
            "/api/model" if get => Ok(whole(JSON, self.about.clone())),
            "/api/events" if get => self.events(),
            "/api/classify" if post => {
                let upload = self.budget.receive(request).await?;
                Ok(whole(JSON, self.decoders.classify(upload).await?))
            }
            "/api/pause" if post => self.switch(publish::Request::Pause).await,
            "/api/resume" if post => self.switch(publish::Request::Resume).await,
            "/" | "/sample.flac" | "/healthz" | "/api/openapi.json" | "/api/model"
            | "/api/events" => Err(wrong_method("GET")),
            "/api/classify" | "/api/pause" | "/api/resume" => Err(wrong_method("POST")),
            _ => {
                let detail = "there is nothing here; the page is at /";
                Err(Problem::new(StatusCode::NOT_FOUND, detail))
            }
        }
    }

    fn document(&self) -> Response<Body> {
        let mut response = whole("text/html; charset=utf-8", page::DOCUMENT);
        if let Ok(policy) = HeaderValue::from_str(&self.policy) {
            let name = HeaderName::from_static("content-security-policy");
            response.headers_mut().insert(name, policy);
        }
        response
    }

    fn health(&self) -> String {
        let service = ["absent", "present"][usize::from(self.follower.is_present())];
        format!("{{\"status\":\"ok\",\"service\":\"{service}\"}}\n")
    }

    fn events(&self) -> Result<Response<Body>, Problem> {
        let events = self.audience.join(&self.follower);
        let events = events.ok_or_else(|| Problem::busy("too many pages follow the service"))?;
        let body = BodyExt::boxed_unsync(StreamBody::new(events));
        Ok(typed("text/event-stream", body))
    }

    async fn switch(&self, request: publish::Request) -> Result<Response<Body>, Problem> {
        let answer = switch::ask(&self.follower.socket, request).await?;
        Ok(whole(JSON, answer))
    }
}

fn wrong_method(allowed: &str) -> Problem {
    let detail = format!("only {allowed} is answered here");
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, detail)
}

fn failure(problem: &Problem) -> Response<Body> {
    let mut response = whole("application/problem+json", problem.json());
    *response.status_mut() = problem.status;
    let more = match problem.status {
        StatusCode::METHOD_NOT_ALLOWED => {
            let only_post = problem.detail.contains("POST");
            Some((ALLOW, if only_post { "POST" } else { "GET, HEAD" }))
        }
        StatusCode::SERVICE_UNAVAILABLE => Some((RETRY_AFTER, "2")),
        StatusCode::UNAUTHORIZED => Some((WWW_AUTHENTICATE, "Bearer")),
        _ => None,
    };
    if let Some((name, value)) = more {
        let value = HeaderValue::from_static(value);
        response.headers_mut().insert(name, value);
    }
    response
}

fn whole(kind: &'static str, bytes: impl Into<Bytes>) -> Response<Body> {
    typed(kind, Full::new(bytes.into()).boxed_unsync())
}

fn typed(kind: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    let kind = HeaderValue::from_static(kind);
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

//! The page and its API: recordings in, answers out, and the service's events.
//!
//! A process of its own, beside the one that has the microphone: this one uses
//! the network and never a sound device, that one the other way round. It reads
//! the service's socket like any other reader, and decodes uploads in memory on
//! as many threads as there are cores.
//!
//! `docs/web.md` says what is answered to what, `src/web/openapi.json` in what
//! form.

mod access;
mod address;
mod control;
mod decoders;
mod event_source;
mod model_info;
mod page;
mod places;
mod problem;
mod routes;
mod segments;
mod server;
mod sse;
mod upload;

pub use address::{hosts, own_names, parse_address};
pub use server::{Options, WebError, serve};

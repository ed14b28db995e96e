//! Results out: JSON lines.
//!
//! Whoever reads must never slow who hears: [`Publisher`] and [`Hub`] write from
//! threads of their own behind bounded queues.

mod address;
mod error;
mod hub;
mod incoming;
mod message;
mod publisher;
mod reader;
mod request;
mod server;

pub use address::{Address, SocketError};
pub use error::PublishError;
pub(crate) use hub::ENDING;
pub use hub::{Counters, Hub, Limits};
pub use message::{
    DeviceState, FileError, FileResult, Hello, Message, ModelName, PROTOCOL, StreamNames,
    state_name,
};
pub(crate) use publisher::DRAINING;
pub use publisher::{Overflow, Publisher};
pub use reader::Answer;
pub use request::{Latency, Peer, Reply, Request, Status};

//! Results out: JSON lines and arrays.
//!
//! Whoever reads must never slow who hears: [`Publisher`] and [`Hub`] write from
//! threads of their own behind bounded queues.

mod address;
mod csv;
mod error;
mod evaluation;
mod features;
mod hub;
mod incoming;
mod message;
mod npy;
mod publisher;
mod reader;
mod request;
mod server;

pub use address::{Address, SocketError};
pub use error::PublishError;
pub use evaluation::{EvaluationRecord, write_prediction, write_predictions_header};
pub use features::{FeatureRecord, Nested, write_csv, write_csv_header};
pub(crate) use hub::ENDING;
pub use hub::{Counters, Hub, Limits};
pub use message::{
    DeviceState, FileError, FileResult, Hello, Message, PROTOCOL, StreamNames, state_name,
};
pub use npy::write_npy;
pub(crate) use publisher::DRAINING;
pub use publisher::{Overflow, Publisher};
pub use reader::Answer;
pub use request::{Latency, Peer, Reply, Request, Status};

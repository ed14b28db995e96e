//! The JSON contract: every line that the program prints, publishes or is sent,
//! as types that are written and read by the same definition.
//!
//! `docs/protocol.md` explains it to readers, `docs/protocol.schema.json` is its
//! JSON Schema, made from these types. A reader of the socket in this program is
//! a loop over [`Messages`]; one that passes lines on as they came reads [`Line`]s.

mod baseline_file;
mod decimals;
mod exposition;
mod file_result;
mod line;
mod message;
mod messages;
mod naming;
mod report;
mod request;
mod retained;
#[cfg(test)]
mod schema;
mod scores;
mod segment_format;
mod segments;
mod socket_path;
mod status;

pub use baseline_file::{BaselineError, BaselineFile};
pub use exposition::exposition;
pub use file_result::{FileError, FileResult, FileWindow};
pub use line::{Line, LineType};
pub use message::{DeviceState, Hello, Message, ModelName};
pub use messages::Messages;
pub use naming::{StreamNames, state_name};
pub use report::{BenchReport, EvaluationReport, ModelReport, NodeReport, NodeTime, Report};
pub use request::{Reply, Request};
pub use retained::Retained;
pub use scores::Scores;
pub use segment_format::SegmentFormat;
pub use socket_path::{SOCKET, default_socket};
pub use status::{Heard, Latency, Status};

use std::time::Duration;

/// Version of the contract, `protocol` in [`Hello`].
pub const PROTOCOL: u32 = 1;

/// Bytes that no line of the program exceeds, its end included. A reader gives a
/// connection up that sends more.
pub const MAX_LINE: usize = 1 << 16;

/// Time between a reader's attempts to connect to the socket.
pub const RECONNECT_DELAY: Duration = Duration::from_millis(500);

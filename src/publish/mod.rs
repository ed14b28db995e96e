//! Results out: JSON lines and arrays.
//!
//! Whoever reads must never slow who hears: [`Publisher`] writes from a thread
//! of its own behind a bounded queue.

mod csv;
mod error;
mod evaluation;
mod features;
mod message;
mod npy;
mod publisher;

pub use error::PublishError;
pub use evaluation::{EvaluationRecord, write_prediction, write_predictions_header};
pub use features::{FeatureRecord, Nested, write_csv, write_csv_header};
pub use message::{
    DeviceState, FileError, FileResult, Hello, Message, PROTOCOL, StreamNames, state_name,
};
pub use npy::write_npy;
pub use publisher::{Overflow, Publisher};

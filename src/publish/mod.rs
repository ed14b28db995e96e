//! Results out: JSON lines and arrays.

mod error;
mod npy;

pub use error::PublishError;
pub use npy::write_npy;

//! The event stream's way out: stdout, and a socket for any number of readers.
//!
//! A reader cannot slow the engine: [`StdoutWriter`] and [`Broadcaster`] write
//! from threads of their own behind bounded queues.

mod broadcaster;
mod client;
mod error;
mod event_loop;
mod line_buffer;
mod listener;
mod stdout_writer;

pub(crate) use broadcaster::SHUTDOWN_TIMEOUT;
pub use broadcaster::{Broadcaster, Counters, Limits};
pub use client::{Answer, Peer};
pub use error::PublishError;
pub use listener::{Listener, SocketError, check_group};
pub(crate) use stdout_writer::DRAIN_TIMEOUT;
pub use stdout_writer::{Overflow, StdoutWriter};

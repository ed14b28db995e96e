//! The operating system as every process of the program needs it: a log, the
//! service manager, files that are replaced at once, facts of the process.
//!
//! It uses no other module, and neither `dsp` nor `engine` uses it.

mod atomic_file;
mod bounded;
mod hex;
mod lock;
mod log;
mod neighbours;
mod process;
mod sd_notify;

pub use atomic_file::{Draft, create_durably, remove_durably, replace};
pub use bounded::read_text;
pub use hex::hex;
pub use lock::lock;
pub use log::{Level, cleaned, log, prefix, set_level};
pub use neighbours::{Connection, Neighbours};
pub use process::{Memory, keep_memory_private, limit, limit_memory, limit_time, memory};
pub use sd_notify::Notifier;

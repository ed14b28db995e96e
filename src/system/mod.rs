//! The operating system as every process of the program needs it: a log, the
//! service manager, files that are replaced at once, facts of the process.
//!
//! It uses no other module, and neither `dsp` nor `engine` uses it.

mod atomic_file;
mod hex;
mod lock;
mod log;
mod process;
mod sd_notify;

pub use atomic_file::{create_durably, remove_durably, replace};
pub use hex::hex;
pub use lock::lock;
pub use log::{Level, log, prefix, set_level};
pub use process::{Memory, keep_memory_private, memory};
pub use sd_notify::Notifier;

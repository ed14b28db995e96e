//! The stream's brain: samples in, events out.
//!
//! [`Engine`] frames, gates, classifies, smooths. It owns no thread, reads no
//! clock and does no I/O: its time is the position in the stream, so the same
//! samples give the same events, however they are cut into chunks.

mod clip;
mod event;
mod gate;
mod golden;
mod level;
mod smoother;
mod softmax;
mod stream;
mod window;

pub use clip::{ClipResult, ClipWindow, classify_clip};
pub use event::{Change, Emotion, Event, Hearing, Silence, State};
pub use golden::compute_golden;
pub use stream::{BLOCK, Engine, Settings};

//! The stream's brain: samples in, events out.
//!
//! [`Engine`] frames, gates, classifies, smooths. It owns no thread, reads no
//! clock and does no I/O: its time is the position in the stream, so the same
//! samples give the same events, however they are cut into chunks.
//! [`ClipClassifier`] gives whole recordings one answer, through the engine or,
//! for models over averages, past it.

mod averages;
mod classifier;
mod clip;
mod event;
mod gate;
mod golden;
mod level;
mod smoother;
mod softmax;
mod stream;
mod window;

pub use classifier::ClipClassifier;
pub use clip::{ClipResult, ClipWindow};
pub use event::{Change, Emotion, Event, Hearing, Silence, State};
pub use golden::compute_golden;
pub use stream::{BLOCK, Engine, Settings, hop_frames};

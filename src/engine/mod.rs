//! Samples in, events out.
//!
//! [`Engine`] frames, gates, classifies, smooths. It owns no thread, reads no
//! clock and does no I/O: its time is the position in the stream, so the same
//! samples give the same events, however they are cut into chunks.
//! [`ClipClassifier`] gives whole recordings one answer, through the engine or,
//! for models over averages, past it.

mod baseline;
mod classifier;
mod clip_averages;
#[allow(
    clippy::module_inception,
    reason = "the room has the name of what it holds"
)]
mod engine;
mod event;
mod front_end;
mod gate;
mod golden;
mod level;
mod recording;
mod schedule;
mod smoother;
mod softmax;
mod window;

pub(crate) use baseline::seconds;
pub use baseline::{Baseline, BaselineMode};
pub use classifier::ClipClassifier;
pub use engine::{BLOCK, Engine, Settings, hop_frames};
pub use event::{Change, Emotion, Event, Silence, Smoothed, SpeechState, WindowInfo};
pub use golden::compute_golden;
pub use recording::{ClipResult, ClipWindow, padding, whole_window};

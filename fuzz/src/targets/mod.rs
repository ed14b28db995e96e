//! The targets: functions of bytes, each of which asserts what it says.
#![allow(clippy::panic, reason = "what is not as it says fails")]

mod audio;
mod engine;
mod files;
mod model;
mod resampler;
mod sockets;
mod text;

pub use audio::{audio, raw};
pub use engine::engine;
pub use files::{baseline, config, golden, manifest};
pub use model::network;
pub use resampler::resampler;
pub use sockets::{form, http, socket};
pub use text::{csv, lines, requests};

/// A target and its name.
pub type Target = (&'static str, fn(&[u8]));

/// All targets but that of the integer operators, which are the library's own.
pub const TARGETS: [Target; 24] = [
    ("adts", audio),
    ("aiff", audio),
    ("au", audio),
    ("caf", audio),
    ("flac", audio),
    ("matroska", audio),
    ("mp4", audio),
    ("mpeg", audio),
    ("ogg", audio),
    ("wave", audio),
    ("raw", raw),
    ("network", network),
    ("manifest", manifest),
    ("golden", golden),
    ("baseline", baseline),
    ("config", config),
    ("csv", csv),
    ("requests", requests),
    ("lines", lines),
    ("socket", socket),
    ("http", http),
    ("form", form),
    ("resampler", resampler),
    ("engine", engine),
];

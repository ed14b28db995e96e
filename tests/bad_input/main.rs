//! Whatever the program is given, it answers with a result or with one
//! sentence that names the culprit and a documented exit code.

#![cfg(all(feature = "embedded-model", feature = "microphone"))]
#![allow(clippy::unwrap_used, reason = "what cannot be set up fails the test")]

#[path = "../common/mod.rs"]
mod common;

mod audio;
mod bundles;
mod output;
mod usage;
#[cfg(feature = "web")]
mod web;

//! Undertone hears how something is said.
//!
//! Sound flows one way: `audio` → `engine` ([`dsp::fixed`], then `model`) →
//! `protocol` → `publish`. `daemon` keeps that going, `web` reads it, and the command
//! line puts the parts together. Beside that way stand `features`, from recordings,
//! and `evaluation`, of models. `ARCHITECTURE.md` has the map.

#![cfg_attr(not(any(feature = "program", test)), no_std)]

#[cfg(feature = "program")]
pub mod audio;
#[cfg(feature = "program")]
pub mod daemon;
pub mod dsp;
#[cfg(feature = "program")]
pub mod engine;
#[cfg(feature = "program")]
pub mod error;
#[cfg(feature = "program")]
pub mod evaluation;
#[cfg(feature = "program")]
pub mod features;
#[cfg(feature = "program")]
mod guard;
#[cfg(feature = "program")]
pub mod model;
#[cfg(feature = "program")]
pub mod protocol;
#[cfg(feature = "program")]
pub mod publish;
#[cfg(feature = "program")]
pub mod quantile;
#[cfg(feature = "program")]
pub mod system;
#[cfg(any(test, fuzzing))]
mod testing;
#[cfg(feature = "web")]
pub mod web;

#[cfg(feature = "program")]
pub use guard::silence_caught_panics;

/// The rate at which everything after `audio` works, in hertz.
pub const SAMPLE_RATE: u32 = 16_000;

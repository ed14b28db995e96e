//! The whole program, its parts and its sources, as one binary: it links once
//! what each of its modules needs.
#![allow(clippy::unwrap_used, reason = "what cannot be set up fails the test")]
#![allow(clippy::print_stdout, reason = "figures, and why a test is skipped")]

mod common;
#[path = "../../src/testing.rs"]
mod testing;

mod architecture;
mod averages;
mod bad_input;
mod baseline;
mod chunking;
mod documents;
mod evaluate;
mod features;
mod fixed_parity;
mod folders;
mod formats;
mod fuzz;
mod gate;
mod packaging;
#[cfg(feature = "embedded-model")]
mod protocol;
mod recordings;
mod socket;
mod streams;

#[cfg(target_os = "linux")]
mod boards;
#[cfg(target_os = "linux")]
mod microphone;
#[cfg(target_os = "linux")]
mod scripts;
#[cfg(target_os = "linux")]
mod service;
#[cfg(target_os = "linux")]
mod systemd;
#[cfg(target_os = "linux")]
mod web;

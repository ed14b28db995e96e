//! The service against real parts: a microphone that stalls, vanishes and comes
//! back, readers, full disks, signals, systemd's sockets.

#![cfg(all(target_os = "linux", feature = "microphone"))]
#![allow(clippy::unwrap_used, reason = "what cannot be set up fails the test")]
#![allow(clippy::print_stdout, reason = "a test that is skipped says why")]

#[path = "../common/mod.rs"]
mod common;

mod site;

mod devices;
mod files;
mod manager;
mod pause;
mod readers;
mod reload;
mod socket;

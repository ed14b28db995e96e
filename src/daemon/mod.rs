//! The service around the engine: what makes it run for a year on a board that
//! nobody looks at.

mod config;

pub use config::{Config, ConfigError, Decision, MicrophoneConfig, PATH};

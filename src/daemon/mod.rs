//! The service around the engine: what makes it run for a year on a board that
//! nobody looks at.
//!
//! [`Service`] is the loop. A [`Supervisor`] keeps the microphone open, a
//! [`Stream`] turns samples into lines and gives them to the readers, a
//! [`Switch`] is the readers' to turn, and systemd is told how it goes.

mod apart;
mod config;
mod error;
mod files;
mod log;
mod metrics;
mod microphone;
mod notifier;
mod permission;
mod privacy;
mod rate;
mod service;
mod stream;
mod supervisor;
mod textfile;

pub use config::{
    Config, ConfigError, Decision, MetricsConfig, MicrophoneConfig, PATH, PrivacyConfig,
    SocketConfig,
};
pub use error::DaemonError;
pub use files::limits_that_fit;
pub use log::{Level, log, prefix, set_level};
pub use metrics::{Figures, Metrics};
pub use microphone::open_microphone;
pub use notifier::Notifier;
pub use permission::Allowed;
pub use privacy::Switch;
pub use service::{Reloaded, Service, Signals, answer, answer_without_switch};
pub use stream::{Outputs, Stream};
pub use supervisor::{Notice, Open, Opened, Policy, Source, Supervisor};
pub use textfile::write_metrics;

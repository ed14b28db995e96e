//! The service around the engine: what makes it run for a year on a board that
//! nobody looks at.
//!
//! [`Service`] is the loop. A [`Supervisor`] keeps the microphone open, a
//! [`Pipeline`] turns samples into lines and gives them to the readers, a
//! [`PauseSwitch`] is the readers' to turn, and systemd is told how it goes.

mod answers;
mod config;
mod error;
mod fd_limit;
mod metrics;
mod outputs;
mod pause;
mod pipeline;
mod presence;
mod service;
mod supervisor;
mod voice;

pub use answers::{answer, answer_without_switch};
pub use config::{
    BaselineConfig, Config, ConfigError, DecisionConfig, MetricsConfig, MicrophoneConfig, PATH,
    PrivacyConfig, SocketConfig,
};
pub use error::DaemonError;
pub use fd_limit::limits_that_fit;
pub use metrics::{Metrics, Stats, write_metrics};
pub use outputs::Outputs;
pub use pause::{PauseMemory, PauseSwitch, Principal};
pub use pipeline::Pipeline;
pub use service::{Reloaded, Service, Signals};
pub use supervisor::{
    AudioInput, DeviceEvent, OpenFn, OpenResult, Policy, Supervisor, open_microphone,
};
pub use voice::{ForgetSwitch, VoiceMemory};

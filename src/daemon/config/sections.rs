//! The sections of the configuration file, with their defaults.

use crate::audio::Channel;
use crate::daemon::pause::Principal;
use crate::daemon::supervisor::Policy;
use crate::engine::{Settings, hop_frames};
use crate::publish::Limits;
use serde::{Deserialize, Deserializer, de::Error};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The microphone. Times are in seconds.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MicrophoneConfig {
    /// Id, as `undertone devices` lists it; the system's default otherwise.
    pub device: Option<String>,
    /// Channel that is heard of several.
    #[serde(deserialize_with = "channel")]
    pub channel: Channel,
    /// Time without samples after which a device is lost.
    pub stall: f64,
    /// First wait before it is opened again.
    pub retry: f64,
    /// Longest such wait.
    pub longest_retry: f64,
    /// Time without a device after which the program ends. By default it never does
    /// with a socket, and at once without one.
    pub give_up: Option<f64>,
}

impl Default for MicrophoneConfig {
    fn default() -> Self {
        Self {
            device: None,
            channel: Channel::Mix,
            stall: 5.0,
            retry: 0.5,
            longest_retry: 30.0,
            give_up: None,
        }
    }
}

/// A channel as its name or its number.
fn channel<'de, D: Deserializer<'de>>(value: D) -> Result<Channel, D::Error> {
    #[derive(Deserialize)]
    #[serde(
        untagged,
        expecting = "microphone.channel must be left, right, mix or a number"
    )]
    enum Value {
        Name(String),
        Number(i64),
    }
    let text = match Value::deserialize(value)? {
        Value::Name(name) => name,
        Value::Number(number) => number.to_string(),
    };
    let parsed = text.parse();
    parsed.map_err(|error: &str| Error::custom(format!("microphone.channel = {text}: {error}")))
}

impl MicrophoneConfig {
    /// Returns the policy of a supervisor, with a socket or without.
    pub fn policy(&self, serves: bool) -> Policy {
        let at_once = (!serves).then_some(Duration::ZERO);
        Policy {
            stall: Duration::from_secs_f64(self.stall),
            retry: Duration::from_secs_f64(self.retry),
            longest_retry: Duration::from_secs_f64(self.longest_retry),
            give_up: self.give_up.map(Duration::from_secs_f64).or(at_once),
        }
    }
}

/// The socket that events are published on.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SocketConfig {
    /// Path; there is no socket by default.
    pub path: Option<PathBuf>,
    /// Group whose members may connect.
    pub group: Option<String>,
    /// Readers at a time.
    pub readers: usize,
    /// Readers of one user at a time.
    pub readers_per_user: usize,
    /// Lines that wait for a slow one.
    pub queue: usize,
    /// Lines that one may lose in a row before it is disconnected.
    pub patience: u64,
}

impl Default for SocketConfig {
    fn default() -> Self {
        Self {
            path: None,
            group: None,
            readers: 256,
            readers_per_user: 224,
            queue: 256,
            patience: 1024,
        }
    }
}

impl SocketConfig {
    /// Returns the limits of readers.
    pub fn limits(&self) -> Limits {
        Limits {
            readers: self.readers,
            readers_per_user: self.readers_per_user,
            queue: self.queue,
            max_lag: self.patience,
        }
    }
}

/// The switch that closes the microphone.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PrivacyConfig {
    /// Users and groups that may open it again.
    pub may_resume: Vec<Principal>,
    /// File that keeps it closed over a restart; systemd's `$STATE_DIRECTORY/paused`
    /// by default, if there is one.
    pub state_file: Option<PathBuf>,
}

impl Default for PrivacyConfig {
    fn default() -> Self {
        Self {
            may_resume: vec![Principal::Everybody],
            state_file: None,
        }
    }
}

/// The baseline of the voice, against which windows are judged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BaselineConfig {
    /// A file of `undertone baseline learn`, which then stays as it is; `none` to judge
    /// each window by itself. By default the voice is learned from what is heard.
    pub voice: Option<PathBuf>,
    /// Folder in which learned voices are kept, a file for each microphone; systemd's
    /// `$STATE_DIRECTORY/baselines` by default, if there is one.
    pub folder: Option<PathBuf>,
}

impl BaselineConfig {
    /// Returns the file of an enrolled voice, if one is named.
    pub fn enrolled(&self) -> Option<&Path> {
        self.voice
            .as_deref()
            .filter(|file| *file != Path::new("none"))
    }

    /// Returns the folder in which learned voices are kept.
    pub fn folder(&self) -> Option<PathBuf> {
        let state = || std::env::var_os("STATE_DIRECTORY").map(PathBuf::from);
        let default = || Some(state()?.join("baselines"));
        self.folder.clone().or_else(default)
    }
}

/// Figures for Prometheus.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MetricsConfig {
    /// A file for the textfile collector of Prometheus's `node_exporter`.
    pub file: Option<PathBuf>,
    /// Seconds after which it is written again.
    pub every: f64,
}

impl Default for MetricsConfig {
    fn default() -> Self {
        Self {
            file: None,
            every: 15.0,
        }
    }
}

impl PrivacyConfig {
    /// Returns the file that keeps the microphone closed over a restart.
    pub fn state_file(&self) -> Option<PathBuf> {
        let folder = || std::env::var_os("STATE_DIRECTORY").map(PathBuf::from);
        let file = || Some(folder()?.join("paused"));
        self.state_file.clone().or_else(file)
    }
}

/// Decisions on windows.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DecisionConfig {
    /// Seconds between decisions; the model's own by default.
    pub hop: Option<f64>,
    /// Confidence below which a label is `uncertain`; the model's by default.
    pub uncertain_below: Option<f32>,
    /// Keep windows without speech from the network.
    pub gate: bool,
}

impl Default for DecisionConfig {
    fn default() -> Self {
        Self {
            hop: None,
            uncertain_below: None,
            gate: true,
        }
    }
}

impl DecisionConfig {
    /// Returns the settings of an engine.
    pub fn settings(&self) -> Settings {
        Settings {
            hop: self.hop.and_then(hop_frames),
            uncertain_below: self.uncertain_below,
            gate: self.gate,
        }
    }
}

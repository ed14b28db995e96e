//! The configuration file.

use super::log::Level;
use super::permission::Allowed;
use super::supervisor::Policy;
use crate::engine::{Settings, hop_frames};
use crate::error::{Class, Classified};
use crate::publish::Limits;
use serde::Deserialize;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// Where the configuration is looked for when no file is named.
pub const PATH: &str = "/etc/undertone/undertone.toml";

/// Why a configuration cannot be used. The caller adds which file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// It cannot be read.
    #[error("the configuration cannot be read")]
    Unreadable(#[source] io::Error),
    /// It is no TOML, or holds a key or a type that is not known.
    #[error("line {line}: {reason}; packaging/undertone.toml has every key with its meaning")]
    Malformed {
        /// Counted from 1.
        line: usize,
        /// In words, with the key's name.
        reason: String,
    },
    /// A value that makes no sense.
    #[error("{key} is {value}; {wanted}")]
    Value {
        /// The key, with its section.
        key: &'static str,
        /// What it is.
        value: String,
        /// What it may be.
        wanted: &'static str,
    },
}

impl Classified for ConfigError {
    fn class(&self) -> Class {
        Class::Configuration
    }
}

/// Everything that can be configured. `packaging/undertone.toml` explains it to
/// who runs the program; flags of the command line override it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Folder of a model bundle; the one inside the program otherwise.
    pub model: Option<PathBuf>,
    /// Whether events are printed.
    pub stdout: bool,
    /// What is logged.
    pub log: Option<Level>,
    /// What is listened to.
    pub microphone: MicrophoneConfig,
    /// How windows are decided on.
    pub decision: Decision,
    /// Who else may read.
    pub socket: SocketConfig,
    /// The switch that closes the microphone.
    pub privacy: PrivacyConfig,
    /// Figures for who watches over many boards.
    pub metrics: MetricsConfig,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            model: None,
            stdout: true,
            log: None,
            microphone: MicrophoneConfig::default(),
            decision: Decision::default(),
            socket: SocketConfig::default(),
            privacy: PrivacyConfig::default(),
            metrics: MetricsConfig::default(),
        }
    }
}

/// What is listened to. Times are in seconds.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MicrophoneConfig {
    /// As `undertone devices` lists it; the system's default otherwise.
    pub device: Option<String>,
    /// A device that delivers nothing for so long is lost.
    pub stall: f64,
    /// How long to wait before opening it again, at first.
    pub retry: f64,
    /// And at most.
    pub longest_retry: f64,
    /// Without a device for so long the program ends. By default it never does
    /// with a socket, and at once without one.
    pub give_up: Option<f64>,
}

impl Default for MicrophoneConfig {
    fn default() -> Self {
        Self {
            device: None,
            stall: 5.0,
            retry: 0.5,
            longest_retry: 30.0,
            give_up: None,
        }
    }
}

impl MicrophoneConfig {
    /// How patient to be, with a socket or without.
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
    /// Where it is; there is none by default.
    pub path: Option<PathBuf>,
    /// Whose members may connect.
    pub group: Option<String>,
    /// How many may at a time.
    pub readers: usize,
    /// How many of them may be one user's.
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
    /// What readers may cost.
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
    /// Who may open it again.
    pub may_resume: Vec<Allowed>,
    /// What keeps it closed over a restart; systemd's `$STATE_DIRECTORY/paused`
    /// by default, if there is one.
    pub state_file: Option<PathBuf>,
}

impl Default for PrivacyConfig {
    fn default() -> Self {
        Self {
            may_resume: vec![Allowed::Everybody],
            state_file: None,
        }
    }
}

/// Figures for who watches over many boards.
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
    /// What keeps the microphone closed over a restart.
    pub fn state_file(&self) -> Option<PathBuf> {
        let folder = || std::env::var_os("STATE_DIRECTORY").map(PathBuf::from);
        let file = || Some(folder()?.join("paused"));
        self.state_file.clone().or_else(file)
    }
}

/// How windows are decided on.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Decision {
    /// Seconds between decisions; the model's own by default.
    pub hop: Option<f64>,
    /// Confidence below which a label is `uncertain`; the model's by default.
    pub uncertain_below: Option<f32>,
    /// Whether windows without speech are left alone.
    pub gate: bool,
}

impl Default for Decision {
    fn default() -> Self {
        Self {
            hop: None,
            uncertain_below: None,
            gate: true,
        }
    }
}

impl Decision {
    /// What the engine is told.
    pub fn settings(&self) -> Settings {
        Settings {
            hop: self.hop.and_then(hop_frames),
            uncertain_below: self.uncertain_below,
            ignore_gate: !self.gate,
        }
    }
}

impl Config {
    /// Reads a configuration from its text.
    ///
    /// # Errors
    /// [`ConfigError::Malformed`] or [`ConfigError::Value`].
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let config: Self = toml::from_str(text).map_err(|error| {
            let place = error.span().map_or(0, |span| span.start);
            // Bytes, because a place may lie within a character.
            let before = text.bytes().take(place);
            ConfigError::Malformed {
                line: 1 + before.filter(|&byte| byte == b'\n').count(),
                reason: error.message().replace('\n', ", "),
            }
        })?;
        config.check()?;
        Ok(config)
    }

    /// Reads a configuration from a file.
    ///
    /// # Errors
    /// Those of [`Config::parse`], and [`ConfigError::Unreadable`].
    pub fn read(file: &std::path::Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(file).map_err(ConfigError::Unreadable)?;
        Self::parse(&text)
    }

    /// Reads a configuration from a file, if there is one. One that cannot be
    /// read is no reason to do as if nothing were configured.
    ///
    /// # Errors
    /// Those of [`Config::read`].
    pub fn read_if_there(file: &std::path::Path) -> Result<Option<Self>, ConfigError> {
        match Self::read(file) {
            Err(ConfigError::Unreadable(error)) if error.kind() == io::ErrorKind::NotFound => {
                Ok(None)
            }
            outcome => outcome.map(Some),
        }
    }

    /// What is logged, with a socket or without.
    pub fn level(&self, serves: bool) -> Level {
        let default = if serves { Level::Info } else { Level::Warning };
        self.log.unwrap_or(default)
    }

    /// The keys whose change a running program does not follow.
    pub fn needs_restart(&self, next: &Self) -> Vec<&'static str> {
        let mut keys = Vec::new();
        let mut compare = |key, differs: bool| keys.extend(differs.then_some(key));
        compare("model", self.model != next.model);
        compare("stdout", self.stdout != next.stdout);
        compare("[socket]", self.socket != next.socket);
        let state_file = &self.privacy.state_file;
        compare("privacy.state_file", *state_file != next.privacy.state_file);
        compare("[metrics]", self.metrics != next.metrics);
        keys
    }

    fn check(&self) -> Result<(), ConfigError> {
        let hop = self.decision.hop.unwrap_or(1.0);
        expect(
            hop_frames(hop).is_some(),
            "decision.hop",
            &hop,
            "it must lie in 0.064 to 60 seconds",
        )?;
        let share = self.decision.uncertain_below.unwrap_or(0.0);
        expect(
            (0.0..=1.0).contains(&share),
            "decision.uncertain_below",
            &share,
            "it must lie in 0 to 1",
        )?;
        self.check_times()?;
        self.check_socket()
    }

    fn check_times(&self) -> Result<(), ConfigError> {
        let (microphone, metrics) = (&self.microphone, &self.metrics);
        let (retry, longest) = (microphone.retry, microphone.longest_retry);
        let give_up = microphone.give_up.unwrap_or(0.0);
        let short = "it must lie in 0.1 to 3600 seconds";
        let rows = [
            ("microphone.stall", microphone.stall, 0.1..=3600.0, short),
            ("microphone.retry", retry, 0.1..=3600.0, short),
            ("microphone.longest_retry", longest, 0.1..=3600.0, short),
            (
                "microphone.give_up",
                give_up,
                0.0..=1e9,
                "it must lie in 0 to 1e9 seconds",
            ),
            (
                "metrics.every",
                metrics.every,
                1.0..=1e5,
                "it must lie in 1 to 1e5 seconds",
            ),
        ];
        for (key, value, range, wanted) in rows {
            expect(range.contains(&value), key, &value, wanted)?;
        }
        Ok(())
    }

    fn check_socket(&self) -> Result<(), ConfigError> {
        let socket = &self.socket;
        let rows = [
            ("socket.readers", socket.readers),
            ("socket.readers_per_user", socket.readers_per_user),
            ("socket.queue", socket.queue),
        ];
        for (key, value) in rows {
            let wanted = "it must lie in 1 to 65536";
            expect((1..=65_536).contains(&value), key, &value, wanted)?;
        }
        Ok(())
    }
}

fn expect(
    right: bool,
    key: &'static str,
    value: &impl ToString,
    wanted: &'static str,
) -> Result<(), ConfigError> {
    let value = value.to_string();
    let wrong = || ConfigError::Value { key, value, wanted };
    right.then_some(()).ok_or_else(wrong)
}

#[cfg(test)]
mod tests;

//! The configuration file.

mod check;
mod error;
mod sections;

use crate::system::{Level, read_text};
use serde::Deserialize;
use std::io;
use std::path::{Path, PathBuf};

pub use error::ConfigError;
pub use sections::{
    BaselineConfig, DecisionConfig, MetricsConfig, MicrophoneConfig, PrivacyConfig, SocketConfig,
};

/// The configuration file that is read when none is named.
pub const PATH: &str = "/etc/undertone/undertone.toml";

/// The configuration. `packaging/undertone.toml` explains every key to people who
/// run the program; flags of the command line override it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Folder of a model bundle; the one inside the program otherwise.
    pub model: Option<PathBuf>,
    /// Print events on stdout.
    pub stdout: bool,
    /// Level of the log; it depends on the socket by default.
    pub log: Option<Level>,
    /// The microphone.
    pub microphone: MicrophoneConfig,
    /// Decisions on windows.
    pub decision: DecisionConfig,
    /// The socket.
    pub socket: SocketConfig,
    /// The switch that closes the microphone.
    pub privacy: PrivacyConfig,
    /// The baseline of the voice.
    pub baseline: BaselineConfig,
    /// Figures for Prometheus.
    pub metrics: MetricsConfig,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            model: None,
            stdout: true,
            log: None,
            microphone: MicrophoneConfig::default(),
            decision: DecisionConfig::default(),
            socket: SocketConfig::default(),
            privacy: PrivacyConfig::default(),
            baseline: BaselineConfig::default(),
            metrics: MetricsConfig::default(),
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
        check::check(&config)?;
        Ok(config)
    }

    /// Reads a configuration from a file.
    ///
    /// # Errors
    /// Those of [`Config::parse`], and [`ConfigError::Unreadable`].
    pub fn read(file: &Path) -> Result<Self, ConfigError> {
        let text = read_text(file).map_err(ConfigError::Unreadable)?;
        Self::parse(&text)
    }

    /// Reads a configuration from a file, if there is one. One that cannot be
    /// read is no reason to do as if nothing were configured.
    ///
    /// # Errors
    /// Those of [`Config::read`].
    pub fn read_if_there(file: &Path) -> Result<Option<Self>, ConfigError> {
        match Self::read(file) {
            Err(ConfigError::Unreadable(error)) if error.kind() == io::ErrorKind::NotFound => {
                Ok(None)
            }
            outcome => outcome.map(Some),
        }
    }

    /// Returns the level of the log, with a socket or without.
    pub fn level(&self, serves: bool) -> Level {
        let default = if serves { Level::Info } else { Level::Warning };
        self.log.unwrap_or(default)
    }

    /// Returns the keys whose change a running program does not follow.
    pub fn needs_restart(&self, next: &Self) -> Vec<&'static str> {
        let mut keys = Vec::new();
        let mut compare = |key, differs: bool| keys.extend(differs.then_some(key));
        compare("model", self.model != next.model);
        compare("stdout", self.stdout != next.stdout);
        compare("[socket]", self.socket != next.socket);
        let state_file = &self.privacy.state_file;
        compare("privacy.state_file", *state_file != next.privacy.state_file);
        compare("[baseline]", self.baseline != next.baseline);
        compare("[metrics]", self.metrics != next.metrics);
        keys
    }
}

#[cfg(test)]
mod tests;

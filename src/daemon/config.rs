//! The configuration file.

use crate::engine::{Settings, hop_frames};
use serde::Deserialize;
use std::io;
use std::path::PathBuf;

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

/// Everything that can be configured. `packaging/undertone.toml` explains it to
/// who runs the program; flags of the command line override it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Folder of a model bundle; the one inside the program otherwise.
    pub model: Option<PathBuf>,
    /// What is listened to.
    pub microphone: MicrophoneConfig,
    /// How windows are decided on.
    pub decision: Decision,
}

/// What is listened to.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MicrophoneConfig {
    /// As `undertone devices` lists it; the system's default otherwise.
    pub device: Option<String>,
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
            ConfigError::Malformed {
                line: 1 + text[..place.min(text.len())].matches('\n').count(),
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
        )
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
mod tests {
    use super::*;

    const EXAMPLE: &str = include_str!("../../packaging/undertone.toml");

    #[test]
    fn the_shipped_example_is_what_holds_without_it() {
        assert_eq!(Config::parse(EXAMPLE).unwrap(), Config::default());
    }

    /// Keys without a default stand in comments, `#key = value`.
    #[test]
    fn what_the_example_suggests_can_be_switched_on() {
        let switched: String = EXAMPLE
            .lines()
            .map(|line| {
                line.strip_prefix('#')
                    .filter(|l| !l.starts_with(' '))
                    .unwrap_or(line)
            })
            .flat_map(|line| [line, "\n"])
            .collect();
        let config = Config::parse(&switched).unwrap();
        assert_ne!(config, Config::default());
        assert!(config.model.is_some() && config.microphone.device.is_some());
    }

    #[test]
    fn mistakes_are_named() {
        let rows = [
            ("\nmodle = \"x\"", "line 2: unknown field `modle`"),
            ("[microphone]\nname = 1", "line 2: unknown field `name`"),
            ("[decision]\nhop = \"soon\"", "line 2: invalid type"),
            ("[decision]\nhop = 0", "decision.hop is 0;"),
            ("[decision]\nhop = nan", "decision.hop is NaN;"),
            (
                "[decision]\nuncertain_below = 2",
                "decision.uncertain_below is 2;",
            ),
            ("[decision", "line 1: "),
        ];
        for (text, start) in rows {
            let error = Config::parse(text).unwrap_err().to_string();
            assert!(error.starts_with(start), "{text:?}: {error}");
            assert!(!error.contains('\n'), "{error:?}");
        }
    }
}

//! Mistakes in a configuration.

use crate::error::{Class, Classified};
use std::io;

/// The reason why a configuration cannot be used. The caller adds which file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// It cannot be read.
    #[error("the configuration cannot be read")]
    Unreadable(#[source] io::Error),
    /// It is no TOML, or holds a key or a type that is not known.
    #[error("line {line}: {reason}; packaging/undertone.toml has every key with its meaning")]
    Malformed {
        /// Line, counted from 1.
        line: usize,
        /// Reason in words, with the key's name.
        reason: String,
    },
    /// A value makes no sense.
    #[error("{key} is {value}; {wanted}")]
    Value {
        /// The key, with its section.
        key: &'static str,
        /// The value.
        value: String,
        /// The values that it may have.
        wanted: &'static str,
    },
}

impl Classified for ConfigError {
    fn class(&self) -> Class {
        Class::Configuration
    }
}

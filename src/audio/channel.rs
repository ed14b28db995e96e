//! The choice of channels.

use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// Which channel of several is heard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Channel {
    /// The mean of all.
    #[default]
    Mix,
    /// One of them, counted from 1.
    Number(u16),
}

impl FromStr for Channel {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "mix" => Ok(Self::Mix),
            "left" => Ok(Self::Number(1)),
            "right" => Ok(Self::Number(2)),
            "each" => Err(
                "each is for recordings alone, with undertone classify; choose left, right, \
                 mix or a channel's number, from 1",
            ),
            number => match number.parse() {
                Ok(number @ 1..) => Ok(Self::Number(number)),
                _ => Err("it must be left, right, mix or a channel's number, from 1"),
            },
        }
    }
}

/// The channels of a recording that are heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channels {
    /// One, or all as one.
    One(Channel),
    /// Each by itself.
    Each,
}

impl FromStr for Channels {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "each" {
            return Ok(Self::Each);
        }
        let channel = text.parse().map(Self::One);
        channel.map_err(|error| format!("{error}; or each"))
    }
}

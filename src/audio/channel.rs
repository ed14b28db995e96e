//! The choice of a recording's channel.

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
            number => match number.parse() {
                Ok(number @ 1..) => Ok(Self::Number(number)),
                _ => Err("it must be left, right, mix or a channel's number, from 1"),
            },
        }
    }
}

//! The part of a recording that its header promises and that is not there.

use std::fmt::{Display, Formatter, Result};

/// Packets and samples that were skipped or not there while a recording was read to
/// its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Damage {
    /// Packets that do not decode.
    pub packets: u64,
    /// Samples a channel that the header of a lossless file promises and the
    /// file does not hold. Lossy formats promise nothing exact.
    pub missing: u64,
}

impl Damage {
    /// Returns `true` if everything was there.
    pub fn is_none(self) -> bool {
        self == Self::default()
    }
}

impl Display for Damage {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        match (self.packets, self.missing) {
            (0, missing) => write!(
                formatter,
                "is cut short: {missing} of the samples that its header promises are not there"
            ),
            (packets, 0) => write!(
                formatter,
                "is damaged: {packets} of its packets do not decode and were skipped"
            ),
            (packets, missing) => write!(
                formatter,
                "is damaged: {packets} of its packets do not decode, and {missing} of the samples that its header promises are not there"
            ),
        }
    }
}

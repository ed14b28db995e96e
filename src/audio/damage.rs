//! What of a recording was lost, guessed or passed over.

use serde::{Deserialize, Serialize};
use std::fmt::{Display, Formatter, Result};

/// What of a recording was lost, guessed or passed over while it was read to its end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Damage {
    /// Packets that do not decode.
    pub packets: u64,
    /// Samples a channel that the header of a lossless file promises and the
    /// file does not hold. Lossy formats promise nothing exact.
    pub missing: u64,
    /// Samples a channel beyond those that the header states.
    pub undeclared: u64,
    /// Bytes among the audio or behind it that are none.
    pub skipped_bytes: u64,
    /// Samples for which the loudest channel stands, because the mean of the channels
    /// had cancelled them.
    pub cancelled: u64,
    /// Further tracks with sound.
    pub other_tracks: u64,
    /// What was taken for true where the header contradicts itself.
    pub assumed: Option<String>,
}

impl Damage {
    /// Returns `true` if everything was there and said so.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

impl Display for Damage {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        let mut clauses = Vec::new();
        match (self.packets, self.missing) {
            (0, 0) => {}
            (0, missing) => clauses.push(format!(
                "is cut short: {missing} of the samples that its header promises are not there"
            )),
            (packets, 0) => clauses.push(format!(
                "is damaged: {packets} of its packets do not decode and were skipped"
            )),
            (packets, missing) => clauses.push(format!(
                "is damaged: {packets} of its packets do not decode, and {missing} of the samples that its header promises are not there"
            )),
        }
        let counted = [
            (
                self.undeclared,
                "is longer than its header says: {} samples more were read",
            ),
            (
                self.skipped_bytes,
                "is not audio throughout: {} bytes were skipped",
            ),
            (
                self.cancelled,
                "is inverted in one channel: for {} samples the loudest channel was taken",
            ),
            (
                self.other_tracks,
                "is of several tracks: {} more were not read",
            ),
        ];
        let counted = counted.iter().filter(|(count, _)| *count > 0);
        clauses.extend(counted.map(|(count, clause)| clause.replace("{}", &count.to_string())));
        if let Some(assumed) = &self.assumed {
            clauses.push(format!(
                "is contradictory in its header: its samples were read as {assumed}"
            ));
        }
        formatter.write_str(&clauses.join("; it "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_it_is_said_in_one_sentence() {
        let damage = Damage {
            packets: 2,
            skipped_bytes: 10,
            assumed: Some("24 bits in the low end of 4 bytes".into()),
            ..Damage::default()
        };
        assert_eq!(
            damage.to_string(),
            "is damaged: 2 of its packets do not decode and were skipped; it is not audio \
             throughout: 10 bytes were skipped; it is contradictory in its header: its samples \
             were read as 24 bits in the low end of 4 bytes"
        );
        assert!(!damage.is_none() && Damage::default().is_none());
    }
}

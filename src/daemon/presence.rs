//! The microphone as the stream's time sees it.

use crate::SAMPLE_RATE;
use std::time::{Duration, Instant};

/// The carrier of the stream's time: samples, or the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    /// No sample has come yet, and none is missing: time stands still.
    Starting,
    /// Samples carry the time. The last came then.
    Hearing { last: Instant },
    /// No sample has come since then, and time goes on by the clock.
    Away { since: Instant },
}

impl Presence {
    /// Takes note that the device has gone: it is away since it was last heard.
    pub fn leave(&mut self, now: Instant) {
        *self = match *self {
            Self::Starting => Self::Away { since: now },
            Self::Hearing { last } => Self::Away { since: last },
            Self::Away { since } => Self::Away { since },
        };
    }

    /// Takes note that so many samples have come. Returns how many were missed
    /// before them, if the device was away.
    pub fn hear(&mut self, samples: usize, now: Instant) -> Option<u64> {
        let before = std::mem::replace(self, Self::Hearing { last: now });
        let Self::Away { since } = before else {
            return None;
        };
        let passed = now.duration_since(since).as_secs_f64() * f64::from(SAMPLE_RATE);
        Some((passed as u64).saturating_sub(samples as u64))
    }

    /// Returns the time that has passed beside the samples.
    pub fn time_away(&self, now: Instant) -> Duration {
        match self {
            Self::Away { since } => now.duration_since(*since),
            _ => Duration::ZERO,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_goes_on_while_the_device_is_away() {
        let begun = Instant::now();
        let at = |seconds| begun + Duration::from_secs(seconds);
        let mut presence = Presence::Starting;
        assert_eq!(presence.time_away(at(9)), Duration::ZERO);
        assert_eq!(presence.hear(960, at(9)), None);
        presence.leave(at(10));
        presence.leave(at(11));
        assert_eq!(presence.time_away(at(12)), Duration::from_secs(3));
        // The samples that come are the newest of those that passed.
        assert_eq!(presence.hear(1000, at(12)), Some(3 * 16_000 - 1000));
        assert_eq!(presence.hear(960, at(13)), None);
    }

    #[test]
    fn a_device_that_never_came_is_away_from_the_start() {
        let begun = Instant::now();
        let mut presence = Presence::Starting;
        presence.leave(begun);
        let minute = Duration::from_mins(1);
        assert_eq!(presence.time_away(begun + minute), minute);
        assert_eq!(presence.hear(960, begun), Some(0), "a gap all the same");
    }
}

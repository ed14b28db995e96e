//! A check that a device delivers at the rate that was asked of it.

use std::time::{Duration, Instant};

/// Time over which a rate is measured.
const SPAN: Duration = Duration::from_secs(10);

/// Time over which one that runs away is.
const SHORT_SPAN: Duration = Duration::from_secs(2);

/// Ratio of rates from which a device runs away: one whose end delivers zeros.
const RUNAWAY: f64 = 3.0;

/// A pause after which it is measured anew: neither a stall nor what arrives in
/// one go after it says anything about the rate.
const PAUSE: Duration = Duration::from_millis(500);

/// Share that a rate may be off: more than any clock, less than any two rates differ.
const TOLERANCE: f64 = 0.15;

/// Counts samples over time. A driver may accept one rate and run at another,
/// and what it delivers is then misread, silently.
pub(super) struct RateCheck {
    asked: f64,
    begun: Option<Instant>,
    last: Option<Instant>,
    samples: usize,
    /// Set where samples are missing that nobody counted.
    holes: bool,
}

impl RateCheck {
    pub fn new(asked: u32) -> Self {
        Self {
            asked: f64::from(asked),
            begun: None,
            last: None,
            samples: 0,
            holes: false,
        }
    }

    /// Takes the number of samples that have arrived, lost or not, and whether the
    /// driver has lost others that nobody counted (`holes`). Returns the true rate,
    /// if it is another. A span with holes can show that it is faster, but not that
    /// it is slower.
    pub fn push(&mut self, now: Instant, samples: usize, holes: bool) -> Option<f64> {
        self.holes |= holes;
        if samples == 0 {
            return None;
        }
        let paused = self
            .last
            .is_none_or(|last| now.duration_since(last) > PAUSE);
        self.last = Some(now);
        let begun = *self.begun.get_or_insert(now);
        if paused || begun == now {
            // What arrives now began to arrive before.
            self.restart(now);
            return None;
        }
        self.samples = self.samples.saturating_add(samples);
        let elapsed = now.duration_since(begun);
        let rate = self.samples as f64 / elapsed.as_secs_f64();
        let runs_away = elapsed >= SHORT_SPAN && rate > RUNAWAY * self.asked;
        if elapsed < SPAN && !runs_away {
            return None;
        }
        let off = rate / self.asked - 1.0;
        let wrong = off > TOLERANCE || off < -TOLERANCE && !self.holes;
        self.restart(now);
        wrong.then_some(rate)
    }

    fn restart(&mut self, now: Instant) {
        (self.begun, self.samples, self.holes) = (Some(now), 0, false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rate as it is found out of a device at `rate` that pauses now and then.
    fn found_out(rate: usize, pause: Duration) -> Option<f64> {
        let mut check = RateCheck::new(16_000);
        let mut now = Instant::now();
        for turn in 0..1000 {
            now += Duration::from_millis(60);
            let mut samples = rate * 60 / 1000;
            if turn % 100 == 99 {
                now += pause;
                samples += (rate as f64 * pause.as_secs_f64()) as usize;
            }
            if let Some(rate) = check.push(now, samples, false) {
                return Some(rate);
            }
        }
        None
    }

    #[test]
    fn another_rate_is_found_out_and_a_pause_is_not_one() {
        for pause in [0, 100, 600, 3000].map(Duration::from_millis) {
            assert_eq!(found_out(16_000, pause), None, "{pause:?}");
        }
        for rate in [8_000, 11_025, 22_050, 44_100, 1_000_000] {
            let found = found_out(rate, Duration::ZERO).unwrap();
            assert!((found / rate as f64 - 1.0).abs() < 0.02, "{found}");
        }
    }

    #[test]
    fn what_the_driver_lost_is_no_other_rate() {
        // A quarter of the samples is lost, now and then, and nobody knows how many.
        let storm = |rate: usize| {
            let mut check = RateCheck::new(16_000);
            let mut now = Instant::now();
            (0..1000).find_map(|turn| {
                now += Duration::from_millis(60);
                let lossy = turn % 4 == 3;
                let samples = if lossy { 0 } else { rate * 60 / 1000 };
                check.push(now, samples, lossy)
            })
        };
        assert_eq!(storm(16_000), None);
        assert!(storm(48_000).is_some(), "too much is too much all the same");
    }
}

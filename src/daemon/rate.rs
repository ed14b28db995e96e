//! Whether a device delivers at the rate that was asked of it.

use std::time::{Duration, Instant};

/// How long is measured, and how long one that runs away.
const SPAN: Duration = Duration::from_secs(10);
const SHORT_SPAN: Duration = Duration::from_secs(2);

/// So many times too fast is running away: a device whose end delivers zeros.
const RUNAWAY: f64 = 3.0;

/// A pause after which it is measured anew: neither a stall nor what arrives in
/// one go after it says anything about the rate.
const PAUSE: Duration = Duration::from_millis(500);

/// How far off it may be: more than any clock, less than any two rates differ.
const TOLERANCE: f64 = 0.15;

/// Counts samples over time. A driver may accept one rate and run at another,
/// and what it delivers is then misread, silently.
pub(super) struct RateCheck {
    asked: f64,
    begun: Option<Instant>,
    last: Option<Instant>,
    samples: usize,
    /// Whether samples are missing that nobody counted.
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

    /// Takes how much has arrived, lost or not, and whether `holes` of unknown
    /// size are in it, where the driver lost samples; the true rate, if it is
    /// another. A span with holes can show that it is faster, but not that it is
    /// slower.
    pub fn take(&mut self, now: Instant, samples: usize, holes: bool) -> Option<f64> {
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
            self.begin(now);
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
        self.begin(now);
        wrong.then_some(rate)
    }

    fn begin(&mut self, now: Instant) {
        (self.begun, self.samples, self.holes) = (Some(now), 0, false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a device at `rate` that pauses now and then is found out.
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
            if let Some(rate) = check.take(now, samples, false) {
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
                check.take(now, samples, lossy)
            })
        };
        assert_eq!(storm(16_000), None);
        assert!(storm(48_000).is_some(), "too much is too much all the same");
    }
}

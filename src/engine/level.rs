//! The input's level, without its DC offset.

use crate::audio::{FULL_SCALE, Pcm};

/// Pole of the DC blocker: −3 dB at 13 Hz at 16 kHz, under any voice.
const POLE: f64 = 0.995;

/// The level of digital silence, in dBFS.
const FLOOR_DBFS: f32 = -144.0;

/// A first-order DC blocker, `y[n] = x[n] - x[n-1] + POLE y[n-1]` (J. O. Smith,
/// "Introduction to Digital Filters", appendix B), and a level meter behind it.
#[derive(Clone, Default)]
pub(super) struct LevelMeter {
    last_input: f64,
    last_output: f64,
    energy: f64,
    samples: u64,
}

impl LevelMeter {
    /// Measures samples and writes them, without offset and within ±1, to `out`.
    pub fn push(&mut self, samples: &[Pcm], out: &mut [f32]) {
        for (&sample, out) in samples.iter().zip(out) {
            let input = f64::from(sample) / f64::from(FULL_SCALE);
            self.last_output = input - self.last_input + POLE * self.last_output;
            self.last_input = input;
            self.energy += self.last_output * self.last_output;
            *out = self.last_output.clamp(-1.0, 1.0) as f32;
        }
        self.samples += samples.len() as u64;
    }

    /// RMS in dBFS since the last call; a full-scale square wave is 0.
    pub fn take(&mut self) -> f32 {
        let mean = self.energy / self.samples.max(1) as f64;
        (self.energy, self.samples) = (0.0, 0);
        if mean > 0.0 {
            ((10.0 * libm::log10(mean)) as f32).max(FLOOR_DBFS)
        } else {
            FLOOR_DBFS
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(signal: impl Fn(usize) -> f64) -> f32 {
        let samples: Vec<Pcm> = (0..32_000)
            .map(|n| (signal(n) * f64::from(FULL_SCALE)) as Pcm)
            .collect();
        let mut meter = LevelMeter::default();
        let mut out = vec![0.0; samples.len()];
        meter.push(&samples[..16_000], &mut out);
        meter.take();
        meter.push(&samples[16_000..], &mut out);
        meter.take()
    }

    #[test]
    fn reads_what_a_meter_would() {
        let sine = |n: usize| (n as f64 * 0.4).sin();
        assert!(
            (level(|n| sine(n) * 0.5) + 9.03).abs() < 0.1,
            "half-scale sine"
        );
        assert!(
            (level(|n| sine(n) * 0.05 + 0.7) + 29.03).abs() < 0.2,
            "offset does not count"
        );
        assert!(level(|_| 0.3) < -100.0, "an offset alone is silence");
        assert!((level(|_| 0.0) - FLOOR_DBFS).abs() < f32::EPSILON);
    }
}

//! Input examples of the `VGGish` audio network.
//!
//! Hershey et al., "CNN architectures for large-scale audio classification"
//! (2017), as `mel_features.py` and `vggish_params.py` in `research/audioset`
//! of TensorFlow's models compute them from audio at 16 kHz.

use super::{MelBank, MelScale, PowerSpectrum};
use crate::dsp::{Framer, Padding};
use heapless::Vec;

/// Sample rate of `VGGish`, in hertz.
pub const VGGISH_RATE: f64 = 16_000.0;
/// Number of mel bands of an example.
pub const VGGISH_BANDS: usize = 64;
/// Number of frames of an example, 10 ms apart.
pub const VGGISH_FRAMES: usize = 96;
/// Range of the mel bands, in hertz.
pub const VGGISH_RANGE: [f64; 2] = [125.0, 7500.0];

/// The network's input: 0.96 s of log-mel frames.
pub type VggishExample = [[f32; VGGISH_BANDS]; VGGISH_FRAMES];

const WINDOW: usize = 400;
const HOP: usize = 160;
const FFT: usize = 512;
/// Offset that is added before the logarithm.
const LOG_OFFSET: f32 = 0.01;

/// A stream's examples, which do not overlap.
///
/// Periodic Hann frames of 25 ms every 10 ms, the first at the first sample,
/// are transformed by 512 points; their magnitudes, not powers, are summed into
/// 64 triangles that are straight in HTK mels from 125 to 7500 Hz; a value is
/// `ln(band + 0.01)`. Frames after the last whole example are dropped.
#[derive(Clone)]
pub struct Vggish {
    framer: Framer<f32, WINDOW>,
    spectrum: PowerSpectrum<FFT>,
    bank: MelBank<FFT, VGGISH_BANDS>,
    /// Frames of the example to come.
    frames: Vec<[f32; VGGISH_BANDS], VGGISH_FRAMES>,
}

impl Vggish {
    /// A front end at the start of a stream.
    pub fn new() -> Self {
        Self {
            framer: Framer::padded(HOP, Padding::None),
            spectrum: PowerSpectrum::windowed::<WINDOW>(),
            bank: MelBank::straight_in_mels(MelScale::Htk, VGGISH_RATE, VGGISH_RANGE),
            frames: Vec::new(),
        }
    }

    /// Takes samples (16 kHz, full scale ±1) and calls `on_example` with each
    /// example they complete.
    pub fn push(&mut self, samples: &[f32], mut on_example: impl FnMut(&VggishExample)) {
        let Self {
            framer,
            spectrum,
            bank,
            frames,
        } = self;
        framer.push(samples, |frame| {
            let fits = frames.push(log_mel(spectrum.of(frame), bank)).is_ok();
            debug_assert!(fits, "a whole example is handed out at once");
            if let Ok(example) = <&VggishExample>::try_from(frames.as_slice()) {
                on_example(example);
                frames.clear();
            }
        });
    }

    /// Forgets the stream and starts a new one.
    pub fn reset(&mut self) {
        self.framer.reset();
        self.frames.clear();
    }
}

impl Default for Vggish {
    fn default() -> Self {
        Self::new()
    }
}

fn log_mel(power: &[f32], bank: &MelBank<FFT, VGGISH_BANDS>) -> [f32; VGGISH_BANDS] {
    let magnitudes: [f32; FFT / 2 + 1] = core::array::from_fn(|bin| libm::sqrtf(power[bin]));
    let mut bands = [0.0; VGGISH_BANDS];
    bank.apply(&magnitudes, &mut bands);
    bands.map(|band| libm::logf(band + LOG_OFFSET))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::float::test_signal::noise;
    use std::f64::consts::TAU;
    use std::vec::Vec;

    /// One frame from the formulas, in f64, with the transform spelled out.
    fn naive(frame: &[f32]) -> Vec<f64> {
        let mel = |hz: f64| 1127.0 * (1.0 + hz / 700.0).ln();
        let magnitude = |k: usize| {
            let (re, im) = frame
                .iter()
                .enumerate()
                .fold((0.0, 0.0), |(re, im), (n, &x)| {
                    let x = f64::from(x) * (0.5 - 0.5 * (TAU * n as f64 / 400.0).cos());
                    let phase = TAU * (k * n) as f64 / 512.0;
                    (re + x * phase.cos(), im - x * phase.sin())
                });
            re.hypot(im)
        };
        let magnitudes: Vec<f64> = (0..=256).map(magnitude).collect();
        let edge = |i: usize| mel(125.0) + (mel(7500.0) - mel(125.0)) * i as f64 / 65.0;
        let weight = |k: usize, band: usize| {
            let (x, [a, b, c]) = (mel(k as f64 * 31.25), [0, 1, 2].map(|i| edge(band + i)));
            ((x - a) / (b - a)).min((c - x) / (c - b)).max(0.0)
        };
        let sum = |band| {
            (1..=256)
                .map(|k| weight(k, band) * magnitudes[k])
                .sum::<f64>()
        };
        (0..VGGISH_BANDS)
            .map(|band| (sum(band) + 0.01).ln())
            .collect()
    }

    #[test]
    fn agrees_with_the_definition() {
        let samples: [f32; 16_000] = noise(11);
        let mut examples = Vec::new();
        let mut vggish = Vggish::new();
        vggish.push(&samples, |example| examples.push(*example));
        assert_eq!(examples.len(), 1);
        for t in [0, 1, 50, 95] {
            let want = naive(&samples[t * HOP..][..WINDOW]);
            for (band, got) in examples[0][t].iter().enumerate() {
                assert!(
                    (f64::from(*got) - want[band]).abs() < 1e-5,
                    "frame {t}, band {band}"
                );
            }
        }
    }

    #[test]
    fn chunks_and_resets_do_not_matter() {
        let samples: [f32; 16_000] = noise(12);
        let mut vggish = Vggish::new();
        let mut bits = Vec::new();
        for chunk in [16_000, 7] {
            vggish.push(&samples[..5000], |_| ());
            vggish.reset();
            for part in samples.chunks(chunk) {
                vggish.push(part, |example| {
                    bits.push(example.map(|f| f.map(f32::to_bits)));
                });
            }
            vggish.reset();
        }
        assert!(bits.len() == 2 && bits[0] == bits[1]);
    }
}

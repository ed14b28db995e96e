//! Signals to test on: the shipped utterance, and noise.

use std::path::{Path, PathBuf};
use undertone::SAMPLE_RATE;
use undertone::audio::{AudioSource, FULL_SCALE, Pcm};

/// A file among the test data.
pub fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(name)
}

/// The synthesised utterance that ships with the repository.
pub fn utterance() -> PathBuf {
    data("synthesised-speech.wav")
}

/// A recording's samples at the model's rate.
pub fn read(file: &Path) -> Vec<Pcm> {
    AudioSource::open(file, SAMPLE_RATE)
        .unwrap()
        .read_to_end()
        .unwrap()
}

/// The root of a signal's mean square.
pub fn rms(raw: &[f64]) -> f64 {
    (raw.iter().map(|x| x * x).sum::<f64>() / raw.len() as f64).sqrt()
}

/// Scales a signal to an RMS level, clipping as a converter would.
pub fn level(raw: &[f64], dbfs: f64) -> Vec<Pcm> {
    let gain = 10_f64.powf(dbfs / 20.0) / rms(raw).max(1e-12) * f64::from(FULL_SCALE);
    raw.iter()
        .map(|x| (x * gain).clamp(-8_388_608.0, 8_388_607.0) as Pcm)
        .collect()
}

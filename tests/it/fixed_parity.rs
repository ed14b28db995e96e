//! The fixed-point front end against the f64 reference, over real speech.
//!
//! `UNDERTONE_SPEECH` names a directory of recordings as raw mono PCM at
//! 16 kHz: `.i32` files of little-endian 32-bit words that hold 24-bit samples.
//! Without it only a synthetic stand-in for speech is compared.

use std::{env, fs, io};
use undertone::dsp::fixed::{LogMel, NETWORK_BANDS, quantize};

#[allow(dead_code, reason = "each user needs a part of it")]
#[path = "../../src/dsp/fixed/reference.rs"]
mod reference;

/// Frames in the network's window, 3 s.
const WINDOW: usize = 188;

/// Cells compared, and by how many steps they differ.
#[derive(Default)]
struct Tally {
    cells: usize,
    unequal: usize,
    largest_step: u8,
}

impl Tally {
    /// Compares every half-overlapping window of a recording.
    fn compare(&mut self, samples: &[i32]) {
        let exact: Vec<f64> = samples
            .iter()
            .map(|&x| f64::from(x) / 8_388_608.0)
            .collect();
        let want = reference::log_mel(&exact, 1024);
        let got = levels(samples);
        assert_eq!(got.len(), want.len());
        for start in (0..got.len()).step_by(WINDOW / 2) {
            let frames = start..got.len().min(start + WINDOW);
            self.window(
                got[frames.clone()].as_flattened(),
                want[frames].as_flattened(),
            );
        }
    }

    fn window(&mut self, got: &[i32], want: &[f64]) {
        let mut cells = vec![0; got.len()];
        quantize(got, &mut cells);
        for (got, want) in cells.iter().zip(reference::quantize(want)) {
            self.cells += 1;
            self.unequal += usize::from(*got != want);
            self.largest_step = self.largest_step.max(got.abs_diff(want));
        }
    }
}

fn levels(samples: &[i32]) -> Vec<[i32; NETWORK_BANDS]> {
    let mut log_mel: LogMel = LogMel::new();
    let mut frames = Vec::new();
    log_mel.push(samples, |frame| frames.push(*frame));
    log_mel.finish(|frame| frames.push(*frame));
    frames
}

fn recordings() -> io::Result<Vec<Vec<i32>>> {
    let Some(folder) = env::var_os("UNDERTONE_SPEECH") else {
        return Ok(Vec::new());
    };
    let mut recordings = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|name| name == "i32") {
            let bytes = fs::read(path)?;
            let words = bytes.as_chunks().0.iter();
            recordings.push(words.map(|word| i32::from_le_bytes(*word)).collect());
        }
    }
    Ok(recordings)
}

/// Syllables of a voice with pauses over a noise floor, at 16 bits.
fn stand_in() -> Vec<i32> {
    let samples = reference::noise(17)
        .take(16_000 * 6)
        .enumerate()
        .map(|(n, noise)| {
            let t = n as f64 / 16_000.0;
            let pitch = std::f64::consts::TAU * (120.0 + 30.0 * (2.0 * t).sin()) * t;
            let voice: f64 = (1..40)
                .map(|k| (pitch * f64::from(k)).sin() / f64::from(k))
                .sum();
            let syllable = (8.0 * t).sin().max(0.0).powi(3);
            0.2 * syllable * voice + 0.001 * noise
        });
    samples
        .map(|x| ((x * 32_768.0).round() as i32) << 8)
        .collect()
}

#[test]
fn network_input_equals_the_reference() {
    let mut tally = Tally::default();
    tally.compare(&stand_in());
    let recordings = recordings().unwrap();
    for samples in &recordings {
        tally.compare(samples);
    }
    let equal = 100.0 - 100.0 * tally.unequal as f64 / tally.cells as f64;
    println!(
        "{} recordings, {} cells: {equal:.4} % equal, largest difference {}",
        recordings.len(),
        tally.cells,
        tally.largest_step
    );
    assert!(equal >= 99.9 && tally.largest_step <= 1);
}

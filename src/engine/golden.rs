//! A model's answer to the test signal, on this machine.

use super::clip_averages;
use super::softmax::softmax;
use super::window::FrameWindow;
use crate::SAMPLE_RATE;
use crate::audio::Pcm;
use crate::dsp::fixed::LogMel;
use crate::model::{Golden, Model, ModelError, Window, sha256};

/// The test signal: three seconds of voice-like pulses, 90 to 250 Hz, over
/// noise, in integer arithmetic alone.
fn test_signal(samples: usize) -> Vec<Pcm> {
    let mut noise = 1_u32;
    let mut phase = 0_u32;
    let mut filtered = 0_i64;
    (0..samples)
        .map(|n| {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            // A sawtooth whose pitch rises and falls, through one pole.
            let glide = (n as u32 / 64) % 320;
            let hertz = 90 + glide.min(320 - glide);
            phase = phase.wrapping_add(hertz * (u32::MAX / SAMPLE_RATE));
            let saw = i64::from(phase as i32) >> 10;
            filtered += (saw - filtered) >> 3;
            (filtered + (i64::from(noise as i32) >> 15)) as Pcm
        })
        .collect()
}

/// Computes the golden values of a model on this machine.
///
/// # Errors
/// [`ModelError`] when the network fails.
pub fn compute_golden(model: &Model) -> Result<Golden, ModelError> {
    let manifest = model.manifest();
    let (signal, features_sha256, logits) = match manifest.window {
        Some(window) => of_window(model, window)?,
        None => of_averages(model)?,
    };
    let bytes: Vec<u8> = signal.iter().flat_map(|s| s.to_le_bytes()).collect();
    Ok(Golden {
        input_sha256: sha256(&bytes),
        features_sha256,
        scores: softmax(&logits, manifest.decision.temperature),
    })
}

/// The test signal, the hash of the network's input, and its logits.
type Answer = (Vec<Pcm>, String, Vec<f32>);

fn of_window(model: &Model, shape: Window) -> Result<Answer, ModelError> {
    let features = &model.manifest().features;
    let signal = test_signal((shape.frames - 1) * features.hop);
    let mut window = FrameWindow::new(shape.frames, features.bands);
    let mut log_mel = Box::<LogMel>::default();
    log_mel.push_with_pitch(&signal, |levels, pitch| window.push(levels, pitch));
    log_mel.finish_with_pitch(|levels, pitch| window.push(levels, pitch));
    let cells = window.cells();
    let logits = model.session()?.logits(cells)?;
    Ok((signal, sha256(cells), logits))
}

fn of_averages(model: &Model) -> Result<Answer, ModelError> {
    let signal = test_signal(clip_averages::SAMPLES);
    let mut extractor = clip_averages::extractor(&model.manifest().features)?;
    extractor.push(&signal);
    let values = extractor.finish().values;
    let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    let logits = model.session()?.logits_of_averages(&values)?;
    Ok((signal, sha256(&bytes), logits))
}

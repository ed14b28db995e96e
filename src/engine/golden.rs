//! A model's answer to the test signal, on this machine.

use super::baseline::Baseline;
use super::clip_averages;
use super::softmax::softmax;
use super::window::FrameWindow;
use crate::SAMPLE_RATE;
use crate::audio::Pcm;
use crate::dsp::fixed::LogMel;
use crate::model::{Golden, Model, ModelError, Window, sha256};

/// The test signal: three seconds of voice-like pulses, 90 to 250 Hz, over
/// noise, in integer arithmetic alone; another for another seed.
fn test_signal(samples: usize, seed: u32) -> Vec<Pcm> {
    let mut noise = seed;
    let mut phase = 0_u32;
    let mut filtered = 0_i64;
    (0..samples)
        .map(|n| {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            // A sawtooth whose pitch rises and falls, through one pole.
            let glide = (n as u32 / 64) % 320;
            let hertz = 89 + seed + glide.min(320 - glide);
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
    match model.manifest().window {
        Some(window) => of_window(model, window),
        None => of_averages(model),
    }
}

/// Seeds of the test signals: the one that is judged, and the one that a baseline is
/// learned from.
const JUDGED: u32 = 1;
const LEARNED: u32 = 41;

fn of_window(model: &Model, shape: Window) -> Result<Golden, ModelError> {
    let signal = test_signal((shape.frames - 1) * model.manifest().features.hop, JUDGED);
    let mut window = window(model, shape, &signal);
    let features_sha256 = sha256(window.cells());
    let golden = |scores| Golden {
        input_sha256: input_sha256(&signal),
        features_sha256,
        scores,
        baseline_scores: None,
        baseline_sums: None,
    };
    let decision = model.manifest().decision;
    let mut session = model.session()?;
    let Some(rule) = &model.manifest().baseline else {
        let logits = session.logits(window.cells())?;
        return Ok(golden(softmax(&logits, decision.temperature)));
    };
    let rows = session.integer_logits(window.cells())?;
    let (baseline, unknown) = (learned(model, shape)?, Baseline::new(rule.offset.len()));
    let against = |baseline: &Baseline| {
        let logits = model.scaled(&baseline.judge(&rows, rule));
        let loud = window.loud(shape.frames);
        softmax(
            &logits,
            decision.temperature_for(loud, baseline.weight(rule)),
        )
    };
    Ok(Golden {
        baseline_scores: Some(against(&baseline)),
        baseline_sums: Some(baseline.sums().to_vec()),
        ..golden(against(&unknown))
    })
}

/// Returns the baseline that a second signal teaches.
fn learned(model: &Model, shape: Window) -> Result<Baseline, ModelError> {
    let signal = test_signal((shape.frames - 1) * model.manifest().features.hop, LEARNED);
    let mut window = window(model, shape, &signal);
    let rows = model.session()?.integer_logits(window.cells())?;
    let labels = model.manifest().labels.len();
    let mut baseline = Baseline::new(labels);
    if let Some(rule) = &model.manifest().baseline {
        let loud = window.loud(shape.frames) as u32;
        baseline.learn(&rows[labels..], loud, rule);
    }
    Ok(baseline)
}

/// Returns the window that holds a signal.
fn window(model: &Model, shape: Window, signal: &[Pcm]) -> FrameWindow {
    let mut window = FrameWindow::new(shape.frames, model.manifest().features.bands);
    let mut log_mel = Box::<LogMel>::default();
    log_mel.push_with_pitch(signal, |levels, pitch| window.push(levels, pitch));
    log_mel.finish_with_pitch(|levels, pitch| window.push(levels, pitch));
    window
}

fn input_sha256(signal: &[Pcm]) -> String {
    let bytes: Vec<u8> = signal.iter().flat_map(|s| s.to_le_bytes()).collect();
    sha256(&bytes)
}

fn of_averages(model: &Model) -> Result<Golden, ModelError> {
    let signal = test_signal(clip_averages::SAMPLES, JUDGED);
    let mut extractor = clip_averages::extractor(&model.manifest().features)?;
    extractor.push(&signal);
    let values = extractor.finish().values;
    let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    let logits = model.session()?.logits_of_averages(&values)?;
    Ok(Golden {
        input_sha256: input_sha256(&signal),
        features_sha256: sha256(&bytes),
        scores: softmax(&logits, model.manifest().decision.temperature),
        baseline_scores: None,
        baseline_sums: None,
    })
}

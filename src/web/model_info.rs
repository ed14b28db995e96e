//! The answer to `/api/model`: which model answers, how good it is, and what this
//! server accepts.

use crate::model::Manifest;
use serde::Serialize;

#[derive(Serialize)]
struct ModelInfo<'a> {
    program: &'static str,
    version: &'static str,
    model: ModelRecord<'a>,
    limits: Limits,
}

#[derive(Serialize)]
struct ModelRecord<'a> {
    name: &'a str,
    version: &'a str,
    sha256: &'a str,
    licence: &'a str,
    training_data: &'a [String],
    labels: &'a [String],
    uncertain_below: f32,
    /// Seconds; `null` of a model that hears recordings whole.
    window: Option<f64>,
    hop: Option<f64>,
    /// Those that training reported.
    metrics: &'a toml::Table,
}

#[derive(Serialize)]
struct Limits {
    bytes: usize,
    seconds: u64,
}

/// Returns the record as JSON.
pub(super) fn model_info(manifest: &Manifest, bytes: usize, seconds: u64) -> Vec<u8> {
    let frame = manifest.features.hop as f64 / f64::from(manifest.features.sample_rate);
    let model = ModelRecord {
        name: &manifest.name,
        version: &manifest.version,
        sha256: &manifest.network.sha256,
        licence: &manifest.licence,
        training_data: &manifest.training_data,
        labels: &manifest.labels,
        uncertain_below: manifest.decision.uncertain_below,
        window: manifest.window.map(|window| window.frames as f64 * frame),
        hop: manifest.window.map(|window| window.hop as f64 * frame),
        metrics: &manifest.metrics,
    };
    let info = ModelInfo {
        program: env!("CARGO_PKG_NAME"),
        version: env!("CARGO_PKG_VERSION"),
        model,
        limits: Limits { bytes, seconds },
    };
    // A manifest came from text and goes back into it.
    serde_json::to_vec(&info).unwrap_or_default()
}

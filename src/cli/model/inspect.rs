//! `undertone model inspect`: what is in a bundle, and what runs.

use super::load;
use crate::cli::output::{bold, is_human, print};
use clap::Args;
use serde_json::json;
use std::fmt::Write;
use std::path::PathBuf;
use undertone::model::{Manifest, Model, Quantization};

/// Show what is in a bundle and what each node of its network runs as
#[derive(Args)]
pub struct Inspect {
    /// The bundle's folder; the one inside the program by default
    folder: Option<PathBuf>,
    /// Print JSON also on a terminal
    #[arg(long)]
    json: bool,
}

impl Inspect {
    pub fn run(self) -> anyhow::Result<()> {
        let model = load(self.folder.as_deref())?;
        let text = if is_human(self.json) {
            text_of(&model)?
        } else {
            format!("{}\n", json_of(&model)?)
        };
        print(text.as_bytes())
    }
}

/// The manifest's word for what the network computes in.
fn numbers(manifest: &Manifest) -> &'static str {
    match manifest.network.quantization {
        Quantization::Float32 => "float32",
        Quantization::Int8 => "int8",
    }
}

fn json_of(model: &Model) -> anyhow::Result<serde_json::Value> {
    let manifest = model.manifest();
    let nodes = model.nodes()?;
    let nodes = nodes.into_iter().map(|node| {
        json!({
            "name": node.name,
            "operator": node.operator,
            "result": node.result,
            "kernel": node.kernel,
            "float": node.is_float,
        })
    });
    Ok(json!({
        "type": "model",
        "name": manifest.name,
        "version": manifest.version,
        "licence": manifest.licence,
        "training_data": manifest.training_data,
        "labels": manifest.labels,
        "quantization": numbers(manifest),
        "sha256": manifest.network.sha256,
        "features": manifest.features.set.name(),
        "window": manifest.window.map(|window| window.frames),
        "hop": manifest.window.map(|window| window.hop),
        "nodes": nodes.collect::<Vec<_>>(),
    }))
}

fn text_of(model: &Model) -> anyhow::Result<String> {
    let manifest = model.manifest();
    let window = manifest.window.map_or_else(
        || "whole recordings".into(),
        |window| format!("{} frames, every {}", window.frames, window.hop),
    );
    let facts = [
        ("licence", manifest.licence.clone()),
        ("trained on", manifest.training_data.join("; ")),
        ("labels", manifest.labels.join(", ")),
        (
            "features",
            format!("{}, {window}", manifest.features.set.name()),
        ),
        ("computes in", numbers(manifest).into()),
        ("SHA-256", manifest.network.sha256.clone()),
    ];
    let mut text = bold(&format!("{} {}\n", manifest.name, manifest.version));
    for (name, value) in facts {
        writeln!(text, "{name:<12} {value}")?;
    }
    text += &bold(&format!(
        "\n{:<26} {:<22} {}\n",
        "operator", "result", "node"
    ));
    for node in model.nodes()? {
        let mark = if node.is_float { " (float)" } else { "" };
        let operator = format!("{}{mark}", node.operator);
        let kernel = node.kernel.map(|kernel| format!(" by {kernel}"));
        let kernel = kernel.unwrap_or_default();
        writeln!(
            text,
            "{operator:<26} {:<22} {}{kernel}",
            node.result, node.name
        )?;
    }
    Ok(text)
}

//! `undertone model inspect`: the contents of a bundle, and the nodes that run.

use super::load;
use crate::cli::output::{bold, is_human, print};
use clap::Args;
use std::fmt::Write;
use std::path::PathBuf;
use undertone::model::{Manifest, Model, Node, Quantization};
use undertone::protocol::{ModelReport, NodeReport, Report};

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

/// By way of a value, whose keys are sorted.
fn json_of(model: &Model) -> anyhow::Result<serde_json::Value> {
    let manifest = model.manifest();
    let node = |node: Node| NodeReport {
        name: node.name,
        operator: node.operator,
        result: node.result,
        kernel: node.kernel,
        float: node.is_float,
    };
    let report = ModelReport {
        name: manifest.name.clone(),
        version: manifest.version.clone(),
        licence: manifest.licence.clone(),
        training_data: manifest.training_data.clone(),
        labels: manifest.labels.clone(),
        quantization: numbers(manifest).into(),
        sha256: manifest.network.sha256.clone(),
        features: manifest.features.set.name().into(),
        window: manifest.window.map(|window| window.frames),
        hop: manifest.window.map(|window| window.hop),
        nodes: model.nodes()?.into_iter().map(node).collect(),
    };
    Ok(serde_json::to_value(Report::Model(report))?)
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

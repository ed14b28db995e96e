//! `undertone model`: bundles.

mod bench;
mod inspect;
mod perf_counter;
pub mod trial;

use crate::cli::output;
use anyhow::Context;
use bench::Bench;
use clap::{Args, Subcommand};
use inspect::Inspect;
use std::io::{Read, stdin};
use std::path::{Path, PathBuf};
use undertone::engine::compute_golden;
use undertone::model::{Bundle, Model, ModelError};

/// Arguments that choose a model.
#[derive(Args, Clone)]
pub struct ModelArgs {
    /// Folder of a model bundle to use instead of the one inside the program
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,
}

impl ModelArgs {
    pub fn load(&self) -> anyhow::Result<Model> {
        self.load_or(None)
    }

    /// Loads the bundle that the configuration names where no flag does.
    pub fn load_or(&self, configured: Option<&Path>) -> anyhow::Result<Model> {
        load(self.model.as_deref().or(configured))
    }
}

/// Loads the bundle of a folder, or the one inside the program.
pub fn load(folder: Option<&Path>) -> anyhow::Result<Model> {
    let Some(folder) = folder else {
        return Ok(Model::load(&Bundle::embedded()?)?);
    };
    let named = || folder.display().to_string();
    trial::survive(folder).with_context(named)?;
    read(folder)
}

fn read(folder: &Path) -> anyhow::Result<Model> {
    Bundle::read(folder)
        .and_then(|bundle| Model::load(&bundle))
        .with_context(|| folder.display().to_string())
}

/// Look into a model bundle, prove it, or time it on this machine
#[derive(Subcommand)]
pub enum Command {
    Inspect(Inspect),
    /// Prove that a bundle is whole and gives its golden values here
    Check {
        /// The bundle's folder; the one inside the program by default
        folder: Option<PathBuf>,
    },
    Bench(Bench),
    /// Print the golden values of a bundle, for the one who makes it
    #[command(hide = true)]
    Golden {
        folder: PathBuf,
    },
    /// Print the logits of windows of cells that come from stdin
    #[command(hide = true)]
    Logits {
        folder: PathBuf,
    },
}

impl Command {
    pub fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Inspect(command) => command.run(),
            Self::Check { folder } => check(folder.as_deref()),
            Self::Bench(command) => command.run(),
            Self::Golden { folder } => {
                let golden = compute_golden(&load(Some(&folder))?)?;
                output::print(&serde_json::to_vec(&golden)?)
            }
            Self::Logits { folder } => logits(&load(Some(&folder))?),
        }
    }
}

fn check(folder: Option<&Path>) -> anyhow::Result<()> {
    let model = load(folder)?;
    let golden = model
        .golden()
        .ok_or_else(|| ModelError::Golden("the bundle has no golden.json".into()))?;
    let manifest = model.manifest();
    let computed = compute_golden(&model)?;
    golden.check(&computed, manifest.network.quantization)?;
    let line = format!(
        "{} {}: manifest, network and golden values are right on this machine\n",
        manifest.name, manifest.version
    );
    output::print(line.as_bytes())
}

fn logits(model: &Model) -> anyhow::Result<()> {
    let manifest = model.manifest();
    let frames = manifest.window.ok_or(ModelError::NoStream)?.frames;
    let mut cells = Vec::new();
    stdin().lock().read_to_end(&mut cells)?;
    let mut session = model.session()?;
    for window in cells.chunks(frames * manifest.features.bands) {
        let mut line = serde_json::to_vec(&session.logits(window)?)?;
        line.push(b'\n');
        output::print(&line)?;
    }
    Ok(())
}

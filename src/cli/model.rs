//! `undertone model`: bundles.

use super::table;
use anyhow::Context;
use clap::{Args, Subcommand};
use std::path::{Path, PathBuf};
use undertone::engine::compute_golden;
use undertone::model::{Bundle, Model, ModelError};

/// Which model a command uses.
#[derive(Args, Clone)]
pub struct Choice {
    /// Folder of a model bundle to use instead of the one inside the program
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,
}

impl Choice {
    pub fn load(&self) -> anyhow::Result<Model> {
        self.load_or(None)
    }

    /// Loads the bundle that the configuration names where no flag does.
    pub fn load_or(&self, configured: Option<&Path>) -> anyhow::Result<Model> {
        load(self.model.as_deref().or(configured))
    }
}

fn load(folder: Option<&Path>) -> anyhow::Result<Model> {
    let Some(folder) = folder else {
        return Ok(Model::load(&Bundle::embedded()?)?);
    };
    Bundle::read(folder)
        .and_then(|bundle| Model::load(&bundle))
        .with_context(|| folder.display().to_string())
}

/// Check a model bundle on this machine
#[derive(Subcommand)]
pub enum Command {
    /// Prove that a bundle is whole and gives its golden values here
    Check {
        /// The bundle's folder; the one inside the program by default
        folder: Option<PathBuf>,
    },
    /// Print the golden values of a bundle, for the one who makes it
    #[command(hide = true)]
    Golden { folder: PathBuf },
}

impl Command {
    pub fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Check { folder } => check(folder.as_deref()),
            Self::Golden { folder } => {
                let golden = compute_golden(&load(Some(&folder))?)?;
                Ok(table::print(&serde_json::to_vec(&golden)?)?)
            }
        }
    }
}

fn check(folder: Option<&Path>) -> anyhow::Result<()> {
    let model = load(folder)?;
    let golden = model
        .golden()
        .ok_or_else(|| ModelError::Golden("the bundle has no golden.json".into()))?;
    golden.check(&compute_golden(&model)?)?;
    let manifest = model.manifest();
    let line = format!(
        "{} {}: manifest, network and golden values are right on this machine\n",
        manifest.name, manifest.version
    );
    Ok(table::print(line.as_bytes())?)
}

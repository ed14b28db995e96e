//! `undertone config`, and the file that `undertone listen` reads.

use super::output;
use anyhow::Context;
use clap::{Args, Subcommand};
use std::path::{Path, PathBuf};
use undertone::daemon::{Config, PATH};

/// Arguments that choose a configuration.
#[derive(Args, Clone)]
pub struct ConfigFile {
    /// Configuration file; /etc/undertone/undertone.toml, if there is one,
    /// otherwise
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl ConfigFile {
    /// The configuration of the named file, or of the system's if there is one.
    pub fn load(&self) -> anyhow::Result<Option<Config>> {
        match &self.config {
            Some(file) => load(file).map(Some),
            None => Config::read_if_there(Path::new(PATH)).context(PATH),
        }
    }
}

fn load(file: &Path) -> anyhow::Result<Config> {
    Config::read(file).with_context(|| file.display().to_string())
}

/// Check a configuration file
#[derive(Subcommand)]
pub enum Command {
    /// Say whether a configuration can be used, and if not, why
    Check {
        /// The file
        #[arg(default_value = PATH)]
        file: PathBuf,
    },
}

impl Command {
    pub fn run(self) -> anyhow::Result<()> {
        let Self::Check { file } = self;
        load(&file)?;
        let line = format!("{}: every key is known and right\n", file.display());
        output::print(line.as_bytes())
    }
}

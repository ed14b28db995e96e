//! `undertone config`, and the file that `undertone listen` reads.

use super::exit::CliError;
use super::{baseline, model, output};
use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use std::path::{Path, PathBuf};
use undertone::daemon::{Config, PATH, Principal};
use undertone::error::Class;
use undertone::publish::check_group;

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

/// The configuration with every key, its meaning and its default.
const EXAMPLE: &str = include_str!("../../packaging/undertone.toml");

/// Check a configuration file, or print an example
#[derive(Subcommand)]
pub enum Command {
    /// Say whether a configuration can be used, and if not, why
    Check {
        /// The file; /etc/undertone/undertone.toml otherwise, or the defaults where that
        /// is not there
        file: Option<PathBuf>,
    },
    /// Print a configuration with every key, what it means, and its default
    Example,
}

impl Command {
    pub fn run(self) -> anyhow::Result<()> {
        let Self::Check { file } = self else {
            return output::print(EXAMPLE.as_bytes());
        };
        let path = file.as_deref().unwrap_or(Path::new(PATH));
        let loaded = ConfigFile {
            config: file.clone(),
        }
        .load()?;
        let there = loaded.is_some();
        check(&loaded.unwrap_or_default()).with_context(|| output::named(path))?;
        let what = if there {
            "every key is known and right, and what it names is there"
        } else {
            "there is no such file, so the defaults hold; `undertone config example` prints them"
        };
        output::print(format!("{}: {what}\n", output::shown(path)).as_bytes())
    }
}

/// Checks what can be known without a microphone and without being the service: the
/// model, the baseline, groups, users, and the folder of figures.
fn check(config: &Config) -> anyhow::Result<()> {
    let model = model::load(config.model.as_deref())?;
    if let Some(file) = config.baseline.enrolled() {
        baseline::load(file, model.manifest())?;
    }
    if let Some(group) = &config.socket.group {
        check_group(group)?;
    }
    let mut named = config.privacy.may_resume.iter();
    if let Some(sentence) = named.find_map(Principal::unknown) {
        bail!(CliError::new(Class::Configuration, sentence));
    }
    let folder = config.metrics.file.as_deref().and_then(Path::parent);
    if let Some(folder) = folder.filter(|folder| !folder.as_os_str().is_empty() && !folder.is_dir())
    {
        let sentence = format!("metrics.file: there is no folder {}", output::shown(folder));
        bail!(CliError::new(Class::Configuration, sentence));
    }
    Ok(())
}

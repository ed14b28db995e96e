//! `undertone completions` and `undertone man`.

use anyhow::Context;
use clap::{Args, Command};
use clap_complete::Shell;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// Print a completion script for a shell
#[derive(Args)]
pub struct Completions {
    shell: Shell,
}

impl Completions {
    pub fn run(self, mut command: Command) -> anyhow::Result<()> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command, "undertone", &mut script);
        super::output::print(&script)
    }
}

/// Print the manual page, or write one for each subcommand
#[derive(Args)]
pub struct Manual {
    /// Folder, made if need be, for the program's page and those of its subcommands
    #[arg(long, value_name = "DIR")]
    into: Option<PathBuf>,
}

impl Manual {
    pub fn run(self, command: Command) -> anyhow::Result<()> {
        if let Some(folder) = self.into {
            return write_pages(command, &folder).with_context(|| folder.display().to_string());
        }
        let mut page = Vec::new();
        clap_mangen::Man::new(command).render(&mut page)?;
        super::output::print(&page)
    }
}

fn write_pages(command: Command, folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    clap_mangen::generate_to(command, folder)
}

//! `undertone completions` and `undertone man`.

use clap::{Args, Command};
use clap_complete::Shell;
use undertone::publish::PublishError;

/// Print a completion script for a shell
#[derive(Args)]
pub struct Completions {
    shell: Shell,
}

impl Completions {
    pub fn run(self, mut command: Command) -> anyhow::Result<()> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command, "undertone", &mut script);
        super::table::print(&script)?;
        Ok(())
    }
}

/// Prints the manual page.
pub fn man(command: Command) -> anyhow::Result<()> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command)
        .render(&mut page)
        .map_err(PublishError::from)?;
    super::table::print(&page)?;
    Ok(())
}

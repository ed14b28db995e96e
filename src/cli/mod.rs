//! The command line: one file a subcommand, which parses, calls and prints.

mod exit;
mod features;
mod inputs;
mod progress;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Hears how something is said.
#[derive(Parser)]
#[command(name = "undertone", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Features(features::Features),
}

/// Runs the program on the process's arguments.
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return exit::usage(&error),
    };
    let outcome = match cli.command {
        Command::Features(command) => command.run(),
    };
    exit::report(outcome)
}

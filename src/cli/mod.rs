//! The command line: one file or folder a subcommand, which parses, calls and prints.

mod baseline;
mod batch;
mod canvas;
mod classify;
mod config;
mod control;
#[cfg(feature = "microphone")]
mod devices;
mod environment;
mod evaluate;
mod exit;
mod features;
mod generate;
mod inputs;
mod listen;
mod model;
mod output;
mod progress;
#[cfg(feature = "web")]
mod token;
mod watch;
#[cfg(feature = "web")]
mod web;

use anyhow::Context;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use std::process::ExitCode;
use undertone::audio::{DECODER_ARGUMENT, decode_requests};

const EXIT_CODES: &str = "\
Exit codes: 0 success, 64 usage, 65 bad audio or list of recordings, 66 no \
such file, 69 no microphone or service, 70 internal error, 74 input or output \
failed, 75 paused, 77 not allowed, 78 bad configuration or model. Of a batch it is the first failure's.

Environment: UNDERTONE_ and a flag's name in capitals stands for the flag, as \
UNDERTONE_SOCKET for --socket; the command line has precedence.";

/// Hears how something is said
///
/// Speech in, emotion out: angry, calm, disgust, fearful, happy, neutral, sad
/// or surprised. Nothing leaves this machine.
#[derive(Parser)]
#[command(name = "undertone", max_term_width = 100, after_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Classify(classify::Classify),
    Listen(listen::Listen),
    Watch(watch::Watch),
    Status(control::ShowStatus),
    Pause(control::Pause),
    Resume(control::Resume),
    #[cfg(feature = "web")]
    Web(web::Web),
    #[cfg(feature = "microphone")]
    Devices(devices::Devices),
    Features(features::Features),
    Evaluate(evaluate::Evaluate),
    #[command(subcommand)]
    Baseline(baseline::Command),
    #[command(subcommand)]
    Model(model::Command),
    #[command(subcommand)]
    Config(config::Command),
    Completions(generate::Completions),
    Man(generate::Manual),
}

/// The program's version and that of the model inside it, which has a licence
/// of its own.
fn version() -> String {
    let model = undertone::model::Bundle::embedded()
        .and_then(|bundle| undertone::model::Manifest::parse(&bundle.manifest));
    match model {
        Ok(model) => format!(
            "{} (MIT OR Apache-2.0)\nmodel {} {} ({})",
            env!("CARGO_PKG_VERSION"),
            model.name,
            model.version,
            model.licence
        ),
        Err(_) => format!(
            "{} (MIT OR Apache-2.0)\nno model inside",
            env!("CARGO_PKG_VERSION")
        ),
    }
}

/// Runs the program on the process's arguments.
pub fn run() -> ExitCode {
    undertone::silence_caught_panics();
    if std::env::args_os()
        .nth(1)
        .is_some_and(|argument| argument == DECODER_ARGUMENT)
    {
        return exit::report(decode_requests().context("no process to decode for"));
    }
    let mut arguments = std::env::args_os().skip(1);
    if arguments
        .next()
        .is_some_and(|argument| argument == model::trial::ARGUMENT)
    {
        let folder = arguments.next().unwrap_or_default();
        return exit::report(model::trial::run(folder.as_ref()));
    }
    let words: Vec<String> = std::env::args_os()
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let command = environment::with_environment(Cli::command().version(version()), &words);
    let matches = command.try_get_matches();
    let cli = match matches.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) => return exit::usage(&error),
    };
    exit::report(match cli.command {
        Command::Classify(command) => command.run(),
        Command::Listen(command) => command.run(),
        Command::Watch(command) => command.run(),
        Command::Status(command) => command.run(),
        Command::Pause(command) => command.run(),
        Command::Resume(command) => command.run(),
        #[cfg(feature = "web")]
        Command::Web(command) => command.run(),
        #[cfg(feature = "microphone")]
        Command::Devices(command) => command.run(),
        Command::Features(command) => command.run(),
        Command::Evaluate(command) => command.run(),
        Command::Baseline(command) => command.run(),
        Command::Model(command) => command.run(),
        Command::Config(command) => command.run(),
        Command::Completions(command) => command.run(Cli::command()),
        Command::Man(command) => command.run(Cli::command()),
    })
}

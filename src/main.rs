//! The `undertone` command. See `undertone --help`.

mod cli;

fn main() -> std::process::ExitCode {
    cli::run()
}

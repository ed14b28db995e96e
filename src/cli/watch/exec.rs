//! A command that is run at each change of state.

use std::io::{self, Write};
use std::process::{Command, Stdio};
use undertone::protocol::Message;
use undertone::system::{Level, log};

/// Runs a shell's command for one change after another.
pub struct OnChange {
    command: String,
    /// When the last change was, which a service repeats to who connects again.
    last: Option<String>,
}

impl OnChange {
    /// A command for `sh -c`.
    pub fn new(command: String) -> Self {
        let last = None;
        Self { command, last }
    }

    /// Runs the command if a message is a change that is new, and waits for its end. The
    /// line is on its stdin, and its keys are in its environment. A command that fails
    /// is logged.
    pub fn take(&mut self, message: &Message) {
        let Message::Change {
            from,
            to,
            since,
            time,
        } = message
        else {
            return;
        };
        if self.last.as_ref() == Some(time) {
            return;
        }
        self.last = Some(time.clone());
        let environment = [
            ("UNDERTONE_FROM", from.clone()),
            ("UNDERTONE_TO", to.clone()),
            ("UNDERTONE_SINCE", since.to_string()),
            ("UNDERTONE_TIME", time.clone()),
        ];
        match self.run(environment, &message.to_line()) {
            Ok(status) if status.success() => (),
            Ok(status) => log(Level::Warning, format!("{}: {status}", self.command)),
            Err(error) => log(Level::Warning, format!("{}: {error}", self.command)),
        }
    }

    fn run(
        &self,
        environment: [(&str, String); 4],
        line: &str,
    ) -> io::Result<std::process::ExitStatus> {
        let mut child = Command::new("sh")
            .arg("-c")
            .arg(&self.command)
            .envs(environment)
            .stdin(Stdio::piped())
            .spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            // A command need not read it.
            let _ = stdin.write_all(line.as_bytes());
        }
        child.wait()
    }
}

//! The readers of a stream: stdout's, and the socket's.

use crate::error::with_causes;
use crate::protocol::{Line, Message};
use crate::publish::{Broadcaster, PublishError, StdoutWriter};
use crate::system::{Level, log};

/// The destinations of messages: stdout, a socket, or both.
pub struct Outputs {
    /// `None` also after its reader has closed it while the socket goes on.
    stdout: Option<StdoutWriter>,
    socket: Option<Broadcaster>,
}

impl Outputs {
    /// Outputs that go there.
    pub fn new(stdout: Option<StdoutWriter>, socket: Option<Broadcaster>) -> Self {
        Self { stdout, socket }
    }

    /// Returns `true` while anybody can read: always with a socket, and otherwise
    /// until the reader of stdout has closed it.
    pub fn has_readers(&self) -> bool {
        self.socket.is_some() || self.stdout.as_ref().is_some_and(StdoutWriter::has_reader)
    }

    /// Publishes a message. A stdout that nobody reads, or that is full, is left
    /// where there is a socket.
    ///
    /// # Errors
    /// [`PublishError`] when the socket's thread is no more.
    pub fn send(&mut self, message: &Message) -> Result<(), PublishError> {
        let line = Line::from(message);
        if let Some(socket) = &self.socket {
            socket.send(line.clone())?;
        }
        let Some(stdout) = &self.stdout else {
            return Ok(());
        };
        stdout.send(line.text);
        if self.socket.is_some() && !stdout.has_reader() {
            self.leave_stdout();
        }
        Ok(())
    }

    fn leave_stdout(&mut self) {
        let outcome = self.stdout.take().map(StdoutWriter::finish);
        if let Some(Err(error)) = outcome {
            let error = with_causes(&error);
            log(
                Level::Warning,
                format!("stdout: {error}; the socket goes on"),
            );
        }
    }

    /// Writes what is left, and ends.
    ///
    /// # Errors
    /// [`PublishError`] when stdout cannot be written; that it was closed is none.
    pub fn finish(mut self) -> Result<(), PublishError> {
        // Readers of the socket are told first: they need not wait for stdout.
        drop(self.socket.take());
        match self.stdout.take().map(StdoutWriter::finish) {
            None | Some(Err(PublishError::Closed)) => Ok(()),
            Some(outcome) => outcome,
        }
    }
}

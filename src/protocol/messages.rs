//! The reading end of the event stream.

use super::MAX_LINE;
use super::message::Message;
use std::io::{BufRead, Read};

/// The messages of a stream, until it ends. Lines that this version does not know
/// are skipped.
///
/// ```no_run
/// use std::io::BufReader;
/// use std::os::unix::net::UnixStream;
/// use undertone::protocol::{Message, Messages, SOCKET};
///
/// let socket = UnixStream::connect(SOCKET)?;
/// for message in Messages::new(BufReader::new(socket)) {
///     if let Message::Change { to, time, .. } = message {
///         println!("{time} {to}");
///     }
/// }
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Messages<R> {
    reader: R,
    line: Vec<u8>,
}

impl<R: BufRead> Messages<R> {
    /// Messages from a connection, a pipe or a file.
    pub fn new(reader: R) -> Self {
        let line = Vec::new();
        Self { reader, line }
    }
}

impl<R: BufRead> Iterator for Messages<R> {
    type Item = Message;

    /// Waits for the next message; `None` when the stream has ended or failed, or
    /// a line is longer than [`MAX_LINE`].
    fn next(&mut self) -> Option<Message> {
        loop {
            self.line.clear();
            let mut bounded = self.reader.by_ref().take(MAX_LINE as u64);
            bounded.read_until(b'\n', &mut self.line).ok()?;
            if !self.line.ends_with(b"\n") {
                return None;
            }
            match serde_json::from_slice(&self.line) {
                Err(_) | Ok(Message::Unknown) => (),
                Ok(message) => return Some(message),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_understood_is_skipped() {
        let stream = "x\n{\"type\":\"novelty\"}\n\n[1,2]\n\
                      {\"type\":\"dropped\",\"dropped\":1}\n\
                      {\"type\":\"hello\",\"labels\":7}\n\
                      {\"type\":\"dropped\",\"dropped\":2}\n{\"type\":";
        let dropped: Vec<Message> = Messages::new(stream.as_bytes()).collect();
        assert_eq!(dropped, [1, 2].map(|dropped| Message::Dropped { dropped }));
    }

    #[test]
    fn a_line_without_end_ends_the_stream() {
        let endless = std::io::repeat(b' ');
        let mut messages = Messages::new(std::io::BufReader::new(endless));
        assert!(messages.next().is_none());
        assert!(messages.line.len() <= MAX_LINE);
    }
}

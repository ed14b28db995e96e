//! The bytes of a recording, with a look ahead.

use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use symphonia::core::io::MediaSource;

/// Bytes that are read from the source at once.
const READ: usize = 32 << 10;

/// A file or a pipe that can be looked into before it is read. Its positions count
/// from where it [begins](Input::begin_here), so that what stands before a container
/// is not there for who reads on.
pub(super) struct Input {
    source: Box<dyn MediaSource>,
    /// Position in the source at which this begins.
    base: u64,
    /// Position from `base` of the next byte to hand out.
    position: u64,
    /// Position from `base` at which this ends before the source does.
    end: Option<u64>,
    /// Bytes that were read ahead; those before `taken` have been handed out.
    ahead: Vec<u8>,
    taken: usize,
}

impl Input {
    pub(super) fn new(source: Box<dyn MediaSource>) -> Self {
        Self {
            source,
            base: 0,
            position: 0,
            end: None,
            ahead: Vec::new(),
            taken: 0,
        }
    }

    /// Returns the next `count` bytes, fewer at the end, and leaves them there.
    pub(super) fn peek(&mut self, count: usize) -> io::Result<&[u8]> {
        if self.ahead.len() - self.taken < count {
            self.ahead.drain(..self.taken);
            self.taken = 0;
            while self.ahead.len() < count && self.fill(READ.max(count - self.ahead.len()))? > 0 {}
        }
        let end = self.ahead.len().min(self.taken + count);
        Ok(&self.ahead[self.taken..end])
    }

    /// Reads at most `count` bytes from the source; returns how many.
    fn fill(&mut self, count: usize) -> io::Result<usize> {
        let before = self.ahead.len();
        self.ahead.resize(before + count, 0);
        let outcome = read_some(&mut self.source, &mut self.ahead[before..]);
        self.ahead
            .truncate(before + outcome.as_ref().map_or(0, |&read| read));
        outcome
    }

    /// Goes so many bytes on, or to the end; returns how many were there.
    pub(super) fn skip(&mut self, count: u64) -> io::Result<u64> {
        let at_hand = (self.ahead.len() - self.taken) as u64;
        if count <= at_hand {
            self.taken += count as usize;
            self.position += count;
            return Ok(count);
        }
        if let Some(left) = self.left() {
            let skipped = count.min(left);
            self.seek(SeekFrom::Current(skipped as i64))?;
            return Ok(skipped);
        }
        let mut skipped = 0;
        while skipped < count {
            let step = (count - skipped).min(READ as u64) as usize;
            let there = self.peek(step)?.len();
            if there == 0 {
                break;
            }
            self.taken += there;
            self.position += there as u64;
            skipped += there as u64;
        }
        Ok(skipped)
    }

    /// Takes the next `count` bytes, fewer at the end.
    pub(super) fn take(&mut self, count: usize) -> io::Result<Vec<u8>> {
        let bytes = self.peek(count)?.to_vec();
        self.skip(bytes.len() as u64)?;
        Ok(bytes)
    }

    /// Makes the next byte the first.
    pub(super) fn begin_here(&mut self) {
        self.base += self.position;
        self.position = 0;
    }

    /// Makes this end at a position, for who reads on and asks for its length.
    pub(super) fn end_at(&mut self, position: u64) {
        self.end = Some(position);
    }

    /// The position of the next byte.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// The number of bytes from here to the end, where it is known.
    pub(super) fn left(&self) -> Option<u64> {
        let length = self.byte_len().filter(|_| self.is_seekable())?;
        Some(length.saturating_sub(self.position))
    }

    /// Holds the whole of a pipe in memory, so that it can be read back and forth.
    /// `None` if it is longer than `limit` bytes.
    pub(super) fn in_memory(mut self, limit: usize) -> io::Result<Option<Self>> {
        if self.is_seekable() {
            return Ok(Some(self));
        }
        let mut bytes = self.ahead.split_off(self.taken);
        let rest = (limit + 1).saturating_sub(bytes.len()) as u64;
        self.source.take(rest).read_to_end(&mut bytes)?;
        let fits = bytes.len() <= limit;
        Ok(fits.then(|| Self::new(Box::new(io::Cursor::new(bytes)))))
    }
}

fn read_some(source: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match source.read(buffer) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            outcome => return outcome,
        }
    }
}

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = self
            .end
            .map_or(u64::MAX, |end| end.saturating_sub(self.position));
        let count = buffer
            .len()
            .min(usize::try_from(most).unwrap_or(usize::MAX));
        let buffer = &mut buffer[..count];
        let at_hand = &self.ahead[self.taken..];
        let read = if at_hand.is_empty() {
            read_some(&mut self.source, buffer)?
        } else {
            let count = at_hand.len().min(buffer.len());
            buffer[..count].copy_from_slice(&at_hand[..count]);
            self.taken += count;
            count
        };
        self.position += read as u64;
        Ok(read)
    }
}

impl Seek for Input {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
            SeekFrom::End(by) => self
                .byte_len()
                .and_then(|length| length.checked_add_signed(by)),
        };
        let target = target.ok_or(ErrorKind::InvalidInput)?;
        let source = target
            .checked_add(self.base)
            .ok_or(ErrorKind::InvalidInput)?;
        self.source.seek(SeekFrom::Start(source))?;
        self.ahead.clear();
        self.taken = 0;
        self.position = target;
        Ok(target)
    }
}

impl MediaSource for Input {
    fn is_seekable(&self) -> bool {
        self.source.is_seekable()
    }

    fn byte_len(&self) -> Option<u64> {
        let length = self.source.byte_len()?.saturating_sub(self.base);
        Some(length.min(self.end.unwrap_or(u64::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;
    use symphonia::core::io::ReadOnlySource;

    fn inputs(bytes: &[u8]) -> [Input; 2] {
        let file = Cursor::new(bytes.to_vec());
        let pipe = ReadOnlySource::new(Cursor::new(bytes.to_vec()));
        [Input::new(Box::new(file)), Input::new(Box::new(pipe))]
    }

    #[test]
    fn a_look_ahead_leaves_what_it_sees() {
        let bytes: Vec<u8> = (0..200_000).map(|n| (n % 251) as u8).collect();
        for mut input in inputs(&bytes) {
            assert_eq!(input.peek(5).unwrap(), &bytes[..5]);
            assert_eq!(input.skip(70_000).unwrap(), 70_000);
            assert_eq!(input.peek(40_000).unwrap(), &bytes[70_000..110_000]);
            input.skip(3).unwrap();
            input.begin_here();
            assert_eq!(input.position(), 0);
            let mut rest = Vec::new();
            input.read_to_end(&mut rest).unwrap();
            assert_eq!(rest, &bytes[70_003..]);
            assert_eq!(input.skip(9).unwrap(), 0);
        }
    }

    #[test]
    fn a_pipe_in_memory_is_what_was_left_of_it() {
        let bytes = b"TAGSRIFF".repeat(9000);
        for mut input in inputs(&bytes) {
            input.peek(50_000).unwrap();
            input.skip(4).unwrap();
            input.begin_here();
            let mut input = input.in_memory(1 << 20).unwrap().unwrap();
            input.seek(SeekFrom::Start(4)).unwrap();
            assert_eq!(input.peek(4).unwrap(), b"TAGS");
            assert_eq!(input.left(), Some(bytes.len() as u64 - 8));
        }
        let [_, pipe] = inputs(&bytes);
        assert!(pipe.in_memory(100).unwrap().is_none());
    }
}

//! Bytes from a client, cut into lines of a bounded length.

/// Bytes of the longest line that is taken, its end included.
const MAX_REQUEST: usize = 1024;

/// The beginning of a line whose end has not come yet.
#[derive(Default)]
pub(super) struct LineBuffer {
    line: Vec<u8>,
    /// True within a line that is too long, whose rest is thrown away.
    skipping: bool,
}

/// A line without its end, or the mark of one that is too long.
pub(super) type Line<'a> = Result<&'a [u8], TooLong>;

/// A line longer than [`MAX_REQUEST`].
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooLong;

impl LineBuffer {
    /// Takes bytes and calls `on_line` for each line they complete, and
    /// again and again while a line that is too long goes on.
    pub fn push(&mut self, bytes: &[u8], mut on_line: impl FnMut(Line)) {
        for part in bytes.split_inclusive(|&byte| byte == b'\n') {
            for piece in part.chunks(MAX_REQUEST) {
                self.push_piece(piece, &mut on_line);
            }
        }
    }

    fn push_piece(&mut self, piece: &[u8], on_line: &mut impl FnMut(Line)) {
        self.line.extend_from_slice(piece);
        let ends = piece.ends_with(b"\n");
        if ends && !self.skipping && self.line.len() <= MAX_REQUEST {
            let line = self.line.trim_ascii();
            if !line.is_empty() {
                on_line(Ok(line));
            }
            self.line.clear();
        } else if self.line.len() > MAX_REQUEST {
            on_line(Err(TooLong));
            self.line.clear();
            self.skipping = true;
        }
        if ends {
            self.line.clear();
            self.skipping = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(stream: &[u8], chunk: usize) -> Vec<Result<Vec<u8>, TooLong>> {
        let mut buffer = LineBuffer::default();
        let mut lines = Vec::new();
        for bytes in stream.chunks(chunk) {
            buffer.push(bytes, |line| lines.push(line.map(<[u8]>::to_vec)));
        }
        assert!(buffer.line.capacity() <= 4 * MAX_REQUEST);
        lines
    }

    #[test]
    fn lines_come_whole_however_they_are_cut() {
        let long = [b'x'; MAX_REQUEST + 1];
        let stream = [b"one\r\n\n  \ntwo\n".as_slice(), &long, b"y\nthree\nno end"].concat();
        for chunk in [1, 2, 7, 1023, 1024, 1025, 9999] {
            let found = lines(&stream, chunk);
            let want = [Ok(&b"one"[..]), Ok(b"two"), Err(TooLong), Ok(b"three")];
            let want: Vec<_> = want.map(|line| line.map(<[u8]>::to_vec)).into();
            assert_eq!(found, want, "{chunk}");
        }
    }

    #[test]
    fn a_flood_without_lines_is_noticed_again_and_again() {
        let found = lines(&[b'x'; 10 * MAX_REQUEST], 4096);
        assert!((4..=10).contains(&found.len()), "{}", found.len());
        assert!(found.iter().all(Result::is_err));
    }
}

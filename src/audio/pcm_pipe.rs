//! Headerless PCM from a pipe, as `arecord -t raw -f S16_LE` writes it.

use super::{AudioError, Pcm, Resampler};
use std::io::{ErrorKind, Read};

/// Reads mono signed 16-bit little-endian samples and converts their rate.
pub struct RawReader<R> {
    pipe: R,
    bytes: Vec<u8>,
    /// Bytes of a sample that the last read cut in two.
    pending: usize,
    native: Vec<Pcm>,
    resampler: Resampler,
}

impl<R: Read> RawReader<R> {
    /// Reads `from` hertz out of `pipe` and delivers `to` hertz.
    ///
    /// # Errors
    /// [`AudioError::SampleRate`] when `from` is out of range.
    pub fn new(pipe: R, from: u32, to: u32) -> Result<Self, AudioError> {
        let resampler = Resampler::new(from, to)?;
        Ok(Self {
            pipe,
            bytes: vec![0; 4096],
            pending: 0,
            native: Vec::new(),
            resampler,
        })
    }

    /// Waits for input and appends it to `out`; `false` at its end.
    ///
    /// # Errors
    /// [`AudioError::Io`] when the pipe fails.
    pub fn read(&mut self, out: &mut Vec<Pcm>) -> Result<bool, AudioError> {
        let read = match self.pipe.read(&mut self.bytes[self.pending..]) {
            Ok(0) => {
                self.resampler.finish(out);
                return Ok(false);
            }
            Ok(read) => read,
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(true),
            Err(error) => return Err(AudioError::Io(error)),
        };
        let available = self.pending + read;
        let whole = available & !1;
        self.native.clear();
        self.native.extend(
            self.bytes[..whole]
                .chunks_exact(2)
                .map(|pair| Pcm::from(i16::from_le_bytes([pair[0], pair[1]])) << 8),
        );
        self.bytes.copy_within(whole..available, 0);
        self.pending = available - whole;
        self.resampler.push(&self.native, out);
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hands out one byte a read, the worst that a pipe may do.
    struct Dribble(Vec<u8>);

    impl Read for Dribble {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let n = usize::from(!self.0.is_empty() && !buffer.is_empty());
            buffer[..n].copy_from_slice(&self.0.drain(..n).collect::<Vec<_>>());
            Ok(n)
        }
    }

    #[test]
    fn samples_survive_any_split() {
        let samples = [0_i16, 1, -1, i16::MAX, i16::MIN, 300];
        let bytes = samples
            .iter()
            .flat_map(|sample| sample.to_le_bytes())
            .collect();
        let mut reader = RawReader::new(Dribble(bytes), 16_000, 16_000).unwrap();
        let mut out = Vec::new();
        while reader.read(&mut out).unwrap() {}
        assert_eq!(out, samples.map(|sample| Pcm::from(sample) << 8));
    }
}

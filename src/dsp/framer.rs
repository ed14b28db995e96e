//! Cuts a stream of samples into overlapping frames.

use heapless::Vec;

/// Collects samples and hands out every frame of `WINDOW` samples, `HOP` apart.
///
/// Framing is centred as in `librosa.stft(center=True, pad_mode="constant")`:
/// `WINDOW / 2` zeros stand before the first sample and, at [`finish`], after
/// the last, so that frame `t` is centred on sample `t * HOP` and `n` samples
/// give `1 + n / HOP` frames.
///
/// [`finish`]: Framer::finish
#[derive(Clone)]
pub struct Framer<T, const WINDOW: usize, const HOP: usize> {
    buffer: Vec<T, WINDOW>,
}

impl<T: Copy + Default, const WINDOW: usize, const HOP: usize> Framer<T, WINDOW, HOP> {
    /// A framer at the start of a stream.
    pub fn new() -> Self {
        const { assert!(HOP > 0 && HOP <= WINDOW && WINDOW.is_multiple_of(2)) };
        let mut framer = Self { buffer: Vec::new() };
        framer.reset();
        framer
    }

    /// Forgets the stream and starts a new one.
    pub fn reset(&mut self) {
        self.buffer.clear();
        self.extend(&[T::default(); WINDOW][..WINDOW / 2]);
    }

    /// Takes the next samples and calls `on_frame` for each frame they complete.
    pub fn push(&mut self, mut samples: &[T], mut on_frame: impl FnMut(&[T; WINDOW])) {
        while !samples.is_empty() {
            let (now, later) = samples.split_at(samples.len().min(WINDOW - self.buffer.len()));
            self.extend(now);
            samples = later;
            if let Ok(frame) = <&[T; WINDOW]>::try_from(self.buffer.as_slice()) {
                on_frame(frame);
                self.buffer.copy_within(HOP.., 0);
                self.buffer.truncate(WINDOW - HOP);
            }
        }
    }

    /// Ends the stream: emits the frames whose centre lies inside it, and resets.
    pub fn finish(&mut self, on_frame: impl FnMut(&[T; WINDOW])) {
        self.push(&[T::default(); WINDOW][..WINDOW / 2], on_frame);
        self.reset();
    }

    fn extend(&mut self, samples: &[T]) {
        let fits = self.buffer.extend_from_slice(samples).is_ok();
        debug_assert!(fits, "callers never offer more than the free space");
    }
}

impl<T: Copy + Default, const WINDOW: usize, const HOP: usize> Default for Framer<T, WINDOW, HOP> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(stream: &[i32], chunk: usize) -> std::vec::Vec<[i32; 8]> {
        let mut framer = Framer::<i32, 8, 4>::new();
        let mut out = std::vec::Vec::new();
        for part in stream.chunks(chunk) {
            framer.push(part, |frame| out.push(*frame));
        }
        framer.finish(|frame| out.push(*frame));
        out
    }

    #[test]
    fn frames_are_centred_and_count_as_librosas() {
        let stream: std::vec::Vec<i32> = (1..=21).collect();
        let got = frames(&stream, 21);
        assert_eq!(got.len(), 1 + 21 / 4);
        assert_eq!(got[0], [0, 0, 0, 0, 1, 2, 3, 4]);
        assert_eq!(got[5], [17, 18, 19, 20, 21, 0, 0, 0]);
    }

    #[test]
    fn chunking_does_not_matter() {
        let stream: std::vec::Vec<i32> = (1..=103).collect();
        for chunk in 1..=40 {
            assert_eq!(
                frames(&stream, chunk),
                frames(&stream, 103),
                "chunks of {chunk}"
            );
        }
    }
}

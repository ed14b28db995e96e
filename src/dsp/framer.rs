//! The framing of a stream of samples.

use heapless::Vec;

/// The padding before the first sample of a stream and after its last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Padding {
    /// Nothing: frame `t` starts at sample `t * hop`, as with librosa's
    /// `center=False`.
    None,
    /// Half a window of zeros, so that frame `t` is centred on sample
    /// `t * hop`: librosa's `center=True, pad_mode="constant"`.
    Zeros,
    /// Half a window of the first sample, or of the last: librosa's
    /// `center=True, pad_mode="edge"`.
    Edge,
}

/// A stream's overlapping frames of `WINDOW` samples, `hop` apart.
///
/// Framing is centred in zeros as in `librosa.stft` unless another [`Padding`]
/// is asked for: `WINDOW / 2` zeros stand before the first sample and, at
/// [`finish`], after the last, so that frame `t` is centred on sample `t * hop`
/// and `n` samples give `1 + n / hop` frames.
///
/// [`finish`]: Framer::finish
#[derive(Clone)]
pub struct Framer<T, const WINDOW: usize> {
    buffer: Vec<T, WINDOW>,
    hop: usize,
    padding: Padding,
    /// The last sample taken, if the stream has begun.
    last: Option<T>,
}

impl<T: Copy + Default, const WINDOW: usize> Framer<T, WINDOW> {
    /// Makes a framer at the start of a stream centred in zeros.
    pub fn new(hop: usize) -> Self {
        Self::padded(hop, Padding::Zeros)
    }

    /// Makes a framer at the start of a stream. Frames lie at least one sample and at
    /// most a window apart: other hops are taken for the nearest of these.
    pub fn padded(hop: usize, padding: Padding) -> Self {
        const { assert!(WINDOW > 0 && WINDOW.is_multiple_of(2)) };
        Self {
            buffer: Vec::new(),
            hop: hop.clamp(1, WINDOW),
            padding,
            last: None,
        }
    }

    /// Forgets the stream and starts a new one.
    pub fn reset(&mut self) {
        *self = Self::padded(self.hop, self.padding);
    }

    /// Takes the next samples and calls `on_frame` for each frame they complete.
    pub fn push(&mut self, mut samples: &[T], mut on_frame: impl FnMut(&[T; WINDOW])) {
        if let (None, Some(first)) = (self.last, samples.first()) {
            let (pad, length) = self.pad(*first);
            self.extend(&[pad; WINDOW][..length]);
        }
        self.last = samples.last().copied().or(self.last);
        while !samples.is_empty() {
            let (now, later) = samples.split_at(samples.len().min(WINDOW - self.buffer.len()));
            self.extend(now);
            samples = later;
            if let Ok(frame) = <&[T; WINDOW]>::try_from(self.buffer.as_slice()) {
                on_frame(frame);
                self.buffer.copy_within(self.hop.., 0);
                self.buffer.truncate(WINDOW - self.hop);
            }
        }
    }

    /// Ends the stream: emits the frames whose centre lies inside it (with
    /// [`Padding::None`] all have been), and resets.
    pub fn finish(&mut self, on_frame: impl FnMut(&[T; WINDOW])) {
        let (pad, length) = self.pad(self.last.unwrap_or_default());
        self.push(&[pad; WINDOW][..length], on_frame);
        self.reset();
    }

    /// The padding beside the sample at an `edge`: its value and length.
    fn pad(&self, edge: T) -> (T, usize) {
        match self.padding {
            Padding::None => (T::default(), 0),
            Padding::Zeros => (T::default(), WINDOW / 2),
            Padding::Edge => (edge, WINDOW / 2),
        }
    }

    fn extend(&mut self, samples: &[T]) {
        let fits = self.buffer.extend_from_slice(samples).is_ok();
        debug_assert!(fits, "callers never offer more than the free space");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(stream: &[i32], chunk: usize, padding: Padding) -> std::vec::Vec<[i32; 8]> {
        let mut framer = Framer::<i32, 8>::padded(4, padding);
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
        let got = frames(&stream, 21, Padding::Zeros);
        assert_eq!(got.len(), 1 + 21 / 4);
        assert_eq!(got[0], [0, 0, 0, 0, 1, 2, 3, 4]);
        assert_eq!(got[5], [17, 18, 19, 20, 21, 0, 0, 0]);
    }

    #[test]
    fn edges_may_continue_or_stand_alone() {
        let stream: std::vec::Vec<i32> = (1..=21).collect();
        let edge = frames(&stream, 21, Padding::Edge);
        assert_eq!(edge.len(), 1 + 21 / 4);
        assert_eq!(edge[0], [1, 1, 1, 1, 1, 2, 3, 4]);
        assert_eq!(edge[5], [17, 18, 19, 20, 21, 21, 21, 21]);
        let alone = frames(&stream, 21, Padding::None);
        assert_eq!(alone.len(), 1 + (21 - 8) / 4);
        assert_eq!(alone[0], [1, 2, 3, 4, 5, 6, 7, 8]);
    }

    #[test]
    fn impossible_hops_are_the_nearest_possible() {
        let count = |hop| {
            let (mut framer, mut count) = (Framer::<i32, 8>::padded(hop, Padding::None), 0);
            framer.push(&[0; 24], |_| count += 1);
            count
        };
        assert_eq!([0, 1, 8, 9].map(count), [17, 17, 3, 3]);
    }

    #[test]
    fn an_empty_stream_is_one_frame_of_zeros_as_librosas() {
        assert_eq!(frames(&[], 1, Padding::Zeros), [[0; 8]]);
        assert!(frames(&[], 1, Padding::None).is_empty());
    }

    #[test]
    fn chunking_does_not_matter() {
        let stream: std::vec::Vec<i32> = (1..=103).collect();
        for padding in [Padding::None, Padding::Zeros, Padding::Edge] {
            let whole = frames(&stream, 103, padding);
            for chunk in 1..=40 {
                assert_eq!(
                    frames(&stream, chunk, padding),
                    whole,
                    "{padding:?}, {chunk}"
                );
            }
        }
    }
}

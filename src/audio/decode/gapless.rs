//! The samples that an MP3 encoder put before and behind a recording, as the tag in
//! its first frame says.

use super::frame_header::FrameHeader;

/// Samples by which the decoder is late.
const DECODER_DELAY: u64 = 529;

/// What is to be cut off a stream's beginning and end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Gapless {
    /// Samples a channel before the recording.
    before: u64,
    /// Samples a channel from the stream's beginning to the recording's end.
    end: Option<u64>,
    /// Samples a channel so far.
    passed: u64,
}

impl Gapless {
    /// Reads the tag of Xing or Fraunhofer that a frame holds instead of sound;
    /// `None` for a frame with sound.
    pub(super) fn of_tag(header: &FrameHeader, frame: &[u8]) -> Option<Self> {
        let at = |place: usize, length: usize| frame.get(place..place + length);
        let number = |place| Some(u32::from_be_bytes(at(place, 4)?.try_into().ok()?));
        if at(36, 4) == Some(b"VBRI") {
            return Some(Self::default());
        }
        let tag = 4 + header.side_info;
        if !matches!(at(tag, 4)?, b"Xing" | b"Info") {
            return None;
        }
        let flags = number(tag + 4)?;
        let mut place = tag + 8;
        let mut frames = None;
        for (flag, length) in [(1, 4), (2, 4), (4, 100), (8, 4)] {
            if flags & flag != 0 {
                frames = if flag == 1 { number(place) } else { frames };
                place += length;
            }
        }
        let encoder = at(place, 4);
        if !matches!(encoder, Some(b"LAME" | b"Lavf" | b"Lavc")) {
            return Some(Self::default());
        }
        let Some(&[a, b, c]) = at(place + 21, 3) else {
            return Some(Self::default());
        };
        let before = (u64::from(a) << 4 | u64::from(b) >> 4) + DECODER_DELAY;
        let padding = u64::from(b & 15) << 8 | u64::from(c);
        let total = frames.map(|frames| u64::from(frames) * u64::from(header.samples));
        let padding = padding.saturating_sub(DECODER_DELAY);
        let end = total.and_then(|total| total.checked_sub(padding));
        Some(Self {
            before,
            end: end.filter(|&end| end > before),
            passed: 0,
        })
    }

    /// Returns how many of the next frame's samples to cut at its beginning and end.
    ///
    /// Frames behind the stated end are another recording, which nobody cuts.
    pub(super) fn trim(&mut self, samples: u32) -> (u32, u32) {
        let (begin, end) = (self.passed, self.passed + u64::from(samples));
        self.passed = end;
        let before = self.before.saturating_sub(begin).min(u64::from(samples));
        let behind = match self.end {
            Some(last) if begin < last => end.saturating_sub(last),
            _ => 0,
        };
        (before as u32, behind as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_cut_at_both_ends_and_not_behind() {
        let mut gapless = Gapless {
            before: 1200,
            end: Some(3000),
            passed: 0,
        };
        let cut: Vec<_> = (0..4).map(|_| gapless.trim(1152)).collect();
        assert_eq!(cut, [(1152, 0), (48, 0), (0, 456), (0, 0)]);
    }
}

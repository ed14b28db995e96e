//! The last seconds of frames, as the network wants them.

use crate::dsp::fixed::{LOUD, NETWORK_BANDS, Pitch, quantize};

#[derive(Clone, Copy)]
struct Frame {
    levels: [i32; NETWORK_BANDS],
    pitch: Pitch,
}

/// Keeps the newest frames and refers them to their common maximum.
pub(super) struct FrameWindow {
    /// The newest frames, in no order until there are `capacity`.
    frames: Vec<Frame>,
    capacity: usize,
    /// Place of the oldest frame.
    oldest: usize,
    /// Cells in a frame: its levels, and what of its pitch fits behind them.
    width: usize,
    ordered: Vec<i32>,
    levels: Vec<u8>,
    cells: Vec<u8>,
}

impl FrameWindow {
    /// A window of so many frames of so many cells.
    pub fn new(capacity: usize, width: usize) -> Self {
        Self {
            frames: Vec::with_capacity(capacity),
            capacity,
            oldest: 0,
            width,
            ordered: Vec::with_capacity(capacity * NETWORK_BANDS),
            levels: vec![0; capacity * NETWORK_BANDS],
            cells: Vec::with_capacity(capacity * width),
        }
    }

    pub fn clear(&mut self) {
        self.frames.clear();
        self.oldest = 0;
    }

    /// Takes a frame's band levels and its pitch.
    pub fn push(&mut self, levels: &[i32; NETWORK_BANDS], pitch: Pitch) {
        let levels = *levels;
        let frame = Frame { levels, pitch };
        if self.frames.len() < self.capacity {
            self.frames.push(frame);
        } else {
            self.frames[self.oldest] = frame;
            self.oldest = (self.oldest + 1) % self.capacity;
        }
    }

    /// Returns how many of the newest frames of the window that [`Self::cells`] returned
    /// last are loud: as much speech as they hold.
    pub fn loud(&self, newest: usize) -> usize {
        let first = self.frames.len().saturating_sub(newest) * NETWORK_BANDS;
        self.levels[first..]
            .chunks_exact(NETWORK_BANDS)
            .filter(|levels| levels.iter().any(|&level| level >= LOUD))
            .count()
    }

    /// The network's input, oldest frame first: 255 is the window's loudest
    /// level, 0 is 80 dB below it and everything that is quieter still. Height
    /// and strength of a pitch are cells as they are.
    pub fn cells(&mut self) -> &[u8] {
        let (newer, older) = self.frames.split_at(self.oldest);
        let frames = || older.iter().chain(newer);
        self.ordered.clear();
        self.ordered.extend(frames().flat_map(|frame| frame.levels));
        quantize(&self.ordered, &mut self.levels);
        if self.width == NETWORK_BANDS {
            return &self.levels;
        }
        self.cells.clear();
        for (levels, frame) in self.levels.chunks_exact(NETWORK_BANDS).zip(frames()) {
            let pitch = [frame.pitch.f0, frame.pitch.voicing];
            self.cells.extend_from_slice(levels);
            self.cells
                .extend_from_slice(&pitch[..self.width - NETWORK_BANDS]);
        }
        &self.cells
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::fixed::DECIBEL;

    fn push(window: &mut FrameWindow, level: i32) {
        let pitch = Pitch {
            f0: level.unsigned_abs() as u8,
            voicing: 7,
        };
        window.push(&[level * DECIBEL; NETWORK_BANDS], pitch);
    }

    #[test]
    fn frames_leave_in_order_and_refer_to_the_loudest() {
        let mut window = FrameWindow::new(3, NETWORK_BANDS);
        for level in [-10, -50, -90, -130] {
            push(&mut window, level);
        }
        let first_bands = window
            .cells()
            .chunks_exact(NETWORK_BANDS)
            .map(|frame| frame[0]);
        assert_eq!(first_bands.collect::<Vec<_>>(), [255, 128, 0]);
    }

    #[test]
    fn frames_are_loud_within_35_decibels() {
        let mut window = FrameWindow::new(4, NETWORK_BANDS);
        for level in [-10, -44, -46, -20] {
            push(&mut window, level);
        }
        window.cells();
        assert_eq!(
            [1, 2, 3, 4, 9].map(|newest| window.loud(newest)),
            [1, 1, 2, 3, 3]
        );
    }

    #[test]
    fn pitch_stands_behind_the_levels() {
        let mut window = FrameWindow::new(2, NETWORK_BANDS + 2);
        for level in [-10, -50, -90] {
            push(&mut window, level);
        }
        let rows: Vec<&[u8]> = window.cells().chunks_exact(NETWORK_BANDS + 2).collect();
        assert_eq!(rows[0][NETWORK_BANDS - 1..], [255, 50, 7]);
        assert_eq!(rows[1][NETWORK_BANDS - 1..], [128, 90, 7]);
    }
}

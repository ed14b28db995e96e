//! The last seconds of log-mel frames, as the network wants them.

use crate::dsp::NETWORK_BANDS;
use crate::dsp::fixed::quantize;

/// Keeps the newest frames and refers them to their common maximum.
pub(super) struct FrameWindow {
    /// The newest frames' levels, in no order until there are `capacity`.
    levels: Vec<[i32; NETWORK_BANDS]>,
    capacity: usize,
    /// Place of the oldest frame.
    oldest: usize,
    ordered: Vec<i32>,
    cells: Vec<u8>,
}

impl FrameWindow {
    pub fn new(capacity: usize) -> Self {
        Self {
            levels: Vec::with_capacity(capacity),
            capacity,
            oldest: 0,
            ordered: Vec::with_capacity(capacity * NETWORK_BANDS),
            cells: vec![0; capacity * NETWORK_BANDS],
        }
    }

    /// Frames that it keeps.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    pub fn clear(&mut self) {
        self.levels.clear();
        self.oldest = 0;
    }

    pub fn push(&mut self, frame: &[i32; NETWORK_BANDS]) {
        if self.levels.len() < self.capacity {
            self.levels.push(*frame);
        } else {
            self.levels[self.oldest] = *frame;
            self.oldest = (self.oldest + 1) % self.capacity;
        }
    }

    /// The network's input, oldest frame first: 255 is the window's loudest
    /// cell, 0 is 80 dB below it and everything that is quieter still.
    pub fn cells(&mut self) -> &[u8] {
        let (newer, older) = self.levels.split_at(self.oldest);
        self.ordered.clear();
        self.ordered.extend(older.iter().chain(newer).flatten());
        quantize(&self.ordered, &mut self.cells);
        &self.cells
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::fixed::DECIBEL;

    #[test]
    fn frames_leave_in_order_and_refer_to_the_loudest() {
        let mut window = FrameWindow::new(3);
        for level in [-10, -50, -90, -130] {
            window.push(&[level * DECIBEL; NETWORK_BANDS]);
        }
        let first_bands = window
            .cells()
            .chunks_exact(NETWORK_BANDS)
            .map(|frame| frame[0]);
        assert_eq!(first_bands.collect::<Vec<_>>(), [255, 128, 0]);
    }
}

//! The last seconds of log-mel frames, as the network wants them.

use crate::dsp::NETWORK_BANDS;

/// Keeps the newest frames and refers them to their common maximum.
pub(super) struct FrameWindow {
    /// The newest `capacity` frames, oldest first, after a warm-up.
    frames: Vec<[f32; NETWORK_BANDS]>,
    capacity: usize,
    /// Place of the oldest frame.
    oldest: usize,
    range_db: f32,
    cells: Vec<f32>,
}

impl FrameWindow {
    pub fn new(capacity: usize, range_db: f32) -> Self {
        let frames = Vec::with_capacity(capacity);
        let cells = Vec::with_capacity(capacity * NETWORK_BANDS);
        Self {
            frames,
            capacity,
            oldest: 0,
            range_db,
            cells,
        }
    }

    pub fn clear(&mut self) {
        self.frames.clear();
        self.oldest = 0;
    }

    pub fn push(&mut self, frame: &[f32; NETWORK_BANDS]) {
        if self.frames.len() < self.capacity {
            self.frames.push(*frame);
        } else {
            self.frames[self.oldest] = *frame;
            self.oldest = (self.oldest + 1) % self.capacity;
        }
    }

    /// The network's input, frame after frame: 1 is the window's loudest cell,
    /// 0 is `range_db` below it and everything that is quieter still.
    pub fn cells(&mut self) -> &[f32] {
        let loudest = self
            .frames
            .iter()
            .flatten()
            .copied()
            .fold(f32::MIN, f32::max);
        let (newer, older) = self.frames.split_at(self.oldest);
        self.cells.clear();
        self.cells.extend(
            older
                .iter()
                .chain(newer)
                .flatten()
                .map(|level| ((level - loudest) / self.range_db + 1.0).clamp(0.0, 1.0)),
        );
        &self.cells
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_leave_in_order_and_refer_to_the_loudest() {
        let mut window = FrameWindow::new(3, 80.0);
        for level in [-10.0, -50.0, -90.0, -130.0] {
            window.push(&[level; NETWORK_BANDS]);
        }
        let cells: Vec<f32> = window
            .cells()
            .chunks_exact(NETWORK_BANDS)
            .map(|frame| frame[0])
            .collect();
        assert_eq!(cells, [1.0, 0.5, 0.0]);
    }
}

//! From samples to the network's window, in blocks of one frame's step.

use super::engine::BLOCK;
use super::level::LevelMeter;
use super::window::FrameWindow;
use crate::audio::Pcm;
use crate::dsp::fixed::{LogMel, NETWORK_BANDS, Pitch};

/// Collects blocks of [`BLOCK`] samples, measures their level and makes frames of
/// them. Because it works on whole blocks alone, it does not matter how samples
/// are cut into chunks.
pub(super) struct FrontEnd {
    block: Vec<Pcm>,
    log_mel: Box<LogMel>,
    window: FrameWindow,
    level: LevelMeter,
}

impl FrontEnd {
    /// A front end whose window has so many frames of so many cells.
    pub fn new(frames: usize, width: usize) -> Self {
        Self {
            block: Vec::with_capacity(BLOCK),
            log_mel: Box::default(),
            window: FrameWindow::new(frames, width),
            level: LevelMeter::default(),
        }
    }

    /// Takes samples off the front of `samples` until a block is full; `false` when
    /// they end before it is.
    pub fn fill(&mut self, samples: &mut &[Pcm]) -> bool {
        let space = BLOCK - self.block.len();
        let (now, later) = samples.split_at(samples.len().min(space));
        self.block.extend_from_slice(now);
        *samples = later;
        self.block.len() == BLOCK
    }

    /// Measures the block; returns it without its offset, within ±1.
    pub fn measure(&mut self) -> [f32; BLOCK] {
        let mut centred = [0.0; BLOCK];
        self.level.push(&self.block, &mut centred);
        centred
    }

    /// Makes frames of the block and shows each, its band levels and its pitch, to
    /// `on_frame`. The next block is empty.
    pub fn analyse(&mut self, mut on_frame: impl FnMut(&[i32; NETWORK_BANDS], Pitch)) {
        let window = &mut self.window;
        self.log_mel.push_with_pitch(&self.block, |levels, pitch| {
            window.push(levels, pitch);
            on_frame(levels, pitch);
        });
        self.block.clear();
    }

    /// Makes the last frames of what is left at the stream's end.
    pub fn finish(&mut self, mut on_frame: impl FnMut()) {
        let window = &mut self.window;
        let mut on_frame = |levels: &_, pitch| {
            window.push(levels, pitch);
            on_frame();
        };
        self.log_mel.push_with_pitch(&self.block, &mut on_frame);
        self.log_mel.finish_with_pitch(&mut on_frame);
    }

    /// Returns the network's input: the last window, quantized.
    pub fn cells(&mut self) -> &[u8] {
        self.window.cells()
    }

    /// Returns how many of the newest frames of [`Self::cells`] hold speech that is loud.
    pub fn loud(&self, newest: usize) -> usize {
        self.window.loud(newest)
    }

    /// Returns the RMS level since the last call, in dBFS.
    pub fn take_level(&mut self) -> f32 {
        self.level.take()
    }

    /// Drops everything that was heard.
    pub fn reset(&mut self) {
        self.block.clear();
        self.log_mel.reset();
        self.window.clear();
        self.level = LevelMeter::default();
    }
}

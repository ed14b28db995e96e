//! The grid of hops: when a window is decided on.

use super::engine::BLOCK;
use crate::SAMPLE_RATE;
use crate::model::Window;

/// Frames after a gap that the samples before it would be part of.
const EDGE: u64 = 2;

/// A window that is decided on, by its place in the stream.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Span {
    /// Number of the decision, from 0.
    pub seq: u64,
    /// Start of the window, in seconds of stream.
    pub start: f64,
    /// End of the window.
    pub end: f64,
}

/// The consequence of the newest block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// None: no hop ends here.
    Nothing,
    /// A hop whose window would reach over a gap. Nothing is decided on it.
    BrokenHop,
    /// A decision on the last window.
    Decision,
}

/// Counts samples and frames, and tells when a window is to be decided on: as soon
/// as its last frame is there, and every hop from then on. A gap in the stream moves
/// neither its time nor the grid of hops.
pub(super) struct HopSchedule {
    /// Frames in a window and between decisions.
    window: u64,
    hop: u64,
    /// Samples since the stream's start, those of gaps included.
    position: u64,
    /// Samples after a gap up to the next block's start.
    to_skip: usize,
    /// Frames since the stream's start, those of gaps included.
    frames: u64,
    /// The frame before which no window may begin: the last gap's end.
    valid_from: u64,
    /// The last frame of the window that was decided on last.
    last_decision: u64,
    /// Decisions since the stream's start.
    decisions: u64,
}

impl HopSchedule {
    /// A schedule at the start of a stream.
    pub fn new(window: Window) -> Self {
        Self {
            window: window.frames as u64,
            hop: window.hop as u64,
            position: 0,
            to_skip: 0,
            frames: 0,
            valid_from: 0,
            last_decision: 0,
            decisions: 0,
        }
    }

    /// Returns frames in a window and between decisions.
    pub fn window(&self) -> Window {
        Window {
            frames: self.window as usize,
            hop: self.hop as usize,
        }
    }

    /// Decides every so many frames from now on.
    pub fn set_hop(&mut self, frames: usize) {
        self.hop = frames as u64;
    }

    /// Returns samples since the stream's start, those of gaps included.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Counts samples that were heard. Returns how many of them, the first ones, are
    /// to be dropped so that blocks begin on the grid.
    pub fn hear(&mut self, samples: usize) -> usize {
        self.position += samples as u64;
        let dropped = self.to_skip.min(samples);
        self.to_skip -= dropped;
        dropped
    }

    /// Counts samples that were lost. No window reaches over them, nor over the
    /// edges of frames beside them.
    pub fn skip(&mut self, samples: u64) {
        self.position += samples;
        self.frames = self.position.div_ceil(BLOCK as u64);
        self.to_skip = (self.frames * BLOCK as u64 - self.position) as usize;
        self.valid_from = self.frames + EDGE;
    }

    /// Counts a frame.
    pub fn count_frame(&mut self) {
        self.frames += 1;
    }

    /// Returns what is due at the newest frame.
    pub fn due(&self) -> Due {
        let behind_first = self.frames.checked_sub(self.window);
        let on_grid = behind_first.is_some_and(|frames| frames.is_multiple_of(self.hop));
        if !on_grid || self.frames == self.last_decision {
            Due::Nothing
        } else if self.is_whole() {
            Due::Decision
        } else {
            Due::BrokenHop
        }
    }

    /// Returns how many frames of the window that ends with the newest frame no decision
    /// has seen.
    pub fn new_frames(&self) -> usize {
        (self.frames - self.last_decision).min(self.window) as usize
    }

    /// Returns `true` if the stream's end gets a decision of its own: there is a whole
    /// window that ends with it, and something new in it.
    pub fn is_due_at_end(&self) -> bool {
        self.is_whole() && self.frames > self.last_decision
    }

    /// Counts a decision on the window that ends with the newest frame.
    pub fn decide(&mut self) -> Span {
        let seconds = |frames: u64| (frames * BLOCK as u64) as f64 / f64::from(SAMPLE_RATE);
        let seq = self.decisions;
        self.decisions += 1;
        self.last_decision = self.frames;
        Span {
            seq,
            start: seconds(self.frames - self.window),
            end: seconds(self.frames),
        }
    }

    /// Begins a new stream with the same window and hop.
    pub fn reset(&mut self) {
        *self = Self::new(self.window());
    }

    /// Returns `true` if the last window lies behind the last gap.
    fn is_whole(&self) -> bool {
        self.frames >= self.valid_from + self.window
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Window = Window { frames: 10, hop: 4 };

    /// The frames at which decisions are due, and those of hops that are broken.
    fn hear(schedule: &mut HopSchedule, frames: u64) -> (Vec<u64>, Vec<u64>) {
        let (mut decisions, mut broken) = (Vec::new(), Vec::new());
        for _ in 0..frames {
            assert_eq!(schedule.hear(BLOCK), 0);
            schedule.count_frame();
            match schedule.due() {
                Due::Nothing => (),
                Due::BrokenHop => broken.push(schedule.frames),
                Due::Decision => {
                    schedule.decide();
                    decisions.push(schedule.frames);
                }
            }
            assert!(schedule.due() != Due::Decision, "once is enough");
        }
        (decisions, broken)
    }

    #[test]
    fn windows_follow_each_other_by_hops() {
        let mut schedule = HopSchedule::new(WINDOW);
        assert_eq!(schedule.new_frames(), 0);
        assert_eq!(hear(&mut schedule, 23), (vec![10, 14, 18, 22], vec![]));
        assert_eq!(schedule.new_frames(), 1);
        let span = Span {
            seq: 4,
            start: 3328.0 / 16_000.0,
            end: 5888.0 / 16_000.0,
        };
        assert!(schedule.is_due_at_end());
        assert_eq!(schedule.decide(), span);
        assert!(!schedule.is_due_at_end(), "nothing new has come");
        schedule.reset();
        assert_eq!(hear(&mut schedule, 9), (vec![], vec![]));
        assert!(!schedule.is_due_at_end(), "no window is whole");
    }

    #[test]
    fn another_hop_is_on_the_grid_of_the_first_window() {
        let mut schedule = HopSchedule::new(WINDOW);
        hear(&mut schedule, 11);
        schedule.set_hop(6);
        assert_eq!(schedule.window().hop, 6);
        assert_eq!(hear(&mut schedule, 12), (vec![16, 22], vec![]));
    }

    #[test]
    fn a_gap_moves_neither_time_nor_the_grid() {
        let mut schedule = HopSchedule::new(WINDOW);
        hear(&mut schedule, 20);
        // To the middle of the 26th block: the 27th frame is the next.
        schedule.skip(5 * BLOCK as u64 + 100);
        assert_eq!(schedule.position(), 25 * BLOCK as u64 + 100);
        assert_eq!(schedule.hear(50), 50);
        assert_eq!(schedule.hear(BLOCK), BLOCK - 150);
        assert_eq!(schedule.frames, 26);
        let (decisions, broken) = hear(&mut schedule, 20);
        // Behind the gap's edges and a whole window of ten frames.
        assert_eq!((decisions, broken), (vec![38, 42, 46], vec![30, 34]));
    }

    #[test]
    fn a_gap_on_the_grid_leaves_its_hop_broken() {
        let mut schedule = HopSchedule::new(WINDOW);
        hear(&mut schedule, 12);
        schedule.skip(2 * BLOCK as u64);
        assert_eq!((schedule.frames, schedule.to_skip), (14, 0));
        assert_eq!(schedule.due(), Due::BrokenHop);
    }
}

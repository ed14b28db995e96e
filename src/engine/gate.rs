//! The voice gate: does anybody speak?
//!
//! A frame is voiced when two witnesses agree: earshot, a small recurrent
//! voice-activity detector, and the shape of the spectrum, too narrow in tones,
//! hum and sweeps and too flat in bursts of noise. A window holds speech when its voiced frames form a
//! syllable, which clicks and knocks do not, and when its level moves as
//! syllables do, which steady noise does not, however loud.

use super::stream::BLOCK;
use crate::dsp::NETWORK_BANDS;
use crate::dsp::fixed::DECIBEL;
use std::collections::VecDeque;

/// The detector's score from which a frame may be voiced.
const VOICED: f32 = 0.5;

/// A voiced frame is broad: at least so many bands within so many decibels of
/// its loudest.
const BROAD: (usize, i32) = (12, 30 * DECIBEL);

/// And it has peaks: at most so many bands within so many decibels.
const PEAKED: (usize, i32) = (40, 15 * DECIBEL);

/// Consecutive voiced frames that make a syllable: 128 ms.
const SYLLABLE: usize = 8;

/// Bands from about 200 Hz to 4 kHz, in which the level must move.
const MIDDLE: std::ops::Range<usize> = 6..46;

/// Range between the 5th and 95th percentile of a window's frame levels.
const MOTION: i32 = 4 * DECIBEL;

/// Says which share of the last window is speech, and whether that is enough.
pub(super) struct VoiceGate {
    detector: earshot::Detector,
    frames: VecDeque<Frame>,
    /// Frames in a window.
    window: usize,
    sorted: Vec<i32>,
}

#[derive(Clone, Copy)]
struct Frame {
    voiced: bool,
    /// Mean of the middle bands' levels.
    level: i32,
}

impl VoiceGate {
    /// A gate over windows of so many frames.
    pub fn new(window: usize) -> Self {
        Self {
            detector: earshot::Detector::default(),
            frames: VecDeque::with_capacity(window),
            window,
            sorted: Vec::with_capacity(window),
        }
    }

    pub fn reset(&mut self) {
        self.detector.reset();
        self.frames.clear();
    }

    /// The detector's score of the next samples, within ±1.
    pub fn score(&mut self, samples: &[f32; BLOCK]) -> f32 {
        self.detector.predict_f32(samples)
    }

    /// Takes a frame's score and its band levels.
    pub fn push(&mut self, score: f32, bands: &[i32; NETWORK_BANDS]) {
        if self.frames.len() == self.window {
            self.frames.pop_front();
        }
        let voiced = score >= VOICED && is_voice_shaped(bands);
        let level = bands[MIDDLE].iter().sum::<i32>() / MIDDLE.len() as i32;
        self.frames.push_back(Frame { voiced, level });
    }

    /// Share of the window that is voiced, 0 to 1.
    pub fn voice(&self) -> f32 {
        self.frames.iter().filter(|frame| frame.voiced).count() as f32 / self.window as f32
    }

    /// Whether the window holds speech.
    pub fn is_open(&mut self) -> bool {
        self.longest_run() >= SYLLABLE && self.motion() >= MOTION
    }

    fn longest_run(&self) -> usize {
        let run = |(longest, run): (usize, usize), frame: &Frame| {
            let run = if frame.voiced { run + 1 } else { 0 };
            (longest.max(run), run)
        };
        self.frames.iter().fold((0, 0), run).0
    }

    /// The range between the window's quiet and its loud frames.
    fn motion(&mut self) -> i32 {
        self.sorted.clear();
        self.sorted
            .extend(self.frames.iter().map(|frame| frame.level));
        self.sorted.sort_unstable();
        let twentieth = self.sorted.len() / 20;
        match (
            self.sorted.get(twentieth),
            self.sorted.iter().nth_back(twentieth),
        ) {
            (Some(quiet), Some(loud)) => loud - quiet,
            _ => 0,
        }
    }
}

fn is_voice_shaped(bands: &[i32; NETWORK_BANDS]) -> bool {
    let loudest = bands.iter().copied().max().unwrap_or(0);
    let within = |range: i32| bands.iter().filter(|&&band| band > loudest - range).count();
    within(BROAD.1) >= BROAD.0 && within(PEAKED.1) <= PEAKED.0
}

//! The voice gate: does anybody speak?
//!
//! A frame is voiced when three witnesses agree: earshot, a small recurrent
//! voice-activity detector; the shape of the spectrum, too narrow in tones, hum
//! and sweeps and too flat in bursts of noise; and a pitch that stands out, which
//! wind and traffic have none of, however much they swell. A window holds speech
//! when its voiced frames form a syllable, which clicks and knocks do not, and when
//! its level moves as syllables do, which steady noise does not, however loud.
//!
//! None of it depends on the microphone's gain: the detector, which knows speech at
//! the usual levels alone, hears the window amplified to one.

use super::engine::BLOCK;
use crate::dsp::fixed::{DECIBEL, NETWORK_BANDS, Pitch};
use std::collections::VecDeque;

/// The detector's score from which a frame may be voiced.
const DETECTOR_THRESHOLD: f32 = 0.5;

/// Mean square to which the window's loudest block is amplified for the detector:
/// −10 dBFS.
const TARGET_POWER: f32 = 0.1;

/// Largest amplification: 60 dB.
const MAX_GAIN: f32 = 1000.0;

/// Breadth of a voiced frame: at least so many bands within so many decibels of
/// its loudest.
const BREADTH: (usize, i32) = (12, 30 * DECIBEL);

/// Peaks of a voiced frame: at most so many bands within so many decibels.
const PEAK: (usize, i32) = (40, 15 * DECIBEL);

/// Strength of a voiced frame's pitch.
const MIN_VOICING: u8 = 140;

/// Consecutive voiced frames that make a syllable: 96 ms.
const SYLLABLE_FRAMES: usize = 6;

/// Bands from about 200 Hz to 4 kHz, in which the level must move.
const LEVEL_BANDS: std::ops::Range<usize> = 6..46;

/// Least range between the 5th and 95th percentile of a window's frame levels.
const MIN_MOTION: i32 = 4 * DECIBEL;

/// The voice gate over the last window.
pub(super) struct VoiceGate {
    detector: earshot::Detector,
    /// Mean squares of the last window's blocks.
    powers: VecDeque<f32>,
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
            powers: VecDeque::with_capacity(window),
            frames: VecDeque::with_capacity(window),
            window,
            sorted: Vec::with_capacity(window),
        }
    }

    pub fn reset(&mut self) {
        self.detector.reset();
        self.powers.clear();
        self.frames.clear();
    }

    /// The detector's score of the next samples, within ±1.
    pub fn score(&mut self, samples: &[f32; BLOCK]) -> f32 {
        let power = samples.iter().map(|sample| sample * sample).sum::<f32>() / BLOCK as f32;
        keep(&mut self.powers, self.window, power);
        let loudest = self.powers.iter().copied().fold(0.0, f32::max);
        // Silence may be amplified by as much as anything.
        let gain = (TARGET_POWER / loudest).sqrt().clamp(1.0, MAX_GAIN);
        let amplified = samples.map(|sample| (gain * sample).clamp(-1.0, 1.0));
        self.detector.predict_f32(&amplified)
    }

    /// Takes a frame's score, its band levels and its pitch.
    pub fn push(&mut self, score: f32, bands: &[i32; NETWORK_BANDS], pitch: Pitch) {
        let voiced =
            score >= DETECTOR_THRESHOLD && pitch.voicing >= MIN_VOICING && is_voice_shaped(bands);
        let level = bands[LEVEL_BANDS].iter().sum::<i32>() / LEVEL_BANDS.len() as i32;
        keep(&mut self.frames, self.window, Frame { voiced, level });
    }

    /// Returns the share of the window that is voiced, 0 to 1.
    pub fn voice(&self) -> f32 {
        self.frames.iter().filter(|frame| frame.voiced).count() as f32 / self.window as f32
    }

    /// Returns `true` if the window holds speech.
    pub fn is_open(&mut self) -> bool {
        self.longest_run() >= SYLLABLE_FRAMES && self.motion() >= MIN_MOTION
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

/// Appends to the newest so many.
fn keep<T>(newest: &mut VecDeque<T>, most: usize, item: T) {
    if newest.len() == most {
        newest.pop_front();
    }
    newest.push_back(item);
}

fn is_voice_shaped(bands: &[i32; NETWORK_BANDS]) -> bool {
    let loudest = bands.iter().copied().max().unwrap_or(0);
    let within = |range: i32| bands.iter().filter(|&&band| band > loudest - range).count();
    within(BREADTH.1) >= BREADTH.0 && within(PEAK.1) <= PEAK.0
}

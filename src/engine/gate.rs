//! The voice gate: does anybody speak?

use std::collections::VecDeque;

/// Samples that the detector looks at, and that one verdict covers.
pub(super) const GATE_FRAME: usize = 256;

/// A frame counts as voiced from this score of the detector on.
const VOICED: f32 = 0.5;

/// Share of a window's frames that must be voiced.
const OPEN: f32 = 0.1;

/// Says which share of the last window is speech.
///
/// The detector is earshot's: a small recurrent network on mel features,
/// trained on speech in noise, which hum, clicks and tones do not excite as
/// they would an energy threshold.
pub(super) struct VoiceGate {
    detector: earshot::Detector,
    voiced: VecDeque<bool>,
    window: usize,
}

impl VoiceGate {
    /// A gate over windows of so many frames.
    pub fn new(window: usize) -> Self {
        Self {
            detector: earshot::Detector::default(),
            voiced: VecDeque::with_capacity(window),
            window,
        }
    }

    pub fn reset(&mut self) {
        self.detector.reset();
        self.voiced.clear();
    }

    pub fn push(&mut self, samples: &[f32; GATE_FRAME]) {
        if self.voiced.len() == self.window {
            self.voiced.pop_front();
        }
        self.voiced.push_back(self.detector.predict_f32(samples) >= VOICED);
    }

    /// Share of the window that is voiced, 0 to 1.
    pub fn voice(&self) -> f32 {
        self.voiced.iter().filter(|&&voiced| voiced).count() as f32 / self.window as f32
    }

    /// Whether that is enough to ask what emotion it is.
    pub fn is_open(&self) -> bool {
        self.voice() >= OPEN
    }
}

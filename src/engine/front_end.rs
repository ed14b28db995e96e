//! The frames that a model's manifest asks for.

use crate::audio::Pcm;
use crate::dsp::NETWORK_BANDS;
use crate::dsp::fixed::{LogMel, Pitch};
use crate::features::{FeatureSet, FeatureSpec};

/// One frame, as the window keeps it.
#[derive(Clone, Copy)]
pub(super) struct Frame {
    pub levels: [i32; NETWORK_BANDS],
    /// Where the features have none, zeros.
    pub pitch: Pitch,
}

/// Samples to frames.
pub(super) struct FrontEnd {
    log_mel: Box<LogMel>,
    has_pitch: bool,
}

impl FrontEnd {
    pub fn new(features: &FeatureSpec) -> Self {
        Self {
            log_mel: Box::default(),
            has_pitch: features.set == FeatureSet::LogMelPitch,
        }
    }

    pub fn reset(&mut self) {
        self.log_mel.reset();
    }

    pub fn push(&mut self, samples: &[Pcm], mut on_frame: impl FnMut(&Frame)) {
        let mut on_frame = |levels: &_, pitch| {
            on_frame(&Frame {
                levels: *levels,
                pitch,
            });
        };
        if self.has_pitch {
            self.log_mel.push_with_pitch(samples, on_frame);
        } else {
            let on_levels = |levels: &_| on_frame(levels, Pitch::default());
            self.log_mel.push(samples, on_levels);
        }
    }

    pub fn finish(&mut self, mut on_frame: impl FnMut(&Frame)) {
        let mut on_frame = |levels: &_, pitch| {
            on_frame(&Frame {
                levels: *levels,
                pitch,
            });
        };
        if self.has_pitch {
            self.log_mel.finish_with_pitch(on_frame);
        } else {
            self.log_mel
                .finish(|levels| on_frame(levels, Pitch::default()));
        }
    }
}

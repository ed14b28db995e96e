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

impl Frame {
    fn of(levels: &[i32; NETWORK_BANDS], pitch: Pitch) -> Self {
        let levels = *levels;
        Self { levels, pitch }
    }
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
        if self.has_pitch {
            self.log_mel
                .push_with_pitch(samples, |levels, pitch| on_frame(&Frame::of(levels, pitch)));
        } else {
            self.log_mel.push(samples, |levels| {
                on_frame(&Frame::of(levels, Pitch::default()));
            });
        }
    }

    pub fn finish(&mut self, mut on_frame: impl FnMut(&Frame)) {
        if self.has_pitch {
            self.log_mel
                .finish_with_pitch(|levels, pitch| on_frame(&Frame::of(levels, pitch)));
        } else {
            self.log_mel
                .finish(|levels| on_frame(&Frame::of(levels, Pitch::default())));
        }
    }
}

//! A recording as one vector of averages.

use super::softmax::softmax;
use super::{ClipResult, ClipWindow, Settings, SpeechState};
use crate::audio::Pcm;
use crate::dsp::float::CLASSIC_SAMPLES;
use crate::features::{Extractor, FeatureSpec};
use crate::model::{Model, ModelError, Session};

/// Samples of a recording that averages are of.
pub(super) const SAMPLES: usize = CLASSIC_SAMPLES;

/// Asks a network about averages of whole recordings.
pub(super) struct AveragesClassifier {
    session: Session,
    uncertain_below: f32,
}

impl AveragesClassifier {
    pub fn new(model: &Model, settings: Settings) -> Result<Self, ModelError> {
        let default = model.manifest().decision.uncertain_below;
        Ok(Self {
            session: model.session()?,
            uncertain_below: settings.uncertain_below.unwrap_or(default),
        })
    }

    /// Reads to the end, for the duration and because damage may come late.
    pub fn classify<E: From<ModelError>>(
        &mut self,
        mut read: impl FnMut(&mut Vec<Pcm>) -> Result<bool, E>,
    ) -> Result<ClipResult, E> {
        let mut extractor = extractor(&self.session.model().manifest().features)?;
        let mut samples = 0;
        let mut chunk = Vec::new();
        let mut more = true;
        while more {
            more = read(&mut chunk)?;
            samples += chunk.len();
            extractor.push(&chunk);
            chunk.clear();
        }
        Ok(self.decide(&extractor.finish().values, samples)?)
    }

    fn decide(&mut self, averages: &[f32], samples: usize) -> Result<ClipResult, ModelError> {
        let logits = self.session.logits_of_averages(averages)?;
        let manifest = self.session.model().manifest();
        let seconds = |samples: usize| samples as f64 / f64::from(manifest.features.sample_rate);
        let scores = softmax(&logits, manifest.decision.temperature);
        let (state, confidence) = SpeechState::of(&scores, self.uncertain_below);
        let window = ClipWindow {
            start: 0.0,
            end: seconds(SAMPLES),
            state,
            scores: scores.clone(),
        };
        Ok(ClipResult {
            state,
            confidence,
            scores,
            duration: seconds(samples),
            windows: vec![window],
        })
    }
}

/// A manifest's features, which were checked when it was read.
pub(super) fn extractor(spec: &FeatureSpec) -> Result<Extractor, ModelError> {
    Ok(Extractor::new(spec)?)
}

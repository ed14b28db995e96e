//! Recordings, whatever a model's front end looks at.

use super::clip_averages::AveragesClassifier;
use super::recording::classify_windows;
use super::{Baseline, BaselineMode, ClipResult, Engine, Settings};
use crate::audio::Pcm;
use crate::model::{Model, ModelError};

/// Classifies recordings, one after the other: by windows, or by averages of
/// the whole where the model is of that kind.
pub struct ClipClassifier {
    sample_rate: u32,
    kind: Kind,
}

enum Kind {
    Windows(Box<Engine>),
    Averages(Box<AveragesClassifier>),
}

impl ClipClassifier {
    /// A classifier of its own, for one thread. Averages have neither hop nor
    /// voice gate: those settings do not concern them.
    ///
    /// # Errors
    /// [`ModelError::Network`] when no session can be made.
    pub fn new(model: &Model, settings: Settings) -> Result<Self, ModelError> {
        let kind = match model.manifest().window {
            Some(_) => Kind::Windows(Box::new(Engine::new(model, settings)?)),
            None => Kind::Averages(Box::new(AveragesClassifier::new(model, settings)?)),
        };
        Ok(Self {
            sample_rate: model.manifest().features.sample_rate,
            kind,
        })
    }

    /// Judges recordings by a baseline from now on. A running one goes on from one to
    /// the next.
    ///
    /// # Errors
    /// [`ModelError::NoVoices`] when the model knows none.
    pub fn use_baseline(&mut self, baseline: BaselineMode) -> Result<(), ModelError> {
        match &mut self.kind {
            Kind::Windows(engine) => engine.use_baseline(baseline),
            Kind::Averages(_) if baseline == BaselineMode::None => Ok(()),
            Kind::Averages(_) => Err(ModelError::NoVoices),
        }
    }

    /// Returns the baseline that recordings are judged against, if there is one.
    pub fn baseline(&self) -> Option<&Baseline> {
        match &self.kind {
            Kind::Windows(engine) => engine.baseline(),
            Kind::Averages(_) => None,
        }
    }

    /// Returns the rate at which recordings are to be read, in hertz.
    pub fn sample_rate(&self) -> u32 {
        self.sample_rate
    }

    /// Classifies a recording that `read` delivers in chunks: it appends
    /// samples at [`Self::sample_rate`] and returns `false` at the end.
    ///
    /// By windows, a recording shorter than one is laid in its middle, with
    /// silence around. A longer one is hopped through from its first sample,
    /// and what remains after the last hop gets a window that ends with the
    /// recording. Averages are of its first three seconds, filled up with zeros.
    ///
    /// # Errors
    /// Those of `read`, and [`ModelError::Run`].
    pub fn classify<E: From<ModelError>>(
        &mut self,
        read: impl FnMut(&mut Vec<Pcm>) -> Result<bool, E>,
    ) -> Result<ClipResult, E> {
        match &mut self.kind {
            Kind::Windows(engine) => classify_windows(engine, read),
            Kind::Averages(classifier) => classifier.classify(read),
        }
    }
}

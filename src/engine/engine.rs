//! The engine itself.

use super::baseline::{Baseline, BaselineMode};
use super::event::{Change, Emotion, Event, Silence, Smoothed, SpeechState, WindowInfo};
use super::front_end::FrontEnd;
use super::gate::VoiceGate;
use super::schedule::{Due, HopSchedule};
use super::smoother::Smoother;
use super::softmax::softmax;
use crate::SAMPLE_RATE;
use crate::audio::Pcm;
use crate::model::{Model, ModelError, Session, Window};

/// Samples between frames, 16 ms. Work is done in blocks of as many, which is
/// what makes chunking irrelevant.
pub const BLOCK: usize = 256;

/// Returns seconds as whole frames between decisions; `None` below 64 ms and above
/// a minute.
pub fn hop_frames(seconds: f64) -> Option<usize> {
    let frames = seconds * f64::from(SAMPLE_RATE) / BLOCK as f64;
    (0.064..=60.0)
        .contains(&seconds)
        .then(|| frames.round() as usize)
}

/// A user's choices.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Frames of 16 ms between decisions; the model's own hop by default.
    pub hop: Option<usize>,
    /// Confidence below which a label is `uncertain`; the model's by default.
    pub uncertain_below: Option<f32>,
    /// Keep windows without speech from the network.
    pub gate: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            hop: None,
            uncertain_below: None,
            gate: true,
        }
    }
}

/// Turns 16 kHz samples into events.
///
/// A window is decided on as soon as its last frame is there, then every hop.
/// Windows overlap when the hop is shorter than they are.
pub struct Engine {
    session: Session,
    front_end: FrontEnd,
    voice_gate: VoiceGate,
    smoother: Smoother,
    schedule: HopSchedule,
    baseline: BaselineMode,
    uncertain_below: f32,
    uses_gate: bool,
}

impl Engine {
    /// An engine at the start of a stream.
    ///
    /// # Errors
    /// [`ModelError::NoStream`] when the model hears whole recordings,
    /// [`ModelError::Network`] when no session can be made.
    pub fn new(model: &Model, settings: Settings) -> Result<Self, ModelError> {
        let manifest = model.manifest();
        let window = manifest.window.ok_or(ModelError::NoStream)?;
        let decision = manifest.decision;
        let uncertain_below = decision.uncertain_below;
        let mut engine = Self {
            session: model.session()?,
            front_end: FrontEnd::new(window.frames, manifest.features.bands),
            voice_gate: VoiceGate::new(window.frames),
            smoother: Smoother::new(decision.smoothing, decision.margin, uncertain_below),
            schedule: HopSchedule::new(window),
            baseline: BaselineMode::None,
            uncertain_below,
            uses_gate: true,
        };
        engine.set(settings);
        Ok(engine)
    }

    /// Returns the model that the engine asks.
    pub fn model(&self) -> &Model {
        self.session.model()
    }

    /// Returns the length of the engine's window and its hop, which the settings may
    /// change.
    pub fn window(&self) -> Window {
        self.schedule.window()
    }

    /// Decides by other settings from now on.
    pub fn set(&mut self, settings: Settings) {
        let manifest = self.session.model().manifest();
        let own_hop = manifest.window.map(|window| window.hop);
        if let Some(hop) = settings.hop.or(own_hop) {
            self.schedule.set_hop(hop);
        }
        let own_threshold = manifest.decision.uncertain_below;
        self.uncertain_below = settings.uncertain_below.unwrap_or(own_threshold);
        self.smoother.set_threshold(self.uncertain_below);
        self.uses_gate = settings.gate;
    }

    /// Judges by a baseline from now on. It outlives the stream: a voice is the same
    /// after a pause.
    ///
    /// # Errors
    /// [`ModelError::NoVoices`] when the model knows none; it goes on judging each window
    /// by itself.
    pub fn use_baseline(&mut self, baseline: BaselineMode) -> Result<(), ModelError> {
        if baseline != BaselineMode::None && self.model().manifest().baseline.is_none() {
            return Err(ModelError::NoVoices);
        }
        self.baseline = baseline;
        Ok(())
    }

    /// Returns the baseline that windows are judged against; `None` where each is judged
    /// by itself.
    pub fn baseline(&self) -> Option<&Baseline> {
        self.baseline.baseline()
    }

    /// Returns samples since the stream began, those that were skipped included.
    pub fn position(&self) -> u64 {
        self.schedule.position()
    }

    /// Returns the smoothed state.
    pub fn smoothed(&self) -> Smoothed {
        self.smoother.smoothed()
    }

    /// Returns the state that scores stand for, and their confidence.
    pub(super) fn state_of(&self, scores: &[f32]) -> (SpeechState, f32) {
        SpeechState::of(scores, self.uncertain_below)
    }

    /// Takes the next samples and hands events to `on_event`.
    ///
    /// # Errors
    /// [`ModelError::Run`] when the network fails.
    pub fn push(
        &mut self,
        samples: &[Pcm],
        on_event: &mut impl FnMut(Event),
    ) -> Result<(), ModelError> {
        let mut samples = &samples[self.schedule.hear(samples.len())..];
        while self.front_end.fill(&mut samples) {
            self.process_block();
            match self.schedule.due() {
                Due::Nothing => (),
                // The level is since the last hop, also behind a gap.
                Due::BrokenHop => _ = self.front_end.take_level(),
                Due::Decision => self.decide(on_event)?,
            }
        }
        Ok(())
    }

    /// Passes over samples that were lost between the last and the next.
    ///
    /// Stream time and the grid of hops go on as if they had been heard. No
    /// window reaches over the gap, and smoothing starts anew behind it.
    pub fn skip(&mut self, samples: u64, on_event: &mut impl FnMut(Event)) {
        self.schedule.skip(samples);
        self.front_end.reset();
        self.voice_gate.reset();
        let since = self.position() as f64 / f64::from(SAMPLE_RATE);
        report_change(self.smoother.silence(since), on_event);
    }

    /// Ends the stream: what came after the last decision gets a window that
    /// ends with it, if a whole window has been heard. The engine is then as
    /// new.
    ///
    /// # Errors
    /// [`ModelError::Run`] when the network fails.
    pub fn finish(&mut self, on_event: &mut impl FnMut(Event)) -> Result<(), ModelError> {
        self.front_end.finish(|| self.schedule.count_frame());
        let outcome = if self.schedule.is_due_at_end() {
            self.decide(on_event)
        } else {
            Ok(())
        };
        self.reset();
        outcome
    }

    /// Begins a new stream.
    pub fn reset(&mut self) {
        self.front_end.reset();
        self.voice_gate.reset();
        self.schedule.reset();
        // A stream that ends leaves silence behind; nobody is told.
        let _ = self.smoother.silence(0.0);
    }

    fn process_block(&mut self) {
        let score = self.voice_gate.score(&self.front_end.measure());
        self.front_end.analyse(|levels, pitch| {
            self.voice_gate.push(score, levels, pitch);
            self.schedule.count_frame();
        });
    }

    fn decide(&mut self, on_event: &mut impl FnMut(Event)) -> Result<(), ModelError> {
        let new_frames = self.schedule.new_frames();
        let mut window = self.window_info();
        let changed = if self.voice_gate.is_open() || !self.uses_gate {
            let mut emotion = self.classify(window, new_frames)?;
            let changed = self.smoother.push(&emotion.scores, window.end);
            emotion.window.smoothed = self.smoother.smoothed();
            on_event(Event::Emotion(emotion));
            changed
        } else {
            let changed = self.smoother.silence(window.end);
            window.smoothed = self.smoother.smoothed();
            on_event(Event::Silence(Silence { window }));
            changed
        };
        report_change(changed, on_event);
        Ok(())
    }

    fn window_info(&mut self) -> WindowInfo {
        let span = self.schedule.decide();
        WindowInfo {
            seq: span.seq,
            start: span.start,
            end: span.end,
            voice: self.voice_gate.voice(),
            level: self.front_end.take_level(),
            smoothed: self.smoothed(),
        }
    }

    fn classify(&mut self, window: WindowInfo, new_frames: usize) -> Result<Emotion, ModelError> {
        let baseline = self.baseline().map(|baseline| baseline.seconds() as f32);
        let answer = self.answer(new_frames)?;
        let manifest = self.model().manifest();
        let loud = self.front_end.loud(usize::MAX);
        let temperature = manifest.decision.temperature_for(loud, answer.share);
        let scores = softmax(&answer.logits, temperature);
        let (state, confidence) = self.state_of(&scores);
        Ok(Emotion {
            window,
            state,
            confidence,
            scores,
            baseline,
        })
    }

    /// Asks the network about the window, and teaches a running baseline, which is behind
    /// the window's own judgement.
    fn answer(&mut self, new_frames: usize) -> Result<Answer, ModelError> {
        let cells = self.front_end.cells();
        let Some(rule) = self.session.model().manifest().baseline.clone() else {
            let logits = self.session.logits(cells)?;
            return Ok(Answer { logits, share: 0.0 });
        };
        let rows = self.session.integer_logits(cells)?;
        let unknown = Baseline::new(rule.offset.len());
        let baseline = self.baseline.baseline().unwrap_or(&unknown);
        let answer = Answer {
            logits: self.session.model().scaled(&baseline.judge(&rows, &rule)),
            share: baseline.weight(&rule),
        };
        if let BaselineMode::Running(baseline) = &mut self.baseline {
            let loud = self.front_end.loud(new_frames) as u32;
            baseline.learn(&rows[rule.offset.len()..], loud, &rule);
        }
        Ok(answer)
    }
}

/// A network's answer to a window.
struct Answer {
    /// A logit a label.
    logits: Vec<f32>,
    /// Share of the judgement that was made against a baseline.
    share: f32,
}

fn report_change(changed: Option<Change>, on_event: &mut impl FnMut(Event)) {
    if let Some(change) = changed {
        on_event(Event::Change(change));
    }
}

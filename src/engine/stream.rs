//! The engine itself.

use super::event::{Change, Emotion, Event, Hearing, Silence, State};
use super::gate::VoiceGate;
use super::level::LevelMeter;
use super::smoother::Smoother;
use super::softmax::softmax;
use super::window::FrameWindow;
use crate::SAMPLE_RATE;
use crate::audio::Pcm;
use crate::dsp::fixed::LogMel;
use crate::model::{Model, ModelError, Session, Window};

/// Samples between frames, 16 ms. Work is done in blocks of as many, which is
/// what makes chunking irrelevant.
pub const BLOCK: usize = 256;

/// Seconds to whole frames between decisions; `None` below 64 ms and above a
/// minute.
pub fn hop_frames(seconds: f64) -> Option<usize> {
    let frames = seconds * f64::from(SAMPLE_RATE) / BLOCK as f64;
    (0.064..=60.0)
        .contains(&seconds)
        .then(|| frames.round() as usize)
}

/// What a user may choose.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Settings {
    /// Frames of 16 ms between decisions; the model's own hop by default.
    pub hop: Option<usize>,
    /// Confidence below which a label is `uncertain`; the model's by default.
    pub uncertain_below: Option<f32>,
    /// Asks the network about windows without speech, too.
    pub ignore_gate: bool,
}

/// Turns 16 kHz samples into events.
///
/// A window is decided on as soon as its last frame is there, then every hop.
/// Windows overlap when the hop is shorter than they are.
pub struct Engine {
    session: Session,
    hop: usize,
    uncertain_below: f32,
    ignore_gate: bool,
    block: Vec<Pcm>,
    log_mel: Box<LogMel>,
    window: FrameWindow,
    gate: VoiceGate,
    level: LevelMeter,
    smoother: Smoother,
    /// Samples since the stream's start, those of gaps included.
    position: u64,
    /// How many of the next samples are passed over, up to a block's start.
    passing: usize,
    /// Frames since the stream's start, at its last gap's end, and at the last
    /// decision.
    frames: u64,
    since: u64,
    decided: u64,
    decisions: u64,
}

/// Frames after a gap that the samples before it would be part of.
const EDGE: u64 = 2;

impl Engine {
    /// An engine at the start of a stream.
    ///
    /// # Errors
    /// [`ModelError::NoStream`] when the model hears whole recordings,
    /// [`ModelError::Network`] when no session can be made.
    pub fn new(model: &Model, settings: Settings) -> Result<Self, ModelError> {
        let manifest = model.manifest();
        let Window { frames, hop } = manifest.window.ok_or(ModelError::NoStream)?;
        let decision = manifest.decision;
        let uncertain_below = settings.uncertain_below.unwrap_or(decision.uncertain_below);
        Ok(Self {
            session: model.session()?,
            hop: settings.hop.unwrap_or(hop),
            uncertain_below,
            ignore_gate: settings.ignore_gate,
            block: Vec::with_capacity(BLOCK),
            log_mel: Box::default(),
            window: FrameWindow::new(frames, manifest.features.bands),
            gate: VoiceGate::new(frames),
            level: LevelMeter::default(),
            smoother: Smoother::new(decision.smoothing, decision.margin, uncertain_below),
            position: 0,
            passing: 0,
            frames: 0,
            since: 0,
            decided: 0,
            decisions: 0,
        })
    }

    /// The model that the engine asks.
    pub fn model(&self) -> &Model {
        self.session.model()
    }

    /// What the engine looks at and how often, which the settings may change.
    pub fn window(&self) -> Window {
        Window {
            frames: self.window.capacity(),
            hop: self.hop,
        }
    }

    /// Decides by other settings from now on.
    pub fn set(&mut self, settings: Settings) {
        let manifest = self.session.model().manifest();
        let decision = manifest.decision;
        if let Some(hop) = settings.hop.or(manifest.window.map(|window| window.hop)) {
            self.hop = hop;
        }
        self.uncertain_below = settings.uncertain_below.unwrap_or(decision.uncertain_below);
        self.smoother.set_threshold(self.uncertain_below);
        self.ignore_gate = settings.ignore_gate;
    }

    /// Samples since the stream began, those that were skipped included.
    pub fn position(&self) -> u64 {
        self.position
    }

    pub(super) fn state_of(&self, scores: &[f32]) -> (State, f32) {
        State::of(scores, self.uncertain_below)
    }

    /// Takes the next samples and hands events to `on_event`.
    ///
    /// # Errors
    /// [`ModelError::Run`] when the network fails.
    pub fn push(
        &mut self,
        mut samples: &[Pcm],
        on_event: &mut impl FnMut(Event),
    ) -> Result<(), ModelError> {
        self.position += samples.len() as u64;
        let passed = self.passing.min(samples.len());
        self.passing -= passed;
        samples = &samples[passed..];
        while !samples.is_empty() {
            let space = BLOCK - self.block.len();
            let (now, later) = samples.split_at(samples.len().min(space));
            self.block.extend_from_slice(now);
            samples = later;
            if self.block.len() == BLOCK {
                self.take_block();
                match self.is_on_grid() {
                    true if self.frames >= self.first() => self.decide(on_event)?,
                    // The level is since the last hop, also behind a gap.
                    true => _ = self.level.take(),
                    false => (),
                }
            }
        }
        Ok(())
    }

    /// Passes over samples that were lost between the last and the next.
    ///
    /// Stream time and the grid of hops go on as if they had been heard. No
    /// window reaches over the gap, and smoothing starts anew behind it.
    pub fn skip(&mut self, samples: u64, on_event: &mut impl FnMut(Event)) {
        self.position += samples;
        self.frames = self.position.div_ceil(BLOCK as u64);
        self.passing = (self.frames * BLOCK as u64 - self.position) as usize;
        self.since = self.frames + EDGE;
        self.forget();
        if let Some((from, to)) = self.smoother.silence() {
            let since = self.position as f64 / f64::from(SAMPLE_RATE);
            on_event(Event::Change(Change { from, to, since }));
        }
    }

    /// Ends the stream: what came after the last decision gets a window that
    /// ends with it, if a whole window has been heard. The engine is then as
    /// new.
    ///
    /// # Errors
    /// [`ModelError::Run`] when the network fails.
    pub fn finish(&mut self, on_event: &mut impl FnMut(Event)) -> Result<(), ModelError> {
        let Self {
            block,
            log_mel,
            window,
            frames,
            ..
        } = self;
        let mut on_frame = |levels: &_, pitch| {
            window.push(levels, pitch);
            *frames += 1;
        };
        log_mel.push_with_pitch(block, &mut on_frame);
        log_mel.finish_with_pitch(&mut on_frame);
        let whole = self.frames >= self.first();
        let outcome = if whole && self.frames > self.decided {
            self.decide(on_event)
        } else {
            Ok(())
        };
        self.reset();
        outcome
    }

    /// Forgets the stream.
    pub fn reset(&mut self) {
        self.forget();
        // A stream that ends leaves silence behind; nobody is told.
        let _ = self.smoother.silence();
        (self.position, self.passing) = (0, 0);
        (self.frames, self.since) = (0, 0);
        (self.decided, self.decisions) = (0, 0);
    }

    /// Forgets what was heard, and not how long.
    fn forget(&mut self) {
        self.block.clear();
        self.log_mel.reset();
        self.window.clear();
        self.gate.reset();
        self.level = LevelMeter::default();
    }

    fn window_frames(&self) -> u64 {
        self.window.capacity() as u64
    }

    /// The frame that completes the first window since the last gap.
    fn first(&self) -> u64 {
        self.since + self.window_frames()
    }

    fn take_block(&mut self) {
        let mut blocked = [0.0; BLOCK];
        self.level.push(&self.block, &mut blocked);
        let score = self.gate.score(&blocked);
        let Self {
            block,
            log_mel,
            window,
            gate,
            frames,
            ..
        } = self;
        log_mel.push_with_pitch(block, |levels, pitch| {
            window.push(levels, pitch);
            gate.push(score, levels, pitch);
            *frames += 1;
        });
        self.block.clear();
    }

    fn is_on_grid(&self) -> bool {
        self.frames > self.decided
            && self.frames >= self.window_frames()
            && (self.frames - self.window_frames()).is_multiple_of(self.hop as u64)
    }

    fn decide(&mut self, on_event: &mut impl FnMut(Event)) -> Result<(), ModelError> {
        let hearing = self.hearing();
        let changed = if self.gate.is_open() || self.ignore_gate {
            let emotion = self.classify(hearing)?;
            let changed = self.smoother.hear(&emotion.scores);
            on_event(Event::Emotion(emotion));
            changed
        } else {
            on_event(Event::Silence(Silence { hearing }));
            self.smoother.silence()
        };
        if let Some((from, to)) = changed {
            on_event(Event::Change(Change {
                from,
                to,
                since: hearing.end,
            }));
        }
        Ok(())
    }

    fn hearing(&mut self) -> Hearing {
        let seconds = |frames: u64| (frames * BLOCK as u64) as f64 / f64::from(SAMPLE_RATE);
        let seq = self.decisions;
        self.decisions += 1;
        self.decided = self.frames;
        Hearing {
            seq,
            start: seconds(self.frames - self.window_frames()),
            end: seconds(self.frames),
            voice: self.gate.voice(),
            level: self.level.take(),
        }
    }

    fn classify(&mut self, hearing: Hearing) -> Result<Emotion, ModelError> {
        let logits = self.session.logits(self.window.cells())?;
        let scores = softmax(&logits, self.model().manifest().decision.temperature);
        let (state, confidence) = self.state_of(&scores);
        Ok(Emotion {
            hearing,
            state,
            confidence,
            scores,
        })
    }
}

//! The engine under any order of what can be done to it.

use crate::testing::Choices;
use std::sync::LazyLock;
use undertone::audio::{AudioSource, Pcm};
use undertone::engine::{Baseline, BaselineMode, Engine, Event, Settings, WindowInfo};
use undertone::model::{Bundle, Model};

/// Steps and samples of one case: a decision costs milliseconds.
const STEPS: usize = 12;
const SAMPLES: usize = 160_000;

static MODEL: LazyLock<Option<Model>> =
    LazyLock::new(|| Model::load(&Bundle::embedded().ok()?).ok());

/// Speech, as much of it as it takes.
static SPEECH: LazyLock<Vec<Pcm>> = LazyLock::new(|| {
    let file = include_bytes!("../../../tests/data/synthesised-speech.wav");
    let source = AudioSource::from_memory(file.as_slice(), 16_000);
    source
        .and_then(AudioSource::read_to_end)
        .unwrap_or_default()
});

/// What is done to an engine.
#[derive(Clone, Debug)]
enum Step {
    Push(Vec<Pcm>),
    Skip(u64),
    Set(Settings),
    Baseline(BaselineMode),
    Finish,
}

fn steps(choices: &mut Choices, labels: usize, memory: u32) -> Vec<Step> {
    let mut left = SAMPLES;
    let mut steps = Vec::new();
    while steps.len() < STEPS && !choices.is_empty() {
        steps.push(match choices.below(8) {
            0..4 => {
                let length = choices.below(60_000).min(left);
                left -= length;
                Step::Push(samples(choices, length))
            }
            4 => Step::Skip([choices.below(600) as u64, 1 << choices.below(50)][choices.below(2)]),
            5 => Step::Set(Settings {
                hop: (choices.below(2) == 1).then(|| 4 + choices.below(3747)),
                uncertain_below: (choices.below(2) == 1).then(|| choices.below(101) as f32 / 100.0),
                gate: choices.below(2) == 1,
            }),
            6 => Step::Baseline(baseline(choices, labels, memory)),
            _ => Step::Finish,
        });
    }
    steps
}

fn samples(choices: &mut Choices, length: usize) -> Vec<Pcm> {
    let from = choices.below(SPEECH.len().max(1));
    let speech = SPEECH.iter().cycle().skip(from).take(length);
    match choices.below(4) {
        0 => vec![0; length],
        1 => vec![(1 << 23) - 1; length],
        2 => speech.map(|&sample| sample >> 4).collect(),
        _ => speech.copied().collect(),
    }
}

fn baseline(choices: &mut Choices, labels: usize, memory: u32) -> BaselineMode {
    if choices.below(3) == 0 {
        return BaselineMode::None;
    }
    let frames = choices.below(memory as usize + 1) as u32;
    let most = i64::from(frames) << 31;
    let sums = (0..labels).map(|_| most / 128 * i64::from(choices.byte().cast_signed()));
    let baseline = Baseline::from_sums(sums.collect(), frames);
    let baseline = baseline.unwrap_or_else(|| Baseline::new(labels));
    match choices.below(2) {
        0 => BaselineMode::Enrolled(baseline),
        _ => BaselineMode::Running(baseline),
    }
}

/// In any order of steps: scores are probabilities, stream time grows and counts what
/// was pushed and skipped, windows stand on the grid of frames, and the same samples in
/// other chunks give the same events.
pub fn engine(bytes: &[u8]) {
    let Some(model) = MODEL.as_ref() else { return };
    let Some(rule) = &model.manifest().baseline else {
        return;
    };
    let mut choices = Choices::new(bytes);
    let chunk = 1 + choices.below(5000);
    let steps = steps(&mut choices, rule.offset.len(), rule.memory);
    let whole = run(model, &steps, usize::MAX);
    assert_eq!(run(model, &steps, chunk), whole, "in chunks of {chunk}");
}

fn run(model: &Model, steps: &[Step], chunk: usize) -> Vec<Event> {
    let Ok(mut engine) = Engine::new(model, Settings::default()) else {
        return Vec::new();
    };
    let mut events = Vec::new();
    // The first event of this stream, and its samples.
    let (mut first, mut position) = (0, 0);
    for step in steps {
        let mut keep = |event| events.push(event);
        let done = match step {
            Step::Push(samples) => {
                position += samples.len() as u64;
                let mut chunks = samples.chunks(chunk);
                chunks.try_for_each(|samples| engine.push(samples, &mut keep))
            }
            Step::Skip(samples) => {
                position += samples;
                engine.skip(*samples, &mut keep);
                Ok(())
            }
            Step::Set(settings) => {
                engine.set(*settings);
                Ok(())
            }
            Step::Baseline(baseline) => engine.use_baseline(baseline.clone()),
            Step::Finish => {
                position = 0;
                engine.finish(&mut keep)
            }
        };
        assert!(done.is_ok(), "{done:?}");
        assert_eq!(engine.position(), position);
        check_stream(&events[first..], engine.window().frames);
        if matches!(step, Step::Finish) {
            first = events.len();
        }
    }
    events
}

fn check_stream(events: &[Event], frames: usize) {
    let mut last: Option<WindowInfo> = None;
    for event in events {
        let window = match event {
            Event::Emotion(emotion) => {
                let sum: f32 = emotion.scores.iter().sum();
                assert!((sum - 1.0).abs() < 1e-3, "{emotion:?}");
                assert!(
                    emotion
                        .scores
                        .iter()
                        .all(|score| (0.0..=1.0).contains(score))
                );
                emotion.window
            }
            Event::Silence(silence) => silence.window,
            Event::Change(change) => {
                assert!(change.from != change.to && change.since >= 0.0);
                continue;
            }
        };
        let place = window.end * 16_000.0 / 256.0;
        assert!(
            (place - place.round()).abs() < 1e-6 * place.max(1.0),
            "{window:?}"
        );
        let length = (window.end - window.start) * 16_000.0 / 256.0;
        assert!(
            (length - frames as f64).abs() < 1.0 + 1e-6 * place,
            "{window:?}"
        );
        assert!(last.is_none_or(|last| last.end < window.end && last.seq < window.seq));
        assert!((0.0..=1.0).contains(&window.voice) && window.level <= 10.0);
        last = Some(window);
    }
}

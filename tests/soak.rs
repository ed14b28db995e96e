//! Hours of audio with a device that is lost over and over, as fast as it
//! goes, beside the same hours undisturbed. `scripts/check/soak` lets it hear a day.
//!
//! A binary of its own, because it measures the memory of its process.
#![allow(clippy::unwrap_used, reason = "what cannot be set up fails the test")]
#![allow(clippy::print_stdout, reason = "its figures")]

#[path = "it/common/signal.rs"]
mod signal;
#[path = "../src/testing.rs"]
mod testing;

use signal::{level, read, utterance};
use std::collections::BTreeMap;
use std::time::Instant;
use undertone::SAMPLE_RATE;
use undertone::audio::Pcm;
use undertone::engine::{BLOCK, Emotion, Engine, Event, Settings, SpeechState};
use undertone::model::{Bundle, Model};

/// Minutes of audio, and losses in them, unless `UNDERTONE_SOAK` says others,
/// as `MINUTES,LOSSES`.
const SHORT: (usize, usize) = (12, 12);

/// Samples of an hour.
const HOUR: usize = 3600 * SAMPLE_RATE as usize;

/// Speech, steady noise and digital silence, 20 s, over and over.
fn scene() -> Vec<Pcm> {
    let voice = read(&utterance());
    let raw: Vec<f64> = testing::noise(7).take(4 * SAMPLE_RATE as usize).collect();
    let mut scene = [&voice[..], &level(&raw, -40.0), &voice[..60_000]].concat();
    scene.resize(20 * SAMPLE_RATE as usize + 77, 0);
    scene
}

fn amount() -> (usize, usize) {
    let asked = std::env::var("UNDERTONE_SOAK").ok();
    let parsed = asked.as_deref().and_then(|text| {
        let (minutes, losses) = text.split_once(',')?;
        Some((minutes.parse().ok()?, losses.parse().ok()?))
    });
    parsed.unwrap_or(SHORT)
}

/// Resident memory in KiB.
fn memory() -> u64 {
    undertone::system::memory().map_or(0, |memory| memory.resident / 1024)
}

/// An engine and what it found, by the block in which its window ends.
struct Listener {
    engine: Engine,
    emotions: BTreeMap<u64, Emotion>,
    /// The last one: a day of them would look like memory that grows.
    change: Option<(SpeechState, SpeechState)>,
    decisions: u64,
}

impl Listener {
    fn new(model: &Model) -> Self {
        Self {
            engine: Engine::new(model, Settings::default()).unwrap(),
            emotions: BTreeMap::new(),
            change: None,
            decisions: 0,
        }
    }

    fn take(&mut self, events: Vec<Event>) {
        for event in events {
            match event {
                Event::Emotion(emotion) => {
                    self.decisions += 1;
                    self.emotions.insert(block(emotion.window.end), emotion);
                }
                Event::Silence(_) => self.decisions += 1,
                Event::Change(change) => self.change = Some((change.from, change.to)),
            }
        }
    }

    fn hear(&mut self, samples: &[Pcm]) {
        let mut events = Vec::new();
        self.engine
            .push(samples, &mut |event| events.push(event))
            .unwrap();
        self.take(events);
    }

    fn lose(&mut self, samples: usize) {
        let mut events = Vec::new();
        self.engine
            .skip(samples as u64, &mut |event| events.push(event));
        self.take(events);
    }
}

fn block(seconds: f64) -> u64 {
    (seconds * f64::from(SAMPLE_RATE) / BLOCK as f64).round() as u64
}

/// How two findings about the same window differ, if they do. Detectors with a
/// memory, of voice and of offset, may remember different things.
fn difference(one: &Emotion, other: &Emotion) -> Option<String> {
    let same = one.scores == other.scores
        && one.state == other.state
        && one.window.start.to_bits() == other.window.start.to_bits()
        && (one.window.voice - other.window.voice).abs() < 0.1
        && (one.window.level - other.window.level).abs() < 0.01;
    (!same).then(|| format!("{one:?} is not {other:?}"))
}

#[test]
fn losses_leave_no_trace_after_one_window() {
    let (minutes, losses) = amount();
    let model = Model::load(&Bundle::embedded().unwrap()).unwrap();
    let (mut steady, mut lossy) = (Listener::new(&model), Listener::new(&model));
    let scene = scene();
    let total = minutes * 60 * SAMPLE_RATE as usize;
    let every = total / (losses + 1);
    // From 40 ms to 4 s, and never a whole number of blocks.
    let length = |loss: usize| 641 + (loss * 7_919) % 64_000;
    let window = lossy.engine.window().frames as u64;

    let begun = Instant::now();
    let mut samples = scene.iter().copied().cycle();
    let (mut position, mut loss, mut lost) = (0, 0, 0);
    // Where the stream is whole again, in blocks.
    let mut whole = window;
    let (mut compared, mut missing, mut differing) = (0, 0, Vec::new());
    let (mut early, mut most) = (0, 0);
    let mut hourly = vec![memory()];
    while position < total {
        let due = (loss + 1) * every;
        let gap = position >= due && loss < losses;
        let size = if gap { length(loss) } else { 4_800 };
        let chunk: Vec<Pcm> = samples.by_ref().take(size).collect();
        steady.hear(&chunk);
        position += size;
        if gap {
            lossy.lose(size);
            (loss, lost) = (loss + 1, lost + size);
            assert!(
                lossy
                    .change
                    .is_none_or(|(_, to)| to == SpeechState::Silence)
            );
            whole = (position as u64).div_ceil(BLOCK as u64) + 2 + window;
        } else {
            lossy.hear(&chunk);
        }
        assert_eq!(lossy.engine.position(), position as u64);
        for (end, emotion) in std::mem::take(&mut steady.emotions) {
            let other = lossy.emotions.remove(&end);
            if end < whole {
                assert!(loss == 0 || other.is_none(), "a window over a gap");
                continue;
            }
            compared += 1;
            match other {
                None => missing += 1,
                Some(other) => differing.extend(difference(&emotion, &other)),
            }
        }
        // Where only one gate is open, both of them count.
        missing += lossy.emotions.len();
        lossy.emotions.clear();
        let now = memory();
        if position < total / 4 {
            early = early.max(now);
        }
        most = most.max(now);
        if position >= hourly.len() * HOUR {
            hourly.push(now);
        }
    }
    let took = begun.elapsed().as_secs_f64();
    println!(
        "{minutes} min of audio, {loss} losses of {:.1} s in all, {took:.1} s: all {} samples accounted for; \
         {compared} emotions compared, {} differ, {missing} that one gate alone let \
         through; memory {early} KiB in the first quarter, {most} KiB at most",
        lost as f64 / f64::from(SAMPLE_RATE),
        lossy.engine.position(),
        differing.len(),
    );
    println!("memory at each hour, from the start, in KiB: {hourly:?}");
    assert_eq!(loss, losses);
    assert!(compared > minutes * 10, "{compared} are few");
    assert!(differing.is_empty(), "{}", differing[0]);
    assert!(missing * 100 <= compared, "{missing} of {compared}");
    assert!(lossy.decisions < steady.decisions);
    assert!(
        most < early + 2048,
        "memory grew from {early} to {most} KiB"
    );
}

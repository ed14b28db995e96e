//! The same samples give the same events, however they are cut.

use crate::common::{read, run, undertone, utterance, wav};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::Value;
use std::cell::RefCell;
use std::fs;
use std::io::Write;
use std::process::{Command, Output, Stdio};
use undertone::audio::Pcm;
use undertone::engine::{Baseline, BaselineMode, Engine, Event, Settings};
use undertone::model::{Bundle, Model};

/// Speech around silence that is longer than the window, 10 s.
fn scene() -> Vec<Pcm> {
    let voice = read(&utterance());
    let silence = vec![0; 60_000];
    [&voice[..50_000], &silence, &voice[..50_001]].concat()
}

/// All events of the samples, cut into chunks of these sizes over and over.
fn events(engine: &RefCell<Engine>, mut samples: &[Pcm], sizes: &[usize]) -> Vec<Event> {
    let mut engine = engine.borrow_mut();
    // Each time a voice that was never heard.
    let labels = engine.model().manifest().labels.len();
    let voice = BaselineMode::Running(Baseline::new(labels));
    engine.use_baseline(voice).unwrap();
    let mut events = Vec::new();
    for &size in sizes.iter().cycle() {
        let (now, later) = samples.split_at(size.min(samples.len()));
        engine.push(now, &mut |event| events.push(event)).unwrap();
        samples = later;
        if samples.is_empty() {
            break;
        }
    }
    engine.finish(&mut |event| events.push(event)).unwrap();
    events
}

#[test]
fn events_do_not_depend_on_chunks() {
    let model = Model::load(&Bundle::embedded().unwrap()).unwrap();
    let engine = RefCell::new(Engine::new(&model, Settings::default()).unwrap());
    let samples = scene();
    let whole = events(&engine, &samples, &[samples.len()]);
    for kind in ["Emotion", "Silence", "Change"] {
        let found = whole
            .iter()
            .any(|event| format!("{event:?}").starts_with(kind));
        assert!(found, "no {kind} in {whole:?}");
    }
    // A case costs some ten decisions; the same cases every time.
    let config = Config {
        cases: 12,
        failure_persistence: None,
        ..Config::default()
    };
    let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, random);
    let size = prop_oneof![Just(0_usize), 1..4_usize, 200..300_usize, 1..20_000_usize];
    let sizes = prop::collection::vec(size, 1..20)
        .prop_filter("chunks of nothing never end", |sizes| {
            sizes.iter().any(|&size| size > 0)
        });
    runner
        .run(&sizes, |sizes| {
            prop_assert_eq!(&events(&engine, &samples, &sizes), &whole);
            Ok(())
        })
        .unwrap();
    for sizes in [&[1][..], &[255], &[256], &[257]] {
        assert_eq!(events(&engine, &samples, sizes), whole, "{sizes:?}");
    }
}

/// Runs the program on bytes that come through a pipe in chunks of odd sizes,
/// so that most of them end within a sample.
fn dribble(mut command: Command, bytes: &[u8]) -> Output {
    command.stdin(Stdio::piped());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    let mut rest = bytes;
    for size in [1, 3, 1023, 4097, 7].into_iter().cycle() {
        let (now, later) = rest.split_at(rest.len().min(size));
        pipe.write_all(now).unwrap();
        rest = later;
        if rest.is_empty() {
            break;
        }
    }
    drop(pipe);
    child.wait_with_output().unwrap()
}

fn objects(output: &Output) -> Vec<Value> {
    assert!(output.status.success(), "{output:?}");
    let objects = serde_json::Deserializer::from_slice(&output.stdout).into_iter();
    objects.map(Result::unwrap).collect()
}

/// What a file's windows and a stream's decisions have in common; a stream
/// gives no scores where nobody speaks.
fn essence(window: &Value) -> (Value, Value, Value, Option<Value>) {
    let silent = window["type"] == "silence" || window["label"] == "silence";
    let label = if silent {
        "silence".into()
    } else {
        window["label"].clone()
    };
    let scores = (!silent).then(|| window["scores"].clone());
    (
        window["start"].clone(),
        window["end"].clone(),
        label,
        scores,
    )
}

#[test]
fn a_pipe_says_what_a_file_does() {
    let samples: Vec<i16> = scene().iter().map(|sample| (sample >> 8) as i16).collect();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("scene.wav");
    fs::write(&file, wav(&samples)).unwrap();

    let mut classify = undertone();
    classify.args(["classify", "--timeline"]).arg(&file);
    let result = objects(&run(classify, "")).remove(0);
    let windows = result["windows"].as_array().unwrap();
    let expected: Vec<_> = windows.iter().map(essence).collect();

    let bytes: Vec<u8> = samples.iter().flat_map(|x| x.to_le_bytes()).collect();
    // Half a sample at the end is no sample.
    for end in [&[][..], &[0x7f]] {
        let mut listen = undertone();
        listen.args([
            "listen",
            "--input",
            "-",
            "--raw",
            "16000",
            "--baseline",
            "none",
        ]);
        let lines = objects(&dribble(listen, &[&bytes, end].concat()));
        let decisions = lines
            .iter()
            .filter(|line| line["type"] == "emotion" || line["type"] == "silence");
        let heard: Vec<_> = decisions.map(essence).collect();
        assert_eq!(heard, expected, "with {end:?} at the end");
    }
}

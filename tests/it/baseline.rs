//! The baseline of a voice, from the recordings that teach it to the events that are
//! judged against it.

use crate::common::{misreported, read, report, run, undertone, utterance, wav};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;
use tempfile::TempDir;
use undertone::audio::Pcm;
use undertone::engine::{Baseline, BaselineMode, Engine, Event, Settings};
use undertone::model::{Bundle, Model};

/// A folder with an utterance in two parts.
struct Recordings {
    folder: TempDir,
}

impl Recordings {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let samples: Vec<i16> = read(&utterance())
            .iter()
            .map(|&s| (s >> 8) as i16)
            .collect();
        let (first, second) = samples.split_at(samples.len() / 2);
        fs::write(folder.path().join("a.wav"), wav(first)).unwrap();
        fs::write(folder.path().join("b.wav"), wav(second)).unwrap();
        fs::write(folder.path().join("silence.wav"), wav(&vec![0; 32_000])).unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs the program in the folder.
    fn undertone(&self, arguments: &[&str]) -> Output {
        let mut command = undertone();
        command.current_dir(self.folder.path()).args(arguments);
        run(command, "")
    }

    fn json(&self, arguments: &[&str]) -> Vec<Value> {
        let output = self.undertone(arguments);
        assert!(output.status.success(), "{output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    fn scores(&self, arguments: &[&str]) -> Vec<Value> {
        let results = self.json(arguments).into_iter();
        results.map(|result| result["scores"].clone()).collect()
    }
}

#[test]
fn own_is_what_learning_all_files_gives() {
    let files = Recordings::new();
    let learned = files.undertone(&["baseline", "learn", "a.wav", "b.wav", "-o", "v.json"]);
    assert!(learned.status.success(), "{learned:?}");
    let shown = &files.json(&["baseline", "show", "v.json"])[0];
    assert_eq!(shown["type"], "baseline");
    assert!(shown["frames"].as_u64().unwrap() > 60, "{shown}");
    let none = files.scores(&["classify", "a.wav", "b.wav"]);
    let own = files.scores(&["classify", "--baseline", "own", "a.wav", "b.wav"]);
    let enrolled = files.scores(&["classify", "--baseline", "v.json", "a.wav", "b.wav"]);
    assert_eq!(own, enrolled);
    assert_ne!(own, none);
}

#[test]
fn a_running_baseline_is_of_what_came_before() {
    let files = Recordings::new();
    assert!(
        files
            .undertone(&["baseline", "learn", "a.wav", "-o", "a.json"])
            .status
            .success()
    );
    let none = files.scores(&["classify", "a.wav"]);
    let after = files.scores(&["classify", "--baseline", "a.json", "b.wav"]);
    let running = files.scores(&["classify", "--baseline", "running", "a.wav", "b.wav"]);
    assert_eq!(running, [none, after].concat());
}

#[test]
fn each_speaker_has_a_baseline_of_their_own() {
    let files = Recordings::new();
    let list = "path,label,speaker\na.wav,happy,ann\nb.wav,sad,ann\n";
    fs::write(files.path("list.csv"), list).unwrap();
    fs::write(
        files.path("nobody.csv"),
        "path,label\na.wav,happy\nb.wav,sad\n",
    )
    .unwrap();
    let own = [
        "evaluate",
        "list.csv",
        "--baseline",
        "own",
        "--predictions",
        "own.csv",
    ];
    assert_eq!(files.json(&own)[0]["recordings"], 2);
    let none = ["evaluate", "list.csv", "--predictions", "none.csv"];
    assert_eq!(files.json(&none)[0]["recordings"], 2);
    let table = |name: &str| fs::read_to_string(files.path(name)).unwrap();
    assert_ne!(table("own.csv"), table("none.csv"));
    let unknown = files.undertone(&["evaluate", "nobody.csv", "--baseline", "own"]);
    assert_eq!(misreported(&unknown, 65, &["a.wav", "speaker"]), None);
}

#[test]
fn what_is_no_baseline_is_refused_by_name() {
    let files = Recordings::new();
    assert!(
        files
            .undertone(&["baseline", "learn", "a.wav", "-o", "v.json"])
            .status
            .success()
    );
    let good = fs::read_to_string(files.path("v.json")).unwrap();
    let mut value: Value = serde_json::from_str(&good).unwrap();
    value["frames"] = 0.into();
    let impossible = value.to_string();
    value["model"]["sha256"] = "0".into();
    let rows = [
        ("half", good[..good.len() / 2].to_owned(), "no baseline"),
        ("empty", String::new(), "no baseline"),
        (
            "other",
            r#"{"type":"error","file":"a","error":"b","code":3}"#.into(),
            "another type",
        ),
        ("impossible", impossible, "damaged"),
        ("model", value.to_string(), "learn it again"),
    ];
    let mut failures = Vec::new();
    for (name, text, word) in rows {
        fs::write(files.path(name), text).unwrap();
        let output = files.undertone(&["classify", "--baseline", name, "a.wav"]);
        failures.extend(misreported(&output, 65, &[name, word]));
    }
    let missing = files.undertone(&["classify", "--baseline", "nothing", "a.wav"]);
    failures.extend(misreported(&missing, 66, &["nothing"]));
    let silent = files.undertone(&["baseline", "learn", "silence.wav"]);
    failures.extend(misreported(&silent, 65, &["nobody speaks"]));
    let floats = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/floats");
    let ignorant = ["classify", "--model", floats, "--baseline", "own", "a.wav"];
    failures.extend(misreported(
        &files.undertone(&ignorant),
        78,
        &["knows no voices"],
    ));
    report(&failures);
}

/// Emotions' scores, and what the engine knew of the voice at each.
fn heard(engine: &mut Engine, samples: &[Pcm]) -> Vec<(Vec<f32>, Option<f32>)> {
    let mut found = Vec::new();
    let mut on_event = |event| {
        if let Event::Emotion(emotion) = event {
            found.push((emotion.scores, emotion.baseline));
        }
    };
    engine.push(samples, &mut on_event).unwrap();
    engine.finish(&mut on_event).unwrap();
    found
}

#[test]
fn a_restart_that_keeps_the_baseline_changes_nothing() {
    let model = Model::load(&Bundle::embedded().unwrap()).unwrap();
    let labels = model.manifest().labels.len();
    let samples = read(Path::new(&utterance()));
    let engine = |mode| {
        let mut engine = Engine::new(&model, Settings::default()).unwrap();
        engine.use_baseline(mode).unwrap();
        engine
    };
    let mut whole = engine(BaselineMode::Running(Baseline::new(labels)));
    let first = heard(&mut whole, &samples);
    let known = whole.baseline().unwrap().clone();
    let second = heard(&mut whole, &samples);
    assert_eq!(first[0].1, Some(0.0), "nothing is known at first");
    assert!(second[0].1.unwrap() > first.last().unwrap().1.unwrap());
    assert_ne!(first[0].0, second[0].0);
    let stored = Baseline::from_sums(known.sums().to_vec(), known.frames()).unwrap();
    let mut restarted = engine(BaselineMode::Running(stored.clone()));
    assert_eq!(heard(&mut restarted, &samples), second);
    // One that is enrolled stays as it is.
    let mut enrolled = engine(BaselineMode::Enrolled(stored.clone()));
    let again = [
        heard(&mut enrolled, &samples),
        heard(&mut enrolled, &samples),
    ];
    assert_eq!(again[0], again[1]);
    assert_eq!(enrolled.baseline(), Some(&stored));
}

#[test]
fn what_cannot_be_read_takes_no_other_result_away() {
    let folder = TempDir::new().unwrap();
    let text = folder.path().join("text.wav");
    fs::write(&text, "no audio").unwrap();
    let speech = utterance();
    for baseline in ["own", "running"] {
        let mut command = undertone();
        command.args(["classify", "--baseline", baseline]);
        // The same file twice is judged against more the second time.
        command.args([&speech, &text, &speech]);
        let output = run(command, "");
        let kinds: Vec<Value> = serde_json::Deserializer::from_slice(&output.stdout)
            .into_iter()
            .map(Result::unwrap)
            .collect();
        assert_eq!(kinds.len(), 3, "{baseline}: {output:?}");
        assert_eq!(
            (&kinds[0]["type"], &kinds[1]["type"]),
            (&"result".into(), &"error".into())
        );
        let same = kinds[0]["scores"] == kinds[2]["scores"];
        assert_eq!(same, baseline == "own", "{baseline}");
        assert_eq!(output.status.code(), Some(65));
        let complaints = String::from_utf8_lossy(&output.stderr);
        assert_eq!(complaints.lines().count(), 1, "{complaints}");
        let mut command = undertone();
        command.args(["classify", "--baseline", baseline, "-"]);
        let piped = run(command, fs::read(&speech).unwrap());
        assert!(piped.status.success(), "{baseline}: {piped:?}");
    }
}

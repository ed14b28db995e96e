//! `undertone evaluate`, against what `classify` says of the same recordings.

use crate::common::{data, misreported, report, run, undertone, utterance, wav};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Output;
use tempfile::TempDir;

fn command(arguments: &[&str]) -> Output {
    let mut command = undertone();
    command.args(arguments);
    run(command, "")
}

fn json(arguments: &[&str]) -> Value {
    let output = command(arguments);
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The label with the largest score, and that score, by `classify`.
fn heard(file: &Path) -> (String, f64) {
    let result = json(&["classify", "--json", file.to_str().unwrap()]);
    let scores = result["scores"].as_object().unwrap();
    let scores = scores
        .iter()
        .map(|(label, score)| (label.clone(), score.as_f64().unwrap()));
    scores.max_by(|a, b| a.1.total_cmp(&b.1)).unwrap()
}

/// A manifest of six recordings: the utterance thrice, once labelled as heard
/// and twice as something else; another format of it; silence; nothing.
struct Corpus {
    folder: TempDir,
    right: String,
    wrong: String,
}

impl Corpus {
    fn new() -> Self {
        let folder = TempDir::with_prefix("corpus-").unwrap();
        for copy in ["a.wav", "b.wav", "with, comma.wav"] {
            fs::copy(utterance(), folder.path().join(copy)).unwrap();
        }
        fs::copy(data("44100-hz.wav"), folder.path().join("c.wav")).unwrap();
        fs::write(folder.path().join("hush.wav"), wav(&vec![0; 48_000])).unwrap();
        let (right, _) = heard(&utterance());
        let wrong = if right == "calm" { "sad" } else { "calm" }.to_owned();
        Self {
            folder,
            right,
            wrong,
        }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_string_lossy().into_owned()
    }

    fn manifest(&self, header: &str, lines: &[String]) -> String {
        let path = self.path("list.csv");
        fs::write(&path, format!("{header}\n{}\n", lines.join("\n"))).unwrap();
        path
    }

    fn with_speakers(&self) -> String {
        let Self { right, wrong, .. } = self;
        let lines = [
            format!("b.wav,{right},bea"),
            format!("a.wav,{wrong},ann"),
            format!("\"with, comma.wav\",{right},ann"),
            format!("hush.wav,{right},bea"),
        ];
        self.manifest("path,label,speaker", &lines)
    }
}

#[test]
fn a_manifest_becomes_a_report() {
    let corpus = Corpus::new();
    let table = corpus.path("said.csv");
    let picture = corpus.path("confusion.png");
    let list = corpus.with_speakers();
    let found = json(&[
        "evaluate",
        &list,
        "--predictions",
        &table,
        "--confusion",
        &picture,
    ]);
    assert_eq!(found["type"], "evaluation");
    assert_eq!(found["recordings"], 4);
    assert_eq!(
        (&found["silence"], &found["failed"]),
        (&1.into(), &0.into())
    );
    // Of the label that is right, two of three are found; of the other, none.
    let number = |pointer: &str| found.pointer(pointer).unwrap().as_f64().unwrap();
    assert!((number("/accuracy") - 0.5).abs() < 1e-12);
    assert!((number("/uar") - 1.0 / 3.0).abs() < 1e-12);
    assert_eq!(found["interval"]["over"], "speakers");
    // Ann has one of each, Bea one of two, which is silent.
    assert!((number("/speakers/uar/worst") - 0.5).abs() < 1e-12);
    assert_eq!(found["speakers"]["each"][0]["speaker"], "ann");
    let labels = found["labels"].as_array().unwrap();
    let place = |label: &str| labels.iter().position(|one| one == label).unwrap();
    let (right, wrong) = (place(&corpus.right), place(&corpus.wrong));
    let row = |label: usize| &found["confusion"][label];
    assert_eq!(
        (&row(right)[right], &row(right)[labels.len()]),
        (&2.into(), &1.into())
    );
    assert_eq!(row(wrong)[right], 1);
    assert_eq!(found["classes"][right]["support"], 3);
    let (_, confidence) = heard(&utterance());
    // Three equal answers in one bin, two of them right.
    assert!((number("/calibration/ece") - (confidence - 2.0 / 3.0).abs()).abs() < 6e-5);
    assert_eq!(
        found["calibration"]["coverage"].as_array().unwrap().len(),
        10
    );

    let table = fs::read_to_string(table).unwrap();
    let starts: Vec<String> = table
        .lines()
        .map(|line| line.split(',').take(4).collect::<Vec<_>>().join(","))
        .collect();
    let Corpus { right, wrong, .. } = &corpus;
    let wanted = [
        "path,label,speaker,predicted".into(),
        format!("b.wav,{right},bea,{right}"),
        format!("a.wav,{wrong},ann,{right}"),
        format!("\"with, comma.wav\",{right},ann"),
        format!("hush.wav,{right},bea,silence"),
    ];
    assert_eq!(starts, wanted);
    assert!(fs::read(picture).unwrap().starts_with(b"\x89PNG\r\n"));
}

#[test]
fn folders_name_label_and_speaker() {
    let corpus = Corpus::new();
    let folder = corpus.folder.path().join("set");
    for (place, name) in [("ann", "1.wav"), ("bea", "1.wav"), ("", "cy_1.wav")] {
        let place = folder.join(&corpus.right).join(place);
        fs::create_dir_all(&place).unwrap();
        fs::copy(utterance(), place.join(name)).unwrap();
    }
    let folder = folder.to_string_lossy();
    let found = json(&["evaluate", &folder]);
    assert_eq!(
        (&found["uar"], &found["recordings"]),
        (&1.0.into(), &3.into())
    );
    let speakers = found["speakers"]["each"].as_array().unwrap();
    let names: Vec<&Value> = speakers.iter().map(|one| &one["speaker"]).collect();
    assert_eq!(names, ["ann", "bea", "cy"]);
}

#[test]
fn fewer_labels_share_the_scores() {
    let corpus = Corpus::new();
    let table = corpus.path("said.csv");
    let list = corpus.manifest("path,label", &[format!("a.wav,{}", corpus.wrong)]);
    let labels = format!("{},surprised", corpus.wrong);
    let found = json(&[
        "evaluate",
        &list,
        "--labels",
        &labels,
        "--predictions",
        &table,
    ]);
    assert_eq!(found["labels"].as_array().unwrap().len(), 2);
    assert_eq!(found["interval"]["over"], "recordings");
    assert_eq!(found["speakers"], Value::Null);
    let all = json(&["classify", "--json", utterance().to_str().unwrap()]);
    let score = |label: &str| all["scores"][label].as_f64().unwrap();
    let wanted = score(&corpus.wrong) / (score(&corpus.wrong) + score("surprised"));
    let table = fs::read_to_string(table).unwrap();
    let columns: Vec<Vec<&str>> = table
        .lines()
        .map(|line| line.split(',').collect())
        .collect();
    let column = columns[0]
        .iter()
        .position(|name| *name == corpus.wrong)
        .unwrap();
    let share: f64 = columns[1][column].parse().unwrap();
    assert!((share - wanted).abs() < 5e-4, "{share}, not {wanted}");
}

#[test]
fn what_cannot_be_read_is_told_and_not_counted() {
    let corpus = Corpus::new();
    let lines = [
        format!("nowhere.wav,{}", corpus.right),
        format!("a.wav,{}", corpus.right),
    ];
    let list = corpus.manifest("path,label", &lines);
    let output = command(&["evaluate", &list]);
    let wrong = misreported(&output, 66, &["nowhere.wav"]);
    report(&Vec::from_iter(wrong));
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&found["recordings"], &found["failed"]),
        (&1.into(), &1.into())
    );
}

#[test]
fn what_makes_no_sense_is_refused() {
    let corpus = Corpus::new();
    let right = &corpus.right;
    let once = format!("a.wav,{right}");
    let list = corpus.manifest("path,label", std::slice::from_ref(&once));
    let rows: [(&[&str], i32, &str); 5] = [
        (&["--labels", "calm,bored"], 64, "bored"),
        (&["--labels", right], 64, "--labels"),
        (&["--labels", "surprised,disgust"], 65, "a.wav"),
        (
            &["--predictions", "/nowhere/said.csv"],
            74,
            "/nowhere/said.csv",
        ),
        (&["--confusion", "/"], 74, "/"),
    ];
    let mut failures = Vec::new();
    for (more, code, named) in rows {
        let output = command(&[&["evaluate", &list], more].concat());
        let wrong = misreported(&output, code, &[named]);
        failures.extend(wrong.map(|wrong| format!("{more:?}: {wrong}")));
    }
    for (lines, named) in [
        (vec![once.clone(), once], "twice"),
        (vec![], "no recordings"),
    ] {
        let list = corpus.manifest("path,label", &lines);
        let wrong = misreported(&command(&["evaluate", &list]), 65, &[named]);
        failures.extend(wrong.map(|wrong| format!("{lines:?}: {wrong}")));
    }
    report(&failures);
}

#[test]
fn corpora_are_read_as_they_are_downloaded() {
    let folder = TempDir::new().unwrap();
    let recording = fs::read(data("s16.wav")).unwrap();
    for name in [
        "Actor_07/03-01-05-02-01-02-07.wav",
        // Kaggle's copy of RAVDESS has everything twice.
        "audio_speech_actors_01-24/Actor_07/03-01-05-02-01-02-07.wav",
        "AudioWAV/1001_DFA_HAP_XX.wav",
        "wav/03a01Wa.wav",
        "wav/03a01La.wav",
        "OAF_Fear/OAF_back_fear.wav",
        "sad/1001_DFA_HAP_XX.wav",
    ] {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, &recording).unwrap();
    }
    let table = folder.path().join("table.csv");
    let mut command = undertone();
    command.arg("evaluate").arg(folder.path());
    command.arg("--predictions").arg(&table);
    let output = run(command, "");
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.contains("1 recordings are of emotions that no label stands for"),
        "{said}"
    );
    let table = fs::read_to_string(table).unwrap();
    let rows: Vec<(&str, &str)> = table
        .lines()
        .skip(1)
        .map(|line| line.split_once(',').unwrap())
        .map(|(name, rest)| (name, rest.split(',').next().unwrap()))
        .collect();
    let expected = [
        ("Actor_07/03-01-05-02-01-02-07.wav", "angry"),
        ("AudioWAV/1001_DFA_HAP_XX.wav", "happy"),
        ("OAF_Fear/OAF_back_fear.wav", "fearful"),
        ("sad/1001_DFA_HAP_XX.wav", "sad"),
        ("wav/03a01Wa.wav", "angry"),
    ];
    assert_eq!(rows, expected, "{table}");
}

//! Models over averages of whole recordings: what runs them, and what refuses.

use crate::common::network::{linear, sized};
use crate::common::{data, misreported, report, run, undertone, wav, wav_of};
use crate::testing::noise;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::fs;
use std::process::Output;
use tempfile::TempDir;

const LABELS: [&str; 3] = ["angry", "calm", "sad"];
const TEMPERATURE: f64 = 1.5;
const FEATURES: &str = "set = \"classic-mfcc\"\nversion = 1\nsample_rate = 22050\nfft = 2048\n\
    hop = 512\nmel_bands = 128\nbands = 40\nrange_db = 80.0\n";

/// A bundle whose network is linear.
struct Bundle {
    folder: TempDir,
    matrix: Vec<[f32; 3]>,
}

impl Bundle {
    fn new() -> Self {
        Self::with(FEATURES, 40)
    }

    fn with(features: &str, inputs: usize) -> Self {
        let mut noise = noise(7);
        let mut weight = || (0.02 * noise.next().unwrap()) as f32;
        Self::of(
            features,
            (0..inputs).map(|_| [(); 3].map(|()| weight())).collect(),
        )
    }

    fn of(features: &str, matrix: Vec<[f32; 3]>) -> Self {
        Self::of_network(features, &linear(&matrix), matrix)
    }

    fn of_network(features: &str, network: &[u8], matrix: Vec<[f32; 3]>) -> Self {
        let mut hash = String::new();
        for byte in Sha256::digest(network) {
            write!(hash, "{byte:02x}").unwrap();
        }
        let manifest = format!(
            "format = 1\nname = 'linear'\nversion = '1'\nlicence = 'MIT'\ntraining_data = []\n\
             labels = {LABELS:?}\n\
             [network]\nfile = 'model.onnx'\nsha256 = '{hash}'\nquantization = 'float32'\n\
             [decision]\ntemperature = {TEMPERATURE}\nuncertain_below = 0.0\nsmoothing = 0.5\n\
             margin = 0.1\n[features]\n{features}"
        );
        let folder = TempDir::with_prefix("averages-").unwrap();
        fs::write(folder.path().join("model.toml"), manifest).unwrap();
        fs::write(folder.path().join("model.onnx"), network).unwrap();
        Self { folder, matrix }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_string_lossy().into_owned()
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = undertone();
        command
            .args(arguments)
            .arg("--model")
            .arg(self.folder.path());
        run(command, "")
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let output = self.run(arguments);
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn scores(&self, wav: &[u8]) -> Value {
        let file = self.path("some.wav");
        fs::write(&file, wav).unwrap();
        self.json(&["classify", &file])["scores"].clone()
    }

    /// Scores by the manifest's labels, from averages, by the formula.
    fn expected(&self, averages: &[f64]) -> [f64; 3] {
        let mut weights = [0.0; 3];
        for (value, row) in averages.iter().zip(&self.matrix) {
            for (sum, weight) in weights.iter_mut().zip(row) {
                *sum += value * f64::from(*weight) / TEMPERATURE;
            }
        }
        let weights = weights.map(f64::exp);
        weights.map(|weight| weight / weights.iter().sum::<f64>())
    }
}

/// Averages by `undertone features`, which is held against librosa.
fn averages(file: &str) -> Vec<f64> {
    let mut command = undertone();
    command.args([
        "features",
        "--set",
        "classic-mfcc",
        "--format",
        "json",
        file,
    ]);
    let output = run(command, "");
    let record: Value = serde_json::from_slice(&output.stdout).unwrap();
    let values = record["values"].as_array().unwrap().iter();
    values.map(|value| value.as_f64().unwrap()).collect()
}

#[test]
fn classify_asks_the_network_about_averages() {
    let bundle = Bundle::new();
    for name in ["22050-hz.wav", "44100-hz.wav", "voice.opus"] {
        let file = data(name).to_string_lossy().into_owned();
        let found = bundle.json(&["classify", "--timeline", &file]);
        let expected = bundle.expected(&averages(&file));
        for (label, wanted) in LABELS.iter().zip(expected) {
            let score = found["scores"][label].as_f64().unwrap();
            assert!(
                (score - wanted).abs() < 6e-5,
                "{name}: {found}, not {expected:?}"
            );
        }
        let windows = found["windows"].as_array().unwrap();
        assert_eq!(windows.len(), 1);
        assert_eq!(
            (&windows[0]["start"], &windows[0]["end"]),
            (&0.0.into(), &3.0.into())
        );
        assert_eq!(windows[0]["scores"], found["scores"]);
    }
}

/// At the set's own rate nothing blurs where a recording ends.
#[test]
fn three_seconds_are_heard_and_less_is_filled_up() {
    let bundle = Bundle::new();
    let mut noise = noise(1);
    let mut sample = || ((noise.next().unwrap() * 8000.0) as i16).to_le_bytes();
    let five: Vec<u8> = (0..5 * 22_050).flat_map(|_| sample()).collect();
    let scores = |bytes: &[u8]| bundle.scores(&wav_of(1, 1, 22_050, 16, bytes));
    let second = 2 * 22_050;
    assert_eq!(scores(&five), scores(&five[..3 * second]));
    let filled = [&five[..second], &vec![0; 2 * second]].concat();
    assert_eq!(scores(&five[..second]), scores(&filled));
    assert_ne!(scores(&five[..second]), scores(&five));
}

#[test]
fn there_is_no_gate() {
    let scores = Bundle::new().scores(&wav(&vec![0; 16_000]));
    let sum: f64 = LABELS
        .iter()
        .map(|label| scores[label].as_f64().unwrap())
        .sum();
    assert!((sum - 1.0).abs() < 5e-4);
}

#[test]
fn evaluate_measures_it() {
    let bundle = Bundle::new();
    let file = bundle.path("a.wav");
    fs::copy(data("22050-hz.wav"), &file).unwrap();
    let label = bundle.json(&["classify", &file])["label"].clone();
    let list = bundle.path("list.csv");
    fs::write(
        &list,
        format!("path,label\na.wav,{}\n", label.as_str().unwrap()),
    )
    .unwrap();
    assert_eq!(bundle.json(&["evaluate", &list])["accuracy"], 1.0);
}

#[test]
fn golden_values_prove_it() {
    let bundle = Bundle::new();
    let folder = bundle.path("");
    let model = |step: &str| {
        let mut command = undertone();
        command.args(["model", step, &folder]);
        run(command, "")
    };
    let golden = String::from_utf8(model("golden").stdout).unwrap();
    fs::write(bundle.path("golden.json"), &golden).unwrap();
    assert!(model("check").status.success());
    let hash = serde_json::from_str::<Value>(&golden).unwrap()["features_sha256"].clone();
    let other = golden.replace(hash.as_str().unwrap(), "00");
    fs::write(bundle.path("golden.json"), other).unwrap();
    let wrong = misreported(&model("check"), 78, &["features"]);
    report(&Vec::from_iter(wrong));
}

#[test]
fn a_stream_is_refused() {
    let output = Bundle::new().run(&["listen", "--input", "-", "--raw", "16000"]);
    report(&Vec::from_iter(misreported(&output, 78, &["stream"])));
    assert!(output.stdout.is_empty());
}

#[test]
fn what_does_not_fit_is_named() {
    let other = |line: &str, instead: &str| FEATURES.replace(line, instead);
    let rows = [
        (
            format!("{FEATURES}[window]\nframes = 130\nhop = 1\n"),
            40,
            "window must not be there",
        ),
        (other("classic-mfcc", "classic"), 40, "features.set"),
        (other("bands = 40", "bands = 39"), 39, "features.bands"),
        (other("22050", "16000"), 40, "features.sample_rate"),
        (other("2048", "1024"), 40, "features.fft"),
        (FEATURES.into(), 39, "features.bands"),
    ];
    let mut failures = Vec::new();
    for (features, inputs, named) in rows {
        let bundle = Bundle::with(&features, inputs);
        let output = bundle.run(&["classify", data("s16.wav").to_str().unwrap()]);
        let wrong = misreported(&output, 78, &[named]);
        failures.extend(wrong.map(|wrong| format!("{named}: {wrong}")));
    }
    report(&failures);
}

/// Scores that are no numbers are no answer, whenever they come.
#[test]
fn a_network_whose_answers_are_no_numbers_is_refused() {
    let speech = data("synthesised-speech.wav");
    let list = Bundle::new();
    fs::write(
        list.path("list.csv"),
        format!("path,label\n{},sad\n", speech.display()),
    )
    .unwrap();
    let speech = speech.to_str().unwrap();
    let list = list.path("list.csv");
    let always = Bundle::of(FEATURES, vec![[f32::INFINITY; 3]; 40]);
    // Of zeros it makes zeros, of speech more than single precision holds.
    let later = Bundle::of(FEATURES, vec![[f32::MAX; 3]; 40]);
    let mut failures = Vec::new();
    for (name, bundle, code) in [("always", &always, 78), ("of speech", &later, 70)] {
        for arguments in [["classify", speech], ["evaluate", &list]] {
            let output = bundle.run(&arguments);
            let wrong = misreported(&output, code, &["no number"]);
            failures.extend(wrong.map(|wrong| format!("{name} {arguments:?}: {wrong}")));
        }
    }
    report(&failures);
}

/// Some hundred bytes that ask for 160 GiB, and for as much as memory's addresses.
#[test]
fn a_network_that_takes_memory_without_end_is_refused() {
    let mut failures = Vec::new();
    for columns in [1 << 30, 1 << 50] {
        let bundle = Bundle::of_network(FEATURES, &sized(40, columns), Vec::new());
        let output = bundle.run(&["classify", data("s16.wav").to_str().unwrap()]);
        failures.extend(misreported(&output, 78, &["network"]));
    }
    report(&failures);
}

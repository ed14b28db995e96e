//! `undertone features`: what it writes, and what it refuses.

use crate::common::{data, undertone, utterance};
use std::fs;
use std::path::Path;
use std::process::Output;
use tempfile::TempDir;
use undertone::features::FeatureSet;

fn features(arguments: &[&str], file: &Path) -> Output {
    let mut command = undertone();
    command.arg("features").args(arguments).arg(file);
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn several_sets_become_several_files() {
    let folder = TempDir::new().unwrap();
    let output = folder.path().to_str().unwrap();
    let sets = ["--set", "mfcc", "--set", "log-mel", "--output", output];
    assert!(features(&sets, &data("s16.wav")).status.success());
    let shape = |name: &str| {
        let bytes = fs::read(folder.path().join(name)).unwrap();
        String::from_utf8_lossy(&bytes[..128]).into_owned()
    };
    assert!(shape("s16.mfcc.npy").contains(", 40,)"));
    assert!(shape("s16.log-mel.npy").contains(", 64,)"));
}

#[test]
fn tables_have_a_named_column_a_value() {
    let output = features(&["--set", "classic", "--format", "csv"], &data("s16.wav"));
    let lines: Vec<&str> = text(&output.stdout).lines().collect();
    assert_eq!(lines.len(), 2);
    assert!(lines[0].starts_with("file,time,mfcc_0,"));
    assert!(lines[0].ends_with(",tonnetz_5"));
    let fields = |line: &str| line.split(',').count();
    assert_eq!((fields(lines[0]), fields(lines[1])), (195, 195));
}

#[test]
fn objects_state_how_they_were_made() {
    let arguments = [
        "--set", "mel", "--fft", "512", "--mels", "40", "--format", "json",
    ];
    let output = features(&arguments, &utterance());
    let object: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(object["type"], "features");
    assert_eq!(object["spec"]["set"], "mel");
    assert_eq!(object["spec"]["hop"], 128);
    assert_eq!(object["shape"][1], 40);
    let rows = object["values"].as_array().unwrap();
    assert_eq!(object["shape"][0], rows.len());
    assert_eq!(rows[0].as_array().unwrap().len(), 40);
}

#[test]
fn every_set_can_be_drawn() {
    let folder = TempDir::new().unwrap();
    let picture = folder.path().join("sets.png");
    let sets: Vec<&str> = FeatureSet::all().map(FeatureSet::name).collect();
    let mut arguments: Vec<&str> = sets.iter().flat_map(|set| ["--set", set]).collect();
    arguments.extend(["--plot", picture.to_str().unwrap()]);
    // Too short for an example of VGGish's, and long enough for two.
    for file in [data("s16.wav"), utterance()] {
        let output = features(&arguments, &file);
        assert!(output.status.success(), "{output:?}");
        let bytes = fs::read(&picture).unwrap();
        assert!(bytes.starts_with(b"\x89PNG"));
        let size = |place: usize| u32::from_be_bytes(bytes[place..place + 4].try_into().unwrap());
        assert_eq!((size(16), size(20)), (1200, 260 * sets.len() as u32));
    }
}

#[test]
fn what_is_not_compiled_in_is_refused_by_name() {
    let cases: [(&[&str], &str); 11] = [
        (
            &["--set", "mel", "--fft", "300"],
            "mel: fft is 300; this program has 256, 512",
        ),
        (
            &["--set", "mfcc", "--mels", "100"],
            "mfcc: mel_bands is 100; this program has 40, 64",
        ),
        (
            &["--set", "mfcc", "--mfcc", "41"],
            "mfcc: bands is 41; it must lie in 1 to 40",
        ),
        (
            &["--set", "rms", "--hop", "0"],
            "rms: hop is 0; it must lie in 1 to 2048",
        ),
        (
            &["--set", "classic", "--rate", "16000"],
            "classic: sample_rate is 16000",
        ),
        (&["--mels", "64"], "--mels is for mel and mfcc"),
        (&["--set", "chroma", "--htk"], "--htk is for mel and mfcc"),
        (&["--set", "mel", "--deltas", "1"], "--deltas is for mfcc"),
        (&["--set", "mfcc", "--tuning"], "--tuning is for chroma and"),
        (
            &["--set", "mfcc", "--deltas", "3"],
            "mfcc: deltas is 3; it must lie in 0 to 2",
        ),
        (
            &["--set", "rms", "--set", "rms"],
            "the set rms is given twice",
        ),
    ];
    for (arguments, sentence) in cases {
        let arguments = [arguments, &["--format", "json"]].concat();
        let output = features(&arguments, &data("s16.wav"));
        assert_eq!(output.status.code(), Some(64), "{arguments:?}");
        assert!(text(&output.stderr).contains(sentence), "{output:?}");
    }
}

//! Every file that fuzzing found, given again to what broke on it, and some mutations of
//! each target's seeds: the same each time.
//!
//! `scripts/fuzz` says how more are found. Those of the integer operators are replayed
//! beside them.
#![allow(clippy::panic, reason = "a target without seeds fails the test")]

use crate::common::data;
use crate::testing::random_words;
use std::fs;
use std::path::{Path, PathBuf};

#[path = "../../fuzz/src/targets/mod.rs"]
mod targets;

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn what_fuzzing_found_breaks_nothing() {
    let root = data("fuzz");
    let known = targets::TARGETS.map(|(name, _)| name);
    for folder in files(&root) {
        let name = folder.file_name().unwrap().to_str().unwrap();
        assert!(name == "operators" || known.contains(&name), "{name}");
    }
    for (name, target) in targets::TARGETS {
        let folder = root.join(name);
        for file in if folder.is_dir() {
            files(&folder)
        } else {
            Vec::new()
        } {
            println!("{}", file.display());
            target(&fs::read(&file).unwrap());
        }
    }
}

/// Each target is a program of its own, by the same name.
#[test]
fn every_target_can_be_run() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/fuzz_targets");
    let programs = files(&folder).into_iter();
    let programs: Vec<_> = programs
        .map(|file| file.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    let mut known: Vec<_> = targets::TARGETS.map(|(name, _)| name.to_owned()).into();
    known.push("operators".into());
    known.sort();
    assert_eq!(programs, known);
}

/// Mutations of each seed; `UNDERTONE_MUTATIONS` asks for others.
const MUTATIONS: u32 = 8;

/// Longest input that is mutated, as in `scripts/fuzz`.
const LONGEST: usize = 20_000;

fn files_ending(endings: &[&str]) -> Vec<Vec<u8>> {
    let ends = |file: &PathBuf| {
        endings
            .iter()
            .any(|end| file.to_str().unwrap().ends_with(end))
    };
    let found = files(&data("")).into_iter().filter(ends);
    found.map(|file| fs::read(file).unwrap()).collect()
}

fn stored(path: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// What the mutations of a target begin with.
fn seeds(target: &str) -> Vec<Vec<u8>> {
    let text = |text: &str| vec![text.as_bytes().to_vec()];
    match target {
        "adts" => files_ending(&[".aac"]),
        "aiff" => files_ending(&[".aiff", ".aifc"]),
        "au" => files_ending(&[".au"]),
        "caf" => files_ending(&[".caf"]),
        "flac" => files_ending(&["16-bit.flac"]),
        "matroska" => files_ending(&[".mka", ".webm"]),
        "mp4" => files_ending(&[".m4a"]),
        "mpeg" => files_ending(&[".mp2", ".mp3"]),
        "ogg" => files_ending(&[".opus", ".ogg"]),
        "wave" => files_ending(&[
            "/u8.wav",
            "s24.wav",
            "a-law.wav",
            "ima.wav",
            "ms.wav",
            "rf64.wav",
        ]),
        "raw" => vec![[&[1, 1, 12], &stored("tests/data/s16.wav")[..]].concat()],
        "network" => vec![[&[0], &stored("tests/data/integers/model.onnx")[..]].concat()],
        "manifest" => vec![
            stored("models/ravdess/model.toml"),
            stored("tests/data/floats/model.toml"),
        ],
        "golden" => vec![stored("models/ravdess/golden.json")],
        "baseline" => text(
            r#"{"type":"baseline","model":{"name":"m","version":"1","sha256":"0"},"frames":188,"sums":[1,-2,3]}"#,
        ),
        "config" => vec![
            stored("packaging/undertone.toml"),
            stored("boards/pi-4/undertone.toml"),
        ],
        "csv" => text("path,label,speaker\n\"a, \"\"b\"\".wav\",sad,ann\n\n c.wav , calm,\r\n"),
        "lines" => {
            let page = String::from_utf8(stored("docs/protocol.md")).unwrap();
            let lines = page.lines().filter(|line| line.starts_with("{\"type\""));
            lines.map(|line| format!("{line}\n").into_bytes()).collect()
        }
        "requests" | "socket" => text("{\"type\":\"pause\"}\n{\"type\":\"status\",\"why\":1}\n"),
        "http" => text(
            "POST /api/classify?name=a%20b HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n\
             Origin: http://HOST\r\n\r\n4\r\nRIFF\r\n0\r\n\r\nGET / HTTP/1.1\r\nHost: HOST\r\n\
             Connection: close\r\n\r\n",
        ),
        "form" => text(
            "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.wav\"\r\n\
             Content-Type: audio/wav\r\n\r\nRIFF\r\n--b--\r\n",
        ),
        // Choices, whose zeros behind the end are the last ones.
        "resampler" | "engine" => vec![stored("tests/data/integers/model.onnx")[..120].to_vec()],
        other => panic!("{other} has no seeds"),
    }
}

/// A few of its bytes are others, come twice, are left out, or are all that is there.
fn mutated(seed: &[u8], words: &mut impl Iterator<Item = u32>) -> Vec<u8> {
    let mut bytes = seed[..seed.len().min(LONGEST)].to_vec();
    let mut below = |end: usize| words.next().unwrap() as usize / 7 % end.max(1);
    for _ in 0..=below(6) {
        let (place, length) = (below(bytes.len()), 1 + below(64));
        let end = bytes.len().min(place + length);
        match below(8) {
            0 => bytes.truncate(place),
            1 => drop(bytes.drain(place..end)),
            2 => {
                let again = bytes[place..end].to_vec();
                bytes.splice(place..place, again);
            }
            3 => bytes[place..end].fill([0, 0xff, 0x7f, 0x80][below(4)]),
            4 => bytes.insert(place, below(256) as u8),
            _ if place < end => bytes[place] ^= 1 << below(8),
            _ => {}
        }
        if bytes.is_empty() {
            break;
        }
    }
    bytes
}

#[test]
fn mutations_break_nothing() {
    undertone::silence_caught_panics();
    let asked = std::env::var("UNDERTONE_MUTATIONS").ok();
    let mutations = asked.map_or(MUTATIONS, |number| number.parse().unwrap());
    let queue = std::sync::Mutex::new(targets::TARGETS.iter());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().unwrap().next();
                    let Some((name, target)) = next else { return };
                    let mut words = random_words(1);
                    let mut executions = 0;
                    for seed in seeds(name) {
                        for _ in 0..mutations {
                            let input = mutated(&seed, &mut words);
                            // What breaks the process is found by its file.
                            let file = std::env::temp_dir().join(format!("undertone-{name}"));
                            if mutations > MUTATIONS {
                                fs::write(file, &input).unwrap();
                            }
                            target(&input);
                            executions += 1;
                        }
                    }
                    println!("{name}: {executions}");
                }
            });
        }
    });
}

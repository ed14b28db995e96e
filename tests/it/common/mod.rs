//! What several tests need.

pub mod http;
#[cfg(target_os = "linux")]
pub mod microphone;
pub mod network;
pub mod signal;

pub use signal::{data, level, read, rms, utterance};

use serde_json::Value;
use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::thread;
use std::time::{Duration, Instant};

/// Longer than anything that is waited for takes, on a busy machine, too.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// Speech to test on: the shipped utterance, and a spread of RAVDESS clips
/// where the corpus is present (`UNDERTONE_RAVDESS`).
pub fn speech() -> Vec<PathBuf> {
    let mut files = vec![utterance()];
    if let Some(folder) = ravdess() {
        let mut clips: Vec<PathBuf> = folder
            .read_dir()
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| {
                path.extension()
                    .is_some_and(|extension| extension == "flac")
            })
            .collect();
        clips.sort();
        files.extend(clips.into_iter().step_by(23));
    }
    files
}

/// The folder of RAVDESS speech, where there is one. It is no skip to be without:
/// nobody must have the corpus, and then less is tested.
fn ravdess() -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("UNDERTONE_RAVDESS") else {
        println!("UNDERTONE_RAVDESS names no corpus: no real voices are heard");
        return None;
    };
    let folder = PathBuf::from(folder);
    assert!(
        folder.is_dir(),
        "UNDERTONE_RAVDESS: no folder {}",
        folder.display()
    );
    Some(folder)
}

/// The program.
pub fn undertone() -> Command {
    Command::new(env!("CARGO_BIN_EXE_undertone"))
}

/// A 16 kHz mono 16-bit WAV file.
pub fn wav(samples: &[i16]) -> Vec<u8> {
    let data: Vec<u8> = samples
        .iter()
        .flat_map(|sample| sample.to_le_bytes())
        .collect();
    wav_of(1, 1, 16_000, 16, &data)
}

/// A WAV file with a header of one's own.
pub fn wav_of(format: u16, channels: u16, rate: u32, bits: u16, data: &[u8]) -> Vec<u8> {
    let align = channels.wrapping_mul(bits / 8);
    let mut file = b"RIFF".to_vec();
    file.extend((36 + data.len() as u32).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(16_u32.to_le_bytes());
    file.extend(format.to_le_bytes());
    file.extend(channels.to_le_bytes());
    file.extend(rate.to_le_bytes());
    file.extend(rate.wrapping_mul(u32::from(align)).to_le_bytes());
    file.extend(align.to_le_bytes());
    file.extend(bits.to_le_bytes());
    file.extend(b"data");
    file.extend((data.len() as u32).to_le_bytes());
    file.extend(data);
    file
}

/// Waits for what is to happen, and fails where it does not.
pub fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < PATIENCE, "{what} does not happen");
        thread::sleep(Duration::from_millis(2));
    }
}

/// Runs a command to its end with some bytes on its stdin. One that takes
/// longer than [`PATIENCE`] is killed and so has no exit code.
pub fn run(command: Command, input: impl Into<Vec<u8>>) -> Output {
    assert_cmd::Command::from_std(command)
        .write_stdin(input.into())
        .timeout(PATIENCE)
        .output()
        .unwrap()
}

/// Runs `undertone classify` with these arguments.
pub fn classify<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Output {
    let mut command = undertone();
    command.arg("classify").args(arguments);
    run(command, "")
}

/// The JSON objects on a command's stdout; null for what is none.
pub fn objects(output: &Output) -> Vec<Value> {
    serde_json::Deserializer::from_slice(&output.stdout)
        .into_iter()
        .map(Result::unwrap_or_default)
        .collect()
}

/// Fails with all that went wrong in a table's rows, if anything did.
pub fn report(failures: &[String]) {
    assert!(
        failures.is_empty(),
        "{} failed:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

/// What is wrong with a failure that should have been one sentence on stderr
/// and a code: nothing, if the sentence holds all of `words`.
pub fn misreported(output: &Output, code: i32, words: &[&str]) -> Option<String> {
    let complaint = String::from_utf8_lossy(&output.stderr);
    let wrong = if output.status.code() != Some(code) {
        format!("ended with {}, not {code}", output.status)
    } else if complaint.contains("panicked") {
        "panicked".into()
    } else if !(complaint.starts_with("undertone: ")
        && complaint.ends_with('\n')
        && complaint.lines().count() == 1)
    {
        "did not complain in one line".into()
    } else if let Some(word) = words.iter().find(|word| !complaint.contains(**word)) {
        format!("does not name {word:?}")
    } else if repeats_itself(&complaint) {
        "says its cause twice".into()
    } else {
        return None;
    };
    Some(format!("{wrong}; stderr: {complaint:?}"))
}

/// Whether a sentence's last part, after a colon, stands before it, too.
fn repeats_itself(sentence: &str) -> bool {
    sentence
        .trim_end()
        .rsplit_once(": ")
        // A mere number or word may stand in a path, too.
        .is_some_and(|(before, last)| last.contains(' ') && before.contains(last))
}

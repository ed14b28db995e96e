//! Recordings that are damaged, odd or absent.

use crate::common::{classify, data, misreported, objects, report, run, undertone, wav, wav_of};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

const OK: i32 = 0;
const BAD_AUDIO: i32 = 65;
const MISSING: i32 = 66;
const IO: i32 = 74;

const PCM: u16 = 1;
const FLOAT: u16 = 3;

/// Ends well, with a warning.
const DAMAGED: i32 = -1;

/// Half a second of a quiet ramp.
fn ramp() -> Vec<i16> {
    (0..8000).map(|n| n % 100 - 50).collect()
}

fn file(name: &str) -> Vec<u8> {
    fs::read(data(name)).unwrap()
}

fn head(bytes: &[u8], share: f64) -> Vec<u8> {
    bytes[..(bytes.len() as f64 * share) as usize].to_vec()
}

/// Inverts some bits every so many bytes, from `first` on.
fn flipped(mut bytes: Vec<u8>, first: usize, every: usize) -> Vec<u8> {
    for byte in bytes.iter_mut().skip(first).step_by(every) {
        *byte ^= 0x55;
    }
    bytes
}

/// A second of 16-bit samples behind any header.
fn headed(format: u16, channels: u16, rate: u32, bits: u16) -> Vec<u8> {
    wav_of(format, channels, rate, bits, &[1, 0].repeat(16_000))
}

/// The length that a header promises: of the RIFF chunk or of the data.
fn promising(length: u32, places: &[usize]) -> Vec<u8> {
    let mut bytes = wav(&ramp());
    for &place in places {
        bytes[place..place + 4].copy_from_slice(&length.to_le_bytes());
    }
    bytes
}

/// An AIFF file whose header promises so many channels.
fn aiff_of(channels: u16) -> Vec<u8> {
    let mut bytes = file("s16.aiff");
    bytes[20..22].copy_from_slice(&channels.to_be_bytes());
    bytes
}

/// Files by name, and the code that each alone ends with.
pub fn files() -> Vec<(&'static str, Vec<u8>, i32)> {
    let good = wav(&ramp());
    let floats = |x: f32| x.to_le_bytes().repeat(8000);
    let doubles = |x: f64| x.to_le_bytes().repeat(8000);
    let noise: Vec<u8> = (0..8000_u32).map(|n| ((n * n) >> 7) as u8).collect();
    vec![
        ("empty.wav", vec![], BAD_AUDIO),
        ("text.wav", b"This is no audio.\n".repeat(50), BAD_AUDIO),
        ("zeros.wav", vec![0; 40_000], BAD_AUDIO),
        ("noise.mp3", noise.clone(), BAD_AUDIO),
        ("riff-alone.wav", good[..12].to_vec(), BAD_AUDIO),
        ("header-cut.wav", good[..30].to_vec(), BAD_AUDIO),
        ("header-alone.wav", good[..44].to_vec(), BAD_AUDIO),
        ("data-cut.wav", head(&good, 0.6), DAMAGED),
        ("no-samples.wav", wav(&[]), BAD_AUDIO),
        ("one-sample.wav", wav(&[1]), OK),
        (
            "half-a-sample.wav",
            wav_of(PCM, 1, 16_000, 16, &[1, 0, 1]),
            OK,
        ),
        (
            "garbage-samples.wav",
            wav_of(PCM, 1, 16_000, 16, &noise),
            OK,
        ),
        (
            "garbage-chunks.wav",
            [&good[..36], &noise[..]].concat(),
            BAD_AUDIO,
        ),
        (
            "garbage-behind.wav",
            [&good[..], &noise[..]].concat(),
            DAMAGED,
        ),
        ("from-a-pipe.wav", promising(u32::MAX, &[4, 40]), OK),
        // What arecord writes into a pipe.
        ("promises-2-gib.wav", promising(1 << 31, &[40]), OK),
        (
            "nan.wav",
            wav_of(FLOAT, 1, 16_000, 32, &floats(f32::NAN)),
            BAD_AUDIO,
        ),
        (
            "infinite.wav",
            wav_of(FLOAT, 1, 16_000, 32, &floats(f32::INFINITY)),
            BAD_AUDIO,
        ),
        (
            "infinite-64.wav",
            wav_of(FLOAT, 1, 16_000, 64, &doubles(f64::NEG_INFINITY)),
            BAD_AUDIO,
        ),
        ("loud.wav", wav_of(FLOAT, 1, 16_000, 32, &floats(1e30)), OK),
        ("0-hz.wav", headed(PCM, 1, 0, 16), BAD_AUDIO),
        ("1-mhz.wav", headed(PCM, 1, 1_000_000, 16), BAD_AUDIO),
        ("4-ghz.wav", headed(PCM, 1, u32::MAX, 16), BAD_AUDIO),
        ("0-channels.wav", headed(PCM, 0, 16_000, 16), BAD_AUDIO),
        ("8-channels.wav", headed(PCM, 8, 16_000, 16), OK),
        ("32-channels.wav", headed(PCM, 32, 16_000, 16), OK),
        (
            "65535-channels.wav",
            headed(PCM, 65_535, 16_000, 16),
            BAD_AUDIO,
        ),
        // Memory for so many would be a gigabyte.
        ("65535-channels.aiff", aiff_of(u16::MAX), BAD_AUDIO),
        ("0-bits.wav", headed(PCM, 1, 16_000, 0), BAD_AUDIO),
        ("7-bits.wav", headed(PCM, 1, 16_000, 7), BAD_AUDIO),
        ("gsm.wav", headed(0x31, 1, 16_000, 16), BAD_AUDIO),
        ("cut.flac", head(&file("16-bit.flac"), 0.6), DAMAGED),
        (
            "flipped.flac",
            flipped(file("16-bit.flac"), 300, 997),
            DAMAGED,
        ),
        // Formats for streams: what is there is classified.
        ("cut.mp3", head(&file("lossy.mp3"), 0.6), OK),
        ("cut.ogg", head(&file("vorbis.ogg"), 0.9), OK),
        ("cut.opus", head(&file("voice.opus"), 0.9), OK),
        ("cut-early.mp3", head(&file("lossy.mp3"), 0.01), BAD_AUDIO),
        ("cut-early.ogg", head(&file("vorbis.ogg"), 0.01), BAD_AUDIO),
        ("cut-early.opus", head(&file("voice.opus"), 0.01), BAD_AUDIO),
        ("cut.m4a", head(&file("aac.m4a"), 0.6), BAD_AUDIO),
        (
            "flipped.ogg",
            flipped(file("vorbis.ogg"), 300, 997),
            BAD_AUDIO,
        ),
        (
            "flipped.opus",
            flipped(file("voice.opus"), 300, 997),
            BAD_AUDIO,
        ),
    ]
}

/// The files in a folder of their own, with one that is missing.
fn written() -> (TempDir, Vec<(PathBuf, i32)>) {
    let folder = TempDir::new().unwrap();
    let mut paths = Vec::new();
    for (name, bytes, code) in files() {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        paths.push((path, code));
    }
    paths.push((folder.path().join("missing.wav"), MISSING));
    (folder, paths)
}

/// What is wrong with the object that stands for a file on stdout.
fn misprinted(object: &Value, file: &Path, code: i32) -> Option<String> {
    let lacks = ["damaged_packets", "missing_samples", "skipped_bytes"]
        .into_iter()
        .any(|field| object[field].as_u64() > Some(0));
    let expected = if [OK, DAMAGED].contains(&code) {
        let scores = object["scores"].as_object().into_iter().flatten();
        let sum: f64 = scores.filter_map(|(_, score)| score.as_f64()).sum();
        // Whether speech is found in it or not.
        object["type"] == "result"
            && lacks == (code == DAMAGED)
            && (sum < 1e-9 || (sum - 1.0).abs() < 5e-4)
    } else {
        let name = file.file_name().unwrap().to_string_lossy();
        let sentence = object["error"].as_str().unwrap_or_default();
        object["type"] == "error" && object["code"] == code && sentence.contains(&*name)
    };
    let right = expected && object["file"] == *file.to_string_lossy();
    (!right).then(|| format!("{}: stdout: {object}", file.display()))
}

#[test]
fn each_file_has_its_sentence_and_code() {
    let (_folder, files) = written();
    let mut failures = Vec::new();
    for (file, code) in &files {
        let name = file.file_name().unwrap().to_string_lossy();
        let output = classify([file.as_path()]);
        let silent = output.stderr.is_empty() && output.status.success();
        let wrong = match *code {
            OK => (!silent).then(|| format!("{output:?}")),
            DAMAGED => misreported(&output, OK, &[&name]),
            code => misreported(&output, code, &[&name]),
        };
        failures.extend(wrong.map(|wrong| format!("{name}: {wrong}")));
        let objects = objects(&output);
        match &objects[..] {
            [object] => failures.extend(misprinted(object, file, *code)),
            _ => failures.push(format!("{name}: {} objects", objects.len())),
        }
    }
    report(&failures);
}

#[test]
fn a_batch_goes_on_after_a_bad_file() {
    let (folder, files) = written();
    let good = folder.path().join("good.wav");
    fs::write(&good, wav(&ramp())).unwrap();
    // A good file before each of the others, and the missing one first.
    let rows: Vec<(&Path, i32)> = files
        .iter()
        .rev()
        .flat_map(|(file, code)| [(good.as_path(), OK), (file.as_path(), *code)])
        .collect();
    let output = classify(rows.iter().map(|(file, _)| *file));
    let objects = objects(&output);
    assert_eq!(objects.len(), rows.len());
    let mut failures: Vec<String> = objects
        .iter()
        .zip(&rows)
        .filter_map(|(object, (file, code))| misprinted(object, file, *code))
        .collect();
    if output.status.code() != Some(MISSING) {
        failures.push(format!("{}, not the first failure's code", output.status));
    }
    let complaints = String::from_utf8_lossy(&output.stderr);
    let sentences: Vec<&str> = complaints.lines().collect();
    let expected: Vec<String> = objects
        .iter()
        .zip(&rows)
        .filter_map(|(object, (file, code))| match object["error"].as_str() {
            Some(error) => Some(format!("undertone: {error}")),
            None if *code == DAMAGED => Some(format!("undertone: {}: is ", file.display())),
            None => None,
        })
        .collect();
    let matches = sentences.len() == expected.len()
        && sentences
            .iter()
            .zip(&expected)
            .all(|(sentence, start)| sentence.starts_with(start));
    if !matches {
        failures.push(format!(
            "stderr is {sentences:#?}, stdout has {expected:#?}"
        ));
    }
    report(&failures);
}

#[test]
fn stdin_is_a_file_like_any_other() {
    let from_pipe = |bytes: Vec<u8>| {
        let mut command = undertone();
        command.args(["classify", "-"]);
        run(command, bytes)
    };
    let mut failures = Vec::new();
    for name in ["synthesised-speech.wav", "16-bit.flac", "aac.m4a"] {
        let mut expected = objects(&classify([data(name).as_path()]));
        expected[0]["file"] = "-".into();
        let output = from_pipe(file(name));
        if objects(&output) != expected || !output.stderr.is_empty() {
            failures.push(format!("{name}: {output:?}, not {expected:?}"));
        }
    }
    for (name, bytes) in [("nothing", vec![]), ("text", b"no audio".repeat(99))] {
        let wrong = misreported(&from_pipe(bytes), BAD_AUDIO, &["-:"]);
        failures.extend(wrong.map(|wrong| format!("{name}: {wrong}")));
    }
    report(&failures);
}

#[test]
fn places_without_a_readable_file_are_named() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::create_dir(path("folder")).unwrap();
    fs::write(path("folder/readme.txt"), "no audio").unwrap();
    fs::write(path("locked.wav"), wav(&ramp())).unwrap();
    forbid(&path("locked.wav"));
    let rows = [
        (path("folder"), MISSING),
        (path("nowhere/missing.wav"), MISSING),
        (path("locked.wav/inside.wav"), IO),
        // Its first page cannot be read, by anybody.
        (PathBuf::from("/proc/self/mem"), IO),
        (path("locked.wav"), IO),
    ];
    let mut failures = Vec::new();
    for (file, code) in rows {
        let name = file.to_string_lossy();
        let mut command = undertone();
        if file.ends_with("locked.wav") && fs::read(&file).is_ok() {
            command = bound_by_modes(&command);
        }
        command.arg("classify").arg(&file);
        let wrong = misreported(&run(command, ""), code, &[&name]);
        failures.extend(wrong.map(|wrong| format!("{name}: {wrong}")));
    }
    report(&failures);
}

#[test]
fn links_that_lead_round_in_circles_end() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("file.wav"), wav(&ramp())).unwrap();
    for link in ["link.wav", "here", "there"] {
        let target = if link == "link.wav" { "file.wav" } else { "." };
        std::os::unix::fs::symlink(target, path(link)).unwrap();
    }
    let output = classify([folder.path()]);
    let found: Vec<Value> = objects(&output)
        .into_iter()
        .map(|object| object["file"].clone())
        .collect();
    let expected = ["file.wav", "link.wav"].map(|name| Value::from(path(name).to_str()));
    assert_eq!(found, expected);
}

/// A command without the capabilities for which root may read anything.
fn bound_by_modes(command: &Command) -> Command {
    let without = "-dac_override,-dac_read_search";
    let mut bound = Command::new("setpriv");
    bound.args(["--bounding-set", without, "--inh-caps", without]);
    bound.arg(command.get_program());
    bound
}

fn forbid(file: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(file, fs::Permissions::from_mode(0o0)).unwrap();
}

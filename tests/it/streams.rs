//! Recordings and pipes that `listen` hears.

use crate::common::{data, misreported, read, report, run, undertone, utterance, wait_until, wav};
use crate::testing::make_fifo;
use serde_json::Value;
use std::fs::{self, File};
use std::process::{Command, Output, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use undertone::audio::{Channel, DecoderPool};

fn listen(arguments: &[&str], input: impl Into<Vec<u8>>) -> Output {
    let mut command = undertone();
    command
        .args(["listen", "--baseline", "none"])
        .args(arguments);
    run(command, input)
}

/// The windows with speech of a stream: where they begin, and their scores.
fn decisions(output: &Output) -> Vec<(Value, Value)> {
    assert!(output.status.success(), "{output:?}");
    serde_json::Deserializer::from_slice(&output.stdout)
        .into_iter::<Value>()
        .map(Result::unwrap)
        .filter(|object| object["type"] == "emotion")
        .map(|object| (object["start"].clone(), object["scores"].clone()))
        .collect()
}

/// Those that `classify` gives a recording.
fn classified(bytes: Vec<u8>) -> Vec<(Value, Value)> {
    let mut command = undertone();
    command.args(["classify", "--timeline", "-"]);
    let output = run(command, bytes);
    let object: Value = serde_json::from_slice(&output.stdout).unwrap();
    let windows = object["windows"].as_array().unwrap();
    let spoken = windows.iter().filter(|window| window["label"] != "silence");
    spoken
        .map(|window| (window["start"].clone(), window["scores"].clone()))
        .collect()
}

#[test]
fn any_recording_is_heard_as_classify_hears_it() {
    let whole = fs::read(utterance()).unwrap();
    // A clip of 0.7 s fills no window.
    let clip = [&whole[..44], &whole[44 + 48_000..44 + 70_400]].concat();
    let rows = [
        ("the utterance", whole),
        ("a clip", clip),
        ("MP3", fs::read(data("lossy.mp3")).unwrap()),
        ("M4A", fs::read(data("aac.m4a")).unwrap()),
    ];
    let mut failures = Vec::new();
    for (name, bytes) in rows {
        let expected = classified(bytes.clone());
        let found = decisions(&listen(&["--input", "-"], bytes.clone()));
        if found != expected || found.is_empty() {
            failures.push(format!("{name}: {found:?}, not {expected:?}"));
        }
        // A header of WAV is obeyed where none was promised.
        if bytes.starts_with(b"RIFF") {
            let found = decisions(&listen(&["--input", "-", "--raw", "8000"], bytes));
            if found != expected {
                failures.push(format!("{name}, --raw: {found:?}"));
            }
        }
    }
    report(&failures);
}

#[test]
fn raw_samples_of_every_kind_are_the_same_voice() {
    let samples = read(&utterance());
    let pack = |width: usize, shift: u32, beside: &[i64]| -> Vec<u8> {
        let one = |sample: i64| (sample << shift >> (32 - 8 * width as u32).min(8)).to_le_bytes();
        let frame = |sample: &i32| {
            let others = beside.iter().map(|factor| i64::from(*sample) * factor);
            let all = others.flat_map(|sample| one(sample)[..width].to_vec());
            all.collect::<Vec<u8>>()
        };
        samples.iter().flat_map(frame).collect()
    };
    let expected = decisions(&listen(
        &["--input", "-", "--raw", "16000"],
        pack(2, 0, &[1]),
    ));
    let rows: [(&[&str], Vec<u8>); 4] = [
        (&["--format", "S24_3LE"], pack(3, 8, &[1])),
        (&["--format", "s24_le"], pack(4, 0, &[1])),
        (&["--format", "S32_LE"], pack(4, 8, &[1])),
        (
            &["--channels", "2", "--channel", "right"],
            pack(2, 0, &[0, 1]),
        ),
    ];
    let mut failures = Vec::new();
    for (arguments, bytes) in rows {
        let all = [&["--input", "-", "--raw", "16000"][..], arguments].concat();
        let found = decisions(&listen(&all, bytes));
        if found != expected || found.is_empty() {
            failures.push(format!("{arguments:?}: {found:?}"));
        }
    }
    report(&failures);
}

#[test]
fn compressed_recordings_are_no_raw_samples() {
    let rows = [
        ("lossy.mp3", "MP3 with a tag"),
        ("adts.aac", "MP3 or AAC"),
        ("16-bit.flac", "FLAC"),
        ("voice.opus", "Ogg"),
        ("aac.m4a", "MP4"),
        ("voice.webm", "Matroska or WebM"),
    ];
    let mut failures = Vec::new();
    for (name, what) in rows {
        let path = data(name);
        let arguments = ["--input", path.to_str().unwrap(), "--raw", "16000"];
        let wrong = misreported(
            &listen(&arguments, ""),
            65,
            &[name, what, "leave --raw out"],
        );
        failures.extend(wrong.map(|wrong| format!("{name}: {wrong}")));
    }
    report(&failures);
}

/// What a bar on a terminal shows of a file; of a pipe nobody knows its end.
#[test]
fn a_file_says_how_much_of_it_has_been_read() {
    let program = env!("CARGO_BIN_EXE_undertone");
    let pool = DecoderPool::new(program.into());
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("long.wav");
    fs::write(&path, wav(&vec![0; 4_000_000])).unwrap();
    let mut source = pool.open(&path, 16_000, Channel::Mix).unwrap();
    let (mut samples, mut steps) = (Vec::new(), vec![0]);
    while source.read(&mut samples).unwrap() {
        steps.extend(source.progress().filter(|now| steps.last() != Some(now)));
    }
    assert!(
        steps.is_sorted() && steps.last() == Some(&1000),
        "{steps:?}"
    );
    assert!(steps.len() > 100, "{steps:?}");
    let bytes = fs::read(utterance()).unwrap();
    let mut source = pool.open_memory(&bytes, 16_000, Channel::Mix).unwrap();
    while source.read(&mut samples).unwrap() {}
    assert_eq!(source.progress(), None);
}

/// Whatever it waits for: an end that is orderly, with the socket taken away.
#[test]
#[cfg(target_os = "linux")]
fn a_stop_ends_it_whatever_hangs() {
    let folder = TempDir::new().unwrap();
    let fifo = folder.path().join("fifo");
    make_fifo(&fifo);
    let fifo = fifo.to_str().unwrap();
    let long = data("synthesised-speech.wav");
    let long = long.to_str().unwrap();
    // Lines without end, for a stdout that nobody reads.
    let zeros = File::open("/dev/zero").unwrap();
    let silent = || Stdio::piped();
    let rows: [(&str, &[&str], Stdio); 5] = [
        ("a silent pipe", &["--input", "-"], silent()),
        (
            "silent samples",
            &["--input", "-", "--raw", "16000"],
            silent(),
        ),
        ("a FIFO that nobody opens", &["--input", fifo], silent()),
        ("time", &["--input", long, "--realtime"], silent()),
        (
            "a full stdout",
            &["--input", "-", "--raw", "16000"],
            zeros.into(),
        ),
    ];
    let mut failures = Vec::new();
    for (name, arguments, stdin) in rows {
        let socket = folder.path().join("socket");
        let mut command = undertone();
        command.args(["listen", "--baseline", "none", "--hop", "0.064"]);
        command.args(arguments).arg("--socket").arg(&socket);
        let mut child = command.stdin(stdin).stdout(Stdio::piped()).spawn().unwrap();
        wait_until("its socket", || socket.exists());
        if name == "a full stdout" {
            // It has stopped when it asks for no more processor time.
            wait_until_idle(child.id());
        }
        let id = child.id().to_string();
        assert!(Command::new("kill").arg(&id).status().unwrap().success());
        let mut ended = None;
        wait_until(name, || {
            ended = child.try_wait().unwrap();
            ended.is_some()
        });
        let ended = ended.unwrap();
        if ended.code() != Some(0) || socket.exists() {
            failures.push(format!("{name}: {ended:?}, socket: {}", socket.exists()));
        }
    }
    report(&failures);
}

/// Waits until a process has taken no processor time for a while.
#[cfg(target_os = "linux")]
fn wait_until_idle(id: u32) {
    let time = || {
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap();
        let fields = stat.rsplit(')').next().unwrap().split(' ');
        let times = fields.skip(12).take(2);
        times.map(|time| time.parse::<u64>().unwrap()).sum::<u64>()
    };
    let mut last = u64::MAX;
    wait_until("its rest", || {
        std::thread::sleep(Duration::from_secs(1));
        let now = time();
        std::mem::replace(&mut last, now) == now
    });
}

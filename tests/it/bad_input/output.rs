//! Readers that leave, and disks that are full.

use crate::common::{data, misreported, report, run, undertone, utterance, wav};
use crate::testing::skip;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use tempfile::TempDir;

/// Runs a command until its reader has `lines` lines and goes.
fn read_and_leave(mut command: Command, lines: usize, input: Stdio) -> Child {
    command
        .stdin(input)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    for _ in 0..lines {
        reader.read_line(&mut String::new()).unwrap();
    }
    child
}

/// Silence costs no inference and, at the shortest hop, prints more than any
/// pipe holds.
fn long_silence(folder: &Path) -> std::path::PathBuf {
    let file = folder.join("silence.wav");
    fs::write(&file, wav(&vec![0; 60 * 16_000])).unwrap();
    file
}

const CHATTY: [&str; 3] = ["--hop", "0.064", "--timeline"];

#[test]
fn a_reader_that_leaves_ends_it_quietly() {
    let folder = TempDir::new().unwrap();
    let silence = long_silence(folder.path());
    let command = |arguments: &[&str]| {
        let mut command = undertone();
        command.args(arguments);
        command
    };
    let mut batch = command(&["classify"]);
    batch.args(CHATTY).arg(data("s16.wav"));
    batch.args(std::iter::repeat_n(&silence, 40));
    let rows = [
        ("classify", batch, 1),
        ("man", command(&["man"]), 0),
        ("completions", command(&["completions", "bash"]), 0),
        ("--help", command(&["--help"]), 0),
        ("classify --help", command(&["classify", "--help"]), 0),
        ("--version", command(&["--version"]), 0),
        ("config example", command(&["config", "example"]), 0),
    ];
    let mut failures = Vec::new();
    for (name, command, lines) in rows {
        let child = read_and_leave(command, lines, Stdio::null());
        let output = child.wait_with_output().unwrap();
        if !output.status.success() || !output.stderr.is_empty() {
            failures.push(format!("{name}: {output:?}"));
        }
    }
    report(&failures);
}

#[test]
fn a_stream_ends_with_its_reader() {
    let mut command = undertone();
    command.args(["listen", "--hop", "0.064", "--input", "-", "--raw", "16000"]);
    let mut child = read_and_leave(command, 1, Stdio::piped());
    // Input without an end: only the missing reader can stop it.
    let mut input = child.stdin.take().unwrap();
    while input.write_all(&[0; 8192]).is_ok() {}
    let output = child.wait_with_output().unwrap();
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{output:?}"
    );
}

fn onto_full_disk(command: &mut Command) -> Output {
    let full = File::options().write(true).open("/dev/full").unwrap();
    command
        .stdin(Stdio::null())
        .stdout(full)
        .stderr(Stdio::piped());
    command.spawn().unwrap().wait_with_output().unwrap()
}

#[test]
fn a_full_disk_is_one_sentence() {
    if !Path::new("/dev/full").exists() {
        skip("there is no /dev/full here");
        return;
    }
    let utterance = utterance();
    let utterance = utterance.to_str().unwrap();
    let folder = TempDir::new().unwrap();
    let list = folder.path().join("list.csv");
    fs::write(&list, format!("{utterance},calm\n")).unwrap();
    let list = list.to_str().unwrap();
    let rows: [&[&str]; 8] = [
        &["classify", utterance],
        &["classify", utterance, utterance, utterance],
        &["listen", "--input", utterance, "--raw", "16000"],
        &["evaluate", list],
        &["man"],
        &["completions", "bash"],
        &["--help"],
        &["--version"],
    ];
    let mut failures = Vec::new();
    for arguments in rows {
        let output = onto_full_disk(undertone().args(arguments));
        let wrong = misreported(&output, 74, &["output", "No space"]);
        failures.extend(wrong.map(|wrong| format!("{arguments:?}: {wrong}")));
    }
    // Files of the report's own, by the same rule.
    for option in ["--predictions", "--confusion"] {
        let mut command = undertone();
        command.args(["evaluate", list, option, "/dev/full"]);
        let wrong = misreported(&run(command, ""), 74, &["/dev/full", "No space"]);
        failures.extend(wrong.map(|wrong| format!("{option}: {wrong}")));
    }
    report(&failures);
}

#[test]
fn a_complaint_that_nobody_can_hear_changes_nothing() {
    if let Ok(full) = File::options().write(true).open("/dev/full") {
        let mut command = undertone();
        command.args(["classify", "missing.wav"]).stderr(full);
        assert_eq!(command.output().unwrap().status.code(), Some(66));
    }
}

#[test]
fn features_that_cannot_be_written_name_their_file() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::create_dir(path("full")).unwrap();
    std::os::unix::fs::symlink("/dev/full", path("full/s16.npy")).unwrap();
    fs::create_dir_all(path("taken/s16.npy")).unwrap();
    fs::write(path("file"), "").unwrap();
    let rows = [
        ("full", "s16.npy"),
        ("taken", "s16.npy"),
        ("file", "file"),
        ("file/below", "file/below"),
    ];
    let mut failures = Vec::new();
    for (output, named) in rows {
        let mut command = undertone();
        command.arg("features").arg(data("s16.wav"));
        command.arg("--output").arg(path(output));
        let wrong = misreported(&command.output().unwrap(), 74, &[named]);
        failures.extend(wrong.map(|wrong| format!("{output}: {wrong}")));
    }
    report(&failures);
}

/// Whatever names a recording that is read, also by another path.
#[test]
fn what_is_read_is_not_written() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let voice = fs::read(utterance()).unwrap();
    for name in ["a.wav", "b.csv"] {
        fs::write(path(name), &voice).unwrap();
    }
    fs::create_dir(path("sad")).unwrap();
    fs::write(path("sad/c.wav"), &voice).unwrap();
    fs::write(path("list.csv"), "path,label\nsad/c.wav,sad\n").unwrap();
    std::os::unix::fs::symlink(path("a.wav"), path("link")).unwrap();
    let (a, b, c, link) = (
        &*path("a.wav"),
        &*path("b.csv"),
        &*path("sad/c.wav"),
        &*path("link"),
    );
    let (list, here) = (&*path("list.csv"), &*path(""));
    let rows: &[(&[&str], &str)] = &[
        (&["features", "--plot", a, a], a),
        (&["features", "--plot", link, a], a),
        (&["features", "--format", "csv", "--output", here, b], b),
        (&["evaluate", list, "--predictions", c], c),
        (&["evaluate", list, "--predictions", list], list),
        (&["evaluate", list, "--confusion", c], c),
        (&["baseline", "learn", a, "--output", link], a),
    ];
    let mut failures = Vec::new();
    for (arguments, file) in rows {
        let before = fs::read(file).unwrap();
        let mut command = undertone();
        command.args(*arguments);
        let wrong = misreported(&run(command, ""), 64, &["is read; name another file"]);
        failures.extend(wrong.map(|wrong| format!("{arguments:?}: {wrong}")));
        if fs::read(file).unwrap() != before {
            failures.push(format!("{arguments:?}: {file} is another"));
        }
    }
    report(&failures);
}

/// A command that fails leaves the file of before, and nothing else.
#[test]
fn what_was_there_stays_until_there_is_something_new() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    fs::write(path("list.csv"), "path,label\nabsent.wav,sad\n").unwrap();
    fs::write(path("table.csv"), "old").unwrap();
    let mut command = undertone();
    command.args([
        "evaluate",
        &path("list.csv"),
        "--predictions",
        &path("table.csv"),
    ]);
    let output = run(command, "");
    assert_eq!(output.status.code(), Some(66), "{output:?}");
    assert_eq!(fs::read_to_string(path("table.csv")).unwrap(), "old");
    assert_eq!(folder.path().read_dir().unwrap().count(), 2);
}

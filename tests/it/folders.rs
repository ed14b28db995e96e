//! Folders and names as people have them, and results for other programs.

use crate::common::{classify, data, objects, report, run, undertone, utterance, wav_of};
use crate::testing::make_fifo;
use serde_json::Value;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

/// The names of the results, below the folder.
fn names(output: &Output, folder: &Path) -> Vec<String> {
    let begin = format!("{}/", folder.display());
    let name = |object: &Value| {
        let name = object["file"].as_str().unwrap_or_default();
        name.strip_prefix(&begin).unwrap_or(name).to_owned()
    };
    objects(output).iter().map(name).collect()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn what_decodes_is_found_and_what_does_not_is_counted() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    for (from, to) in [
        ("s16.wav", "b.wav"),
        ("aac.m4a", "c.3gp"),
        ("voice.webm", "d.webm"),
        ("voice.opus", "e.ptt"),
        ("lossy.mp3", "no ending"),
    ] {
        fs::copy(data(from), path(to)).unwrap();
    }
    fs::create_dir(path("__MACOSX")).unwrap();
    let apple_double = b"\0\x05\x16\x07\0\x02\0\0Mac OS X        ".repeat(4);
    fs::write(path("__MACOSX/._b.wav"), apple_double).unwrap();
    fs::write(path("a.amr"), b"#!AMR\n".repeat(99)).unwrap();
    fs::write(path("notes.txt"), "words ".repeat(999)).unwrap();
    make_fifo(&path("fifo.wav"));
    let output = classify([folder.path()]);
    let expected = ["b.wav", "c.3gp", "d.webm", "e.ptt", "no ending"];
    assert_eq!(names(&output, folder.path()), expected, "{output:?}");
    assert!(output.status.success(), "{output:?}");
    let said = text(&output.stderr);
    assert!(
        said.contains("1 recording was passed over") && said.contains("a.amr is AMR"),
        "{said}"
    );
}

#[test]
fn a_folder_that_may_not_be_read_is_named_and_the_rest_goes_on() {
    let folder = TempDir::new().unwrap();
    let locked = folder.path().join("lost+found");
    fs::create_dir(&locked).unwrap();
    for name in ["a.wav", "z.wav"] {
        fs::copy(data("s16.wav"), folder.path().join(name)).unwrap();
    }
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o0)).unwrap();
    let mut command = undertone();
    if locked.read_dir().is_ok() {
        // Root may read it all the same, until it has given that up.
        let without = "-dac_override,-dac_read_search";
        command = Command::new("setpriv");
        command.args(["--bounding-set", without, "--inh-caps", without]);
        command.arg(undertone().get_program());
    }
    command.arg("classify").arg(folder.path());
    let output = run(command, "");
    let found = names(&output, folder.path());
    assert_eq!(found, ["a.wav", "lost+found", "z.wav"], "{output:?}");
    assert_eq!(output.status.code(), Some(74));
    let said = text(&output.stderr);
    assert!(said.contains("lost+found: cannot be listed"), "{said}");
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn a_folder_without_audio_does_not_stop_the_others() {
    let folder = TempDir::new().unwrap();
    let recording = data("s16.wav");
    let output = classify([folder.path(), recording.as_path()]);
    let kinds: Vec<_> = objects(&output)
        .iter()
        .map(|one| one["type"].clone())
        .collect();
    assert_eq!(kinds, ["error", "result"]);
    assert_eq!(output.status.code(), Some(66));
}

#[test]
fn names_are_clean_on_terminals_and_apart_in_json() {
    let folder = TempDir::new().unwrap();
    let rows: [(&[u8], &str); 4] = [
        (b"bad\xfe\xff.wav", "bad\\xfe\\xff.wav"),
        (b"bad\xff\xfe.wav", "bad\\xff\\xfe.wav"),
        (b"esc\x1b[31m.wav", "esc\x1b[31m.wav"),
        (b"new\nline.wav", "new\nline.wav"),
    ];
    for (name, _) in rows {
        // Each says that it is no audio.
        fs::write(folder.path().join(OsStr::from_bytes(name)), "no audio").unwrap();
    }
    let output = classify([folder.path()]);
    let expected: Vec<&str> = rows.iter().map(|(_, name)| *name).collect();
    assert_eq!(names(&output, folder.path()), expected);
    let said = text(&output.stderr);
    assert_eq!(said.lines().count(), rows.len(), "{said}");
    assert!(
        !said.contains('\x1b') && said.contains("esc\\u{1b}[31m.wav"),
        "{said}"
    );
}

/// A call: the utterance in one channel, silence in the other.
fn call() -> Vec<u8> {
    let speech = fs::read(utterance()).unwrap();
    let frames: Vec<u8> = speech[44..]
        .chunks_exact(2)
        .flat_map(|sample| [sample[0], sample[1], 0, 0])
        .collect();
    wav_of(1, 2, 16_000, 16, &frames)
}

#[test]
fn each_channel_has_a_result_of_its_own() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("call.wav");
    fs::write(&path, call()).unwrap();
    let run_with = |channel: &str, input: &str| {
        let mut command = undertone();
        command.args(["classify", "--channel", channel, input]);
        run(command, call())
    };
    let file = path.to_str().unwrap();
    let alone = |channel: &str| objects(&run_with(channel, file)).remove(0);
    for input in [file, "-"] {
        let output = run_with("each", input);
        let each = objects(&output);
        assert_eq!(each.len(), 2, "{output:?}");
        for (object, channel) in each.iter().zip(["left", "right"]) {
            assert_eq!(object["scores"], alone(channel)["scores"], "{channel}");
        }
        assert_eq!(
            (&each[0]["channel"], &each[1]["channel"]),
            (&1.into(), &2.into())
        );
        assert_eq!(each[1]["label"], "silence");
    }
    let output = run_with("3", file);
    assert_eq!(output.status.code(), Some(65));
    assert!(text(&output.stderr).contains("has no channel 3"));
}

#[test]
fn segments_are_for_tables_subtitles_and_audacity() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a, \"call\".wav");
    fs::write(&path, call()).unwrap();
    let printed = |format: &str| {
        let mut command = undertone();
        command.args(["classify", "--format", format]).arg(&path);
        text(&run(command, "").stdout)
    };
    let mut table = csv::Reader::from_reader(printed("csv").into_bytes().as_slice())
        .into_records()
        .map(Result::unwrap)
        .collect::<Vec<_>>();
    let seconds = |field: &str| field.parse::<f64>().unwrap();
    let mut end = 0.0;
    for row in &table {
        assert_eq!(&row[0], path.to_str().unwrap());
        assert!((seconds(&row[1]) - end).abs() < 1e-9, "{row:?}");
        end = seconds(&row[2]);
    }
    assert!((end - 7.077).abs() < 0.01, "{end}");
    table.retain(|row| &row[3] != "silence");
    let audacity: Vec<Vec<String>> = printed("audacity")
        .lines()
        .map(|line| line.split('\t').map(str::to_owned).collect())
        .collect();
    assert_eq!(audacity.len(), table.len());
    for (label, row) in audacity.iter().zip(&table) {
        assert!((seconds(&label[0]) - seconds(&row[1])).abs() < 1e-3);
        assert_eq!(label[2], row[3]);
    }
    let subtitles = printed("srt");
    assert!(subtitles.starts_with("1\r\n00:00:0") && subtitles.contains(" --> 00:00:0"));
    assert_eq!(subtitles.matches(" --> ").count(), table.len());
}

#[test]
fn what_cannot_be_printed_or_learned_is_refused() {
    let file = data("s16.wav");
    let file = file.to_str().unwrap();
    let mut failures = Vec::new();
    for arguments in [
        &["--format", "srt", file, file][..],
        &["--format", "audacity", "--channel", "each", file],
        &["--channel", "0", file],
        &["--channel", "each", "--baseline", "own", file],
    ] {
        let output = classify(arguments);
        if output.status.code() != Some(64) {
            failures.push(format!("{arguments:?}: {output:?}"));
        }
    }
    report(&failures);
}

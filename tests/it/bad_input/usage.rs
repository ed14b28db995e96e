//! Command lines and files of arguments that make no sense, and microphones
//! that are not there.

use crate::common::{data, misreported, report, run, undertone};
use std::fs;
use tempfile::TempDir;

#[test]
fn impossible_command_lines_are_explained() {
    let rows: &[&[&str]] = &[
        &[],
        &["sing"],
        &["classify"],
        &["classify", "--loud", "a.wav"],
        &["classify", "--hop", "0", "a.wav"],
        &["classify", "--hop", "-1", "a.wav"],
        &["classify", "--hop", "nan", "a.wav"],
        &["classify", "--hop", "soon", "a.wav"],
        &["classify", "--hop", "1e9", "a.wav"],
        &["classify", "--uncertain-below", "2", "a.wav"],
        &["classify", "--uncertain-below", "nan", "a.wav"],
        &["listen", "--hop", "0"],
        &["listen", "--raw", "16000"],
        &["listen", "--input", "-", "--raw", "0"],
        &["listen", "--input", "-", "--raw", "1000000"],
        &["listen", "--input", "-", "--raw", "fast"],
        &[
            "listen", "--input", "-", "--raw", "16000", "--device", "default",
        ],
        &["features", "a.wav"],
        &["features", "--set", "smell", "--output", "o", "a.wav"],
        &["devices", "--seconds", "1"],
        &["devices", "--device", "default"],
        &["completions", "cobol"],
        &["model"],
        &["config"],
        &["config", "check", "a", "b"],
    ];
    let mut failures = Vec::new();
    for arguments in rows {
        let mut command = undertone();
        command.args(*arguments);
        let output = run(command, "");
        let explained = String::from_utf8_lossy(&output.stderr).contains("Usage:")
            || output.stderr.starts_with(b"error: ");
        if output.status.code() != Some(64) || !explained || !output.stdout.is_empty() {
            failures.push(format!("{arguments:?}: {output:?}"));
        }
    }
    report(&failures);
}

#[test]
fn configurations_that_cannot_be_used_are_explained() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    fs::write(path("key.toml"), "[microphone]\nvolume = 11\n").unwrap();
    fs::write(path("value.toml"), "[decision]\nhop = 0\n").unwrap();
    fs::write(path("bytes.toml"), [0xff; 9]).unwrap();
    fs::write(path("no-model.toml"), "model = \"nowhere\"\n").unwrap();
    let rows = [
        ("key.toml", "line 2: unknown field `volume`"),
        ("value.toml", "decision.hop is 0"),
        ("bytes.toml", "cannot be read"),
        ("none.toml", "none.toml: the configuration cannot be read"),
    ];
    let mut failures = Vec::new();
    for (name, words) in rows {
        for command in [&["config", "check"][..], &["listen", "--config"]] {
            let mut undertone = undertone();
            undertone.args(command).arg(path(name));
            let wrong = misreported(&run(undertone, ""), 78, &[name, words]);
            failures.extend(wrong.map(|wrong| format!("{command:?} {name}: {wrong}")));
        }
    }
    report(&failures);

    let listen = |arguments: &[&str]| {
        let mut undertone = undertone();
        undertone.args(["listen", "--input", "-", "--raw", "16000", "--config"]);
        undertone.arg(path("no-model.toml")).args(arguments);
        run(undertone, "")
    };
    assert_eq!(misreported(&listen(&[]), 78, &["nowhere"]), None);
    let bundle = concat!(env!("CARGO_MANIFEST_DIR"), "/models/ravdess");
    let overridden = listen(&["--model", bundle]);
    assert!(overridden.status.success(), "{overridden:?}");
}

#[test]
fn the_shipped_configuration_can_be_used() {
    let mut command = undertone();
    command.args(["config", "check"]);
    command.arg(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/packaging/undertone.toml"
    ));
    let output = run(command, "");
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn things_that_are_not_there_are_named() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    fs::write(path("list.csv"), "path,label\nnowhere").unwrap();
    fs::write(path("odd.csv"), "s16.wav,bored\n").unwrap();
    fs::write(path("bytes.csv"), [0xff; 99]).unwrap();
    fs::create_dir_all(path("corpus/bored")).unwrap();
    fs::copy(data("s16.wav"), path("corpus/bored/s16.wav")).unwrap();
    let (wav, out) = (data("s16.wav"), path("out"));
    let wav = wav.to_str().unwrap();
    let list = [
        path("list.csv"),
        path("odd.csv"),
        path("bytes.csv"),
        path("corpus"),
    ];
    let rows: [(&[&str], i32, &str); 14] = [
        (&["listen", "--device", "nosuch"], 69, "nosuch"),
        (&["devices", "--level", "--device", "nosuch"], 69, "nosuch"),
        (
            &["listen", "--input", "no.raw", "--raw", "16000"],
            66,
            "no.raw",
        ),
        (&["listen", "--input", "/", "--raw", "16000"], 74, "/"),
        (&["listen", "--no-stdout"], 64, "--socket"),
        (&["listen", "--socket", wav], 74, "s16.wav"),
        (&["listen", "--socket", "/nonexistent/a.sock"], 74, "a.sock"),
        (&["features", wav, wav, "--output", &out], 64, "s16.npy"),
        (&["evaluate", "nowhere"], 66, "nowhere"),
        (&["evaluate", &list[0]], 65, "line 2"),
        (&["evaluate", &list[1]], 65, "bored"),
        (&["evaluate", &list[2]], 65, "bytes.csv"),
        (&["evaluate", &list[3]], 65, "bored"),
        (&["model", "check", "nowhere"], 78, "nowhere"),
    ];
    let mut failures = Vec::new();
    for (arguments, code, named) in rows {
        let mut command = undertone();
        command.args(arguments);
        let wrong = misreported(&run(command, ""), code, &[named]);
        failures.extend(wrong.map(|wrong| format!("{arguments:?}: {wrong}")));
    }
    report(&failures);
}

#[test]
fn what_a_configuration_names_is_looked_for() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("undertone.toml");
    let file = path.to_str().unwrap();
    let rows = [
        ("model = \"/nowhere/bundle\"", 78, "/nowhere/bundle"),
        (
            "[socket]\npath = \"/tmp/s\"\ngroup = \"nobody-s-group\"",
            78,
            "there is no group",
        ),
        (
            "[privacy]\nmay_resume = [\"user:no-such-user\"]",
            78,
            "there is no user",
        ),
        (
            "[metrics]\nfile = \"/nowhere/figures.prom\"",
            78,
            "there is no folder /nowhere",
        ),
        (
            "[baseline]\nvoice = \"/nowhere/voice.json\"",
            66,
            "/nowhere/voice.json: no such file",
        ),
    ];
    let mut failures = Vec::new();
    for (text, code, word) in rows {
        fs::write(&path, text).unwrap();
        let mut command = undertone();
        command.args(["config", "check", file]);
        let wrong = misreported(&run(command, ""), code, &[file, word]);
        failures.extend(wrong.map(|wrong| format!("{text}: {wrong}")));
    }
    report(&failures);
}

//! A microphone without hardware, in real time: an ALSA device that reads a
//! FIFO (`pcm_file`'s `infile`), into which a thread writes one period at a
//! time. What is heard through it must be what `classify` finds in a file of
//! the same samples, bit for bit.

use crate::common::microphone::{
    FakeMicrophone, PERIOD, RATE, Running, is_decision, scene, speak, speak_channels,
};
use crate::common::{misreported, objects, run, undertone, wav};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};
use undertone::model::{Bundle, Manifest};

/// The windows of a file of these samples that a stream decides on: those on
/// the grid of hops whose last frame, half of which lies beyond the window, is
/// there.
fn windows_of_file(samples: &[i16], hop: f64) -> Vec<Value> {
    let file = tempfile::Builder::new().suffix(".wav").tempfile().unwrap();
    fs::write(file.path(), wav(samples)).unwrap();
    let mut command = undertone();
    command.args(["classify", "--timeline"]).arg(file.path());
    let output = run(command, "");
    assert!(output.status.success(), "{output:?}");
    let result: Value = serde_json::from_slice(&output.stdout).unwrap();
    let length = samples.len() as f64 / RATE as f64;
    let windows = result["windows"].as_array().unwrap();
    let decided = windows.iter().filter(|window| {
        let start = window["start"].as_f64().unwrap();
        let end = window["end"].as_f64().unwrap();
        (start / hop).fract() < 1e-9 && end + 0.016 <= length
    });
    decided.cloned().collect()
}

/// A decision of the stream in the form of a file's window.
fn as_window(line: &Value, labels: &[String]) -> Value {
    let mut window = serde_json::json!({"start": line["start"], "end": line["end"]});
    if line["type"] == "silence" {
        let zeros = labels.iter().map(|label| (label.clone(), 0.0.into()));
        window["label"] = "silence".into();
        window["scores"] = Value::Object(zeros.collect());
    } else {
        window["label"] = line["label"].clone();
        window["scores"] = line["scores"].clone();
    }
    window
}

fn check_hello(hello: &Value, manifest: &Manifest) {
    assert_eq!(hello["type"], "hello");
    assert_eq!(hello["protocol"], 1);
    assert_eq!(hello["program"], "undertone");
    assert_eq!(hello["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(hello["model"]["name"], manifest.name);
    assert_eq!(hello["model"]["version"], manifest.version);
    assert_eq!(hello["model"]["sha256"], manifest.network.sha256);
    assert_eq!(hello["labels"], serde_json::json!(manifest.labels));
    assert_eq!(hello["sample_rate"], RATE);
    let seconds = |frames: usize| (frames * manifest.features.hop) as f64 / RATE as f64;
    let window = manifest.window.unwrap();
    assert_eq!(hello["window"], seconds(window.frames));
    assert_eq!(hello["hop"], seconds(window.hop));
}

fn check_fields(decision: &Value) {
    let number = |field: &str| decision[field].as_f64().unwrap();
    assert!((0.0..=1.0).contains(&number("voice")), "{decision}");
    assert!((-144.0..=3.0).contains(&number("level")), "{decision}");
    let time = decision["time"].as_str().unwrap();
    assert!(time.parse::<jiff::Timestamp>().is_ok(), "{time}");
    if decision["type"] == "emotion" {
        let scores = decision["scores"].as_object().unwrap();
        let scores: Vec<f64> = scores.values().filter_map(Value::as_f64).collect();
        let best = scores.iter().copied().fold(0.0, f64::max);
        assert!(
            (scores.iter().sum::<f64>() - 1.0).abs() < 5e-4,
            "{decision}"
        );
        assert!((number("confidence") - best).abs() < 1e-9, "{decision}");
        assert!(number("inference_ms") > 0.0, "{decision}");
    }
}

#[test]
fn what_is_spoken_into_it_is_what_is_in_the_file() {
    let Some(microphone) = FakeMicrophone::new() else {
        return;
    };
    let manifest = Manifest::parse(&Bundle::embedded().unwrap().manifest).unwrap();
    let samples = scene();
    let mouth = microphone.mouth();
    let running = Running::start(microphone.undertone(&["listen", "--baseline", "none"]));
    let hello = running.line().unwrap();
    check_hello(&hello, &manifest);
    let open = running.line().unwrap();
    assert_eq!(
        (&open["type"], &open["state"]),
        (&"device".into(), &"open".into())
    );
    let expected = windows_of_file(&samples, hello["hop"].as_f64().unwrap());
    let speaker = speak(mouth, &samples);
    let mut lines = Vec::new();
    while lines.iter().filter(|line| is_decision(line)).count() < expected.len() {
        lines.push(running.line().unwrap());
    }
    // The device waits for more while it is stopped.
    let _mouth = speaker.join().unwrap();
    running.terminate();
    let asked = Instant::now();
    let (left, output) = running.end();
    let took = asked.elapsed();
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{output:?}"
    );
    assert!(took < Duration::from_secs(20), "it took {took:?} to stop");

    let decisions: Vec<&Value> = lines.iter().filter(|line| is_decision(line)).collect();
    for (seq, decision) in decisions.iter().enumerate() {
        assert_eq!(decision["seq"], seq, "{decision}");
        check_fields(decision);
    }
    let heard: Vec<Value> = decisions
        .iter()
        .map(|decision| as_window(decision, &manifest.labels))
        .collect();
    assert_eq!(heard, expected);
    let speech = decisions.iter().filter(|line| line["type"] == "emotion");
    assert!((1..expected.len()).contains(&speech.count()), "{lines:?}");
    // The first speech after silence changes the state.
    assert!(
        lines
            .iter()
            .any(|line| line["type"] == "change" && line["from"] == "silence")
    );
    // Stopping it may decide on what came after the last hop; nothing else.
    assert!(
        left.iter()
            .all(|line| is_decision(line) || line["type"] == "change"),
        "{left:?}"
    );
}

/// Beside it, the board plays back something loud.
#[test]
fn one_channel_of_several_is_heard() {
    let Some(microphone) = FakeMicrophone::new() else {
        return;
    };
    microphone.configure_channels(&microphone.fifo, 2);
    let manifest = Manifest::parse(&Bundle::embedded().unwrap().manifest).unwrap();
    let samples = scene();
    let mouth = microphone.mouth();
    let config = microphone.folder.path().join("undertone.toml");
    fs::write(&config, "[microphone]\nchannel = 2\n").unwrap();
    let arguments = [
        "listen",
        "--baseline",
        "none",
        "--config",
        config.to_str().unwrap(),
    ];
    let running = Running::start(microphone.undertone(&arguments));
    let hello = running.line().unwrap();
    let expected = windows_of_file(&samples, hello["hop"].as_f64().unwrap());
    let loud = |n: usize| {
        if (n / 40).is_multiple_of(2) {
            20_000
        } else {
            -20_000
        }
    };
    let both = samples
        .iter()
        .enumerate()
        .flat_map(|(n, &one)| [loud(n), one]);
    let speaker = speak_channels(mouth, &both.collect::<Vec<_>>(), 2);
    let mut heard = Vec::new();
    while heard.len() < expected.len() {
        let line = running.line().unwrap();
        if is_decision(&line) {
            heard.push(as_window(&line, &manifest.labels));
        }
    }
    let _mouth = speaker.join().unwrap();
    running.terminate();
    assert_eq!(heard, expected);
}

#[test]
fn each_channel_of_a_stream_is_refused() {
    let mut command = undertone();
    command.args(["listen", "--channel", "each"]);
    let output = run(command, "");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(64), "{said}");
    assert!(said.contains("each is for recordings alone"), "{said}");
}

#[test]
fn a_device_that_stalls_is_lost() {
    let Some(microphone) = FakeMicrophone::new() else {
        return;
    };
    let mouth = microphone.mouth();
    let running = Running::start(microphone.undertone(&["listen"]));
    let (hello, open) = (running.line().unwrap(), running.line().unwrap());
    assert_eq!(
        (&hello["type"], &open["state"]),
        (&"hello".into(), &"open".into())
    );
    let _mouth = speak(mouth, &scene()[..RATE]).join().unwrap();
    let begun = Instant::now();
    let (left, output) = running.end();
    let took = begun.elapsed();
    assert_eq!(misreported(&output, 69, &["microphone", "nothing"]), None);
    let patient = Duration::from_secs(4)..Duration::from_secs(9);
    assert!(patient.contains(&took), "it took {took:?} to notice");
    let [lost] = &left[..] else {
        panic!("not one line: {left:?}");
    };
    assert_eq!(
        (&lost["type"], &lost["state"]),
        (&"device".into(), &"lost".into())
    );
    assert!(
        lost["reason"].as_str().unwrap().contains("nothing"),
        "{lost}"
    );
}

/// What a program that holds the device does to the next one cannot be had
/// without a sound card; that there is nothing to open can.
#[test]
fn a_device_that_cannot_be_opened_is_no_device() {
    let Some(microphone) = FakeMicrophone::new() else {
        return;
    };
    microphone.configure(Path::new("/nonexistent/mic.fifo"));
    for arguments in [&["listen"][..], &["devices", "--level"]] {
        let output = microphone.undertone(arguments).output().unwrap();
        assert_eq!(
            misreported(&output, 69, &["microphone"]),
            None,
            "{arguments:?}"
        );
        assert!(output.stdout.is_empty(), "{arguments:?}: {output:?}");
    }
}

/// ALSA's device of silence is no microphone.
#[test]
fn that_there_is_none_is_said() {
    let Some(microphone) = FakeMicrophone::new() else {
        return;
    };
    let silence = "pcm.null { type null hint { show on description \"Discard all samples\" } }";
    microphone.configure_as(silence);
    let output = run(microphone.undertone(&["devices"]), "");
    assert_eq!(misreported(&output, 69, &["no microphone", "group"]), None);
    assert!(output.stdout.is_empty(), "{output:?}");
}

/// ALSA configured as on a Raspberry Pi: its own card only plays, and microphones are
/// beside it.
#[test]
fn the_right_microphone_is_found_by_itself() {
    let Some(microphone) = FakeMicrophone::new() else {
        return;
    };
    let input = |name: &str| {
        format!(
            "pcm.{name} {{
                type plug
                slave {{
                    pcm {{
                        type file slave.pcm {{ type null }} format raw
                        file /dev/null infile {:?}
                    }}
                    format S16_LE rate {RATE} channels 1
                }}
                hint {{ show on description \"USB Microphone {name}\" }}
            }}\n",
            microphone.fifo
        )
    };
    let playback_alone = "pcm.!default { type asym playback.pcm null hint { show on } }\n";
    let one = format!("{playback_alone}{}", input("usb"));
    let two = format!("{one}{}", input("lapel"));
    let rows = [
        (playback_alone, 69, "no microphone on this machine", &[][..]),
        (&one, 0, "", &[("usb", true)]),
        (&two, 69, "usb, lapel", &[("lapel", false), ("usb", false)]),
    ];
    for (text, code, words, wanted) in rows {
        microphone.configure_as(&format!("</usr/share/alsa/alsa.conf>\n{text}"));
        let listed = microphone.undertone(&["devices"]).output().unwrap();
        let mut found: Vec<(String, bool)> = objects(&listed)
            .iter()
            .map(|it| {
                let id = it["id"].as_str().unwrap().to_owned();
                (id, it["default"].as_bool().unwrap())
            })
            .collect();
        found.sort();
        let wanted: Vec<(String, bool)> =
            wanted.iter().map(|&(id, used)| (id.into(), used)).collect();
        assert_eq!(found, wanted, "{text}");
        let mouth = microphone.mouth();
        let mut command = microphone.undertone(&["devices", "--level", "--seconds", "1"]);
        let speaker = speak(mouth, &scene()[..60 * PERIOD]);
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{text}: {output:?}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let is_said = words.split(", ").all(|word| said.contains(word));
        assert!(is_said, "{words}: {said}");
        drop(speaker);
    }
}

#[test]
fn its_level_is_shown() {
    let Some(microphone) = FakeMicrophone::new() else {
        return;
    };
    let listed = run(microphone.undertone(&["devices"]), "");
    let default = String::from_utf8_lossy(&listed.stdout)
        .lines()
        .any(|line| line.contains(r#""default":true"#) && line.contains(r#""id":"default""#));
    assert!(default && listed.status.success(), "{listed:?}");

    let mouth = microphone.mouth();
    let running = Running::start(microphone.undertone(&["devices", "--level", "--seconds", "2"]));
    let speech = scene().split_off(100 * PERIOD);
    let speaker = speak(mouth, &speech[..60 * PERIOD]);
    let (lines, output) = running.end();
    drop(speaker.join().unwrap());
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{output:?}"
    );
    let loudest = lines
        .iter()
        .filter_map(|line| line["level"].as_f64())
        .fold(-200.0, f64::max);
    assert!((-40.0..0.0).contains(&loudest), "{lines:?}");
    let samples: u64 = lines
        .iter()
        .filter_map(|line| line["samples"].as_u64())
        .sum();
    assert!((1..=60 * PERIOD as u64).contains(&samples), "{lines:?}");
}

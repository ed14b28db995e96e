//! The program's lines, held to the types of the contract.

use crate::common::{data, run, undertone, utterance};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use undertone::protocol::{Message, Messages, Report};

/// Reads a line as a type, and checks that it is written again as it was, to the
/// byte where `type` comes first.
fn read<T: Serialize + DeserializeOwned>(line: &str) -> T {
    let read = serde_json::from_str(line).unwrap();
    let written = serde_json::to_string(&read).unwrap();
    if line.starts_with(r#"{"type""#) {
        assert_eq!(written, line);
    } else {
        let [written, line] = [&written, line].map(|text| {
            let value: Value = serde_json::from_str(text).unwrap();
            value
        });
        assert_eq!(written, line);
    }
    read
}

/// The lines that a command prints.
fn lines(arguments: &[&str], input: Vec<u8>) -> Vec<String> {
    let mut command = undertone();
    command.args(arguments);
    let output = run(command, input);
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(str::to_owned).collect()
}

#[test]
fn a_stream_is_read_as_it_was_written() {
    let wav = std::fs::read(utterance()).unwrap();
    let samples = [&wav[44..], &vec![0; 320_000]].concat();
    let lines = lines(&["listen", "--input", "-", "--raw", "16000"], samples);
    let messages: Vec<Message> = lines.iter().map(|line| read(line)).collect();
    assert!(!messages.contains(&Message::Unknown));
    let is_emotion = |message: &&Message| matches!(message, Message::Emotion { .. });
    assert!(messages.iter().filter(is_emotion).count() > 1);
    let stream = lines.join("\n") + "\n";
    assert_eq!(
        Messages::new(stream.as_bytes()).collect::<Vec<_>>(),
        messages
    );
}

#[test]
fn results_are_read_as_they_were_written() {
    let files = [utterance(), data("integers/model.toml"), data("s16.wav")];
    let mut arguments = vec!["classify", "--timeline"];
    arguments.extend(files.iter().map(|file| file.to_str().unwrap()));
    let results: Vec<Report> = lines(&arguments, Vec::new())
        .iter()
        .map(|line| read(line))
        .collect();
    let [
        Report::Result(speech),
        Report::Error(error),
        Report::Result(_),
    ] = &results[..]
    else {
        panic!("{results:?}");
    };
    assert_eq!(error.code, 65);
    assert!(!speech.windows.as_ref().unwrap().is_empty());
}

#[test]
fn what_is_said_of_bundles_is_read_as_it_was_written() {
    let inspected = lines(&["model", "inspect"], Vec::new());
    let Report::Model(model) = read(&inspected[0]) else {
        panic!("{inspected:?}");
    };
    assert!(!model.nodes.is_empty());
    let timed = lines(&["model", "bench", "--runs", "2", "--profile"], Vec::new());
    let Report::Bench(bench) = read(&timed[0]) else {
        panic!("{timed:?}");
    };
    assert_eq!((bench.runs, bench.nodes.len()), (2, model.nodes.len()));
}

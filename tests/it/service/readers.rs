//! What those read who connect to the socket, and how many there may be.

use super::site::{Reader, Site, by, stop};
use crate::common::microphone::{Running, is_decision, scene, speak};
use crate::common::undertone;
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;

#[test]
fn readers_of_the_socket_read_what_is_printed() {
    let Some(site) = Site::new("") else { return };
    let running = Running::start(site.command(&[]));
    let (mut early, hello) = (site.reader(), running.line().unwrap());
    assert_eq!(early.line().unwrap(), hello);
    let socket = fs::metadata(site.path("events.sock")).unwrap();
    assert_eq!(socket.permissions().mode() & 0o777, 0o660);
    let speaker = speak(site.microphone.mouth(), &scene());
    let is_emotion = |line: &&Value| line["type"] == "emotion";
    let mut printed: Vec<Value> = Vec::new();
    while printed.iter().filter(is_emotion).count() < 2 {
        printed.push(running.line().unwrap());
    }
    let read: Vec<Value> = printed.iter().map(|_| early.line().unwrap()).collect();
    assert_eq!(read, printed);
    // Who comes now is told who speaks, and the last state.
    let mut late = site.reader();
    assert_eq!(late.line().unwrap(), hello);
    assert_eq!(late.line().unwrap()["type"], "device");
    assert_eq!(late.line().unwrap()["type"], "change");
    let status = late.ask("status");
    assert_eq!(status["state"], "open");
    assert_eq!(
        (&status["readers"], &status["dropped"]),
        (&2.into(), &0.into())
    );
    let decisions = status["decisions"].as_u64().unwrap();
    assert!(decisions >= printed.iter().filter(|line| is_decision(line)).count() as u64);
    for key in ["uptime", "position", "samples", "frames", "memory"] {
        assert!(status[key].as_f64().unwrap() > 0.0, "{status}");
    }
    let latency = &status["latency_ms"]["p50"];
    assert!(latency.as_f64().unwrap() > 0.0, "{status}");
    speaker.join().unwrap();
    let logged = stop(running);
    assert!(logged.contains("listening to default"), "{logged}");
    assert!(!logged.contains("happy"), "{logged}");
    assert!(!site.path("events.sock").exists());
}

#[test]
fn where_few_files_may_be_open_there_are_few_readers() {
    let Some(site) = Site::new("") else { return };
    let few = ["-c", "ulimit -n 70; exec \"$@\"", "sh"];
    let running = Running::start(by("sh", &few, &site.command(&["--no-stdout"])));
    running.until_said("raise LimitNOFILE=");
    let mut readers: Vec<Reader> = (0..6).map(|_| site.reader()).collect();
    for reader in &mut readers {
        assert_eq!(reader.line().unwrap()["type"], "hello");
    }
    assert_eq!(site.reader().line().unwrap()["type"], "error");
    // There is still room for a microphone that comes back.
    readers[0].device("open");
    readers[0].pause();
    readers[0].resume();
    stop(running);
}

#[test]
fn a_watcher_outlives_the_service() {
    let Some(site) = Site::new("") else { return };
    let mut command = undertone();
    command.args(["watch", "--socket"]);
    command.arg(site.path("events.sock"));
    let watching = Running::start(command);
    let line = |words: &str| {
        let lines = std::iter::from_fn(|| watching.line());
        let mut text = lines.map(|line| line.as_str().unwrap_or_default().to_owned());
        assert!(
            text.any(|line| line.contains(words)),
            "{words} does not come"
        );
    };
    line("no service answers");
    let running = site.start();
    line("undertone ");
    line("microphone open: default");
    site.speak_up();
    line(" -> ");
    line(" dBFS");
    stop(running);
    line("no service answers");
    let running = site.start();
    line("microphone open: default");
    stop(running);
    watching.terminate();
    let (_, output) = watching.end();
    assert!(output.stderr.is_empty(), "{output:?}");
}

//! `undertone status`, `pause`, `resume` and `watch --exec` against the service.

use super::site::{Site, stop};
use crate::common::http::Server;
use crate::common::microphone::Running;
use crate::common::{misreported, undertone, wait_until};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::Output;

fn ask(socket: &Path, command: &str) -> Output {
    let mut asking = undertone();
    asking.arg(command).arg("--socket").arg(socket);
    asking.output().unwrap()
}

#[test]
fn commands_switch_the_microphone_and_their_codes_say_its_state() {
    let Some(site) = Site::new("") else { return };
    let socket = site.path("events.sock");
    let (running, mut reader) = site.listen();
    let codes = |commands: &[(&str, i32)]| {
        for (command, code) in commands {
            let output = ask(&socket, command);
            assert_eq!(output.status.code(), Some(*code), "{command}: {output:?}");
        }
    };
    codes(&[("status", 0), ("pause", 0), ("status", 75)]);
    reader.device("paused");
    codes(&[("resume", 0)]);
    reader.device("open");
    site.speak_up();
    let emotion = reader.emotion();
    let line = ask(&socket, "status").stdout;
    let status: Value = serde_json::from_slice(&line).unwrap();
    assert_eq!(
        (&status["type"], &status["state"]),
        (&json!("status"), &json!("open"))
    );
    let label = emotion["label"].as_str().unwrap();
    assert!(
        status["labels"][label]["decisions"].as_u64() > Some(0),
        "{status}"
    );
    stop(running);
    let gone = ask(&socket, "status");
    assert_eq!(misreported(&gone, 69, &["events.sock", "no service"]), None);
}

#[test]
fn the_page_serves_the_figures_of_the_service() {
    let Some(site) = Site::new("") else { return };
    let socket = site.path("events.sock");
    let server = Server::start(&["--socket", socket.to_str().unwrap()]);
    assert_eq!(server.get("/metrics").status, 502);
    let (running, mut reader) = site.listen();
    site.speak_up();
    reader.until(|line| line["type"] == "change");
    let answer = server.get("/metrics");
    let text = String::from_utf8(answer.body.clone()).unwrap();
    assert_eq!(answer.status, 200, "{text}");
    for row in [
        "undertone_microphone_open 1",
        "undertone_label_state{label=\"silence\"} 0",
    ] {
        assert!(text.lines().any(|line| line == row), "{row} in {text}");
    }
    stop(running);
}

#[test]
fn who_may_not_resume_is_told_so() {
    let Some(site) = Site::new("[privacy]\nmay_resume = [\"user:4000001\"]\n") else {
        return;
    };
    let (running, mut reader) = site.listen();
    reader.pause();
    let refused = ask(&site.path("events.sock"), "resume");
    assert_eq!(misreported(&refused, 77, &["may_resume"]), None);
    stop(running);
}

#[test]
fn events_carry_the_smoothed_state() {
    let Some(site) = Site::new("") else { return };
    let (running, mut reader) = site.listen();
    site.speak_up();
    let (before, changed) = reader.until(|line| line["type"] == "change");
    let decision = before.last().unwrap();
    assert_eq!(decision["state"], changed["to"], "{decision} {changed}");
    assert_eq!(decision["since"], changed["since"]);
    let (_, beat) = reader.until(|line| line["type"] == "heartbeat");
    assert!(
        beat["state"].is_string() && beat["since"].is_number(),
        "{beat}"
    );
    stop(running);
}

#[test]
fn a_command_runs_at_each_change() {
    let Some(site) = Site::new("") else { return };
    let log = site.path("changes");
    let mut command = undertone();
    command.args(["watch", "--exec"]);
    command.arg(format!(
        "read line; echo \"$UNDERTONE_FROM $UNDERTONE_TO $line\" >> {}; exit 3",
        log.display()
    ));
    command.arg("--socket").arg(site.path("events.sock"));
    let watching = Running::start(command);
    let (running, mut reader) = site.listen();
    site.speak_up();
    let change = reader.until(|line| line["type"] == "change").1;
    let text = || fs::read_to_string(&log).unwrap_or_default();
    wait_until("the command", || text().ends_with('\n'));
    let first = text().lines().next().unwrap().to_owned();
    let (words, line) = first.split_at(first.find('{').unwrap());
    let (from, to) = (
        change["from"].as_str().unwrap(),
        change["to"].as_str().unwrap(),
    );
    assert_eq!(words, format!("{from} {to} "));
    assert_eq!(serde_json::from_str::<Value>(line).unwrap(), change);
    watching.until_said("exit status: 3");
    stop(running);
    watching.terminate();
    watching.end();
}

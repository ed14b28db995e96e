//! The same recordings sent to the server: the same sentences.

use super::audio::files;
use crate::common::http::Server;
use crate::common::{report, run, undertone};
use serde_json::Value;
use tempfile::TempDir;

/// What `classify --json --timeline` prints of a file in its folder.
fn printed(folder: &TempDir, name: &str) -> Value {
    let mut command = undertone();
    command.args(["classify", "--timeline", name]);
    command.current_dir(folder.path());
    serde_json::from_slice(&run(command, "").stdout).unwrap()
}

#[test]
fn uploads_are_answered_as_files_are() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(&[]);
    let mut failures = Vec::new();
    for (name, bytes, _) in files() {
        std::fs::write(folder.path().join(name), &bytes).unwrap();
        let printed = printed(&folder, name);
        let answer = server.classify(name, &bytes);
        let right = if printed["type"] == "result" {
            answer.status == 200 && answer.json() == printed
        } else {
            answer.status == 422
                && printed["error"] == answer.detail()
                && answer.json()["code"] == printed["code"]
        };
        if !right {
            failures.push(format!("{name}: {answer:?}, not {printed}"));
        }
    }
    report(&failures);
    // Whatever their headers promise.
    let peak = server.peak_memory() >> 20;
    assert!(peak < 96, "{peak} MiB");
}

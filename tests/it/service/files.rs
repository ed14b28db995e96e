//! The files that it writes, and disks that are full.

use super::site::{Site, by, stop};
use crate::common::microphone::Running;
use crate::common::wait_until;
use crate::testing::skip;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
fn figures_are_written_for_prometheus() {
    let Some(site) = Site::new("") else { return };
    let file = site.path("undertone.prom");
    site.configure(&format!("[metrics]\nfile = {file:?}\nevery = 1\n"));
    let running = site.start();
    wait_until_holds(&file, "\nundertone_microphone_open 1\n");
    stop(running);
}

#[test]
fn a_full_disk_stops_nobody_else() {
    let Some(site) = Site::new("[privacy]\nstate_file = \"/nonexistent/paused\"\n") else {
        return;
    };
    let printing = ["-c", "exec \"$@\" >/dev/full", "sh"];
    let running = Running::start(by("sh", &printing, &site.command(&[])));
    let mut reader = site.reader();
    reader.device("open");
    site.speak_up();
    reader.emotion();
    let paused = reader.pause();
    let reason = paused["reason"].as_str().unwrap();
    assert!(reason.contains("restart"), "{paused}");
    assert_eq!(reader.ask("status")["state"], "paused");
    let logged = stop(running);
    assert!(logged.contains("No space left"), "{logged}");
}

#[test]
fn files_are_written_when_a_full_disk_has_room_again() {
    let Some(site) = Site::new("") else { return };
    let folder = site.path("full");
    let (state, figures) = (folder.join("paused"), folder.join("undertone.prom"));
    site.configure(&format!(
        "[privacy]\nstate_file = {state:?}\n[metrics]\nfile = {figures:?}\nevery = 1\n"
    ));
    let Some(command) = on_a_full_disk(&site.command(&["--no-stdout"]), &folder) else {
        return;
    };
    let running = Running::start(command);
    let mut reader = site.reader();
    reader.device("open");
    running.until_said("undertone.prom: No space left");
    let paused = reader.pause();
    let reason = paused["reason"].as_str().unwrap();
    assert!(reason.contains("No space left"), "{paused}");
    // Its files as it sees them.
    let root = PathBuf::from(format!("/proc/{}/root", running.id()));
    let seen = |path: &Path| root.join(path.strip_prefix("/").unwrap());
    for file in fs::read_dir(seen(&folder)).unwrap() {
        fs::remove_file(file.unwrap().path()).unwrap();
    }
    reader.resume();
    let paused = reader.pause();
    assert!(paused.get("reason").is_none(), "{paused}");
    assert!(seen(&state).exists());
    wait_until_holds(&seen(&figures), "undertone_readers");
    stop(running);
}

fn wait_until_holds(file: &Path, words: &str) {
    wait_until(words, || {
        fs::read_to_string(file).is_ok_and(|text| text.contains(words))
    });
}

/// The command with a small file system of its own at `folder`, filled to its
/// last byte and file; `None`, with the reason printed, where none can be had.
fn on_a_full_disk(command: &Command, folder: &Path) -> Option<Command> {
    let script = r#"mount -t tmpfs -o size=64k,nr_inodes=16 tmpfs "$0" || exit 1
        head -c 1M /dev/zero >"$0/filler" 2>/dev/null
        while true >"$0/$((i = i + 1))"; do :; done 2>/dev/null
        exec "$@""#;
    let own = ["--user", "--map-root-user", "--mount", "sh", "-c", script];
    let arguments: Vec<&OsStr> = own
        .iter()
        .map(OsStr::new)
        .chain([folder.as_ref()])
        .collect();
    fs::create_dir(folder).unwrap();
    let tried = by("unshare", &arguments, &Command::new("true")).output();
    if !tried.is_ok_and(|tried| tried.status.success()) {
        skip("this system mounts no file system for a user");
        return None;
    }
    Some(by("unshare", &arguments, command))
}

//! Pausing the microphone, who may resume it, and what a restart makes of that.

use super::site::{Site, stop};
use std::fs;

#[test]
fn who_pauses_it_is_heard_and_a_restart_changes_nothing() {
    let Some(site) = Site::new("[privacy]\nmay_resume = [\"user:4000001\"]\n") else {
        return;
    };
    let (running, mut reader) = site.listen();
    let paused = reader.pause();
    assert!(paused.get("reason").is_none(), "{paused}");
    assert_eq!(reader.ask("status")["state"], "paused");
    let refused = reader.ask("resume");
    let error = refused["error"].as_str().unwrap();
    assert!(error.contains("may_resume"), "{refused}");
    stop(running);

    let running = site.start();
    let mut reader = site.reader();
    reader.device("paused");
    // It now lets everybody.
    site.reload(&running, "");
    running.until_said("read again");
    reader.resume();
    stop(running);

    let (running, _) = site.listen();
    stop(running);
}

#[test]
fn a_pause_that_could_not_be_written_is_written_later() {
    let Some(site) = Site::new("") else { return };
    let folder = site.path("later");
    let file = folder.join("paused");
    site.configure(&format!("[privacy]\nstate_file = {file:?}\n"));
    let (running, mut reader) = site.listen();
    let paused = reader.pause();
    assert!(paused.get("reason").is_some(), "{paused}");
    fs::create_dir(&folder).unwrap();
    stop(running);
    assert!(file.exists());
    let running = site.start();
    site.reader().device("paused");
    stop(running);
}

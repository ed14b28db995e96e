//! A microphone that stalls, vanishes, comes back, or was never there.

use super::site::{Site, stop};
use crate::common::microphone::{PERIOD, scene};
use serde_json::Value;

#[test]
fn a_stalled_microphone_comes_back_and_time_goes_on() {
    let Some(site) = Site::new("[microphone]\nstall = 4.0\nretry = 0.2\n") else {
        return;
    };
    let (running, mut reader) = site.listen();
    site.speak(&scene()[60 * PERIOD..]);
    let before = reader.emotion();
    let lost = reader.device("lost");
    let reason = lost["reason"].as_str().unwrap();
    assert!(reason.contains("nothing"), "{lost}");
    // Nobody speaks where nothing is heard.
    let change = reader.line().unwrap();
    assert_eq!(change["type"], "change");
    assert_eq!(change["to"], "silence");
    reader.device("open");
    let status = reader.ask("status");
    assert_eq!(
        (&status["state"], &status["reconnects"]),
        (&"open".into(), &1.into())
    );
    site.speak_up();
    let after = reader.emotion();
    let number = |line: &Value, key: &str| line[key].as_f64().unwrap();
    assert!(
        number(&after, "seq") > number(&before, "seq"),
        "{before} {after}"
    );
    assert!(
        number(&after, "start") >= number(&before, "end") + 2.0,
        "{before} {after}"
    );
    // On the grid of hops.
    let hops = (number(&after, "start") - number(&before, "start")) / 1.024;
    assert!((hops - hops.round()).abs() < 1e-6, "{before} {after}");
    stop(running);
}

#[test]
fn a_microphone_that_vanishes_is_found_again() {
    let Some(mut site) = Site::new("[microphone]\nretry = 0.2\nlongest_retry = 0.5\n") else {
        return;
    };
    let (running, mut reader) = site.listen();
    site.speak(&scene()[..20 * PERIOD]);
    site.unplug();
    let lost = reader.device("lost");
    let lost = lost["reason"].as_str().unwrap().to_owned();
    assert!(lost.contains("where 16000 were asked"), "{lost}");
    let gone = reader.device("lost");
    assert_ne!(gone["reason"], lost);
    site.plug_in();
    reader.device("open");
    site.speak_up();
    reader.emotion();
    stop(running);
}

#[test]
fn without_a_microphone_it_waits_for_one_or_gives_up() {
    let retry = "[microphone]\nretry = 0.2\nlongest_retry = 0.2\n";
    let Some(mut site) = Site::new(retry) else {
        return;
    };
    site.unplug();
    let running = site.start();
    let mut reader = site.reader();
    assert_eq!(reader.line().unwrap()["type"], "hello");
    reader.device("lost");
    assert_eq!(reader.ask("status")["state"], "lost");
    site.plug_in();
    reader.device("open");
    stop(running);

    site.unplug();
    site.configure(&format!("{retry}give_up = 1.0\n"));
    let (_, output) = site.start().end();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(69), "{said}");
    let last = said.lines().last().unwrap();
    assert!(last.contains("microphone"), "{said}");
}

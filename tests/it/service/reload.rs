//! A configuration that is read again while it listens.

use super::site::{Site, stop};
use crate::testing::make_fifo;

#[test]
fn a_configuration_is_read_again_and_a_bad_one_is_not() {
    let Some(site) = Site::new("") else { return };
    let (running, mut reader) = site.listen();
    site.reload(&running, "[decision]\nhop = 0\n");
    running.until_said("the old configuration stays");
    site.reload(&running, "[decision]\nhop = 0.512\n[socket]\nqueue = 9\n");
    let (before, hello) = reader.until(|line| line["type"] == "hello");
    assert!(before.is_empty(), "{before:?}");
    assert_eq!(hello["hop"], 0.512);
    let logged = stop(running);
    for words in [
        "decision.hop is 0",
        "the old configuration stays",
        "[socket] changes with",
    ] {
        assert!(logged.contains(words), "{words}: {logged}");
    }
}

#[test]
fn what_is_lost_after_a_reload_is_the_new_microphone() {
    let Some(site) = Site::new("") else { return };
    let running = site.start();
    let mut reader = site.reader();
    let open = reader.device("open");
    assert!(open["device"].as_str().unwrap().contains("default"));
    site.reload(&running, "[microphone]\ndevice = \"nosuch\"\n");
    assert_eq!(reader.device("lost")["device"], "nosuch");
    stop(running);
}

/// It would be waited for without end.
#[test]
fn a_configuration_that_is_a_pipe_stops_nothing() {
    let Some(site) = Site::new("") else { return };
    let (running, mut reader) = site.listen();
    let file = site.path("undertone.toml");
    std::fs::remove_file(&file).unwrap();
    make_fifo(&file);
    running.signal("-HUP");
    running.until_said("it is a pipe");
    reader.pause();
    stop(running);
}

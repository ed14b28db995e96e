//! Configurations that are read or refused, and the shipped example.

use super::*;
use crate::audio::Channel;

const EXAMPLE: &str = include_str!("../../../packaging/undertone.toml");

#[test]
fn the_shipped_example_is_what_holds_without_it() {
    assert_eq!(Config::parse(EXAMPLE).unwrap(), Config::default());
}

/// Keys without a default stand in comments, `#key = value`.
#[test]
fn what_the_example_suggests_can_be_switched_on() {
    let switched: String = EXAMPLE
        .lines()
        .map(|line| {
            line.strip_prefix('#')
                .filter(|l| !l.starts_with(' '))
                .unwrap_or(line)
        })
        .flat_map(|line| [line, "\n"])
        .collect();
    let config = Config::parse(&switched).unwrap();
    assert_ne!(config, Config::default());
    assert!(config.model.is_some() && config.microphone.give_up.is_some());
}

#[test]
fn a_channel_is_a_name_or_a_number() {
    let rows = [
        ("\"mix\"", Channel::Mix),
        ("\"left\"", Channel::Number(1)),
        ("\"right\"", Channel::Number(2)),
        ("\"3\"", Channel::Number(3)),
        ("4", Channel::Number(4)),
    ];
    for (value, channel) in rows {
        let config = Config::parse(&format!("[microphone]\nchannel = {value}")).unwrap();
        assert_eq!(config.microphone.channel, channel, "{value}");
    }
}

#[test]
fn mistakes_are_named() {
    let rows = [
        ("\nmodle = \"x\"", "line 2: unknown field `modle`"),
        ("[microphone]\nname = 1", "line 2: unknown field `name`"),
        ("[decision]\nhop = \"soon\"", "line 2: invalid type"),
        ("[decision]\nhop = 0", "decision.hop is 0;"),
        ("[decision]\nhop = nan", "decision.hop is NaN;"),
        (
            "[decision]\nuncertain_below = 2",
            "decision.uncertain_below is 2;",
        ),
        ("[decision", "line 1: "),
        ("log = \"loud\"", "line 1: unknown variant `loud`"),
        (
            "[microphone]\nchannel = \"each\"",
            "line 2: microphone.channel = each: each is for recordings alone",
        ),
        (
            "[microphone]\nchannel = 0",
            "line 2: microphone.channel = 0: it must be",
        ),
        (
            "[microphone]\nchannel = 1.5",
            "line 2: microphone.channel must be left",
        ),
        ("[microphone]\nstall = 0", "microphone.stall is 0;"),
        ("[microphone]\nretry = -1", "microphone.retry is -1;"),
        ("[microphone]\ngive_up = inf", "microphone.give_up is inf;"),
        ("[metrics]\nevery = 0", "metrics.every is 0;"),
        ("[socket]\nqueue = 0", "socket.queue is 0;"),
        (
            "[socket]\nreaders_per_user = 0",
            "socket.readers_per_user is 0;",
        ),
        ("[socket]\nreaders = -1", "line 2: invalid value"),
        (
            "[privacy]\nmay_resume = [\"me\"]",
            "line 2: \"me\" is nobody",
        ),
    ];
    for (text, start) in rows {
        let error = Config::parse(text).unwrap_err().to_string();
        assert!(error.starts_with(start), "{text:?}: {error}");
        assert!(!error.contains('\n'), "{error:?}");
    }
}

#[test]
fn only_a_file_that_is_not_there_is_no_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("undertone.toml");
    assert_eq!(Config::read_if_there(&file).unwrap(), None);
    std::fs::write(&file, "[privacy]\nmay_resume = []\n").unwrap();
    let config = Config::read_if_there(&file).unwrap().unwrap();
    assert!(config.privacy.may_resume.is_empty());
    // A folder in its place, and a file where its folder should be.
    for wrong in [folder.path(), &file.join("undertone.toml")] {
        let outcome = Config::read_if_there(wrong);
        assert!(
            matches!(outcome, Err(ConfigError::Unreadable(_))),
            "{outcome:?}"
        );
    }
}

//! Whose the socket is: the service's, a dead one's, or systemd's.

use super::site::{Reader, Site, stop};
use crate::common::microphone::Running;
use crate::common::{misreported, undertone};
use crate::testing::skip;
use std::process::Command;

#[test]
fn a_dead_ones_socket_is_taken_over_and_a_living_ones_is_not() {
    let Some(site) = Site::new("") else { return };
    let (running, _) = site.listen();
    let second = site.command(&["--no-stdout"]).output().unwrap();
    let words = ["events.sock", "another program"];
    assert_eq!(misreported(&second, 74, &words), None);
    site.reader().device("open");
    running.signal("-KILL");
    running.end();
    assert!(site.path("events.sock").exists());
    let (running, _) = site.listen();
    stop(running);
    let group = ["--group", "no such group"];
    let group = site.command(&group).output().unwrap();
    assert_eq!(misreported(&group, 78, &["no such group"]), None);
}

#[test]
fn systemd_may_hold_the_socket() {
    let activate = Command::new("systemd-socket-activate")
        .arg("--version")
        .output();
    if activate.is_err() {
        skip("systemd-socket-activate is not installed");
        return;
    }
    let Some(site) = Site::new("") else { return };
    let path = site.path("held.sock");
    let mut command = Command::new("systemd-socket-activate");
    command.arg("--listen").arg(&path);
    let environment = site.microphone.undertone(&[]);
    for (name, value) in environment.get_envs() {
        let mut variable = name.to_owned();
        variable.push("=");
        variable.push(value.unwrap());
        command.arg("--setenv").arg(variable);
    }
    command.arg(undertone().get_program());
    command.args(["listen", "--no-stdout", "--config"]);
    command.arg(site.path("undertone.toml"));
    let running = Running::start(command);
    let mut reader = Reader::connect(&path);
    assert_eq!(reader.line().unwrap()["type"], "hello");
    reader.device("open");
    let mut second = Reader::connect(&path);
    assert_eq!(second.ask("status")["readers"], 2);
    stop(running);
    assert!(path.exists(), "it is not the service's to remove");
}

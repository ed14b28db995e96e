//! The units that a package installs, as systemd reads them.

#![cfg(all(target_os = "linux", feature = "program"))]
#![allow(clippy::unwrap_used, reason = "what cannot be set up fails the test")]
#![allow(clippy::print_stdout, reason = "a test that is skipped says why")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn packaging(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("packaging")
        .join(name)
}

/// Whether systemd is there, and so new (250) that it judges files.
fn judges_files() -> bool {
    let version = Command::new("systemd-analyze").arg("--version").output();
    let said = version.map_or_else(|_| Vec::new(), |output| output.stdout);
    let said = String::from_utf8_lossy(&said);
    let number = said.split_whitespace().nth(1).map(str::parse::<u32>);
    let judges = matches!(number, Some(Ok(250..)));
    if !judges {
        println!("skipped: systemd is not installed or too old");
    }
    judges
}

/// What a tool of systemd's says; `None` where it is not installed.
fn ask(tool: &str, arguments: &[&str], files: &[&Path]) -> Option<Output> {
    let output = Command::new(tool).args(arguments).args(files).output();
    if output.is_err() {
        println!("skipped: {tool} is not installed");
    }
    output.ok()
}

#[test]
fn the_service_is_exposed_to_little() {
    if !judges_files() {
        return;
    }
    let unit = packaging("undertone.service");
    // In tenths: at most 1.0 of 10.
    let arguments = ["security", "--offline=true", "--threshold=10", "--no-pager"];
    let Some(output) = ask("systemd-analyze", &arguments, &[&unit]) else {
        return;
    };
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{output:?}");
    assert!(said.contains("Overall exposure level"), "{said}");
}

#[test]
fn the_units_are_right() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    fs::copy(packaging("undertone.socket"), place("undertone.socket")).unwrap();
    // Neither the program nor its manual is installed where this runs.
    let unit = fs::read_to_string(packaging("undertone.service")).unwrap();
    let unit = unit
        .replace("/usr/bin/undertone", env!("CARGO_BIN_EXE_undertone"))
        .replace("Documentation=man:undertone(1)\n", "");
    fs::write(place("undertone.service"), unit).unwrap();
    let files = [place("undertone.service"), place("undertone.socket")];
    let files = [&*files[0], &*files[1]];
    let Some(output) = ask("systemd-analyze", &["verify"], &files) else {
        return;
    };
    // The machine's own units may have faults that are not ours.
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && !said.contains("undertone."),
        "{output:?}"
    );
}

#[test]
fn the_user_can_be_made() {
    let file = packaging("undertone.sysusers");
    let Some(output) = ask("systemd-sysusers", &["--dry-run"], &[&file]) else {
        return;
    };
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("undertone"), "{said}");
}

/// The command line of the unit must be one that the program takes.
#[test]
fn the_program_takes_the_units_command_line() {
    let unit = fs::read_to_string(packaging("undertone.service")).unwrap();
    let line = unit
        .lines()
        .find_map(|line| line.strip_prefix("ExecStart=/usr/bin/undertone "));
    let mut command = Command::new(env!("CARGO_BIN_EXE_undertone"));
    command.args(line.unwrap().split_whitespace()).arg("--help");
    assert!(command.output().unwrap().status.success());
}

//! The units that a package installs, as systemd reads them.

use crate::testing::skip;
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
        skip("systemd is not installed or too old");
    }
    judges
}

/// What a tool of systemd's says; `None` where it is not installed.
fn ask(tool: &str, arguments: &[&str], files: &[&Path]) -> Option<Output> {
    let output = Command::new(tool).args(arguments).args(files).output();
    if output.is_err() {
        skip(&format!("{tool} is not installed"));
    }
    output.ok()
}

/// The units of processes, and the tenths of 10 that each may be exposed to.
const SERVICES: [(&str, u32); 2] = [("undertone.service", 10), ("undertone-web.service", 15)];

/// What systemd says of a unit's exposure.
fn judged(name: &str, most: u32) -> Option<String> {
    let threshold = format!("--threshold={most}");
    let arguments = ["security", "--offline=true", &threshold, "--no-pager"];
    let output = ask("systemd-analyze", &arguments, &[&packaging(name)])?;
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{output:?}");
    assert!(said.contains("Overall exposure level"), "{said}");
    Some(said.into())
}

#[test]
fn the_services_are_exposed_to_little() {
    if judges_files() {
        for (name, most) in SERVICES {
            judged(name, most);
        }
    }
}

/// The one with the microphone has no network, the one with the network no
/// microphone.
#[test]
fn nobody_has_both_the_microphone_and_the_network() {
    if !judges_files() {
        return;
    }
    let has = |said: &str, line: &str| {
        let mut lines = said.lines().filter(|one| one.contains(line));
        lines.next().unwrap().contains('✗')
    };
    let both = SERVICES.map(|(name, most)| judged(name, most));
    let [Some(listens), Some(serves)] = both else {
        return;
    };
    assert!(has(&listens, " PrivateDevices=") && !has(&listens, " PrivateNetwork="));
    assert!(!has(&serves, " PrivateDevices=") && has(&serves, " PrivateNetwork="));
    let unit = fs::read_to_string(packaging("undertone-web.service")).unwrap();
    assert!(!unit.contains("DeviceAllow=") && !unit.contains("audio"));
    assert!(unit.contains("\nDevicePolicy=closed\n"));
}

#[test]
fn the_units_are_right() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    fs::copy(packaging("undertone.socket"), place("undertone.socket")).unwrap();
    // Neither the program nor its manual is installed where this runs.
    for (name, _) in SERVICES {
        let unit = fs::read_to_string(packaging(name)).unwrap();
        let unit = unit
            .replace("/usr/bin/undertone", env!("CARGO_BIN_EXE_undertone"))
            .replace("Documentation=man:undertone(1)\n", "");
        fs::write(place(name), unit).unwrap();
    }
    let names = SERVICES.map(|(name, _)| name);
    let files = ["undertone.socket", names[0], names[1]].map(place);
    let files = files.each_ref().map(PathBuf::as_path);
    let Some(output) = ask("systemd-analyze", &["verify"], &files) else {
        return;
    };
    // The machine's own units may have faults that are not ours.
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && !said.contains("undertone"),
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

/// The command lines of the units must be some that the program takes.
#[test]
fn the_program_takes_the_units_command_lines() {
    for (name, _) in SERVICES {
        if name.contains("web") && !cfg!(feature = "web") {
            continue;
        }
        let unit = fs::read_to_string(packaging(name)).unwrap();
        let line = unit
            .lines()
            .find_map(|line| line.strip_prefix("ExecStart=/usr/bin/undertone "));
        let mut command = Command::new(env!("CARGO_BIN_EXE_undertone"));
        command.args(line.unwrap().split_whitespace()).arg("--help");
        assert!(command.output().unwrap().status.success(), "{name}");
    }
}

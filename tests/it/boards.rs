//! What `boards` says of boards, held to the program and to systemd.

use crate::testing::skip;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use undertone::daemon::Config;
use undertone::engine::hop_frames;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Board {
    name: String,
    architecture: String,
    target: String,
    microphones: Vec<String>,
    cpu: Cpu,
    qemu: Qemu,
    cost: Option<Cost>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cpu {
    core: String,
    clock_mhz: u32,
    cores: u32,
    memory_mb: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Qemu {
    cpu: String,
    environment: BTreeMap<String, String>,
}

/// What one decision costs, written by a script that counts.
#[derive(Deserialize)]
struct Cost {
    instructions: u64,
    milliseconds: f64,
    share: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Microphone {
    name: String,
    bus: String,
    overlay: Vec<String>,
    device: String,
    format: String,
    rate: u32,
    channels: u16,
    notes: String,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("boards")
}

/// The boards by the names of their folders.
fn boards() -> BTreeMap<String, Board> {
    let entries = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap());
    let folders = entries.filter(|entry| entry.path().is_dir());
    let boards: BTreeMap<_, _> = folders
        .map(|entry| {
            let name = entry.file_name().into_string().unwrap();
            let text = fs::read_to_string(entry.path().join("board.toml")).unwrap();
            let board = toml::from_str(&text).map_err(|error| format!("{name}: {error}"));
            (name, board.unwrap())
        })
        .collect();
    assert!(boards.len() >= 6, "{:?}", boards.keys());
    boards
}

fn microphones() -> BTreeMap<String, Microphone> {
    let text = fs::read_to_string(folder().join("microphones.toml")).unwrap();
    toml::from_str(&text).unwrap()
}

/// Collects what is wrong, so that one run says all of it.
#[derive(Default)]
struct Faults(Vec<String>);

impl Faults {
    fn unless(&mut self, right: bool, place: &str, what: impl Into<String>) {
        if !right {
            self.0.push(format!("{place}: {}", what.into()));
        }
    }

    fn report(self) {
        assert!(self.0.is_empty(), "{:#?}", self.0);
    }
}

#[test]
fn boards_are_described_in_full() {
    let known = microphones();
    let mut faults = Faults::default();
    for (place, board) in boards() {
        let Board { cpu, qemu, .. } = &board;
        faults.unless(!board.name.is_empty(), &place, "no name");
        // QEMU knows the core by its name in small letters.
        faults.unless(qemu.cpu == cpu.core.to_lowercase(), &place, &cpu.core);
        faults.unless((100..=5000).contains(&cpu.clock_mhz), &place, "clock");
        faults.unless((1..=64).contains(&cpu.cores), &place, "cores");
        faults.unless((256..=65_536).contains(&cpu.memory_mb), &place, "memory");
        faults.unless(!board.microphones.is_empty(), &place, "no microphone");
        for microphone in &board.microphones {
            faults.unless(known.contains_key(microphone), &place, microphone);
        }
        for variable in qemu.environment.keys() {
            faults.unless(variable.starts_with("TRACT_CPU_"), &place, variable);
        }
    }
    faults.report();
}

/// `scripts/package/build` must know how to build for each of them.
#[test]
fn scripts_cross_builds_for_every_board() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/package/build");
    let mut faults = Faults::default();
    for (place, board) in boards() {
        let output = Command::new(&script).args(["--plan", &place]).output();
        let output = output.unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        let wanted = format!("{} {}\n", board.architecture, board.target);
        faults.unless(said == wanted, &place, format!("{output:?}"));
    }
    let unknown = Command::new(&script).args(["--plan", "toaster"]).output();
    let unknown = unknown.unwrap();
    faults.unless(unknown.status.code() == Some(64), "toaster", "is no board");
    faults.report();
}

/// The settings are a configuration that the program takes, and its hops whole
/// frames, so that what one asks for is what one gets.
#[test]
fn the_program_takes_the_recommended_settings() {
    let mut faults = Faults::default();
    for place in boards().into_keys() {
        let file = folder().join(&place).join("undertone.toml");
        let config = match Config::read(&file) {
            Ok(config) => config,
            Err(error) => {
                faults.unless(false, &place, error.to_string());
                continue;
            }
        };
        let hop = config.decision.hop.unwrap();
        let frames = hop_frames(hop).unwrap();
        let exact = (frames as f64 * 0.016 - hop).abs() < 1e-9;
        faults.unless(exact, &place, format!("{hop} s are no whole frames"));
        let mut checked = Command::new(env!("CARGO_BIN_EXE_undertone"));
        let status = checked.args(["config", "check"]).arg(&file).output();
        faults.unless(status.unwrap().status.success(), &place, "config check");
    }
    faults.report();
}

#[test]
fn the_program_takes_the_microphones() {
    let mut faults = Faults::default();
    for (place, microphone) in microphones() {
        let Microphone { device, .. } = &microphone;
        let text = format!("[microphone]\ndevice = {device:?}\n");
        let config = Config::parse(&text).unwrap();
        faults.unless(
            config.microphone.device.as_ref() == Some(device),
            &place,
            device,
        );
        faults.unless(device.starts_with("hw:CARD="), &place, device);
        // ALSA's names of cards have 15 letters at most.
        let card = device.trim_start_matches("hw:CARD=").split(',').next();
        faults.unless(card.unwrap().len() <= 15, &place, device);
        // Those that the program opens, at rates that it converts in integers.
        let Microphone { format, rate, .. } = &microphone;
        faults.unless(
            ["S16_LE", "S32_LE"].contains(&format.as_str()),
            &place,
            format,
        );
        let exact = [8000, 16_000, 22_050, 32_000, 44_100, 48_000];
        faults.unless(exact.contains(rate), &place, "rate");
        faults.unless([1, 2].contains(&microphone.channels), &place, "channels");
        let turned_on = microphone.overlay.iter();
        let mut turned_on = turned_on.filter(|line| line.starts_with("dtoverlay="));
        let wanted = usize::from(microphone.bus == "I2S");
        faults.unless(turned_on.by_ref().count() == wanted, &place, "overlay");
        let told = !microphone.name.is_empty() && !microphone.notes.is_empty();
        faults.unless(told, &place, "name or notes");
    }
    faults.report();
}

/// A drop-in's value in MiB.
fn mebibytes(drop_in: &str, key: &str) -> u32 {
    let line = drop_in.lines().find_map(|line| line.strip_prefix(key));
    let value = line.and_then(|value| value.strip_prefix('=')).unwrap();
    value.strip_suffix('M').unwrap().parse().unwrap()
}

/// Resident MiB of the program at its most, having loaded its model and decided.
fn peak() -> f64 {
    let mut bench = Command::new(env!("CARGO_BIN_EXE_undertone"));
    let output = bench
        .args(["model", "bench", "--runs", "2", "--json"])
        .output();
    let report: serde_json::Value = serde_json::from_slice(&output.unwrap().stdout).unwrap();
    report["peak_rss_kb"].as_f64().unwrap() / 1024.0
}

#[test]
fn memory_is_enough_for_the_program_and_no_more_than_the_board_has() {
    let unit = fs::read_to_string(folder().join("../packaging/undertone.service")).unwrap();
    let unit = mebibytes(&unit, "MemoryMax");
    let peak = peak();
    let mut faults = Faults::default();
    for (place, board) in boards() {
        let text = fs::read_to_string(folder().join(&place).join("service.conf")).unwrap();
        let [high, most] = ["MemoryHigh", "MemoryMax"].map(|key| mebibytes(&text, key));
        let limits = format!("{high} and {most} MiB, {peak} needed");
        faults.unless(
            peak < f64::from(high) && high < most,
            &place,
            limits.clone(),
        );
        // A drop-in tightens what the unit allows, and an eighth of a board is much.
        let fits = most <= unit && most <= board.cpu.memory_mb / 8;
        faults.unless(fits, &place, limits);
    }
    faults.report();
}

#[test]
fn systemd_reads_the_drop_ins() {
    let packaging = folder().join("../packaging");
    let unit = fs::read_to_string(packaging.join("undertone.service")).unwrap();
    // Neither the program nor its manual is installed where this runs.
    let unit = unit
        .replace("/usr/bin/undertone", env!("CARGO_BIN_EXE_undertone"))
        .replace("Documentation=man:undertone(1)\n", "");
    let mut faults = Faults::default();
    for place in boards().into_keys() {
        let units = tempfile::tempdir().unwrap();
        let put = |name: &str| units.path().join(name);
        fs::write(put("undertone.service"), &unit).unwrap();
        fs::copy(packaging.join("undertone.socket"), put("undertone.socket")).unwrap();
        let drop_ins = put("undertone.service.d");
        fs::create_dir(&drop_ins).unwrap();
        let drop_in = folder().join(&place).join("service.conf");
        fs::copy(drop_in, drop_ins.join("board.conf")).unwrap();
        let mut verify = Command::new("systemd-analyze");
        let output = verify.arg("verify").arg(put("undertone.service")).output();
        let Ok(output) = output else {
            skip("systemd-analyze is not installed");
            return;
        };
        // A wrong key is a line on stderr and no failure.
        let said = String::from_utf8_lossy(&output.stderr);
        let right = output.status.success() && !said.contains("board.conf");
        faults.unless(right, &place, said);
    }
    faults.report();
}

/// What was counted must be possible.
#[test]
fn costs_fit_their_boards() {
    let mut faults = Faults::default();
    for (place, board) in boards() {
        let Some(cost) = board.cost else { continue };
        let Cpu { clock_mhz, .. } = board.cpu;
        let cycles = cost.milliseconds * f64::from(clock_mhz) * 1000.0;
        // No core here ends more than four instructions a cycle, nor takes ten each.
        let rate = cost.instructions as f64 / cycles;
        faults.unless(
            (0.1..=4.0).contains(&rate),
            &place,
            format!("{rate} a cycle"),
        );
        faults.unless((0.0..=1.0).contains(&cost.share), &place, "share");
    }
    faults.report();
}

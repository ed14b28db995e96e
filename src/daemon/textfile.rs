//! Figures for Prometheus, in a file that `node_exporter`'s textfile collector
//! reads.

use super::log::{Level, log};
use super::metrics::Metrics;
use crate::protocol::{DeviceState, Status};
use std::fmt::Write;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::time::Duration;

/// Writes the figures now and then from a thread of their own, for as long as
/// there are any. A disk that is full is complained about once.
///
/// # Errors
/// What the system said when there is no thread to be had.
pub fn write_metrics(file: PathBuf, every: Duration, metrics: &Arc<Metrics>) -> io::Result<()> {
    let metrics = Arc::downgrade(metrics);
    let thread = std::thread::Builder::new().name("metrics".into());
    thread.spawn(move || keep_writing(&file, every, &metrics))?;
    Ok(())
}

fn keep_writing(file: &Path, every: Duration, metrics: &Weak<Metrics>) {
    let mut failing = false;
    while let Some(metrics) = metrics.upgrade() {
        let outcome = replace(file, &text(&metrics.status()));
        drop(metrics);
        if let (Err(error), false) = (&outcome, failing) {
            log(Level::Warning, format!("{}: {error}", file.display()));
        }
        failing = outcome.is_err();
        std::thread::sleep(every);
    }
}

/// Readers find the old file or the new, and never half of one.
fn replace(file: &Path, text: &str) -> io::Result<()> {
    let draft = file.with_extension(format!("new{}", std::process::id()));
    let written = fs::write(&draft, text)
        .and_then(|()| fs::set_permissions(&draft, Permissions::from_mode(0o644)))
        .and_then(|()| fs::rename(&draft, file));
    if written.is_err() {
        // It may not be there, which is right, too.
        let _ = fs::remove_file(&draft);
    }
    written
}

/// The exposition format of Prometheus, version 0.0.4.
fn text(status: &Status) -> String {
    let latency = status.latency_ms;
    let seconds = |milliseconds: f32| f64::from(milliseconds) / 1000.0;
    let open = f64::from(u8::from(status.state == DeviceState::Open));
    let rows = [
        (
            "gauge",
            "up_seconds",
            "since the program started",
            status.uptime,
        ),
        ("gauge", "microphone_open", "whether it delivers", open),
        (
            "counter",
            "frames_total",
            "frames of 16 ms heard",
            status.frames as f64,
        ),
        (
            "counter",
            "decisions_total",
            "decisions made",
            status.decisions as f64,
        ),
        (
            "counter",
            "overruns_total",
            "samples lost",
            status.overruns as f64,
        ),
        (
            "counter",
            "reconnects_total",
            "times the microphone came back",
            status.reconnects as f64,
        ),
        (
            "gauge",
            "readers",
            "readers of the socket",
            status.readers as f64,
        ),
        (
            "counter",
            "dropped_total",
            "lines that slow readers lost",
            status.dropped as f64,
        ),
        (
            "counter",
            "disconnected_total",
            "readers sent away",
            status.disconnected as f64,
        ),
        (
            "gauge",
            "decision_seconds_p50",
            "half of decisions take less",
            seconds(latency.p50),
        ),
        (
            "gauge",
            "decision_seconds_p99",
            "99 in 100 take less",
            seconds(latency.p99),
        ),
        ("gauge", "resident_bytes", "memory", status.memory as f64),
    ];
    let mut text = String::new();
    for (kind, name, help, value) in rows {
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            "# HELP undertone_{name} {help}\n# TYPE undertone_{name} {kind}\nundertone_{name} {value}\n"
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_whole_and_readable() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("undertone.prom");
        let metrics = Metrics::default();
        metrics.update(|figures| figures.status.state = DeviceState::Open);
        for _ in 0..2 {
            replace(&file, &text(&metrics.status())).unwrap();
        }
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.contains("\nundertone_microphone_open 1\n"), "{text}");
        assert_eq!(text.lines().count(), 36);
        assert_eq!(folder.path().read_dir().unwrap().count(), 1);
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o644);
        assert!(replace(Path::new("/nonexistent/a.prom"), "").is_err());
    }
}

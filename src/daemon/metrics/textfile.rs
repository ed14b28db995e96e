//! Figures for Prometheus, in a file that `node_exporter`'s textfile collector
//! reads.

use super::Metrics;
use crate::protocol::{DeviceState, Heard, Status};
use crate::system::{Level, log, replace};
use std::fmt::Write;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::time::Duration;

/// A figure: its kind, its name, its help, and its value in a status.
type Row = (&'static str, &'static str, &'static str, fn(&Status) -> f64);

const GAUGE: &str = "gauge";
const COUNTER: &str = "counter";

/// Every figure in the file.
#[rustfmt::skip]
const ROWS: [Row; 14] = [
    (GAUGE, "up_seconds", "since the program started", |it| it.uptime),
    (GAUGE, "microphone_open", "whether it delivers", |it| f64::from(u8::from(it.state == DeviceState::Open))),
    (COUNTER, "frames_total", "frames of 16 ms heard", |it| it.frames as f64),
    (COUNTER, "decisions_total", "decisions made", |it| it.decisions as f64),
    (COUNTER, "overruns_total", "samples lost", |it| it.overruns as f64),
    (COUNTER, "reconnects_total", "times the microphone came back", |it| it.reconnects as f64),
    (GAUGE, "readers", "readers of the socket", |it| it.readers as f64),
    (COUNTER, "dropped_total", "lines that slow readers lost", |it| it.dropped as f64),
    (COUNTER, "disconnected_total", "readers sent away", |it| it.disconnected as f64),
    (GAUGE, "decision_seconds_p50", "half of decisions take less", |it| seconds(it.latency_ms.p50)),
    (GAUGE, "decision_seconds_p99", "99 in 100 take less", |it| seconds(it.latency_ms.p99)),
    (GAUGE, "resident_bytes", "memory", |it| it.memory as f64),
    (GAUGE, "confidence", "of the last decision with speech", |it| it.confidence.unwrap_or(f32::NAN).into()),
    (GAUGE, "baseline_seconds", "of speech that the voice's baseline rests on", |it| it.baseline.unwrap_or(0.0)),
];

/// A figure of each label: its kind, its name, its help, and its value.
type LabelRow = (
    &'static str,
    &'static str,
    &'static str,
    fn(&Status, &str, &Heard) -> f64,
);

/// Every figure that there is for each label, `uncertain` and `silence`.
#[rustfmt::skip]
const LABEL_ROWS: [LabelRow; 3] = [
    (COUNTER, "label_decisions_total", "decisions for a label", |_, _, heard| heard.decisions as f64),
    (COUNTER, "label_seconds_total", "of stream in which it was the smoothed state", |_, _, heard| heard.seconds),
    (GAUGE, "label_state", "whether it is the smoothed state", |it, label, _| f64::from(u8::from(it.heard == label))),
];

fn seconds(milliseconds: f32) -> f64 {
    f64::from(milliseconds) / 1000.0
}

/// Writes the figures now and then from a thread of their own, for as long as
/// there are any. A disk that is full is logged once.
///
/// # Errors
/// The system's, when there is no thread to be had.
pub fn write_metrics(file: PathBuf, every: Duration, metrics: &Arc<Metrics>) -> io::Result<()> {
    let metrics = Arc::downgrade(metrics);
    let thread = std::thread::Builder::new().name("metrics".into());
    thread.spawn(move || keep_writing(&file, every, &metrics))?;
    Ok(())
}

fn keep_writing(file: &Path, every: Duration, metrics: &Weak<Metrics>) {
    let mut failing = false;
    while let Some(metrics) = metrics.upgrade() {
        let outcome = write(file, &metrics.status());
        drop(metrics);
        if let (Err(error), false) = (&outcome, failing) {
            log(Level::Warning, format!("{}: {error}", file.display()));
        }
        failing = outcome.is_err();
        std::thread::sleep(every);
    }
}

fn write(file: &Path, status: &Status) -> io::Result<()> {
    replace(file, exposition(status).as_bytes(), 0o644)
}

/// Returns a status in Prometheus's exposition format, version 0.0.4.
pub fn exposition(status: &Status) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    for (kind, name, help, value) in ROWS {
        head(&mut text, kind, name, help);
        let _ = writeln!(text, "undertone_{name} {}", value(status));
    }
    for (kind, name, help, value) in LABEL_ROWS {
        head(&mut text, kind, name, help);
        for (label, heard) in &status.labels {
            let (value, label) = (value(status, label, heard), quoted(label));
            let _ = writeln!(text, "undertone_{name}{{label={label}}} {value}");
        }
    }
    text
}

fn head(text: &mut String, kind: &str, name: &str, help: &str) {
    let _ = write!(
        text,
        "# HELP undertone_{name} {help}\n# TYPE undertone_{name} {kind}\n"
    );
}

/// Returns a label's value as the format wants it: a model of somebody else may have
/// any.
fn quoted(label: &str) -> String {
    let escaped = label
        .replace('\\', r"\\")
        .replace('"', "\\\"")
        .replace('\n', r"\n");
    format!("\"{escaped}\"")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn labels_have_figures_of_their_own() {
        let metrics = Metrics::default();
        metrics.update(|stats| {
            stats.begin(["sad".into(), "a \"b\"\\".into()]);
            stats.set_state("sad".into(), 1.0, 9.0);
            stats.add_label("sad", Some(0.5));
            stats.set_state("a \"b\"\\".into(), 3.5, 2.5);
        });
        let text = exposition(&metrics.status());
        for line in [
            r#"undertone_label_decisions_total{label="sad"} 1"#,
            r#"undertone_label_seconds_total{label="sad"} 2.5"#,
            r#"undertone_label_state{label="a \"b\"\\"} 1"#,
            "undertone_confidence 0.5",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} in {text}");
        }
    }

    #[test]
    fn the_file_is_whole_and_readable() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("undertone.prom");
        let metrics = Metrics::default();
        metrics.update(|stats| stats.status.state = DeviceState::Open);
        for _ in 0..2 {
            write(&file, &metrics.status()).unwrap();
        }
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.contains("\nundertone_microphone_open 1\n"), "{text}");
        assert_eq!(text.lines().count(), 3 * ROWS.len() + 2 * LABEL_ROWS.len());
        assert_eq!(folder.path().read_dir().unwrap().count(), 1);
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o644);
        assert!(write(Path::new("/nonexistent/a.prom"), &metrics.status()).is_err());
    }
}

//! The figures of a running program in Prometheus's exposition format.

use super::message::DeviceState;
use super::status::{Heard, Status};
use std::fmt::Write;

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

    #[test]
    fn labels_have_figures_of_their_own() {
        let heard = |decisions, seconds| Heard { decisions, seconds };
        let labels = [("sad", heard(1, 2.5)), ("a \"b\"\\", heard(0, 0.0))];
        let status = Status {
            heard: labels[1].0.into(),
            confidence: Some(0.5),
            labels: labels.map(|(label, heard)| (label.into(), heard)).into(),
            ..Status::default()
        };
        let text = exposition(&status);
        for line in [
            r#"undertone_label_decisions_total{label="sad"} 1"#,
            r#"undertone_label_seconds_total{label="sad"} 2.5"#,
            r#"undertone_label_state{label="a \"b\"\\"} 1"#,
            "undertone_confidence 0.5",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} in {text}");
        }
        assert_eq!(
            text.lines().count(),
            3 * ROWS.len() + (2 + labels.len()) * LABEL_ROWS.len()
        );
    }
}

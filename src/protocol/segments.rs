//! Stretches of a recording with one label.

use super::file_result::{FileResult, FileWindow};
use super::naming::SILENCE;

/// A stretch of a recording whose windows agree.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Segment {
    /// Seconds from the recording's beginning.
    pub start: f64,
    pub end: f64,
    /// A label, `uncertain` or `silence`.
    pub label: String,
    /// Mean over its windows of the largest score; 0 of silence.
    pub confidence: f32,
}

impl Segment {
    pub fn is_silence(&self) -> bool {
        self.label == SILENCE
    }
}

/// Returns the segments of a recording with windows, which cover it without a gap: each
/// window speaks for what is nearer to its middle than to any other's.
pub(super) fn segments(result: &FileResult) -> Vec<Segment> {
    let middle = |window: &FileWindow| f64::midpoint(window.start, window.end);
    let windows = result.windows.as_deref().unwrap_or_default();
    let mut found: Vec<(Segment, f32)> = Vec::new();
    let mut start = 0.0;
    for (n, window) in windows.iter().enumerate() {
        let end = match windows.get(n + 1) {
            Some(next) => f64::midpoint(middle(window), middle(next)).min(result.duration),
            None => result.duration,
        };
        match found.last_mut() {
            Some((segment, windows)) if segment.label == window.label => {
                segment.end = end;
                segment.confidence += window.scores.largest();
                *windows += 1.0;
            }
            _ => {
                let segment = Segment {
                    start,
                    end,
                    label: window.label.clone(),
                    confidence: window.scores.largest(),
                };
                found.push((segment, 1.0));
            }
        }
        start = end;
    }
    let mean = |(segment, windows): (Segment, f32)| Segment {
        confidence: segment.confidence / windows,
        ..segment
    };
    found.into_iter().map(mean).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_that_agree_are_one_segment() {
        let window = |start: f64, label: &str, score: f32| {
            let scores = format!(r#"{{"calm":{score},"sad":0}}"#);
            let end = start + 3.0;
            format!(r#"{{"start":{start},"end":{end},"label":"{label}","scores":{scores}}}"#)
        };
        let windows = [
            window(0.0, "calm", 0.5),
            window(1.0, "calm", 0.75),
            window(2.0, "silence", 0.0),
            window(3.5, "calm", 0.5),
        ];
        let result = format!(
            r#"{{"file":"a","label":"calm","confidence":0.7,"scores":{{"calm":0.7,"sad":0.3}},
               "duration":6.5,"windows":[{}]}}"#,
            windows.join(",")
        );
        let result = serde_json::from_str(&result).unwrap();
        let all = segments(&result);
        let rows: Vec<_> = all
            .iter()
            .map(|one| (one.start, one.end, one.label.as_str(), one.confidence))
            .collect();
        let expected = [
            (0.0, 3.0, "calm", 0.625),
            (3.0, 4.25, "silence", 0.0),
            (4.25, 6.5, "calm", 0.5),
        ];
        assert_eq!(rows, expected);
    }
}

//! Stretches of a recording with one label.

use undertone::engine::{ClipResult, ClipWindow, SpeechState};

/// A stretch of a recording whose windows agree.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Segment {
    /// Seconds from the recording's beginning.
    pub start: f64,
    pub end: f64,
    pub state: SpeechState,
    /// Mean over its windows of the largest score; 0 of silence.
    pub confidence: f32,
}

/// Returns a recording's segments, which cover it without a gap: each window speaks
/// for what is nearer to its middle than to any other's.
pub fn segments(result: &ClipResult) -> Vec<Segment> {
    let middle = |window: &ClipWindow| f64::midpoint(window.start, window.end);
    let mut found: Vec<(Segment, f32)> = Vec::new();
    let mut start = 0.0;
    for (n, window) in result.windows.iter().enumerate() {
        let end = match result.windows.get(n + 1) {
            Some(next) => f64::midpoint(middle(window), middle(next)).min(result.duration),
            None => result.duration,
        };
        match found.last_mut() {
            Some((segment, windows)) if segment.state == window.state => {
                segment.end = end;
                segment.confidence += window.confidence();
                *windows += 1.0;
            }
            _ => {
                let segment = Segment {
                    start,
                    end,
                    state: window.state,
                    confidence: window.confidence(),
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
        let window = |start: f64, state, score| ClipWindow {
            start,
            end: start + 3.0,
            state,
            scores: vec![score, 0.0],
        };
        let (calm, silence) = (SpeechState::Emotion(0), SpeechState::Silence);
        let result = ClipResult {
            state: calm,
            confidence: 0.7,
            scores: vec![0.7, 0.3],
            duration: 6.5,
            windows: vec![
                window(0.0, calm, 0.5),
                window(1.0, calm, 0.75),
                window(2.0, silence, 0.0),
                window(3.5, calm, 0.5),
            ],
        };
        let rows: Vec<_> = segments(&result)
            .iter()
            .map(|one| (one.start, one.end, one.state, one.confidence))
            .collect();
        let expected = [
            (0.0, 3.0, calm, 0.625),
            (3.0, 4.25, silence, 0.0),
            (4.25, 6.5, calm, 0.5),
        ];
        assert_eq!(rows, expected);
    }
}

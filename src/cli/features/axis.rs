//! The vertical axis of a picture of features: what is marked, and where.

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, ValueFormatter};
use plotters::prelude::Ranged;
use std::ops::Range;
use undertone::features::{Axis, FeatureSpec};

/// Frequencies that are marked, in hertz.
const HERTZ: [f64; 7] = [250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0, 16_000.0];
const NOTES: [&str; 12] = [
    "C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B",
];

/// Bands, of which number `b` reaches from `b` to `b + 1`.
pub struct BandAxis {
    bands: usize,
    marks: Vec<(f64, String)>,
}

impl BandAxis {
    /// Marked as the set's definition says; in numbers where there are more bands
    /// than the set has, as there are of embeddings.
    pub fn new(spec: &FeatureSpec, bands: usize) -> Self {
        let marks = match spec.set.definition().picture.axis {
            Axis::Frequencies(_) if bands <= spec.bands => frequencies(spec),
            Axis::Notes => notes(),
            Axis::Frequencies(_) | Axis::Numbers => numbers(bands),
        };
        Self { bands, marks }
    }
}

fn frequencies(spec: &FeatureSpec) -> Vec<(f64, String)> {
    let mark = |hz| Some((spec.place_of(hz)?, format!("{hz} Hz")));
    HERTZ.into_iter().filter_map(mark).collect()
}

fn notes() -> Vec<(f64, String)> {
    let mark = |(note, name): (usize, &str)| (centre(note), name.to_owned());
    NOTES.into_iter().enumerate().map(mark).collect()
}

fn numbers(bands: usize) -> Vec<(f64, String)> {
    let marked = (0..bands).step_by(bands.div_ceil(10).max(1));
    marked
        .map(|band| (centre(band), band.to_string()))
        .collect()
}

fn centre(band: usize) -> f64 {
    band as f64 + 0.5
}

impl Ranged for BandAxis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (start, end): (i32, i32)) -> i32 {
        start + (value / self.bands as f64 * f64::from(end - start)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _: Hint) -> Vec<f64> {
        self.marks.iter().map(|(place, _)| *place).collect()
    }

    fn range(&self) -> Range<f64> {
        0.0..self.bands as f64
    }
}

impl ValueFormatter<f64> for BandAxis {
    fn format_ext(&self, value: &f64) -> String {
        let mark = self
            .marks
            .iter()
            .find(|(place, _)| (place - value).abs() < 1e-9);
        mark.map_or_else(String::new, |(_, label)| label.clone())
    }
}

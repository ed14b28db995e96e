//! The classification report.

use std::fmt::Write;
use undertone::engine::ClipResult;

/// Counts of true against predicted labels. What counts as predicted is the
/// label with the largest score, also where the program says `uncertain`.
pub struct Report {
    labels: Vec<String>,
    /// True label by row, predicted by column; the last column is `silence`.
    confusion: Vec<Vec<u64>>,
}

impl Report {
    pub fn new(labels: &[String]) -> Self {
        let n = labels.len();
        Self {
            labels: labels.to_vec(),
            confusion: vec![vec![0; n + 1]; n],
        }
    }

    pub fn count(&mut self, truth: usize, result: &ClipResult) {
        let silent = result.confidence <= 0.0;
        let best =
            (0..self.labels.len()).max_by(|&a, &b| result.scores[a].total_cmp(&result.scores[b]));
        let column = if silent {
            self.labels.len()
        } else {
            best.unwrap_or(0)
        };
        self.confusion[truth][column] += 1;
    }

    fn support(&self, label: usize) -> u64 {
        self.confusion[label].iter().sum()
    }

    fn recall(&self, label: usize) -> Option<f64> {
        let support = self.support(label);
        (support > 0).then(|| self.confusion[label][label] as f64 / support as f64)
    }

    fn precision(&self, label: usize) -> f64 {
        let predicted: u64 = self.confusion.iter().map(|row| row[label]).sum();
        self.confusion[label][label] as f64 / predicted.max(1) as f64
    }

    /// Unweighted average recall, over the labels that occur.
    pub fn uar(&self) -> f64 {
        let recalls: Vec<f64> = (0..self.labels.len())
            .filter_map(|label| self.recall(label))
            .collect();
        recalls.iter().sum::<f64>() / recalls.len().max(1) as f64
    }

    pub fn accuracy(&self) -> f64 {
        let right: u64 = (0..self.labels.len())
            .map(|label| self.confusion[label][label])
            .sum();
        right as f64 / self.total().max(1) as f64
    }

    fn total(&self) -> u64 {
        (0..self.labels.len())
            .map(|label| self.support(label))
            .sum()
    }

    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{:<11}{:>10}{:>8}{:>8}{:>9}",
            "", "precision", "recall", "F1", "support"
        );
        for (index, label) in self.labels.iter().enumerate() {
            let (precision, recall) = (self.precision(index), self.recall(index).unwrap_or(0.0));
            let f1 = 2.0 * precision * recall / (precision + recall).max(f64::MIN_POSITIVE);
            let support = self.support(index);
            let _ = writeln!(
                text,
                "{label:<11}{precision:>10.3}{recall:>8.3}{f1:>8.3}{support:>9}"
            );
        }
        let _ = writeln!(
            text,
            "\nUAR {:.3}, accuracy {:.3}, {} recordings\n\nconfusion (rows: truth)",
            self.uar(),
            self.accuracy(),
            self.total()
        );
        let _ = write!(text, "{:<11}", "");
        for label in self.labels.iter().map(String::as_str).chain(["silence"]) {
            let _ = write!(text, "{:>10}", label.chars().take(9).collect::<String>());
        }
        for (label, row) in self.labels.iter().zip(&self.confusion) {
            let _ = write!(text, "\n{label:<11}");
            for count in row {
                let _ = write!(text, "{count:>10}");
            }
        }
        text.push('\n');
        text
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::json!({
            "type": "evaluation",
            "recordings": self.total(),
            "uar": self.uar(),
            "accuracy": self.accuracy(),
            "labels": self.labels,
            "confusion": self.confusion,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use undertone::engine::State;

    fn heard(scores: [f32; 2]) -> ClipResult {
        let confidence = scores[0].max(scores[1]);
        let state = State::Uncertain;
        ClipResult {
            state,
            confidence,
            scores: scores.to_vec(),
            duration: 1.0,
            windows: vec![],
        }
    }

    #[test]
    fn figures_are_those_of_their_definitions() {
        let mut report = Report::new(&["a".into(), "b".into()]);
        for (truth, scores) in [
            (0, [0.9, 0.1]),
            (0, [0.8, 0.2]),
            (0, [0.1, 0.9]),
            (0, [0.0, 0.0]),
            (1, [0.2, 0.8]),
        ] {
            report.count(truth, &heard(scores));
        }
        assert!((report.uar() - 0.75).abs() < 1e-12);
        assert!((report.accuracy() - 3.0 / 5.0).abs() < 1e-12);
        assert!((report.precision(1) - 0.5).abs() < 1e-12);
        assert_eq!(report.confusion, [[2, 1, 1], [0, 1, 0]]);
    }
}

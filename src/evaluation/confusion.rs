//! The confusion matrix and what follows from it.
//!
//! Figures are scikit-learn's (`classification_report` over the labels that
//! occur): what would divide by zero is 0.

use super::Prediction;
use serde::{Deserialize, Serialize};

/// Counts: the true label by row, the answer by column; the last column is
/// silence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Confusion {
    counts: Vec<Vec<u64>>,
}

/// Precision, recall and F1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Figures {
    /// Share of the answers with a label that are right.
    pub precision: f64,
    /// Share of the recordings of a label that are found.
    pub recall: f64,
    /// Harmonic mean of both.
    pub f1: f64,
}

/// One label's figures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Class {
    /// The label.
    pub label: String,
    /// Its precision, recall and F1.
    #[serde(flatten)]
    pub figures: Figures,
    /// Its recordings.
    pub support: u64,
}

impl Confusion {
    /// Counts predictions over so many labels.
    pub fn of<'a>(labels: usize, predictions: impl IntoIterator<Item = &'a Prediction>) -> Self {
        let mut counts = vec![vec![0; labels + 1]; labels];
        for prediction in predictions {
            counts[prediction.truth][prediction.predicted().unwrap_or(labels)] += 1;
        }
        Self { counts }
    }

    /// The counts, row by row.
    pub fn rows(&self) -> &[Vec<u64>] {
        &self.counts
    }

    /// Recordings of a label.
    pub fn support(&self, label: usize) -> u64 {
        self.counts[label].iter().sum()
    }

    /// Labels of which there are recordings.
    fn occurring(&self) -> impl Iterator<Item = usize> + Clone {
        (0..self.counts.len()).filter(|&label| self.support(label) > 0)
    }

    /// Unweighted average recall: the mean over the labels that occur.
    pub fn uar(&self) -> f64 {
        mean(
            self.occurring()
                .map(|label| (self.figures(label).recall, 1)),
        )
    }

    /// Share of the recordings that are right.
    pub fn accuracy(&self) -> f64 {
        let right = (0..self.counts.len()).map(|label| self.counts[label][label]);
        let total = (0..self.counts.len()).map(|label| self.support(label));
        ratio(right.sum(), total.sum())
    }

    /// A label's precision, recall and F1.
    pub fn figures(&self, label: usize) -> Figures {
        let right = self.counts[label][label];
        let answers: u64 = self.counts.iter().map(|row| row[label]).sum();
        let support = self.support(label);
        Figures {
            precision: ratio(right, answers),
            recall: ratio(right, support),
            f1: ratio(2 * right, answers + support),
        }
    }

    /// Each label's figures under its name.
    pub fn classes(&self, labels: &[String]) -> Vec<Class> {
        let class = |(place, label): (usize, &String)| Class {
            label: label.clone(),
            figures: self.figures(place),
            support: self.support(place),
        };
        labels.iter().enumerate().map(class).collect()
    }

    /// The figures' mean over the labels that occur, each counted alike and
    /// each by its recordings.
    pub fn averages(&self) -> [Figures; 2] {
        let alike = |_| 1;
        [
            self.average(alike),
            self.average(|label| self.support(label)),
        ]
    }

    fn average(&self, weight: impl Fn(usize) -> u64) -> Figures {
        let over = |figure: fn(&Figures) -> f64| {
            let figures = |label| (figure(&self.figures(label)), weight(label));
            mean(self.occurring().map(figures))
        };
        Figures {
            precision: over(|figures| figures.precision),
            recall: over(|figures| figures.recall),
            f1: over(|figures| figures.f1),
        }
    }
}

/// The mean of weighted values; 0 of none.
fn mean(weighted: impl Iterator<Item = (f64, u64)>) -> f64 {
    let add = |(sum, total): (f64, u64), (value, weight): (f64, u64)| {
        (sum + value * weight as f64, total + weight)
    };
    let (sum, total) = weighted.fold((0.0, 0), add);
    sum / total.max(1) as f64
}

fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / whole.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::super::prediction::predicted;
    use super::*;

    /// Answers of a label each; 4 is silence, and nobody is the label 3.
    fn example() -> Confusion {
        let pairs = [
            (0, [5, 2, 0, 1, 1]),
            (1, [1, 3, 1, 0, 0]),
            (2, [0, 4, 2, 0, 1]),
        ];
        let mut predictions = Vec::new();
        for (truth, row) in pairs {
            for (answer, count) in row.into_iter().enumerate() {
                let mut scores = vec![0.0; 4];
                if let Some(score) = scores.get_mut(answer) {
                    *score = 1.0;
                } else {
                    scores.clear();
                }
                predictions.extend(vec![predicted("", truth, &scores); count]);
            }
        }
        Confusion::of(4, &predictions)
    }

    fn close(figures: Figures, wanted: [f64; 3]) {
        let found = [figures.precision, figures.recall, figures.f1];
        for (found, wanted) in found.into_iter().zip(wanted) {
            assert!((found - wanted).abs() < 5e-7, "{figures:?}, not {wanted:?}");
        }
    }

    /// By scikit-learn: `classification_report(truth, answers, labels=[0, 1, 2],
    /// output_dict=True)`, with silence as a fifth label among the answers, and
    /// `recall_score(truth, answers, labels=[0, 1, 2], average="macro")`.
    #[test]
    fn figures_are_scikit_learns() {
        let confusion = example();
        close(
            confusion.figures(0),
            [0.833_333_3, 0.555_555_6, 0.666_666_7],
        );
        close(confusion.figures(1), [0.333_333_3, 0.6, 0.428_571_4]);
        close(confusion.figures(2), [0.666_666_7, 0.285_714_3, 0.4]);
        let [alike, weighted] = confusion.averages();
        close(alike, [0.611_111_1, 0.480_423_3, 0.498_412_7]);
        close(weighted, [0.658_730_2, 0.476_190_5, 0.521_088_4]);
        assert!((confusion.uar() - 0.480_423_280).abs() < 1e-9);
        assert!((confusion.accuracy() - 0.476_190_476).abs() < 1e-9);
        assert_eq!(confusion.figures(3), Figures::default());
    }

    #[test]
    fn nothing_is_no_reason_to_fail() {
        let empty = Confusion::of(2, &[]);
        assert_eq!(empty.rows(), [[0, 0, 0], [0, 0, 0]]);
        assert_eq!((empty.uar(), empty.accuracy()), (0.0, 0.0));
        assert_eq!(empty.averages(), [Figures::default(); 2]);
    }
}

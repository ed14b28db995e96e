//! The evaluation as a table for people.

use std::fmt::{self, Display, Formatter};
use undertone::evaluation::{
    Calibration, Coverage, Evaluation, Figures, Resample, Speakers, Spread,
};

/// Width of a column of counts or shares.
const COLUMN: usize = 10;

/// An evaluation, with the number of recordings that could not be read.
pub struct Table<'a> {
    pub evaluation: &'a Evaluation,
    pub failed: usize,
}

impl Display for Table<'_> {
    fn fmt(&self, out: &mut Formatter) -> fmt::Result {
        self.classes(out)?;
        self.summary(out)?;
        self.confusion(out)?;
        if let Some(speakers) = &self.evaluation.speakers {
            write_speakers(out, speakers)?;
        }
        if let Some(calibration) = &self.evaluation.calibration {
            write_calibration(out, calibration)?;
        }
        Ok(())
    }
}

impl Table<'_> {
    /// Width of the column of labels.
    fn margin(&self) -> usize {
        let labels = self.evaluation.labels.iter();
        labels
            .map(|label| label.chars().count())
            .max()
            .unwrap_or(0)
            .max(9)
    }

    fn classes(&self, out: &mut Formatter) -> fmt::Result {
        let margin = self.margin();
        let all = self.evaluation.recordings as u64;
        write!(out, "{:margin$}", "")?;
        for title in ["precision", "recall", "F1", "support"] {
            write!(out, "{title:>COLUMN$}")?;
        }
        writeln!(out)?;
        for class in &self.evaluation.classes {
            write!(out, "{:margin$}", class.label)?;
            write_figures(out, &class.figures, class.support)?;
        }
        write!(out, "{:margin$}", "macro")?;
        write_figures(out, &self.evaluation.macro_average, all)?;
        write!(out, "{:margin$}", "weighted")?;
        write_figures(out, &self.evaluation.weighted_average, all)
    }

    fn summary(&self, out: &mut Formatter) -> fmt::Result {
        let Evaluation {
            interval,
            uar,
            accuracy,
            ..
        } = self.evaluation;
        let over = match (interval.over, &self.evaluation.speakers) {
            (Resample::Speakers, Some(speakers)) => format!("{} speakers", speakers.each.len()),
            _ => "recordings".into(),
        };
        writeln!(
            out,
            "\nUAR {uar:.3}, {:.0} % interval {:.3} to {:.3} by bootstrap over {over}; accuracy {accuracy:.3}",
            100.0 * interval.level,
            interval.low,
            interval.high
        )?;
        write!(out, "{} recordings", self.evaluation.recordings)?;
        if self.evaluation.silence > 0 {
            let silence = self.evaluation.silence;
            write!(
                out,
                ", in {silence} of them nobody is heard, which counts as wrong"
            )?;
        }
        if self.failed > 0 {
            write!(
                out,
                "; {} could not be read and are not counted",
                self.failed
            )?;
        }
        writeln!(out)
    }

    fn confusion(&self, out: &mut Formatter) -> fmt::Result {
        let margin = self.margin();
        let labels = &self.evaluation.labels;
        write!(out, "\nconfusion (rows: truth)\n{:margin$}", "")?;
        for label in labels.iter().map(String::as_str).chain(["silence"]) {
            let short: String = label.chars().take(COLUMN - 1).collect();
            write!(out, "{short:>COLUMN$}")?;
        }
        writeln!(out)?;
        for (label, row) in labels.iter().zip(self.evaluation.confusion.rows()) {
            write!(out, "{label:margin$}")?;
            for count in row {
                write!(out, "{count:>COLUMN$}")?;
            }
            writeln!(out)?;
        }
        Ok(())
    }
}

fn write_figures(out: &mut Formatter, figures: &Figures, support: u64) -> fmt::Result {
    for figure in [figures.precision, figures.recall, figures.f1] {
        write!(out, "{figure:>COLUMN$.3}")?;
    }
    writeln!(out, "{support:>COLUMN$}")
}

fn write_speakers(out: &mut Formatter, speakers: &Speakers) -> fmt::Result {
    writeln!(
        out,
        "\n{:9}{:>COLUMN$}{:>COLUMN$}{:>COLUMN$}",
        "speakers", "worst", "median", "best"
    )?;
    for (
        name,
        Spread {
            worst,
            median,
            best,
        },
    ) in [("UAR", speakers.uar), ("accuracy", speakers.accuracy)]
    {
        writeln!(
            out,
            "{name:9}{worst:>COLUMN$.3}{median:>COLUMN$.3}{best:>COLUMN$.3}"
        )?;
    }
    Ok(())
}

fn write_calibration(out: &mut Formatter, calibration: &Calibration) -> fmt::Result {
    let Calibration {
        nll,
        ece,
        ece_bias,
        ece_less_bias,
        uncertain,
        ..
    } = calibration;
    writeln!(
        out,
        "\ncalibration: NLL {nll:.3}, ECE {ece:.3}; less {ece_bias:.3}, what a perfect classifier shows: {ece_less_bias:.3}"
    )?;
    writeln!(out, "\nconfidence  coverage  accuracy")?;
    for row in &calibration.coverage {
        write_coverage(out, row)?;
        writeln!(out)?;
    }
    write_coverage(out, uncertain)?;
    writeln!(out, "  (below: uncertain)")
}

fn write_coverage(out: &mut Formatter, row: &Coverage) -> fmt::Result {
    write!(out, "{:>10.2}{:>COLUMN$.3}", row.threshold, row.coverage)?;
    match row.accuracy {
        Some(accuracy) => write!(out, "{accuracy:>COLUMN$.3}"),
        None => write!(out, "{:>COLUMN$}", "-"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use undertone::evaluation::Prediction;

    #[test]
    fn every_figure_is_there() {
        let prediction = |speaker: &str, truth, scores: Option<[f32; 2]>| Prediction {
            speaker: Some(speaker.into()),
            truth,
            scores: scores.map(Vec::from),
        };
        let predictions = [
            prediction("ann", 0, Some([0.75, 0.25])),
            prediction("ann", 1, Some([0.75, 0.25])),
            prediction("bob", 1, Some([0.25, 0.75])),
            prediction("bob", 1, None),
        ];
        let labels = ["sad".to_owned(), "astonished".to_owned()];
        let evaluation = Evaluation::new(&labels, &predictions, 0.35);
        let text = Table {
            evaluation: &evaluation,
            failed: 7,
        }
        .to_string();
        let lines = [
            "           precision    recall        F1   support",
            "sad            0.500     1.000     0.667         1",
            "astonished     1.000     0.333     0.500         3",
            "macro          0.750     0.667     0.583         4",
            "weighted       0.875     0.500     0.542         4",
            "sad                1         0         0",
            "astonished         1         1         1",
            "4 recordings, in 1 of them nobody is heard, which counts as wrong; \
             7 could not be read and are not counted",
            "accuracy      0.500     0.500     0.500",
            "      0.30     0.750     0.667",
            "      0.80     0.000         -",
            "      0.35     0.750     0.667  (below: uncertain)",
        ];
        for line in lines {
            assert!(
                text.lines().any(|found| found == line),
                "no {line:?} in\n{text}"
            );
        }
        assert!(text.contains("by bootstrap over 2 speakers; accuracy 0.500"));
    }
}

//! What `evaluate` writes: one JSON object, and a line a recording.

use crate::cli::output::csv_field;
use std::io::{self, Write};
use undertone::evaluation::{Evaluation, Judgement};
use undertone::model::Manifest;
use undertone::protocol::ModelName;

/// The report as a JSON object.
#[derive(serde::Serialize)]
#[serde(tag = "type", rename = "evaluation")]
pub struct EvaluationRecord<'a> {
    model: ModelName,
    /// Recordings that could not be read, which no figure counts.
    failed: usize,
    #[serde(flatten)]
    evaluation: &'a Evaluation,
}

impl<'a> EvaluationRecord<'a> {
    /// Figures of a model, and how many recordings they lack.
    pub fn new(manifest: &Manifest, evaluation: &'a Evaluation, failed: usize) -> Self {
        Self {
            model: ModelName::of(manifest),
            failed,
            evaluation,
        }
    }
}

/// Writes the line that names the columns of [`write_prediction`].
///
/// # Errors
/// [`io::Error`] when writing fails.
pub fn write_predictions_header(
    mut writer: impl Write,
    labels: &[String],
) -> Result<(), io::Error> {
    let labels: Vec<String> = labels.iter().map(|label| csv_field(label)).collect();
    writeln!(writer, "path,label,speaker,predicted,{}", labels.join(","))?;
    Ok(())
}

/// Writes the line of one recording, whose scores are 0 in silence.
///
/// # Errors
/// [`io::Error`] when writing fails.
pub fn write_prediction(
    mut writer: impl Write,
    path: &str,
    labels: &[String],
    judgement: &Judgement,
) -> Result<(), io::Error> {
    let predicted = judgement
        .predicted()
        .map_or("silence", |label| &labels[label]);
    let speaker = judgement.speaker.as_deref().unwrap_or_default();
    let fields = [path, &labels[judgement.truth], speaker, predicted].map(csv_field);
    write!(writer, "{}", fields.join(","))?;
    for label in 0..labels.len() {
        let score = judgement
            .scores
            .as_ref()
            .map_or(0.0, |scores| scores[label]);
        write!(writer, ",{score}")?;
    }
    writeln!(writer)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn predictions_are_a_table() {
        let labels = ["sad".to_owned(), "so, so".to_owned()];
        let judgement = |speaker: Option<&str>, scores: Option<Vec<f32>>| Judgement {
            speaker: speaker.map(Into::into),
            truth: 1,
            scores,
        };
        let mut table = Vec::new();
        write_predictions_header(&mut table, &labels).unwrap();
        let heard = judgement(Some("ann"), Some(vec![0.75, 0.25]));
        write_prediction(&mut table, "a \"b\".wav", &labels, &heard).unwrap();
        write_prediction(&mut table, "c.wav", &labels, &judgement(None, None)).unwrap();
        let wanted = "path,label,speaker,predicted,sad,\"so, so\"\n\
            \"a \"\"b\"\".wav\",\"so, so\",ann,sad,0.75,0.25\n\
            c.wav,\"so, so\",,silence,0,0\n";
        assert_eq!(String::from_utf8(table).unwrap(), wanted);
    }
}

//! The table of predictions.

use std::io::{self, Write};
use undertone::evaluation::Prediction;

/// Writes a table with a line for each recording, by its path: the label, the
/// speaker, the answer and the scores, which are 0 in silence.
///
/// # Errors
/// [`io::Error`] when writing fails.
pub fn write_predictions(
    writer: impl Write,
    labels: &[String],
    predictions: &[(&str, Prediction)],
) -> io::Result<()> {
    let mut table = csv::Writer::from_writer(writer);
    let columns = ["path", "label", "speaker", "predicted"];
    table.write_record(columns.into_iter().chain(labels.iter().map(String::as_str)))?;
    for (path, prediction) in predictions {
        let predicted = prediction.predicted().map(|label| labels[label].as_str());
        table.write_field(path)?;
        table.write_field(&labels[prediction.truth])?;
        table.write_field(prediction.speaker.as_deref().unwrap_or_default())?;
        table.write_field(predicted.unwrap_or("silence"))?;
        let silence = vec![0.0; labels.len()];
        for score in prediction.scores.as_ref().unwrap_or(&silence) {
            table.write_field(score.to_string())?;
        }
        table.write_record(None::<&[u8]>)?;
    }
    table.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn predictions_are_a_table() {
        let labels = ["sad".to_owned(), "so, so".to_owned()];
        let prediction = |speaker: Option<&str>, scores: Option<Vec<f32>>| Prediction {
            speaker: speaker.map(Into::into),
            truth: 1,
            scores,
        };
        let rows = [
            (
                "a \"b\".wav",
                prediction(Some("ann"), Some(vec![0.75, 0.25])),
            ),
            ("c.wav", prediction(None, None)),
        ];
        let mut table = Vec::new();
        write_predictions(&mut table, &labels, &rows).unwrap();
        let wanted = "path,label,speaker,predicted,sad,\"so, so\"\n\
            \"a \"\"b\"\".wav\",\"so, so\",ann,sad,0.75,0.25\n\
            c.wav,\"so, so\",,silence,0,0\n";
        assert_eq!(String::from_utf8(table).unwrap(), wanted);
    }
}

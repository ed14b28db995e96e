//! Manifests of labelled recordings: CSV by RFC 4180.

use super::recording::{Recording, data_error, known};
use super::rows::{Row, rows};
use crate::cli::exit::CliError;
use anyhow::Context;
use csv::StringRecord;
use std::path::Path;
use undertone::audio::AudioError;

/// Returns the recordings of a manifest.
///
/// # Errors
/// A sentence with the line of the first row that does not fit the header.
pub fn read(manifest: &Path) -> anyhow::Result<Vec<Recording>> {
    let bytes = std::fs::read(manifest)
        .map_err(AudioError::from)
        .with_context(|| manifest.display().to_string())?;
    let text = String::from_utf8(bytes)
        .map_err(|_| data_error(manifest, " is neither a folder nor a CSV manifest"))?;
    Ok(parse(manifest, &text)?)
}

fn parse(manifest: &Path, text: &str) -> Result<Vec<Recording>, CliError> {
    let folder = manifest.parent().unwrap_or(Path::new(""));
    let mut rows = rows(text.trim_start_matches('\u{feff}')).peekable();
    let header = rows.peek().and_then(|row| Header::of(row.fields.as_ref()?));
    let header = match header {
        Some(header) => {
            rows.next();
            header
        }
        None => Header::default(),
    };
    rows.map(|Row { line, fields }| {
        let fields = fields.filter(|fields| fields.len() == header.columns);
        let wrong = || data_error(manifest, &format!(" line {line}: not `{}`", header.text));
        let fields = fields.ok_or_else(wrong)?;
        Ok(Recording {
            file: folder.join(&fields[header.path]),
            name: fields[header.path].to_owned(),
            label: fields[header.label].to_owned(),
            speaker: header.speaker.and_then(|speaker| known(&fields[speaker])),
        })
    })
    .collect()
}

/// Where a manifest's columns are. Others than these are passed over: R and pandas write
/// one with the rows' numbers.
struct Header {
    path: usize,
    label: usize,
    speaker: Option<usize>,
    columns: usize,
    text: String,
}

impl Header {
    /// The header that a row is, if it names path and label.
    fn of(row: &StringRecord) -> Option<Self> {
        let column = |name: &str| {
            row.iter()
                .position(|field| field.eq_ignore_ascii_case(name))
        };
        Some(Self {
            path: column("path")?,
            label: column("label")?,
            speaker: column("speaker"),
            columns: row.len(),
            text: row.iter().collect::<Vec<_>>().join(","),
        })
    }
}

impl Default for Header {
    /// That of a manifest without one.
    fn default() -> Self {
        Self {
            path: 0,
            label: 1,
            speaker: None,
            columns: 2,
            text: "path,label".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, label: &str, speaker: &str) -> (String, String, Option<String>) {
        (name.into(), label.into(), known(speaker))
    }

    fn parsed(text: &str) -> Vec<(String, String, Option<String>)> {
        let recordings = parse(Path::new("set/list.csv"), text).unwrap();
        let rows = recordings.into_iter().map(|one| {
            assert_eq!(one.file, Path::new("set").join(&one.name));
            (one.name, one.label, one.speaker)
        });
        rows.collect()
    }

    #[test]
    fn manifests_have_two_columns_or_three() {
        let two = [row("a.wav", "sad", ""), row("b.wav", "calm", "")];
        assert_eq!(parsed("path,label\na.wav,sad\n\nb.wav , calm\n"), two);
        assert_eq!(parsed("\u{feff}a.wav,sad\r\nb.wav,calm"), two);
        let quoted = "path,label,speaker\n\"a, \"\"b\"\".wav\",sad,ann\nc.wav,sad,\n";
        let three = [row("a, \"b\".wav", "sad", "ann"), row("c.wav", "sad", "")];
        assert_eq!(parsed(quoted), three);
    }

    #[test]
    fn headers_are_as_r_and_pandas_write_them() {
        let rows = [row("a.wav", "sad", "ann")];
        for text in [
            "\"path\",\"label\",\"speaker\"\r\n\"a.wav\",\"sad\",\"ann\"\r\n",
            "\"\",\"path\",\"label\",\"speaker\"\n\"1\",\"a.wav\",\"sad\",\"ann\"\n",
            ",speaker,label,path\n0,ann,sad,a.wav\n",
            "Path,Label,Speaker,Length\na.wav,sad,ann,3.5\n",
        ] {
            assert_eq!(parsed(text), rows, "{text}");
        }
    }

    #[test]
    fn quoted_fields_may_hold_line_ends() {
        let rows = [row("a\nb.wav", "sad", ""), row("c.wav", "", "")];
        assert_eq!(parsed("\"a\nb.wav\",sad\n \n\"c.wav\" ,\"\"\n"), rows);
    }

    #[test]
    fn lines_that_do_not_fit_are_named() {
        let rows = [
            ("a.wav", " line 1: not `path,label`"),
            ("path,label\na.wav,sad,ann", " line 2: not `path,label`"),
            (
                "path,label,speaker\na.wav,sad",
                " line 2: not `path,label,speaker`",
            ),
            ("\"a.wav,sad", " line 1: not `path,label`"),
            ("\"a\"b,sad", " line 1: not `path,label`"),
            ("a\"b,sad", " line 1: not `path,label`"),
            ("a,\"b\"c\"", " line 1: not `path,label`"),
            ("\"a\r\nb\",c\r\n\r\nd", " line 4: not `path,label`"),
        ];
        for (text, wanted) in rows {
            let error = parse(Path::new("m"), text).unwrap_err().to_string();
            assert_eq!(error, format!("m{wanted}"), "{text:?}");
        }
    }
}

//! Recordings whose labels are known: a folder for each label, or a manifest.

use crate::cli::exit::CliError;
use crate::cli::inputs;
use anyhow::Context;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use undertone::audio::AudioError;
use undertone::error::Class;

const HEADER: &str = "path,label";
const HEADER_WITH_SPEAKERS: &str = "path,label,speaker";

/// A recording with what is known of it.
#[derive(Debug, PartialEq)]
pub struct Labelled {
    pub file: PathBuf,
    /// As the manifest has it, or relative to the folder.
    pub name: String,
    pub label: String,
    pub speaker: Option<String>,
}

/// The recordings of a folder or manifest, each once.
pub fn read(source: &Path) -> anyhow::Result<Vec<Labelled>> {
    let recordings = if source.is_dir() {
        by_folder(source)?
    } else {
        by_manifest(source)?
    };
    if recordings.is_empty() {
        return Err(mistake(source, " lists no recordings").into());
    }
    let mut seen = HashSet::new();
    match recordings.iter().find(|one| !seen.insert(&one.file)) {
        Some(twice) => Err(mistake(&twice.file, " is listed twice").into()),
        None => Ok(recordings),
    }
}

/// What is wrong with the labels is wrong with the data.
pub fn mistake(file: &Path, what: &str) -> CliError {
    CliError::new(Class::Data, format!("{}{what}", file.display()))
}

fn by_folder(folder: &Path) -> anyhow::Result<Vec<Labelled>> {
    let files = inputs::expand(&[folder.to_owned()])?;
    let recordings = files.into_iter().map(|file| in_folder(folder, file));
    Ok(recordings.collect::<Result<_, _>>()?)
}

/// LABEL/SPEAKER/..., LABEL/SPEAKER_... or, where nobody knows, LABEL/...
fn in_folder(folder: &Path, file: PathBuf) -> Result<Labelled, CliError> {
    let name = file.strip_prefix(folder).unwrap_or(&file);
    let parts: Vec<String> = name
        .iter()
        .map(|part| part.to_string_lossy().into_owned())
        .collect();
    let (label, speaker) = match parts.as_slice() {
        [label, file] => (label, file.split_once('_').map(|(speaker, _)| speaker)),
        [label, speaker, ..] => (label, Some(speaker.as_str())),
        _ => return Err(mistake(&file, " lies in no label's folder")),
    };
    Ok(Labelled {
        name: parts.join("/"),
        label: label.clone(),
        speaker: known(speaker.unwrap_or_default()),
        file,
    })
}

fn by_manifest(manifest: &Path) -> anyhow::Result<Vec<Labelled>> {
    let bytes = std::fs::read(manifest)
        .map_err(AudioError::from)
        .with_context(|| manifest.display().to_string())?;
    let text = String::from_utf8(bytes)
        .map_err(|_| mistake(manifest, " is neither a folder nor a CSV manifest"))?;
    Ok(parse(manifest, &text)?)
}

fn parse(manifest: &Path, text: &str) -> Result<Vec<Labelled>, CliError> {
    let folder = manifest.parent().unwrap_or(Path::new(""));
    let mut lines = (1..)
        .zip(text.trim_start_matches('\u{feff}').lines())
        .filter(|(_, line)| !line.trim().is_empty())
        .peekable();
    let header = lines
        .next_if(|(_, line)| [HEADER, HEADER_WITH_SPEAKERS].contains(&line.trim()))
        .map_or(HEADER, |(_, line)| line.trim());
    let columns = header.split(',').count();
    lines
        .map(|(number, line)| {
            let wrong = || mistake(manifest, &format!(" line {number}: not `{header}`"));
            let fields = fields(line).filter(|fields| fields.len() == columns);
            let mut fields = fields.ok_or_else(wrong)?.into_iter();
            let mut next = || fields.next().unwrap_or_default();
            let (name, label, speaker) = (next(), next(), next());
            Ok(Labelled {
                file: folder.join(&name),
                name,
                label,
                speaker: known(&speaker),
            })
        })
        .collect()
}

fn known(speaker: &str) -> Option<String> {
    (!speaker.is_empty()).then(|| speaker.to_owned())
}

/// The fields of a line by RFC 4180, trimmed where they are not quoted; `None`
/// when a quote is misplaced.
fn fields(line: &str) -> Option<Vec<String>> {
    let mut fields = Vec::new();
    let mut rest = line.trim();
    loop {
        let (field, after) = if let Some(quoted) = rest.strip_prefix('"') {
            quoted_field(quoted)?
        } else {
            let (field, after) = rest.split_at(rest.find(',').unwrap_or(rest.len()));
            (field.trim().to_owned(), after)
        };
        if field.contains('"') && !rest.starts_with('"') {
            return None;
        }
        fields.push(field);
        match after.strip_prefix(',') {
            Some(more) => rest = more.trim_start(),
            None => return after.is_empty().then_some(fields),
        }
    }
}

/// A field behind its opening quote, and what follows its closing one.
fn quoted_field(text: &str) -> Option<(String, &str)> {
    let mut field = String::new();
    let mut rest = text;
    loop {
        let (before, after) = rest.split_once('"')?;
        field.push_str(before);
        match after.strip_prefix('"') {
            Some(more) => {
                field.push('"');
                rest = more;
            }
            None => return Some((field, after.trim_start())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, label: &str, speaker: &str) -> (String, String, Option<String>) {
        (name.into(), label.into(), known(speaker))
    }

    #[test]
    fn manifests_have_two_columns_or_three() {
        let parsed = |text| {
            let recordings = parse(Path::new("set/list.csv"), text).unwrap();
            let rows = recordings.into_iter().map(|one| {
                assert_eq!(one.file, Path::new("set").join(&one.name));
                (one.name, one.label, one.speaker)
            });
            rows.collect::<Vec<_>>()
        };
        let two = [row("a.wav", "sad", ""), row("b.wav", "calm", "")];
        assert_eq!(parsed("path,label\na.wav,sad\n\nb.wav , calm\n"), two);
        assert_eq!(parsed("\u{feff}a.wav,sad\r\nb.wav,calm"), two);
        let quoted = "path,label,speaker\n\"a, \"\"b\"\".wav\",sad,ann\nc.wav,sad,\n";
        let three = [row("a, \"b\".wav", "sad", "ann"), row("c.wav", "sad", "")];
        assert_eq!(parsed(quoted), three);
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
        ];
        for (text, wanted) in rows {
            let error = parse(Path::new("m"), text).unwrap_err().to_string();
            assert_eq!(error, format!("m{wanted}"), "{text:?}");
        }
    }

    #[test]
    fn folders_say_who_speaks() {
        let of = |name: &str| {
            let one = in_folder(Path::new("set"), Path::new("set").join(name))?;
            assert_eq!(one.name, name);
            Ok::<_, CliError>((one.label, one.speaker))
        };
        let said = |name| of(name).unwrap();
        assert_eq!(said("sad/ann/1.wav"), ("sad".into(), known("ann")));
        assert_eq!(said("sad/ann/new/1_2.wav"), ("sad".into(), known("ann")));
        assert_eq!(said("sad/bob_1_2.wav"), ("sad".into(), known("bob")));
        assert_eq!(said("sad/1.wav"), ("sad".into(), None));
        assert!(of("1.wav").is_err());
    }
}

//! Recordings whose labels are known: a corpus as it is downloaded, a folder for each
//! label, or a manifest.

use super::recording::{Recording, data_error, known};
use super::{corpora, manifest};
use crate::cli::exit::CliError;
use crate::cli::inputs;
use std::collections::HashSet;
use std::io::{Write, stderr};
use std::path::{Path, PathBuf};

/// The recordings of a folder or manifest, each once. Folders have their meaning where
/// the first is one of `labels`.
pub fn read(source: &Path, labels: &[String]) -> anyhow::Result<Vec<Recording>> {
    let recordings = if source.is_dir() {
        by_folder(source, labels)?
    } else {
        manifest::read(source)?
    };
    if recordings.is_empty() {
        return Err(data_error(source, " lists no recordings").into());
    }
    let mut seen = HashSet::new();
    match recordings.iter().find(|one| !seen.insert(&one.file)) {
        Some(twice) => Err(data_error(&twice.file, " is listed twice").into()),
        None => Ok(recordings),
    }
}

fn by_folder(folder: &Path, labels: &[String]) -> anyhow::Result<Vec<Recording>> {
    let found = inputs::expand(&[folder.to_owned()]);
    found.say_what_was_passed_over();
    let mut recordings = Vec::new();
    let (mut stems, mut without_label) = (HashSet::new(), 0);
    for file in found.files {
        match in_corpus(folder, &file, labels) {
            // Kaggle's copies hold every recording twice.
            Some(Ok(one)) if stems.insert(file.file_stem().map(ToOwned::to_owned)) => {
                recordings.push(one);
            }
            Some(Ok(_)) => {}
            Some(Err(NoLabel)) => without_label += 1,
            None => recordings.push(in_folder(folder, file)?),
        }
    }
    if without_label > 0 {
        // When stderr cannot be written, there is nobody to tell.
        let _ = writeln!(
            stderr(),
            "undertone: {without_label} recordings are of emotions that no label stands for, and \
             were left out"
        );
    }
    Ok(recordings)
}

/// An emotion that no label stands for.
struct NoLabel;

/// A recording of a corpus by its name; `None` if its name says nothing, or its folder
/// says more.
fn in_corpus(folder: &Path, file: &Path, labels: &[String]) -> Option<Result<Recording, NoLabel>> {
    let name = file.strip_prefix(folder).unwrap_or(file);
    let first = name.iter().next()?.to_str();
    if name.components().count() > 1 && labels.iter().any(|label| Some(label.as_str()) == first) {
        return None;
    }
    let named = corpora::read(file.file_stem()?.to_str()?)?;
    let Some(label) = named.label else {
        return Some(Err(NoLabel));
    };
    Some(Ok(Recording {
        name: name.to_string_lossy().into_owned(),
        label: label.to_owned(),
        speaker: known(named.speaker),
        file: file.to_owned(),
    }))
}

/// LABEL/SPEAKER/..., LABEL/SPEAKER_... or, where nobody knows, LABEL/...
fn in_folder(folder: &Path, file: PathBuf) -> Result<Recording, CliError> {
    let name = file.strip_prefix(folder).unwrap_or(&file);
    let parts: Vec<String> = name
        .iter()
        .map(|part| part.to_string_lossy().into_owned())
        .collect();
    let (label, speaker) = match parts.as_slice() {
        [label, file] => (label, file.split_once('_').map(|(speaker, _)| speaker)),
        [label, speaker, ..] => (label, Some(speaker.as_str())),
        _ => return Err(data_error(&file, " lies in no label's folder")),
    };
    Ok(Recording {
        name: parts.join("/"),
        label: label.clone(),
        speaker: known(speaker.unwrap_or_default()),
        file,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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

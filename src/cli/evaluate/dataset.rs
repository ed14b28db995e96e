//! Recordings whose labels are known: a folder for each label, or a manifest.

use super::manifest;
use super::recording::{Recording, data_error, known};
use crate::cli::exit::CliError;
use crate::cli::inputs;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// The recordings of a folder or manifest, each once.
pub fn read(source: &Path) -> anyhow::Result<Vec<Recording>> {
    let recordings = if source.is_dir() {
        by_folder(source)?
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

fn by_folder(folder: &Path) -> anyhow::Result<Vec<Recording>> {
    let files = inputs::expand(&[folder.to_owned()]).files;
    let recordings = files.into_iter().map(|file| in_folder(folder, file));
    Ok(recordings.collect::<Result<_, _>>()?)
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

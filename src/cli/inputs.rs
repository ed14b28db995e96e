//! Input files of a command.

use anyhow::{Context, bail};
use std::path::{Path, PathBuf};
use undertone::audio::{AudioError, AudioSource};

/// Extensions that are taken for audio when a folder is searched.
const EXTENSIONS: [&str; 10] = [
    "wav", "flac", "mp3", "ogg", "oga", "opus", "m4a", "aac", "aif", "aiff",
];

/// The files that arguments name: themselves, and the audio files anywhere
/// below the folders among them, in the order of their names. Links to folders
/// are not followed.
pub fn expand(arguments: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for argument in arguments {
        if argument.is_dir() {
            let before = files.len();
            collect(argument, &mut files)
                .with_context(|| format!("{}: cannot be listed", argument.display()))?;
            if files.len() == before {
                bail!(AudioError::NoAudioBelow(argument.clone()));
            }
        } else {
            files.push(argument.clone());
        }
    }
    Ok(files)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    let mut entries: Vec<PathBuf> = folder
        .read_dir()?
        .map(|entry| Ok(entry?.path()))
        .collect::<std::io::Result<_>>()?;
    entries.sort();
    for entry in entries {
        if entry.is_dir() {
            // Links can lead round in circles.
            if !entry.is_symlink() {
                collect(&entry, files)?;
            }
        } else if is_audio(&entry) {
            files.push(entry);
        }
    }
    Ok(())
}

fn is_audio(path: &Path) -> bool {
    path.extension()
        .and_then(|extension| extension.to_str())
        .is_some_and(|extension| {
            EXTENSIONS
                .iter()
                .any(|known| extension.eq_ignore_ascii_case(known))
        })
}

/// Opens one input; `-` is a file on stdin.
pub fn open(path: &Path, rate: u32) -> Result<AudioSource, AudioError> {
    if path == Path::new("-") {
        AudioSource::from_pipe(std::io::stdin().lock(), rate)
    } else {
        AudioSource::open(path, rate)
    }
}

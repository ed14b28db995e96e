//! Input files of a command.

use super::output::shown;
use super::progress::Position;
use anyhow::Context;
use std::ffi::OsStr;
use std::io::{Read, Write, stderr, stdin};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, OnceLock};
use undertone::audio::{AudioError, Channel, DecoderPool, FileKind, IsolatedSource};

/// Extensions of files in a folder that are audio, or say why they are not. Others are
/// looked into.
const EXTENSIONS: [&str; 26] = [
    "wav", "wave", "rf64", "bw64", "flac", "mp3", "mp2", "ogg", "oga", "opus", "m4a", "m4b", "mp4",
    "mov", "3gp", "3g2", "aac", "aif", "aiff", "aifc", "caf", "au", "snd", "mka", "mkv", "webm",
];

/// Most of stdin that is held in memory where it is read more than once.
const HELD_MIB: usize = 512;

/// What arguments name.
#[derive(Default)]
pub struct Found {
    /// The files, in the order of arguments and names.
    pub files: Vec<PathBuf>,
    /// Recordings below folders in formats that are not read, with their names.
    passed_over: Vec<(PathBuf, &'static str)>,
}

/// Returns the files that arguments name: themselves, and what is audio anywhere below
/// the folders among them. Links to folders are not followed. A folder that cannot
/// be listed, or is without audio, stands for itself: [`Opener::open`] says why.
pub fn expand(arguments: &[PathBuf]) -> Found {
    let mut found = Found::default();
    for argument in arguments {
        if argument.is_dir() {
            let before = found.files.len();
            found.collect(argument);
            if found.files.len() == before {
                found.files.push(argument.clone());
            }
        } else {
            found.files.push(argument.clone());
        }
    }
    found
}

impl Found {
    fn collect(&mut self, folder: &Path) {
        let Ok(entries) = list(folder) else {
            self.files.push(folder.to_owned());
            return;
        };
        for entry in entries {
            // Links can lead round in circles.
            let link = entry.is_symlink();
            match entry.metadata().map(|data| data.file_type()) {
                Ok(kind) if kind.is_dir() => {
                    if !link {
                        self.collect(&entry);
                    }
                }
                // Devices and pipes would be waited for.
                Ok(kind) if !kind.is_file() => {}
                _ if is_apple_double(&entry) => {}
                _ if has_audio_extension(&entry) => self.files.push(entry),
                _ => self.look_into(entry),
            }
        }
    }

    /// Takes a file whose name says nothing for what its bytes are.
    fn look_into(&mut self, file: PathBuf) {
        match FileKind::of(&file) {
            FileKind::Audio => self.files.push(file),
            FileKind::NotRead(name) => self.passed_over.push((file, name)),
            FileKind::Other => {}
        }
    }

    /// Says on stderr what recordings were passed over.
    pub fn say_what_was_passed_over(&self) {
        let Some((file, name)) = self.passed_over.first() else {
            return;
        };
        let (file, count) = (shown(file), self.passed_over.len());
        // When stderr cannot be written, there is nobody to tell.
        let _ = match count {
            1 => writeln!(
                stderr(),
                "undertone: 1 recording was passed over, because its format is not read here: \
                 {file} is {name}"
            ),
            _ => writeln!(
                stderr(),
                "undertone: {count} recordings were passed over, because their formats are not \
                 read here; the first, {file}, is {name}"
            ),
        };
    }
}

fn list(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let entries = folder.read_dir()?;
    let mut entries: Vec<PathBuf> = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<std::io::Result<_>>()?;
    entries.sort();
    Ok(entries)
}

/// What macOS puts beside a file on foreign disks, under the file's extension.
fn is_apple_double(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().as_encoded_bytes();
    let begins = || {
        let mut sign = [0; 4];
        let mut file = std::fs::File::open(path)?;
        file.read_exact(&mut sign).map(|()| sign)
    };
    name.starts_with(b"._") && begins().is_ok_and(|sign| sign == [0, 5, 0x16, 7])
}

fn has_audio_extension(path: &Path) -> bool {
    path.extension()
        .and_then(OsStr::to_str)
        .is_some_and(|extension| {
            EXTENSIONS
                .iter()
                .any(|known| extension.eq_ignore_ascii_case(known))
        })
}

/// The processes that decode for all threads.
static DECODERS: LazyLock<DecoderPool> = LazyLock::new(DecoderPool::of_this_program);

/// Opens inputs, of which `-` is a file on stdin.
#[derive(Default)]
pub struct Opener {
    channel: Channel,
    /// Set where stdin is read more than once.
    held: Option<OnceLock<Arc<[u8]>>>,
    /// Set where one recording is all that is read.
    is_for_one: bool,
}

impl Opener {
    /// An opener of inputs of which one channel is heard.
    pub fn of(channel: Channel) -> Self {
        Self {
            channel,
            ..Self::default()
        }
    }

    /// An opener of inputs that are each read more than once.
    pub fn for_several_passes(channel: Channel) -> Self {
        Self {
            channel,
            held: Some(OnceLock::new()),
            ..Self::default()
        }
    }

    /// The same opener, which shows people how far it is in a recording if that is
    /// the only one.
    pub fn showing_progress(mut self, files: usize) -> Self {
        self.is_for_one = files == 1;
        self
    }

    /// What shows how far a recording has been read.
    pub fn position(&self) -> Position {
        Position::new(self.is_for_one)
    }

    /// Opens an input, of which the channel of this number is heard, if there is one.
    pub fn open(
        &self,
        path: &Path,
        rate: u32,
        number: Option<u16>,
    ) -> anyhow::Result<IsolatedSource<'static>> {
        if path.is_dir() {
            list(path).context("cannot be listed")?;
            return Err(AudioError::NoAudioBelow.into());
        }
        let channel = number.map_or(self.channel, Channel::Number);
        Ok(match &self.held {
            _ if path != Path::new("-") => DECODERS.open(path, rate, channel)?,
            None => DECODERS.open_stdin(rate, channel)?,
            Some(held) => DECODERS.open_memory(&hold(held)?, rate, channel)?,
        })
    }
}

/// The whole of stdin, which is read at the first call.
fn hold(held: &OnceLock<Arc<[u8]>>) -> Result<Arc<[u8]>, AudioError> {
    if let Some(bytes) = held.get() {
        return Ok(Arc::clone(bytes));
    }
    let mut bytes = Vec::new();
    let most = (HELD_MIB << 20) as u64;
    stdin().lock().take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(AudioError::TooLarge(HELD_MIB));
    }
    Ok(Arc::clone(held.get_or_init(|| bytes.into())))
}

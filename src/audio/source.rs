//! A whole recording, from a file or a pipe, at the rate that was asked for.

use super::decode::Decoder;
use super::{AudioError, Damage, Pcm, Resampler};
use crate::guard::guarded;
use std::fs::File;
use std::io::{Cursor, Read, Seek};
use std::path::Path;
use symphonia::core::io::MediaSource;

/// Most that an unseekable source may hold in memory.
const PIPE_LIMIT_MIB: usize = 512;

fn broken() -> AudioError {
    AudioError::Malformed("its decoder cannot cope with it".into())
}

/// Reads a recording in chunks of mono [`Pcm`].
pub struct AudioSource {
    decoder: Decoder,
    resampler: Resampler,
    native: Vec<Pcm>,
    finished: bool,
}

impl AudioSource {
    /// Opens a file; samples will come at `rate` hertz.
    ///
    /// # Errors
    /// Every kind of [`AudioError`] that concerns files.
    pub fn open(path: &Path, rate: u32) -> Result<Self, AudioError> {
        let mut file = File::open(path)?;
        let kind = file.metadata()?.file_type();
        if kind.is_dir() {
            return Err(AudioError::Io(std::io::Error::other("it is a directory")));
        }
        // Probing takes a file that cannot be read for one without audio.
        if kind.is_file() && file.read(&mut [0])? > 0 {
            file.rewind()?;
        }
        let extension = path.extension().and_then(|extension| extension.to_str());
        Self::new(Box::new(file), extension, rate)
    }

    /// Reads a file that comes through a pipe. It is held in memory, because
    /// some containers keep their index at the end.
    ///
    /// # Errors
    /// As [`AudioSource::open`], and [`AudioError::TooLarge`].
    pub fn from_pipe(pipe: impl Read, rate: u32) -> Result<Self, AudioError> {
        let limit = PIPE_LIMIT_MIB << 20;
        let mut bytes = Vec::new();
        pipe.take(limit as u64 + 1).read_to_end(&mut bytes)?;
        if bytes.len() > limit {
            return Err(AudioError::TooLarge(PIPE_LIMIT_MIB));
        }
        Self::from_memory(bytes, None, rate)
    }

    /// Reads a file that is in memory. Its name's `extension`, if it has one,
    /// is a hint like that of a file's path.
    ///
    /// # Errors
    /// As [`AudioSource::open`].
    pub fn from_memory(
        bytes: Vec<u8>,
        extension: Option<&str>,
        rate: u32,
    ) -> Result<Self, AudioError> {
        Self::new(Box::new(Cursor::new(bytes)), extension, rate)
    }

    fn new(
        source: Box<dyn MediaSource>,
        extension: Option<&str>,
        rate: u32,
    ) -> Result<Self, AudioError> {
        let decoder = guarded(|| Decoder::new(source, extension), broken)?;
        let resampler = Resampler::new(decoder.rate(), rate)?;
        Ok(Self {
            decoder,
            resampler,
            native: Vec::new(),
            finished: false,
        })
    }

    /// Appends the next samples to `out`; `false` when there are no more.
    ///
    /// # Errors
    /// [`AudioError`] when the data contradict themselves or are empty. Packets
    /// that do not decode are skipped, and files that are cut short end early:
    /// see [`AudioSource::damage`].
    pub fn read(&mut self, out: &mut Vec<Pcm>) -> Result<bool, AudioError> {
        if self.finished {
            return Ok(false);
        }
        self.native.clear();
        self.finished = !guarded(|| self.decoder.next(&mut self.native), broken)?;
        self.resampler.push(&self.native, out);
        if self.finished {
            self.resampler.finish(out);
        }
        Ok(true)
    }

    /// Returns the damage; it is known when [`AudioSource::read`] has come to the end.
    pub fn damage(&self) -> Damage {
        self.decoder.damage()
    }

    /// Returns all samples that are left.
    ///
    /// # Errors
    /// As [`AudioSource::read`].
    pub fn read_to_end(mut self) -> Result<Vec<Pcm>, AudioError> {
        let mut samples = Vec::new();
        while self.read(&mut samples)? {}
        Ok(samples)
    }
}

//! A whole recording, from a file or a pipe, at the rate that was asked for.

use super::decode::{self, Decoded, Decoder};
use super::{AudioError, Channel, Damage, Pcm, RawFormat, Resampler};
use crate::guard::guarded;
use std::fs::File;
use std::io::{Cursor, Read, Seek};
use std::path::Path;
use symphonia::core::io::{MediaSource, ReadOnlySource};

fn broken() -> AudioError {
    AudioError::Malformed("its decoder cannot cope with it".into())
}

/// What a file is, by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// Audio in a container that is read.
    Audio,
    /// Audio in a format of this name, which is not read.
    NotRead(&'static str),
    /// Nothing that is known, or that can be read.
    Other,
}

impl FileKind {
    /// Looks into a file, which should be no pipe.
    pub fn of(path: &Path) -> Self {
        let look = || decode::recognise(Box::new(File::open(path)?));
        match guarded(look, broken) {
            Ok(()) => Self::Audio,
            Err(AudioError::Container(name)) => Self::NotRead(name),
            Err(_) => Self::Other,
        }
    }
}

/// Reads a recording in chunks of mono [`Pcm`].
pub struct AudioSource {
    decoder: Decoder,
    resampler: Resampler,
    /// The rate that was asked for.
    rate: u32,
    native: Vec<Pcm>,
    finished: bool,
    /// What it is read from, at the same position, and its bytes; of a file alone.
    file: Option<(File, u64)>,
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
            return Err(AudioError::Io(std::io::ErrorKind::IsADirectory.into()));
        }
        // Probing takes a file that cannot be read for one without audio.
        if kind.is_file() && file.read(&mut [0])? > 0 {
            file.rewind()?;
        }
        let length = kind.is_file().then_some(file.metadata()?.len());
        let same = length.and_then(|length| Some((file.try_clone().ok()?, length)));
        let mut source = Self::new(Box::new(file), rate)?;
        source.file = same;
        Ok(source)
    }

    /// Reads a file that comes through a pipe, as it comes where its container allows
    /// that.
    ///
    /// # Errors
    /// As [`AudioSource::open`], and [`AudioError::TooLarge`].
    pub fn from_pipe(
        pipe: impl Read + Send + Sync + 'static,
        rate: u32,
    ) -> Result<Self, AudioError> {
        Self::new(Box::new(ReadOnlySource::new(pipe)), rate)
    }

    /// Reads a file that is in memory.
    ///
    /// # Errors
    /// As [`AudioSource::open`].
    pub fn from_memory(
        bytes: impl AsRef<[u8]> + Send + Sync + 'static,
        rate: u32,
    ) -> Result<Self, AudioError> {
        Self::new(Box::new(Cursor::new(bytes)), rate)
    }

    /// Reads headerless samples from a pipe as they come. A WAV header that stands before
    /// them all the same is obeyed.
    ///
    /// # Errors
    /// [`AudioError::NotRaw`] if it is another container that is read, and those of
    /// [`AudioSource::from_pipe`].
    pub fn from_raw(
        pipe: impl Read + Send + Sync + 'static,
        format: RawFormat,
        rate: u32,
    ) -> Result<Self, AudioError> {
        let source = Box::new(ReadOnlySource::new(pipe));
        Self::of(guarded(|| Decoder::raw(source, format), broken)?, rate)
    }

    fn new(source: Box<dyn MediaSource>, rate: u32) -> Result<Self, AudioError> {
        Self::of(guarded(|| Decoder::new(source), broken)?, rate)
    }

    fn of(decoder: Decoder, rate: u32) -> Result<Self, AudioError> {
        let resampler = Resampler::new(decoder.rate(), rate)?;
        Ok(Self {
            decoder,
            resampler,
            rate,
            native: Vec::new(),
            finished: false,
            file: None,
        })
    }

    /// Chooses the channel that is heard, before the first sample is read.
    #[must_use]
    pub fn with_channel(mut self, channel: Channel) -> Self {
        self.decoder.choose(channel);
        self
    }

    /// Returns the number of channels.
    pub fn channels(&self) -> usize {
        self.decoder.channels()
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
        let decoded = guarded(|| self.decoder.next(&mut self.native), broken)?;
        self.resampler.push(&self.native, out);
        match decoded {
            Decoded::Samples => {}
            Decoded::Rate(rate) => {
                self.resampler.finish(out);
                self.resampler = Resampler::new(rate, self.rate)?;
            }
            Decoded::End => {
                self.finished = true;
                self.resampler.finish(out);
            }
        }
        Ok(true)
    }

    /// Returns how much of a file has been read, in thousandths; `None` of others.
    pub fn progress(&mut self) -> Option<u16> {
        let (file, length) = self.file.as_mut()?;
        let position = file.stream_position().ok()?.min(*length);
        // A share of thousandths is not more than 1000.
        Some((position.saturating_mul(1000) / (*length).max(1)) as u16)
    }

    /// Returns what was lost, guessed or passed over; it is known when
    /// [`AudioSource::read`] has come to the end.
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

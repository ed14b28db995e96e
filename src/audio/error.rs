//! Reasons why sound cannot be read, a sentence each.

use crate::error::{Class, Classified};
use std::io;

/// The reason why sound could not be read. The message says what is wrong and what
/// to do; the caller adds which file or device.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AudioError {
    /// The file does not exist.
    #[error("no such file")]
    NotFound,
    /// The system refused or failed to read.
    #[error("cannot be read")]
    Io(#[source] io::Error),
    /// No known container.
    #[error(
        "is not audio in a known format; WAV, FLAC, MP3, Ogg Vorbis, Opus, M4A (AAC-LC), WebM, Matroska, CAF, AU, AIFF and ALAC are read"
    )]
    UnknownFormat,
    /// A container that is known and not read.
    #[error("is {0}, which is not read here; convert it with: ffmpeg -i FILE voice.wav")]
    Container(&'static str),
    /// A container where headerless samples were promised.
    #[error("is {0}, and no headerless PCM; leave --raw out, and it is decoded")]
    NotRaw(&'static str),
    /// A known container with something inside that has no decoder here.
    #[error("uses {0}, which cannot be decoded here; convert it with: ffmpeg -i FILE voice.wav")]
    Unsupported(String),
    /// A channel was asked for that is not there.
    #[error("has no channel {0}: it has {1}; choose one of those")]
    NoChannel(u16, usize),
    /// The stream contradicts itself.
    #[error("is damaged ({0}); try to export it again")]
    Malformed(String),
    /// Decoding took more processor time than the sound that came of it allows.
    #[error("takes too long to decode for the sound that is in it; try to export it again")]
    TooSlow,
    /// Decoding took more than so many MiB.
    #[error(
        "takes more than {0} MiB of memory to decode; try to export it again, without its tags"
    )]
    TooMuchMemory(u64),
    /// An error of the process that decodes: its class and sentence.
    #[error("{sentence}")]
    Decoder {
        /// Class of the error there.
        class: Class,
        /// Its sentence, with its causes.
        sentence: String,
    },
    /// There is no process that decodes.
    #[error("cannot be decoded, because the process for that cannot be run")]
    NoDecoder(#[source] io::Error),
    /// There is nothing to hear.
    #[error("holds no audio at all")]
    Empty,
    /// NaN or infinity among the samples.
    #[error("contains samples that are not finite numbers; export it again as integer PCM")]
    NotFinite,
    /// A sample rate outside what speech is recorded at.
    #[error("has a sample rate of {0} Hz; {min} to {max} Hz are accepted", min = super::resample::RATES.start(), max = super::resample::RATES.end())]
    SampleRate(u32),
    /// More than memory allows for unseekable input.
    #[error("is larger than the {0} MiB that are accepted from a pipe; give it as a file")]
    TooLarge(usize),
    /// A folder without audio files.
    #[error("no audio file is in this folder or below it")]
    NoAudioBelow,
    /// There is no device of that name.
    #[error(
        "there is no microphone {0:?}; plug one in or choose one that `undertone devices` lists"
    )]
    NoDevice(String),
    /// There is no microphone at all.
    #[error(
        "there is no microphone on this machine, or none that you may use; plug one in, and see that you are in the group `audio`"
    )]
    NoDevices,
    /// None is named, the default cannot capture, and there are several.
    #[error(
        "the system's default cannot capture, and there are several microphones: {0}; name one with --device, or as microphone.device in the configuration"
    )]
    ManyDevices(String),
    /// Another program holds the device.
    #[error("the microphone {0} is in use by another program; close that or choose another device")]
    DeviceBusy(String),
    /// The device exists but has no usable configuration, or failed.
    #[error("the microphone {device} cannot be used: {reason}")]
    Device {
        /// Its name.
        device: String,
        /// The sound system's reason.
        reason: String,
    },
}

impl From<io::Error> for AudioError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::NotFound,
            _ => Self::Io(error),
        }
    }
}

impl Classified for AudioError {
    fn class(&self) -> Class {
        match self {
            Self::NotFound | Self::NoAudioBelow => Class::NoInput,
            Self::Io(_) | Self::NoDecoder(_) => Class::Io,
            Self::Decoder { class, .. } => *class,
            Self::NoDevice(_)
            | Self::NoDevices
            | Self::ManyDevices(_)
            | Self::DeviceBusy(_)
            | Self::Device { .. } => Class::Unavailable,
            Self::UnknownFormat
            | Self::Container(_)
            | Self::NotRaw(_)
            | Self::Unsupported(_)
            | Self::NoChannel(..)
            | Self::Malformed(_)
            | Self::TooSlow
            | Self::TooMuchMemory(_)
            | Self::Empty
            | Self::NotFinite
            | Self::SampleRate(_)
            | Self::TooLarge(_) => Class::Data,
        }
    }
}

//! symphonia's errors in this program's words.

use crate::audio::AudioError;
use symphonia::core::codecs::audio::{AudioCodecParameters, well_known};
use symphonia::core::errors::Error;

/// The kinds of what symphonia calls unsupported when it opens a file.
#[derive(Debug, PartialEq, Eq)]
enum Refusal {
    /// No container that it knows.
    UnknownFormat,
    /// A container that lacks a part that it must have.
    Damaged,
    /// A container with something inside that it cannot read.
    Unsupported,
}

/// Tells apart by symphonia's sentences what it has one variant for. Nothing else
/// here reads them; a test fails when they change (`docs/upstream.md`).
fn refusal(reason: &str) -> Refusal {
    if reason.contains("missing") {
        Refusal::Damaged
    } else if reason.contains("core (probe)") {
        Refusal::UnknownFormat
    } else {
        Refusal::Unsupported
    }
}

/// Returns why a file could not be opened.
pub(super) fn probe_error(error: &Error) -> AudioError {
    match error {
        Error::Unsupported(reason) => match refusal(reason) {
            Refusal::UnknownFormat => AudioError::UnknownFormat,
            Refusal::Damaged => AudioError::Malformed((*reason).into()),
            Refusal::Unsupported => AudioError::Unsupported((*reason).into()),
        },
        // Probing walks to the end of a file that is none; that is no I/O error.
        Error::IoError(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => {
            AudioError::Malformed(error.to_string())
        }
        Error::DecodeError(reason) | Error::LimitError(reason) => {
            AudioError::Malformed((*reason).into())
        }
        _ => AudioError::UnknownFormat,
    }
}

/// Returns why there is no decoder for a track.
pub(super) fn decoder_error(error: &Error, params: &AudioCodecParameters) -> AudioError {
    if params.codec == well_known::CODEC_ID_AAC {
        return AudioError::Unsupported("AAC other than the LC profile (HE-AAC perhaps)".into());
    }
    match error {
        Error::Unsupported(reason) => AudioError::Unsupported(format!("a codec ({reason})")),
        other => AudioError::Malformed(other.to_string()),
    }
}

/// Returns why a file could not be read on.
pub(super) fn read_error(error: Error) -> AudioError {
    match error {
        Error::IoError(error) => AudioError::Io(error),
        Error::Unsupported(reason) => AudioError::Unsupported(reason.into()),
        other => AudioError::Malformed(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;
    use symphonia::core::formats::FormatOptions;
    use symphonia::core::formats::probe::Hint;
    use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
    use symphonia::core::meta::MetadataOptions;

    /// The sentence with which symphonia refuses a file.
    fn refused(bytes: Vec<u8>) -> &'static str {
        let source = Box::new(Cursor::new(bytes));
        let stream = MediaSourceStream::new(source, MediaSourceStreamOptions::default());
        let (format, metadata) = (FormatOptions::default(), MetadataOptions::default());
        let probe = symphonia::default::get_probe();
        match probe.probe(&Hint::new(), stream, format, metadata) {
            Err(Error::Unsupported(reason)) => reason,
            Err(error) => panic!("{error}"),
            Ok(_) => panic!("it was opened"),
        }
    }

    /// A WAV file of these chunks after its head.
    fn wav(format: u16, chunks: &[u8]) -> Vec<u8> {
        let mut head = b"WAVEfmt \x10\0\0\0".to_vec();
        head.extend(format.to_le_bytes());
        head.extend(b"\x01\0\x80\x3e\0\0\0\x7d\0\0\x02\0\x10\0");
        head.extend(chunks);
        let length = (head.len() as u32).to_le_bytes();
        [b"RIFF", &length[..], &head].concat()
    }

    #[test]
    fn symphonia_still_says_what_is_read_out_of_it() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/alac.m4a");
        let mut without_index = std::fs::read(file).unwrap();
        let index = without_index.windows(4).position(|name| name == b"moov");
        let index = index.unwrap();
        without_index[index..index + 4].copy_from_slice(b"free");
        let rows = [
            (
                b"no audio at all, only words. ".repeat(100),
                "core (probe): no suitable format reader found",
                Refusal::UnknownFormat,
            ),
            (wav(1, b""), "wav: missing data chunk", Refusal::Damaged),
            (without_index, "isomp4: missing moov atom", Refusal::Damaged),
            (
                wav(0x999, b"data\0\0\0\0"),
                "wav: unsupported wave format",
                Refusal::Unsupported,
            ),
        ];
        for (bytes, sentence, kind) in rows {
            let reason = refused(bytes);
            assert_eq!(reason, sentence);
            assert_eq!(refusal(reason), kind, "{reason}");
        }
    }
}

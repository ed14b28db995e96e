//! symphonia's errors in this program's words.

use crate::audio::AudioError;
use std::io::{self, ErrorKind};
use symphonia::core::audio::Channels;
use symphonia::core::codecs::audio::{AudioCodecParameters, well_known};
use symphonia::core::errors::Error;

/// Returns why a container could not be opened.
pub(super) fn open_error(error: &Error) -> AudioError {
    match error {
        // Tells apart by symphonia's sentences what it has one variant for. Nothing
        // else here reads them; a test fails when they change (`docs/upstream.md`).
        Error::Unsupported(reason) if !reason.contains("missing") => {
            AudioError::Unsupported((*reason).into())
        }
        Error::Unsupported(reason) | Error::DecodeError(reason) | Error::LimitError(reason) => {
            AudioError::Malformed((*reason).into())
        }
        Error::IoError(error) if error.kind() == ErrorKind::UnexpectedEof => {
            AudioError::Malformed("it ends before its audio begins".into())
        }
        Error::IoError(error) if is_of_the_system(error) => AudioError::Io(again(error)),
        Error::IoError(error) => AudioError::Malformed(error.to_string()),
        other => AudioError::Malformed(other.to_string()),
    }
}

/// Whether the system failed to read. A place that there cannot be in a file is what the
/// file says; symphonia's own errors have no number either.
fn is_of_the_system(error: &io::Error) -> bool {
    error.raw_os_error().is_some() && error.kind() != ErrorKind::InvalidInput
}

/// The same error once more.
fn again(error: &io::Error) -> io::Error {
    error
        .raw_os_error()
        .map_or_else(|| error.kind().into(), io::Error::from_raw_os_error)
}

/// Returns why there is no decoder for a stream. `name` is what its container calls
/// a codec that symphonia does not know.
pub(super) fn codec_error(params: &AudioCodecParameters, name: Option<&String>) -> AudioError {
    let channels = params.channels.as_ref().map_or(0, Channels::count);
    let known = match params.codec {
        well_known::CODEC_ID_AAC => Some(aac(params, channels)),
        well_known::CODEC_ID_OPUS if channels > 2 => Some(format!("Opus with {channels} channels")),
        well_known::CODEC_ID_OPUS => Some("Opus, which this build is without,".into()),
        codec => NAMES
            .iter()
            .find(|(id, _)| *id == codec)
            .map(|(_, name)| (*name).into()),
    };
    let what = known.or_else(|| name.cloned());
    AudioError::Unsupported(what.unwrap_or_else(|| "a codec that it does not name".into()))
}

/// What AAC is that has no decoder here, by its `AudioSpecificConfig` (ISO/IEC 14496-3,
/// 1.6.2.1), which containers often contradict.
fn aac(params: &AudioCodecParameters, stated: usize) -> String {
    let config = params.extra_data.as_deref().unwrap_or_default();
    let lc = |channels: usize| match channels {
        0 => "AAC with a channel map of its own".into(),
        _ => format!("AAC with {channels} channels"),
    };
    match *config {
        // The last rate is one that is written out before the channels.
        [first, second, ..] if first >> 3 == 2 && (first & 7, second >> 7) != (7, 1) => {
            lc(usize::from(second >> 3 & 15))
        }
        [] if stated > 2 => lc(stated),
        _ => "AAC other than the LC profile (HE-AAC perhaps)".into(),
    }
}

/// Codecs that containers hold and that are not decoded here.
const NAMES: [(symphonia::core::codecs::audio::AudioCodecId, &str); 12] = [
    (well_known::CODEC_ID_AC3, "AC-3"),
    (well_known::CODEC_ID_EAC3, "E-AC-3"),
    (well_known::CODEC_ID_DCA, "DTS"),
    (well_known::CODEC_ID_TRUEHD, "Dolby TrueHD"),
    (well_known::CODEC_ID_SPEEX, "Speex"),
    (well_known::CODEC_ID_WAVPACK, "WavPack"),
    (well_known::CODEC_ID_TTA, "True Audio"),
    (well_known::CODEC_ID_WMA, "Windows Media Audio"),
    (well_known::CODEC_ID_ADPCM_G722, "G.722"),
    (well_known::CODEC_ID_ADPCM_G726, "G.726 ADPCM"),
    (well_known::CODEC_ID_MONKEYS_AUDIO, "Monkey's Audio"),
    (well_known::CODEC_ID_MUSEPACK, "Musepack"),
];

/// Returns why a file could not be read on.
pub(super) fn read_error(error: Error) -> AudioError {
    match error {
        Error::IoError(error) if is_of_the_system(&error) => AudioError::Io(error),
        Error::Unsupported(reason) => AudioError::Unsupported(reason.into()),
        other => AudioError::Malformed(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Class, Classified};
    use std::io::Cursor;
    use symphonia::core::formats::FormatOptions;
    use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
    use symphonia::default::formats::IsoMp4Reader;

    #[test]
    fn what_a_file_says_is_no_failure_of_the_system() {
        let failed = || io::Error::from_raw_os_error(nix::libc::EIO);
        let of_file = [
            io::Error::other("mp4"),
            ErrorKind::InvalidInput.into(),
            ErrorKind::UnexpectedEof.into(),
            io::Error::from_raw_os_error(nix::libc::EINVAL),
        ];
        for error in of_file {
            let class = read_error(Error::IoError(error)).class();
            assert_eq!(class, Class::Data);
        }
        assert_eq!(read_error(Error::IoError(failed())).class(), Class::Io);
        assert_eq!(open_error(&Error::IoError(failed())).class(), Class::Io);
    }

    #[test]
    fn symphonia_still_says_what_is_read_out_of_it() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/alac.m4a");
        let mut without_index = std::fs::read(file).unwrap();
        let index = without_index.windows(4).position(|name| name == b"moov");
        let index = index.unwrap();
        without_index[index..index + 4].copy_from_slice(b"free");
        let source = Box::new(Cursor::new(without_index));
        let stream = MediaSourceStream::new(source, MediaSourceStreamOptions::default());
        let error = IsoMp4Reader::try_new(stream, FormatOptions::default());
        let error = open_error(&error.err().unwrap());
        let reason = "isomp4: missing moov atom";
        assert!(matches!(error, AudioError::Malformed(found) if found == reason));
    }
}

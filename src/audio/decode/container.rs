//! The container of a recording, by its first bytes.

use super::frames;
use super::input::Input;
use crate::audio::AudioError;

/// Bytes that are looked at: a pack of MPEG's transport stream, or several frames.
const LOOK: usize = 64 << 10;

/// A container that is read here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Container {
    /// WAV: RIFF, RIFX, RF64, BW64.
    Wave,
    /// AIFF and AIFF-C.
    Aiff,
    /// Sun's and `NeXT`'s AU.
    Au,
    /// Apple's Core Audio Format.
    Caf,
    /// FLAC of its own.
    Flac,
    /// Matroska and `WebM`.
    Matroska,
    /// MP4, M4A, 3GP and `QuickTime`.
    Mp4,
    /// Ogg.
    Ogg,
    /// MPEG audio or AAC, frame after frame.
    Frames,
}

/// Signatures at the beginning of what is read.
const READ: &[(&[u8], Container)] = &[
    (b"fLaC", Container::Flac),
    (b"OggS", Container::Ogg),
    (b"\x1a\x45\xdf\xa3", Container::Matroska),
    (b"caff", Container::Caf),
    (b".snd", Container::Au),
];

/// Signatures at the beginning of what is not read, and its name.
const REFUSED: &[(&[u8], &str)] = &[
    (b"#!AMR-WB", "AMR-WB"),
    (b"#!AMR", "AMR"),
    (b"#!SILK_V3", "SILK"),
    (b"\x02#!SILK_V3", "SILK"),
    (
        b"\x30\x26\xb2\x75\x8e\x66\xcf\x11",
        "Windows Media (ASF, WMA)",
    ),
    (b"\x00\x00\x01\xba", "an MPEG programme stream"),
    (b"FLV\x01", "Flash Video"),
    (b".RMF", "RealMedia"),
    (b".ra\xfd", "RealAudio"),
    (b"riff\x2e\x91\xcf\x11", "Sony Wave64"),
    (b"wvpk", "WavPack"),
    (b"MAC ", "Monkey's Audio"),
    (b"TTA1", "True Audio"),
    (b"TTA2", "True Audio"),
    (b"MPCK", "Musepack"),
    (b"MP+", "Musepack"),
    (b"OFR ", "OptimFROG"),
    (b"DSD ", "DSD"),
    (b"FRM8", "DSD (DSDIFF)"),
    (b"ADIF", "AAC in ADIF"),
    (b"MThd", "MIDI"),
    (b"NIST_1A", "NIST SPHERE"),
    (b"Creative Voice F", "Creative Voice (VOC)"),
    (b"\x64\xa3\x01\x00", "IRCAM"),
    (b"\x64\xa3\x02\x00", "IRCAM"),
    (b"\x00\x02\xa3\x64", "IRCAM"),
    (b"\x00\x01\xa3\x64", "IRCAM"),
    (b"\x0b\x77", "AC-3"),
    (b"\x7f\xfe\x80\x01", "DTS"),
    (b"2BIT", "Akai AVR"),
    (b"ajkg", "Shorten"),
    (b"PVF1", "PVF"),
    (b"DKIF", "IVF"),
];

/// Names of the atoms with which MP4 and `QuickTime` begin.
const ATOMS: [&[u8]; 10] = [
    b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"moof", b"styp", b"uuid",
];

/// Finds out which container comes next. Goes on to its first byte, over tags and
/// what else stands before the first frame.
///
/// # Errors
/// [`AudioError::Container`] for one that is known and not read, and
/// [`AudioError::UnknownFormat`].
pub(super) fn recognise(input: &mut Input) -> Result<Container, AudioError> {
    frames::skip_tags(input)?;
    input.begin_here();
    // A microphone behind a pipe takes its time.
    if let Some(container) = signed(input.peek(16)?)? {
        return Ok(container);
    }
    let head = input.peek(LOOK)?;
    if is_transport_stream(head) {
        return Err(AudioError::Container("an MPEG transport stream"));
    }
    match frames::first(head) {
        Some(place) => {
            input.skip(place as u64)?;
            input.begin_here();
            Ok(Container::Frames)
        }
        None => Err(AudioError::UnknownFormat),
    }
}

/// Returns whether a WAV header comes where headerless samples were promised.
///
/// # Errors
/// [`AudioError::NotRaw`] for another container.
pub(super) fn beside_raw(input: &mut Input) -> Result<bool, AudioError> {
    const LONGEST: usize = 4 << 10;
    let tagged = input.peek(10)?.starts_with(b"ID3");
    if tagged {
        return Err(AudioError::NotRaw("MP3 with a tag"));
    }
    let container = match signed(input.peek(16)?) {
        Err(AudioError::Container(name)) => return Err(AudioError::NotRaw(name)),
        found => found?,
    };
    let name = match container {
        Some(Container::Wave) => return Ok(true),
        Some(Container::Aiff) => "AIFF",
        Some(Container::Au) => "AU",
        Some(Container::Caf) => "CAF",
        Some(Container::Flac) => "FLAC",
        Some(Container::Matroska) => "Matroska or WebM",
        Some(Container::Mp4) => "MP4",
        Some(Container::Ogg) => "Ogg",
        Some(Container::Frames) | None => match frames::first(input.peek(LONGEST)?) {
            Some(0) => "MP3 or AAC",
            _ => return Ok(false),
        },
    };
    Err(AudioError::NotRaw(name))
}

/// The container by its signature.
fn signed(head: &[u8]) -> Result<Option<Container>, AudioError> {
    let known = READ.iter().find(|(sign, _)| head.starts_with(sign));
    if let Some(&(_, container)) = known {
        return Ok(Some(container));
    }
    if let (Some(form), Some(kind)) = (head.get(..4), head.get(8..12)) {
        match (form, kind) {
            (b"RIFF" | b"RIFX" | b"RF64" | b"BW64", b"WAVE") => return Ok(Some(Container::Wave)),
            (b"FORM", b"AIFF" | b"AIFC") => return Ok(Some(Container::Aiff)),
            (b"RIFF", b"AVI ") => return Err(AudioError::Container("AVI")),
            (b"FORM", b"8SVX") => return Err(AudioError::Container("8SVX")),
            _ => {}
        }
        if ATOMS.contains(&&head[4..8]) {
            return Ok(Some(Container::Mp4));
        }
    }
    if matches!(head, [0x56, 0xe0..=0xff, ..]) {
        return Err(AudioError::Container("AAC in LATM"));
    }
    let refused = REFUSED.iter().find(|(sign, _)| head.starts_with(sign));
    match refused {
        Some(&(_, name)) => Err(AudioError::Container(name)),
        None => Ok(None),
    }
}

/// Whether a sync byte stands at the beginning of each pack: of 188 bytes, 192 with
/// a time stamp before it, 204 with a checksum behind.
fn is_transport_stream(head: &[u8]) -> bool {
    // A file may begin in the middle of a pack.
    [188, 192, 204].into_iter().any(|pack| {
        let packs = (head.len() / pack).min(8);
        packs >= 4
            && (0..pack).any(|first| {
                (0..packs).all(|n| head.get(first + n * pack).is_none_or(|&byte| byte == 0x47))
                    && head[first..].len() > (packs - 2) * pack
            })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn of(bytes: &[u8]) -> String {
        let mut input = Input::new(Box::new(Cursor::new(bytes.to_vec())));
        match recognise(&mut input) {
            Ok(container) => format!("{container:?} at {}", input.left().unwrap()),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn containers_are_known_by_their_bytes() {
        let pack = |size: usize, sync: usize| {
            let mut pack: Vec<u8> = (0..size).map(|n| ((n * n) >> 3) as u8 & 0x3f).collect();
            pack[sync] = 0x47;
            pack.repeat(20)
        };
        let rows = [
            (b"RF64\xff\xff\xff\xffWAVEds64".to_vec(), "Wave at 16"),
            (b"ID3\x03\0\0\0\0\0\x05.....fLaC".to_vec(), "Flac at 4"),
            (b"\0\0\0\x14ftypM4A ".to_vec(), "Mp4 at 12"),
            (pack(188, 0), "is an MPEG transport stream,"),
            (pack(192, 4), "is an MPEG transport stream,"),
            (pack(188, 100), "is an MPEG transport stream,"),
            (b"#!AMR-WB\n".to_vec(), "is AMR-WB,"),
            (b"RIFF\0\0\0\0AVI LIST".to_vec(), "is AVI,"),
            (
                b"words, words, words. ".repeat(99),
                "is not audio in a known",
            ),
            (vec![0; 5000], "is not audio in a known"),
        ];
        for (bytes, start) in rows {
            let found = of(&bytes);
            assert!(found.starts_with(start), "{found} for {start}");
        }
    }
}

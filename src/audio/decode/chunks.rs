//! The chunks of WAV and AIFF files, whose stated sizes are claims.

use super::input::Input;
use crate::audio::AudioError;
use std::io::{Seek, SeekFrom};
use symphonia::core::io::MediaSource;

/// Bytes in which the next chunk is searched where a size is wrong.
const SEARCH: usize = 1 << 20;

/// Chunks that stand in these files. Only they are trusted where sizes are wrong.
const KNOWN: [&[u8; 4]; 28] = [
    b"fmt ", b"data", b"LIST", b"fact", b"bext", b"JUNK", b"junk", b"FLLR", b"PEAK", b"cue ",
    b"smpl", b"inst", b"iXML", b"id3 ", b"ID3 ", b"ds64", b"PAD ", b"COMM", b"SSND", b"FVER",
    b"MARK", b"INST", b"NAME", b"ANNO", b"AUTH", b"COMT", b"APPL", b"CHAN",
];

/// A chunk's head: its name and the size that it states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Chunk {
    pub name: [u8; 4],
    pub size: u64,
}

/// The order of bytes in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Little,
    Big,
}

impl Order {
    pub(super) fn u16(self, bytes: &[u8], place: usize) -> Option<u16> {
        let bytes = bytes.get(place..place + 2)?.try_into().ok()?;
        Some(match self {
            Self::Little => u16::from_le_bytes(bytes),
            Self::Big => u16::from_be_bytes(bytes),
        })
    }

    pub(super) fn u32(self, bytes: &[u8], place: usize) -> Option<u32> {
        let bytes = bytes.get(place..place + 4)?.try_into().ok()?;
        Some(match self {
            Self::Little => u32::from_le_bytes(bytes),
            Self::Big => u32::from_be_bytes(bytes),
        })
    }
}

/// Reads the head of the chunk that comes next and goes to its contents.
pub(super) fn next(input: &mut Input, order: Order) -> Result<Option<Chunk>, AudioError> {
    let head = input.peek(8)?;
    let name = head.first_chunk::<4>().copied();
    let (Some(name), Some(size)) = (name, order.u32(head, 4)) else {
        return Ok(None);
    };
    input.skip(8)?;
    let size = u64::from(size);
    Ok(Some(Chunk { name, size }))
}

/// Takes the contents of a chunk, and goes to the next one.
pub(super) fn contents(input: &mut Input, chunk: Chunk) -> Result<Vec<u8>, AudioError> {
    let bytes = input.peek(chunk.size.min(4096) as usize)?.to_vec();
    pass(input, chunk)?;
    Ok(bytes)
}

/// Goes over a chunk's contents to the next one. Where its size leads to none, the
/// next one is searched in the contents and behind them.
pub(super) fn pass(input: &mut Input, chunk: Chunk) -> Result<(), AudioError> {
    let window = usize::try_from(chunk.size).unwrap_or(SEARCH).min(SEARCH);
    let bytes = input.peek(window + 9)?;
    if bytes.len() > window && (window as u64) < chunk.size {
        // Too long to be looked at: believed, unless the file ends before.
        if input.left().is_none_or(|left| left > chunk.size) {
            input.skip(chunk.size + chunk.size % 2)?;
            return Ok(());
        }
    } else if let Some(gap) = gap_behind(&bytes[window.min(bytes.len())..], chunk.size) {
        input.skip(chunk.size + gap)?;
        return Ok(());
    }
    let bytes = input.peek(SEARCH)?;
    match search(bytes) {
        Some(place) => input.skip(place as u64)?,
        None => input.skip(chunk.size)?,
    };
    Ok(())
}

/// Bytes between contents of `size` bytes and the next chunk: a pad byte behind an
/// odd size, which some writers forget. `None` if no chunk begins there.
fn gap_behind(rest: &[u8], size: u64) -> Option<u64> {
    let named = |place: usize| rest.get(place..place + 4).is_some_and(is_name);
    let pad = (size % 2) as usize;
    let known = |place: usize| rest.get(place..place + 4).is_some_and(is_known);
    if pad == 1 && known(0) && !known(1) {
        return Some(0);
    }
    (named(pad)).then_some(pad as u64)
}

fn is_known(name: &[u8]) -> bool {
    KNOWN.iter().any(|known| name == *known)
}

/// Whether four bytes may be a chunk's name.
pub(super) fn is_name(name: &[u8]) -> bool {
    is_known(name) || (name.iter().all(|byte| (b' '..=b'~').contains(byte)) && name != b"    ")
}

/// Where a chunk with the description of the samples, or with the samples, begins.
fn search(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|name| {
        [b"fmt ", b"data", b"COMM", b"SSND"]
            .iter()
            .any(|known| name == *known)
    })
}

/// Goes back to where the samples begin, if something stood behind them.
pub(super) fn go_to(input: &mut Input, place: u64) -> Result<(), AudioError> {
    if input.position() == place {
        return Ok(());
    }
    if !input.is_seekable() {
        let why = "its samples come before their description, which cannot be read from a pipe";
        return Err(AudioError::Malformed(why.into()));
    }
    input.seek(SeekFrom::Start(place))?;
    Ok(())
}

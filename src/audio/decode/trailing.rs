//! What stands behind a container: disks and recorders that set files aside leave zeros
//! there, of which symphonia's readers make an error.

use super::container::Container;
use super::input::Input;
use std::io::{self, Seek, SeekFrom};

/// Bytes that are looked through at once, from the end on.
const LOOK: u64 = 64 << 10;

/// Bytes behind an Ogg's last page that are looked through.
const MOST: u64 = 64 << 20;

/// Chunks or elements that are looked at, of which there are a handful.
const MOST_PARTS: usize = 1 << 16;

/// Makes the input end where its container does, as far as that says so and can be
/// looked for; returns how many bytes stand behind.
pub(super) fn cut_off(container: Container, input: &mut Input) -> io::Result<u64> {
    let Some(length) = input.left() else {
        return Ok(0);
    };
    let begin = input.position();
    let end = match container {
        Container::Ogg => last_page(input, begin, begin + length)?,
        Container::Caf => behind_chunks(input, begin + 8)?,
        Container::Matroska => behind_elements(input)?,
        _ => None,
    };
    input.seek(SeekFrom::Start(begin))?;
    let end = end.filter(|&end| end < begin + length);
    if let Some(end) = end {
        input.end_at(end);
    }
    Ok(end.map_or(0, |end| begin + length - end))
}

/// Returns where an Ogg's last page ends (RFC 3533, 6).
fn last_page(input: &mut Input, begin: u64, length: u64) -> io::Result<Option<u64>> {
    let mut from = length;
    while from > begin && length - from < MOST {
        from = from.saturating_sub(LOOK).max(begin);
        input.seek(SeekFrom::Start(from))?;
        // A page's head may lie over the edge.
        let window = input.peek(LOOK as usize + 4 + 27 + 255)?;
        let places = window.windows(4).enumerate().rev();
        for (place, _) in places.filter(|(_, sign)| *sign == b"OggS") {
            let page = &window[place..];
            let Some(&segments) = page.get(26) else {
                continue;
            };
            let Some(lacing) = page.get(27..27 + usize::from(segments)) else {
                continue;
            };
            let body: u64 = lacing.iter().map(|&bytes| u64::from(bytes)).sum();
            return Ok(Some(from + place as u64 + 27 + u64::from(segments) + body));
        }
    }
    Ok(None)
}

/// Returns where a CAF's chunks end: before one without a name.
fn behind_chunks(input: &mut Input, begin: u64) -> io::Result<Option<u64>> {
    input.seek(SeekFrom::Start(begin))?;
    for _ in 0..MOST_PARTS {
        let head = input.peek(12)?;
        let name = &head[..head.len().min(4)];
        if !name.is_empty() && name.iter().all(|&byte| byte == 0) {
            return Ok(Some(input.position()));
        }
        let Some(size) = head.get(4..12) else {
            return Ok(None);
        };
        let size = size.try_into().map_or(-1, i64::from_be_bytes);
        // The last may leave its size open.
        let Ok(size) = u64::try_from(size) else {
            return Ok(None);
        };
        input.skip(size.saturating_add(12))?;
    }
    Ok(None)
}

/// Returns where the elements of Matroska end (RFC 8794): before a byte that begins none.
fn behind_elements(input: &mut Input) -> io::Result<Option<u64>> {
    for _ in 0..MOST_PARTS {
        let head = input.peek(16)?;
        match head.first() {
            None => return Ok(None),
            Some(0) => return Ok(Some(input.position())),
            Some(_) => {}
        }
        let name = head[0].leading_zeros() as usize + 1;
        let Some(&first) = head.get(name) else {
            return Ok(None);
        };
        let width = first.leading_zeros() as usize + 1;
        let Some(size) = head.get(name..name + width).filter(|_| width <= 8) else {
            return Ok(None);
        };
        let mask = u64::MAX >> (64 - 7 * width as u32);
        let size = size
            .iter()
            .fold(0, |size, &byte| size << 8 | u64::from(byte))
            & mask;
        // All ones leave it open: what it holds follows.
        let size = if size == mask { 0 } else { size };
        input.skip(size.saturating_add((name + width) as u64))?;
    }
    Ok(None)
}

//! Names of what is inside MP4 and Matroska files, for those that are not decoded.

use super::chunks::Order;
use super::input::Input;
use std::io::{self, Seek, SeekFrom};
use symphonia::core::io::MediaSource;

/// The longest index that is looked through.
const LONGEST: u64 = 64 << 20;

/// Codecs by the names that MP4 and `QuickTime` have for them.
const CODECS: [(&[u8; 4], &str); 21] = [
    (b"samr", "AMR"),
    (b"sawb", "AMR-WB"),
    (b"sawp", "AMR-WB+"),
    (b"sqcp", "QCELP"),
    (b"sevc", "EVRC"),
    (b"ac-3", "AC-3"),
    (b"ec-3", "E-AC-3"),
    (b"ac-4", "AC-4"),
    (b"agsm", "GSM 6.10"),
    (b"QDM2", "QDesign Music"),
    (b"QDMC", "QDesign Music"),
    (b"ima4", "IMA ADPCM in QuickTime"),
    (b"ulaw", "mu-law in QuickTime"),
    (b"alaw", "A-law in QuickTime"),
    (b"MAC3", "MACE"),
    (b"MAC6", "MACE"),
    (b"dtsc", "DTS"),
    (b"mlpa", "Dolby TrueHD"),
    (b"enca", "encrypted audio"),
    (b"drms", "encrypted audio"),
    (b"spex", "Speex"),
];

/// Names of those that symphonia reads.
const READ: [&[u8; 4]; 14] = [
    b"mp4a", b"alac", b"fLaC", b"Opus", b"lpcm", b"sowt", b"twos", b"in24", b"in32", b"fl32",
    b"fl64", b"raw ", b".mp3", b"ipcm",
];

/// Returns the codecs of a file's sound tracks that are not read, as people call them.
/// The input is afterwards where it was.
pub(super) fn codecs(input: &mut Input) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    while let Some((kind, size)) = atom(input.peek(16)?) {
        if &kind == b"moov" && size <= LONGEST {
            let index = input.peek(size as usize)?.to_vec();
            tracks(index.get(8..).unwrap_or_default(), &mut names);
            break;
        }
        if input.skip(size)? < size {
            break;
        }
    }
    if input.is_seekable() {
        input.seek(SeekFrom::Start(0))?;
    }
    Ok(names)
}

/// Name and size of an atom by its head; 0 as a size means to the end.
fn atom(head: &[u8]) -> Option<([u8; 4], u64)> {
    let size = u64::from(Order::Big.u32(head, 0)?);
    let kind = *head.get(4..8)?.first_chunk()?;
    let long = || Some(u64::from_be_bytes(*head.get(8..16)?.first_chunk()?));
    match size {
        0 => Some((kind, u64::MAX >> 1)),
        1 => Some((kind, long()?)).filter(|&(_, size)| size >= 16),
        _ => Some((kind, size)).filter(|&(_, size)| size >= 8),
    }
}

/// The atoms inside another's contents.
fn inside(contents: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    let mut rest = contents;
    std::iter::from_fn(move || {
        let (kind, size) = atom(rest)?;
        let end = usize::try_from(size).unwrap_or(usize::MAX).min(rest.len());
        let contents = rest.get(8..end)?;
        rest = &rest[end..];
        Some((kind, contents))
    })
}

fn child(contents: &[u8], name: [u8; 4]) -> Option<&[u8]> {
    let mut atoms = inside(contents);
    atoms.find_map(|(kind, contents)| (kind == name).then_some(contents))
}

fn tracks(index: &[u8], names: &mut Vec<String>) {
    for (_, track) in inside(index).filter(|(kind, _)| kind == b"trak") {
        let name = child(track, *b"mdia").and_then(|media| {
            let handler = child(media, *b"hdlr")?.get(8..12)?;
            let table = child(child(media, *b"minf")?, *b"stbl")?;
            let kind = child(table, *b"stsd")?.get(12..16)?;
            let is_read = READ.iter().any(|read| kind == *read);
            (handler == b"soun" && !is_read).then_some(kind)
        });
        names.extend(name.map(|kind| {
            let known = CODECS.iter().find(|(name, _)| kind == *name);
            match known {
                Some((_, name)) => (*name).to_owned(),
                None => format!("the codec {:?} of MP4", String::from_utf8_lossy(kind)),
            }
        }));
    }
}

//! Small recordings whose decoding would take gigabytes or hours: a process of its own
//! ends there, and nothing else does.

use crate::common::http::Server;
use crate::common::{PATIENCE, data, objects, report};
use serde_json::Value;
use std::fs;
use std::io::Write;
use std::process::Command;
use tempfile::TempDir;

const MIB: usize = 1 << 20;

/// Kibibytes of address space for everything together: enough for the program, and for
/// none of what these recordings ask for.
const ADDRESS_SPACE: u32 = 300_000;

fn file(name: &str) -> Vec<u8> {
    fs::read(data(name)).unwrap()
}

/// An MP4 box.
fn atom(name: [u8; 4], content: &[u8]) -> Vec<u8> {
    let length = (8 + content.len() as u32).to_be_bytes();
    [&length[..], &name, content].concat()
}

/// The boxes in a box's content.
fn atoms(mut content: &[u8]) -> Vec<([u8; 4], &[u8])> {
    let mut found = Vec::new();
    while let Some((head, rest)) = content.split_first_chunk::<8>() {
        let length = u32::from_be_bytes(head[..4].try_into().unwrap()) as usize;
        let (body, rest) = rest.split_at(length - 8);
        found.push((head[4..].try_into().unwrap(), body));
        content = rest;
    }
    found
}

fn atom_of(content: &[u8], name: [u8; 4]) -> &[u8] {
    let all = atoms(content);
    all.iter().find(|(found, _)| *found == name).unwrap().1
}

/// A movie's boxes with its sample tables replaced by `table`, and without what would
/// contradict them.
fn with_tables(content: &[u8], table: &dyn Fn(&[u8; 4]) -> Option<Vec<u8>>) -> Vec<u8> {
    let mut rebuilt = Vec::new();
    for (name, body) in atoms(content) {
        let body = match &name {
            b"trak" | b"mdia" | b"minf" | b"stbl" => with_tables(body, table),
            b"edts" | b"udta" | b"sgpd" | b"sbgp" => continue,
            name => table(name).unwrap_or_else(|| body.to_vec()),
        };
        rebuilt.extend(atom(name, &body));
    }
    rebuilt
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}

/// A fragment that promises as many empty packets as can be counted.
fn empty_packets() -> Vec<u8> {
    let source = file("alac.m4a");
    let empty = |name: &[u8; 4]| match name {
        b"stts" | b"stsc" | b"stco" => Some(words(&[0, 0])),
        b"stsz" => Some(words(&[0, 0, 0])),
        _ => None,
    };
    let movie = with_tables(atom_of(&source, *b"moov"), &empty);
    let track = &atom_of(atom_of(&movie, *b"trak"), *b"tkhd")[12..16];
    let track = u32::from_be_bytes(track.try_into().unwrap());
    let extends = atom(
        *b"mvex",
        &atom(*b"trex", &words(&[0, track, 1, 1024, 0, 0])),
    );
    // Durations and sizes have defaults, so that a run needs no entries.
    let head = atom(*b"tfhd", &words(&[0x02_0018, track, 1, 0]));
    let run = atom(*b"trun", &words(&[0, u32::MAX]));
    let fragment = atom(*b"traf", &[head, run].concat());
    let sequence = atom(*b"mfhd", &words(&[0, 1]));
    [
        atom(*b"ftyp", atom_of(&source, *b"ftyp")),
        atom(*b"moov", &[movie, extends].concat()),
        atom(*b"moof", &[sequence, fragment].concat()),
        atom(*b"mdat", &[0; 16]),
    ]
    .concat()
}

/// Packets that each cost a walk through a table of times as long as all of them.
fn table_of_times() -> Vec<u8> {
    let source = file("aac.m4a");
    let (entries, packets) = (3 * MIB / 16, 3 * MIB / 2);
    let brand = atom(*b"ftyp", atom_of(&source, *b"ftyp"));
    let place = brand.len() as u32 + 8;
    let times = || {
        let mut table = words(&[0, entries as u32]);
        table.extend(words(&[0, 1024]).repeat(entries - 1));
        table.extend(words(&[packets as u32, 1024]));
        table
    };
    let table = |name: &[u8; 4]| match name {
        b"stts" => Some(times()),
        b"stsc" => Some(words(&[0, 1, 1, packets as u32, 1])),
        b"stsz" => Some(words(&[0, 1, packets as u32])),
        b"stco" => Some(words(&[0, 1, place])),
        _ => None,
    };
    let movie = with_tables(atom_of(&source, *b"moov"), &table);
    let sound = atom(*b"mdat", &vec![0; packets]);
    [brand, sound, atom(*b"moov", &movie)].concat()
}

/// Bits from the lowest of each byte on, as Vorbis packs them.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    length: usize,
}

impl Bits {
    fn put(&mut self, value: u32, bits: usize) {
        for bit in 0..bits {
            if self.length.is_multiple_of(8) {
                self.bytes.push(0);
            }
            let value = (value >> bit & 1) as u8;
            *self.bytes.last_mut().unwrap() |= value << (self.length % 8);
            self.length += 1;
        }
    }
}

/// A page of Ogg with one packet after the other.
fn page(sequence: u32, flags: u8, position: u64, packets: &[&[u8]]) -> Vec<u8> {
    let mut lacing = Vec::new();
    for packet in packets {
        lacing.extend(vec![255; packet.len() / 255]);
        lacing.push((packet.len() % 255) as u8);
    }
    let mut page = b"OggS\0".to_vec();
    page.push(flags);
    page.extend(position.to_le_bytes());
    page.extend([1_u32, sequence, 0].map(u32::to_le_bytes).concat());
    page.push(lacing.len() as u8);
    page.extend(lacing);
    page.extend(packets.concat());
    let sum = page.iter().fold(0_u32, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte) << 24, |sum, _| {
            sum << 1 ^ if sum >> 31 == 1 { 0x04c1_1db7 } else { 0 }
        })
    });
    page[22..26].copy_from_slice(&sum.to_le_bytes());
    page
}

/// Codebooks whose tables for decoding take 131 MiB each.
fn codebooks(count: u32) -> Vec<u8> {
    const ENTRIES: u32 = 1 << 17;
    let mut books = Bits::default();
    books.put(count - 1, 8);
    for _ in 0..count {
        books.put(0x56_4342, 24);
        books.put(1, 16);
        books.put(ENTRIES, 24);
        // By ascending length, of which there is one, 17 bits, and without vectors.
        books.put(1, 1);
        books.put(16, 5);
        books.put(ENTRIES, 18);
        books.put(0, 4);
    }
    let rate = 16_000_u32.to_le_bytes();
    let identity = [b"\x01vorbis\0\0\0\0\x01", &rate[..], &[0; 12], b"\xb8\x01"].concat();
    let comment = b"\x03vorbis\0\0\0\0\0\0\0\0\x01";
    let setup = [b"\x05vorbis", &books.bytes[..], &[0; 64]].concat();
    [
        page(0, 2, 0, &[&identity]),
        page(1, 0, 0, &[comment, &setup]),
        page(2, 4, 16_000, &[&[0; 100]]),
    ]
    .concat()
}

/// FLAC with comments of two letters each.
fn comments() -> Vec<u8> {
    let source = file("16-bit.flac");
    let count = (1 << 24) / 6 - 8;
    let mut block = [0_u32, count].map(u32::to_le_bytes).concat();
    block.extend(b"\x02\0\0\0a=".repeat(count as usize));
    let mut flac = b"fLaC\0".to_vec();
    flac.extend(&source[5..42]);
    for last in [0x04, 0x84] {
        flac.extend((last << 24 | block.len() as u32).to_be_bytes());
        flac.extend(&block);
    }
    let mut place = 4;
    loop {
        let head = u32::from_be_bytes(source[place..place + 4].try_into().unwrap());
        place += 4 + (head & 0xff_ffff) as usize;
        if head >> 31 == 1 {
            break;
        }
    }
    flac.extend(&source[place..]);
    flac
}

/// WAV with names of a letter each.
fn names() -> Vec<u8> {
    let source = file("s16.wav");
    let list = [b"INFO", &b"INAM\x02\0\0\0a\0".repeat(20 * MIB / 10)[..]].concat();
    let mut wav = source[..36].to_vec();
    wav.extend(b"LIST");
    wav.extend((list.len() as u32).to_le_bytes());
    wav.extend(list);
    wav.extend(&source[36..]);
    let length = wav.len() as u32 - 8;
    wav[4..8].copy_from_slice(&length.to_le_bytes());
    wav
}

/// AIFF with names of no letter.
fn empty_names() -> Vec<u8> {
    let source = file("s16.aiff");
    let mut aiff = source[..12].to_vec();
    aiff.extend(b"NAME\0\0\0\0".repeat(20 * MIB / 8));
    aiff.extend(&source[12..]);
    let length = aiff.len() as u32 - 8;
    aiff[4..8].copy_from_slice(&length.to_be_bytes());
    aiff
}

/// MP4 with titles of a letter each.
fn titles() -> Vec<u8> {
    let source = file("aac.m4a");
    let kind = atom(*b"hdlr", b"\0\0\0\0\0\0\0\0mdir\0\0\0\0\0\0\0\0\0\0\0\0\0");
    let title = atom(*b"\xa9nam", &atom(*b"data", b"\0\0\0\x01\0\0\0\0a"));
    let list = atom(*b"ilst", &title.repeat(20 * MIB / title.len()));
    let tags = atom(*b"meta", &[vec![0; 4], kind, list].concat());
    let mut rebuilt = Vec::new();
    for (name, body) in atoms(&source) {
        let tags = atom(*b"udta", &tags);
        let body = if name == *b"moov" {
            [body, &tags].concat()
        } else {
            body.to_vec()
        };
        rebuilt.extend(atom(name, &body));
    }
    rebuilt
}

/// Recordings, and the sentence of those that cannot be decoded in any reasonable time or
/// space. The others may be: what they hold beside their sound need not be kept.
fn bombs() -> Vec<(&'static str, Vec<u8>, Option<&'static str>)> {
    const MEMORY: &str = "takes more than 64 MiB of memory to decode";
    const TIME: &str = "takes too long to decode for the sound that is in it";
    vec![
        ("books.ogg", codebooks(2), Some(MEMORY)),
        ("many-books.ogg", codebooks(16), Some(MEMORY)),
        ("empty-packets.m4a", empty_packets(), Some(TIME)),
        ("times.m4a", table_of_times(), Some(TIME)),
        ("comments.flac", comments(), None),
        ("names.wav", names(), None),
        ("names.aiff", empty_names(), None),
        ("titles.m4a", titles(), None),
    ]
}

/// What is wrong with the outcome of a recording.
fn wrong(name: &str, object: &Value, sentence: Option<&str>) -> Option<String> {
    let error = object["error"].as_str().or(object["detail"].as_str());
    let right = match (error, sentence) {
        (None, None) => object["type"] == "result",
        (Some(error), Some(sentence)) => object["code"] == 65 && error.contains(sentence),
        (Some(error), None) => object["code"] == 65 && error.contains("64 MiB"),
        (None, Some(_)) => false,
    };
    (!right).then(|| format!("{name}: {object}"))
}

/// The program's subcommand with little memory.
fn in_little_memory(arguments: &str) -> Command {
    let mut command = Command::new("sh");
    let script = format!("ulimit -v {ADDRESS_SPACE}; exec \"$0\" {arguments} \"$@\"");
    command.args(["-c", &script, env!("CARGO_BIN_EXE_undertone")]);
    command
}

#[test]
fn a_batch_survives_what_its_decoders_do_not() {
    let folder = TempDir::new().unwrap();
    let mut command = in_little_memory("classify");
    for (name, bytes, _) in bombs() {
        fs::write(folder.path().join(name), bytes).unwrap();
        command.arg(folder.path().join(name));
    }
    command.arg(data("s16.wav"));
    let mut command = assert_cmd::Command::from_std(command);
    let output = command.timeout(4 * PATIENCE).output().unwrap();
    let objects = objects(&output);
    assert_eq!(objects.len(), bombs().len() + 1, "{output:?}");
    let outcomes = bombs().into_iter().zip(&objects);
    let failures = outcomes.filter_map(|((name, _, why), object)| wrong(name, object, why));
    report(&failures.collect::<Vec<_>>());
    assert_eq!(objects[bombs().len()]["type"], "result");
    assert_eq!(output.status.code(), Some(65));
}

#[test]
fn the_page_survives_what_its_decoders_do_not() {
    let server = Server::start_with(
        in_little_memory("web --listen 127.0.0.1:0"),
        &["--max-size", "40"],
    );
    let mut failures = Vec::new();
    for (name, bytes, sentence) in bombs() {
        let answer = server.classify(name, &bytes);
        failures.extend(wrong(name, &answer.json(), sentence));
    }
    report(&failures);
    let good = server.classify("good.wav", &file("s16.wav"));
    assert_eq!(good.status, 200, "{good:?}");
}

/// What nobody waits for any more is given up in the middle, whatever its decoder does.
#[test]
fn senders_that_have_gone_keep_no_decoder() {
    let server = Server::start(&[]);
    let bytes = empty_packets();
    let head = format!(
        "POST /api/classify HTTP/1.1\r\nHost: {}\r\nContent-Length: {}\r\n\r\n",
        server.address,
        bytes.len()
    );
    // So many would take the processor for minutes.
    for _ in 0..100 {
        let mut stream = server.connect();
        stream
            .write_all(&[head.as_bytes(), &bytes].concat())
            .unwrap();
    }
    let good = server.classify("good.wav", &file("s16.wav"));
    assert_eq!(good.status, 200, "{good:?}");
}

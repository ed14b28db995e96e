//! Recordings as people have them: of recorders that crashed, pipes, phones and call
//! centres. What is expected is the utterance itself, or the sentence that is true.

use crate::common::{classify, data, misreported, objects, read, report, run, utterance, wav_of};
use std::fs;
use std::io::Cursor;
use std::path::Path;
use tempfile::TempDir;
use undertone::SAMPLE_RATE;
use undertone::audio::{AudioError, AudioSource, Channel, Damage, Pcm};

type Heard = Result<(Vec<Pcm>, Damage), AudioError>;

fn hear(mut source: AudioSource) -> Heard {
    let mut samples = Vec::new();
    while source.read(&mut samples)? {}
    Ok((samples, source.damage()))
}

/// What a file of these bytes holds, which must be the same through a pipe.
fn heard(bytes: &[u8]) -> Heard {
    let file = AudioSource::from_memory(bytes.to_vec(), SAMPLE_RATE).and_then(hear);
    let pipe = AudioSource::from_pipe(Cursor::new(bytes.to_vec()), SAMPLE_RATE).and_then(hear);
    match (&file, &pipe) {
        (Ok((file, _)), Ok((pipe, _))) => assert!(file == pipe, "a pipe holds something else"),
        (Err(file), Err(pipe)) => assert_eq!(file.to_string(), pipe.to_string()),
        (file, pipe) => {
            let outcomes = [file, pipe].map(|one| one.as_ref().err());
            assert!(
                outcomes[0].is_none() && outcomes[1].is_none(),
                "{outcomes:?}"
            );
        }
    }
    file
}

/// The utterance, and its samples as 16-bit PCM.
fn speech() -> (Vec<Pcm>, Vec<u8>) {
    let samples = read(&utterance());
    let bytes = samples
        .iter()
        .flat_map(|sample| ((sample >> 8) as i16).to_le_bytes())
        .collect();
    (samples, bytes)
}

fn file(name: &str) -> Vec<u8> {
    fs::read(data(name)).unwrap()
}

/// A chunk of a RIFF file.
fn chunk(name: [u8; 4], size: u32, contents: &[u8]) -> Vec<u8> {
    [&name[..], &size.to_le_bytes(), contents].concat()
}

fn riff(size: u32, chunks: &[Vec<u8>]) -> Vec<u8> {
    [&b"RIFF"[..], &size.to_le_bytes(), b"WAVE", &chunks.concat()].concat()
}

/// A `fmt ` chunk of 16 kHz mono.
fn fmt(tag: u16, bytes_per_second: u32, align: u16, bits: u16) -> Vec<u8> {
    let mut contents = Vec::new();
    contents.extend(tag.to_le_bytes());
    contents.extend(1_u16.to_le_bytes());
    contents.extend(16_000_u32.to_le_bytes());
    contents.extend(bytes_per_second.to_le_bytes());
    contents.extend(align.to_le_bytes());
    contents.extend(bits.to_le_bytes());
    chunk(*b"fmt ", 16, &contents)
}

/// The utterance behind a header with sizes of its own: of the file, of the samples,
/// and chunks before them.
fn sized(riff_size: Option<u32>, data_size: Option<u32>, before: &[Vec<u8>]) -> Vec<u8> {
    let (_, pcm) = speech();
    let size = pcm.len() as u32;
    let mut chunks = vec![fmt(1, 32_000, 2, 16)];
    chunks.extend_from_slice(before);
    chunks.push(chunk(*b"data", data_size.unwrap_or(size), &pcm));
    let whole = 4 + chunks.iter().map(Vec::len).sum::<usize>() as u32;
    riff(riff_size.unwrap_or(whole), &chunks)
}

/// 24-bit samples of the utterance in so many bytes, at their low or high end.
fn in_bytes(width: usize, shift: u32) -> Vec<u8> {
    let samples = speech().0;
    let pack = |sample: &Pcm| (i64::from(*sample) << shift).to_le_bytes()[..width].to_vec();
    samples.iter().flat_map(pack).collect()
}

#[allow(clippy::too_many_lines, reason = "a table")]
#[test]
fn headers_that_are_wrong_hide_no_audio() {
    let (expected, _) = speech();
    let count = expected.len() as u64;
    let undeclared = Damage {
        undeclared: count,
        ..Damage::default()
    };
    let low = Damage {
        assumed: Some("24 bits in the low end of 4 bytes".into()),
        ..Damage::default()
    };
    let wide = |pcm: &[u8], rate: u32, align: u16| {
        riff(
            0,
            &[
                fmt(1, rate, align, 24),
                chunk(*b"data", pcm.len() as u32, pcm),
            ],
        )
    };
    let none = Damage::default;
    let crashed = [chunk(*b"FLLR", 4008, &[0; 4008])];
    let list = |size, contents: &[u8]| vec![chunk(*b"LIST", size, contents)];
    let rows = [
        (
            "sizes of all ones",
            sized(Some(u32::MAX), Some(u32::MAX), &[]),
            none(),
        ),
        (
            "arecord's pipe",
            sized(Some(0x8000_0024), Some(0x8000_0000), &[]),
            none(),
        ),
        (
            "GStreamer's pipe",
            sized(Some(0x7fff_0024), Some(0x7fff_0000), &[]),
            none(),
        ),
        (
            "SoX's pipe",
            sized(Some(0x7fff_f024), Some(0x7fff_f000), &[]),
            none(),
        ),
        (
            "ffmpeg's size 0",
            sized(Some(0), Some(0), &[]),
            undeclared.clone(),
        ),
        (
            "AVAudioFile's crash",
            sized(Some(4088), Some(0), &crashed),
            undeclared,
        ),
        ("a file size too small", sized(Some(8), None, &[]), none()),
        (
            "a file size too large",
            sized(Some(1 << 30), None, &[]),
            none(),
        ),
        ("an empty list", sized(None, None, &list(0, b"")), none()),
        (
            "an odd list without its pad",
            sized(None, None, &list(5, b"INFOx")),
            none(),
        ),
        (
            "an odd list with its pad",
            sized(None, None, &list(5, b"INFOx\0")),
            none(),
        ),
        (
            "a list that says too little",
            sized(None, None, &list(4, &[1; 40])),
            none(),
        ),
        (
            "a list that says too much",
            sized(None, None, &list(9000, &[1; 40])),
            none(),
        ),
        (
            "a list beyond the end",
            sized(None, None, &list(1 << 29, &[1; 40])),
            none(),
        ),
        (
            "arecord's S24_LE",
            wide(&in_bytes(4, 0), 64_000, 4),
            low.clone(),
        ),
        (
            "24 high bits of 32",
            wide(&in_bytes(4, 8), 64_000, 4),
            none(),
        ),
        (
            "S24_LE with 24 bits' rate",
            wide(&in_bytes(4, 0), 47_000, 4),
            low,
        ),
        ("S24_3LE", wide(&in_bytes(3, 0), 48_000, 3), none()),
        (
            "S24_3LE with S24_LE's block",
            wide(&in_bytes(3, 0), 48_000, 4),
            none(),
        ),
    ];
    let mut failures = Vec::new();
    for (name, bytes, damage) in rows {
        match heard(&bytes) {
            Ok((samples, found)) => {
                let unequal = samples
                    .iter()
                    .zip(&expected)
                    .filter(|(a, b)| a != b)
                    .count();
                if samples.len() != expected.len() || unequal > 0 {
                    let lengths = (samples.len(), expected.len());
                    failures.push(format!("{name}: {lengths:?}, {unequal} unequal"));
                }
                if found != damage {
                    failures.push(format!("{name}: {found:?}"));
                }
            }
            Err(error) => failures.push(format!("{name}: {error}")),
        }
    }
    report(&failures);
}

#[test]
fn sizes_of_other_containers_are_claims_too() {
    let mut failures = Vec::new();
    // The size of AIFF's FORM; AU's samples; nothing of either is to be believed.
    for (name, place, sizes) in [
        ("s16.aiff", 4, [0, 9, u32::MAX]),
        ("sowt.aifc", 4, [0, 9, u32::MAX]),
        ("s16.au", 8, [u32::MAX, 0, u32::MAX - 1]),
    ] {
        let expected = heard(&file(name)).unwrap().0;
        for size in sizes {
            let mut bytes = file(name);
            bytes[place..place + 4].copy_from_slice(&size.to_be_bytes());
            match heard(&bytes) {
                Ok((samples, _)) if samples == expected => {}
                other => failures.push(format!("{name}, {size}: {:?}", other.map(|_| ()))),
            }
        }
    }
    report(&failures);
}

#[test]
fn what_is_whole_is_not_called_damaged() {
    for name in [
        "alac.caf",
        "mu-law.caf",
        "16-bit.mka",
        "alac.m4a",
        "voice.webm",
        "ima.wav",
    ] {
        let (_, damage) = heard(&file(name)).unwrap();
        assert!(damage.is_none(), "{name}: {damage}");
    }
}

#[test]
fn tags_of_any_size_are_skipped() {
    let tag = |size: u32| {
        let mut tag = b"ID3\x03\0\0".to_vec();
        tag.extend([21, 14, 7, 0].map(|shift| (size >> shift & 0x7f) as u8));
        tag.resize(10 + size as usize, 0);
        tag
    };
    let mut failures = Vec::new();
    for name in ["lossy.mp3", "adts.aac", "16-bit.flac", "s16.wav"] {
        let expected = heard(&file(name)).unwrap().0;
        for size in [100, 1 << 20, 5_000_000] {
            let bytes = [tag(size), tag(300), file(name)].concat();
            match heard(&bytes) {
                Ok((samples, damage)) if samples == expected && damage.is_none() => {}
                other => failures.push(format!("{name}, {size}: {:?}", other.map(|_| ()))),
            }
        }
    }
    report(&failures);
}

#[test]
fn recordings_that_are_joined_are_read_to_the_end() {
    let mut failures = Vec::new();
    // Where decoders go on from one into the other, the seam is not what it was.
    let rows = [
        ("lossy.mp3", "lossy.mp3"),
        ("voice.opus", "voice.opus"),
        ("vorbis.ogg", "vorbis.ogg"),
        ("vorbis.ogg", "voice.opus"),
        ("adts.aac", "adts.aac"),
        ("layer-2.mp2", "layer-2.mp2"),
        ("lossy.mp3", "layer-2.mp2"),
        ("s16.wav", "8000-hz.wav"),
        ("stereo.wav", "24-bit.flac"),
    ];
    for (first, second) in rows {
        let name = format!("{first} and {second}");
        let expected = [first, second].map(|name| heard(&file(name)).unwrap().0.len());
        match heard(&[file(first), file(second)].concat()) {
            Ok((samples, damage)) => {
                let apart = samples.len().abs_diff(expected[0] + expected[1]);
                if apart > 700 || !damage.is_none() {
                    let length = samples.len();
                    failures.push(format!("{name}: {length} of {expected:?}, {damage:?}"));
                }
            }
            Err(error) => failures.push(format!("{name}: {error}")),
        }
    }
    report(&failures);
}

#[test]
fn bytes_among_frames_are_skipped_and_counted() {
    let mp3 = file("lossy.mp3");
    let expected = heard(&mp3).unwrap().0.len();
    // Behind the cover of a CD or in the middle, at a frame's border or not.
    for place in [5000, 8000] {
        let mut bytes = mp3.clone();
        bytes.splice(place..place, b"not audio ".repeat(300));
        let (samples, damage) = heard(&bytes).unwrap();
        assert!(samples.len().abs_diff(expected) < 3000, "{}", samples.len());
        assert!((3000..6000).contains(&damage.skipped_bytes), "{damage:?}");
    }
}

#[test]
fn frames_in_wav_are_heard_as_without_it() {
    for (name, tag) in [
        ("lossy.mp3", 0x55),
        ("layer-2.mp2", 0x50),
        ("adts.aac", 0x1600),
    ] {
        let (frames, bare) = (file(name), heard(&file(name)).unwrap().0);
        let data = chunk(*b"data", frames.len() as u32, &frames);
        let (samples, damage) = heard(&riff(0, &[fmt(tag, 8000, 1, 0), data])).unwrap();
        assert!(samples == bare && damage.is_none(), "{name}: {damage:?}");
    }
}

#[test]
fn clusters_of_unknown_size_are_read() {
    let mut bytes = file("voice.webm");
    let expected = heard(&bytes).unwrap().0;
    let cluster = [0x1f, 0x43, 0xb6, 0x75];
    let places: Vec<usize> = (0..bytes.len() - 8)
        .filter(|&place| bytes[place..].starts_with(&cluster))
        .collect();
    assert!(places.len() > 2);
    for place in places {
        // A size's first bit that is set says how long it is; all others set, that it
        // is not known.
        let length = bytes[place + 4].leading_zeros() as usize;
        bytes[place + 4] |= 0xff >> length;
        bytes[place + 5..place + 5 + length].fill(0xff);
    }
    let (samples, damage) = heard(&bytes).unwrap();
    assert!(samples == expected && damage.is_none());
}

/// The utterance in channels of their own, with factors.
fn channels(factors: &[i32]) -> Vec<u8> {
    let frame = |sample: &Pcm| {
        let channel = |factor: &i32| (((sample * factor) >> 8) as i16).to_le_bytes();
        factors.iter().flat_map(channel).collect::<Vec<u8>>()
    };
    let frames: Vec<u8> = speech().0.iter().flat_map(frame).collect();
    wav_of(1, factors.len() as u16, 16_000, 16, &frames)
}

#[test]
fn an_inverted_channel_does_not_silence_speech() {
    let (expected, _) = speech();
    for factors in [&[1, -1][..], &[-1, 1], &[1, -1, 1, -1]] {
        let (samples, damage) = heard(&channels(factors)).unwrap();
        let energy = |samples: &[Pcm]| -> f64 {
            samples
                .iter()
                .map(|&sample| f64::from(sample).powi(2))
                .sum()
        };
        let share = energy(&samples) / energy(&expected);
        assert!((0.9..1.01).contains(&share), "{factors:?}: {share}");
        assert!(damage.cancelled > expected.len() as u64 / 2, "{damage:?}");
    }
    for factors in [&[1, 1][..], &[1, 0], &[0, 0, 1, 0, 0, 0], &[2, -1]] {
        let (_, damage) = heard(&channels(factors)).unwrap();
        assert!(damage.is_none(), "{factors:?}: {damage:?}");
    }
}

#[test]
fn one_channel_is_heard_by_its_number() {
    let bytes = channels(&[0, 1, -1]);
    let (expected, _) = speech();
    for (channel, factor) in [(1, 0), (2, 1), (3, -1)] {
        let source = AudioSource::from_memory(bytes.clone(), SAMPLE_RATE).unwrap();
        assert_eq!(source.channels(), 3);
        let (samples, _) = hear(source.with_channel(Channel::Number(channel))).unwrap();
        assert!(samples.iter().zip(&expected).all(|(a, b)| *a == b * factor));
    }
    let source = AudioSource::from_memory(bytes, SAMPLE_RATE).unwrap();
    let error = hear(source.with_channel(Channel::Number(4))).err().unwrap();
    assert_eq!(
        error.to_string(),
        "has no channel 4: it has 3; choose one of those"
    );
}

#[test]
fn what_is_not_read_is_named_with_what_to_do() {
    let mut pack = vec![0x47, 0x40, 0x11, 0x10];
    pack.extend(file("adts.aac")[..184].iter());
    let atom = |name: &[u8], contents: &[u8]| {
        let size = (8 + contents.len() as u32).to_be_bytes();
        [&size[..], name, contents].concat()
    };
    let phone = |codec: &[u8]| {
        let entries = [&[0; 7][..], &[1], &atom(codec, &[0; 28])].concat();
        let table = atom(b"stbl", &atom(b"stsd", &entries));
        let handler = [&[0; 8][..], b"soun", &[0; 13]].concat();
        let media = [atom(b"hdlr", &handler), atom(b"minf", &table)].concat();
        let track = atom(b"trak", &atom(b"mdia", &media));
        [atom(b"ftyp", b"3gp4\0\0\0\0"), atom(b"moov", &track)].concat()
    };
    let coded = |tag: u16| riff(0, &[fmt(tag, 4000, 1, 4), chunk(*b"data", 9, &[7; 9])]);
    let rows = [
        (
            "camera.ts",
            pack.repeat(200),
            "is an MPEG transport stream,",
        ),
        ("voice.amr", b"#!AMR\n".repeat(9), "is AMR,"),
        (
            "voice.wma",
            b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9".repeat(9),
            "is Windows Media",
        ),
        (
            "voice.w64",
            b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1".repeat(9),
            "is Sony Wave64,",
        ),
        (
            "voice.latm",
            b"\x56\xe1\x0d\x20\0\x11".repeat(99),
            "is AAC in LATM,",
        ),
        ("film.avi", b"RIFF\x40\0\0\0AVI LIST".repeat(9), "is AVI,"),
        ("g722.wav", coded(0x28f), "uses G.722,"),
        ("gsm.wav", coded(0x31), "uses GSM 6.10,"),
        ("speex.wav", coded(0xa109), "uses Speex,"),
        (
            "unknown.wav",
            coded(0x7777),
            "uses the codec 0x7777 of WAV,",
        ),
        ("voice.3gp", phone(b"samr"), "uses AMR,"),
        ("film.mov", phone(b"QDM2"), "uses QDesign Music,"),
        ("phone.mov", phone(b"ulaw"), "uses mu-law in QuickTime,"),
        (
            "three.m4a",
            file("aac-3-channels.m4a"),
            "uses AAC with a channel map of its own,",
        ),
    ];
    let folder = TempDir::new().unwrap();
    let mut failures = Vec::new();
    for (name, bytes, sentence) in rows {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        let words = [name, sentence, "ffmpeg -i FILE"];
        let wrong = misreported(&classify([&path]), 65, &words);
        failures.extend(wrong.map(|wrong| format!("{name}: {wrong}")));
    }
    report(&failures);
}

#[test]
fn what_was_guessed_is_said_once_in_a_sentence_and_a_key() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("some.wav");
    let narrow = in_bytes(4, 0);
    let s24 = riff(
        0,
        &[
            fmt(1, 64_000, 4, 24),
            chunk(*b"data", narrow.len() as u32, &narrow),
        ],
    );
    let rows = [
        (s24, "assumed", "is contradictory in its header"),
        (
            sized(Some(0), Some(0), &[]),
            "undeclared_samples",
            "is longer than its header says",
        ),
        (
            channels(&[1, -1]),
            "cancelled_samples",
            "is inverted in one channel",
        ),
    ];
    for (bytes, key, sentence) in rows {
        fs::write(&path, bytes).unwrap();
        let output = classify([&path]);
        assert_eq!(misreported(&output, 0, &["some.wav: ", sentence]), None);
        let [object] = &objects(&output)[..] else {
            panic!("{output:?}");
        };
        assert!(!object[key].is_null(), "{object}");
    }
}

#[test]
fn a_named_pipe_is_as_stdin() {
    let script = "undertone=$1; shift; for file; do
        \"$undertone\" classify <(cat \"$file\") /dev/stdin - <\"$file\" || exit
    done";
    for name in ["aac.m4a", "voice.opus", "s16.wav"] {
        let mut command = std::process::Command::new("bash");
        let program = Path::new(env!("CARGO_BIN_EXE_undertone"));
        command
            .args(["-c", script, "bash"])
            .arg(program)
            .arg(data(name));
        let output = run(command, "");
        let objects = objects(&output);
        assert!(output.status.success(), "{name}: {output:?}");
        assert_eq!(objects.len(), 3, "{name}");
        for object in &objects {
            assert_eq!(object["scores"], objects[0]["scores"], "{name}");
        }
    }
}

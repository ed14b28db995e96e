//! Every format that the program claims to read, from files that
//! `tests/data/make-formats` made of one excerpt of the utterance.

use crate::common::{data, misreported, read, report, run, undertone, utterance};
use std::fs;
use tempfile::TempDir;
use undertone::SAMPLE_RATE;
use undertone::audio::{AudioSource, Pcm};

/// Lags at which two signals are compared: what encoders delay, and more.
const LAGS: std::ops::RangeInclusive<isize> = -3000..=3000;

/// The excerpt: two seconds from the first.
fn excerpt() -> Vec<Pcm> {
    let rate = SAMPLE_RATE as usize;
    read(&utterance())[rate..3 * rate].to_vec()
}

/// The start of `reference` that a file of so many samples should hold.
fn beginning(reference: &[Pcm], samples: usize) -> &[Pcm] {
    &reference[..reference.len().min(samples)]
}

/// The largest normalised cross-correlation over the lags, and its lag: by how
/// many samples `found` is late.
fn alike(found: &[Pcm], reference: &[Pcm]) -> (f64, isize) {
    let correlation = |lag: isize| {
        let (late, early) = (lag.max(0) as usize, (-lag).max(0) as usize);
        let found = found.iter().skip(late);
        let pairs = found.zip(reference.iter().skip(early));
        let (mut product, mut energy, mut reference) = (0.0, 0.0, 0.0);
        for (&x, &y) in pairs {
            let (x, y) = (f64::from(x), f64::from(y));
            product += x * y;
            energy += x * x;
            reference += y * y;
        }
        product / (energy * reference).sqrt().max(1.0)
    };
    LAGS.map(|lag| (correlation(lag), lag))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .unwrap()
}

fn dbfs(samples: &[Pcm]) -> f64 {
    let energy: f64 = samples.iter().map(|&x| f64::from(x).powi(2)).sum();
    10.0 * (energy / samples.len() as f64).log10() - 20.0 * 23.0 * 2_f64.log10()
}

#[test]
fn lossless_files_hold_the_very_samples() {
    let coarse = excerpt();
    let fine = read(&data("24-bit.flac"));
    let (half, whole) = (coarse.len() / 4, coarse.len());
    let rows = [
        ("s16.wav", &coarse, half),
        ("s16.aiff", &coarse, half),
        ("stereo.wav", &coarse, half),
        ("16-bit.flac", &coarse, whole),
        ("alac.m4a", &coarse, whole),
        ("s24.wav", &fine, half),
        ("s32.wav", &fine, half),
        ("f32.wav", &fine, half),
        ("f64.wav", &fine, half),
        ("rf64.wav", &coarse, half),
        ("s16.caf", &coarse, half),
        ("alac.caf", &coarse, half),
        ("s16.au", &coarse, half),
        ("sowt.aifc", &coarse, half),
        ("16-bit.mka", &coarse, half),
    ];
    let mut failures = Vec::new();
    for (file, reference, samples) in rows {
        let found = read(&data(file));
        let expected = beginning(reference, samples);
        let unequal = found.iter().zip(expected).filter(|(a, b)| a != b).count();
        if found.len() != expected.len() || unequal > 0 {
            failures.push(format!(
                "{file}: {} samples for {}, {unequal} of them unequal",
                found.len(),
                expected.len()
            ));
        }
    }
    // What the wider files are compared with is itself the excerpt, less a
    // ten-thousandth, and has bits that 16 do not hold.
    let apart = fine.iter().zip(&coarse).map(|(a, b)| (a - b).abs()).max();
    if fine.len() != whole || apart > Some(1000) || fine.iter().all(|sample| sample % 256 == 0) {
        failures.push(format!(
            "24-bit.flac: {} samples, {apart:?} apart",
            fine.len()
        ));
    }
    report(&failures);
}

#[test]
fn other_files_hold_the_same_sound() {
    let reference = excerpt();
    let (half, whole) = (reference.len() / 4, reference.len());
    let rows = [
        ("u8.wav", half, 0.99),
        ("8000-hz.wav", half, 0.99),
        ("22050-hz.wav", half, 0.99),
        ("44100-hz.wav", half, 0.99),
        ("48000-hz.wav", half, 0.99),
        ("lossy.mp3", whole, 0.95),
        ("vorbis.ogg", whole, 0.95),
        ("voice.opus", whole, 0.95),
        ("aac.m4a", whole, 0.95),
        ("adts.aac", whole, 0.95),
        ("layer-2.mp2", whole, 0.95),
        ("mu-law.wav", half, 0.99),
        ("mu-law.caf", half, 0.99),
        ("a-law.wav", half, 0.99),
        ("ima.wav", whole, 0.98),
        ("ms.wav", whole, 0.98),
        ("voice.webm", whole, 0.95),
    ];
    let mut failures = Vec::new();
    for (file, samples, least) in rows {
        let found = read(&data(file));
        let expected = beginning(&reference, samples);
        let (likeness, lag) = alike(&found, expected);
        let longer = (found.len() as f64 - samples as f64) / f64::from(SAMPLE_RATE);
        let louder = dbfs(&found) - dbfs(expected);
        let row = format!(
            "{file}: correlation {likeness:.4} at a delay of {lag} samples, {longer:+.3} s, \
             {louder:+.2} dB"
        );
        println!("{row}");
        let in_time = least < 0.99 || lag == 0;
        if likeness < least || longer.abs() > 0.2 || louder.abs() > 1.0 || !in_time {
            failures.push(row);
        }
    }
    report(&failures);
}

/// No encoder for it is at hand, so the LC file is made to claim the profile.
#[test]
fn he_aac_is_refused_by_name() {
    let mut bytes = fs::read(data("aac.m4a")).unwrap();
    // The decoder-specific descriptor (5): LC (2), 44.1 kHz (4), mono (1).
    let config = [5, 0x80, 0x80, 0x80, 5, 0x12, 0x08];
    let place = bytes
        .windows(config.len())
        .position(|window| window == config)
        .unwrap();
    // Spectral band replication is object type 5.
    bytes[place + 5] = 0x12 & 0x07 | 5 << 3;
    let mut command = undertone();
    command.args(["classify", "-"]);
    let wrong = misreported(&run(command, bytes), 65, &["HE-AAC"]);
    assert_eq!(wrong, None);
}

/// Disks and recorders that set files aside leave zeros behind what they write.
#[test]
fn zeros_behind_a_recording_change_nothing() {
    let folder = TempDir::new().unwrap();
    let mut failures = Vec::new();
    for name in [
        "16-bit.flac",
        "16-bit.mka",
        "aac.m4a",
        "adts.aac",
        "alac.caf",
        "lossy.mp3",
        "mu-law.caf",
        "s16.aiff",
        "s16.au",
        "s16.caf",
        "s16.wav",
        "voice.opus",
        "voice.webm",
        "vorbis.ogg",
    ] {
        let mut bytes = fs::read(data(name)).unwrap();
        for zeros in [1, 100_000] {
            bytes.resize(bytes.len() + zeros, 0);
            let file = folder.path().join(name);
            fs::write(&file, &bytes).unwrap();
            let source = AudioSource::open(&file, SAMPLE_RATE);
            match source.and_then(AudioSource::read_to_end) {
                Ok(samples) if samples == read(&data(name)) => (),
                Ok(samples) => failures.push(format!("{name}: {} other samples", samples.len())),
                Err(error) => failures.push(format!("{name}: {error}")),
            }
        }
    }
    report(&failures);
}

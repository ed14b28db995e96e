//! Functionals of windows that are known, by name.

use super::*;
use crate::testing::random_words;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

const BANDS: usize = 8;
const COEFFICIENTS: usize = 8;
const COLUMNS: usize = functionals(BANDS);

fn table() -> Vec<i16> {
    let entry = |cell: i32| (1024.0 * libm::exp2(f64::from(cell) / 72.0)).round() as i16;
    (0..256).map(entry).collect()
}

/// A classifier with a label for each functional, which says as much as that.
fn mirror() -> FunctionalsClassifier {
    let mut weights = vec![0; COLUMNS * COLUMNS];
    for diagonal in (0..COLUMNS * COLUMNS).step_by(COLUMNS + 1) {
        weights[diagonal] = 1 << 24;
    }
    FunctionalsClassifier::new(&table(), &weights, COLUMNS).unwrap()
}

fn window(frame: impl Fn(usize) -> [u8; BANDS + 2], frames: usize) -> Vec<i8> {
    (0..frames)
        .flat_map(frame)
        .map(|cell| (cell ^ 128).cast_signed())
        .collect()
}

/// The cosines of eight coefficients of so many bands, in 2^-10.
fn cosines(bands: usize) -> Vec<i16> {
    let groups = bands / BANDS_PER_GROUP;
    let entry = |order: usize, group: usize| {
        let angle = order as f64 * (group as f64 + 0.5) * std::f64::consts::PI / groups as f64;
        (1024.0 * libm::cos(angle)).round() as i16
    };
    let orders = 1..=COEFFICIENTS;
    orders
        .flat_map(|order| (0..groups).map(move |group| entry(order, group)))
        .collect()
}

/// A classifier with a label for each functional of the cepstrum, which says as much as
/// that.
fn cepstral_mirror() -> CepstrumClassifier {
    let columns = 2 * COEFFICIENTS;
    let mut weights = vec![0; columns * columns];
    for diagonal in (0..columns * columns).step_by(columns + 1) {
        weights[diagonal] = 1 << 24;
    }
    CepstrumClassifier::new(&cosines(BANDS), COEFFICIENTS, &weights, columns).unwrap()
}

/// All functionals of a window.
fn all_functionals(window: &[i8], bands: usize) -> Functionals {
    let exponential: Vec<i64> = table().iter().map(|&entry| entry.into()).collect();
    let cosines: Vec<i64> = cosines(bands).iter().map(|&cosine| cosine.into()).collect();
    let contours = Contours::new(window, bands);
    let mut all = Functionals::of(&contours, &exponential);
    assert_eq!(all.values.len(), functionals(bands));
    let cepstral = Functionals::of_cepstrum(&contours, &cosines);
    all.values.extend(cepstral.values);
    all.names.extend(cepstral.names);
    all
}

/// Names of the functionals that the program computes, in its order.
fn names(bands: usize) -> Vec<String> {
    all_functionals(&vec![0; 2 * (bands + 2)], bands).names
}

/// A file of the repository.
fn stored(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

#[test]
fn names_and_order_are_the_tables() {
    let table = stored("docs/functionals.csv");
    let (header, rows) = table.split_once('\n').unwrap();
    assert_eq!(header, "index,name,definition");
    let names = names(64);
    assert_eq!(rows.lines().count(), names.len());
    for ((index, name), row) in names.iter().enumerate().zip(rows.lines()) {
        let beginning = format!("{index},{name},");
        assert!(row.starts_with(&beginning), "{row:?}, not {beginning:?}");
    }
}

/// The windows of noise whose functionals `undertone_train/int8/fixture.py` stores.
fn noise(seed: u32) -> Vec<i8> {
    let words = random_words(seed).take(188 * 66);
    words
        .map(|word| ((word >> 24) as u8 ^ 128).cast_signed())
        .collect()
}

#[test]
fn functionals_are_the_references() {
    let reference = stored("tests/data/integers/functionals.json");
    let reference: BTreeMap<String, Vec<i64>> = serde_json::from_str(&reference).unwrap();
    for seed in 0..6 {
        let found = all_functionals(&noise(seed), 64);
        assert_eq!(found.names.len(), reference.len());
        for (name, value) in found.names.iter().zip(found.values) {
            assert_eq!(
                value, reference[name][seed as usize],
                "{name} of window {seed}"
            );
        }
    }
}

#[test]
fn a_voice_that_rises_evenly() {
    // Two cells a frame, in the window's middle half.
    let frame = |t: usize| {
        let level = if (10..30).contains(&t) { 200 } else { 0 };
        let mut frame = [level; BANDS + 2];
        frame[BANDS] = 40 + 2 * t as u8;
        frame[BANDS + 1] = 200;
        frame
    };
    let found = mirror().classify(&window(frame, 40));
    let names = names(BANDS);
    let near = |name: &str, known: f64| {
        let index = names.iter().position(|known| known == name).unwrap();
        let value = f64::from(found[index]) / 65536.0;
        assert!(
            (value - known).abs() < 1e-3 * known.abs().max(1.0),
            "{name}: {value}, not {known}"
        );
    };
    // Twenty pitches from 60 to 98, two apart.
    near("f0_log_mean", 79.0);
    near("f0_log_deviation", (133.0_f64 + 0.36).sqrt());
    near("f0_log_skewness", 0.0);
    near("f0_delta1_mean", 2.0);
    near("f0_delta1_rms", (4.0_f64 + 0.36).sqrt());
    near("f0_delta1_mean_abs", 2.0);
    // All rise by at least one and two, none by four; none falls. Eight cells over four
    // frames are at least four and seven, not thirteen.
    for (frames, steps, largest) in [
        (1, [1, 2, 4, 8, 16, 31].as_slice(), 2),
        (4, &[4, 7, 13, 25], 8),
    ] {
        for &step in steps {
            let rising = f64::from(u8::from(step <= largest));
            near(&format!("f0_delta{frames}_rising_{step}"), rising);
            near(&format!("f0_delta{frames}_falling_{step}"), 0.0);
        }
    }
    // As far as the variance of either, for pitch and halves of frames both rise evenly.
    near("f0_time_covariance", 133.0);
    near(
        "f0_slope",
        133.0_f64.sqrt() * (133.0_f64 / (133.0 + 0.15)).sqrt(),
    );
    near("voicing_mean", 200.0);
    near("voicing_mean_voiced", 200.0);
    near("voiced_of_loud", 1.0);
    near("voiced_share", 0.5);
    near("voiced_changes", 2.0 / 39.0);
    near("band00_mean", 800.0);
    near("band00_deviation", 104.04_f64.sqrt());
}

#[test]
fn nothing_is_no_division_by_nothing() {
    for value in [0, 127, 255] {
        for frames in [2, 188, MAX_FRAMES] {
            mirror().classify(&window(|_| [value; BANDS + 2], frames));
            cepstral_mirror().classify(&window(|_| [value; BANDS + 2], frames));
        }
    }
}

#[test]
fn extremes_do_not_overflow() {
    let largest = vec![MAX_ENTRY; TABLE];
    let mut weights = vec![0; COLUMNS];
    weights[3] = i32::MAX;
    let classifier = FunctionalsClassifier::new(&largest, &weights, 1).unwrap();
    for low in [1, 2, 3, MAX_FRAMES / 2, MAX_FRAMES - 1] {
        let frame = |t: usize| {
            let mut frame = [255; BANDS + 2];
            frame[BANDS] = if t < low { 0 } else { 255 };
            frame
        };
        classifier.classify(&window(frame, MAX_FRAMES));
        let mut table = table();
        table[255] = MAX_ENTRY;
        table[0] = 0;
        let steep = FunctionalsClassifier::new(&table, &weights, 1).unwrap();
        steep.classify(&window(frame, MAX_FRAMES));
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let weights = [1; COLUMNS];
    let refused =
        |table: &[i16], weights: &[i32]| FunctionalsClassifier::new(table, weights, 1).is_err();
    assert!(!refused(&table(), &weights));
    assert!(refused(&table()[1..], &weights));
    assert!(refused(&[-1; TABLE], &weights));
    assert!(refused(&[MAX_ENTRY + 1; TABLE], &weights));
    assert!(refused(&table(), &weights[1..]));
    assert!(refused(&table(), &weights[..VOICE_FUNCTIONALS]));
    assert!(refused(&table(), &[i32::MIN; COLUMNS]));
    assert!(FunctionalsClassifier::new(&table(), &[], 0).is_err());
    let mirror = mirror();
    let accepts = |frames, width| mirror.output_shape(&[1, 1, frames, width]).is_some();
    assert!(accepts(2, BANDS + 2) && accepts(MAX_FRAMES, BANDS + 2));
    assert!(!accepts(1, BANDS + 2) && !accepts(MAX_FRAMES + 1, BANDS + 2));
    assert!(!accepts(188, BANDS));
}

#[test]
fn a_spectrum_that_tilts_to_and_fro() {
    // Two frames one way and two the other: the first coefficient of two groups is the
    // difference of their sums times cos 45°, 800 · 0.707 either way.
    let frame = |t: usize| {
        let (low, high) = if t % 4 < 2 { (250, 50) } else { (50, 250) };
        let mut frame = [low; BANDS + 2];
        frame[4..BANDS].fill(high);
        frame
    };
    let found = cepstral_mirror().classify(&window(frame, 40));
    let tilt = 800.0 * 0.5_f64.sqrt();
    let near = |index: usize, known: f64| {
        let value = f64::from(found[index]) / 65536.0;
        assert!((value - known).abs() < 1.0, "{index}: {value}, not {known}");
    };
    near(0, tilt.hypot(40.8));
    near(COEFFICIENTS, 2.0 * tilt);
    // The second coefficient of two groups is nothing.
    near(1, 40.8);
    near(COEFFICIENTS + 1, 0.0);
}

#[test]
fn a_cepstrum_that_does_not_fit_is_refused() {
    let cosines = cosines(BANDS);
    let weights = [1; 2 * COEFFICIENTS];
    let refused = |cosines: &[i16], coefficients, weights: &[i32], labels| {
        CepstrumClassifier::new(cosines, coefficients, weights, labels).is_err()
    };
    assert!(!refused(&cosines, COEFFICIENTS, &weights, 1));
    assert!(refused(&cosines, COEFFICIENTS, &weights, 0));
    assert!(refused(&cosines, COEFFICIENTS, &weights[1..], 1));
    assert!(refused(
        &cosines,
        COEFFICIENTS,
        &[i32::MIN; 2 * COEFFICIENTS],
        1
    ));
    assert!(refused(&cosines[1..], COEFFICIENTS, &weights, 1));
    assert!(refused(&[], 0, &[], 1));
    assert!(refused(
        &[1025; 2 * COEFFICIENTS],
        COEFFICIENTS,
        &weights,
        1
    ));
    assert!(refused(
        &vec![0; 65 * COEFFICIENTS],
        COEFFICIENTS,
        &weights,
        1
    ));
    let accepts = |width| {
        let mirror = cepstral_mirror();
        mirror.output_shape(&[1, 1, 188, width]).is_some()
    };
    assert!(accepts(BANDS + 2) && !accepts(BANDS));
}

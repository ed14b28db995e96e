//! The integer operators over random constants and shapes: a fuzz target.
//!
//! Constants that are accepted must make no sum overflow, which debug assertions find.
#![allow(clippy::panic, reason = "what is not as defined fails")]

use super::attention_pool::{self, AttentionPool};
use super::functionals::{
    self, CepstrumClassifier, FunctionalsClassifier, LARGEST, MAX_ENTRY, functionals,
};
use super::{conv, lstm};
use crate::testing::Choices;

/// Checks one operator against its definition, on what these bytes choose.
///
/// # Panics
/// Where it differs.
pub fn fuzz_operators(bytes: &[u8]) {
    let choices = &mut Choices::new(bytes);
    match choices.below(5) {
        0 => {
            if let Some(case) = conv::reference::Case::of(choices) {
                case.check();
            }
        }
        1 => lstm::reference::Case::of(choices).check(),
        2 => attention(choices),
        3 => voice(choices),
        _ => cepstrum(choices),
    }
}

/// The weighted means by their definition, in 128 bits.
fn attention(choices: &mut Choices) {
    let mut decay: Vec<i32> = (0..attention_pool::TABLE)
        .map(|index| i32::from(choices.byte()) << (index % 8))
        .collect();
    decay[0] = decay[0].max(1);
    let multiplier = 1 + choices.below((1 << 24) - 1) as i64;
    let Ok(pool) = AttentionPool::new(&decay, multiplier) else {
        panic!("a table within its range is refused");
    };
    let (columns, steps) = (2 + choices.below(6), 1 + choices.below(40));
    let values: Vec<i32> = (0..columns * steps)
        .map(|_| i32::from(choices.byte().cast_signed()) << choices.below(25))
        .collect();
    let steps = || values.chunks_exact(columns);
    let most = steps().map(|step| step[columns - 1]).max().unwrap_or(0);
    let weight = |step: &[i32]| {
        let below = i128::from(most) - i128::from(step[columns - 1]);
        let index = (below * i128::from(multiplier) + (1 << 15)) >> 16;
        i128::from(decay[index.min(attention_pool::TABLE as i128 - 1) as usize])
    };
    let total: i128 = steps().map(weight).sum();
    let known: Vec<i32> = (0..columns - 1)
        .map(|column| {
            let sum: i128 = steps()
                .map(|step| weight(step) * i128::from(step[column]))
                .sum();
            (2 * sum + total).div_euclid(2 * total) as i32
        })
        .collect();
    assert_eq!(pool.pool(&values, columns), known);
}

/// Weights that add up to less than 2^31 a label.
fn weights(choices: &mut Choices, labels: usize, columns: usize) -> Vec<i32> {
    let most = (i32::MAX / columns as i32) / 128;
    (0..labels * columns)
        .map(|_| i32::from(choices.byte().cast_signed()) * (most >> choices.below(24)))
        .collect()
}

/// A window of cells: every frame of its own, or some that come again.
fn window(choices: &mut Choices, bands: usize) -> Vec<i8> {
    let (frames, distinct) = (2 + choices.below(200), 1 + choices.below(24));
    let cells = distinct * (bands + 2);
    let cells: Vec<i8> = (0..cells).map(|_| choices.byte().cast_signed()).collect();
    let frames = frames * (bands + 2);
    cells.iter().copied().cycle().take(frames).collect()
}

fn check(found: &[i32], labels: usize) {
    assert_eq!(found.len(), labels);
    assert!(found.iter().all(|&found| i64::from(found).abs() <= LARGEST));
}

fn voice(choices: &mut Choices) {
    let (bands, labels) = (4 * (1 + choices.below(16)), 1 + choices.below(4));
    let entry = |choices: &mut Choices| (choices.below(1 << 16) as i16 & i16::MAX).min(MAX_ENTRY);
    let table: Vec<i16> = (0..functionals::TABLE).map(|_| entry(choices)).collect();
    let weights = weights(choices, labels, functionals(bands));
    let Ok(classifier) = FunctionalsClassifier::new(&table, &weights, labels) else {
        panic!("constants within their ranges are refused");
    };
    check(&classifier.classify(&window(choices, bands)), labels);
}

fn cepstrum(choices: &mut Choices) {
    let (groups, labels) = (1 + choices.below(64), 1 + choices.below(4));
    let coefficients = 1 + choices.below(16);
    let cosines: Vec<i16> = (0..coefficients * groups)
        .map(|_| choices.below(2049) as i16 - 1024)
        .collect();
    let weights = weights(choices, labels, 2 * coefficients);
    let Ok(classifier) = CepstrumClassifier::new(&cosines, coefficients, &weights, labels) else {
        panic!("constants within their ranges are refused");
    };
    check(&classifier.classify(&window(choices, 4 * groups)), labels);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::Path;

    #[test]
    fn what_fuzzing_found_is_as_defined() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/fuzz/operators");
        for file in fs::read_dir(folder).unwrap() {
            fuzz_operators(&fs::read(file.unwrap().path()).unwrap());
        }
    }
}

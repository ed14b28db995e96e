//! A linear classifier of a window's functionals, in integers.
//!
//! Functionals, as openSMILE calls them (Eyben, Wöllmer and Schuller, 2010), are
//! statistics of contours: of pitch and how it moves, of how clearly a voice sounds, of
//! how loud the parts of the spectrum are. `docs/quantization.md` defines the operator,
//! and `docs/functionals.csv` names each of them.

mod cepstrum;
mod compute;
mod contours;
mod statistics;
#[cfg(test)]
mod tests;

use super::ops::{Kernel, OnnxNode};
pub(super) use cepstrum::CepstrumClassifier;
use compute::Functionals;
use contours::{BANDS_PER_GROUP, Contours};

/// Entries of the table of `2^(x / 72)`, one a cell of pitch.
pub(super) const TABLE: usize = 256;
/// Largest entry of the table.
pub(super) const MAX_ENTRY: i16 = 1 << 14;
/// Most frames of which no sum can overflow.
const MAX_FRAMES: usize = 512;
/// Functionals beside those of groups of bands.
const VOICE_FUNCTIONALS: usize = 45;

/// Number of functionals of a window of so many bands.
pub(super) const fn functionals(bands: usize) -> usize {
    VOICE_FUNCTIONALS + bands / BANDS_PER_GROUP * 2
}

/// `JudgeInteger` of `docs/quantization.md`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct FunctionalsClassifier {
    /// Frequency of each cell of pitch, in 50 Hz / 2^10.
    exponential: Vec<i64>,
    /// Weights, (labels, functionals).
    weights: Vec<i64>,
    labels: usize,
    bands: usize,
}

impl FunctionalsClassifier {
    /// Checks the constants.
    ///
    /// # Errors
    /// A sentence about what does not fit.
    pub(super) fn new(
        exponential: &[i16],
        weights: &[i32],
        labels: usize,
    ) -> Result<Self, &'static str> {
        check_table(exponential)?;
        let columns = weights.len() / labels.max(1);
        let bands = columns.saturating_sub(VOICE_FUNCTIONALS) / 2 * BANDS_PER_GROUP;
        if bands == 0 || weights.len() != labels * functionals(bands) {
            return Err("JudgeInteger's weights must have 45 columns and two for four bands");
        }
        Ok(Self {
            exponential: exponential.iter().map(|&value| value.into()).collect(),
            weights: checked(weights, columns)
                .ok_or("JudgeInteger's weights must add up to less than 2^31 for each label")?,
            labels,
            bands,
        })
    }

    /// Returns a number for each label, of a window of cells less 128, frame after
    /// frame.
    pub(super) fn classify(&self, window: &[i8]) -> Vec<i32> {
        let contours = Contours::new(window, self.bands);
        weigh(
            &self.weights,
            &Functionals::of(&contours, &self.exponential).values,
        )
    }
}

/// Checks the table of frequencies.
fn check_table(exponential: &[i16]) -> Result<(), &'static str> {
    if exponential.len() != TABLE {
        return Err("JudgeInteger's table must have 256 entries");
    }
    let mut entries = exponential.iter();
    if !entries.all(|value| (0..=MAX_ENTRY).contains(value)) {
        return Err("JudgeInteger's table must lie in 0 to 16384");
    }
    Ok(())
}

/// Returns rows of weights, none of which can weigh functionals, which have 32 bits, to a
/// sum beyond 64.
fn checked(weights: &[i32], columns: usize) -> Option<Vec<i64>> {
    let reach = |row: &[i32]| row.iter().map(|w| u64::from(w.unsigned_abs())).sum::<u64>();
    let mut rows = weights.chunks_exact(columns);
    let fits = rows.all(|row| reach(row) < 1 << 31);
    fits.then(|| weights.iter().map(|&weight| weight.into()).collect())
}

/// Largest size of a result: a few of them can be added up in 32 bits.
pub(super) const LARGEST: i64 = 1 << 28;

/// Returns the functionals' sums weighted by each row, in 2^24, rounded and limited.
fn weigh(weights: &[i64], functionals: &[i64]) -> Vec<i32> {
    let sum = |row: &[i64]| -> i64 {
        row.iter()
            .zip(functionals)
            .map(|(w, value)| w * value)
            .sum()
    };
    let limit = |sum: i64| ((sum + (1 << 23)) >> 24).clamp(-LARGEST, LARGEST) as i32;
    let rows = weights.chunks_exact(functionals.len());
    rows.map(|row| limit(sum(row))).collect()
}

impl Kernel for FunctionalsClassifier {
    const NAME: &'static str = "JudgeInteger";
    const INPUTS: usize = 3;
    const READS: &'static str = "(1, 1, steps, bands and pitch) 8-bit integers";

    type Input = i8;
    type Output = i32;

    fn read(node: &OnnxNode) -> Result<Self, String> {
        let &[labels, _] = node.shape(2) else {
            return Err("JudgeInteger's weights have two axes".into());
        };
        Ok(Self::new(node.values(1)?, node.values(2)?, labels)?)
    }

    fn output_shape(&self, input: &[usize]) -> Option<Vec<usize>> {
        match *input {
            [1, 1, 2..=MAX_FRAMES, width] if width == self.bands + 2 => Some(vec![1, self.labels]),
            _ => None,
        }
    }

    fn run(&self, input: &[i8], _: &[usize]) -> Vec<i32> {
        self.classify(input)
    }
}

//! A long short-term memory in integers.
//!
//! Hochreiter and Schmidhuber (1997), with the forget gate of Gers, Schmidhuber and
//! Cummins (2000), as ONNX's `LSTM` has it. Formats: sums of the gates count 2^-20, the
//! sigmoid's table 2^-15, the cell 2^-11 in 16 bits, the output 2^-7 in 8 bits.

mod recurrence;
#[cfg(any(test, fuzzing))]
pub(super) mod reference;
#[cfg(test)]
mod tests;

use super::gemm::PackedMatrix;
use super::ops::{Kernel, OnnxNode};
use super::simd::SimdTask;
use recurrence::RecurrenceTask;

/// Entries of the sigmoid's table: for -8 up to 8, 256 for one.
const TABLE: usize = 4096;

/// The operator's constants, as its inputs have them. Rows are those of the input,
/// output, forget and cell gates, in ONNX's order.
#[derive(Clone, Copy)]
struct Constants<'a> {
    /// Weights of the inputs, (directions, 4 hidden, inputs).
    input: &'a [i8],
    /// Weights of the state, (directions, 4 hidden, hidden).
    state: &'a [i8],
    /// Bias, (directions, 4 hidden), like the multipliers.
    bias: &'a [i32],
    input_multipliers: &'a [i32],
    state_multipliers: &'a [i32],
    /// Sigmoid in 2^-15.
    sigmoid: &'a [i16],
    directions: usize,
    hidden: usize,
}

/// `LSTMInteger` of `docs/quantization.md`: forward, or forward and backward.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Lstm {
    inputs: usize,
    hidden: usize,
    directions: Vec<Direction>,
    sigmoid: Box<[i16; TABLE]>,
}

/// The weights of one direction.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Direction {
    input: PackedMatrix,
    state: PackedMatrix,
    bias: Vec<i32>,
    input_multipliers: Vec<i32>,
    state_multipliers: Vec<i32>,
}

impl Lstm {
    /// Checks the constants and packs the weights.
    ///
    /// # Errors
    /// A sentence about what does not fit.
    fn new(constants: &Constants) -> Result<Self, &'static str> {
        let inputs = constants.inputs()?;
        let sigmoid = constants.sigmoid_table()?;
        constants.check_weights(inputs)?;
        let directions = 0..constants.directions;
        Ok(Self {
            inputs,
            hidden: constants.hidden,
            directions: directions.map(|d| constants.direction(d, inputs)).collect(),
            sigmoid,
        })
    }

    /// Computes (steps, directions, hidden) from (steps, inputs).
    fn sequence(&self, x: &[i8]) -> Vec<i8> {
        RecurrenceTask { lstm: self, x }.dispatch()
    }
}

impl Constants<'_> {
    /// Rows of one direction's weights.
    fn rows(&self) -> usize {
        4 * self.hidden
    }

    /// Returns how many inputs there are, where all sizes go together.
    fn inputs(&self) -> Result<usize, &'static str> {
        let rows = self.directions * self.rows();
        if !(1..=2).contains(&self.directions) || self.hidden == 0 || self.input.is_empty() {
            return Err("a recurrence has one direction or two, hidden units and inputs");
        }
        let inputs = self.input.len() / rows;
        let of_rows = [self.bias, self.input_multipliers, self.state_multipliers];
        let consistent = self.input.len() == rows * inputs
            && self.state.len() == rows * self.hidden
            && of_rows.iter().all(|values| values.len() == rows);
        if consistent {
            Ok(inputs)
        } else {
            Err("the recurrence's constants are not of the same sizes")
        }
    }

    fn sigmoid_table(&self) -> Result<Box<[i16; TABLE]>, &'static str> {
        let Ok(table) = Box::<[i16; TABLE]>::try_from(self.sigmoid.to_vec()) else {
            return Err("the table of the sigmoid must have 4096 entries");
        };
        if table.iter().any(|&value| value < 0) {
            return Err("the table of the sigmoid must not be negative");
        }
        Ok(table)
    }

    fn check_weights(&self, inputs: usize) -> Result<(), &'static str> {
        if self.input.contains(&i8::MIN) || self.state.contains(&i8::MIN) {
            return Err("a weight of the recurrence is -128; -127 is the smallest");
        }
        // Rounding adds half an entry of the table.
        let limit = (1 << 31) - (1 << 12);
        if (0..self.bias.len()).all(|row| self.largest_sum(row, inputs) < limit) {
            Ok(())
        } else {
            Err("sums of the recurrence can exceed 32 bits")
        }
    }

    /// Returns the largest size that any input at all can give a gate's sum.
    fn largest_sum(&self, row: usize, inputs: usize) -> i64 {
        let reach = |weights: &[i8], multiplier: i32| {
            let weights = weights.iter().map(|&w| i64::from(w.unsigned_abs()) * 128);
            weights
                .sum::<i64>()
                .saturating_mul(i64::from(multiplier.unsigned_abs()))
        };
        let input = part(self.input, row, inputs);
        let state = part(self.state, row, self.hidden);
        reach(input, self.input_multipliers[row])
            .saturating_add(reach(state, self.state_multipliers[row]))
            .saturating_add(i64::from(self.bias[row].unsigned_abs()))
    }

    fn direction(&self, number: usize, inputs: usize) -> Direction {
        let rows = self.rows();
        let packed =
            |weights, columns| PackedMatrix::new(rows, part(weights, number, rows * columns));
        let of_rows = |values| part(values, number, rows).to_vec();
        Direction {
            input: packed(self.input, inputs),
            state: packed(self.state, self.hidden),
            bias: of_rows(self.bias),
            input_multipliers: of_rows(self.input_multipliers),
            state_multipliers: of_rows(self.state_multipliers),
        }
    }
}

/// Returns the part of that number of values that are cut into parts of a size.
fn part<T>(values: &[T], number: usize, size: usize) -> &[T] {
    &values[number * size..][..size]
}

// Inputs by their numbers.
const W: usize = 1;
const R: usize = 2;
const B: usize = 3;
const W_MULTIPLIER: usize = 4;
const R_MULTIPLIER: usize = 5;
const SIGMOID: usize = 6;

impl Kernel for Lstm {
    const NAME: &'static str = "LSTMInteger";
    const INPUTS: usize = 7;
    const READS: &'static str = "(steps, 1, inputs) 8-bit integers";

    type Input = i8;
    type Output = i8;

    fn read(node: &OnnxNode) -> Result<Self, String> {
        let (w, r, b) = (node.shape(W), node.shape(R), node.shape(B));
        let &[directions, rows, hidden] = r else {
            return Err("LSTMInteger's R has three axes".into());
        };
        if rows != 4 * hidden {
            return Err(format!("LSTMInteger's R is {r:?}"));
        }
        if w.len() != 3 || w[..2] != r[..2] || b != &r[..2] {
            return Err(format!("LSTMInteger's W is {w:?} and its B {b:?}"));
        }
        let constants = Constants {
            input: node.values(W)?,
            state: node.values(R)?,
            bias: node.values(B)?,
            input_multipliers: node.values(W_MULTIPLIER)?,
            state_multipliers: node.values(R_MULTIPLIER)?,
            sigmoid: node.values(SIGMOID)?,
            directions,
            hidden,
        };
        Ok(Self::new(&constants)?)
    }

    fn output_shape(&self, input: &[usize]) -> Option<Vec<usize>> {
        match *input {
            [steps, 1, inputs] if inputs == self.inputs => {
                Some(vec![steps, self.directions.len(), 1, self.hidden])
            }
            _ => None,
        }
    }

    fn run(&self, input: &[i8], _: &[usize]) -> Vec<i8> {
        self.sequence(input)
    }
}

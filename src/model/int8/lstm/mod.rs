//! A long short-term memory in integers.
//!
//! Gates as ONNX's `LSTM` orders them: input, output, forget, cell. Formats:
//! sums of the gates count 2^-20, the table's values 2^-15, the cell 2^-11 in 16
//! bits, the output 2^-7 in 8 bits.

use super::gemm::Matrix;
use super::simd::{Lanes, Work};
use std::ops::Range;

/// Entries of the sigmoid's table: for -8 up to 8, 256 for one.
pub(super) const TABLE: usize = 4096;

/// The constants of the operator, as its inputs have them.
#[derive(Clone, Copy)]
pub(super) struct Constants<'a> {
    /// (directions, 4 hidden, inputs).
    pub input: &'a [i8],
    /// (directions, 4 hidden, hidden).
    pub state: &'a [i8],
    /// (directions, 4 hidden), like the multipliers.
    pub bias: &'a [i32],
    pub input_multipliers: &'a [i32],
    pub state_multipliers: &'a [i32],
    pub sigmoid: &'a [i16],
    pub directions: usize,
    pub hidden: usize,
}

/// A recurrence that runs forward, or forward and backward.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Lstm {
    inputs: usize,
    hidden: usize,
    directions: Vec<Direction>,
    sigmoid: Box<[i16; TABLE]>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Direction {
    input: Matrix,
    state: Matrix,
    bias: Vec<i32>,
    input_multipliers: Vec<i32>,
    state_multipliers: Vec<i32>,
}

impl Lstm {
    /// Lays out the weights; says what does not fit.
    pub fn new(constants: &Constants) -> Result<Self, &'static str> {
        let &Constants {
            directions, hidden, ..
        } = constants;
        let rows = 4 * hidden;
        let all = directions * rows;
        if !(1..=2).contains(&directions) || hidden == 0 || constants.input.is_empty() {
            return Err("a recurrence has one direction or two, hidden units and inputs");
        }
        let inputs = constants.input.len() / all;
        let fits = constants.input.len() == all * inputs
            && constants.state.len() == all * hidden
            && [
                constants.bias,
                constants.input_multipliers,
                constants.state_multipliers,
            ]
            .iter()
            .all(|values| values.len() == all);
        if !fits {
            return Err("the recurrence's constants are not of the same sizes");
        }
        let Ok(sigmoid) = Box::<[i16; TABLE]>::try_from(constants.sigmoid.to_vec()) else {
            return Err("the table of the sigmoid must have 4096 entries");
        };
        if sigmoid.iter().any(|&value| value < 0) {
            return Err("the table of the sigmoid must not be negative");
        }
        if constants.input.contains(&i8::MIN) || constants.state.contains(&i8::MIN) {
            return Err("a weight of the recurrence is -128; -127 is the smallest");
        }
        if !sums_fit(constants, inputs) {
            return Err("sums of the recurrence can exceed 32 bits");
        }
        let directions = (0..directions).map(|d| Direction {
            input: Matrix::new(rows, part(constants.input, d, rows * inputs)),
            state: Matrix::new(rows, part(constants.state, d, rows * hidden)),
            bias: part(constants.bias, d, rows).to_vec(),
            input_multipliers: part(constants.input_multipliers, d, rows).to_vec(),
            state_multipliers: part(constants.state_multipliers, d, rows).to_vec(),
        });
        Ok(Self {
            inputs,
            hidden,
            directions: directions.collect(),
            sigmoid,
        })
    }

    /// Numbers that it reads a step.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Numbers of each direction a step.
    pub fn hidden(&self) -> usize {
        self.hidden
    }

    /// One or two.
    pub fn directions(&self) -> usize {
        self.directions.len()
    }

    /// From (steps, inputs) to (steps, directions, hidden).
    pub fn run(&self, x: &[i8]) -> Vec<i8> {
        Run { lstm: self, x }.dispatch()
    }
}

fn part<T>(values: &[T], number: usize, size: usize) -> &[T] {
    &values[number * size..][..size]
}

/// Whether no input at all can make a gate's sum overflow.
fn sums_fit(constants: &Constants, inputs: usize) -> bool {
    let reach = |weights: &[i8], multiplier: i32| {
        let weights = weights.iter().map(|&w| i64::from(w.unsigned_abs()) * 128);
        weights
            .sum::<i64>()
            .saturating_mul(i64::from(multiplier.unsigned_abs()))
    };
    (0..constants.bias.len()).all(|row| {
        let input = part(constants.input, row, inputs);
        let state = part(constants.state, row, constants.hidden);
        let bias = i64::from(constants.bias[row].unsigned_abs());
        let sum = reach(input, constants.input_multipliers[row])
            .saturating_add(reach(state, constants.state_multipliers[row]))
            .saturating_add(bias);
        // Rounding adds half an entry of the table.
        sum < (1 << 31) - (1 << 12)
    })
}

/// The recurrence, on its way through a sequence.
struct Run<'a> {
    lstm: &'a Lstm,
    x: &'a [i8],
}

impl Work for Run<'_> {
    type Output = Vec<i8>;

    #[inline(always)]
    fn run<L: Lanes>(self) -> Vec<i8> {
        let Lstm {
            inputs,
            hidden,
            directions,
            sigmoid,
        } = self.lstm;
        let steps = self.x.len() / inputs;
        let width = directions[0].input.width();
        let mut x = vec![0; steps * width];
        for (wide, narrow) in x.chunks_exact_mut(width).zip(self.x.chunks_exact(*inputs)) {
            wide[..*inputs].copy_from_slice(narrow);
        }
        let rows = 4 * hidden;
        let stride = directions.len() * hidden;
        let mut y = vec![0; steps * stride];
        let mut from_input = vec![0; steps * rows];
        let mut sums = vec![0; rows];
        let mut places = vec![0; rows];
        for (number, direction) in directions.iter().enumerate() {
            direction.input.times::<L>(&x, &mut from_input);
            let mut state = vec![0; direction.state.width()];
            let mut cell = vec![0; *hidden];
            for step in 0..steps {
                let step = if number == 0 { step } else { steps - 1 - step };
                direction.state.times::<L>(&state, &mut sums);
                direction.place(&from_input[step * rows..][..rows], &sums, &mut places);
                let out = &mut state[..*hidden];
                advance(sigmoid, &places, &mut cell, out);
                y[step * stride + number * hidden..][..*hidden].copy_from_slice(out);
            }
        }
        y
    }
}

impl Direction {
    /// From sums of products to places in the table.
    #[inline(always)]
    fn place(&self, from_input: &[i32], from_state: &[i32], places: &mut [i32]) {
        let rows = places.len();
        let candidates = rows / 4 * 3;
        self.place_rows::<12>(0..candidates, from_input, from_state, places);
        self.place_rows::<11>(candidates..rows, from_input, from_state, places);
    }

    #[inline(always)]
    #[allow(clippy::needless_range_loop, reason = "of six slices")]
    fn place_rows<const SHIFT: u32>(
        &self,
        rows: Range<usize>,
        from_input: &[i32],
        from_state: &[i32],
        places: &mut [i32],
    ) {
        let of_input = &self.input_multipliers[rows.clone()];
        let of_state = &self.state_multipliers[rows.clone()];
        let (x, h) = (&from_input[rows.clone()], &from_state[rows.clone()]);
        let (bias, places) = (&self.bias[rows.clone()], &mut places[rows]);
        let n = places.len();
        // As many of each, so that no index is checked below.
        let (of_input, of_state, bias) = (&of_input[..n], &of_state[..n], &bias[..n]);
        let (x, h) = (&x[..n], &h[..n]);
        for row in 0..n {
            let sum = bias[row] + x[row] * of_input[row] + h[row] * of_state[row];
            places[row] = place::<SHIFT>(sum);
        }
    }
}

/// One step of all units, from their gates' places in the table.
#[inline(always)]
#[allow(clippy::needless_range_loop, reason = "of six slices")]
fn advance(sigmoid: &[i16; TABLE], places: &[i32], cell: &mut [i16], out: &mut [i8]) {
    let n = cell.len();
    let (input, output) = (&places[..n], &places[n..][..n]);
    let (forget, candidate) = (&places[2 * n..][..n], &places[3 * n..][..n]);
    let out = &mut out[..n];
    for unit in 0..n {
        let i = look_up(sigmoid, input[unit]);
        let o = look_up(sigmoid, output[unit]);
        let f = look_up(sigmoid, forget[unit]);
        let g = 2 * look_up(sigmoid, candidate[unit]) - 32768;
        let c = (f * i32::from(cell[unit]) + ((i * g) >> 4) + (1 << 14)) >> 15;
        let c = c.clamp(i16::MIN.into(), i16::MAX.into());
        cell[unit] = c as i16;
        let tanh = 2 * look_up(sigmoid, place::<2>(c)) - 32768;
        out[unit] = ((o * tanh + (1 << 22)) >> 23).min(i8::MAX.into()) as i8;
    }
}

/// Where the table has `z / 2^SHIFT`, rounded: its middle is 0, and its ends
/// stand for all beyond.
#[inline(always)]
fn place<const SHIFT: u32>(z: i32) -> i32 {
    let place = ((z + (1 << (SHIFT - 1))) >> SHIFT) + TABLE as i32 / 2;
    place.clamp(0, TABLE as i32 - 1)
}

#[inline(always)]
fn look_up(table: &[i16; TABLE], place: i32) -> i32 {
    // All places are in the table; this says so to the compiler.
    table[place as usize % TABLE].into()
}

#[cfg(test)]
mod tests {
    use super::super::simd::Instructions;
    use super::*;
    use proptest::prelude::*;

    fn sigmoid() -> Vec<i16> {
        let value = |place: i32| {
            let x = f64::from(place - 2048) / 256.0;
            (32768.0 / (1.0 + libm::exp(-x))).round_ties_even() as i16
        };
        (0..TABLE as i32).map(value).collect()
    }

    /// Weights and a sequence of one size.
    #[derive(Clone, Debug)]
    struct Case {
        directions: usize,
        hidden: usize,
        input: Vec<i8>,
        state: Vec<i8>,
        bias: Vec<i32>,
        input_multipliers: Vec<i32>,
        state_multipliers: Vec<i32>,
        x: Vec<i8>,
    }

    impl Case {
        fn lstm(&self) -> Lstm {
            let constants = Constants {
                input: &self.input,
                state: &self.state,
                bias: &self.bias,
                input_multipliers: &self.input_multipliers,
                state_multipliers: &self.state_multipliers,
                sigmoid: &sigmoid(),
                directions: self.directions,
                hidden: self.hidden,
            };
            Lstm::new(&constants).unwrap()
        }
    }

    fn cases() -> impl Strategy<Value = Case> {
        let sizes = (1..3_usize, 1..30_usize, 1..40_usize, 0..9_usize);
        sizes.prop_flat_map(|(directions, hidden, inputs, steps)| {
            let rows = directions * 4 * hidden;
            let multipliers = || prop::collection::vec(1..300_i32, rows);
            (
                prop::collection::vec(-127..=127_i8, rows * inputs),
                prop::collection::vec(-127..=127_i8, rows * hidden),
                prop::collection::vec(-3_000_000..3_000_000, rows),
                multipliers(),
                multipliers(),
                prop::collection::vec(any::<i8>(), steps * inputs),
            )
                .prop_map(move |parts| {
                    let (input, state, bias, input_multipliers, state_multipliers, x) = parts;
                    Case {
                        directions,
                        hidden,
                        input,
                        state,
                        bias,
                        input_multipliers,
                        state_multipliers,
                        x,
                    }
                })
        })
    }

    proptest! {
        #[test]
        fn all_instructions_give_the_same(case in cases()) {
            let lstm = case.lstm();
            let run = |instructions| Run { lstm: &lstm, x: &case.x }.with(instructions);
            let all = Instructions::all();
            let portable = run(all[0]);
            for instructions in &all[1..] {
                prop_assert_eq!(&run(*instructions), &portable, "{:?}", instructions);
            }
        }
    }

    /// Gates that are wide open count what comes in: the cell is the sum of
    /// tanh(1), and the output is the tanh of that.
    #[test]
    fn open_gates_add_up() {
        let one = 1 << 20;
        let bias = [100 * one, 100 * one, 100 * one, one];
        let case = Case {
            directions: 1,
            hidden: 1,
            input: vec![0; 4],
            state: vec![0; 4],
            bias: bias.to_vec(),
            input_multipliers: vec![1; 4],
            state_multipliers: vec![1; 4],
            x: vec![0; 5],
        };
        let found = case.lstm().run(&case.x);
        for (step, found) in (1..).zip(found) {
            let known = libm::tanh(f64::from(step) * libm::tanh(1.0)) * 128.0;
            assert!(
                (f64::from(found) - known).abs() <= 1.0,
                "{step}: {found}, not {known}"
            );
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let table = sigmoid();
        let mut below = table.clone();
        below[7] = -1;
        let good = Constants {
            input: &[1; 8],
            state: &[1; 4],
            bias: &[0; 4],
            input_multipliers: &[1; 4],
            state_multipliers: &[1; 4],
            sigmoid: &table,
            directions: 1,
            hidden: 1,
        };
        assert!(Lstm::new(&good).is_ok());
        for bad in [
            Constants { input: &[], ..good },
            Constants {
                input: &[1; 7],
                ..good
            },
            Constants {
                input: &[-128; 8],
                ..good
            },
            Constants {
                state: &[1; 5],
                ..good
            },
            Constants {
                state: &[-128; 4],
                ..good
            },
            Constants {
                bias: &[0; 3],
                ..good
            },
            Constants {
                bias: &[i32::MIN; 4],
                ..good
            },
            Constants {
                input_multipliers: &[i32::MAX; 4],
                ..good
            },
            Constants {
                sigmoid: &table[1..],
                ..good
            },
            Constants {
                sigmoid: &below,
                ..good
            },
            Constants {
                directions: 3,
                ..good
            },
            Constants { hidden: 0, ..good },
        ] {
            assert!(Lstm::new(&bad).is_err());
        }
    }
}

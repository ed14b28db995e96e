//! The recurrence with all instructions, and where its result is known.

use super::super::simd::InstructionSet;
use super::*;
use proptest::prelude::*;

fn sigmoid() -> Vec<i16> {
    let value = |index: i32| {
        let x = f64::from(index - 2048) / 256.0;
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
        let run = |instructions| RecurrenceTask { lstm: &lstm, x: &case.x }.run_with(instructions);
        let all = InstructionSet::all();
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
    let found = case.lstm().sequence(&case.x);
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

//! The recurrence with all instructions, and where its result is known.

use super::reference::{Case, sigmoid};
use super::*;
use proptest::prelude::*;

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
        case.check();
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

//! Cases of the recurrence.
#![allow(clippy::panic, reason = "what is not as defined fails")]

use super::super::simd::InstructionSet;
use super::*;
use crate::testing::Choices;

pub(super) fn sigmoid() -> Vec<i16> {
    let value = |index: i32| {
        let x = f64::from(index - 2048) / 256.0;
        (32768.0 / (1.0 + libm::exp(-x))).round_ties_even() as i16
    };
    (0..TABLE as i32).map(value).collect()
}

/// Weights and a sequence of one size.
#[derive(Clone, Debug)]
pub(in super::super) struct Case {
    pub(super) directions: usize,
    pub(super) hidden: usize,
    pub(super) input: Vec<i8>,
    pub(super) state: Vec<i8>,
    pub(super) bias: Vec<i32>,
    pub(super) input_multipliers: Vec<i32>,
    pub(super) state_multipliers: Vec<i32>,
    pub(super) x: Vec<i8>,
}

impl Case {
    pub(super) fn lstm(&self) -> Lstm {
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
        match Lstm::new(&constants) {
            Ok(lstm) => lstm,
            Err(why) => panic!("{why}: {self:?}"),
        }
    }

    /// Asserts that all instructions give what portable ones do.
    pub(in super::super) fn check(&self) {
        let lstm = self.lstm();
        let run = |instructions| {
            RecurrenceTask {
                lstm: &lstm,
                x: &self.x,
            }
            .run_with(instructions)
        };
        let all = InstructionSet::all();
        let portable = run(all[0]);
        for instructions in &all[1..] {
            assert_eq!(run(*instructions), portable, "{instructions:?}");
        }
    }

    /// A case of these choices.
    pub(in super::super) fn of(choices: &mut Choices) -> Self {
        let (directions, hidden) = (1 + choices.below(2), 1 + choices.below(40));
        let (inputs, steps) = (1 + choices.below(40), choices.below(12));
        let rows = directions * 4 * hidden;
        let weight = |choices: &mut Choices| choices.byte().cast_signed().max(-127);
        let multiplier = |choices: &mut Choices| 1 + choices.below(300) as i32;
        Self {
            directions,
            hidden,
            bias: (0..rows)
                .map(|_| choices.below(6_000_000) as i32 - 3_000_000)
                .collect(),
            input_multipliers: (0..rows).map(|_| multiplier(choices)).collect(),
            state_multipliers: (0..rows).map(|_| multiplier(choices)).collect(),
            input: (0..rows * inputs).map(|_| weight(choices)).collect(),
            state: (0..rows * hidden).map(|_| weight(choices)).collect(),
            x: (0..steps * inputs)
                .map(|_| choices.byte().cast_signed())
                .collect(),
        }
    }
}

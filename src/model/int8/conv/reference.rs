//! The convolution's definition, and cases of it.
#![allow(clippy::panic, reason = "what is not as defined fails")]

use super::super::simd::InstructionSet;
use super::*;
use crate::testing::Choices;

/// A convolution, its input, and the sizes of both.
#[derive(Clone, Debug)]
pub(in super::super) struct Case {
    pub(super) geometry: Geometry,
    pub(super) inputs: usize,
    pub(super) outputs: usize,
    pub(super) zero: i8,
    pub(super) factor: i32,
    pub(super) size: Plane,
    pub(super) weights: Vec<i8>,
    pub(super) bias: Vec<i32>,
    pub(super) x: Vec<i8>,
}

impl Case {
    fn constants(&self) -> Constants<'_> {
        Constants {
            weights: &self.weights,
            bias: &self.bias,
            inputs: self.inputs,
            geometry: self.geometry,
            zero: self.zero,
            factor: self.factor,
        }
    }

    /// One result by the definition, in f64, which holds all of it exactly.
    fn result(&self, output: usize, [down, across]: Plane) -> i8 {
        let Geometry {
            kernel,
            strides,
            pads,
        } = self.geometry;
        let mut sum = self.bias[output];
        for (index, &weight) in self.weights.iter().enumerate() {
            let taps = kernel[0] * kernel[1];
            let (of, input, tap) = (
                index / (self.inputs * taps),
                index / taps % self.inputs,
                index % taps,
            );
            let y = (down * strides[0] + tap / kernel[1]).checked_sub(pads[0]);
            let x = (across * strides[1] + tap % kernel[1]).checked_sub(pads[1]);
            if let (Some(y), Some(x)) = (y, x)
                && of == output
                && y < self.size[0]
                && x < self.size[1]
            {
                let value = self.x[(y * self.size[1] + x) * self.inputs + input];
                sum += i32::from(weight) * (i32::from(value) - i32::from(self.zero));
            }
        }
        let scaled = f64::from(sum) * f64::from(self.factor) / 65536.0;
        (scaled.round_ties_even() - 128.0).clamp(-128.0, 127.0) as i8
    }

    /// Asserts that all instructions give what the definition does.
    pub(in super::super) fn check(&self) {
        let Ok(conv) = Conv::new(2, &self.constants()) else {
            panic!("refused: {self:?}");
        };
        let [height, width] = self.size;
        let Some([height, width]) = conv.output_plane(&[1, height, width, self.inputs]) else {
            assert_eq!(self.geometry.output_size(self.size), None);
            return;
        };
        let places = (0..height * width).map(|at| [at / width, at % width]);
        let known: Vec<i8> = places
            .flat_map(|at| (0..self.outputs).map(move |output| self.result(output, at)))
            .collect();
        for instructions in InstructionSet::all() {
            let task = ConvTask {
                conv: &conv,
                x: &self.x,
                input: self.size,
                output: [height, width],
            };
            assert_eq!(task.run_with(instructions), known, "{instructions:?}");
        }
    }
}

impl Case {
    /// A case of these choices; `None` where they make no geometry.
    pub(in super::super) fn of(choices: &mut Choices) -> Option<Self> {
        let mut pair = |most| [1 + choices.below(most), 1 + choices.below(most)];
        let (kernel, strides, size) = (pair(6), pair(4), pair(14));
        let pads = kernel.map(|size| choices.below(size));
        let geometry = Geometry::new(kernel, strides, pads).ok()?;
        let (inputs, outputs) = (1 + choices.below(24), 1 + choices.below(24));
        let depth = inputs * kernel[0] * kernel[1];
        let weight = |choices: &mut Choices| choices.byte().cast_signed().max(-127);
        Some(Self {
            geometry,
            inputs,
            outputs,
            zero: choices.byte().cast_signed(),
            factor: 1 + choices.below((1 << 15) - 1) as i32,
            size,
            bias: (0..outputs)
                .map(|_| choices.below(1 << 24) as i32 - (1 << 23))
                .collect(),
            weights: (0..outputs * depth).map(|_| weight(choices)).collect(),
            x: (0..inputs * size[0] * size[1])
                .map(|_| choices.byte().cast_signed())
                .collect(),
        })
    }
}

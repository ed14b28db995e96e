//! A convolution of bytes and the `ReLU` behind it, channels last.
//!
//! It is ONNX's `QLinearConv` with one scale a tensor. Fields of the input are laid
//! side by side, a row of the result at a time, and multiplied by the weights: im2col
//! and GEMM (Chellapilla, Puri and Simard, "High performance convolutional neural
//! networks for document processing", 2006).

mod geometry;
mod im2col;
mod read;
#[cfg(any(test, fuzzing))]
pub(super) mod reference;
#[cfg(test)]
mod tests;

use super::gemm::PackedMatrix;
use super::simd::{DotProduct, STEP, SimdTask};
use geometry::{Geometry, Plane, plane};
use im2col::{Fields, im2col};

/// Bits behind the point of a factor.
const FACTOR_BITS: u32 = 16;

/// Zero point of results, at which saturation is the `ReLU`.
const OUTPUT_ZERO: i8 = i8::MIN;

/// The operator's constants, as the file has them.
#[derive(Clone, Copy)]
struct Constants<'a> {
    /// Weights, (outputs, inputs, height, width).
    weights: &'a [i8],
    /// Bias of each output.
    bias: &'a [i32],
    /// Channels that it reads.
    inputs: usize,
    geometry: Geometry,
    /// Zero point of the input.
    zero: i8,
    /// Factor from sums to results, in 2^-16.
    factor: i32,
}

/// `QLinearConv`, with its weights packed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Conv {
    /// Axes that it runs over: one or two.
    axes: usize,
    geometry: Geometry,
    inputs: usize,
    outputs: usize,
    zero: i8,
    weights: PackedMatrix,
    /// Bias with what the input's zero point adds.
    bias: Vec<i32>,
    factor: i32,
}

impl Conv {
    /// Checks the constants and packs the weights.
    ///
    /// # Errors
    /// A sentence about what does not fit.
    fn new(axes: usize, constants: &Constants) -> Result<Self, &'static str> {
        constants.check()?;
        let bias = constants.rows().zip(constants.bias);
        let bias = bias.map(|(weights, &bias)| fold_zero_point(weights, bias, constants.zero));
        let outputs = constants.bias.len();
        Ok(Self {
            axes,
            geometry: constants.geometry,
            inputs: constants.inputs,
            outputs,
            zero: constants.zero,
            weights: PackedMatrix::new(outputs, &constants.channels_last()),
            bias: bias.collect::<Result<_, _>>()?,
            factor: constants.factor,
        })
    }

    /// Returns the size of the result for (1, sizes, channels); `None` where it cannot
    /// take that.
    fn output_plane(&self, shape: &[usize]) -> Option<Plane> {
        match *shape {
            [1, ref sizes @ .., channels]
                if sizes.len() == self.axes && channels == self.inputs =>
            {
                self.geometry.output_size(plane(sizes, 1))
            }
            _ => None,
        }
    }

    /// Computes (height, width, outputs) from (height, width, inputs).
    fn convolve(&self, x: &[i8], input: Plane, output: Plane) -> Vec<i8> {
        let conv = self;
        ConvTask {
            conv,
            x,
            input,
            output,
        }
        .dispatch()
    }

    /// Length of a row of the padded input.
    fn padded_row(&self, width: usize) -> usize {
        (width + 2 * self.geometry.pads[1]) * self.inputs
    }

    /// Returns the input within its margins, and so much more that one may read a step
    /// beyond its end.
    fn pad(&self, x: &[i8], [height, width]: Plane) -> Vec<i8> {
        let [above, left] = self.geometry.pads;
        let row = self.padded_row(width);
        let mut padded = vec![self.zero; (height + 2 * above) * row + STEP];
        let rows = padded[above * row..].chunks_exact_mut(row.max(1));
        for (row, x) in rows.zip(x.chunks_exact((width * self.inputs).max(1))) {
            row[left * self.inputs..][..x.len()].copy_from_slice(x);
        }
        padded
    }

    fn fields(&self, width: usize) -> Fields {
        Fields {
            rows: self.geometry.kernel[0],
            row_length: self.geometry.kernel[1] * self.inputs,
            row_stride: self.padded_row(width),
            step: self.geometry.strides[1] * self.inputs,
            column_stride: self.weights.width(),
        }
    }
}

impl Constants<'_> {
    /// Values of the kernel's plane.
    fn taps(&self) -> usize {
        self.geometry.kernel.iter().product()
    }

    /// Weights of each output.
    fn rows(&self) -> impl Iterator<Item = &[i8]> {
        self.weights.chunks_exact(self.inputs * self.taps())
    }

    fn check(&self) -> Result<(), &'static str> {
        let (outputs, depth) = (self.bias.len(), self.inputs * self.taps());
        if outputs == 0 || depth == 0 || self.weights.len() != outputs * depth {
            return Err("the convolution's weights and bias are not of the same sizes");
        }
        if !(1..1 << (FACTOR_BITS - 1)).contains(&self.factor) {
            return Err("the convolution's factor must be positive and below 1/2");
        }
        if self.weights.contains(&i8::MIN) {
            return Err("a weight of the convolution is -128; -127 is the smallest");
        }
        Ok(())
    }

    /// Returns the weights as (outputs, height, width, inputs).
    fn channels_last(&self) -> Vec<i8> {
        let (inputs, taps) = (self.inputs, self.taps());
        let depth = inputs * taps;
        let mut last = vec![0; self.weights.len()];
        for (index, &weight) in self.weights.iter().enumerate() {
            let (output, input, tap) = (index / depth, index % depth / taps, index % taps);
            last[output * depth + tap * inputs + input] = weight;
        }
        last
    }
}

/// Returns the bias of a row whose products are not taken with `x - zero` but with `x`.
///
/// # Errors
/// A sum could overflow.
fn fold_zero_point(weights: &[i8], bias: i32, zero: i8) -> Result<i32, &'static str> {
    let sum: i64 = weights.iter().map(|&weight| i64::from(weight)).sum();
    let reach: i64 = weights
        .iter()
        .map(|&w| i64::from(w.unsigned_abs()) * 128)
        .sum();
    let bias = i64::from(bias) - sum * i64::from(zero);
    match i32::try_from(bias) {
        Ok(whole) if bias.abs() + reach < 1 << 31 => Ok(whole),
        _ => Err("sums of the convolution can exceed 32 bits"),
    }
}

/// A convolution of one input.
struct ConvTask<'a> {
    conv: &'a Conv,
    x: &'a [i8],
    input: Plane,
    output: Plane,
}

impl SimdTask for ConvTask<'_> {
    type Output = Vec<i8>;

    #[inline(always)]
    fn run<D: DotProduct>(self, simd: D) -> Vec<i8> {
        let Conv {
            geometry,
            outputs,
            weights,
            bias,
            factor,
            ..
        } = self.conv;
        let x = self.conv.pad(self.x, self.input);
        let fields = self.conv.fields(self.input[1]);
        let [height, width] = self.output;
        let depth = weights.width();
        let mut columns = vec![0; width * depth + STEP];
        let mut sums = vec![0; width * outputs];
        let mut y = vec![0; height * width * outputs];
        for (row, y) in y.chunks_exact_mut(width * outputs).enumerate() {
            let from = &x[row * geometry.strides[0] * fields.row_stride..];
            im2col(from, &fields, width, &mut columns);
            weights.multiply(simd, &columns[..width * depth], &mut sums);
            for (y, sums) in y
                .chunks_exact_mut(*outputs)
                .zip(sums.chunks_exact(*outputs))
            {
                requantize(sums, bias, *factor, y);
            }
        }
        y
    }
}

/// Computes `saturate(round((sum + bias) * factor / 2^16) - 128)`, halves to the even
/// one.
#[inline(always)]
#[allow(clippy::needless_range_loop, reason = "of three slices")]
fn requantize(sums: &[i32], bias: &[i32], factor: i32, y: &mut [i8]) {
    // Of what is larger, the result is at its end anyway; so products fit.
    let most = (1 << 25) / factor;
    let n = y.len();
    let (sums, bias) = (&sums[..n], &bias[..n]);
    for i in 0..n {
        let product = (sums[i] + bias[i]).clamp(-most, most) * factor;
        let odd = product >> FACTOR_BITS & 1;
        let rounded = (product + (1 << (FACTOR_BITS - 1)) - 1 + odd) >> FACTOR_BITS;
        y[i] = (rounded + i32::from(OUTPUT_ZERO)).clamp(i8::MIN.into(), i8::MAX.into()) as i8;
    }
}

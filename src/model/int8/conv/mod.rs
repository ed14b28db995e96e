//! A convolution of bytes and the `ReLU` behind it, channels last.
//!
//! What ONNX's `QLinearConv` is with one scale a tensor: fields of the input
//! are laid side by side, a row of the result at a time, and multiplied by the
//! weights.

use super::gemm::Matrix;
use super::simd::{Lanes, STEP, Work};

/// Bits behind the point of a factor.
pub(super) const FACTOR_BITS: u32 = 16;

/// The zero point of results, at which saturation is the `ReLU`.
pub(super) const LOWEST: i8 = i8::MIN;

/// Height and width, or along them.
pub(super) type Plane = [usize; 2];

/// How fields lie in the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Geometry {
    kernel: Plane,
    strides: Plane,
    /// What is added before and, as much, behind.
    pads: Plane,
}

impl Geometry {
    /// Checks sizes that a file has.
    pub fn new(kernel: Plane, strides: Plane, pads: Plane) -> Result<Self, &'static str> {
        if strides.contains(&0) {
            return Err("a stride of the convolution is 0");
        }
        if kernel.iter().zip(pads).any(|(&kernel, pad)| pad >= kernel) {
            return Err("the convolution's padding is as large as its kernel, or larger");
        }
        Ok(Self {
            kernel,
            strides,
            pads,
        })
    }

    /// The size of what comes out; `None` where nothing does.
    pub fn result(&self, size: Plane) -> Option<Plane> {
        let along = |axis: usize| {
            let room = size[axis].checked_add(2 * self.pads[axis])?;
            let spare = room.checked_sub(self.kernel[axis])?;
            Some(spare / self.strides[axis] + 1)
        };
        Some([along(0)?, along(1)?])
    }

    /// Height and width of a field.
    pub fn kernel(&self) -> Plane {
        self.kernel
    }
}

/// The constants of the operator.
#[derive(Clone, Copy)]
pub(super) struct Constants<'a> {
    /// (outputs, inputs, height, width), as in the file.
    pub weights: &'a [i8],
    /// One an output.
    pub bias: &'a [i32],
    pub inputs: usize,
    pub geometry: Geometry,
    /// The input's zero point.
    pub zero: i8,
    /// By what sums become results, in 2^-16.
    pub factor: i32,
}

/// A convolution with its weights laid out.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Convolution {
    geometry: Geometry,
    inputs: usize,
    outputs: usize,
    zero: i8,
    weights: Matrix,
    /// With what the zero point of the input adds.
    bias: Vec<i32>,
    factor: i32,
}

impl Convolution {
    /// Lays out the weights; says what does not fit.
    pub fn new(constants: &Constants) -> Result<Self, &'static str> {
        let &Constants {
            geometry,
            inputs,
            zero,
            factor,
            ..
        } = constants;
        let outputs = constants.bias.len();
        let [height, width] = geometry.kernel();
        let taps = height * width;
        let depth = inputs * taps;
        if outputs == 0 || depth == 0 || constants.weights.len() != outputs * depth {
            return Err("the convolution's weights and bias are not of the same sizes");
        }
        if !(1..1 << (FACTOR_BITS - 1)).contains(&factor) {
            return Err("the convolution's factor must be positive and below 1/2");
        }
        if constants.weights.contains(&i8::MIN) {
            return Err("a weight of the convolution is -128; -127 is the smallest");
        }
        let mut last = vec![0; constants.weights.len()];
        for (place, &weight) in constants.weights.iter().enumerate() {
            let (output, input, tap) = (place / depth, place % depth / taps, place % taps);
            last[output * depth + tap * inputs + input] = weight;
        }
        let rows = constants.weights.chunks_exact(depth).zip(constants.bias);
        let bias = rows.map(|(weights, &bias)| zeroed(weights, bias, zero));
        Ok(Self {
            geometry,
            inputs,
            outputs,
            zero,
            weights: Matrix::new(outputs, &last),
            bias: bias.collect::<Result<_, _>>()?,
            factor,
        })
    }

    /// How fields lie in the input.
    pub fn geometry(&self) -> &Geometry {
        &self.geometry
    }

    /// Channels that it reads.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Channels that it writes.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// From (height, width, inputs) to (height, width, outputs); `None` for a
    /// size that leaves nothing.
    pub fn run(&self, x: &[i8], size: Plane) -> Option<Vec<i8>> {
        let result = self.geometry.result(size)?;
        let convolution = self;
        Some(
            Run {
                convolution,
                x,
                size,
                result,
            }
            .dispatch(),
        )
    }

    /// The input within its margins, and so much more that one may read a step
    /// beyond its end.
    fn padded(&self, x: &[i8], [height, width]: Plane) -> Vec<i8> {
        let [above, left] = self.geometry.pads;
        let row = (width + 2 * left) * self.inputs;
        let mut padded = vec![self.zero; (height + 2 * above) * row + STEP];
        let rows = padded[above * row..].chunks_exact_mut(row.max(1));
        for (row, x) in rows.zip(x.chunks_exact((width * self.inputs).max(1))) {
            row[left * self.inputs..][..x.len()].copy_from_slice(x);
        }
        padded
    }
}

/// The bias of a row whose products are not taken with `x - zero` but with `x`;
/// fails where a sum could overflow.
fn zeroed(weights: &[i8], bias: i32, zero: i8) -> Result<i32, &'static str> {
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

/// A convolution and what it is applied to.
struct Run<'a> {
    convolution: &'a Convolution,
    x: &'a [i8],
    size: Plane,
    result: Plane,
}

impl Work for Run<'_> {
    type Output = Vec<i8>;

    #[inline(always)]
    fn run<L: Lanes>(self) -> Vec<i8> {
        let Convolution {
            geometry,
            inputs,
            outputs,
            weights,
            bias,
            factor,
            ..
        } = self.convolution;
        let x = self.convolution.padded(self.x, self.size);
        let row = (self.size[1] + 2 * geometry.pads[1]) * inputs;
        let [height, width] = self.result;
        let depth = weights.width();
        let lines = Lines {
            count: geometry.kernel[0],
            length: geometry.kernel[1] * inputs,
            apart: row,
            step: geometry.strides[1] * inputs,
            depth,
        };
        let mut fields = vec![0; width * depth + STEP];
        let mut sums = vec![0; width * outputs];
        let mut y = vec![0; height * width * outputs];
        for (down, y) in y.chunks_exact_mut(width * outputs).enumerate() {
            let from = &x[down * geometry.strides[0] * row..];
            gather(from, &lines, width, &mut fields);
            weights.times::<L>(&fields[..width * depth], &mut sums);
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

/// Where the lines of a field are, in the padded input.
struct Lines {
    count: usize,
    length: usize,
    /// From one to the next.
    apart: usize,
    /// From a field to the next.
    step: usize,
    /// From a field to the next where they are laid side by side.
    depth: usize,
}

/// Lays so many fields of a row side by side, by copies of whole steps. What is copied
/// too much is overwritten by what comes behind it, or multiplied by weights of 0.
///
/// Apart from its caller, whose registers are all in use.
#[inline(never)]
fn gather(x: &[i8], lines: &Lines, count: usize, fields: &mut [i8]) {
    for field in 0..count {
        for line in 0..lines.count {
            let from = &x[field * lines.step + line * lines.apart..];
            let to = &mut fields[field * lines.depth + line * lines.length..];
            let mut done = 0;
            while done < lines.length {
                to[done..][..STEP].copy_from_slice(&from[done..][..STEP]);
                done += STEP;
            }
        }
    }
}

/// `saturate(round((sum + bias) * factor / 2^16) - 128)`, halves to the even one.
#[inline(always)]
#[allow(clippy::needless_range_loop, reason = "of three slices")]
fn requantize(sums: &[i32], bias: &[i32], factor: i32, y: &mut [i8]) {
    // Of what is larger, the result is at its end anyway; so products fit.
    let most = (1 << 25) / factor;
    let n = y.len();
    let (sums, bias) = (&sums[..n], &bias[..n]);
    for place in 0..n {
        let product = (sums[place] + bias[place]).clamp(-most, most) * factor;
        let odd = product >> FACTOR_BITS & 1;
        let rounded = (product + (1 << (FACTOR_BITS - 1)) - 1 + odd) >> FACTOR_BITS;
        y[place] = (rounded + i32::from(LOWEST)).clamp(i8::MIN.into(), i8::MAX.into()) as i8;
    }
}

#[cfg(test)]
mod tests;

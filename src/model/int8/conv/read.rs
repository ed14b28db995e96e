//! `QLinearConv` of a file.

use super::super::ops::{Kernel, OnnxNode};
use super::{Constants, Conv, FACTOR_BITS, Geometry, OUTPUT_ZERO, plane};

// Inputs by their numbers in ONNX's definition of the operator.
const X_SCALE: usize = 1;
const X_ZERO_POINT: usize = 2;
const W: usize = 3;
const W_SCALE: usize = 4;
const W_ZERO_POINT: usize = 5;
const Y_SCALE: usize = 6;
const Y_ZERO_POINT: usize = 7;
const B: usize = 8;

impl Kernel for Conv {
    const NAME: &'static str = "QLinearConv";
    const RUNS_AS: &'static str = "ConvolutionInteger";
    const INPUTS: usize = 9;
    const READS: &'static str = "(1, sizes, channels) signed 8-bit integers here";
    const CHANNELS_LAST: bool = true;

    type Input = i8;
    type Output = i8;

    fn read(node: &OnnxNode) -> Result<Self, String> {
        let (axes, geometry) = geometry(node)?;
        if node.scalar::<i8>(W_ZERO_POINT)? != 0 || node.scalar::<i8>(Y_ZERO_POINT)? != OUTPUT_ZERO
        {
            return Err(format!(
                "the zero points of QLinearConv's weights and result are 0 and {OUTPUT_ZERO} here"
            ));
        }
        let (weights, bias) = (node.shape(W), node.shape(B));
        if weights.len() != 2 + axes
            || bias != &weights[..1]
            || plane(&weights[2..], 1) != geometry.kernel
        {
            return Err(format!(
                "QLinearConv's weights are {weights:?} and its bias {bias:?}"
            ));
        }
        let constants = Constants {
            weights: node.values(W)?,
            bias: node.values(B)?,
            inputs: weights[1],
            geometry,
            zero: node.scalar(X_ZERO_POINT)?,
            factor: factor(node)?,
        };
        Ok(Self::new(axes, &constants)?)
    }

    fn output_shape(&self, input: &[usize]) -> Option<Vec<usize>> {
        let output = self.output_plane(input)?;
        let mut shape = vec![1];
        shape.extend_from_slice(&output[2 - self.axes..]);
        shape.push(self.outputs);
        Some(shape)
    }

    fn run(&self, input: &[i8], shape: &[usize]) -> Vec<i8> {
        let size = plane(&shape[1..=self.axes], 1);
        let output = self.output_plane(shape).unwrap_or_default();
        self.convolve(input, size, output)
    }
}

/// Reads the axes that it runs over, one or two, and its sizes.
fn geometry(node: &OnnxNode) -> Result<(usize, Geometry), String> {
    let kernel = node.sizes("kernel_shape")?;
    let axes = kernel.len();
    let strides = node.sizes_or("strides", vec![1; axes])?;
    let pads = node.sizes_or("pads", vec![0; 2 * axes])?;
    let dilations = node.sizes_or("dilations", vec![1; axes])?;
    let groups = node.integer_or("group", 1)?;
    let padding = node.text_or("auto_pad", "NOTSET")?;
    if !matches!(axes, 1 | 2) || strides.len() != axes || pads.len() != 2 * axes {
        return Err("QLinearConv has one axis or two here".into());
    }
    if groups != 1 || dilations.iter().any(|&d| d != 1) || padding != "NOTSET" {
        return Err(
            "QLinearConv has neither groups nor dilations nor automatic padding here".into(),
        );
    }
    if pads[..axes] != pads[axes..] {
        return Err("QLinearConv pads both sides alike here".into());
    }
    let pads = plane(&pads[..axes], 0);
    let geometry = Geometry::new(plane(&kernel, 1), plane(&strides, 1), pads)?;
    Ok((axes, geometry))
}

/// Reads the factor from sums to results, in 2^-16.
fn factor(node: &OnnxNode) -> Result<i32, String> {
    let scale = |input: usize| node.scalar::<f32>(input);
    let factor = scale(X_SCALE)? * scale(W_SCALE)? / scale(Y_SCALE)? * (1 << FACTOR_BITS) as f32;
    if factor.fract() == 0.0 && (1.0..1e6).contains(&factor) {
        Ok(factor as i32)
    } else {
        Err(format!(
            "the factor of QLinearConv is no whole number of 2^-{FACTOR_BITS}"
        ))
    }
}

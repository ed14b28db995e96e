//! `QLinearConv`, channels last.

use super::super::conv::{Constants, Convolution, FACTOR_BITS, Geometry, LOWEST, Plane};
use super::{constant, number, values};
use std::sync::Arc;
use tract_onnx::model::ParsingContext;
use tract_onnx::pb::NodeProto;
use tract_onnx::prelude::*;
use tract_onnx::tract_core::ops::change_axes::AxisOp;
#[allow(clippy::wildcard_imports, reason = "tract's macros use what is in it")]
use tract_onnx::tract_hir::internal::*;

/// Reads a node of the file.
pub(super) fn parse(
    _: &ParsingContext,
    node: &NodeProto,
) -> TractResult<(Box<dyn InferenceOp>, Vec<String>)> {
    let kernel: TVec<usize> = node.get_attr_tvec("kernel_shape")?;
    let rank = kernel.len();
    let numbers = |name: &str| node.get_attr_opt_tvec::<usize>(name);
    let strides = numbers("strides")?.unwrap_or_else(|| tvec![1; rank]);
    let pads = numbers("pads")?.unwrap_or_else(|| tvec![0; 2 * rank]);
    let dilations = numbers("dilations")?.unwrap_or_else(|| tvec![1; rank]);
    let groups = node.get_attr_opt::<i64>("group")?.unwrap_or(1);
    let padding = node.get_attr_opt::<&str>("auto_pad")?.unwrap_or("NOTSET");
    ensure!(
        matches!(rank, 1 | 2) && strides.len() == rank && pads.len() == 2 * rank,
        "QLinearConv has one axis or two here"
    );
    ensure!(
        groups == 1 && dilations.iter().all(|&d| d == 1) && padding == "NOTSET",
        "QLinearConv has neither groups nor dilations nor automatic padding here"
    );
    ensure!(
        pads[..rank] == pads[rank..],
        "QLinearConv pads both sides alike here"
    );
    let strides = plane(&strides, 1);
    let geometry = Geometry::new(plane(&kernel, 1), strides, plane(&pads[..rank], 0));
    let geometry = geometry.map_err(|reason| format_err!(reason))?;
    Ok((expand(ConvolutionNode { rank, geometry }), vec![]))
}

/// A line is a plane of a height that changes nothing.
fn plane(sizes: &[usize], height: usize) -> Plane {
    match *sizes {
        [height, width] => [height, width],
        _ => [height, sizes[0]],
    }
}

/// `QLinearConv` of the file: over one axis or two.
#[derive(Clone, Debug)]
struct ConvolutionNode {
    rank: usize,
    geometry: Geometry,
}

impl ConvolutionNode {
    fn read(&self, model: &TypedModel, inputs: &[OutletId]) -> TractResult<Convolution> {
        let scale = |input: usize| number::<f32>(model, inputs[input]);
        let factor = scale(1)? * scale(4)? / scale(6)? * (1 << FACTOR_BITS) as f32;
        ensure!(
            factor.fract() == 0.0 && (1.0..1e6).contains(&factor),
            "the factor of QLinearConv is no whole number of 2^-{FACTOR_BITS}"
        );
        ensure!(
            number::<i8>(model, inputs[5])? == 0 && number::<i8>(model, inputs[7])? == LOWEST,
            "the zero points of QLinearConv's weights and result are 0 and {LOWEST} here"
        );
        let weights = constant(model, inputs[3])?;
        let bias = constant(model, inputs[8])?;
        ensure!(
            weights.rank() == 2 + self.rank
                && bias.shape() == &weights.shape()[..1]
                && plane(&weights.shape()[2..], 1) == self.geometry.kernel(),
            "QLinearConv's weights are {:?} and its bias {:?}",
            weights.shape(),
            bias.shape()
        );
        let convolution = Convolution::new(&Constants {
            weights: values(&weights)?,
            bias: values(&bias)?,
            inputs: weights.shape()[1],
            geometry: self.geometry,
            zero: number(model, inputs[2])?,
            factor: factor as i32,
        });
        convolution.map_err(|reason| format_err!(reason))
    }
}

impl Expansion for ConvolutionNode {
    fn name(&self) -> StaticName {
        "QLinearConv".into()
    }

    fn rules<'r, 'p: 'r, 's: 'r>(
        &'s self,
        s: &mut Solver<'r>,
        inputs: &'p [TensorProxy],
        outputs: &'p [TensorProxy],
    ) -> InferenceResult {
        check_input_arity(inputs, 9)?;
        check_output_arity(outputs, 1)?;
        let (x, w, y) = (&inputs[0], &inputs[3], &outputs[0]);
        s.equals(&x.datum_type, i8::datum_type())?;
        s.equals(&y.datum_type, i8::datum_type())?;
        for tensor in [x, w, y] {
            s.equals(&tensor.rank, 2 + self.rank as i64)?;
        }
        s.equals(&x.shape[0], 1.to_dim())?;
        s.equals(&y.shape[0], 1.to_dim())?;
        s.equals(&x.shape[1], &w.shape[1])?;
        s.equals(&y.shape[1], &w.shape[0])?;
        s.given(&x.shape, move |s, shape| {
            if let Some(result) = result_of(&self.geometry, &shape[2..]) {
                for (axis, size) in (2..).zip(&result[2 - self.rank..]) {
                    s.equals(&y.shape[axis], size.to_dim())?;
                }
            }
            Ok(())
        })
    }

    fn wire(
        &self,
        prefix: &str,
        model: &mut TypedModel,
        inputs: &[OutletId],
    ) -> TractResult<TVec<OutletId>> {
        let convolution = ConvolutionInteger(Arc::new(self.read(model, inputs)?));
        // Between convolutions these undo each other, and tract drops them.
        let (channels, last) = (1, 1 + self.rank);
        let inward = AxisOp::Move(channels, last);
        let x = model.wire_node(format!("{prefix}.channels_last"), inward, &inputs[..1])?;
        let y = model.wire_node(prefix, convolution, &x)?;
        let outward = AxisOp::Move(last, channels);
        model.wire_node(format!("{prefix}.channels_first"), outward, &y)
    }
}

/// The plane that comes out of one of known size.
fn result_of(geometry: &Geometry, sizes: &[TDim]) -> Option<Plane> {
    let sizes: Option<Vec<usize>> = sizes.iter().map(|size| size.to_usize().ok()).collect();
    geometry.result(plane(&sizes?, 1))
}

/// The convolution with its weights laid out, channels last.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct ConvolutionInteger(Arc<Convolution>);

impl ConvolutionInteger {
    /// (1, …, channels) of what comes out of that.
    fn result(&self, shape: &[usize]) -> Option<TVec<usize>> {
        let (&[1, ref sizes @ ..], rank) = (shape, shape.len()) else {
            return None;
        };
        let (&channels, sizes) = sizes.split_last()?;
        if !matches!(rank, 3 | 4) || channels != self.0.inputs() {
            return None;
        }
        let result = self.0.geometry().result(plane(sizes, 1))?;
        let mut shape = tvec![1];
        shape.extend_from_slice(&result[2 - sizes.len()..]);
        shape.push(self.0.outputs());
        Some(shape)
    }
}

impl Op for ConvolutionInteger {
    fn name(&self) -> StaticName {
        "ConvolutionInteger".into()
    }

    op_as_typed_op!();
}

impl EvalOp for ConvolutionInteger {
    op_out_of_plan!();

    fn eval(&self, _: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let shape = inputs[0].shape();
        let size = plane(&shape[1..shape.len() - 1], 1);
        let y = self.0.run(values(&inputs[0])?, size);
        let (result, y) = self.result(shape).zip(y).context("another size")?;
        Ok(tvec!(Tensor::from_shape(&result, &y)?.into()))
    }
}

impl TypedOp for ConvolutionInteger {
    as_op!();

    fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        let shape = inputs[0]
            .shape
            .as_concrete()
            .map(|shape| self.result(shape));
        let Some(Some(shape)) = shape else {
            bail!("QLinearConv does not fit {:?}", inputs[0]);
        };
        ensure!(
            inputs[0].datum_type == i8::datum_type(),
            "QLinearConv reads signed 8-bit integers here"
        );
        Ok(tvec!(i8::datum_type().fact(shape)))
    }
}

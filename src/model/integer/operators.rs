//! The operators of integer networks, as tract sees them.

use super::attention::AttentionMean;
use super::convolution::{self, Convolution, FACTOR_BITS, Geometry, LOWEST, Plane};
use super::judge::Judge;
use super::lstm::{self, Lstm};
use std::sync::Arc;
use tract_onnx::model::{OnnxOpRegister, ParsingContext};
use tract_onnx::pb::NodeProto;
use tract_onnx::prelude::*;
use tract_onnx::tract_core::ops::change_axes::AxisOp;
#[allow(clippy::wildcard_imports, reason = "tract's macros use what is in it")]
use tract_onnx::tract_hir::internal::*;

/// Makes the operators known to an importer. It does not look at domains: what
/// an operator is depends on its name alone.
pub(in crate::model) fn register(operators: &mut OnnxOpRegister) {
    operators.insert("QLinearConv", convolution);
    operators.insert("LSTMInteger", |_, _| Ok((expand(LstmNode), vec![])));
    operators.insert("AttentionMeanInteger", attention);
    operators.insert("JudgeInteger", |_, _| Ok((expand(JudgeNode), vec![])));
}

fn convolution(
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

fn attention(
    _: &ParsingContext,
    node: &NodeProto,
) -> TractResult<(Box<dyn InferenceOp>, Vec<String>)> {
    let multiplier = node.get_attr::<i64>("multiplier")?;
    Ok((expand(AttentionNode { multiplier }), vec![]))
}

/// The values of an input that must be constant.
fn constant(model: &TypedModel, input: OutletId) -> TractResult<Arc<Tensor>> {
    let fact = model.outlet_fact(input)?;
    fact.konst.clone().context("a constant is computed instead")
}

fn values<T: Datum>(tensor: &Tensor) -> TractResult<&[T]> {
    tensor.try_as_plain_ram()?.as_slice::<T>()
}

/// A constant of one number.
fn number<T: Datum + Copy>(model: &TypedModel, input: OutletId) -> TractResult<T> {
    let tensor = constant(model, input)?;
    match *values::<T>(&tensor)? {
        [number] => Ok(number),
        _ => bail!("a scale or zero point is not of the whole tensor"),
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
        let convolution = Convolution::new(&convolution::Constants {
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

/// `LSTMInteger` of the file.
#[derive(Clone, Debug)]
struct LstmNode;

impl Expansion for LstmNode {
    fn name(&self) -> StaticName {
        "LSTMInteger".into()
    }

    fn rules<'r, 'p: 'r, 's: 'r>(
        &'s self,
        s: &mut Solver<'r>,
        inputs: &'p [TensorProxy],
        outputs: &'p [TensorProxy],
    ) -> InferenceResult {
        check_input_arity(inputs, 7)?;
        check_output_arity(outputs, 1)?;
        let (x, r, y) = (&inputs[0], &inputs[2], &outputs[0]);
        s.equals(&x.datum_type, i8::datum_type())?;
        s.equals(&y.datum_type, i8::datum_type())?;
        s.equals(&x.rank, 3)?;
        s.equals(&r.rank, 3)?;
        s.equals(&y.rank, 4)?;
        s.equals(&x.shape[1], 1.to_dim())?;
        s.equals(&y.shape[0], &x.shape[0])?;
        s.equals(&y.shape[1], &r.shape[0])?;
        s.equals(&y.shape[2], &x.shape[1])?;
        s.equals(&y.shape[3], &r.shape[2])
    }

    fn wire(
        &self,
        prefix: &str,
        model: &mut TypedModel,
        inputs: &[OutletId],
    ) -> TractResult<TVec<OutletId>> {
        let tensors: Vec<_> = inputs[1..]
            .iter()
            .map(|&input| constant(model, input))
            .collect::<TractResult<_>>()?;
        let [w, r, b, w_multipliers, r_multipliers, sigmoid] = tensors.as_slice() else {
            bail!("LSTMInteger has seven inputs");
        };
        let &[directions, rows, hidden] = r.shape() else {
            bail!("LSTMInteger's R has three axes");
        };
        let sizes = [directions, 4 * hidden];
        ensure!(rows == 4 * hidden, "LSTMInteger's R is {:?}", r.shape());
        ensure!(
            w.rank() == 3 && w.shape()[..2] == sizes && b.shape() == sizes,
            "LSTMInteger's W is {:?} and its B {:?}",
            w.shape(),
            b.shape()
        );
        let lstm = Lstm::new(&lstm::Constants {
            input: values(w)?,
            state: values(r)?,
            bias: values(b)?,
            input_multipliers: values(w_multipliers)?,
            state_multipliers: values(r_multipliers)?,
            sigmoid: values(sigmoid)?,
            directions,
            hidden,
        });
        let lstm = Arc::new(lstm.map_err(|reason| format_err!(reason))?);
        model.wire_node(prefix, LstmInteger(lstm), &inputs[..1])
    }
}

/// The recurrence with its weights laid out.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct LstmInteger(Arc<Lstm>);

impl Op for LstmInteger {
    fn name(&self) -> StaticName {
        "LSTMInteger".into()
    }

    op_as_typed_op!();
}

impl EvalOp for LstmInteger {
    op_out_of_plan!();

    fn eval(&self, _: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let lstm = &self.0;
        let y = lstm.run(values(&inputs[0])?);
        let steps = inputs[0].shape()[0];
        let shape = [steps, lstm.directions(), 1, lstm.hidden()];
        Ok(tvec!(Tensor::from_shape(&shape, &y)?.into()))
    }
}

impl TypedOp for LstmInteger {
    as_op!();

    fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        let (lstm, x) = (&self.0, inputs[0]);
        ensure!(
            x.datum_type == i8::datum_type()
                && x.rank() == 3
                && x.shape[1] == 1.to_dim()
                && x.shape[2] == lstm.inputs().to_dim(),
            "LSTMInteger reads (steps, 1, {}) 8-bit integers, not {x:?}",
            lstm.inputs()
        );
        let shape = [
            x.shape[0].clone(),
            lstm.directions().to_dim(),
            1.to_dim(),
            lstm.hidden().to_dim(),
        ];
        Ok(tvec!(i8::datum_type().fact(shape)))
    }
}

/// `AttentionMeanInteger` of the file.
#[derive(Clone, Debug)]
struct AttentionNode {
    multiplier: i64,
}

impl Expansion for AttentionNode {
    fn name(&self) -> StaticName {
        "AttentionMeanInteger".into()
    }

    fn rules<'r, 'p: 'r, 's: 'r>(
        &'s self,
        s: &mut Solver<'r>,
        inputs: &'p [TensorProxy],
        outputs: &'p [TensorProxy],
    ) -> InferenceResult {
        check_input_arity(inputs, 2)?;
        check_output_arity(outputs, 1)?;
        s.equals(&inputs[0].datum_type, i32::datum_type())?;
        s.equals(&outputs[0].datum_type, i32::datum_type())?;
        s.equals(&inputs[0].rank, 2)?;
        s.equals(&outputs[0].rank, 2)?;
        s.equals(&outputs[0].shape[0], 1.to_dim())?;
        s.equals(&outputs[0].shape[1], inputs[0].shape[1].bex() - 1.to_dim())
    }

    fn wire(
        &self,
        prefix: &str,
        model: &mut TypedModel,
        inputs: &[OutletId],
    ) -> TractResult<TVec<OutletId>> {
        let decay = constant(model, inputs[1])?;
        let mean = AttentionMean::new(values(&decay)?, self.multiplier);
        let mean = Arc::new(mean.map_err(|reason| format_err!(reason))?);
        model.wire_node(prefix, AttentionMeanInteger(mean), &inputs[..1])
    }
}

/// Attention's mean with its table.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct AttentionMeanInteger(Arc<AttentionMean>);

impl Op for AttentionMeanInteger {
    fn name(&self) -> StaticName {
        "AttentionMeanInteger".into()
    }

    op_as_typed_op!();
}

impl EvalOp for AttentionMeanInteger {
    op_out_of_plan!();

    fn eval(&self, _: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let columns = inputs[0].shape()[1];
        let means = self.0.run(values(&inputs[0])?, columns);
        Ok(tvec!(Tensor::from_shape(&[1, columns - 1], &means)?.into()))
    }
}

impl TypedOp for AttentionMeanInteger {
    as_op!();

    fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        let fits = match inputs[0].shape.as_concrete() {
            Some(&[steps, columns]) => AttentionMean::takes(steps, columns),
            _ => false,
        };
        ensure!(
            fits && inputs[0].datum_type == i32::datum_type(),
            "AttentionMeanInteger reads (steps, columns) 32-bit integers, not {:?}",
            inputs[0]
        );
        let shape = [1.to_dim(), inputs[0].shape[1].clone() - 1];
        Ok(tvec!(i32::datum_type().fact(shape)))
    }
}

/// `JudgeInteger` of the file.
#[derive(Clone, Debug)]
struct JudgeNode;

impl Expansion for JudgeNode {
    fn name(&self) -> StaticName {
        "JudgeInteger".into()
    }

    fn rules<'r, 'p: 'r, 's: 'r>(
        &'s self,
        s: &mut Solver<'r>,
        inputs: &'p [TensorProxy],
        outputs: &'p [TensorProxy],
    ) -> InferenceResult {
        check_input_arity(inputs, 3)?;
        check_output_arity(outputs, 1)?;
        let (x, weights, y) = (&inputs[0], &inputs[2], &outputs[0]);
        s.equals(&x.datum_type, i8::datum_type())?;
        s.equals(&y.datum_type, i32::datum_type())?;
        s.equals(&x.rank, 4)?;
        s.equals(&weights.rank, 2)?;
        s.equals(&y.rank, 2)?;
        s.equals(&y.shape[0], 1.to_dim())?;
        s.equals(&y.shape[1], &weights.shape[0])
    }

    fn wire(
        &self,
        prefix: &str,
        model: &mut TypedModel,
        inputs: &[OutletId],
    ) -> TractResult<TVec<OutletId>> {
        let exponential = constant(model, inputs[1])?;
        let weights = constant(model, inputs[2])?;
        let &[labels, _] = weights.shape() else {
            bail!("JudgeInteger's weights have two axes");
        };
        let judge = Judge::new(values(&exponential)?, values(&weights)?, labels);
        let judge = Arc::new(judge.map_err(|reason| format_err!(reason))?);
        model.wire_node(prefix, JudgeInteger(judge), &inputs[..1])
    }
}

/// The judge with its weights.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct JudgeInteger(Arc<Judge>);

impl Op for JudgeInteger {
    fn name(&self) -> StaticName {
        "JudgeInteger".into()
    }

    op_as_typed_op!();
}

impl EvalOp for JudgeInteger {
    op_out_of_plan!();

    fn eval(&self, _: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let y = self.0.run(values(&inputs[0])?);
        Ok(tvec!(Tensor::from_shape(&[1, self.0.labels()], &y)?.into()))
    }
}

impl TypedOp for JudgeInteger {
    as_op!();

    fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        let fits = match inputs[0].shape.as_concrete() {
            Some(&[1, 1, steps, width]) => self.0.takes(steps, width),
            _ => false,
        };
        ensure!(
            fits && inputs[0].datum_type == i8::datum_type(),
            "JudgeInteger reads (1, 1, steps, bands and pitch) 8-bit integers, not {:?}",
            inputs[0]
        );
        Ok(tvec!(i32::datum_type().fact([1, self.0.labels()])))
    }
}

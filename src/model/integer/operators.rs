//! Our operators of ONNX's, as tract sees them.

use super::attention::AttentionMean;
use super::lstm::{Constants, Lstm};
use std::sync::Arc;
use tract_onnx::model::{OnnxOpRegister, ParsingContext};
use tract_onnx::pb::NodeProto;
use tract_onnx::prelude::*;
use tract_onnx::tract_hir::internal::*;

/// The operators that the network's file takes from the domain `undertone`.
pub(in crate::model) const DOMAIN_OPERATORS: [&str; 2] = ["LSTMInteger", "AttentionMeanInteger"];

/// Makes the operators known to an importer. It does not look at domains: what
/// an operator is depends on its name alone.
pub(in crate::model) fn register(operators: &mut OnnxOpRegister) {
    operators.insert("LSTMInteger", |_, _| Ok((expand(LstmNode), vec![])));
    operators.insert("AttentionMeanInteger", attention);
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
        let lstm = Lstm::new(&Constants {
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

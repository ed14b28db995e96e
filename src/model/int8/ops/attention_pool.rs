//! `AttentionMeanInteger`.

use super::super::attention_pool::AttentionMean;
use super::{constant, values};
use std::sync::Arc;
use tract_onnx::model::ParsingContext;
use tract_onnx::pb::NodeProto;
use tract_onnx::prelude::*;
#[allow(clippy::wildcard_imports, reason = "tract's macros use what is in it")]
use tract_onnx::tract_hir::internal::*;

/// Reads a node of the file.
pub(super) fn parse(
    _: &ParsingContext,
    node: &NodeProto,
) -> TractResult<(Box<dyn InferenceOp>, Vec<String>)> {
    let multiplier = node.get_attr::<i64>("multiplier")?;
    Ok((expand(AttentionNode { multiplier }), vec![]))
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

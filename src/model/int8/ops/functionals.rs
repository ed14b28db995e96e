//! `JudgeInteger`.

use super::super::functionals::Judge;
use super::{constant, values};
use std::sync::Arc;
use tract_onnx::prelude::*;
#[allow(clippy::wildcard_imports, reason = "tract's macros use what is in it")]
use tract_onnx::tract_hir::internal::*;

/// `JudgeInteger` of the file.
#[derive(Clone, Debug)]
pub(super) struct JudgeNode;

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

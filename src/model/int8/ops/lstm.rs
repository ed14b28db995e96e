//! `LSTMInteger`.

use super::super::lstm::{Constants, Lstm};
use super::{constant, values};
use std::sync::Arc;
use tract_onnx::prelude::*;
#[allow(clippy::wildcard_imports, reason = "tract's macros use what is in it")]
use tract_onnx::tract_hir::internal::*;

/// `LSTMInteger` of the file.
#[derive(Clone, Debug)]
pub(super) struct LstmNode;

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

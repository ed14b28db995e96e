//! The operators of integer networks, as tract sees them: what the file says of each
//! becomes an operator that has its constants laid out.

mod attention_pool;
mod conv;
mod functionals;
mod lstm;

use std::sync::Arc;
use tract_onnx::model::OnnxOpRegister;
use tract_onnx::prelude::*;
#[allow(clippy::wildcard_imports, reason = "tract's macros use what is in it")]
use tract_onnx::tract_hir::internal::*;

/// Makes the operators known to an importer. It does not look at domains: what
/// an operator is depends on its name alone.
pub(in crate::model) fn register(operators: &mut OnnxOpRegister) {
    operators.insert("QLinearConv", conv::parse);
    operators.insert("LSTMInteger", |_, _| Ok((expand(lstm::LstmNode), vec![])));
    operators.insert("AttentionMeanInteger", attention_pool::parse);
    operators.insert("JudgeInteger", |_, _| {
        Ok((expand(functionals::JudgeNode), vec![]))
    });
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

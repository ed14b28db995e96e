//! What tract made of a network, node by node.

use super::network::State;
use std::time::{Duration, Instant};
use tract_onnx::prelude::*;
use tract_onnx::tract_core::ops::konst::Const;
use tract_onnx::tract_core::ops::matmul::optimized::OptMatMul;
use tract_onnx::tract_core::plan::eval;

/// A node that computes something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its name, after that in the ONNX file.
    pub name: String,
    /// The operator that runs.
    pub operator: String,
    /// The type and shape of its result.
    pub result: String,
    /// The kernel of a product of matrices.
    pub kernel: Option<String>,
    /// Whether anything that it reads or writes is a float.
    pub is_float: bool,
}

/// Operators that read and write integers, and compute in floats between.
const FLOATS_WITHIN: [&str; 1] = ["OptSumPool"];

/// The nodes that compute, in an order in which they could run.
pub(super) fn nodes(model: &TypedModel) -> TractResult<Vec<Node>> {
    let order = computing(model)?.into_iter();
    order.map(|node| node_of(model, node)).collect()
}

/// The nodes that do something at every run.
fn computing(model: &TypedModel) -> TractResult<Vec<&TypedNode>> {
    let order = model.eval_order()?.into_iter().map(|id| &model.nodes[id]);
    let computes = |node: &&TypedNode| !node.inputs.is_empty() && !node.op_is::<Const>();
    Ok(order.filter(computes).collect())
}

/// How long each of [`nodes`] takes in one run on zeros.
pub(super) fn node_times(state: &mut State) -> TractResult<Vec<Duration>> {
    let input = state.model().input_fact(0)?;
    let shape = input.shape.as_concrete().unwrap_or_default();
    let input = Tensor::zero_dt(input.datum_type, shape)?;
    // The plan runs them in an order of its own.
    let mut times = vec![Duration::ZERO; state.model().nodes.len()];
    state.run_plan_with_eval(tvec!(input.into()), |context, own, node, inputs| {
        let start = Instant::now();
        let results = eval(context, own, node, inputs);
        times[node.id] = start.elapsed();
        results
    })?;
    let nodes = computing(state.model())?.into_iter();
    Ok(nodes.map(|node| times[node.id]).collect())
}

fn node_of(model: &TypedModel, node: &TypedNode) -> TractResult<Node> {
    let inputs = node.inputs.iter().map(|&input| model.outlet_fact(input));
    let inputs = inputs.collect::<TractResult<Vec<_>>>()?;
    let results = node.outputs.iter().map(|output| &output.fact);
    let mut facts = inputs.into_iter().chain(results.clone());
    let operator = node.op.name().into_owned();
    let is_float = facts.any(|fact| fact.datum_type.unquantized().is_float())
        || FLOATS_WITHIN.contains(&operator.as_str());
    let kernel = node.op_as::<OptMatMul>();
    let result = |fact: &TypedFact| {
        let shape: Vec<_> = fact.shape.iter().map(ToString::to_string).collect();
        let kind = fact.datum_type.unquantized();
        format!("{kind:?} {}", shape.join("x")).to_lowercase()
    };
    Ok(Node {
        name: node.name.clone(),
        operator,
        result: results.map(result).collect::<Vec<_>>().join(", "),
        kernel: kernel.map(|product| product.mmm[0].name().to_owned()),
        is_float,
    })
}

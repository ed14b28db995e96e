//! A network's nodes, as tract runs them.

use tract_onnx::prelude::*;
use tract_onnx::tract_core::ops::konst::Const;
use tract_onnx::tract_core::ops::matmul::optimized::OptMatMul;

/// A node that computes something at every run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Name, derived from that in the ONNX file.
    pub name: String,
    /// Operator that tract runs for it.
    pub operator: String,
    /// Type and shape of its result, as `f32 1x128`.
    pub result: String,
    /// Kernel of a product of matrices; `None` of all other operators.
    pub kernel: Option<String>,
    /// True where it reads, writes or computes floats.
    pub is_float: bool,
}

/// Operators that read and write integers and compute in floats in between
/// (`docs/upstream.md`).
const FLOATS_WITHIN: [&str; 1] = ["OptSumPool"];

/// The nodes that compute, in an order in which they could run.
pub(super) fn nodes(model: &TypedModel) -> TractResult<Vec<Node>> {
    let order = computing_nodes(model)?.into_iter();
    order.map(|node| node_of(model, node)).collect()
}

/// tract's own records of [`nodes`].
pub(super) fn computing_nodes(model: &TypedModel) -> TractResult<Vec<&TypedNode>> {
    let order = model.eval_order()?.into_iter().map(|id| &model.nodes[id]);
    let computes = |node: &&TypedNode| !node.inputs.is_empty() && !node.op_is::<Const>();
    Ok(order.filter(computes).collect())
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

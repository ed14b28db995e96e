//! What tract made of a network, node by node.

use tract_onnx::prelude::*;
use tract_onnx::tract_core::ops::konst::Const;
use tract_onnx::tract_core::ops::matmul::optimized::OptMatMul;

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

/// The nodes that compute, in their order.
pub(super) fn nodes(model: &TypedModel) -> TractResult<Vec<Node>> {
    let order = model.eval_order()?.into_iter().map(|id| &model.nodes[id]);
    order
        .filter(|node| computes(node))
        .map(|node| node_of(model, node))
        .collect()
}

/// Whether a node does something at every run.
pub(super) fn computes(node: &TypedNode) -> bool {
    !node.inputs.is_empty() && !node.op_is::<Const>()
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

//! The adapter between tract and the operators of integer networks.
//!
//! An operator is a [`Kernel`], which knows nothing of tract; a line in [`register`]
//! makes it known to the importer.

use super::{attention_pool, conv, functionals, lstm};
use std::fmt::Debug;
use std::hash::Hash;
use std::marker::PhantomData;
use std::sync::Arc;
use tract_onnx::model::OnnxOpRegister;
use tract_onnx::pb::NodeProto;
use tract_onnx::prelude::*;
use tract_onnx::tract_core::ops::change_axes::AxisOp;
#[allow(clippy::wildcard_imports, reason = "tract's macros use what is in it")]
use tract_onnx::tract_hir::internal::*;

/// Makes the operators known to an importer. It does not look at domains: what
/// an operator is depends on its name alone.
pub(in crate::model) fn register(operators: &mut OnnxOpRegister) {
    register_kernel::<conv::Conv>(operators);
    register_kernel::<lstm::Lstm>(operators);
    register_kernel::<attention_pool::AttentionPool>(operators);
    register_kernel::<functionals::FunctionalsClassifier>(operators);
    register_kernel::<functionals::CepstrumClassifier>(operators);
}

fn register_kernel<K: Kernel>(operators: &mut OnnxOpRegister) {
    operators.insert(K::NAME, |_, node| {
        let (proto, kernel) = (node.clone(), PhantomData::<K>);
        Ok((expand(IntegerNode { proto, kernel }), vec![]))
    });
}

/// An operator of integer networks, with its constants laid out.
///
/// It computes one tensor from its first input; its other inputs are constants.
pub(super) trait Kernel: Clone + Debug + Eq + Hash + Send + Sync + 'static {
    /// Name of the operator in the ONNX file.
    const NAME: &'static str;
    /// Name of what runs, where the file's is that of a wider operator.
    const RUNS_AS: &'static str = Self::NAME;
    /// Number of inputs, constants included.
    const INPUTS: usize;
    /// Form of the first input, for who gives it another.
    const READS: &'static str;
    /// True where it has channels behind all other axes; in the file they are the
    /// second axis.
    const CHANNELS_LAST: bool = false;

    /// Type of the first input.
    type Input: Datum;
    /// Type of the result.
    type Output: Datum + Copy;

    /// Lays out the constants of a node.
    ///
    /// # Errors
    /// A sentence about what does not fit.
    fn read(node: &OnnxNode) -> Result<Self, String>;

    /// Returns the shape of the result for that of the first input; `None` where
    /// it cannot take that.
    fn output_shape(&self, input: &[usize]) -> Option<Vec<usize>>;

    /// Computes the result for an input of a shape for which there is one.
    fn run(&self, input: &[Self::Input], shape: &[usize]) -> Vec<Self::Output>;
}

/// A node of an ONNX file: its attributes, and the values of its constants.
pub(super) struct OnnxNode<'a> {
    proto: &'a NodeProto,
    constants: Vec<Arc<Tensor>>,
}

impl OnnxNode<'_> {
    /// Returns an attribute that is an integer.
    ///
    /// # Errors
    /// It is not there, or of another type; so in all that follows.
    pub fn integer(&self, name: &str) -> Result<i64, String> {
        self.proto.get_attr(name).map_err(sentence)
    }

    /// Returns an attribute that is an integer, or its default.
    pub fn integer_or(&self, name: &str, default: i64) -> Result<i64, String> {
        let found = self.proto.get_attr_opt(name).map_err(sentence)?;
        Ok(found.unwrap_or(default))
    }

    /// Returns an attribute that is a text, or its default.
    pub fn text_or<'s>(&'s self, name: &str, default: &'s str) -> Result<&'s str, String> {
        let found = self.proto.get_attr_opt(name).map_err(sentence)?;
        Ok(found.unwrap_or(default))
    }

    /// Returns an attribute that is a list of sizes.
    pub fn sizes(&self, name: &str) -> Result<Vec<usize>, String> {
        let found = self.proto.get_attr_tvec(name).map_err(sentence)?;
        Ok(found.into_vec())
    }

    /// Returns an attribute that is a list of sizes, or its default.
    pub fn sizes_or(&self, name: &str, default: Vec<usize>) -> Result<Vec<usize>, String> {
        let found = self.proto.get_attr_opt_tvec(name).map_err(sentence)?;
        Ok(found.map_or(default, TVec::into_vec))
    }

    /// Returns the shape of a constant; `input` counts from the node's first input, 0,
    /// which is none.
    pub fn shape(&self, input: usize) -> &[usize] {
        self.constants[input - 1].shape()
    }

    /// Returns the values of a constant, in the order of its axes.
    pub fn values<T: Datum>(&self, input: usize) -> Result<&[T], String> {
        values(&self.constants[input - 1]).map_err(sentence)
    }

    /// Returns the value of a constant of one number.
    pub fn scalar<T: Datum + Copy>(&self, input: usize) -> Result<T, String> {
        match *self.values::<T>(input)? {
            [number] => Ok(number),
            _ => Err("a scale or zero point is not of the whole tensor".into()),
        }
    }
}

/// Converts tract's error to the sentence that a [`Kernel`] says.
#[allow(clippy::needless_pass_by_value, reason = "as map_err gives it")]
fn sentence(error: TractError) -> String {
    format!("{error:#}")
}

/// Returns the values of a tensor, in the order of its axes.
fn values<T: Datum>(tensor: &Tensor) -> TractResult<&[T]> {
    tensor.try_as_plain_ram()?.as_slice::<T>()
}

/// An operator in the file, before tract knows the values of its constants.
#[derive(Clone, Debug)]
struct IntegerNode<K> {
    proto: NodeProto,
    kernel: PhantomData<K>,
}

impl<K: Kernel> Expansion for IntegerNode<K> {
    fn name(&self) -> StaticName {
        K::NAME.into()
    }

    /// Tells types. Shapes follow when the constants are laid out.
    fn rules<'r, 'p: 'r, 's: 'r>(
        &'s self,
        s: &mut Solver<'r>,
        inputs: &'p [TensorProxy],
        outputs: &'p [TensorProxy],
    ) -> InferenceResult {
        check_input_arity(inputs, K::INPUTS)?;
        check_output_arity(outputs, 1)?;
        s.equals(&inputs[0].datum_type, K::Input::datum_type())?;
        s.equals(&outputs[0].datum_type, K::Output::datum_type())
    }

    fn wire(
        &self,
        prefix: &str,
        model: &mut TypedModel,
        inputs: &[OutletId],
    ) -> TractResult<TVec<OutletId>> {
        let constants = inputs[1..].iter().map(|&input| constant(model, input));
        let node = OnnxNode {
            proto: &self.proto,
            constants: constants.collect::<TractResult<_>>()?,
        };
        let kernel = K::read(&node).map_err(|reason| format_err!(reason))?;
        let op = IntegerOp(Arc::new(kernel));
        if K::CHANNELS_LAST {
            wire_channels_last(prefix, model, op, inputs[0])
        } else {
            model.wire_node(prefix, op, &inputs[..1])
        }
    }
}

/// Returns the value of an input that must be constant.
fn constant(model: &TypedModel, input: OutletId) -> TractResult<Arc<Tensor>> {
    let fact = model.outlet_fact(input)?;
    fact.konst.clone().context("a constant is computed instead")
}

/// Wires an operator between two moves of the channels. Between operators these undo
/// each other, and tract drops them.
fn wire_channels_last<K: Kernel>(
    prefix: &str,
    model: &mut TypedModel,
    op: IntegerOp<K>,
    input: OutletId,
) -> TractResult<TVec<OutletId>> {
    let rank = model.outlet_fact(input)?.rank();
    ensure!(rank > 2, "{} has no axis beside its channels", K::NAME);
    let (channels, last) = (1, rank - 1);
    let inward = AxisOp::Move(channels, last);
    let x = model.wire_node(format!("{prefix}.channels_last"), inward, &[input])?;
    let y = model.wire_node(prefix, op, &x)?;
    let outward = AxisOp::Move(last, channels);
    model.wire_node(format!("{prefix}.channels_first"), outward, &y)
}

/// An operator in tract's plan.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct IntegerOp<K>(Arc<K>);

impl<K: Kernel> Op for IntegerOp<K> {
    fn name(&self) -> StaticName {
        K::RUNS_AS.into()
    }

    op_as_typed_op!();
}

impl<K: Kernel> EvalOp for IntegerOp<K> {
    op_out_of_plan!();

    fn eval(&self, _: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let shape = inputs[0].shape();
        let result = self.0.output_shape(shape).context("another shape")?;
        let y = self.0.run(values(&inputs[0])?, shape);
        Ok(tvec!(Tensor::from_shape(&result, &y)?.into()))
    }
}

impl<K: Kernel> TypedOp for IntegerOp<K> {
    as_op!();

    fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        let input = inputs[0];
        let shape = match input.shape.as_concrete() {
            Some(shape) if input.datum_type == K::Input::datum_type() => self.0.output_shape(shape),
            _ => None,
        };
        let Some(shape) = shape else {
            bail!("{} reads {}, not {input:?}", K::NAME, K::READS);
        };
        Ok(tvec!(K::Output::datum_type().fact(shape)))
    }
}

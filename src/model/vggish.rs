//! The VGGish network: examples of 96 x 64 to embeddings of 128 numbers.
//!
//! Hershey et al., "CNN architectures for large-scale audio classification"
//! (2017). The weights are not ours to ship: any ONNX file of that shape will
//! do, with axes for batch and channel wherever its maker put them.

use super::ModelError;
use super::plan::{Plan, State, one_line};
use crate::dsp::{VGGISH_BANDS, VGGISH_FRAMES};
use std::sync::Arc;
use tract_onnx::prelude::*;
use tract_onnx::tract_hir::infer::Factoid;
use tract_onnx::tract_hir::internal::DimLike;

/// Numbers in an embedding.
pub const EMBEDDING: usize = 128;

/// Inputs that are an example, with a batch of one and one channel.
const SHAPES: [&[usize]; 4] = [
    &[1, VGGISH_FRAMES, VGGISH_BANDS],
    &[1, 1, VGGISH_FRAMES, VGGISH_BANDS],
    &[1, VGGISH_FRAMES, VGGISH_BANDS, 1],
    &[VGGISH_FRAMES, VGGISH_BANDS],
];

/// A planned network. Sessions share it.
#[derive(Clone)]
pub struct VggishNetwork {
    plan: Arc<Plan>,
    shape: &'static [usize],
}

impl VggishNetwork {
    /// Plans the network of an ONNX file.
    ///
    /// # Errors
    /// [`ModelError::Network`] when it does not load, [`ModelError::Vggish`]
    /// when its input or output is not VGGish's.
    pub fn load(onnx_file: &[u8]) -> Result<Self, ModelError> {
        let failed = |error: TractError| ModelError::Network(one_line(&error));
        let mut model = onnx()
            .model_for_read(&mut std::io::Cursor::new(onnx_file))
            .map_err(failed)?;
        let shape = input_shape(&model).map_err(failed)??;
        let fact = InferenceFact::dt_shape(f32::datum_type(), shape);
        model.set_input_fact(0, fact).map_err(failed)?;
        let optimised = model.into_optimized().map_err(failed)?;
        let output = optimised.output_fact(0).map_err(failed)?;
        let numbers = output
            .shape
            .as_concrete()
            .map(|shape| shape.iter().product());
        if numbers != Some(EMBEDDING) {
            let reason = format!(
                "output is {:?}; it must be {EMBEDDING} numbers",
                output.shape
            );
            return Err(ModelError::Vggish(reason));
        }
        let plan = optimised.into_runnable().map_err(failed)?;
        Ok(Self { plan, shape })
    }

    /// A session of its own, for one thread.
    ///
    /// # Errors
    /// [`ModelError::Network`] when tract cannot allocate its state.
    pub fn session(&self) -> Result<VggishSession, ModelError> {
        let state = self.plan.spawn();
        Ok(VggishSession {
            state: state.map_err(|error| ModelError::Network(one_line(&error)))?,
            shape: self.shape,
        })
    }
}

/// The shape to give to the only input: what is declared, as far as it is.
fn input_shape(model: &InferenceModel) -> TractResult<Result<&'static [usize], ModelError>> {
    let inputs = model.input_outlets()?.len();
    if inputs != 1 {
        let reason = format!("number of inputs is {inputs}; it must be one");
        return Ok(Err(ModelError::Vggish(reason)));
    }
    let declared = &model.input_fact(0)?.shape;
    let rank = declared.rank().concretize();
    let dims: Vec<Option<usize>> = declared
        .dims()
        .map(|dim| dim.concretize()?.to_usize().ok())
        .collect();
    let fits = |shape: &&[usize]| {
        rank.is_none_or(|rank| rank as usize == shape.len())
            && dims
                .iter()
                .zip(*shape)
                .all(|(dim, size)| dim.is_none_or(|dim| dim == *size))
    };
    Ok(SHAPES.into_iter().find(fits).ok_or_else(|| {
        let reason = format!(
            "input is {declared:?}; it must be {VGGISH_FRAMES} x {VGGISH_BANDS}, with or without \
             axes of one for batch and channel"
        );
        ModelError::Vggish(reason)
    }))
}

/// Runs the network, example after example, on one state.
pub struct VggishSession {
    state: State,
    shape: &'static [usize],
}

impl VggishSession {
    /// The embeddings of examples that follow each other, [`EMBEDDING`] numbers
    /// each.
    ///
    /// # Errors
    /// [`ModelError::Run`] when tract fails.
    pub fn embeddings(&mut self, examples: &[f32]) -> Result<Vec<f32>, ModelError> {
        let mut embeddings = Vec::new();
        for example in examples.chunks_exact(VGGISH_FRAMES * VGGISH_BANDS) {
            self.run(example, &mut embeddings)
                .map_err(|error| ModelError::Run(one_line(&error)))?;
        }
        Ok(embeddings)
    }

    fn run(&mut self, example: &[f32], embeddings: &mut Vec<f32>) -> TractResult<()> {
        let input = Tensor::from_shape(self.shape, example)?;
        let output = self.state.run(tvec!(input.into()))?;
        embeddings.extend_from_slice(output[0].try_as_plain_ram()?.as_slice::<f32>()?);
        Ok(())
    }
}

//! The VGGish network, from examples of 96 x 64 to embeddings of 128 numbers.
//!
//! Hershey et al., "CNN architectures for large-scale audio classification"
//! (2017). The weights are not ours to ship: any ONNX file of that shape will
//! do, with axes for batch and channel wherever its maker put them.

use super::ModelError;
use super::network::{NetworkSession, PlannedNetwork, not_loaded};
use crate::dsp::float::{VGGISH_BANDS, VGGISH_FRAMES};
use tract_onnx::prelude::*;
use tract_onnx::tract_hir::infer::Factoid;
use tract_onnx::tract_hir::internal::DimLike;

/// Length of an embedding.
pub const EMBEDDING: usize = 128;

/// Shapes of an example, with a batch of one and one channel.
const SHAPES: [&[usize]; 4] = [
    &[1, VGGISH_FRAMES, VGGISH_BANDS],
    &[1, 1, VGGISH_FRAMES, VGGISH_BANDS],
    &[1, VGGISH_FRAMES, VGGISH_BANDS, 1],
    &[VGGISH_FRAMES, VGGISH_BANDS],
];

/// A planned VGGish network. Sessions share it.
#[derive(Clone)]
pub struct VggishNetwork(PlannedNetwork);

impl VggishNetwork {
    /// Plans the network of an ONNX file, and runs it once on zeros.
    ///
    /// # Errors
    /// [`ModelError::Network`] when it does not load, [`ModelError::Vggish`]
    /// when its input or output is not VGGish's.
    pub fn load(onnx_file: &[u8]) -> Result<Self, ModelError> {
        PlannedNetwork::load(|| import(onnx_file)).map(Self)
    }

    /// Returns a session of its own, for one thread.
    ///
    /// # Errors
    /// [`ModelError::Network`] when tract cannot allocate its state.
    pub fn session(&self) -> Result<VggishSession, ModelError> {
        self.0.session().map(VggishSession)
    }
}

fn import(onnx_file: &[u8]) -> Result<TypedModel, ModelError> {
    let mut model = onnx()
        .model_for_read(&mut std::io::Cursor::new(onnx_file))
        .map_err(not_loaded)?;
    let shape = input_shape(&model).map_err(not_loaded)??;
    let fact = InferenceFact::dt_shape(f32::datum_type(), shape);
    model.set_input_fact(0, fact).map_err(not_loaded)?;
    let optimised = model.into_optimized().map_err(not_loaded)?;
    let output = optimised.output_fact(0).map_err(not_loaded)?;
    let values = output
        .shape
        .as_concrete()
        .map(|shape| shape.iter().product());
    if values != Some(EMBEDDING) || output.datum_type != f32::datum_type() {
        let reason = format!("output is {output:?}; it must be {EMBEDDING} numbers");
        return Err(ModelError::Vggish(reason));
    }
    Ok(optimised)
}

/// Returns the shape for the only input that fits what the file declares of it.
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

/// One thread's state of the network, which runs example after example.
pub struct VggishSession(NetworkSession);

impl VggishSession {
    /// Computes the embeddings of examples that follow each other, [`EMBEDDING`]
    /// numbers each.
    ///
    /// # Errors
    /// [`ModelError::Run`] when tract fails.
    pub fn embeddings(&mut self, examples: &[f32]) -> Result<Vec<f32>, ModelError> {
        let mut embeddings = Vec::new();
        for example in examples.chunks_exact(VGGISH_FRAMES * VGGISH_BANDS) {
            embeddings.extend(self.0.run_floats(example)?);
        }
        Ok(embeddings)
    }
}

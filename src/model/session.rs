//! Loading a network into tract and running it.

use super::{Bundle, Golden, Manifest, ModelError, Window};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::sync::Arc;
use tract_onnx::prelude::*;
use tract_onnx::tract_core::ops::gru_seq::GruSeq;
use tract_onnx::tract_core::ops::scan::Scan;
use tract_onnx::tract_core::plan::SimpleState;
use tract_onnx::tract_hir::infer::Factoid;
use tract_onnx::tract_hir::internal::DimLike;

pub(super) type Plan = TypedRunnableModel;
pub(super) type State = SimpleState<TypedFact, Box<dyn TypedOp>>;

/// A checked bundle with its network planned. Sessions share it.
#[derive(Clone)]
pub struct Model {
    manifest: Arc<Manifest>,
    golden: Option<Arc<Golden>>,
    plan: Arc<Plan>,
}

impl Model {
    /// Checks a bundle and plans its network.
    ///
    /// # Errors
    /// [`ModelError`] that names the field or file at fault.
    pub fn load(bundle: &Bundle) -> Result<Self, ModelError> {
        let manifest = Manifest::parse(&bundle.manifest)?;
        let found = sha256(&bundle.network);
        if found != manifest.network.sha256.to_ascii_lowercase() {
            let reason = format!("is {}; the file's hash is {found}", manifest.network.sha256);
            return Err(ModelError::Field {
                field: "network.sha256",
                reason,
            });
        }
        let golden = bundle
            .golden
            .as_deref()
            .map(Golden::parse)
            .transpose()?
            .map(Arc::new);
        let plan = plan(&bundle.network, &manifest)?;
        Ok(Self {
            manifest: Arc::new(manifest),
            golden,
            plan,
        })
    }

    /// The bundle's manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The bundle's golden values.
    pub fn golden(&self) -> Option<&Golden> {
        self.golden.as_deref()
    }

    /// A session of its own, for one thread.
    ///
    /// # Errors
    /// [`ModelError::Network`] when tract cannot allocate its state.
    pub fn session(&self) -> Result<Session, ModelError> {
        let state = self
            .plan
            .spawn()
            .map_err(|error| ModelError::Network(one_line(&error)))?;
        Ok(Session {
            model: self.clone(),
            state,
        })
    }
}

/// Runs a model's network, window after window, on one state.
pub struct Session {
    model: Model,
    state: State,
}

impl Session {
    /// The model that this session runs.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Logits, one a label, of a window of cells, frame after frame. The
    /// network sees `cell / 255`.
    ///
    /// # Errors
    /// [`ModelError::Run`] when the window has another size or tract fails.
    pub fn logits(&mut self, cells: &[u8]) -> Result<Vec<f32>, ModelError> {
        let window: Vec<f32> = cells.iter().map(|&cell| f32::from(cell) / 255.0).collect();
        self.run(&window)
            .map_err(|error| ModelError::Run(one_line(&error)))
    }

    /// Logits, one a label, of a recording's averages, as they are.
    ///
    /// # Errors
    /// [`ModelError::Run`] when there are not as many or tract fails.
    pub fn logits_of_averages(&mut self, averages: &[f32]) -> Result<Vec<f32>, ModelError> {
        self.run(averages)
            .map_err(|error| ModelError::Run(one_line(&error)))
    }

    fn run(&mut self, values: &[f32]) -> TractResult<Vec<f32>> {
        let shape = self.model.manifest.input_shape();
        let input = Tensor::from_shape(&shape, values)?;
        let output = self.state.run(tvec!(input.into()))?;
        Ok(output[0].try_as_plain_ram()?.as_slice::<f32>()?.to_vec())
    }
}

/// Parses, checks and optimises the network, once.
fn plan(network: &[u8], manifest: &Manifest) -> Result<Arc<Plan>, ModelError> {
    let failed = |error: TractError| ModelError::Network(one_line(&error));
    let mut model = onnx()
        .model_for_read(&mut std::io::Cursor::new(network))
        .map_err(failed)?;
    let wanted = manifest.input_shape();
    let inputs = model.input_outlets().map_err(failed)?.len();
    let outputs = model.output_outlets().map_err(failed)?.len();
    if (inputs, outputs) != (1, 1) {
        let reason = format!("has {inputs} inputs and {outputs} outputs; it must have one of each");
        return Err(ModelError::Field {
            field: "network.file",
            reason,
        });
    }
    let declared = model.input_fact(0).map_err(failed)?.shape.concretize();
    if let Some(shape) = declared.and_then(|dims| {
        dims.iter()
            .map(|dim| dim.to_usize().ok())
            .collect::<Option<Vec<_>>>()
    }) && shape != wanted
    {
        return Err(misfit(manifest, &shape));
    }
    let fact = InferenceFact::dt_shape(f32::datum_type(), wanted);
    model.set_input_fact(0, fact).map_err(failed)?;
    let optimised = forgetful(model)
        .and_then(TypedModel::into_optimized)
        .map_err(failed)?;
    let output = optimised
        .output_fact(0)
        .map_err(failed)?
        .shape
        .as_concrete()
        .map(<[_]>::to_vec);
    if output.as_deref() != Some(&[1, manifest.labels.len()]) {
        let reason = format!(
            "names {} emotions; the network's output is {}",
            manifest.labels.len(),
            output.map_or("of no fixed shape".into(), |shape| format!("{shape:?}")),
        );
        return Err(ModelError::Field {
            field: "labels",
            reason,
        });
    }
    optimised.into_runnable().map_err(failed)
}

/// The manifest and the network's input do not go together.
fn misfit(manifest: &Manifest, shape: &[usize]) -> ModelError {
    let bands = manifest.features.bands;
    let (field, size) = match manifest.window {
        Some(Window { frames, .. }) => ("window.frames", format!("{frames} (with {bands} bands)")),
        None => ("features.bands", bands.to_string()),
    };
    let reason = format!("is {size}; the network's input is {shape:?}");
    ModelError::Field { field, reason }
}

/// Makes recurrences begin anew with every window. tract's importer leaves them
/// running from one call to the next, as a stream without windows would want.
fn forgetful(model: InferenceModel) -> TractResult<TypedModel> {
    let mut typed = model.into_typed()?.into_decluttered()?;
    for node in &mut typed.nodes {
        if let Some(scan) = node.op_as_mut::<Scan>() {
            scan.reset_every_turn = true;
        } else if let Some(gru) = node.op_as_mut::<GruSeq>() {
            gru.reset_every_turn = true;
        }
    }
    Ok(typed)
}

/// tract's errors carry their context over several lines.
pub(super) fn one_line(error: &TractError) -> String {
    format!("{error:#}")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

/// SHA-256 in lowercase hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .fold(String::new(), |mut hex, byte| {
            // Writing to a String cannot fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}

#[cfg(all(test, feature = "embedded-model"))]
mod tests {
    use super::*;

    #[test]
    fn windows_do_not_see_each_other() {
        let model = Model::load(&Bundle::embedded().unwrap()).unwrap();
        let cells = model.manifest().input_shape().iter().product::<usize>();
        let one: Vec<u8> = (0..cells).map(|n| (n * n % 251) as u8).collect();
        let other: Vec<u8> = (0..cells).map(|n| (n % 64 * 4) as u8).collect();
        let mut session = model.session().unwrap();
        let first = session.logits(&one).unwrap();
        session.logits(&other).unwrap();
        assert_eq!(session.logits(&one).unwrap(), first);
        assert!(session.logits(&one[1..]).is_err());
    }
}

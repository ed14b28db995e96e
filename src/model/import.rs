//! A bundle's network, read into tract: parsed, held to its manifest, optimised.

use super::network::not_loaded;
use super::nodes::{Node, nodes};
use super::{Manifest, ModelError, Quantization, Window, int8};
use tract_onnx::prelude::*;
use tract_onnx::tract_core::ops::gru_seq::GruSeq;
use tract_onnx::tract_core::ops::scan::Scan;
use tract_onnx::tract_hir::infer::Factoid;
use tract_onnx::tract_hir::internal::DimLike;

/// Returns the network of a bundle, optimised.
///
/// # Errors
/// [`ModelError::Field`] where it is not what the manifest says, and
/// [`ModelError::Network`] where tract cannot read it.
pub(super) fn import(network: &[u8], manifest: &Manifest) -> Result<TypedModel, ModelError> {
    let types = TensorTypes::of(manifest.network.quantization);
    let mut model = parse(network, manifest.network.quantization)?;
    check_ends(&model)?;
    check_input(&model, manifest, &types)?;
    let fact = InferenceFact::dt_shape(types.input, manifest.input_shape());
    model.set_input_fact(0, fact).map_err(not_loaded)?;
    let optimised = optimise(model).map_err(not_loaded)?;
    if manifest.network.quantization == Quantization::Int8 {
        check_integers(&optimised)?;
    }
    check_output(&optimised, manifest, &types)?;
    Ok(optimised)
}

fn parse(network: &[u8], quantization: Quantization) -> Result<InferenceModel, ModelError> {
    let mut importer = onnx();
    if quantization == Quantization::Int8 {
        int8::register(&mut importer.op_register);
    }
    importer
        .model_for_read(&mut std::io::Cursor::new(network))
        .map_err(not_loaded)
}

/// Checks that the network has one input and one output.
fn check_ends(model: &InferenceModel) -> Result<(), ModelError> {
    let inputs = model.input_outlets().map_err(not_loaded)?.len();
    let outputs = model.output_outlets().map_err(not_loaded)?.len();
    if (inputs, outputs) == (1, 1) {
        return Ok(());
    }
    Err(ModelError::Field {
        field: "network.file",
        reason: format!("has {inputs} inputs and {outputs} outputs; it must have one of each"),
    })
}

/// Checks what the file declares of the input, as far as it does.
fn check_input(
    model: &InferenceModel,
    manifest: &Manifest,
    types: &TensorTypes,
) -> Result<(), ModelError> {
    let input = model.input_fact(0).map_err(not_loaded)?;
    if let Some(found) = input.datum_type.concretize() {
        types.check("input", found, types.input)?;
    }
    let sizes = |dims: TVec<TDim>| dims.iter().map(|dim| dim.to_usize().ok()).collect();
    let declared: Option<Vec<usize>> = input.shape.concretize().and_then(sizes);
    match declared {
        Some(shape) if shape != manifest.input_shape() => Err(shape_mismatch(manifest, &shape)),
        _ => Ok(()),
    }
}

/// Checks that the output is a logit for each label, or two where the network knows
/// voices.
fn check_output(
    optimised: &TypedModel,
    manifest: &Manifest,
    types: &TensorTypes,
) -> Result<(), ModelError> {
    let output = optimised.output_fact(0).map_err(not_loaded)?;
    types.check("output", output.datum_type, types.output)?;
    let (labels, rows) = (manifest.labels.len(), manifest.rows());
    let found = match output.shape.as_concrete() {
        Some(&[1, logits]) if logits == rows => return Ok(()),
        Some(shape) => format!("{shape:?}"),
        None => "of no fixed shape".into(),
    };
    Err(ModelError::Field {
        field: "labels",
        reason: format!(
            "names {labels} emotions; the network's output is {found}, not [1, {rows}]"
        ),
    })
}

/// The types of a network's input and output.
struct TensorTypes {
    /// Name of the quantization in the manifest.
    quantization: &'static str,
    input: DatumType,
    output: DatumType,
}

impl TensorTypes {
    fn of(quantization: Quantization) -> Self {
        let (quantization, input, output) = match quantization {
            Quantization::Float32 => ("float32", DatumType::F32, DatumType::F32),
            Quantization::Int8 => ("int8", DatumType::I8, DatumType::I32),
        };
        Self {
            quantization,
            input,
            output,
        }
    }

    fn check(&self, end: &str, found: DatumType, wanted: DatumType) -> Result<(), ModelError> {
        if found == wanted {
            return Ok(());
        }
        let name = self.quantization;
        let reason = format!("is {name:?}; the network's {end} is {found:?}, not {wanted:?}");
        let field = "network.quantization";
        Err(ModelError::Field { field, reason })
    }
}

/// Refuses a network of integers of which tract would compute a node in floats.
fn check_integers(model: &TypedModel) -> Result<(), ModelError> {
    for node in nodes(model).map_err(not_loaded)? {
        if node.is_float {
            let Node { name, operator, .. } = node;
            let reason = format!("is \"int8\"; its node {name:?} ({operator}) would run in floats");
            let field = "network.quantization";
            return Err(ModelError::Field { field, reason });
        }
    }
    Ok(())
}

/// Returns the error of an input that is not the manifest's.
fn shape_mismatch(manifest: &Manifest, shape: &[usize]) -> ModelError {
    let bands = manifest.features.bands;
    let (field, size) = match manifest.window {
        Some(Window { frames, .. }) => ("window.frames", format!("{frames} (with {bands} bands)")),
        None => ("features.bands", bands.to_string()),
    };
    let reason = format!("is {size}; the network's input is {shape:?}");
    ModelError::Field { field, reason }
}

fn optimise(model: InferenceModel) -> TractResult<TypedModel> {
    let mut typed = model.into_typed()?.into_decluttered()?;
    reset_state(&mut typed);
    typed.into_optimized()
}

/// Makes recurrences begin anew with every window. tract's importer leaves them
/// running from one call to the next, as a stream without windows would want.
fn reset_state(model: &mut TypedModel) {
    for node in &mut model.nodes {
        if let Some(scan) = node.op_as_mut::<Scan>() {
            scan.reset_every_turn = true;
        } else if let Some(gru) = node.op_as_mut::<GruSeq>() {
            gru.reset_every_turn = true;
        }
    }
}

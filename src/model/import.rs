//! A bundle's network, read into tract: parsed, held to its manifest, optimised.

use super::network::not_loaded;
use super::nodes::{Node, nodes};
use super::{Manifest, ModelError, Quantization, Window, int8};
use tract_onnx::prelude::*;
use tract_onnx::tract_core::ops::gru_seq::GruSeq;
use tract_onnx::tract_core::ops::scan::Scan;
use tract_onnx::tract_hir::infer::Factoid;
use tract_onnx::tract_hir::internal::DimLike;

/// The network of a bundle, optimised.
///
/// # Errors
/// [`ModelError::Field`] where it is not what the manifest says, and
/// [`ModelError::Network`] where tract cannot read it.
pub(super) fn import(network: &[u8], manifest: &Manifest) -> Result<TypedModel, ModelError> {
    let mut importer = onnx();
    if manifest.network.quantization == Quantization::Int8 {
        int8::register(&mut importer.op_register);
    }
    let mut model = importer
        .model_for_read(&mut std::io::Cursor::new(network))
        .map_err(not_loaded)?;
    let wanted = manifest.input_shape();
    let inputs = model.input_outlets().map_err(not_loaded)?.len();
    let outputs = model.output_outlets().map_err(not_loaded)?.len();
    if (inputs, outputs) != (1, 1) {
        let reason = format!("has {inputs} inputs and {outputs} outputs; it must have one of each");
        return Err(ModelError::Field {
            field: "network.file",
            reason,
        });
    }
    let numbers = Numbers::of(manifest.network.quantization);
    let input = model.input_fact(0).map_err(not_loaded)?;
    if let Some(found) = input.datum_type.concretize() {
        numbers.check("input", found, numbers.input)?;
    }
    let declared = input.shape.concretize();
    if let Some(shape) = declared.and_then(|dims| {
        dims.iter()
            .map(|dim| dim.to_usize().ok())
            .collect::<Option<Vec<_>>>()
    }) && shape != wanted
    {
        return Err(misfit(manifest, &shape));
    }
    let fact = InferenceFact::dt_shape(numbers.input, wanted);
    model.set_input_fact(0, fact).map_err(not_loaded)?;
    let optimised = forgetful(model)
        .and_then(TypedModel::into_optimized)
        .map_err(not_loaded)?;
    if manifest.network.quantization == Quantization::Int8 {
        check_integers(&optimised)?;
    }
    let output = optimised.output_fact(0).map_err(not_loaded)?;
    numbers.check("output", output.datum_type, numbers.output)?;
    let output = output.shape.as_concrete().map(<[_]>::to_vec);
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
    Ok(optimised)
}

/// The types of a network's ends.
struct Numbers {
    quantization: &'static str,
    input: DatumType,
    output: DatumType,
}

impl Numbers {
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

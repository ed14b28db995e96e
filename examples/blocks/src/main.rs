//! Runs one network through tract, on one state, as the program runs its own:
//!
//!     undertone-blocks NETWORK.onnx RUNS
//!     undertone-blocks NETWORK.onnx nodes
//!     undertone-blocks NETWORK.onnx time
//!
//! so many times, for a counter of instructions; or prints a line for each node
//! that tract made of it; or the shortest of its runs, in microseconds.
//! `scripts/bench blocks` drives it.

use std::error::Error;
use std::io::Write;
use std::time::{Duration, Instant};
use tract_onnx::prelude::*;
use tract_onnx::tract_core::ops::gru_seq::GruSeq;
use tract_onnx::tract_core::ops::konst::Const;
use tract_onnx::tract_core::ops::matmul::optimized::OptMatMul;
use tract_onnx::tract_core::ops::scan::{OptScan, Scan};

/// For how long `time` repeats the network.
const TIMED: Duration = Duration::from_millis(150);

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [network, task] = arguments.as_slice() else {
        return Err("usage: undertone-blocks NETWORK.onnx RUNS|nodes|time".into());
    };
    let model = optimised(network)?;
    let mut out = std::io::stdout().lock();
    match task.as_str() {
        "nodes" => print_nodes(&model, "", &mut out)?,
        "time" => writeln!(out, "{:.1}", shortest(model)?.as_secs_f64() * 1e6)?,
        runs => repeat(model, runs.parse()?)?,
    }
    Ok(())
}

/// Reads and optimises a network in the steps of `model::import`.
fn optimised(network: &str) -> TractResult<TypedModel> {
    let model = onnx().model_for_path(network)?;
    let mut typed = model.into_typed()?.into_decluttered()?;
    for node in &mut typed.nodes {
        if let Some(scan) = node.op_as_mut::<Scan>() {
            scan.reset_every_turn = true;
        } else if let Some(gru) = node.op_as_mut::<GruSeq>() {
            gru.reset_every_turn = true;
        }
    }
    typed.into_optimized()
}

fn repeat(model: TypedModel, runs: usize) -> TractResult<()> {
    let input = noise(model.input_fact(0)?)?;
    let mut state = model.into_runnable()?.spawn()?;
    for _ in 0..runs {
        state.run(tvec!(input.clone().into()))?;
    }
    Ok(())
}

/// The shortest run: what else the machine does only makes runs longer.
fn shortest(model: TypedModel) -> TractResult<Duration> {
    let input = noise(model.input_fact(0)?)?;
    let mut state = model.into_runnable()?.spawn()?;
    let (start, mut shortest) = (Instant::now(), Duration::MAX);
    while start.elapsed() < TIMED {
        let run = Instant::now();
        state.run(tvec!(input.clone().into()))?;
        shortest = shortest.min(run.elapsed());
    }
    Ok(shortest)
}

/// An input of the same numbers every time, spread over the type's range.
fn noise(fact: &TypedFact) -> TractResult<Tensor> {
    let shape: TVec<usize> = fact.shape.as_concrete().unwrap_or_default().into();
    let mut state = 1_u32;
    let bytes = (0..shape.iter().product()).map(|_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    });
    match fact.datum_type.unquantized() {
        DatumType::U8 => Tensor::from_shape(&shape, &bytes.collect::<Vec<_>>()),
        DatumType::I8 => {
            Tensor::from_shape(&shape, &bytes.map(u8::cast_signed).collect::<Vec<_>>())
        }
        _ => {
            let unit = bytes.map(|x| f32::from(x) / 255.0);
            Tensor::from_shape(&shape, &unit.collect::<Vec<_>>())
        }
    }
}

/// A line for each node that computes: the operator, the type of its result,
/// and the kernel, separated by tabs; what a loop repeats is indented.
fn print_nodes(
    model: &TypedModel,
    indent: &str,
    out: &mut dyn Write,
) -> Result<(), Box<dyn Error>> {
    for node in model.eval_order()?.into_iter().map(|id| &model.nodes[id]) {
        if node.op_is::<Const>() || node.inputs.is_empty() {
            continue;
        }
        let kernel = node
            .op_as::<OptMatMul>()
            .map(|product| product.mmm[0].name());
        let result = node.outputs[0].fact.datum_type.unquantized();
        let (name, kernel) = (node.op.name(), kernel.unwrap_or_default());
        writeln!(out, "{indent}{name}\t{result:?}\t{kernel}")?;
        if let Some(scan) = node.op_as::<OptScan>() {
            print_nodes(scan.plan.model(), &format!("{indent}  "), out)?;
        }
    }
    Ok(())
}

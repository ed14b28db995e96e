//! A network on tract's plan, the only way to run one.
//!
//! tract checks much of what it reads when it needs it, and some of it by a panic.
//! So a network is loaded and run behind a guard, and runs once on zeros before
//! anybody else gets it.

use super::ModelError;
use super::inspection::{Node, node_times, nodes};
use crate::guard::guarded;
use std::sync::Arc;
use std::time::Duration;
use tract_onnx::prelude::*;
use tract_onnx::tract_core::plan::SimpleState;

type Plan = TypedRunnableModel;
pub(super) type State = SimpleState<TypedFact, Box<dyn TypedOp>>;

/// A planned network of one input of a fixed shape. Sessions share it.
#[derive(Clone)]
pub(super) struct PlannedNetwork {
    plan: Arc<Plan>,
    input_shape: Arc<[usize]>,
}

impl PlannedNetwork {
    /// Plans the optimised network that `import` makes, and runs it once on zeros.
    ///
    /// # Errors
    /// `import`'s own, and [`ModelError::Network`] where tract fails or panics.
    pub(super) fn load(
        import: impl FnOnce() -> Result<TypedModel, ModelError>,
    ) -> Result<Self, ModelError> {
        let broken = || ModelError::Network("it breaks what loads it".into());
        guarded(|| Self::plan(import()?), broken)
    }

    fn plan(optimised: TypedModel) -> Result<Self, ModelError> {
        let input = optimised.input_fact(0).map_err(not_loaded)?;
        let Some(shape) = input.shape.as_concrete().map(Arc::from) else {
            let reason = format!("its input is {:?}, of no fixed shape", input.shape);
            return Err(ModelError::Network(reason));
        };
        let zeros = Tensor::zero_dt(input.datum_type, &shape).map_err(not_loaded)?;
        let network = Self {
            plan: optimised.into_runnable().map_err(not_loaded)?,
            input_shape: shape,
        };
        let mut session = network.session()?;
        session.state.run(tvec!(zeros.into())).map_err(not_loaded)?;
        Ok(network)
    }

    /// The nodes that tract runs.
    ///
    /// # Errors
    /// [`ModelError::Network`] when tract finds no order in them.
    pub(super) fn nodes(&self) -> Result<Vec<Node>, ModelError> {
        nodes(self.plan.model()).map_err(not_loaded)
    }

    /// A session of its own, for one thread.
    ///
    /// # Errors
    /// [`ModelError::Network`] when tract cannot allocate its state.
    pub(super) fn session(&self) -> Result<NetworkSession, ModelError> {
        Ok(NetworkSession {
            state: self.plan.spawn().map_err(not_loaded)?,
            input_shape: Arc::clone(&self.input_shape),
        })
    }
}

/// One thread's state of a planned network.
pub(super) struct NetworkSession {
    state: State,
    input_shape: Arc<[usize]>,
}

impl NetworkSession {
    /// The network's first output for an input given flat.
    ///
    /// # Errors
    /// [`ModelError::Run`] where the input's size or type is not the network's, and
    /// where tract fails or panics.
    pub(super) fn run<In: Datum + Copy, Out: Datum + Copy>(
        &mut self,
        input: &[In],
    ) -> Result<Vec<Out>, ModelError> {
        let run = || {
            let input = Tensor::from_shape(&self.input_shape, input)?;
            let output = self.state.run(tvec!(input.into()))?;
            Ok(output[0].try_as_plain_ram()?.as_slice::<Out>()?.to_vec())
        };
        guarded(run, || TractError::msg("it breaks what runs it")).map_err(not_run)
    }

    /// How long each of [`PlannedNetwork::nodes`] takes in one run on zeros.
    ///
    /// # Errors
    /// [`ModelError::Run`] where tract fails or panics.
    pub(super) fn node_times(&mut self) -> Result<Vec<Duration>, ModelError> {
        let broken = || TractError::msg("it breaks what runs it");
        guarded(|| node_times(&mut self.state), broken).map_err(not_run)
    }
}

/// An error of tract's while a network is loaded.
pub(super) fn not_loaded(error: TractError) -> ModelError {
    ModelError::Network(one_line(&error))
}

fn not_run(error: TractError) -> ModelError {
    ModelError::Run(one_line(&error))
}

/// tract's errors carry their context over several lines.
fn one_line(error: &TractError) -> String {
    format!("{error:#}")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

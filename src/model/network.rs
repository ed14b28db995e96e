//! A planned network: the only place where tract runs one.
//!
//! tract checks much of what it reads only when it needs it, and some of it by a
//! panic. So a network is loaded and run behind a guard, and runs once on zeros
//! before anything else is given it.

use super::ModelError;
use super::nodes::{Node, computing_nodes, nodes};
use crate::guard::guarded;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tract_onnx::prelude::*;
use tract_onnx::tract_core::plan::{SimpleState, eval};

type Plan = TypedRunnableModel;
type PlanState = SimpleState<TypedFact, Box<dyn TypedOp>>;

/// A planned network with one input of a fixed shape. Sessions share it.
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
        let network = Self {
            plan: optimised.into_runnable().map_err(not_loaded)?,
            input_shape: shape,
        };
        network.session()?.warm_up().map_err(not_loaded)?;
        Ok(network)
    }

    /// Returns the nodes that tract runs.
    ///
    /// # Errors
    /// [`ModelError::Network`] when tract finds no order in them.
    pub(super) fn nodes(&self) -> Result<Vec<Node>, ModelError> {
        nodes(self.plan.model()).map_err(not_loaded)
    }

    /// Returns a session of its own, for one thread.
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
    state: PlanState,
    input_shape: Arc<[usize]>,
}

impl NetworkSession {
    /// Computes the network's first output; input and output are flat, in the
    /// order of their axes.
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

    /// Computes the same of floats, which are numbers.
    ///
    /// # Errors
    /// As [`NetworkSession::run`], and [`ModelError::Run`] where one is none.
    pub(super) fn run_floats(&mut self, input: &[f32]) -> Result<Vec<f32>, ModelError> {
        let output = self.run::<f32, f32>(input)?;
        if output.iter().all(|number| number.is_finite()) {
            return Ok(output);
        }
        Err(ModelError::Run("its answer is no number".into()))
    }

    /// Measures each of [`PlannedNetwork::nodes`] in one run on zeros.
    ///
    /// # Errors
    /// [`ModelError::Run`] where tract fails or panics.
    pub(super) fn node_times(&mut self) -> Result<Vec<Duration>, ModelError> {
        let broken = || TractError::msg("it breaks what runs it");
        guarded(|| self.time_nodes(), broken).map_err(not_run)
    }

    fn time_nodes(&mut self) -> TractResult<Vec<Duration>> {
        let zeros = self.zeros()?;
        // The plan runs them in an order of its own.
        let mut times = vec![Duration::ZERO; self.state.model().nodes.len()];
        self.state
            .run_plan_with_eval(tvec!(zeros), |context, own, node, inputs| {
                let start = Instant::now();
                let results = eval(context, own, node, inputs);
                times[node.id] = start.elapsed();
                results
            })?;
        let nodes = computing_nodes(self.state.model())?.into_iter();
        Ok(nodes.map(|node| times[node.id]).collect())
    }

    /// Runs once on zeros, to find what tract does not check before it needs it, and
    /// networks that answer what is no number.
    fn warm_up(&mut self) -> TractResult<()> {
        let zeros = self.zeros()?;
        let output = self.state.run(tvec!(zeros))?;
        let output = output[0].try_as_plain_ram()?;
        let is_finite = |floats: &[f32]| floats.iter().all(|number| number.is_finite());
        if output.as_slice::<f32>().map_or(true, is_finite) {
            return Ok(());
        }
        Err(TractError::msg("its answer to silence is no number"))
    }

    fn zeros(&self) -> TractResult<TValue> {
        let input = self.state.model().input_fact(0)?;
        Ok(Tensor::zero_dt(input.datum_type, &self.input_shape)?.into())
    }
}

/// Converts tract's error while a network is loaded.
#[allow(clippy::needless_pass_by_value, reason = "as map_err gives it")]
pub(super) fn not_loaded(error: TractError) -> ModelError {
    ModelError::Network(one_line(&error))
}

/// Converts tract's error while a network runs.
#[allow(clippy::needless_pass_by_value, reason = "as map_err gives it")]
fn not_run(error: TractError) -> ModelError {
    ModelError::Run(one_line(&error))
}

/// Joins the lines over which tract's errors carry their context.
fn one_line(error: &TractError) -> String {
    format!("{error:#}")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

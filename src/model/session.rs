//! A checked model, and a session that runs its network.

use super::import::import;
use super::network::{NetworkSession, PlannedNetwork};
use super::{Bundle, Golden, Manifest, ModelError, Node, Quantization};
use crate::system::hex;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::Duration;

/// A checked bundle with its network planned. Sessions share it.
#[derive(Clone)]
pub struct Model {
    manifest: Arc<Manifest>,
    golden: Option<Arc<Golden>>,
    network: PlannedNetwork,
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
        let network = PlannedNetwork::load(|| import(&bundle.network, &manifest))?;
        Ok(Self {
            manifest: Arc::new(manifest),
            golden,
            network,
        })
    }

    /// Returns the bundle's manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Returns the bundle's golden values.
    pub fn golden(&self) -> Option<&Golden> {
        self.golden.as_deref()
    }

    /// Returns the nodes that tract runs.
    ///
    /// # Errors
    /// [`ModelError::Network`] when tract finds no order in them.
    pub fn nodes(&self) -> Result<Vec<Node>, ModelError> {
        self.network.nodes()
    }

    /// Returns logits of a network of integers in the units of the softmax.
    pub(crate) fn scaled(&self, logits: &[i32]) -> Vec<f32> {
        let scale = self.manifest.network.logit_scale.unwrap_or(1.0);
        logits.iter().map(|&logit| logit as f32 * scale).collect()
    }

    /// Returns a session of its own, for one thread.
    ///
    /// # Errors
    /// [`ModelError::Network`] when tract cannot allocate its state.
    pub fn session(&self) -> Result<Session, ModelError> {
        Ok(Session {
            model: self.clone(),
            network: self.network.session()?,
        })
    }
}

/// One thread's state of a model's network, which runs window after window.
pub struct Session {
    model: Model,
    network: NetworkSession,
}

impl Session {
    /// Measures each of [`Model::nodes`], on an input of zeros.
    ///
    /// # Errors
    /// [`ModelError::Run`] when tract fails.
    pub fn node_times(&mut self) -> Result<Vec<Duration>, ModelError> {
        self.network.node_times()
    }

    /// Returns the model that this session runs.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Computes the network's outputs, [`Manifest::rows`] of them, for a window of
    /// cells, frame after frame. A network of integers sees `cell - 128`, one of floats
    /// `cell / 255`.
    ///
    /// # Errors
    /// [`ModelError::Run`] when the window has another size or tract fails.
    pub fn logits(&mut self, cells: &[u8]) -> Result<Vec<f32>, ModelError> {
        match self.model.manifest.network.quantization {
            Quantization::Int8 => {
                let logits = self.integer_logits(cells)?;
                Ok(self.model.scaled(&logits))
            }
            Quantization::Float32 => {
                let window: Vec<f32> = cells.iter().map(|&cell| f32::from(cell) / 255.0).collect();
                self.network.run_floats(&window)
            }
        }
    }

    /// Computes the same of a network of integers, in its own steps.
    ///
    /// # Errors
    /// [`ModelError::Run`] as above, and when the network is one of floats.
    pub(crate) fn integer_logits(&mut self, cells: &[u8]) -> Result<Vec<i32>, ModelError> {
        let window: Vec<i8> = cells
            .iter()
            .map(|cell| (cell ^ 128).cast_signed())
            .collect();
        self.network.run::<_, i32>(&window)
    }

    /// Computes logits, one a label, of a recording's averages, as they are.
    ///
    /// # Errors
    /// [`ModelError::Run`] when there are not as many or tract fails.
    pub fn logits_of_averages(&mut self, averages: &[f32]) -> Result<Vec<f32>, ModelError> {
        self.network.run_floats(averages)
    }
}

/// Returns the SHA-256 in lowercase hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
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

//! Networks, and the bundles that they come in.
//!
//! A [`Bundle`] is a folder (or the one inside the binary): the manifest, the
//! network and values that prove both on the machine at hand. [`Model`] is a
//! bundle that has been checked and planned; a [`Session`] runs it.
//!
//! This is the only module that knows tract, and in it `network` alone runs one.

mod bundle;
mod error;
mod golden;
mod import;
mod int8;
mod manifest;
mod network;
mod nodes;
mod session;
mod vggish;

pub use bundle::Bundle;
pub use error::ModelError;
pub use golden::Golden;
#[cfg(fuzzing)]
pub use int8::fuzz_operators;
pub use manifest::{BaselineRule, DecisionRule, Manifest, NetworkFile, Quantization, Window};
pub use nodes::Node;
pub(crate) use session::sha256;
pub use session::{Model, Session};
pub use vggish::{EMBEDDING, VggishNetwork, VggishSession};

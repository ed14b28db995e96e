//! The objects that commands print.

use super::baseline_file::BaselineFile;
use super::file_result::{FileError, FileResult};
use super::message::ModelName;
use crate::evaluation::Evaluation;
use serde::{Deserialize, Serialize};

/// One object that a command prints.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Report {
    /// A recording's result, of `undertone classify`.
    Result(FileResult),
    /// A recording's failure, of `undertone classify`.
    Error(FileError),
    /// A voice's baseline, of `undertone baseline show`, and as it is stored.
    Baseline(BaselineFile),
    /// A model's figures, of `undertone evaluate`.
    Evaluation(EvaluationReport),
    /// A bundle's contents, of `undertone model inspect`.
    Model(ModelReport),
    /// A network's times, of `undertone model bench`.
    Bench(BenchReport),
}

impl Report {
    /// Returns the object as JSON with a line's end.
    pub fn to_line(&self) -> String {
        // Strings and numbers are JSON, always.
        serde_json::to_string(self).unwrap_or_default() + "\n"
    }
}

/// Figures of a model over labelled recordings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct EvaluationReport {
    /// The model.
    pub model: ModelName,
    /// Recordings that could not be read, which no figure counts.
    pub failed: usize,
    /// The figures.
    #[serde(flatten)]
    pub evaluation: Evaluation,
}

/// Contents of a bundle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ModelReport {
    /// Name in the manifest.
    pub name: String,
    /// Version in the manifest.
    pub version: String,
    /// Licence of the weights.
    pub licence: String,
    /// The corpora that it was trained on.
    pub training_data: Vec<String>,
    /// The labels.
    pub labels: Vec<String>,
    /// Numbers that the network computes in: `float32` or `int8`.
    pub quantization: String,
    /// SHA-256 of the network, in hexadecimal.
    pub sha256: String,
    /// Name of the feature set.
    pub features: String,
    /// Frames of a window; `null` for a model over averages.
    pub window: Option<usize>,
    /// Frames from one window to the next; `null` for a model over averages.
    pub hop: Option<usize>,
    /// Nodes of the optimised network, in the order in which they run.
    pub nodes: Vec<NodeReport>,
}

/// One node of an optimised network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct NodeReport {
    /// Name in the network.
    pub name: String,
    /// Name of the operator.
    pub operator: String,
    /// Type and shape of the result.
    pub result: String,
    /// Kernel of a product of matrices.
    pub kernel: Option<String>,
    /// True when the node reads or writes floats.
    pub float: bool,
}

/// Times of a network on this machine, on one thread.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct BenchReport {
    /// Milliseconds from the bundle's files to a session.
    pub load_ms: f64,
    /// Number of runs.
    pub runs: usize,
    /// The shortest run in microseconds.
    pub min_us: f64,
    /// The median run in microseconds.
    pub median_us: f64,
    /// 90th percentile of the runs in microseconds.
    pub p90_us: f64,
    /// 99th percentile of the runs in microseconds.
    pub p99_us: f64,
    /// The longest run in microseconds.
    pub max_us: f64,
    /// Resident memory in kilobytes; `null` where the system does not say.
    pub rss_kb: Option<u64>,
    /// The most memory so far in kilobytes; `null` where the system does not say.
    pub peak_rss_kb: Option<u64>,
    /// Instructions of a run; `null` where the system does not count them.
    pub instructions: Option<u64>,
    /// Times of the nodes, if asked for.
    pub nodes: Vec<NodeTime>,
}

/// The time of one node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct NodeTime {
    /// Name and operator.
    pub node: String,
    /// Median of the runs in microseconds.
    pub median_us: f64,
}

//! Golden values: a model's answer to a signal that anybody can make.

use super::{ModelError, Quantization};
use serde::{Deserialize, Serialize};

/// Hashes and scores that every machine must reproduce, as `golden.json` has them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Golden {
    /// SHA-256 of the test signal's samples, as little-endian 32-bit integers.
    pub input_sha256: String,
    /// SHA-256 of the network's input: a byte a cell, or little-endian floats.
    pub features_sha256: String,
    /// Scores by label, in the manifest's order.
    pub scores: Vec<f32>,
    /// Scores of the same input against the baseline of [`Self::baseline_sums`], of a
    /// network that knows voices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline_scores: Option<Vec<f32>>,
    /// That baseline: the sums of relative logits that the engine learns from a second
    /// test signal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline_sums: Option<Vec<i64>>,
}

impl Golden {
    /// Parses `golden.json`.
    ///
    /// # Errors
    /// [`ModelError::Syntax`].
    pub fn parse(text: &str) -> Result<Self, ModelError> {
        serde_json::from_str(text).map_err(|error| ModelError::Syntax {
            file: "golden.json".into(),
            reason: error.to_string(),
        })
    }

    /// Compares what this machine computed. Scores of a network of integers are
    /// the same everywhere; those of floats are within 1e-4, because their sums
    /// depend on the machine's vector width.
    ///
    /// # Errors
    /// [`ModelError::Golden`] that says which value differs.
    pub fn check(&self, computed: &Self, quantization: Quantization) -> Result<(), ModelError> {
        let most = match quantization {
            Quantization::Int8 => 0.0,
            Quantization::Float32 => 1e-4,
        };
        let differs = |what: &str, want: &dyn std::fmt::Debug, got: &dyn std::fmt::Debug| {
            Err(ModelError::Golden(format!(
                "{what} should be {want:?} and is {got:?}"
            )))
        };
        if self.input_sha256 != computed.input_sha256 {
            return differs(
                "the test signal's hash",
                &self.input_sha256,
                &computed.input_sha256,
            );
        }
        if self.features_sha256 != computed.features_sha256 {
            return differs(
                "the features' hash",
                &self.features_sha256,
                &computed.features_sha256,
            );
        }
        let close = self.scores.len() == computed.scores.len()
            && self
                .scores
                .iter()
                .zip(&computed.scores)
                .all(|(a, b)| (a - b).abs() <= most);
        if !close {
            return differs("the scores", &self.scores, &computed.scores);
        }
        if self.baseline_sums != computed.baseline_sums {
            let (want, got) = (&self.baseline_sums, &computed.baseline_sums);
            return differs("the sums of the baseline", want, got);
        }
        // Networks that know voices are of integers, whose scores are the same everywhere.
        if self.baseline_scores != computed.baseline_scores {
            let (want, got) = (&self.baseline_scores, &computed.baseline_scores);
            return differs("the scores against the baseline", want, got);
        }
        Ok(())
    }
}

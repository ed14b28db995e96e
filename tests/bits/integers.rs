//! A network of integers against what its reference in NumPy says of it, to the
//! bit, on every machine: `scripts/check/bits networks` runs this under ARM.
//!
//! `scripts/train/undertone_train/int8/fixture.py` made the network and the values.

use crate::testing::random_words;
use std::path::Path;
use undertone::model::{Bundle, Model, ModelError, Quantization};

fn model() -> Result<Model, ModelError> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/integers");
    Model::load(&Bundle::read(&folder)?)
}

/// The cells that the reference was given.
fn noise(seed: u32, cells: usize) -> Vec<u8> {
    let words = random_words(seed).take(cells);
    words.map(|word| (word >> 24) as u8).collect()
}

#[test]
fn logits_are_the_references() {
    let model = model().unwrap();
    let network = &model.manifest().network;
    assert_eq!(network.quantization, Quantization::Int8);
    let scale = network.logit_scale.unwrap();
    let known: Vec<Vec<i32>> =
        serde_json::from_str(include_str!("../data/integers/logits.json")).unwrap();
    let mut session = model.session().unwrap();
    for (seed, known) in (0..).zip(known) {
        let known: Vec<f32> = known.iter().map(|&logit| logit as f32 * scale).collect();
        let found = session.logits(&noise(seed, 188 * 66)).unwrap();
        assert_eq!(found, known, "window {seed}");
    }
}

#[test]
fn every_node_computes_in_integers() {
    let model = model().unwrap();
    let nodes = model.nodes().unwrap();
    assert!(nodes.iter().all(|node| !node.is_float), "{nodes:#?}");
    let ours = |name: &str| nodes.iter().filter(|node| node.operator == name).count();
    assert_eq!(ours("ConvolutionInteger"), 5);
    assert_eq!(ours("LSTMInteger"), 1);
    assert_eq!(ours("AttentionMeanInteger"), 1);
    assert_eq!(ours("JudgeInteger"), 1);
    let times = model.session().unwrap().node_times().unwrap();
    assert_eq!(times.len(), nodes.len());
}

#[test]
fn a_window_of_another_size_is_refused() {
    let mut session = model().unwrap().session().unwrap();
    for cells in [0, 188 * 66 - 1, 188 * 64] {
        assert!(session.logits(&vec![0; cells]).is_err(), "{cells} cells");
    }
}

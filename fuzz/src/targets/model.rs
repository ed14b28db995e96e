//! Networks that strangers made.

use std::fmt::Write;
use undertone::model::{Bundle, Manifest, Model};

const INTEGERS: &str = include_str!("../../../tests/data/integers/model.toml");
const FLOATS: &str = include_str!("../../../tests/data/floats/model.toml");

/// A network, whose hash is made right, is refused, or loaded and run: its logits are
/// then numbers, one a row.
pub fn network(bytes: &[u8]) {
    let Some((&which, network)) = bytes.split_first() else {
        return;
    };
    let text = if which.is_multiple_of(2) {
        INTEGERS
    } else {
        FLOATS
    };
    let Ok(manifest) = Manifest::parse(text) else {
        return;
    };
    let bundle = Bundle {
        manifest: text
            .replace(&manifest.network.sha256, &sha256(network))
            .into(),
        network: network.to_vec().into(),
        golden: None,
    };
    let Ok(model) = Model::load(&bundle) else {
        return;
    };
    let (Ok(mut session), Some(window)) = (model.session(), manifest.window) else {
        return;
    };
    let cells = window.frames * manifest.features.bands;
    let noise = crate::testing::random_words(1).take(cells);
    let noise: Vec<u8> = noise.map(|word| (word >> 24) as u8).collect();
    for cells in [vec![0; cells], noise] {
        if let Ok(logits) = session.logits(&cells) {
            assert_eq!(logits.len(), manifest.rows());
            assert!(logits.iter().all(|logit| logit.is_finite()));
        }
    }
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    let mut text = String::new();
    for byte in Sha256::digest(bytes) {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

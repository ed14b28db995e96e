//! The hashes that a Cortex-M must print; `scripts/cortex-m` compares.

use undertone::dsp::fixed::LogMel;

#[path = "../../examples/cortex-m/src/fingerprint.rs"]
mod fingerprint;

#[test]
fn fingerprints_are_the_known_ones() {
    let hashes = [
        (512, fingerprint::fingerprint(&mut LogMel::<512>::new())),
        (1024, fingerprint::fingerprint(&mut LogMel::<1024>::new())),
    ];
    for (points, hash) in hashes {
        println!("{points} {hash:016x}");
    }
    assert_eq!(
        hashes,
        [(512, 0xa1fc_72eb_05ff_375d), (1024, 0x0771_a17c_778b_0dc2)]
    );
}

//! The hashes that a Cortex-M must print; `scripts/check/cortex-m` compares.

use microfft::real::{rfft_512, rfft_1024};
use transforms::{hash, noise};
use undertone::dsp::fixed::LogMel;
use undertone::dsp::float::{RealFft, Spectrum, Stockham};

#[path = "../../examples/cortex-m/src/fingerprint.rs"]
mod fingerprint;
#[path = "../../examples/cortex-m/src/transforms.rs"]
mod transforms;

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

/// The bins of our transform, hashed.
fn stockham<const N: usize>() -> u64 {
    let values = noise::<N>();
    let pairs = values.as_chunks().0;
    hash(Stockham::<f32, N>::new().forward(pairs.iter().copied()))
}

/// The bins of microfft's, as they lie after the transform.
fn packed<const N: usize>(transform: fn(&mut [f32; N])) -> u64 {
    let mut values = noise::<N>();
    transform(&mut values);
    hash(Spectrum {
        dc: values[0],
        nyquist: values[1],
        between: values.as_chunks().0[1..].iter().copied(),
    })
}

#[test]
fn transforms_are_the_known_ones() {
    let hashes = [
        ("stockham-512", stockham::<512>()),
        ("stockham-1024", stockham::<1024>()),
        ("microfft-512", packed::<512>(|x| _ = rfft_512(x))),
        ("microfft-1024", packed::<1024>(|x| _ = rfft_1024(x))),
    ];
    for (name, hash) in hashes {
        println!("{name} {hash:016x}");
    }
    assert_eq!(
        hashes.map(|(_, hash)| hash),
        [
            0xe0c9_a98f_eac1_548f,
            0x6d4e_a23d_85fd_e230,
            0xbc5c_05c6_784b_333c,
            0x37ca_3486_9bfb_2b69,
        ]
    );
}

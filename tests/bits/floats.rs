//! The resampler and the float path.
//!
//! The integer path's hashes are in `cortex_m.rs`. Here are those of the
//! integer resampler and, because all its maths is Rust without contraction
//! and from `libm`, of the float path, too.

use crate::testing::random_words;
use undertone::dsp::fixed::{self, Resampler};
use undertone::dsp::float::{Classic, LogMel};

/// FNV-1a, 64 bits.
fn hash(bytes: impl IntoIterator<Item = u8>) -> u64 {
    bytes.into_iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// Two seconds at 16 kHz of a gliding sawtooth over noise, as 24-bit integers.
fn signal() -> Vec<i32> {
    let mut phase = 0_u32;
    (0..32_000_u32)
        .zip(random_words(1))
        .map(|(n, noise)| {
            phase = phase.wrapping_add(30_000_000 + 900 * n);
            (phase.cast_signed() >> 10) + (noise.cast_signed() >> 14)
        })
        .collect()
}

fn floats() -> Vec<f32> {
    signal()
        .iter()
        .map(|&sample| sample as f32 / 8_388_608.0)
        .collect()
}

#[test]
fn resampled_bits_are_the_known_ones() {
    let known = [
        (8_000, 0x04d6_7693_7acc_bfab),
        (22_050, 0xc3a8_83ad_78b7_c434),
        (32_000, 0x479d_91e6_4b45_59c9),
        (44_100, 0xb6fe_aaae_7b0c_d8b0),
        (48_000, 0xa40e_f2a1_c0fa_0339),
    ];
    let computed = known.map(|(rate, _)| {
        let mut resampler = Resampler::new(rate).unwrap();
        let mut out = Vec::new();
        resampler.push(&signal(), |made| out.extend_from_slice(made));
        resampler.finish(|made| out.extend_from_slice(made));
        (
            rate,
            hash(out.iter().flat_map(|sample| sample.to_le_bytes())),
        )
    });
    assert_eq!(computed, known, "{computed:#x?}");
}

#[test]
fn pitch_bits_are_the_known_ones() {
    let mut log_mel: Box<fixed::LogMel> = Box::default();
    let mut bytes = Vec::new();
    let mut keep = |_: &_, pitch: fixed::Pitch| bytes.extend([pitch.f0, pitch.voicing]);
    log_mel.push_with_pitch(&signal(), &mut keep);
    log_mel.finish_with_pitch(&mut keep);
    assert_eq!(bytes.len(), 2 * (1 + 32_000 / 256));
    let computed = hash(bytes);
    assert_eq!(computed, 0xf943_b8dc_2d9b_a052, "{computed:#x}");
}

#[test]
fn float_bits_are_the_known_ones() {
    let mut log_mel: Box<LogMel> = Box::new(LogMel::new(16_000.0));
    let mut bytes = Vec::new();
    let mut keep = |frame: &[f32; 64]| bytes.extend(frame.iter().flat_map(|x| x.to_le_bytes()));
    log_mel.push(&floats(), &mut keep);
    log_mel.finish(&mut keep);
    let mut classic: Box<Classic> = Box::default();
    classic.push(&floats());
    let numbers = classic.finish();
    let computed = [
        hash(bytes),
        hash(numbers.iter().flat_map(|x| x.to_le_bytes())),
    ];
    assert_eq!(
        computed,
        [0x9ca5_cf8e_7853_14a1, 0x8d33_421e_3cf8_1747],
        "{computed:#x?}"
    );
}

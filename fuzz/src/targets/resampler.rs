//! The converters of sample rates.

use crate::testing::Choices;
use undertone::audio::{FULL_SCALE, Pcm, RATES, Resampler};

/// Any rate to 16 kHz or another: the samples that the documentation counts, within
/// 24 bits, the same in any chunks and again after the end.
pub fn resampler(bytes: &[u8]) {
    let mut choices = Choices::new(bytes);
    let usual = [8_000, 11_025, 22_050, 32_000, 44_100, 48_000, 96_000];
    let span = (RATES.end() - RATES.start()) as usize;
    let from = match choices.below(8) {
        7 => RATES.start() + (choices.below(span / 64) * 64 + choices.below(64)) as u32,
        known => usual[known],
    };
    let to = [16_000, 16_000, 22_050][choices.below(3)];
    let chunk = 1 + choices.below(5000);
    let scale = 1 << choices.below(17);
    let samples: Vec<Pcm> = (0..choices.below(6000))
        .map(|_| {
            (i32::from(choices.byte().cast_signed()) * scale).clamp(-FULL_SCALE, FULL_SCALE - 1)
        })
        .collect();
    let Ok(mut resampler) = Resampler::new(from, to) else {
        return;
    };
    let mut convert = |chunk: usize| {
        let mut out = Vec::new();
        for chunk in samples.chunks(chunk) {
            resampler.push(chunk, &mut out);
        }
        resampler.finish(&mut out);
        out
    };
    let whole = convert(usize::MAX);
    let length = (samples.len() as u64 * u64::from(to)).div_ceil(u64::from(from));
    assert_eq!(whole.len() as u64, length, "{from} to {to}");
    assert!(
        whole
            .iter()
            .all(|sample| (-FULL_SCALE..FULL_SCALE).contains(sample))
    );
    assert_eq!(convert(chunk), whole, "{from} to {to} in chunks of {chunk}");
}

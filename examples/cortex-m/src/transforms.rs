//! Values to transform, and one number for their bins.

use undertone::dsp::float::Spectrum;

/// Noise in ±1, by a linear congruential generator.
#[allow(clippy::cast_precision_loss)]
pub const fn noise<const N: usize>() -> [f32; N] {
    let (mut values, mut state, mut n) = ([0.0; N], 1_u32, 0);
    while n < N {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        values[n] = (state.cast_signed() >> 8) as f32 / 8_388_608.0;
        n += 1;
    }
    values
}

/// The FNV-1a hash of all bins' bits.
pub fn hash(bins: Spectrum<f32, impl Iterator<Item = [f32; 2]>>) -> u64 {
    let ends = [[bins.dc, bins.nyquist]].into_iter();
    let words = ends.chain(bins.between).flatten();
    let bytes = words.flat_map(|value| value.to_bits().to_le_bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

//! Signals for the tests of this module.

/// White noise in ±0.5, by a linear congruential generator.
pub fn noise<const N: usize>(seed: u32) -> [f32; N] {
    let mut state = seed;
    core::array::from_fn(|_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state as f32 / u32::MAX as f32 - 0.5
    })
}

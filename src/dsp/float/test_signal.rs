//! Signals for the tests of this module.

use crate::testing::random_words;

/// White noise in ±0.5.
pub fn noise<const N: usize>(seed: u32) -> [f32; N] {
    let mut words = random_words(seed);
    core::array::from_fn(|_| words.next().unwrap_or_default() as f32 / u32::MAX as f32 - 0.5)
}

/// A sine of `hz` hertz and amplitude 1, sampled `rate` times a second.
pub fn tone<const N: usize>(hz: f64, rate: f64) -> [f32; N] {
    core::array::from_fn(|n| libm::sin(core::f64::consts::TAU * hz * n as f64 / rate) as f32)
}

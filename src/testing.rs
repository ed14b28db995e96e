//! What the tests share: one source of noise, and one way to skip.

#![allow(dead_code, reason = "each crate of tests uses a part")]
#![allow(clippy::print_stdout, reason = "a test that is skipped says why")]

/// A linear congruential generator's states behind a seed (Numerical Recipes).
pub fn random_words(seed: u32) -> impl Iterator<Item = u32> {
    let next = |x: &u32| Some(x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
    std::iter::successors(Some(seed), next).skip(1)
}

/// White noise in ±1 that is the same everywhere.
pub fn noise(seed: u32) -> impl Iterator<Item = f64> {
    // Seeds that follow each other should not give streams that resemble each other.
    let seed = seed.wrapping_mul(2_654_435_769).wrapping_add(1);
    random_words(seed).map(|word| f64::from(word.cast_signed()) / 2_147_483_648.0)
}

/// Says why a test, or a part of it, is skipped.
///
/// # Panics
/// Where `UNDERTONE_NO_SKIP` is 1: there everything is installed that tests need.
pub fn skip(reason: &str) {
    let allowed = std::env::var_os("UNDERTONE_NO_SKIP").is_none_or(|value| value != "1");
    assert!(allowed, "UNDERTONE_NO_SKIP forbids to skip this: {reason}");
    println!("skipped: {reason}");
}

//! What the tests and the fuzz targets share: one source of noise, of choices, of FIFOs,
//! and one way to skip.

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

/// The bytes of an input, taken as one choice after the other; zeros behind their end.
pub struct Choices<'a>(&'a [u8]);

impl<'a> Choices<'a> {
    /// The choices that these bytes stand for.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Returns true when only zeros will come.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes a byte.
    pub fn byte(&mut self) -> u8 {
        let (&first, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        first
    }

    /// Takes a number below another, which is at least 1: of one byte or of three.
    pub fn below(&mut self, end: usize) -> usize {
        let mut word = usize::from(self.byte());
        if end > 256 {
            word = word << 16 | usize::from(self.byte()) << 8 | usize::from(self.byte());
        }
        word % end
    }
}

/// Makes a FIFO.
///
/// # Panics
/// Where there can be none.
pub fn make_fifo(path: &std::path::Path) {
    let made = std::process::Command::new("mkfifo").arg(path).status();
    assert!(made.is_ok_and(|status| status.success()));
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

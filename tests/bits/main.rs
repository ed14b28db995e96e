//! The same bits on every machine: `scripts/check/bits` runs these under ARM.

mod cortex_m;
mod floats;
#[cfg(feature = "program")]
mod integers;

#[path = "../../src/testing.rs"]
mod testing;

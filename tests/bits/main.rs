//! The same bits on every machine: `scripts/arm-bits` runs these under ARM.

mod cortex_m;
mod floats;
#[cfg(feature = "program")]
mod integers;

//! Undertone's integer front end on a Cortex-M without operating system.
//!
//! Computes the log-mel frames of a generated signal and prints their hash to
//! the debugger (semihosting); `tests/bits/cortex_m.rs` computes the same on the
//! host, and `scripts/check/cortex-m` compares the two under QEMU.

#![no_std]
#![no_main]

use cortex_m_rt::entry;
use undertone::dsp::fixed::LogMel;
use undertone_cortex_m::{fingerprint::fingerprint, finish};

const FFT: usize = if cfg!(feature = "fft-512") { 512 } else { 1024 };

#[entry]
fn main() -> ! {
    // Static, so that the linker accounts for its memory.
    static mut LOG_MEL: Option<LogMel<FFT>> = None;
    finish(fingerprint(LOG_MEL.get_or_insert_default()))
}

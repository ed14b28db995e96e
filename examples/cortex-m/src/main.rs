//! Undertone's integer front end on a Cortex-M without operating system.
//!
//! Computes the log-mel frames of a generated signal and prints their hash to
//! the debugger (semihosting); `tests/bits/cortex_m.rs` computes the same on the
//! host, and `scripts/cortex-m` compares the two under QEMU.

#![no_std]
#![no_main]

mod fingerprint;

use core::panic::PanicInfo;
use cortex_m_rt::entry;
use cortex_m_semihosting::{debug, hio};
use undertone::dsp::fixed::LogMel;

const FFT: usize = if cfg!(feature = "fft-512") { 512 } else { 1024 };

#[entry]
fn main() -> ! {
    // Static, so that the linker accounts for its memory.
    static mut LOG_MEL: Option<LogMel<FFT>> = None;
    let hash = fingerprint::fingerprint(LOG_MEL.get_or_insert_default());
    print(hash);
    debug::exit(debug::EXIT_SUCCESS);
    loop {
        core::hint::spin_loop();
    }
}

/// Sixteen hexadecimal digits and a line's end, without the formatter's weight.
fn print(hash: u64) {
    let mut line = [b'\n'; 17];
    for (i, digit) in line[..16].iter_mut().enumerate() {
        *digit = b"0123456789abcdef"[(hash >> (60 - 4 * i)) as usize & 15];
    }
    if let Ok(mut out) = hio::hstdout() {
        // Without a debugger there is nobody to tell.
        let _ = out.write_all(&line);
    }
}

#[panic_handler]
fn panic(_: &PanicInfo) -> ! {
    debug::exit(debug::EXIT_FAILURE);
    loop {
        core::hint::spin_loop();
    }
}

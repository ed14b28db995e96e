//! A float transform on a Cortex-M without operating system: `microfft`'s, ours,
//! or none, which is what the program around it takes.
//!
//! Transforms noise once, and before that as often as the variable `TRANSFORMS`
//! said when it was built; prints the hash of the bins. `scripts/check/cortex-m
//! transforms` counts the instructions, flash and RAM.

#![no_std]
#![no_main]

use cortex_m_rt::entry;
use undertone::dsp::float::{RealFft, Spectrum};
use undertone_cortex_m::finish;
use undertone_cortex_m::transforms::{hash, noise};

const POINTS: usize = if cfg!(feature = "fft-512") { 512 } else { 1024 };

#[cfg(feature = "microfft")]
type Fft = undertone::dsp::float::Microfft<POINTS>;
#[cfg(all(feature = "stockham", not(feature = "microfft")))]
type Fft = undertone::dsp::float::Stockham<f32, POINTS>;
#[cfg(not(any(feature = "stockham", feature = "microfft")))]
type Fft = NoTransform;

/// Gives the values back as they came.
#[derive(Clone)]
pub struct NoTransform;

impl RealFft<f32> for NoTransform {
    fn new() -> Self {
        Self
    }

    fn forward(
        &mut self,
        pairs: impl ExactSizeIterator<Item = [f32; 2]>,
    ) -> Spectrum<f32, impl Iterator<Item = [f32; 2]>> {
        Spectrum {
            dc: 0.0,
            nyquist: 0.0,
            between: pairs,
        }
    }
}

#[entry]
fn main() -> ! {
    // Static, so that the linker accounts for its memory.
    static mut FFT: Option<Fft> = None;
    static NOISE: [f32; POINTS] = noise();
    let fft = FFT.get_or_insert_with(Fft::new);
    let mut last = 0;
    for _ in 0..count() {
        let pairs = core::hint::black_box(&NOISE).as_chunks().0;
        last = core::hint::black_box(fft.forward(pairs.iter().copied()).dc).to_bits();
    }
    let pairs = NOISE.as_chunks().0;
    finish(hash(fft.forward(pairs.iter().copied())) ^ u64::from(last == 1))
}

/// The number in `TRANSFORMS`.
const fn count() -> u32 {
    let digits = match option_env!("TRANSFORMS") {
        Some(digits) => digits.as_bytes(),
        None => b"0",
    };
    let (mut count, mut i) = (0, 0);
    while i < digits.len() {
        count = 10 * count + (digits[i] - b'0') as u32;
        i += 1;
    }
    count
}

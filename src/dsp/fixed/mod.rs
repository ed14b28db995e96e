//! The microphone's path in integers: resampler, log-mels, pitch and the
//! network's input.
//!
//! From PCM to the network's input there is no float, so that the result is the
//! same bits on every machine, and quick on those without a floating-point unit.
//! Tables are integers made at build time. The reference is
//! [`float::LogMel`](super::float::LogMel).
//!
//! | quantity | form |
//! |---|---|
//! | samples | i32, full scale ±2^23; 16-bit PCM is shifted left by 8 |
//! | spectrum | i32 with one exponent a frame (block floating point) |
//! | power, band power | u64 with the frame's exponent |
//! | log-mel levels | i32, decibels in Q16 ([`DECIBEL`]); 0 dB is the power 1 at full scale ±1 |
//! | pitch | u8 fundamental frequency in sixths of a semitone, and u8 voicing: [`Pitch`] |
//! | the network's input | u8, see [`quantize`] |
//!
//! Levels have 32 bits because the network's input asks for them: the range
//! from a full-scale tone to the floor in 16 bits makes steps of 0.002 dB, and
//! these alone move one cell in 700 across a rounding boundary.
//!
//! ```
//! use undertone::dsp::fixed::{DECIBEL, LogMel, NETWORK_BANDS, quantize};
//!
//! let mut log_mel: LogMel = LogMel::new();
//! let mut frames = Vec::new();
//! let pcm = [0_i16, 9000, 0, -9000].repeat(1024);
//! let samples: Vec<i32> = pcm.iter().map(|&sample| i32::from(sample) << 8).collect();
//! log_mel.push(&samples, |frame| frames.extend_from_slice(frame));
//! log_mel.finish(|frame| frames.extend_from_slice(frame));
//! assert_eq!(frames.len(), (1 + 4096 / 256) * NETWORK_BANDS);
//! assert!(frames.iter().max() > Some(&(10 * DECIBEL)));
//!
//! let mut quantized = vec![0; frames.len()];
//! quantize(&frames, &mut quantized);
//! assert_eq!(quantized.iter().max(), Some(&255));
//! ```

mod fft;
mod filterbank;
mod log2;
mod log_mel;
mod mfcc;
mod pitch;
mod quantize;
#[cfg(test)]
mod reference;
mod resampler;
mod spectrum;

pub use filterbank::NETWORK_BANDS;
pub use log_mel::{LEVEL_FLOOR, LogMel};
pub use mfcc::mfcc;
pub use pitch::{F0_MIN, PITCH_STEPS, Pitch};
pub use quantize::{LOUD, quantize};
pub use resampler::Resampler;

/// One decibel, in the unit of levels.
pub const DECIBEL: i32 = 1 << 16;

/// `x / 2^bits`, rounded to nearest, halves upwards.
#[inline(always)]
fn shift_right(x: i64, bits: u32) -> i64 {
    (x + ((1 << bits) >> 1)) >> bits
}

#[cfg(test)]
mod tests {
    use super::shift_right;

    #[test]
    fn shifts_round_to_nearest() {
        for (x, bits, want) in [
            (5, 0, 5),
            (5, 1, 3),
            (-5, 1, -2),
            (-5, 2, -1),
            (7, 3, 1),
            (3, 3, 0),
        ] {
            assert_eq!(shift_right(x, bits), want, "{x} >> {bits}");
        }
    }
}

//! Acoustic features, streaming and without allocation.
//!
//! Samples go in, in chunks of any size; frames of features come out. Nothing
//! here allocates, does I/O or can fail once constructed, and nothing needs
//! `std`: the module builds for microcontrollers (`--no-default-features`).
//! Transcendental functions come from `libm`, whose results do not depend on
//! the machine, so the same samples give the same features everywhere.
//!
//! ```
//! use undertone::dsp::{LogMel, NETWORK_BANDS};
//!
//! let mut log_mel: LogMel = LogMel::new(16_000.0);
//! let mut loudest = f32::MIN;
//! log_mel.push(&[0.25; 4096], |frame: &[f32; NETWORK_BANDS]| {
//!     loudest = frame.iter().copied().fold(loudest, f32::max);
//! });
//! assert!(loudest > -20.0);
//! ```

mod butterfly;
mod chroma;
mod classic;
mod contrast;
mod dct;
mod decibel;
mod delta;
mod descriptors;
mod fft;
pub mod fixed;
mod framer;
mod hann;
mod log_mel;
mod mel;
mod mfcc;
mod parabola;
#[cfg(test)]
mod reference;
mod resampler;
mod spectrum;
mod table;
#[cfg(test)]
mod test_signal;
mod tonnetz;
mod tuning;
mod vectorised;
mod vggish;
mod yin;

pub use chroma::{Chroma, PITCH_CLASSES};
pub use classic::{CLASSIC_FEATURES, CLASSIC_RATE, CLASSIC_SAMPLES, Classic};
pub use contrast::{CONTRAST_BANDS, Contrast};
pub use dct::Dct;
pub use decibel::{POWER_FLOOR, TOP_DB, decibels, limit_range};
pub use delta::{delta, delta_delta};
pub use descriptors::{rms, spectral_centroid, spectral_rolloff, zero_crossing_rate};
pub use fft::{Real, RealFft};
pub use framer::{Framer, Padding};
pub use hann::hann;
pub use log_mel::{LogMel, NETWORK_BANDS};
pub use mel::{MelBank, MelNorm, MelScale, hz_to_mel, mel_to_hz};
pub use mfcc::Mfcc;
pub use resampler::Resampler;
pub use spectrum::PowerSpectrum;
pub use tonnetz::{TONNETZ_DIMENSIONS, Tonnetz};
pub use tuning::{Peak, peaks, tuning};
pub use vggish::{VGGISH_BANDS, VGGISH_FRAMES, VGGISH_RANGE, VGGISH_RATE, Vggish, VggishExample};
pub use yin::Yin;

//! The reference features in floating point: what librosa computes, frame by
//! frame, and the input of `VGGish`.
//!
//! Each family is a file, and says which call of librosa it equals. The command
//! `features` computes them from files; the microphone's path is
//! [`fixed`](super::fixed).

mod chroma;
mod classic;
mod contrast;
mod dct;
mod decibel;
mod delta;
mod descriptors;
mod fft;
mod filterbank;
mod hann;
mod log_mel;
mod mfcc;
mod parabolic_interpolation;
mod spectrum;
#[cfg(test)]
mod test_signal;
mod tonnetz;
mod tuning;
mod vggish;
mod yin;

pub use chroma::{Chroma, PITCH_CLASSES};
pub use classic::{CLASSIC_FEATURES, CLASSIC_RATE, CLASSIC_SAMPLES, Classic};
pub use contrast::{CONTRAST_BANDS, Contrast};
pub use dct::Dct;
pub use decibel::{POWER_FLOOR, TOP_DB, decibels, limit_range};
pub use delta::{delta, delta_delta};
pub use descriptors::{rms, spectral_centroid, spectral_rolloff, zero_crossing_rate};
#[cfg(target_os = "none")]
pub use fft::Microfft;
pub use fft::{Real, RealFft, Spectrum, Stockham};
pub use filterbank::{MelBank, MelNorm, MelScale};
pub use hann::hann;
pub use log_mel::LogMel;
pub use mfcc::Mfcc;
pub use spectrum::PowerSpectrum;
pub use tonnetz::{TONNETZ_DIMENSIONS, Tonnetz};
pub use tuning::{Peak, peaks, tuning};
pub use vggish::{VGGISH_BANDS, VGGISH_FRAMES, VGGISH_RANGE, VGGISH_RATE, Vggish, VggishExample};
pub use yin::Yin;

//! Sound in: files, pipes and microphones.
//!
//! Everything leaves this module as [`Pcm`]: mono, 24-bit, at the rate that
//! was asked for. It is the only module that knows codecs and devices.

mod damage;
mod decode;
mod downmix;
mod error;
mod raw;
mod resample;
mod source;

#[cfg(feature = "microphone")]
mod capture;
#[cfg(feature = "microphone")]
mod capture_config;

#[cfg(feature = "microphone")]
pub use capture::{Device, Microphone, devices};
pub use damage::Damage;
pub use error::AudioError;
pub use raw::RawReader;
pub use resample::{RATES, Resampler};
pub use source::AudioSource;

/// One mono sample: a signed 24-bit integer, full scale `±2^23`.
///
/// 16-bit PCM fits by a shift and 24-bit microphones lose nothing.
pub type Pcm = i32;

/// `1.0` in [`Pcm`].
pub const FULL_SCALE: Pcm = 1 << 23;

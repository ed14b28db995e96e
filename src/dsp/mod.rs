//! Acoustic features, streaming and without allocation.
//!
//! Samples go in, in chunks of any size; frames of features come out. Nothing
//! here allocates, does I/O or can fail once constructed, and nothing needs
//! `std`: the module builds for microcontrollers (`--no-default-features`).
//!
//! | module | contents |
//! |---|---|
//! | [`fixed`] | the microphone's path, from PCM to the network's input, in integers |
//! | [`float`] | the reference: the feature families of librosa, and `VGGish`'s input, for files |
//!
//! Both stand on the framer, the mel scale and the dispatch to the processor's
//! vector instructions in this folder. Transcendental functions come from
//! `libm`, whose results do not depend on the machine, so the same samples give
//! the same features everywhere.
//!
//! ```
//! use undertone::dsp::fixed::NETWORK_BANDS;
//! use undertone::dsp::float::LogMel;
//!
//! let mut log_mel: LogMel = LogMel::new(16_000.0);
//! let mut loudest = f32::MIN;
//! log_mel.push(&[0.25; 4096], |frame: &[f32; NETWORK_BANDS]| {
//!     loudest = frame.iter().copied().fold(loudest, f32::max);
//! });
//! assert!(loudest > -20.0);
//! ```

mod dispatch;
pub mod fixed;
pub mod float;
mod framer;
mod mel_scale;
mod table;

pub use framer::{Framer, Padding};
pub use mel_scale::{hz_to_mel, mel_to_hz};

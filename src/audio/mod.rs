//! Sound in: files, pipes and microphones.
//!
//! Everything leaves this module as [`Pcm`]: mono, 24-bit, at the rate that
//! was asked for. It is the only module that knows codecs and devices.

mod channel;
mod damage;
mod decode;
mod downmix;
mod error;
mod isolated;
mod raw;
mod resample;
mod source;

#[cfg(feature = "microphone")]
mod capture;

#[cfg(feature = "microphone")]
pub use capture::{Device, Microphone, devices};
pub use channel::{Channel, Channels};
pub use damage::Damage;
pub use error::AudioError;
pub use isolated::{DECODER_ARGUMENT, DecoderPool, IsolatedSource, decode_requests};
pub use raw::{RawFormat, RawSample};
pub use resample::{RATES, Resampler};
pub use source::{AudioSource, FileKind};

/// One mono sample: a signed 24-bit integer, full scale `±2^23`.
///
/// 16-bit PCM fits by a shift and 24-bit microphones lose nothing.
pub type Pcm = i32;

/// `1.0` in [`Pcm`].
pub const FULL_SCALE: Pcm = 1 << 23;

/// The losses of a microphone since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Overruns {
    /// Samples a channel that nobody took in time.
    pub samples: u64,
    /// Times that the driver reported a loss: of how many samples, it does not
    /// say.
    pub reports: u64,
}

impl Overruns {
    /// Returns both as one figure, in which a report counts as a sample.
    pub fn total(&self) -> u64 {
        self.samples + self.reports
    }
}

//! Microphones as the supervisor sees them.

use crate::audio::{AudioError, Overruns, Pcm};
use std::sync::Arc;

/// A microphone, or another device that delivers samples.
pub trait AudioInput: Send {
    /// Appends the samples that have arrived, without waiting. Returns how many that
    /// was at the device's rate.
    ///
    /// # Errors
    /// [`AudioError`] when it is gone.
    fn read(&mut self, out: &mut Vec<Pcm>) -> Result<usize, AudioError>;
    /// Returns its losses since it was opened.
    fn overruns(&self) -> Overruns;
    /// Returns the rate that was asked of the device, in hertz.
    fn rate(&self) -> u32;
    /// Returns its name and its configuration, in words.
    fn describe(&self) -> String;
    /// Returns its name.
    fn name(&self) -> String;
}

/// An opened microphone, or why there is none.
pub type OpenResult = Result<Box<dyn AudioInput>, AudioError>;

/// Opens the microphone. It may take its time, and be called again while it does.
pub type OpenFn = Arc<dyn Fn() -> OpenResult + Send + Sync>;

/// The error of a device, with a reason in words.
pub(super) fn failure(device: &str, reason: impl Into<String>) -> AudioError {
    AudioError::Device {
        device: device.into(),
        reason: reason.into(),
    }
}

//! The microphone as a supervised device.

use super::OpenFn;
use crate::audio::Channel;
use std::sync::Arc;

#[cfg(feature = "microphone")]
mod driver {
    use super::super::{AudioInput, OpenResult};
    use crate::SAMPLE_RATE;
    use crate::audio::{AudioError, Channel, Microphone, Overruns, Pcm};

    impl AudioInput for Microphone {
        fn read(&mut self, out: &mut Vec<Pcm>) -> Result<usize, AudioError> {
            self.read(out)
        }

        fn overruns(&self) -> Overruns {
            self.overruns()
        }

        fn rate(&self) -> u32 {
            self.rate()
        }

        fn describe(&self) -> String {
            format!("{} ({})", self.name(), self.configuration())
        }

        fn name(&self) -> String {
            self.name().into()
        }
    }

    pub fn open(device: Option<&str>, channel: Channel) -> OpenResult {
        Ok(Box::new(Microphone::open(device, SAMPLE_RATE, channel)?))
    }
}

#[cfg(not(feature = "microphone"))]
mod driver {
    use super::super::OpenResult;
    use crate::audio::{AudioError, Channel};

    pub fn open(_: Option<&str>, _: Channel) -> OpenResult {
        Err(AudioError::Device {
            device: "of this build".into(),
            reason: "it was built without microphones; use --input".into(),
        })
    }
}

/// Returns what opens the microphone of that id, or the system's default, to hear that
/// channel.
pub fn open_microphone(device: Option<String>, channel: Channel) -> OpenFn {
    Arc::new(move || driver::open(device.as_deref(), channel))
}

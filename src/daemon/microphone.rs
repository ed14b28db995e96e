//! The microphone as something to supervise.

use super::supervisor::Open;
use std::sync::Arc;

#[cfg(feature = "microphone")]
mod with {
    use super::super::supervisor::{Opened, Source};
    use crate::SAMPLE_RATE;
    use crate::audio::{AudioError, Microphone, Overruns, Pcm};

    impl Source for Microphone {
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

    pub fn open(device: Option<&str>) -> Opened {
        Ok(Box::new(Microphone::open(device, SAMPLE_RATE)?))
    }
}

#[cfg(not(feature = "microphone"))]
mod with {
    use super::super::supervisor::Opened;
    use crate::audio::AudioError;

    pub fn open(_: Option<&str>) -> Opened {
        Err(AudioError::Device {
            device: "of this build".into(),
            reason: "it was built without microphones; use --input".into(),
        })
    }
}

/// How the microphone of that id, or the system's default, is opened.
pub fn open_microphone(device: Option<String>) -> Open {
    Arc::new(move || with::open(device.as_deref()))
}

//! A device in memory.

use super::AudioInput;
use crate::audio::{AudioError, Overruns, Pcm};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Samples that it delivers when it is read every 60 ms at its rate.
const CHUNK: usize = 960;

/// A device that delivers for so many reads, and then is gone or stalls.
#[derive(Clone)]
pub struct Fake {
    pub reads: usize,
    /// Samples a read.
    pub chunk: usize,
    pub stalls: bool,
    pub overruns: Overruns,
    /// Set where it delivers half, and its driver says that it lost some.
    pub stormy: bool,
    pub open: Arc<AtomicU64>,
}

impl Fake {
    pub fn lasting(reads: usize) -> Self {
        Self {
            reads,
            chunk: CHUNK,
            stalls: false,
            overruns: Overruns::default(),
            stormy: false,
            open: Arc::default(),
        }
    }

    pub fn open(&self) -> Box<dyn AudioInput> {
        self.open.fetch_add(1, Ordering::Relaxed);
        Box::new(self.clone())
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.open.fetch_sub(1, Ordering::Relaxed);
    }
}

impl AudioInput for Fake {
    fn read(&mut self, out: &mut Vec<Pcm>) -> Result<usize, AudioError> {
        let Some(left) = self.reads.checked_sub(1) else {
            let gone = Err(AudioError::NoDevice("fake".into()));
            return if self.stalls { Ok(0) } else { gone };
        };
        self.reads = left;
        self.overruns.samples *= 2;
        let count = if self.stormy {
            self.chunk / 2
        } else {
            self.chunk
        };
        self.overruns.reports += u64::from(self.stormy);
        out.extend(std::iter::repeat_n(1, count));
        Ok(count)
    }

    fn overruns(&self) -> Overruns {
        self.overruns
    }

    fn rate(&self) -> u32 {
        16_000
    }

    fn describe(&self) -> String {
        "fake (16000 Hz)".into()
    }

    fn name(&self) -> String {
        "fake".into()
    }
}

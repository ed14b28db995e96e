//! A device in memory.

use crate::audio::{AudioError, Overruns, Pcm};
use crate::daemon::supervisor::Source;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A device that delivers for so many turns, and then as `end` says.
#[derive(Clone, Default)]
pub struct Fake {
    pub turns: usize,
    pub stalls: bool,
    pub overruns: Overruns,
    /// Whether it delivers half, and its driver says that it lost some.
    pub stormy: bool,
    pub open: Arc<AtomicU64>,
}

impl Fake {
    pub fn lasting(turns: usize) -> Self {
        let mut fake = Self::default();
        fake.turns = turns;
        fake
    }

    pub fn open(&self) -> Box<dyn Source> {
        self.open.fetch_add(1, Ordering::Relaxed);
        Box::new(self.clone())
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.open.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Source for Fake {
    fn read(&mut self, out: &mut Vec<Pcm>) -> Result<usize, AudioError> {
        let Some(left) = self.turns.checked_sub(1) else {
            let gone = Err(AudioError::NoDevice("fake".into()));
            return if self.stalls { Ok(0) } else { gone };
        };
        self.turns = left;
        self.overruns.samples *= 2;
        let count = if self.stormy { 480 } else { 960 };
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

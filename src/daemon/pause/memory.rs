//! A pause that outlives a restart.

use crate::error::with_causes;
use crate::system::{Level, create_durably, log, remove_durably};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Time after which what could not be written is tried again.
const RETRY_WRITE: Duration = Duration::from_mins(1);

/// The file that is there while the microphone is to stay closed over a restart.
pub struct PauseMemory {
    file: Option<PathBuf>,
    /// Set if the next start will be paused.
    written: bool,
    /// Time at which writing is tried again, if it has failed.
    retry_at: Option<Instant>,
}

impl PauseMemory {
    /// The memory in a file, as the last run left it: paused if the file is there,
    /// or if that cannot be told. Without a file nothing is remembered.
    pub fn new(file: Option<PathBuf>) -> Self {
        let is_free = |file: &PathBuf| matches!(file.try_exists(), Ok(false));
        let written = file.as_ref().is_some_and(|file| !is_free(file));
        Self {
            file,
            written,
            retry_at: None,
        }
    }

    /// Returns the file, if there is one.
    pub(super) fn file(&self) -> Option<&PathBuf> {
        self.file.as_ref()
    }

    /// Returns `true` if the next start will be paused.
    pub fn is_paused(&self) -> bool {
        self.written
    }

    /// Keeps up with the switch. The end of a pause is written at once; a pause that
    /// is new is left to [`write`](Self::write), which is for when the microphone has
    /// been closed. What could not be written is tried again.
    pub fn poll(&mut self, paused: bool, now: Instant) {
        if paused == self.written {
            self.retry_at = None;
        } else if self.retry_at.map_or(!paused, |time| now >= time) {
            // It has been logged, and is tried again.
            let _ = self.write(paused, now);
        }
    }

    /// Makes the state survive a restart.
    ///
    /// # Errors
    /// A sentence, which is logged once, why it will not.
    pub fn write(&mut self, paused: bool, now: Instant) -> Result<(), String> {
        let first = self.retry_at.is_none();
        let outcome = self.store(paused);
        if let Err(sentence) = &outcome {
            self.retry_at = Some(now + RETRY_WRITE);
            if first {
                log(Level::Warning, sentence);
            }
        }
        outcome
    }

    /// Writes, at the program's end, what was asked for since the last poll or could
    /// not be written yet.
    pub fn finish(mut self, paused: bool) {
        if let Err(sentence) = self.store(paused) {
            log(Level::Warning, sentence);
        }
    }

    fn store(&mut self, paused: bool) -> Result<(), String> {
        if paused == self.written {
            return Ok(());
        }
        store(self.file.as_deref(), paused).map_err(|error| forgotten(paused, &error))?;
        self.written = paused;
        Ok(())
    }
}

fn store(file: Option<&Path>, paused: bool) -> io::Result<()> {
    let reason = "privacy.state_file is not configured";
    let file = file.ok_or_else(|| io::Error::new(ErrorKind::NotFound, reason))?;
    if paused {
        create_durably(file)
    } else {
        remove_durably(file)
    }
}

fn forgotten(paused: bool, error: &io::Error) -> String {
    let what = if paused {
        "the pause over"
    } else {
        "the end of the pause over"
    };
    let why = with_causes(error);
    format!("{what} a restart would not be remembered: {why}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_restart_does_not_switch_it_on() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("paused");
        let restart = || PauseMemory::new(Some(file.clone()));
        let now = Instant::now();
        assert!(!restart().is_paused());
        restart().write(true, now).unwrap();
        assert!(restart().is_paused());
        restart().finish(false);
        restart().finish(false);
        assert!(!restart().is_paused());
        // What cannot be written is said: a full disk, for one.
        let mut full = PauseMemory::new(Some("/nonexistent/paused".into()));
        assert!(!full.is_paused() && full.write(true, now).is_err());
        assert!(!full.is_paused(), "a pause that is new");
        let sentence = PauseMemory::new(None).write(true, now).unwrap_err();
        assert!(sentence.contains("privacy.state_file is not configured"));
    }

    #[test]
    fn what_could_not_be_written_is_tried_again_after_a_minute() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("later");
        let file = folder.join("paused");
        let mut memory = PauseMemory::new(Some(file.clone()));
        let begun = Instant::now();
        memory.poll(true, begun);
        assert!(memory.retry_at.is_none(), "the microphone is still open");
        assert!(memory.write(true, begun).is_err());
        fs::create_dir(&folder).unwrap();
        memory.poll(
            true,
            begun + RETRY_WRITE.saturating_sub(Duration::from_secs(1)),
        );
        assert!(!file.exists(), "too soon");
        memory.poll(true, begun + RETRY_WRITE);
        assert!(file.exists() && memory.is_paused());
        // Its end does not wait.
        memory.poll(true, begun + RETRY_WRITE);
        memory.poll(false, begun + RETRY_WRITE);
        assert!(!file.exists() && !memory.is_paused());
    }
}

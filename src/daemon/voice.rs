//! The voice in front of the microphone: its baseline, kept over restarts.

use crate::engine::{Baseline, BaselineMode};
use crate::error::with_causes;
use crate::model::Manifest;
use crate::protocol::BaselineFile;
use crate::system::{Level, hex, log, replace};
use sha2::{Digest, Sha256};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Time between two writes of a baseline that goes on learning.
const WRITE_INTERVAL: Duration = Duration::from_mins(1);

/// A reader's wish that the voice be forgotten, which the engine's thread fulfils.
#[derive(Debug, Default)]
pub struct ForgetSwitch {
    wanted: AtomicBool,
    possible: AtomicBool,
}

impl ForgetSwitch {
    /// Asks for it; `false` when no voice is being learned.
    pub fn ask(&self) -> bool {
        let possible = self.possible.load(Ordering::Acquire);
        self.wanted.fetch_or(possible, Ordering::AcqRel);
        possible
    }

    fn take(&self) -> bool {
        self.wanted.swap(false, Ordering::AcqRel)
    }
}

/// The baselines that a service keeps, a file for each microphone.
pub struct VoiceMemory {
    /// Folder of the files; without one nothing is kept.
    folder: Option<PathBuf>,
    manifest: Manifest,
    forget: Arc<ForgetSwitch>,
    /// File of the present microphone.
    file: Option<PathBuf>,
    /// The baseline as it was written last, or read.
    written: Option<Baseline>,
    /// Time before which it is not written again.
    next_write: Option<Instant>,
}

impl VoiceMemory {
    /// A memory in a folder for the baselines of a model.
    pub fn new(folder: Option<PathBuf>, manifest: &Manifest) -> Self {
        Self {
            folder,
            manifest: manifest.clone(),
            forget: Arc::default(),
            file: None,
            written: None,
            next_write: None,
        }
    }

    /// Returns the switch by which readers ask that a voice be forgotten.
    pub fn forget_switch(&self) -> Arc<ForgetSwitch> {
        Arc::clone(&self.forget)
    }

    /// Returns what is known of the voice at a microphone. A file that is damaged, or
    /// of another model, is forgotten with a word.
    pub fn recall(&mut self, microphone: &str) -> BaselineMode {
        let Some(labels) = self
            .manifest
            .baseline
            .as_ref()
            .map(|rule| rule.offset.len())
        else {
            return BaselineMode::None;
        };
        self.forget.possible.store(true, Ordering::Release);
        self.file = self
            .folder
            .as_ref()
            .map(|folder| folder.join(file_name(microphone)));
        let stored = self.file.as_deref().and_then(|file| self.read(file));
        self.written.clone_from(&stored);
        BaselineMode::Running(stored.unwrap_or_else(|| Baseline::new(labels)))
    }

    fn read(&self, file: &Path) -> Option<Baseline> {
        let reason = match std::fs::read_to_string(file) {
            Ok(text) => {
                let stored = BaselineFile::parse(&text);
                match stored.and_then(|stored| stored.baseline(&self.manifest)) {
                    Ok(baseline) => return Some(baseline),
                    Err(error) => error.to_string(),
                }
            }
            Err(error) if error.kind() == ErrorKind::NotFound => return None,
            Err(error) => with_causes(&error),
        };
        let name = file.display();
        log(
            Level::Warning,
            format!("{name}: {reason}; the voice is learned anew"),
        );
        None
    }

    /// Returns `true`, once, when a reader asked that the voice be forgotten.
    pub fn is_to_forget(&mut self) -> bool {
        self.forget.take()
    }

    /// Keeps a baseline if it has changed and was not written a moment ago.
    pub fn poll(&mut self, baseline: Option<&Baseline>, now: Instant) {
        if self.next_write.is_none_or(|time| now >= time) {
            self.next_write = Some(now + WRITE_INTERVAL);
            self.keep(baseline);
        }
    }

    /// Keeps a baseline if it has changed.
    pub fn keep(&mut self, baseline: Option<&Baseline>) {
        let (Some(file), Some(baseline)) = (&self.file, baseline) else {
            return;
        };
        if self.written.as_ref() == Some(baseline) {
            return;
        }
        let text = BaselineFile::new(baseline, &self.manifest).to_text();
        let folder = file.parent().map_or(Ok(()), std::fs::create_dir_all);
        match folder.and_then(|()| replace(file, text.as_bytes(), 0o600)) {
            Ok(()) => self.written = Some(baseline.clone()),
            Err(error) => {
                let (name, reason) = (file.display(), with_causes(&error));
                log(
                    Level::Warning,
                    format!("{name}: the voice cannot be kept: {reason}"),
                );
            }
        }
    }
}

/// Returns the name of a microphone's file.
fn file_name(microphone: &str) -> String {
    let digest = hex(&Sha256::digest(microphone.as_bytes()));
    format!("{}.json", &digest[..16])
}

#[cfg(test)]
#[cfg(feature = "embedded-model")]
mod tests {
    use super::*;
    use crate::model::Bundle;

    fn manifest() -> Manifest {
        let bundle = Bundle::embedded().unwrap();
        Manifest::parse(&bundle.manifest).unwrap()
    }

    fn known() -> Baseline {
        let sums = (0..8).map(|n| n * 1000 - 3500).collect();
        Baseline::from_sums(sums, 77).unwrap()
    }

    /// The frames that are known of the voice at a microphone.
    fn recalled(memory: &mut VoiceMemory, microphone: &str) -> Option<u32> {
        memory.recall(microphone).baseline().map(Baseline::frames)
    }

    #[test]
    fn each_microphone_has_its_own_voice_and_keeps_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = Some(folder.path().join("baselines"));
        let mut memory = VoiceMemory::new(path.clone(), &manifest());
        assert_eq!(recalled(&mut memory, "hw:1"), Some(0));
        memory.keep(Some(&known()));
        assert_eq!(recalled(&mut memory, "hw:2"), Some(0));
        let mut next = VoiceMemory::new(path, &manifest());
        assert_eq!(next.recall("hw:1"), BaselineMode::Running(known()));
    }

    #[test]
    fn what_is_damaged_or_of_another_model_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(file_name("mic"));
        let good = BaselineFile::new(&known(), &manifest());
        let mut other = good.clone();
        other.model.sha256 = "0".into();
        let mut impossible = good.clone();
        impossible.frames = 0;
        let half = good.to_text()[..40].to_owned();
        let bad = [half, other.to_text(), impossible.to_text(), "\u{0}".into()];
        for text in bad {
            std::fs::write(&file, &text).unwrap();
            let mut memory = VoiceMemory::new(Some(folder.path().into()), &manifest());
            assert_eq!(recalled(&mut memory, "mic"), Some(0), "{text}");
        }
        std::fs::write(&file, good.to_text()).unwrap();
        let mut memory = VoiceMemory::new(Some(folder.path().into()), &manifest());
        assert_eq!(recalled(&mut memory, "mic"), Some(77));
    }

    #[test]
    fn a_voice_is_forgotten_only_where_one_is_learned() {
        let mut memory = VoiceMemory::new(None, &manifest());
        let switch = memory.forget_switch();
        assert!(!switch.ask() && !memory.is_to_forget());
        memory.recall("mic");
        assert!(switch.ask() && memory.is_to_forget() && !memory.is_to_forget());
    }
}

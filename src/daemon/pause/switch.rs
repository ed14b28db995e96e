//! The switch, which readers turn and the engine's thread obeys.

use super::{PauseMemory, Principal, resume_policy::ResumePolicy};
use crate::publish::Peer;
use std::fs::File;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

/// The switch of the microphone, and the list of those who may open it again.
pub struct PauseSwitch {
    paused: AtomicBool,
    /// The memory's file.
    file: Option<PathBuf>,
    policy: ResumePolicy,
}

impl PauseSwitch {
    /// A switch as the last run left it.
    pub fn new(memory: &PauseMemory, may_resume: Vec<Principal>) -> Self {
        Self {
            paused: memory.is_paused().into(),
            file: memory.file().cloned(),
            policy: ResumePolicy::new(may_resume),
        }
    }

    /// Returns `true` while the microphone is to be closed.
    pub fn is_paused(&self) -> bool {
        self.paused.load(Ordering::Acquire)
    }

    /// Closes the microphone. Everybody may. From here on it stays closed also if the
    /// process is killed; what a loss of power may undo, and what cannot be written, is
    /// left to [`PauseMemory`].
    pub fn pause(&self) {
        if let Some(file) = &self.file {
            let _ = File::create(file);
        }
        self.paused.store(true, Ordering::Release);
    }

    /// Opens it again, if the one who asks may; returns that.
    pub fn resume(&self, peer: Option<Peer>) -> bool {
        let may = self.policy.includes(peer);
        if may {
            self.paused.store(false, Ordering::Release);
        }
        may
    }

    /// Allows others to resume from now on.
    pub fn allow(&self, may_resume: Vec<Principal>) {
        self.policy.set(may_resume);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_that_was_accepted_survives_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let restart = || PauseMemory::new(Some(folder.path().join("paused")));
        let switch = PauseSwitch::new(&restart(), Vec::new());
        assert!(!restart().is_paused());
        switch.pause();
        assert!(restart().is_paused());
    }

    #[test]
    fn who_may_not_resume_changes_nothing() {
        for (allowed, may) in [(vec![Principal::Everybody], true), (Vec::new(), false)] {
            let switch = PauseSwitch::new(&PauseMemory::new(None), allowed);
            switch.pause();
            assert_eq!(switch.resume(None), may);
            assert_eq!(switch.is_paused(), !may);
        }
    }
}

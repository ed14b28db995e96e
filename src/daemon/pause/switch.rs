//! The switch, which readers turn and the engine's thread obeys.

use super::{PauseMemory, Principal, resume_policy::ResumePolicy};
use crate::publish::Peer;
use std::sync::atomic::{AtomicBool, Ordering};

/// The switch of the microphone, and the list of those who may open it again.
pub struct PauseSwitch {
    paused: AtomicBool,
    policy: ResumePolicy,
}

impl PauseSwitch {
    /// A switch as the last run left it.
    pub fn new(memory: &PauseMemory, may_resume: Vec<Principal>) -> Self {
        Self {
            paused: memory.is_paused().into(),
            policy: ResumePolicy::new(may_resume),
        }
    }

    /// Returns `true` while the microphone is to be closed.
    pub fn is_paused(&self) -> bool {
        self.paused.load(Ordering::Acquire)
    }

    /// Closes the microphone. Everybody may.
    pub fn pause(&self) {
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
    fn who_may_not_resume_changes_nothing() {
        for (allowed, may) in [(vec![Principal::Everybody], true), (Vec::new(), false)] {
            let switch = PauseSwitch::new(&PauseMemory::new(None), allowed);
            switch.pause();
            assert_eq!(switch.resume(None), may);
            assert_eq!(switch.is_paused(), !may);
        }
    }
}

//! The privacy switch: who may turn the microphone off and on again, and that
//! a restart does not turn it on.

use super::permission::{Allowed, Permission};
use crate::publish::Peer;
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// The switch, which readers turn and the engine's thread obeys.
pub struct Switch {
    paused: AtomicBool,
    was_paused: bool,
    permission: Permission,
    file: Option<PathBuf>,
}

impl Switch {
    /// A switch as it was left: paused if the file is there. Where it cannot be
    /// told, it is paused.
    pub fn new(allowed: Vec<Allowed>, file: Option<PathBuf>) -> Self {
        let paused = file
            .as_ref()
            .is_some_and(|file| !matches!(file.try_exists(), Ok(false)));
        Self {
            paused: paused.into(),
            was_paused: paused,
            permission: Permission::new(allowed),
            file,
        }
    }

    /// Whether the microphone is to be closed.
    pub fn is_paused(&self) -> bool {
        self.paused.load(Ordering::Acquire)
    }

    /// Whether it was left paused by who ran before, whatever has been asked
    /// since: what is written down already.
    pub fn was_paused(&self) -> bool {
        self.was_paused
    }

    /// Closes the microphone. Everybody may.
    pub fn pause(&self) {
        self.paused.store(true, Ordering::Release);
    }

    /// Opens it again, if the one who asks may.
    pub fn resume(&self, peer: Option<Peer>) -> bool {
        let may = self.permission.includes(peer);
        if may {
            self.paused.store(false, Ordering::Release);
        }
        may
    }

    /// Allows others to resume from now on.
    pub fn allow(&self, allowed: Vec<Allowed>) {
        self.permission.set(allowed);
    }

    /// Makes the state survive a restart. With nowhere to keep it, it does not.
    ///
    /// # Errors
    /// What the system said.
    pub fn remember(&self, paused: bool) -> io::Result<()> {
        let Some(file) = &self.file else {
            return Err(io::Error::new(
                ErrorKind::NotFound,
                "privacy.state_file is not configured",
            ));
        };
        if paused {
            File::create(file)?.sync_all()?;
        } else {
            match fs::remove_file(file) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => (),
            }
        }
        sync_folder_of(file)
    }
}

/// Without this, a loss of power may undo that a file was made or removed.
fn sync_folder_of(file: &Path) -> io::Result<()> {
    let folder = file
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    match File::open(folder.unwrap_or(Path::new(".")))?.sync_all() {
        // A file system that does this for files alone has done what it can.
        Err(error) if error.kind() == ErrorKind::InvalidInput => Ok(()),
        outcome => outcome,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_not_resume_changes_nothing() {
        for (allowed, may) in [(vec![Allowed::Everybody], true), (Vec::new(), false)] {
            let switch = Switch::new(allowed, None);
            switch.pause();
            assert_eq!(switch.resume(None), may);
            assert_eq!(switch.is_paused(), !may);
        }
    }

    #[test]
    fn a_restart_does_not_switch_it_on() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("paused");
        let restart = || Switch::new(Vec::new(), Some(file.clone()));
        assert!(!restart().is_paused());
        restart().remember(true).unwrap();
        assert!(restart().is_paused());
        restart().remember(false).unwrap();
        restart().remember(false).unwrap();
        assert!(!restart().is_paused());
        // What cannot be written is said: a full disk, for one.
        let full = Switch::new(Vec::new(), Some("/nonexistent/paused".into()));
        assert!(!full.is_paused() && full.remember(true).is_err());
        full.pause();
        assert!(
            full.is_paused() && !full.was_paused(),
            "a pause that is new"
        );
    }
}

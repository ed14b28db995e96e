//! The privacy switch: who may turn the microphone off and on again, and that
//! a restart does not turn it on.

use crate::publish::Peer;
use nix::unistd::{Gid, Group, Uid, User, getgrouplist};
use std::ffi::CString;
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// Somebody who may resume.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(try_from = "String")]
pub enum Allowed {
    /// Everybody who can connect.
    Everybody,
    /// A user, by name or number.
    User(String),
    /// The members of a group, by name or number.
    Group(String),
}

impl TryFrom<String> for Allowed {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.split_once(':') {
            None if text == "*" => Ok(Self::Everybody),
            Some(("user", name)) if !name.is_empty() => Ok(Self::User(name.into())),
            Some(("group", name)) if !name.is_empty() => Ok(Self::Group(name.into())),
            _ => Err(format!(
                "{text:?} is nobody: \"*\", \"user:NAME\" and \"group:NAME\" can be given"
            )),
        }
    }
}

impl Allowed {
    fn includes(&self, peer: Peer) -> bool {
        match self {
            Self::Everybody => true,
            Self::User(name) => uid_of(name) == Some(peer.uid),
            Self::Group(name) => gid_of(name).is_some_and(|gid| is_member(peer, gid)),
        }
    }
}

fn uid_of(name: &str) -> Option<u32> {
    let number = name.parse().ok();
    number.or_else(|| Some(User::from_name(name).ok()??.uid.as_raw()))
}

fn gid_of(name: &str) -> Option<u32> {
    let number = name.parse().ok();
    number.or_else(|| Some(Group::from_name(name).ok()??.gid.as_raw()))
}

fn is_member(peer: Peer, gid: u32) -> bool {
    peer.gid == gid || groups_of(peer).is_some_and(|groups| groups.contains(&Gid::from_raw(gid)))
}

/// The groups that the system lists the user in.
fn groups_of(peer: Peer) -> Option<Vec<Gid>> {
    let user = User::from_uid(Uid::from_raw(peer.uid)).ok()??;
    let name = CString::new(user.name).ok()?;
    getgrouplist(&name, user.gid).ok()
}

/// The switch, which readers turn and the engine's thread obeys.
pub struct Switch {
    paused: AtomicBool,
    was_paused: bool,
    allowed: Mutex<Vec<Allowed>>,
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
            allowed: Mutex::new(allowed),
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
        let allowed = self.allowed.lock().unwrap_or_else(PoisonError::into_inner);
        let may = allowed.iter().any(|allowed| match peer {
            Some(peer) => allowed.includes(peer),
            None => *allowed == Allowed::Everybody,
        });
        if may {
            self.paused.store(false, Ordering::Release);
        }
        may
    }

    /// Allows others to resume from now on.
    pub fn allow(&self, allowed: Vec<Allowed>) {
        *self.allowed.lock().unwrap_or_else(PoisonError::into_inner) = allowed;
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

    const ROOT: Peer = Peer { uid: 0, gid: 0 };
    const SOMEBODY: Peer = Peer {
        uid: 4_000_001,
        gid: 4_000_002,
    };

    fn switch(allowed: &[&str]) -> Switch {
        let allowed = allowed
            .iter()
            .map(|text| Allowed::try_from((*text).to_owned()));
        Switch::new(allowed.map(Result::unwrap).collect(), None)
    }

    #[test]
    fn who_may_resume() {
        let rows: [(&[&str], Option<Peer>, bool); 11] = [
            (&["*"], Some(SOMEBODY), true),
            (&["*"], None, true),
            (&[], Some(ROOT), false),
            (&["user:root"], Some(ROOT), true),
            (&["user:0"], Some(ROOT), true),
            (&["user:root"], Some(SOMEBODY), false),
            (&["user:root"], None, false),
            (&["group:root"], Some(ROOT), true),
            (&["group:4000002"], Some(SOMEBODY), true),
            (&["group:nosuch", "user:nosuch"], Some(SOMEBODY), false),
            (&["group:root", "user:4000001"], Some(SOMEBODY), true),
        ];
        for (allowed, peer, may) in rows {
            let switch = switch(allowed);
            switch.pause();
            assert_eq!(switch.resume(peer), may, "{peer:?} of {allowed:?}");
            assert_eq!(switch.is_paused(), !may);
        }
        for wrong in ["", "root", "user:", "all:x"] {
            assert!(Allowed::try_from(wrong.to_owned()).is_err(), "{wrong}");
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

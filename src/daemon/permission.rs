//! Who may open a microphone that was paused.
//!
//! Names are looked up when the configuration is read, on a thread of its own: a
//! name service may be a network away and take for ever. Whoever asks is then
//! told at once, by the numbers that the system vouches for.

use super::log::{Level, log};
use crate::publish::Peer;
use nix::unistd::{Gid, Group, User};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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

/// The same, in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Numbers {
    everybody: bool,
    users: Vec<u32>,
    groups: Vec<u32>,
}

impl Numbers {
    /// What stands there without asking anybody.
    fn given(allowed: &[Allowed]) -> Self {
        let mut numbers = Self::default();
        for allowed in allowed {
            match allowed {
                Allowed::Everybody => numbers.everybody = true,
                Allowed::User(name) => numbers.users.extend(name.parse::<u32>()),
                Allowed::Group(name) => numbers.groups.extend(name.parse::<u32>()),
            }
        }
        numbers
    }

    /// All of it, for which the name service is asked.
    fn looked_up(allowed: &[Allowed]) -> Self {
        let mut numbers = Self::given(allowed);
        for allowed in allowed {
            match allowed {
                Allowed::Everybody => (),
                Allowed::User(name) => numbers.users.extend(uid_of(name)),
                Allowed::Group(name) => {
                    let Some(group) = group_of(name) else {
                        continue;
                    };
                    numbers.groups.push(group.gid.as_raw());
                    let members = group.mem.iter();
                    numbers
                        .users
                        .extend(members.filter_map(|name| uid_of(name)));
                }
            }
        }
        numbers
    }

    fn include(&self, peer: Option<Peer>) -> bool {
        let named = |peer: Peer| self.users.contains(&peer.uid) || self.groups.contains(&peer.gid);
        self.everybody || peer.is_some_and(named)
    }
}

fn uid_of(name: &str) -> Option<u32> {
    User::from_name(name).ok()?.map(|user| user.uid.as_raw())
}

fn group_of(name: &str) -> Option<Group> {
    let group = match name.parse() {
        Ok(number) => Group::from_gid(Gid::from_raw(number)),
        Err(_) => Group::from_name(name),
    };
    group.ok()?
}

/// Who may, which changes when the configuration is read again.
pub(super) struct Permission {
    shared: Arc<Mutex<Shared>>,
    look_up: fn(&[Allowed]) -> Numbers,
}

#[derive(Default)]
struct Shared {
    allowed: Vec<Allowed>,
    numbers: Numbers,
    /// Whether a thread is at it.
    asking: bool,
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Permission {
    pub fn new(allowed: Vec<Allowed>) -> Self {
        Self::by(allowed, Numbers::looked_up)
    }

    fn by(allowed: Vec<Allowed>, look_up: fn(&[Allowed]) -> Numbers) -> Self {
        let permission = Self {
            shared: Arc::default(),
            look_up,
        };
        permission.set(allowed);
        permission
    }

    /// Whether that one may.
    pub fn includes(&self, peer: Option<Peer>) -> bool {
        lock(&self.shared).numbers.include(peer)
    }

    /// Others may from now on. Those who are named may as soon as the system has
    /// said who they are; who is named no more may not, at once.
    pub fn set(&self, allowed: Vec<Allowed>) {
        let mut shared = lock(&self.shared);
        shared.numbers = Numbers::given(&allowed);
        shared.allowed = allowed;
        if shared.numbers.everybody || shared.allowed.is_empty() || shared.asking {
            return;
        }
        let (theirs, look_up) = (Arc::clone(&self.shared), self.look_up);
        let thread = std::thread::Builder::new().name("names".into());
        match thread.spawn(move || ask(&theirs, look_up)) {
            Ok(_) => shared.asking = true,
            Err(error) => log(
                Level::Warning,
                format!("privacy.may_resume: names cannot be looked up: {error}"),
            ),
        }
    }
}

/// Looks names up until those are known that are wanted.
fn ask(shared: &Mutex<Shared>, look_up: fn(&[Allowed]) -> Numbers) {
    loop {
        let allowed = lock(shared).allowed.clone();
        let numbers = look_up(&allowed);
        let mut shared = lock(shared);
        if shared.allowed == allowed {
            (shared.numbers, shared.asking) = (numbers, false);
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const ROOT: Peer = Peer { uid: 0, gid: 0 };
    const SOMEBODY: Peer = Peer {
        uid: 4_000_001,
        gid: 4_000_002,
    };

    fn list(allowed: &[&str]) -> Vec<Allowed> {
        let allowed = allowed
            .iter()
            .map(|text| Allowed::try_from((*text).to_owned()));
        allowed.map(Result::unwrap).collect()
    }

    fn wait_until(permission: &Permission, done: impl Fn(&Shared) -> bool) {
        while !done(&lock(&permission.shared)) {
            std::thread::sleep(Duration::from_millis(1));
        }
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
            let permission = Permission::new(list(allowed));
            wait_until(&permission, |shared| !shared.asking);
            assert_eq!(permission.includes(peer), may, "{peer:?} of {allowed:?}");
        }
        for wrong in ["", "root", "user:", "all:x"] {
            assert!(Allowed::try_from(wrong.to_owned()).is_err(), "{wrong}");
        }
    }

    /// The members that the system's list names, beside those whose first group
    /// it is.
    #[test]
    fn members_of_a_group_are_its_users() {
        let groups = std::fs::read_to_string("/etc/group").unwrap_or_default();
        let fields = groups
            .lines()
            .map(|line| line.split(':').collect::<Vec<_>>());
        for fields in fields.filter(|fields| fields.len() == 4 && !fields[3].is_empty()) {
            let member = fields[3].split(',').next().unwrap();
            let Some(uid) = uid_of(member) else { continue };
            for name in [fields[0], fields[2]] {
                let numbers = Numbers::looked_up(&list(&[&format!("group:{name}")]));
                let peer = Peer { uid, ..SOMEBODY };
                assert!(numbers.include(Some(peer)), "{member} of {name}");
                assert!(!numbers.include(Some(SOMEBODY)));
            }
        }
    }

    /// As a name service does that is gone: it never answers.
    fn hang(_: &[Allowed]) -> Numbers {
        loop {
            std::thread::park();
        }
    }

    #[test]
    fn a_name_service_that_hangs_makes_nobody_wait() {
        let permission = Permission::by(list(&["user:root", "user:4000001"]), hang);
        assert!(!permission.includes(Some(ROOT)), "nobody knows who that is");
        assert!(permission.includes(Some(SOMEBODY)), "by number");
        permission.set(list(&["group:root"]));
        assert!(!permission.includes(Some(SOMEBODY)), "named no more");
        permission.set(list(&["*"]));
        assert!(permission.includes(None));
    }

    #[test]
    fn what_is_read_again_while_names_are_looked_up_counts() {
        fn slow(allowed: &[Allowed]) -> Numbers {
            std::thread::sleep(Duration::from_millis(20));
            Numbers::looked_up(allowed)
        }
        let permission = Permission::by(list(&["user:root"]), slow);
        permission.set(list(&["user:nosuch"]));
        wait_until(&permission, |shared| !shared.asking);
        assert!(!permission.includes(Some(ROOT)));
    }
}

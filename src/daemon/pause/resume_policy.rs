//! The users and groups that may open a microphone that was paused.
//!
//! Names are looked up when the configuration is read, on a thread of its own: a
//! name service may be a network away and take for ever. Whoever asks is then
//! told at once, by the numbers that the system vouches for.

use crate::publish::Peer;
use crate::system::{Level, lock, log};
use nix::unistd::{Gid, Group, User};
use std::sync::{Arc, Mutex};

/// A user or a group that may resume.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(try_from = "String")]
pub enum Principal {
    /// Everybody who can connect.
    Everybody,
    /// A user, by name or number.
    User(String),
    /// The members of a group, by name or number.
    Group(String),
}

impl TryFrom<String> for Principal {
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

impl Principal {
    /// Returns a sentence if the system knows no such user or group.
    pub fn unknown(&self) -> Option<String> {
        let (kind, name, known) = match self {
            Self::Everybody => return None,
            Self::User(name) => (
                "user",
                name,
                name.parse::<u32>().is_ok() || uid_of(name).is_some(),
            ),
            Self::Group(name) => ("group", name, group_of(name).is_some()),
        };
        let sentence = || format!("privacy.may_resume: there is no {kind} {name:?}");
        (!known).then(sentence)
    }
}

/// The same as numbers of users and groups.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Ids {
    everybody: bool,
    users: Vec<u32>,
    groups: Vec<u32>,
}

impl Ids {
    /// Returns those that stand there as numbers.
    fn given(allowed: &[Principal]) -> Self {
        let mut ids = Self::default();
        for allowed in allowed {
            match allowed {
                Principal::Everybody => ids.everybody = true,
                Principal::User(name) => ids.users.extend(name.parse::<u32>()),
                Principal::Group(name) => ids.groups.extend(name.parse::<u32>()),
            }
        }
        ids
    }

    /// Returns all of them, for which the name service is asked.
    fn looked_up(allowed: &[Principal]) -> Self {
        let mut ids = Self::given(allowed);
        for sentence in allowed.iter().filter_map(Principal::unknown) {
            log(Level::Warning, sentence);
        }
        for allowed in allowed {
            match allowed {
                Principal::Everybody => (),
                Principal::User(name) => ids.users.extend(uid_of(name)),
                Principal::Group(name) => {
                    let Some(group) = group_of(name) else {
                        continue;
                    };
                    ids.groups.push(group.gid.as_raw());
                    let members = group.mem.iter();
                    ids.users.extend(members.filter_map(|name| uid_of(name)));
                }
            }
        }
        ids
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

/// The list, which changes when the configuration is read again.
pub(super) struct ResumePolicy {
    shared: Arc<Mutex<Shared>>,
    look_up: fn(&[Principal]) -> Ids,
}

#[derive(Default)]
struct Shared {
    allowed: Vec<Principal>,
    ids: Ids,
    /// Set while a thread looks names up.
    looking_up: bool,
}

impl ResumePolicy {
    pub fn new(allowed: Vec<Principal>) -> Self {
        Self::by(allowed, Ids::looked_up)
    }

    fn by(allowed: Vec<Principal>, look_up: fn(&[Principal]) -> Ids) -> Self {
        let policy = Self {
            shared: Arc::default(),
            look_up,
        };
        policy.set(allowed);
        policy
    }

    /// Returns `true` if the list includes that peer.
    pub fn includes(&self, peer: Option<Peer>) -> bool {
        lock(&self.shared).ids.include(peer)
    }

    /// Others may from now on. Those who are named may as soon as the system has
    /// said who they are; who is named no more may not, at once.
    pub fn set(&self, allowed: Vec<Principal>) {
        let mut shared = lock(&self.shared);
        shared.ids = Ids::given(&allowed);
        shared.allowed = allowed;
        if shared.ids.everybody || shared.allowed.is_empty() || shared.looking_up {
            return;
        }
        let (theirs, look_up) = (Arc::clone(&self.shared), self.look_up);
        let thread = std::thread::Builder::new().name("names".into());
        match thread.spawn(move || ask(&theirs, look_up)) {
            Ok(_) => shared.looking_up = true,
            Err(error) => log(
                Level::Warning,
                format!("privacy.may_resume: names cannot be looked up: {error}"),
            ),
        }
    }
}

/// Looks names up until those are known that are wanted.
fn ask(shared: &Mutex<Shared>, look_up: fn(&[Principal]) -> Ids) {
    loop {
        let allowed = lock(shared).allowed.clone();
        let ids = look_up(&allowed);
        let mut shared = lock(shared);
        if shared.allowed == allowed {
            (shared.ids, shared.looking_up) = (ids, false);
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

    fn list(allowed: &[&str]) -> Vec<Principal> {
        let allowed = allowed
            .iter()
            .map(|text| Principal::try_from((*text).to_owned()));
        allowed.map(Result::unwrap).collect()
    }

    fn wait_until(policy: &ResumePolicy, done: impl Fn(&Shared) -> bool) {
        while !done(&lock(&policy.shared)) {
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
            let policy = ResumePolicy::new(list(allowed));
            wait_until(&policy, |shared| !shared.looking_up);
            assert_eq!(policy.includes(peer), may, "{peer:?} of {allowed:?}");
        }
        for wrong in ["", "root", "user:", "all:x"] {
            assert!(Principal::try_from(wrong.to_owned()).is_err(), "{wrong}");
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
                let ids = Ids::looked_up(&list(&[&format!("group:{name}")]));
                let peer = Peer { uid, ..SOMEBODY };
                assert!(ids.include(Some(peer)), "{member} of {name}");
                assert!(!ids.include(Some(SOMEBODY)));
            }
        }
    }

    /// As a name service does that is gone: it never answers.
    fn hang(_: &[Principal]) -> Ids {
        loop {
            std::thread::park();
        }
    }

    #[test]
    fn a_name_service_that_hangs_makes_nobody_wait() {
        let policy = ResumePolicy::by(list(&["user:root", "user:4000001"]), hang);
        assert!(!policy.includes(Some(ROOT)), "nobody knows who that is");
        assert!(policy.includes(Some(SOMEBODY)), "by number");
        policy.set(list(&["group:root"]));
        assert!(!policy.includes(Some(SOMEBODY)), "named no more");
        policy.set(list(&["*"]));
        assert!(policy.includes(None));
    }

    #[test]
    fn what_is_read_again_while_names_are_looked_up_counts() {
        fn slow(allowed: &[Principal]) -> Ids {
            std::thread::sleep(Duration::from_millis(20));
            Ids::looked_up(allowed)
        }
        let policy = ResumePolicy::by(list(&["user:root"]), slow);
        policy.set(list(&["user:nosuch"]));
        wait_until(&policy, |shared| !shared.looking_up);
        assert!(!policy.includes(Some(ROOT)));
    }
}

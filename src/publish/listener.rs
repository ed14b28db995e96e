//! The listening socket and its file.

use crate::error::{Class, Classified};
use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, Backlog, SockFlag, SockType, UnixAddr, bind, connect, listen, socket,
};
use std::fs::{self, File, Permissions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, chown};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Permissions of the socket: its owner and its group may connect.
const MODE: u32 = 0o660;

/// Time that another start may keep the socket's folder locked. Whoever may read the
/// folder can lock it for longer, and is not waited for.
const LOCK_TIMEOUT: Duration = Duration::from_secs(2);

/// A reason why there is no socket.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SocketError {
    /// Another program listens there.
    #[error("{}: another program listens there; stop that or choose another path", .0.display())]
    InUse(PathBuf),
    /// A file that is no socket has that name.
    #[error("{}: this is there and is no socket; remove it or choose another path", .0.display())]
    NoSocket(PathBuf),
    /// There is no such group.
    #[error("there is no group {0:?} to give the socket to; create it or name another")]
    NoGroup(String),
    /// The system refused.
    #[error("{}: the socket cannot be made", .0.display())]
    Io(PathBuf, #[source] io::Error),
}

impl Classified for SocketError {
    fn class(&self) -> Class {
        match self {
            Self::NoGroup(_) => Class::Configuration,
            Self::InUse(_) | Self::NoSocket(_) | Self::Io(..) => Class::Io,
        }
    }
}

/// A listening socket. Its file goes with it, if it is ours.
pub struct Listener {
    socket: UnixListener,
    file: Option<(PathBuf, u64)>,
}

impl Listener {
    /// Makes a socket that its owner and `group` may connect to. The file of a
    /// program that is no more is replaced, that of a living one never.
    ///
    /// # Errors
    /// [`SocketError`] when the name is taken, the group unknown or the system
    /// refuses.
    pub fn bind(path: &Path, group: Option<&str>) -> Result<Self, SocketError> {
        let group = group.map(group_id).transpose()?;
        let failed = |error| SocketError::Io(path.into(), error);
        // Until the new one listens there, or two that start at once might find
        // the same dead one, and one replace the other.
        let folder = lock_folder_of(path).map_err(failed)?;
        // A reader could not connect to a longer one.
        UnixAddr::new(path).map_err(|errno| failed(errno.into()))?;
        refuse_live(path)?;
        // Nobody may connect before the permissions are right: it gets its name
        // after them, and a dead one's file is replaced in the same instant.
        let name = format!(".new{:x}", std::process::id());
        let draft = path.with_file_name(&name);
        let made = listen_at(&folder, &name).and_then(|listener| {
            let inode = Self::set_access(&draft, group)?;
            fs::rename(&draft, path)?;
            listener.set_nonblocking(true)?;
            Ok((listener, inode))
        });
        let (listener, inode) = made.map_err(|error| {
            // It may not be there, which is right, too.
            let _ = fs::remove_file(&draft);
            failed(error)
        })?;
        Ok(Self {
            socket: listener,
            file: Some((path.into(), inode)),
        })
    }

    fn set_access(draft: &Path, group: Option<u32>) -> io::Result<u64> {
        if group.is_some() {
            chown(draft, None, group)?;
        }
        fs::set_permissions(draft, Permissions::from_mode(MODE))?;
        Ok(fs::metadata(draft)?.ino())
    }

    /// Takes a socket that another program made and will remove.
    ///
    /// # Errors
    /// [`SocketError::Io`].
    pub fn inherited(listener: UnixListener) -> Result<Self, SocketError> {
        let failed = |error| SocketError::Io("the inherited socket".into(), error);
        listener.set_nonblocking(true).map_err(failed)?;
        Ok(Self {
            socket: listener,
            file: None,
        })
    }

    pub(super) fn socket(&self) -> &UnixListener {
        &self.socket
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some((path, inode)) = &self.file
            && fs::metadata(path).is_ok_and(|file| file.ino() == *inode)
        {
            // A file that stays behind is recognised as stale.
            let _ = fs::remove_file(path);
        }
    }
}

/// Checks that a socket can be given to a group.
///
/// # Errors
/// [`SocketError::NoGroup`].
pub fn check_group(name: &str) -> Result<(), SocketError> {
    group_id(name).map(drop)
}

fn group_id(name: &str) -> Result<u32, SocketError> {
    let unknown = || SocketError::NoGroup(name.into());
    if let Ok(number) = name.parse() {
        return Ok(number);
    }
    let group = nix::unistd::Group::from_name(name).map_err(|_| unknown())?;
    group.map(|group| group.gid.as_raw()).ok_or_else(unknown)
}

/// Listens under a name in a folder, however long the folder's own is: an address has
/// room for 107 bytes. Until its permissions are set nobody else may connect, whatever the
/// umask.
fn listen_at(folder: &File, name: &str) -> io::Result<UnixListener> {
    let made = socket(
        AddressFamily::Unix,
        SockType::Stream,
        SockFlag::SOCK_CLOEXEC,
        None,
    )?;
    let made = File::from(made);
    made.set_permissions(Permissions::from_mode(0o600))?;
    let folder = Path::new("/proc/self/fd").join(folder.as_raw_fd().to_string());
    bind(made.as_raw_fd(), &UnixAddr::new(&folder.join(name))?)?;
    listen(&made, Backlog::MAXCONN)?;
    Ok(UnixListener::from(OwnedFd::from(made)))
}

/// Locks the folder that a file is in: no lock file stays behind.
fn lock_folder_of(path: &Path) -> io::Result<File> {
    let folder = path.parent().filter(|path| !path.as_os_str().is_empty());
    let folder = File::open(folder.unwrap_or(Path::new(".")))?;
    let begun = Instant::now();
    loop {
        match folder.try_lock() {
            // Another start takes milliseconds.
            Err(TryLockError::WouldBlock) if begun.elapsed() < LOCK_TIMEOUT => {
                sleep(LOCK_TIMEOUT / 500);
            }
            Ok(()) | Err(TryLockError::WouldBlock) => return Ok(folder),
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
}

/// Fails unless the name is free, or that of a socket which nobody listens to.
fn refuse_live(path: &Path) -> Result<(), SocketError> {
    let failed = |error| SocketError::Io(path.into(), error);
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(error)),
        Ok(file) if !file.file_type().is_socket() => {
            return Err(SocketError::NoSocket(path.into()));
        }
        Ok(_) => (),
    }
    // One that hangs with a full backlog would make a plain connection wait.
    let probe = socket(
        AddressFamily::Unix,
        SockType::Stream,
        SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC,
        None,
    );
    let probe = probe.map_err(|errno| failed(errno.into()))?;
    let address = UnixAddr::new(path).map_err(|errno| failed(errno.into()))?;
    match connect(probe.as_raw_fd(), &address) {
        Err(Errno::ECONNREFUSED | Errno::ENOENT) => Ok(()),
        Ok(()) | Err(Errno::EAGAIN) => Err(SocketError::InUse(path.into())),
        Err(errno) => Err(failed(errno.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixStream;

    #[test]
    fn a_stale_socket_is_replaced_and_a_live_one_never() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.sock");
        drop(UnixListener::bind(&path).unwrap());
        assert!(path.exists(), "stale");
        let listener = Listener::bind(&path, None).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, MODE);
        let second = Listener::bind(&path, None);
        assert!(matches!(second, Err(SocketError::InUse(_))));
        // The refusal has done nothing to the first.
        UnixStream::connect(&path).unwrap();
        drop(listener);
        assert!(!path.exists());
        assert_eq!(folder.path().read_dir().unwrap().count(), 0);
    }

    #[test]
    fn of_many_that_start_at_once_one_gets_the_dead_ones_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.sock");
        for _ in 0..50 {
            drop(UnixListener::bind(&path).unwrap());
            let start = || Listener::bind(&path, None);
            let mut started = std::thread::scope(|scope| {
                let starts: Vec<_> = (0..8).map(|_| scope.spawn(start)).collect();
                let ends = starts.into_iter().map(|start| start.join().unwrap());
                ends.collect::<Vec<_>>()
            });
            started.retain(|start| !matches!(start, Err(SocketError::InUse(_))));
            let [Ok(listener)] = &started[..] else {
                panic!("{} have started", started.len());
            };
            // And it is that one who listens there.
            UnixStream::connect(&path).unwrap();
            listener.socket().accept().unwrap();
        }
    }

    #[test]
    fn what_begins_to_live_while_it_is_looked_at_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.sock");
        let locked = lock_folder_of(&path).unwrap();
        let theirs = path.clone();
        let second = std::thread::spawn(move || Listener::bind(&theirs, None).map(|_| ()));
        let first = UnixListener::bind(&path).unwrap();
        drop(locked);
        let outcome = second.join().unwrap();
        assert!(matches!(outcome, Err(SocketError::InUse(_))), "{outcome:?}");
        drop(first);
    }

    #[test]
    fn who_only_reads_the_folder_keeps_nobody_from_starting() {
        let folder = tempfile::tempdir().unwrap();
        let theirs = File::open(folder.path()).unwrap();
        theirs.lock_shared().unwrap();
        assert!(Listener::bind(&folder.path().join("a.sock"), None).is_ok());
    }

    #[test]
    fn a_path_may_be_as_long_as_an_address() {
        let folder = tempfile::tempdir().unwrap();
        for length in [104, 107, 108] {
            let room = length - folder.path().as_os_str().len() - 1;
            let path = folder.path().join("x".repeat(room));
            let outcome = Listener::bind(&path, None);
            assert_eq!(
                outcome.is_ok(),
                length < 108,
                "{length}: {:?}",
                outcome.err()
            );
        }
    }

    #[test]
    fn a_socket_is_nobody_elses_before_its_permissions_are_set() {
        let folder = tempfile::tempdir().unwrap();
        let opened = File::open(folder.path()).unwrap();
        let listener = listen_at(&opened, "a").unwrap();
        let mode = fs::metadata(folder.path().join("a")).unwrap().mode();
        assert_eq!(mode & 0o066, 0);
        drop(listener);
    }

    #[test]
    fn what_is_not_ours_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.sock");
        fs::write(&path, "letters").unwrap();
        let over = Listener::bind(&path, None);
        assert!(matches!(over, Err(SocketError::NoSocket(_))));
        assert_eq!(fs::read_to_string(&path).unwrap(), "letters");
        fs::remove_file(&path).unwrap();

        let listener = Listener::bind(&path, None).unwrap();
        fs::remove_file(&path).unwrap();
        let later = UnixListener::bind(&path).unwrap();
        drop(listener);
        assert!(path.exists(), "another's socket is left alone");
        drop(later);
    }

    #[test]
    fn what_cannot_be_is_said() {
        let group = Listener::bind(Path::new("/tmp/a.sock"), Some("no such group"));
        assert!(matches!(group, Err(SocketError::NoGroup(_))));
        let long = format!("/tmp/{}", "x".repeat(200));
        for path in ["/nonexistent/a.sock", &long] {
            let outcome = Listener::bind(Path::new(path), None);
            assert!(matches!(outcome, Err(SocketError::Io(..))), "{path}");
        }
    }
}

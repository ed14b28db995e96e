//! The other users of this machine, and which of them may connect to a socket.
//!
//! Linux lists the sockets of loopback's both ends with their users in `/proc/net/tcp`.
//! Members of groups are those of `/etc/group`: no name service, which may be a network
//! away, is waited for.

use super::{lock, read_text};
use std::net::{IpAddr, SocketAddr};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Mutex;

/// Both addresses of a connection.
#[derive(Clone, Copy, Debug)]
pub struct Connection {
    /// The other end's.
    pub peer: SocketAddr,
    /// This end's.
    pub own: SocketAddr,
}

/// Who may connect to a socket: owner, group and mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Owner {
    user: u32,
    group: u32,
    mode: u32,
}

/// A socket's owner as it was last seen: what was heard from it outlives it.
#[derive(Debug, Default)]
pub struct Neighbours {
    last: Mutex<Option<Owner>>,
}

impl Neighbours {
    /// Returns true where whoever is at the other end of a connection on loopback may
    /// connect to the socket of that path, or nobody ever could.
    pub fn may_read(&self, socket: &Path, connection: Option<Connection>) -> bool {
        let mut last = lock(&self.last);
        if let Ok(there) = socket.metadata() {
            *last = Some(Owner {
                user: there.uid(),
                group: there.gid(),
                mode: there.mode(),
            });
        }
        let Some(owner) = *last else {
            return true;
        };
        drop(last);
        if owner.mode & 0o002 != 0 {
            return true;
        }
        let user = connection.and_then(user_of);
        user.is_some_and(|user| owner.lets_in(user, &text("/etc/passwd"), &text("/etc/group")))
    }
}

fn text(path: &str) -> String {
    read_text(Path::new(path)).unwrap_or_default()
}

impl Owner {
    /// Whether a user may connect, by the contents of `passwd(5)` and `group(5)`.
    fn lets_in(&self, user: u32, passwd: &str, groups: &str) -> bool {
        if user == 0 || user == self.user && self.mode & 0o200 != 0 {
            return true;
        }
        if self.mode & 0o020 == 0 {
            return false;
        }
        let number = |text: Option<&str>| text.and_then(|text| text.parse::<u32>().ok());
        let fields = |line: &'_ str| line.split(':').map(str::to_owned).collect::<Vec<_>>();
        let account = passwd
            .lines()
            .map(fields)
            .find(|account| number(account.get(2).map(String::as_str)) == Some(user));
        let Some(account) = account else { return false };
        let is_primary = number(account.get(3).map(String::as_str)) == Some(self.group);
        let mut listed = groups
            .lines()
            .map(fields)
            .filter(|group| number(group.get(2).map(String::as_str)) == Some(self.group));
        is_primary
            || listed.any(|group| {
                let members = group.get(3).map_or("", String::as_str);
                members.split(',').any(|member| member == account[0])
            })
    }
}

/// The user of the other end of a connection on loopback.
fn user_of(connection: Connection) -> Option<u32> {
    ["/proc/net/tcp", "/proc/net/tcp6"]
        .into_iter()
        .find_map(|table| user_in(&std::fs::read_to_string(table).ok()?, connection))
}

fn user_in(table: &str, Connection { peer, own }: Connection) -> Option<u32> {
    let [peer, own] = [peer, own].map(|address| [written(address), mapped(address)]);
    table.lines().skip(1).find_map(|line| {
        let mut fields = line.split_whitespace();
        let (local, remote) = (fields.nth(1)?, fields.next()?);
        let is_it = peer.iter().any(|peer| peer == local) && own.iter().any(|own| own == remote);
        is_it.then(|| fields.nth(4)?.parse().ok()).flatten()
    })
}

/// An address as the kernel writes it: words of the machine's own order, in hexadecimal.
fn written(address: SocketAddr) -> String {
    let bytes = match address.ip() {
        IpAddr::V4(ip) => ip.octets().to_vec(),
        IpAddr::V6(ip) => ip.octets().to_vec(),
    };
    let (words, _) = bytes.as_chunks::<4>();
    let words = words
        .iter()
        .map(|&word| format!("{:08X}", u32::from_ne_bytes(word)));
    format!("{}:{:04X}", words.collect::<String>(), address.port())
}

/// The same as a socket of version 6 has it.
fn mapped(address: SocketAddr) -> String {
    match address.ip() {
        IpAddr::V4(ip) => written((ip.to_ipv6_mapped(), address.port()).into()),
        IpAddr::V6(_) => written(address),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{TcpListener, TcpStream};

    const PASSWD: &str = "root:x:0:0::/:/bin/sh\nann:x:1000:1000::/:/bin/sh\n\
                          bob:x:1001:1001::/:/bin/sh\ncat:x:1002:990::/:/bin/sh\n";
    const GROUPS: &str = "root:x:0:\nundertone:x:990:ann,eve\nannabel:x:991:bob\n";

    #[test]
    fn whom_the_socket_lets_in_the_page_does() {
        let owner = |mode| Owner {
            user: 999,
            group: 990,
            mode,
        };
        let rows = [
            (0o660, 0, true),
            (0o660, 999, true),
            (0o660, 1000, true),
            (0o660, 1001, false),
            (0o660, 1002, true),
            (0o660, 4000, false),
            (0o600, 1000, false),
            (0o600, 999, true),
        ];
        for (mode, user, lets_in) in rows {
            assert_eq!(owner(mode).lets_in(user, PASSWD, GROUPS), lets_in, "{user}");
        }
        assert!(!owner(0o660).lets_in(1000, "", GROUPS));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_other_end_has_our_own_user_here() {
        for address in ["127.0.0.1:0", "[::1]:0"] {
            // There may be no version 6.
            let Ok(listener) = TcpListener::bind(address) else {
                continue;
            };
            let _client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            let (stream, peer) = listener.accept().unwrap();
            let own = stream.local_addr().unwrap();
            let user = user_of(Connection { peer, own });
            let ours = std::fs::metadata("/proc/self").unwrap().uid();
            assert_eq!(user, Some(ours), "{address}");
        }
    }

    #[test]
    fn what_was_heard_outlives_the_socket() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("socket");
        let neighbours = Neighbours::default();
        assert!(
            neighbours.may_read(&socket, None),
            "there is nothing to read"
        );
        std::fs::write(&socket, "").unwrap();
        assert!(!neighbours.may_read(&socket, None));
        std::fs::remove_file(&socket).unwrap();
        assert!(!neighbours.may_read(&socket, None));
    }
}

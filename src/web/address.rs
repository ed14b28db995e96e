//! Where the page listens, and the addresses at which it is found.

use nix::unistd::gethostname;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::path::Path;

/// The port that is listened on unless another is named.
const PORT: u16 = 8707;

/// The socket of Avahi, which tells a network the names that end with `.local`.
const AVAHI: &str = "/run/avahi-daemon/socket";

/// Reads an address to listen on: `ADDRESS:PORT`, or one of both; `localhost` is the
/// loopback interface.
///
/// # Errors
/// A sentence about what it must be.
pub fn parse_address(text: &str) -> Result<SocketAddr, String> {
    let loopback = IpAddr::from(Ipv4Addr::LOCALHOST);
    let (host, port) = match text.rsplit_once(':') {
        Some(("localhost", port)) => ("localhost", port.parse().ok()),
        _ => (text, Some(PORT)),
    };
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let whole = text.parse().ok();
    let by_port = || Some(SocketAddr::new(loopback, text.parse().ok()?));
    let by_host = || {
        let named = (host == "localhost").then_some(loopback);
        Some(SocketAddr::new(named.or(bare.parse().ok())?, port?))
    };
    whole.or_else(by_port).or_else(by_host).ok_or_else(|| {
        "it must be an address, a port, or both: 0.0.0.0:8707, localhost, 8707".into()
    })
}

/// Returns this machine's names: its own, and that on the local network.
pub fn own_names() -> Vec<String> {
    let name = gethostname().ok().and_then(|name| name.into_string().ok());
    let Some(name) = name.filter(|name| !name.is_empty()) else {
        return Vec::new();
    };
    let short = name.split('.').next().unwrap_or_default();
    let local = format!("{short}.local");
    vec![name, local]
}

/// Returns the hosts by which browsers find what listens at an address: the name that
/// the local network knows, if it knows one, and an address.
pub fn hosts(address: IpAddr) -> Vec<String> {
    if !address.is_unspecified() {
        return vec![in_url(address)];
    }
    let told = Path::new(AVAHI).exists();
    let local = own_names().pop().filter(|_| told);
    let outward = outward_address().unwrap_or(Ipv4Addr::LOCALHOST.into());
    local.into_iter().chain([in_url(outward)]).collect()
}

fn in_url(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("[{address}]"),
    }
}

/// Returns the address that this machine has towards others. Nothing is sent: the
/// destination is of a network for documentation (RFC 5737).
fn outward_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).ok()?;
    let address = socket.local_addr().ok()?.ip();
    (!address.is_unspecified()).then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_people_write_them() {
        for (text, wanted) in [
            ("127.0.0.1:80", Some("127.0.0.1:80")),
            ("9000", Some("127.0.0.1:9000")),
            ("localhost", Some("127.0.0.1:8707")),
            ("localhost:9", Some("127.0.0.1:9")),
            ("0.0.0.0", Some("0.0.0.0:8707")),
            ("[::]:80", Some("[::]:80")),
            ("[::1]", Some("[::1]:8707")),
            ("::1", Some("[::1]:8707")),
            ("", None),
            ("99999", None),
            ("localhost:", None),
            ("example.org:80", None),
        ] {
            let found = parse_address(text).ok().map(|address| address.to_string());
            assert_eq!(found.as_deref(), wanted, "{text}");
        }
    }

    #[test]
    fn nobody_is_sent_to_an_address_that_is_none() {
        assert_eq!(hosts(Ipv4Addr::LOCALHOST.into()), ["127.0.0.1"]);
        for host in hosts(Ipv4Addr::UNSPECIFIED.into()) {
            assert_ne!(host, "0.0.0.0");
        }
    }
}

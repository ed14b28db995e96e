//! The path of the socket, for those who are told none.

use std::path::{Path, PathBuf};

/// Path of the socket where the service's units put it.
pub const SOCKET: &str = "/run/undertone/undertone.sock";

/// Returns the user's own socket, of a program that is no service:
/// `$XDG_RUNTIME_DIR/undertone.sock`, if the session has such a folder.
fn user_socket() -> Option<PathBuf> {
    let folder = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from)?;
    folder.is_absolute().then(|| folder.join("undertone.sock"))
}

/// Returns the socket to look for: the service's where there is one, and otherwise the
/// user's own.
pub fn default_socket() -> PathBuf {
    let service = Path::new(SOCKET);
    match user_socket() {
        Some(own) if !service.exists() => own,
        _ => service.into(),
    }
}

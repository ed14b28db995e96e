//! Messages to systemd, by the protocol of `sd_notify(3)`.
//!
//! A datagram to a socket that the environment names. It is sent without
//! waiting: a service manager that hangs must not stop the engine. What it could
//! not take is sent again, until it has.

use std::env;
use std::io::ErrorKind;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::{Duration, Instant};

/// The service manager, if there is one.
#[derive(Default)]
pub struct Notifier {
    socket: Option<UnixDatagram>,
    /// Time after which the watchdog wants to be fed.
    every: Option<Duration>,
    fed: Option<Instant>,
    /// Messages that it has not taken yet.
    ready: bool,
    status: Option<String>,
}

impl Notifier {
    /// The service manager that the environment names.
    pub fn from_env() -> Self {
        Self {
            socket: connect(),
            every: watchdog(),
            ..Self::default()
        }
    }

    /// Says that the service is up.
    pub fn ready(&mut self) {
        self.ready = true;
        self.catch_up();
    }

    /// Says that the service is about to end.
    pub fn stopping(&self) {
        // If it is not told, it will see.
        self.send("STOPPING=1");
    }

    /// Says in words how it goes.
    pub fn status(&mut self, text: &str) {
        self.status = Some(format!("STATUS={}", text.replace('\n', " ")));
        self.catch_up();
    }

    /// Feeds the watchdog, if it is time, and says what could not be said yet.
    pub fn tick(&mut self, now: Instant) {
        self.catch_up();
        let Some(every) = self.every else { return };
        let due = self.fed.is_none_or(|fed| now.duration_since(fed) >= every);
        if due && self.send("WATCHDOG=1") {
            self.fed = Some(now);
        }
    }

    fn catch_up(&mut self) {
        if let Some(status) = self.status.take()
            && !self.send(&status)
        {
            self.status = Some(status);
        }
        self.ready = self.ready && !self.send("READY=1");
    }

    /// Returns `true` if that was sent, or never can be.
    fn send(&self, state: &str) -> bool {
        let Some(socket) = &self.socket else {
            return true;
        };
        let outcome = socket.send(state.as_bytes());
        !outcome.is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
    }
}

fn connect() -> Option<UnixDatagram> {
    let name = env::var_os("NOTIFY_SOCKET")?;
    let address = match name.as_bytes() {
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name),
        _ => SocketAddr::from_pathname(&name),
    };
    let socket = UnixDatagram::unbound().ok()?;
    socket.connect_addr(&address.ok()?).ok()?;
    socket.set_nonblocking(true).ok()?;
    Some(socket)
}

/// Returns a third of the time after which the watchdog bites, if it watches us.
fn watchdog() -> Option<Duration> {
    let number = |name| env::var(name).ok()?.parse::<u64>().ok();
    let for_us = number("WATCHDOG_PID").is_none_or(|pid| pid == u64::from(std::process::id()));
    let limit = number("WATCHDOG_USEC").filter(|_| for_us)?;
    Some(Duration::from_micros(limit / 3))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The messages that were sent there and not received yet.
    fn received(socket: &UnixDatagram) -> Vec<String> {
        let mut buffer = [0; 64];
        std::iter::from_fn(|| {
            let length = socket.recv(&mut buffer).ok()?;
            Some(String::from_utf8_lossy(&buffer[..length]).into_owned())
        })
        .collect()
    }

    #[test]
    fn what_a_busy_manager_could_not_take_is_said_again() {
        let (socket, manager) = UnixDatagram::pair().unwrap();
        socket.set_nonblocking(true).unwrap();
        manager.set_nonblocking(true).unwrap();
        while socket.send(b"EXTEND_TIMEOUT_USEC=1").is_ok() {}
        let mut notifier = Notifier {
            socket: Some(socket),
            every: Some(Duration::from_secs(5)),
            ..Notifier::default()
        };
        let now = Instant::now();
        notifier.status("waiting");
        notifier.ready();
        notifier.status("listening");
        notifier.tick(now);
        assert!(!received(&manager).iter().any(|said| said.contains("READY")));
        notifier.tick(now);
        let said = ["STATUS=listening", "READY=1", "WATCHDOG=1"];
        assert_eq!(received(&manager), said);
        notifier.tick(now);
        assert!(received(&manager).is_empty(), "once is enough");
        // One that is gone is not waited for.
        drop(manager);
        notifier.ready();
        assert!(!notifier.ready);
    }
}

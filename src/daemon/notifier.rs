//! What systemd is told, by the protocol of `sd_notify(3)`.
//!
//! A datagram to a socket that the environment names. It is sent without
//! waiting: a service manager that hangs must not stop the engine.

use std::env;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::{Duration, Instant};

/// The service manager, if there is one.
#[derive(Default)]
pub struct Notifier {
    socket: Option<UnixDatagram>,
    /// How often the watchdog wants to be fed.
    every: Option<Duration>,
    fed: Option<Instant>,
}

impl Notifier {
    /// The one that the environment names.
    pub fn from_env() -> Self {
        Self {
            socket: connect(),
            every: watchdog(),
            fed: None,
        }
    }

    /// Says that the service is up.
    pub fn ready(&self) {
        self.send("READY=1");
    }

    /// Says that the service is about to end.
    pub fn stopping(&self) {
        self.send("STOPPING=1");
    }

    /// Says in words how it goes.
    pub fn status(&self, text: &str) {
        self.send(&format!("STATUS={}", text.replace('\n', " ")));
    }

    /// Feeds the watchdog, if it is time.
    pub fn tick(&mut self, now: Instant) {
        let Some(every) = self.every else { return };
        if self.fed.is_none_or(|fed| now.duration_since(fed) >= every) {
            self.send("WATCHDOG=1");
            self.fed = Some(now);
        }
    }

    fn send(&self, state: &str) {
        if let Some(socket) = &self.socket {
            // What cannot be sent is not missed until the watchdog misses it.
            let _ = socket.send(state.as_bytes());
        }
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

/// A third of the time after which the watchdog bites, if it watches us.
fn watchdog() -> Option<Duration> {
    let number = |name| env::var(name).ok()?.parse::<u64>().ok();
    let for_us = number("WATCHDOG_PID").is_none_or(|pid| pid == u64::from(std::process::id()));
    let limit = number("WATCHDOG_USEC").filter(|_| for_us)?;
    Some(Duration::from_micros(limit / 3))
}

//! What a service manager is told, as it is told.

use super::site::Site;
use crate::common::microphone::Running;
use crate::common::{PATIENCE, wait_until};
use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::time::Duration;

struct Manager {
    socket: UnixDatagram,
}

impl Manager {
    fn at(path: &Path) -> Self {
        let socket = UnixDatagram::bind(path).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Self { socket }
    }

    /// All that it is told up to what starts like that.
    fn until(&self, start: &str) -> Vec<String> {
        let mut told = Vec::new();
        loop {
            let mut buffer = [0; 1024];
            let length = self.socket.recv(&mut buffer).unwrap();
            told.push(String::from_utf8_lossy(&buffer[..length]).into_owned());
            if told.last().unwrap().starts_with(start) {
                return told;
            }
        }
    }

    /// Whether it is told nothing for so long, after all that it was told before.
    fn hears_nothing(&self, time: Duration) -> bool {
        self.socket.set_nonblocking(true).unwrap();
        while self.socket.recv(&mut [0; 1024]).is_ok() {}
        self.socket.set_nonblocking(false).unwrap();
        self.socket.set_read_timeout(Some(time)).unwrap();
        let heard = self.socket.recv(&mut [0; 1024]);
        self.socket.set_read_timeout(Some(PATIENCE)).unwrap();
        heard.is_err()
    }
}

#[test]
fn the_service_manager_is_told_how_it_goes() {
    let Some(mut site) = Site::new("[microphone]\nretry = 0.2\nlongest_retry = 0.5\n") else {
        return;
    };
    site.unplug();
    let manager = Manager::at(&site.path("notify"));
    let mut command = site.command(&["--no-stdout"]);
    command.env("NOTIFY_SOCKET", site.path("notify"));
    command.env("WATCHDOG_USEC", "2000000");
    command.env("JOURNAL_STREAM", "1:2");
    let running = Running::start(command);
    // A board without a microphone boots, and says so.
    let told = manager.until("READY=1");
    let status = told.iter().find(|line| line.starts_with("STATUS="));
    assert!(status.unwrap().contains("microphone"), "{told:?}");
    for _ in 0..3 {
        manager.until("WATCHDOG=1");
    }
    site.plug_in();
    manager.until("STATUS=listening to default");
    manager.until("WATCHDOG=1");
    site.reader().ask("pause");
    manager.until("STATUS=paused");
    for _ in 0..3 {
        manager.until("WATCHDOG=1");
    }
    // One that is stopped starves the watchdog.
    running.signal("-STOP");
    let stat = format!("/proc/{}/stat", running.id());
    wait_until("a stop", || {
        fs::read_to_string(&stat).unwrap().contains(") T ")
    });
    assert!(manager.hears_nothing(Duration::from_secs(2)));
    running.signal("-CONT");
    manager.until("WATCHDOG=1");
    running.terminate();
    manager.until("STOPPING=1");
    let (_, output) = running.end();
    assert!(output.status.success(), "{output:?}");
    let logged = String::from_utf8(output.stderr).unwrap();
    assert!(logged.lines().all(|line| line.starts_with('<')), "{logged}");
    for line in [
        "<4>there is no microphone",
        "<6>listening to",
        "<6>paused",
        "<6>stopping",
    ] {
        assert!(logged.contains(line), "{line}: {logged}");
    }
}

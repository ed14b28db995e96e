//! The service against real parts: a microphone that stalls, vanishes and comes
//! back, readers, signals, systemd's sockets.

#![cfg(all(target_os = "linux", feature = "microphone"))]
#![allow(clippy::unwrap_used, reason = "what cannot be set up fails the test")]
#![allow(clippy::print_stdout, reason = "a test that is skipped says why")]

mod common;

use common::microphone::{FakeMicrophone, PERIOD, Running, scene, speak};
use common::{misreported, undertone};
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Longer than anything that is waited for takes, on a busy machine, too.
const PATIENCE: Duration = Duration::from_mins(1);

/// A microphone, a folder for the service's files, and its configuration.
struct Site {
    microphone: FakeMicrophone,
    folder: TempDir,
}

impl Site {
    fn new(configuration: &str) -> Option<Self> {
        let site = Self {
            microphone: FakeMicrophone::new()?,
            folder: TempDir::new().unwrap(),
        };
        site.configure(configuration);
        Some(site)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn configure(&self, text: &str) {
        fs::write(self.path("undertone.toml"), text).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.microphone.undertone(&["listen", "--config"]);
        command.arg(self.path("undertone.toml"));
        command.arg("--socket").arg(self.path("events.sock"));
        command.args(arguments);
        command.env("STATE_DIRECTORY", self.folder.path());
        command
    }

    fn start(&self) -> Running {
        Running::start(self.command(&["--no-stdout"]))
    }

    fn reader(&self) -> Reader {
        Reader::connect(&self.path("events.sock"))
    }

    /// Takes the microphone's sound away: it can be opened no more.
    fn unplug(&self) {
        self.microphone
            .configure(Path::new("/nonexistent/mic.fifo"));
    }

    fn plug_in(&self) {
        self.microphone.configure(&self.microphone.fifo);
    }
}

struct Reader {
    stream: UnixStream,
    lines: BufReader<UnixStream>,
}

impl Reader {
    /// Connects as soon as somebody listens.
    fn connect(path: &Path) -> Self {
        let begun = Instant::now();
        let stream = loop {
            match UnixStream::connect(path) {
                Ok(stream) => break stream,
                Err(error) => assert!(begun.elapsed() < PATIENCE, "{error}"),
            }
            thread::sleep(Duration::from_millis(10));
        };
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let lines = BufReader::new(stream.try_clone().unwrap());
        Self { stream, lines }
    }

    /// The next line, until the service ends.
    fn line(&mut self) -> Option<Value> {
        let mut line = String::new();
        let length = self.lines.read_line(&mut line).unwrap();
        (length > 0).then(|| serde_json::from_str(&line).unwrap())
    }

    /// The next line of which that is true, and all before it.
    fn until(&mut self, is_it: impl Fn(&Value) -> bool) -> (Vec<Value>, Value) {
        let (mut before, begun) = (Vec::new(), Instant::now());
        loop {
            let line = self.line().unwrap();
            if is_it(&line) {
                return (before, line);
            }
            before.push(line);
            assert!(begun.elapsed() < PATIENCE, "{before:?}");
        }
    }

    fn device(&mut self, state: &str) -> Value {
        self.until(|line| line["type"] == "device" && line["state"] == state)
            .1
    }

    fn emotion(&mut self) -> Value {
        self.until(|line| line["type"] == "emotion").1
    }

    fn ask(&mut self, request: &str) -> Value {
        let line = format!("{{\"type\":\"{request}\"}}\n");
        self.stream.write_all(line.as_bytes()).unwrap();
        let answers = ["ok", "error", "status"];
        self.until(|line| answers.iter().any(|answer| line["type"] == *answer))
            .1
    }
}

/// Ends it, for which it does not need long; what it logged.
fn stop(running: Running) -> String {
    let asked = Instant::now();
    running.terminate();
    let (_, output) = running.end();
    // It takes less than two seconds where nothing else is busy.
    assert!(
        asked.elapsed() < Duration::from_secs(20),
        "{:?}",
        asked.elapsed()
    );
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

fn is_decision(line: &Value) -> bool {
    line["type"] == "emotion" || line["type"] == "silence"
}

#[test]
fn readers_of_the_socket_read_what_is_printed() {
    let Some(site) = Site::new("") else { return };
    let mouth = site.microphone.mouth();
    let running = Running::start(site.command(&[]));
    let (mut early, hello) = (site.reader(), running.line().unwrap());
    assert_eq!(early.line().unwrap(), hello);
    let mode = fs::metadata(site.path("events.sock"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o660);
    let speaker = speak(mouth, &scene());
    let mut printed: Vec<Value> = Vec::new();
    while printed
        .iter()
        .filter(|line| line["type"] == "emotion")
        .count()
        < 2
    {
        printed.push(running.line().unwrap());
    }
    let read: Vec<Value> = printed.iter().map(|_| early.line().unwrap()).collect();
    assert_eq!(read, printed);
    // Who comes now is told who speaks, and the last state.
    let mut late = site.reader();
    assert_eq!(late.line().unwrap(), hello);
    assert_eq!(late.line().unwrap()["type"], "device");
    assert_eq!(late.line().unwrap()["type"], "change");
    let status = late.ask("status");
    assert_eq!(status["state"], "open");
    assert_eq!(
        (&status["readers"], &status["dropped"]),
        (&2.into(), &0.into())
    );
    let decisions = status["decisions"].as_u64().unwrap();
    assert!(decisions >= printed.iter().filter(|line| is_decision(line)).count() as u64);
    for key in ["uptime", "position", "samples", "frames", "memory"] {
        assert!(status[key].as_f64().unwrap() > 0.0, "{status}");
    }
    assert!(
        status["latency_ms"]["p50"].as_f64().unwrap() > 0.0,
        "{status}"
    );
    drop(speaker.join().unwrap());
    let logged = stop(running);
    assert!(
        logged.contains("listening to default") && !logged.contains("happy"),
        "{logged}"
    );
    assert!(!site.path("events.sock").exists());
}

#[test]
fn a_stalled_microphone_comes_back_and_time_goes_on() {
    let Some(site) = Site::new("[microphone]\nstall = 4.0\nretry = 0.2\n") else {
        return;
    };
    let mouth = site.microphone.mouth();
    let running = site.start();
    let mut reader = site.reader();
    reader.device("open");
    let mouth = speak(mouth, &scene()[60 * PERIOD..]).join().unwrap();
    let before = reader.emotion();
    let lost = reader.device("lost");
    assert!(
        lost["reason"].as_str().unwrap().contains("nothing"),
        "{lost}"
    );
    // Nobody speaks where nothing is heard.
    let change = reader.line().unwrap();
    assert_eq!(change["type"], "change");
    assert_eq!(change["to"], "silence");
    reader.device("open");
    let status = reader.ask("status");
    assert_eq!(
        (&status["state"], &status["reconnects"]),
        (&"open".into(), &1.into())
    );
    let _mouth = speak(mouth, &scene()[90 * PERIOD..]).join().unwrap();
    let after = reader.emotion();
    let number = |line: &Value, key: &str| line[key].as_f64().unwrap();
    assert!(
        number(&after, "seq") > number(&before, "seq"),
        "{before} {after}"
    );
    assert!(
        number(&after, "start") >= number(&before, "end") + 2.0,
        "{before} {after}"
    );
    // On the grid of hops.
    let hops = (number(&after, "start") - number(&before, "start")) / 1.024;
    assert!((hops - hops.round()).abs() < 1e-6, "{before} {after}");
    stop(running);
}

#[test]
fn a_microphone_that_vanishes_is_found_again() {
    let Some(site) = Site::new("[microphone]\nretry = 0.2\nlongest_retry = 0.5\n") else {
        return;
    };
    let mouth = site.microphone.mouth();
    let running = site.start();
    let mut reader = site.reader();
    reader.device("open");
    let mouth = speak(mouth, &scene()[..20 * PERIOD]).join().unwrap();
    site.unplug();
    // At its end the FIFO reads as zeros, much faster than any microphone.
    drop(mouth);
    let lost = reader.device("lost");
    let lost = lost["reason"].as_str().unwrap().to_owned();
    assert!(lost.contains("where 16000 were asked"), "{lost}");
    let gone = reader.device("lost");
    assert_ne!(gone["reason"], lost);
    site.plug_in();
    let mouth = site.microphone.mouth();
    reader.device("open");
    let _mouth = speak(mouth, &scene()[90 * PERIOD..]).join().unwrap();
    reader.emotion();
    stop(running);
}

#[test]
fn without_a_microphone_it_waits_for_one_or_gives_up() {
    let retry = "[microphone]\nretry = 0.2\nlongest_retry = 0.2\n";
    let Some(site) = Site::new(retry) else { return };
    site.unplug();
    let running = site.start();
    let mut reader = site.reader();
    assert_eq!(reader.line().unwrap()["type"], "hello");
    reader.device("lost");
    assert_eq!(reader.ask("status")["state"], "lost");
    let (_, beat) = reader.until(|line| line["type"] == "heartbeat");
    assert!(
        (10.0..30.0).contains(&beat["position"].as_f64().unwrap()),
        "{beat}"
    );
    let _mouth = site.microphone.mouth();
    site.plug_in();
    reader.device("open");
    stop(running);

    site.unplug();
    site.configure(&format!("{retry}give_up = 1.0\n"));
    let (_, output) = site.start().end();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(69), "{said}");
    assert!(
        said.lines().last().unwrap().contains("microphone"),
        "{said}"
    );
}

#[test]
fn who_pauses_it_is_heard_and_a_restart_changes_nothing() {
    let Some(site) = Site::new("[privacy]\nmay_resume = [\"user:4000001\"]\n") else {
        return;
    };
    let _mouth = site.microphone.mouth();
    let running = site.start();
    let mut reader = site.reader();
    reader.device("open");
    assert_eq!(
        reader.ask("pause"),
        serde_json::json!({"type": "ok", "request": "pause"})
    );
    let paused = reader.device("paused");
    assert!(paused.get("reason").is_none(), "{paused}");
    assert_eq!(reader.ask("status")["state"], "paused");
    let refused = reader.ask("resume");
    assert!(
        refused["error"].as_str().unwrap().contains("may_resume"),
        "{refused}"
    );
    stop(running);

    let running = site.start();
    let mut reader = site.reader();
    reader.device("paused");
    // The configuration is read again, and now lets everybody.
    site.configure("");
    running.signal("-HUP");
    running.until_said("read again");
    assert_eq!(reader.ask("resume")["type"], "ok");
    reader.device("open");
    let logged = stop(running);
    assert!(logged.contains("read again"), "{logged}");

    let running = site.start();
    site.reader().device("open");
    stop(running);
}

#[test]
fn a_configuration_is_read_again_and_a_bad_one_is_not() {
    let Some(site) = Site::new("") else { return };
    let _mouth = site.microphone.mouth();
    let running = site.start();
    let mut reader = site.reader();
    reader.device("open");
    site.configure("[decision]\nhop = 0\n");
    running.signal("-HUP");
    running.until_said("the old configuration stays");
    site.configure("[decision]\nhop = 0.512\n[socket]\nqueue = 9\n");
    running.signal("-HUP");
    let (before, hello) = reader.until(|line| line["type"] == "hello");
    assert!(before.is_empty(), "{before:?}");
    assert_eq!(hello["hop"], 0.512);
    let logged = stop(running);
    for words in [
        "decision.hop is 0",
        "the old configuration stays",
        "[socket] changes with",
    ] {
        assert!(logged.contains(words), "{words}: {logged}");
    }
}

#[test]
fn a_dead_ones_socket_is_taken_over_and_a_living_ones_is_not() {
    let Some(site) = Site::new("") else { return };
    let _mouth = site.microphone.mouth();
    let running = site.start();
    site.reader().device("open");
    let second = site.command(&["--no-stdout"]).output().unwrap();
    assert_eq!(
        misreported(&second, 74, &["events.sock", "another program"]),
        None
    );
    site.reader().device("open");
    running.signal("-KILL");
    running.end();
    assert!(site.path("events.sock").exists());
    let running = site.start();
    site.reader().device("open");
    stop(running);
    let group = site
        .command(&["--group", "no such group"])
        .output()
        .unwrap();
    assert_eq!(misreported(&group, 78, &["no such group"]), None);
}

#[test]
fn a_full_disk_stops_nobody_else() {
    let Some(site) = Site::new("[privacy]\nstate_file = \"/nonexistent/paused\"\n") else {
        return;
    };
    let mouth = site.microphone.mouth();
    let mut command = site.command(&[]);
    command.stdin(Stdio::null()).stderr(Stdio::piped());
    command.stdout(fs::File::options().write(true).open("/dev/full").unwrap());
    let mut child = command.spawn().unwrap();
    let mut reader = site.reader();
    reader.device("open");
    let _mouth = speak(mouth, &scene()[90 * PERIOD..]).join().unwrap();
    reader.emotion();
    assert_eq!(reader.ask("pause")["type"], "ok");
    let paused = reader.device("paused");
    assert!(
        paused["reason"].as_str().unwrap().contains("restart"),
        "{paused}"
    );
    assert!(child.try_wait().unwrap().is_none());
    let id = child.id().to_string();
    Command::new("kill").arg(id).status().unwrap();
    let output = child.wait_with_output().unwrap();
    let logged = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{logged}");
    assert!(logged.contains("No space left"), "{logged}");
}

/// A command with a small file system of its own at `folder`, filled to its
/// last byte and file; `None`, with the reason printed, where none can be had.
fn on_a_full_disk(command: &Command, folder: &Path) -> Option<Command> {
    let script = r#"mount -t tmpfs -o size=64k,nr_inodes=16 tmpfs "$0" || exit 1
        head -c 1M /dev/zero >"$0/filler" 2>/dev/null
        while true >"$0/$((i = i + 1))"; do :; done 2>/dev/null
        exec "$@""#;
    let own = || {
        let mut own = Command::new("unshare");
        own.args(["--user", "--map-root-user", "--mount", "sh", "-c", script]);
        own.arg(folder);
        own
    };
    fs::create_dir(folder).unwrap();
    if !own()
        .arg("true")
        .output()
        .is_ok_and(|tried| tried.status.success())
    {
        println!("skipped: this system mounts no file system for a user");
        return None;
    }
    let mut own = own();
    own.arg(command.get_program()).args(command.get_args());
    own.envs(
        command
            .get_envs()
            .filter_map(|(name, value)| Some((name, value?))),
    );
    Some(own)
}

#[test]
fn files_are_written_when_a_full_disk_has_room_again() {
    let Some(site) = Site::new("") else { return };
    let folder = site.path("full");
    let (state, figures) = (folder.join("paused"), folder.join("undertone.prom"));
    site.configure(&format!(
        "[privacy]\nstate_file = {state:?}\n[metrics]\nfile = {figures:?}\nevery = 1\n"
    ));
    let _mouth = site.microphone.mouth();
    let Some(command) = on_a_full_disk(&site.command(&["--no-stdout"]), &folder) else {
        return;
    };
    let running = Running::start(command);
    let mut reader = site.reader();
    reader.device("open");
    running.until_said("undertone.prom: No space left");
    reader.ask("pause");
    let paused = reader.device("paused");
    let reason = paused["reason"].as_str().unwrap();
    assert!(reason.contains("No space left"), "{paused}");
    // Its files as it sees them.
    let root = PathBuf::from(format!("/proc/{}/root", running.id()));
    let seen = |path: &Path| root.join(path.strip_prefix("/").unwrap());
    for file in fs::read_dir(seen(&folder)).unwrap() {
        fs::remove_file(file.unwrap().path()).unwrap();
    }
    reader.ask("resume");
    reader.device("open");
    reader.ask("pause");
    let paused = reader.device("paused");
    assert!(paused.get("reason").is_none(), "{paused}");
    assert!(seen(&state).exists());
    let begun = Instant::now();
    while !fs::read_to_string(seen(&figures)).is_ok_and(|text| text.contains("undertone_readers")) {
        assert!(begun.elapsed() < PATIENCE, "no figures are written");
        thread::sleep(Duration::from_millis(50));
    }
    stop(running);
}

#[test]
fn what_is_lost_after_a_reload_is_the_new_microphone() {
    let Some(site) = Site::new("") else { return };
    let _mouth = site.microphone.mouth();
    let running = site.start();
    let mut reader = site.reader();
    assert!(
        reader.device("open")["device"]
            .as_str()
            .unwrap()
            .contains("default")
    );
    site.configure("[microphone]\ndevice = \"nosuch\"\n");
    running.signal("-HUP");
    assert_eq!(reader.device("lost")["device"], "nosuch");
    stop(running);
}

#[test]
fn where_few_files_may_be_open_there_are_few_readers() {
    let Some(site) = Site::new("") else { return };
    let _mouth = site.microphone.mouth();
    let command = site.command(&["--no-stdout"]);
    let mut few = Command::new("sh");
    few.args(["-c", "ulimit -n 70; exec \"$@\"", "sh"]);
    few.arg(command.get_program()).args(command.get_args());
    few.envs(
        command
            .get_envs()
            .filter_map(|(name, value)| Some((name, value?))),
    );
    let running = Running::start(few);
    running.until_said("raise LimitNOFILE=");
    let mut readers: Vec<Reader> = (0..6).map(|_| site.reader()).collect();
    for reader in &mut readers {
        assert_eq!(reader.line().unwrap()["type"], "hello");
    }
    assert_eq!(site.reader().line().unwrap()["type"], "error");
    // There is still room for a microphone that comes back.
    readers[0].device("open");
    readers[0].ask("pause");
    readers[0].device("paused");
    readers[0].ask("resume");
    readers[0].device("open");
    stop(running);
}

#[test]
fn a_pause_that_could_not_be_written_is_written_later() {
    let Some(site) = Site::new("") else { return };
    let folder = site.path("later");
    let file = folder.join("paused");
    site.configure(&format!("[privacy]\nstate_file = {file:?}\n"));
    let _mouth = site.microphone.mouth();
    let running = site.start();
    let mut reader = site.reader();
    reader.device("open");
    reader.ask("pause");
    let paused = reader.device("paused");
    assert!(paused.get("reason").is_some(), "{paused}");
    fs::create_dir(&folder).unwrap();
    stop(running);
    assert!(file.exists());
    let running = site.start();
    site.reader().device("paused");
    stop(running);
}

#[test]
fn figures_are_written_for_prometheus() {
    let Some(site) = Site::new("") else { return };
    let file = site.path("undertone.prom");
    site.configure(&format!("[metrics]\nfile = {file:?}\nevery = 1\n"));
    let _mouth = site.microphone.mouth();
    let running = site.start();
    let begun = Instant::now();
    let open = "\nundertone_microphone_open 1\n";
    while !fs::read_to_string(&file).is_ok_and(|text| text.contains(open)) {
        assert!(begun.elapsed() < PATIENCE);
        thread::sleep(Duration::from_millis(50));
    }
    stop(running);
}

#[test]
fn a_watcher_outlives_the_service() {
    let Some(site) = Site::new("") else { return };
    let mouth = site.microphone.mouth();
    let mut command = undertone();
    command
        .args(["watch", "--socket"])
        .arg(site.path("events.sock"));
    let watching = Running::start(command);
    let line = |words: &str| {
        let lines = std::iter::from_fn(|| watching.line());
        let mut text = lines.map(|line| line.as_str().unwrap_or_default().to_owned());
        assert!(
            text.any(|line| line.contains(words)),
            "{words} does not come"
        );
    };
    line("waiting for");
    let running = site.start();
    line("undertone ");
    line("microphone open: default");
    let _mouth = speak(mouth, &scene()[90 * PERIOD..]).join().unwrap();
    line(" -> ");
    line(" dBFS");
    stop(running);
    line("waiting for");
    let running = site.start();
    line("microphone open: default");
    stop(running);
    watching.terminate();
    let (_, output) = watching.end();
    assert!(output.stderr.is_empty(), "{output:?}");
}

/// What a service manager is told, as it is told.
struct Manager {
    socket: UnixDatagram,
}

impl Manager {
    fn at(path: &Path) -> Self {
        let socket = UnixDatagram::bind(path).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Self { socket }
    }

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
}

#[test]
fn the_service_manager_is_told_how_it_goes() {
    let Some(site) = Site::new("[microphone]\nretry = 0.2\nlongest_retry = 0.5\n") else {
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
    let _mouth = site.microphone.mouth();
    site.plug_in();
    manager.until("STATUS=listening to default");
    manager.until("WATCHDOG=1");
    let mut reader = site.reader();
    reader.ask("pause");
    manager.until("STATUS=paused");
    for _ in 0..3 {
        manager.until("WATCHDOG=1");
    }
    // One that is stopped starves the watchdog.
    running.signal("-STOP");
    let begun = Instant::now();
    let stat = format!("/proc/{}/stat", running.id());
    while !fs::read_to_string(&stat).unwrap().contains(") T ") {
        assert!(begun.elapsed() < PATIENCE, "it does not stop");
        thread::sleep(Duration::from_millis(10));
    }
    manager.socket.set_nonblocking(true).unwrap();
    while manager.socket.recv(&mut [0; 1024]).is_ok() {}
    manager.socket.set_nonblocking(false).unwrap();
    let twice = Duration::from_secs(2);
    manager.socket.set_read_timeout(Some(twice)).unwrap();
    assert!(manager.socket.recv(&mut [0; 1024]).is_err());
    manager.socket.set_read_timeout(Some(PATIENCE)).unwrap();
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

#[test]
fn systemd_may_hold_the_socket() {
    let activate = Command::new("systemd-socket-activate")
        .arg("--version")
        .output();
    if activate.is_err() {
        println!("skipped: systemd-socket-activate is not installed");
        return;
    }
    let Some(site) = Site::new("") else { return };
    let _mouth = site.microphone.mouth();
    let path = site.path("held.sock");
    let mut command = Command::new("systemd-socket-activate");
    command.arg("--listen").arg(&path);
    let environment = site.microphone.undertone(&[]);
    for (name, value) in environment.get_envs() {
        let mut variable = name.to_owned();
        variable.push("=");
        variable.push(value.unwrap());
        command.arg("--setenv").arg(variable);
    }
    command.arg(undertone().get_program());
    command.args(["listen", "--no-stdout", "--config"]);
    command.arg(site.path("undertone.toml"));
    let running = Running::start(command);
    let mut reader = Reader::connect(&path);
    assert_eq!(reader.line().unwrap()["type"], "hello");
    reader.device("open");
    let mut second = Reader::connect(&path);
    assert_eq!(second.ask("status")["readers"], 2);
    stop(running);
    assert!(path.exists(), "it is not the service's to remove");
}

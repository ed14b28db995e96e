//! The service with all that it is given, and a reader of its socket.

use crate::common::microphone::{FakeMicrophone, PERIOD, Running, scene, speak};
use crate::common::{PATIENCE, wait_until};
use serde_json::{Value, json};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A microphone, a folder for the service's files, and its configuration.
pub struct Site {
    pub microphone: FakeMicrophone,
    /// What keeps the microphone from reading the end of a file.
    mouth: Option<File>,
    folder: TempDir,
}

impl Site {
    /// `None`, with the reason printed, where there can be no microphone.
    pub fn new(configuration: &str) -> Option<Self> {
        let microphone = FakeMicrophone::new()?;
        let site = Self {
            mouth: Some(microphone.mouth()),
            microphone,
            folder: TempDir::new().unwrap(),
        };
        site.configure(configuration);
        Some(site)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn configure(&self, text: &str) {
        fs::write(self.path("undertone.toml"), text).unwrap();
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.microphone.undertone(&["listen", "--config"]);
        command.arg(self.path("undertone.toml"));
        command.arg("--socket").arg(self.path("events.sock"));
        command.args(arguments);
        command.env("STATE_DIRECTORY", self.folder.path());
        command
    }

    pub fn start(&self) -> Running {
        Running::start(self.command(&["--no-stdout"]))
    }

    /// Starts it, and waits until it hears.
    pub fn listen(&self) -> (Running, Reader) {
        let (running, mut reader) = (self.start(), self.reader());
        reader.device("open");
        (running, reader)
    }

    pub fn reader(&self) -> Reader {
        Reader::connect(&self.path("events.sock"))
    }

    /// Gives it another configuration to read.
    pub fn reload(&self, running: &Running, text: &str) {
        self.configure(text);
        running.signal("-HUP");
    }

    /// Says it to the microphone, in its own time.
    pub fn speak(&self, samples: &[i16]) {
        speak(self.microphone.mouth(), samples).join().unwrap();
    }

    /// Says a sentence to it.
    pub fn speak_up(&self) {
        self.speak(&scene()[90 * PERIOD..]);
    }

    /// Takes the microphone's sound away: it can be opened no more, and where it
    /// is open it reads zeros, much faster than any microphone.
    pub fn unplug(&mut self) {
        self.microphone
            .configure(Path::new("/nonexistent/mic.fifo"));
        self.mouth = None;
    }

    pub fn plug_in(&mut self) {
        self.mouth = Some(self.microphone.mouth());
        self.microphone.configure(&self.microphone.fifo);
    }
}

/// The command as another program, which ends its arguments with it, starts it.
pub fn by<A: AsRef<OsStr>>(program: &str, arguments: &[A], command: &Command) -> Command {
    let mut outer = Command::new(program);
    outer.args(arguments);
    outer.arg(command.get_program()).args(command.get_args());
    let variables = command.get_envs();
    outer.envs(variables.filter_map(|(name, value)| Some((name, value?))));
    outer
}

/// Ends it, for which it does not need long; what it logged.
pub fn stop(running: Running) -> String {
    let asked = Instant::now();
    running.terminate();
    let (_, output) = running.end();
    // It takes less than two seconds where nothing else is busy.
    let took = asked.elapsed();
    assert!(took < Duration::from_secs(20), "{took:?}");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

pub struct Reader {
    stream: UnixStream,
    lines: BufReader<UnixStream>,
}

impl Reader {
    /// Connects as soon as somebody listens.
    pub fn connect(path: &Path) -> Self {
        let mut connected = UnixStream::connect(path);
        wait_until("a connection", || {
            if connected.is_err() {
                connected = UnixStream::connect(path);
            }
            connected.is_ok()
        });
        let stream = connected.unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let lines = BufReader::new(stream.try_clone().unwrap());
        Self { stream, lines }
    }

    /// The next line, until the service ends.
    pub fn line(&mut self) -> Option<Value> {
        let mut line = String::new();
        let length = self.lines.read_line(&mut line).unwrap();
        (length > 0).then(|| serde_json::from_str(&line).unwrap())
    }

    /// The next line of which that is true, and all before it.
    pub fn until(&mut self, is_it: impl Fn(&Value) -> bool) -> (Vec<Value>, Value) {
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

    pub fn device(&mut self, state: &str) -> Value {
        self.until(|line| line["type"] == "device" && line["state"] == state)
            .1
    }

    pub fn emotion(&mut self) -> Value {
        self.until(|line| line["type"] == "emotion").1
    }

    pub fn ask(&mut self, request: &str) -> Value {
        let line = format!("{{\"type\":\"{request}\"}}\n");
        self.stream.write_all(line.as_bytes()).unwrap();
        let answers = ["ok", "error", "status"];
        self.until(|line| answers.iter().any(|answer| line["type"] == *answer))
            .1
    }

    /// Pauses the microphone; what is said of it then.
    pub fn pause(&mut self) -> Value {
        self.switch("pause", "paused")
    }

    /// Lets the microphone be opened again.
    pub fn resume(&mut self) -> Value {
        self.switch("resume", "open")
    }

    fn switch(&mut self, request: &str, state: &str) -> Value {
        let answer = json!({"type": "ok", "request": request});
        assert_eq!(self.ask(request), answer);
        self.device(state)
    }
}

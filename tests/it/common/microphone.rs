//! An ALSA device that reads a FIFO, and the running program that hears it.

use super::{PATIENCE, read, undertone, utterance, wait_until};
use crate::testing::{make_fifo, skip};
use serde_json::Value;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use tempfile::TempDir;

pub const RATE: usize = 16_000;

/// Frames of one period, and how long they last.
pub const PERIOD: usize = 512;
pub const PERIOD_TIME: Duration = Duration::from_millis(32);

/// The only microphone of a program that is run with it.
pub struct FakeMicrophone {
    pub folder: TempDir,
    pub fifo: PathBuf,
}

impl FakeMicrophone {
    /// `None`, with the reason printed, where ALSA is not installed.
    pub fn new() -> Option<Self> {
        if !Path::new("/usr/share/alsa/alsa.conf").exists() {
            skip("ALSA's configuration is not installed");
            return None;
        }
        let folder = TempDir::new().unwrap();
        let fifo = folder.path().join("mic.fifo");
        make_fifo(&fifo);
        let microphone = Self { folder, fifo };
        microphone.configure(&microphone.fifo);
        Some(microphone)
    }

    /// Makes ALSA's default device read from `input`.
    pub fn configure(&self, input: &Path) {
        self.configure_channels(input, 1);
    }

    /// The same with so many channels.
    pub fn configure_channels(&self, input: &Path, channels: usize) {
        let text = format!(
            r#"</usr/share/alsa/alsa.conf>
            pcm.micfile {{
                type file slave.pcm {{ type null }} format "raw"
                file "/dev/null" infile "{}"
            }}
            pcm.!default {{
                type plug slave {{ pcm "micfile" format S16_LE rate {RATE} channels {channels} }}
            }}"#,
            input.display()
        );
        self.configure_as(&text);
    }

    /// Makes that all of ALSA's configuration.
    pub fn configure_as(&self, text: &str) {
        fs::write(self.configuration(), text).unwrap();
    }

    fn configuration(&self) -> PathBuf {
        self.folder.path().join("asound.conf")
    }

    /// The program with this microphone as the only one.
    pub fn undertone(&self, arguments: &[&str]) -> Command {
        let mut command = undertone();
        command.args(arguments);
        command.env("ALSA_CONFIG_PATH", self.configuration());
        command
    }

    /// The end that sound goes in. While it is open, the device waits for more
    /// where it would otherwise read the end of a file.
    pub fn mouth(&self) -> File {
        // Opened for both, a FIFO does not wait for its other end.
        File::options()
            .read(true)
            .write(true)
            .open(&self.fifo)
            .unwrap()
    }
}

/// Writes samples as a sound card would deliver them, from a thread: when
/// nobody hears them any more, it blocks. Joining it gives the mouth back.
pub fn speak(mouth: File, samples: &[i16]) -> JoinHandle<File> {
    speak_channels(mouth, samples, 1)
}

/// The same of so many channels, which are interleaved.
pub fn speak_channels(mut mouth: File, samples: &[i16], channels: usize) -> JoinHandle<File> {
    let samples = samples.to_vec();
    thread::spawn(move || {
        let begun = Instant::now();
        for (period, due) in samples.chunks(PERIOD * channels).zip(1..) {
            let bytes: Vec<u8> = period.iter().flat_map(|x| x.to_le_bytes()).collect();
            mouth.write_all(&bytes).unwrap();
            thread::sleep((PERIOD_TIME * due).saturating_sub(begun.elapsed()));
        }
        mouth
    })
}

/// Silence and then speech, in whole periods: some 8 s.
pub fn scene() -> Vec<i16> {
    let mut samples = vec![0; 100 * PERIOD];
    let voice = read(&utterance());
    samples.extend(voice[..150 * PERIOD].iter().map(|x| (x >> 8) as i16));
    samples
}

/// Whether a line is what was decided at a hop.
pub fn is_decision(line: &Value) -> bool {
    line["type"] == "emotion" || line["type"] == "silence"
}

/// A running program whose lines come as they are printed. It does not outlive
/// its test, also when that fails.
pub struct Running {
    child: Child,
    pub lines: Receiver<Value>,
    said: Arc<Mutex<String>>,
    listener: Option<JoinHandle<()>>,
}

impl Running {
    pub fn start(mut command: Command) -> Self {
        command.stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = channel();
        thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                let object = serde_json::from_str(&line).unwrap_or(Value::String(line));
                if sender.send(object).is_err() {
                    break;
                }
            }
        });
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let said = Arc::<Mutex<String>>::default();
        let saying = Arc::clone(&said);
        let listener = thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                *saying.lock().unwrap() += &(line + "\n");
            }
        });
        Self {
            child,
            lines,
            said,
            listener: Some(listener),
        }
    }

    /// The next line, if the program is still there to print one.
    pub fn line(&self) -> Option<Value> {
        self.lines.recv_timeout(PATIENCE).ok()
    }

    /// Waits until it has said that on stderr.
    pub fn until_said(&self, words: &str) {
        wait_until(words, || self.said.lock().unwrap().contains(words));
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn terminate(&self) {
        self.signal("-TERM");
    }

    pub fn signal(&self, signal: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args([signal, &id]).status();
        assert!(sent.unwrap().success());
    }

    /// Waits for its end; the lines that were left, and how it went.
    pub fn end(mut self) -> (Vec<Value>, Output) {
        let begun = Instant::now();
        while self.child.try_wait().unwrap().is_none() {
            if begun.elapsed() > PATIENCE {
                self.child.kill().unwrap();
            }
            thread::sleep(Duration::from_millis(10));
        }
        let left = self.lines.iter().collect();
        if let Some(listener) = self.listener.take() {
            listener.join().unwrap();
        }
        let output = Output {
            status: self.child.wait().unwrap(),
            stdout: Vec::new(),
            stderr: self.said.lock().unwrap().clone().into_bytes(),
        };
        (left, output)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // One that has ended cannot be killed, which is right, too.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

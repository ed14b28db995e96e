//! The server, and a client that can also do what no browser would.

use super::{PATIENCE, undertone};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};

/// A running `undertone web`. It does not outlive its test.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
    /// Behind the `#` of the printed address.
    pub fragment: Option<String>,
}

impl Server {
    /// One on a free port of the loopback interface.
    pub fn start(arguments: &[&str]) -> Self {
        let mut command = undertone();
        command.args(["web", "--listen", "127.0.0.1:0"]);
        Self::start_with(command, arguments)
    }

    /// One by any command; it prints its address on stdout.
    pub fn start_with(mut command: Command, arguments: &[&str]) -> Self {
        command.args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("http://").unwrap();
        let (address, fragment) = address.split_once('/').unwrap();
        let (_, port) = address.rsplit_once(':').unwrap();
        Self {
            child,
            // Whatever name it has for others.
            address: format!("127.0.0.1:{port}").parse().unwrap(),
            fragment: fragment.strip_prefix('#').map(str::to_owned),
        }
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// Sends bytes as they are and reads all that comes back.
    pub fn exchange(&self, request: &[u8]) -> Answer {
        let mut stream = self.connect();
        // It may be refused before all of it is sent.
        let _ = stream.write_all(request);
        Answer::read(stream)
    }

    /// Sends a request with a body, and headers beside the usual ones.
    pub fn send(&self, what: &str, headers: &str, body: &[u8]) -> Answer {
        let length = body.len();
        let host = self.address;
        let head = format!(
            "{what} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\
             Content-Length: {length}\r\n{headers}\r\n"
        );
        self.exchange(&[head.as_bytes(), body].concat())
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send(&format!("GET {path}"), "", b"")
    }

    pub fn classify(&self, name: &str, bytes: &[u8]) -> Answer {
        self.send(&format!("POST /api/classify?name={name}"), "", bytes)
    }

    /// Number of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Bytes that were resident at most.
    pub fn peak_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kibibytes = line.unwrap().trim().strip_suffix(" kB").unwrap();
        kibibytes.parse::<u64>().unwrap() << 10
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that has ended cannot be killed, which is right, too.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the server said; status 0 if it said nothing.
#[derive(Debug, Default)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn read(mut stream: impl Read) -> Self {
        let mut bytes = Vec::new();
        // What came before the connection broke counts.
        let _ = stream.read_to_end(&mut bytes);
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
            return Self::default();
        };
        let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
        let status = head.split_whitespace().nth(1).unwrap().parse().unwrap();
        let body = bytes.split_off(end + 4);
        Self { status, head, body }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().skip(1);
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    pub fn detail(&self) -> String {
        let kind = self.header("content-type");
        assert_eq!(kind, Some("application/problem+json"), "{self:?}");
        let problem = self.json();
        assert_eq!(problem["status"], self.status, "{problem}");
        problem["detail"].as_str().unwrap().to_owned()
    }
}

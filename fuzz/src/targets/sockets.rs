//! The socket's requests and the page's, through the sockets themselves.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, mpsc};
use std::time::Duration;
use undertone::audio::DecoderPool;
use undertone::daemon::{Metrics, answer_without_switch};
use undertone::model::{Bundle, Model};
use undertone::protocol::Message;
use undertone::publish::{Broadcaster, Limits, Listener};
use undertone::web::{Options, serve};

/// Time within which everything is answered.
const PATIENCE: Duration = Duration::from_secs(5);

const LIMITS: Limits = Limits {
    readers: 64,
    readers_per_user: 64,
    queue: 1024,
    max_lag: 1024,
};

static SOCKET: LazyLock<PathBuf> = LazyLock::new(|| start_socket().unwrap_or_default());

fn start_socket() -> Option<PathBuf> {
    let path = tempfile::tempdir().ok()?.keep().join("socket");
    let metrics = Arc::new(Metrics::default());
    let answer = answer_without_switch(&metrics);
    let listener = Listener::bind(&path, None).ok()?;
    let broadcaster = Broadcaster::start(listener, LIMITS, &metrics.readers, answer).ok()?;
    // It is to live as long as the process.
    std::mem::forget(broadcaster);
    Some(path)
}

/// Requests that are refused, after which a reader is disconnected.
const LAST_STRAW: &[u8] = b"\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\n";

/// Whatever a reader sends, it is answered in messages, at most one a line and one for
/// each kilobyte without an end, and sent away when it has been refused too often.
pub fn socket(bytes: &[u8]) {
    let Ok(mut stream) = UnixStream::connect(&*SOCKET) else {
        panic!("the socket is gone");
    };
    let _ = stream.set_read_timeout(Some(PATIENCE));
    let sent = [bytes, LAST_STRAW].concat();
    // It may be disconnected before all of it is sent.
    let _ = stream.write_all(&sent);
    let mut answers = Vec::new();
    let read = stream.read_to_end(&mut answers);
    let timed_out = read.is_err_and(|error| error.kind() == ErrorKind::WouldBlock);
    assert!(!timed_out, "it is not disconnected");
    let lines = sent.split(|&byte| byte == b'\n').count();
    let answers = String::from_utf8_lossy(&answers);
    assert!(answers.lines().count() <= lines + sent.len() / 1024 + 1);
    for answer in answers.lines() {
        let message: Result<Message, _> = serde_json::from_str(answer);
        assert!(
            matches!(
                message,
                Ok(Message::Ok { .. }
                    | Message::Error { .. }
                    | Message::Status(_)
                    | Message::Dropped { .. })
            ),
            "{answer}"
        );
    }
}

static PAGE: LazyLock<Option<SocketAddr>> = LazyLock::new(start_page);

fn start_page() -> Option<SocketAddr> {
    let model = Model::load(&Bundle::embedded().ok()?).ok()?;
    let options = Options {
        listen: ([127, 0, 0, 1], 0).into(),
        names: Vec::new(),
        token: None,
        socket: "/nonexistent/undertone.sock".into(),
        largest: 1 << 20,
        longest: 60,
        patience: PATIENCE,
        threads: 1,
        decoders: DecoderPool::new("/nonexistent/decoder".into()),
    };
    let (started, address) = mpsc::channel();
    std::thread::spawn(move || serve(&model, options, |address| _ = started.send(address)));
    address.recv().ok()
}

/// Whatever is sent to the page's port: what comes back is HTTP, no fault of the
/// program, and has the headers that every answer of the site has.
pub fn http(bytes: &[u8]) {
    let Some(address) = *PAGE else {
        panic!("the page does not start");
    };
    // Hosts that are meant are the server's own.
    let host = format!("{address}");
    let text = String::from_utf8_lossy(bytes);
    let request = match &text {
        std::borrow::Cow::Borrowed(text) => text.replace("HOST", &host).into_bytes(),
        std::borrow::Cow::Owned(_) => bytes.to_vec(),
    };
    exchange(address, &request);
}

/// Whatever the body of a form is.
pub fn form(bytes: &[u8]) {
    let Some(address) = *PAGE else {
        panic!("the page does not start");
    };
    let length = bytes.len();
    let head = format!(
        "POST /api/classify HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {length}\r\n\r\n"
    );
    exchange(address, &[head.as_bytes(), bytes].concat());
}

fn exchange(address: SocketAddr, request: &[u8]) {
    let Ok(mut stream) = TcpStream::connect(address) else {
        panic!("the page is gone");
    };
    let _ = stream.set_read_timeout(Some(PATIENCE));
    let _ = stream.write_all(request);
    let _ = stream.shutdown(Shutdown::Write);
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    let timed_out = read.is_err_and(|error| error.kind() == ErrorKind::WouldBlock);
    assert!(!timed_out, "no end of the answer");
    if answer.is_empty() {
        return;
    }
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
    let head = String::from_utf8_lossy(&answer[..end.unwrap_or(answer.len())]);
    let status = head.strip_prefix("HTTP/1.").and_then(|rest| rest.get(2..5));
    let Some(Ok(status)) = status.map(str::parse::<u16>) else {
        panic!("no HTTP: {head}");
    };
    // hyper's own refusals have no headers of the site.
    let of_hyper = head.lines().all(|line| !line.starts_with("content-type"));
    assert!(
        of_hyper || head.contains("x-content-type-options: nosniff"),
        "{head}"
    );
    // There is no decoder here, and no service.
    assert!(
        status < 500 || status == 502 || head.contains("problem+json"),
        "{head}"
    );
}

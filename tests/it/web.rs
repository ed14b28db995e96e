//! The server against clients of all kinds.

use crate::common::http::{Answer, Server};
use crate::common::{data, misreported, report, run, undertone, wait_until, wav, wav_of};
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;
use tempfile::TempDir;

const MIB: usize = 1 << 20;

fn file(name: &str) -> Vec<u8> {
    fs::read(data(name)).unwrap()
}

/// What the command line prints of a file of the test data.
fn printed(name: &str) -> Vec<u8> {
    printed_with(&["--timeline", name])
}

fn printed_with(arguments: &[&str]) -> Vec<u8> {
    let mut command = undertone();
    command.arg("classify").args(arguments);
    command.current_dir(data(""));
    run(command, "").stdout
}

/// A form with parts of these headers and contents.
fn form(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (headers, content) in parts {
        let head = format!("--edge\r\nContent-Disposition: form-data; {headers}\r\n\r\n");
        body.extend([head.as_bytes(), content, b"\r\n"].concat());
    }
    body.extend(b"--edge--\r\n");
    body
}

const FORM: &str = "Content-Type: multipart/form-data; boundary=edge\r\n";

#[test]
fn its_results_are_those_of_the_command_line() {
    let server = Server::start(&[]);
    let mut failures = Vec::new();
    for name in [
        "synthesised-speech.wav",
        "16-bit.flac",
        "aac.m4a",
        "voice.opus",
    ] {
        let (bytes, expected) = (file(name), printed(name));
        let as_body = server.classify(name, &bytes);
        let named = format!("name=\"recording\"; filename=\"{name}\"");
        let parts = form(&[("name=\"comment\"", b"mine"), (&named, &bytes)]);
        let in_form = server.send("POST /api/classify", FORM, &parts);
        for (how, answer) in [("as body", as_body), ("in a form", in_form)] {
            if answer.status != 200 || answer.body != expected {
                failures.push(format!("{name} {how}: {answer:?}"));
            }
        }
    }
    report(&failures);
    let nameless = server.send("POST /api/classify", "", &file("16-bit.flac"));
    assert_eq!(nameless.json()["file"], "-");
}

#[test]
fn its_channels_are_those_of_the_command_line() {
    let server = Server::start(&[]);
    let mut failures = Vec::new();
    for (name, channel, kind) in [
        ("stereo.wav", "each", "application/x-ndjson"),
        ("s16.wav", "each", "application/x-ndjson"),
        ("stereo.wav", "right", "application/json"),
        ("stereo.wav", "1", "application/json"),
        ("stereo.wav", "mix", "application/json"),
    ] {
        let expected = printed_with(&["--timeline", "--channel", channel, name]);
        let line = format!("POST /api/classify?name={name}&channel={channel}");
        let answer = server.send(&line, "", &file(name));
        let same = answer.body == expected && answer.header("content-type") == Some(kind);
        if answer.status != 200 || !same {
            failures.push(format!("{name} {channel}: {answer:?}"));
        }
    }
    report(&failures);
}

#[test]
fn its_segments_are_those_of_the_command_line() {
    let server = Server::start(&[]);
    let of = |format: &str, results: &[u8]| {
        server.send(&format!("POST /api/segments?format={format}"), "", results)
    };
    let speech = "synthesised-speech.wav";
    let mut failures = Vec::new();
    for format in ["csv", "srt", "audacity"] {
        let answer = of(format, &printed(speech));
        let expected = printed_with(&["--format", format, speech]);
        if answer.status != 200 || answer.body != expected || expected.is_empty() {
            failures.push(format!("{format}: {answer:?}"));
        }
    }
    report(&failures);
    let channels = printed_with(&["--timeline", "--channel", "each", "stereo.wav"]);
    let table = printed_with(&["--format", "csv", "--channel", "each", "stereo.wav"]);
    assert_eq!(of("csv", &channels).body, table);
}

#[test]
fn what_choices_are_refused_and_how() {
    let server = Server::start(&["--max-duration", "4"]);
    let post = |path: &str, body: &[u8]| {
        let length = format!("Content-Length: {}\r\n", body.len());
        wire(&server, &format!("POST {path}"), &length, body)
    };
    let hear = |channel: &str, body: &[u8]| post(&format!("/api/classify?channel={channel}"), body);
    let shape = |query: &str, body: &[u8]| post(&format!("/api/segments{query}"), body);
    let stereo = file("stereo.wav");
    let wide = wav_of(1, 65, 8000, 16, &vec![0; 130 * 100]);
    let long = wav_of(1, 3, 8000, 16, &vec![0; 6 * 8000 * 3 / 2]);
    let two = printed_with(&["--timeline", "--channel", "each", "stereo.wav"]);
    let without_windows = printed_with(&["s16.wav"]);
    let rows = vec![
        ("no such channel", hear("3", &stereo), 422, "channel 3"),
        ("channel 0", hear("0", &stereo), 400, "or each"),
        ("a word", hear("centre", &stereo), 400, "or each"),
        ("too many channels", hear("each", &wide), 422, "65 channels"),
        ("too long together", hear("each", &long), 413, "4 s"),
        ("no shape", shape("", &two), 400, "csv, srt or audacity"),
        ("another shape", shape("?format=xml", &two), 400, "csv, srt"),
        (
            "subtitles of two",
            shape("?format=srt", &two),
            400,
            "one channel",
        ),
        ("no results", shape("?format=csv", b"hello"), 400, "windows"),
        (
            "no windows",
            shape("?format=csv", &without_windows),
            400,
            "windows",
        ),
        (
            "too much",
            shape("?format=csv", &vec![b' '; 5 * MIB]),
            413,
            "4 MiB",
        ),
    ];
    report(&misanswered(&server, rows));
}

#[test]
fn names_are_names_only() {
    let server = Server::start(&[]);
    for name in [
        "../../etc/passwd",
        "/etc/passwd",
        "..%2F%00a.flac",
        "%F0%9F%8E%A4.flac",
    ] {
        let answer = server.classify(name, &file("16-bit.flac"));
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    let long = server.classify(&"x".repeat(1000), &file("16-bit.flac"));
    assert_eq!(long.json()["file"], "x".repeat(255));
}

/// A request as it is on the wire: its line, headers beside the usual ones, and
/// a body.
fn wire(server: &Server, line: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let host = server.address;
    let head = format!("{line} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}\r\n");
    [head.as_bytes(), body].concat()
}

/// What is asked, how it is answered, and words of its sentence. What is no HTTP
/// is answered before it comes to us, without a sentence.
type Row<'a> = (&'a str, Vec<u8>, u16, &'a str);

/// What was answered otherwise.
fn misanswered(server: &Server, rows: Vec<Row>) -> Vec<String> {
    let wrong = rows
        .into_iter()
        .filter_map(|(what, request, status, words)| {
            let answer = server.exchange(&request);
            let right = answer.status == status;
            let said = right && (words.is_empty() || answer.detail().contains(words));
            (!said).then(|| format!("{what}: {answer:?}"))
        });
    wrong.collect()
}

#[test]
fn what_recordings_are_refused_and_how() {
    let server = Server::start(&["--max-size", "1", "--max-duration", "5"]);
    let post = |headers: &str, body: &[u8]| wire(&server, "POST /api/classify", headers, body);
    let promised = |length: &str| post(&format!("Content-Length: {length}\r\n"), b"");
    let sent = |headers: &str, body: &[u8]| {
        let length = body.len();
        post(&format!("Content-Length: {length}\r\n{headers}"), body)
    };
    let in_form = |body: &[u8]| sent(FORM, body);
    let chunk = [b"10000\r\n".as_slice(), &vec![0; 65_536], b"\r\n"].concat();
    let chunks = [chunk.repeat(40), b"0\r\n\r\n".to_vec()].concat();
    let chunked = post("Transfer-Encoding: chunked\r\n", &chunks);
    let (good, long) = (file("16-bit.flac"), file("synthesised-speech.wav"));
    let big = vec![0; MIB + 70_000];
    let named = "name=\"a\"; filename=\"a.flac\"";
    let one = (named, good.as_slice());
    let (large, beside) = (form(&[(named, &big)]), form(&[("name=\"a\"", &big)]));
    let none = form(&[("name=\"a\"", b"b")]);
    let no_edge = "Content-Type: multipart/form-data\r\n";
    let rows = vec![
        ("2 GB promised", promised("2147483648"), 413, "1 MiB"),
        (
            "9 EB promised",
            promised("9223372036854775807"),
            413,
            "1 MiB",
        ),
        (
            "too great a number",
            promised("99999999999999999999"),
            400,
            "",
        ),
        ("two lengths", promised("1\r\nContent-Length: 2"), 400, ""),
        ("too large", sent("", &big), 413, "1 MiB"),
        ("too large, in chunks", chunked, 413, "1 MiB"),
        ("too large, in a form", in_form(&large), 413, "1 MiB"),
        ("too much beside a file", in_form(&beside), 413, "1 MiB"),
        (
            "too long",
            sent("", &long),
            413,
            "-: is longer than the 5 s",
        ),
        ("nothing", sent("", b""), 422, "-: "),
        ("no file in the form", in_form(&none), 400, "no file"),
        (
            "two files",
            in_form(&form(&[one, one])),
            400,
            "several files",
        ),
        ("an empty form", in_form(b""), 400, "form"),
        ("a form without its edge", sent(no_edge, b"x"), 400, "form"),
        ("a form that is none", in_form(&good), 400, "form"),
        (
            "a form that is cut",
            in_form(&form(&[one])[..9000]),
            400,
            "form",
        ),
    ];
    report(&misanswered(&server, rows));
    assert_eq!(server.classify("a", &file("s16.wav")).status, 200);
}

#[test]
fn what_requests_are_refused_and_how() {
    let server = Server::start(&[]);
    let ask = |line: &str| wire(&server, line, "", b"");
    let outside = "nothing here";
    let long = |line: &str| {
        wire(
            &server,
            line,
            &format!("X: {}\r\n", "x".repeat(20_000)),
            b"",
        )
    };
    let many = wire(&server, "GET /", &"X: x\r\n".repeat(200), b"");
    let path = format!("GET /{}", "x".repeat(20_000));
    let no_http = b"\x16\x03\x01\x02\x00\x01\x00 hello\r\n\r\n".to_vec();
    let pause = wire(&server, "POST /api/pause", "Content-Length: 0\r\n", b"");
    let rows = vec![
        ("another method", ask("GET /api/classify"), 405, "POST"),
        ("another method", ask("DELETE /"), 405, "GET"),
        ("another method", ask("OPTIONS /api/classify"), 405, "POST"),
        ("another method", ask("TRACE /"), 405, "GET"),
        ("a way out", ask("GET /../../etc/passwd"), 404, outside),
        (
            "a way out",
            ask("GET /%2e%2e/%2e%2e/etc/passwd"),
            404,
            outside,
        ),
        ("a way round", ask("GET /./healthz"), 404, outside),
        ("a way round", ask("GET //healthz"), 404, outside),
        ("a zero", ask("GET /healthz%00"), 404, outside),
        ("a part of the page", ask("GET /page/main.js"), 404, outside),
        ("a long head", long("GET /"), 431, ""),
        ("a long path", ask(&path), 431, ""),
        ("many headers", many, 431, ""),
        ("no HTTP", no_http, 400, ""),
        ("the switch of no service", pause, 502, "service"),
    ];
    report(&misanswered(&server, rows));
    let allowed = server.send("DELETE /api/classify", "", b"");
    assert_eq!(allowed.header("allow"), Some("post"));
}

#[test]
fn strangers_are_refused() {
    let server = Server::start(&[]);
    let host = format!("Host: {}\r\n", server.address);
    let from = |headers: &str| {
        let rest = "Connection: close\r\nContent-Length: 0\r\n";
        format!("POST /api/classify HTTP/1.1\r\n{rest}{headers}\r\n").into_bytes()
    };
    let with = |header: &str| from(&format!("{host}{header}\r\n"));
    let (nowhere, foreign) = ("does not lead here", "another site");
    let proxied = wire(&server, "GET http://evil.example/api/model", "", b"");
    let rows = vec![
        ("another host", from("Host: evil.example\r\n"), 421, nowhere),
        ("another host in the line", proxied, 421, nowhere),
        ("no host", from(""), 421, nowhere),
        ("two hosts", from(&format!("{host}{host}")), 421, nowhere),
        (
            "another origin",
            with("Origin: http://evil.example"),
            403,
            foreign,
        ),
        ("no origin", with("Origin: null"), 403, foreign),
        (
            "another site",
            with("Sec-Fetch-Site: cross-site"),
            403,
            foreign,
        ),
    ];
    report(&misanswered(&server, rows));
}

#[test]
fn what_goes_with_every_answer() {
    let server = Server::start(&[]);
    for path in ["/", "/healthz", "/api/model", "/nothing"] {
        let answer = server.get(path);
        let of = |name| answer.header(name).unwrap_or_default();
        assert_eq!(of("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(of("cache-control"), "no-store", "{path}");
        assert_eq!(of("cross-origin-resource-policy"), "same-origin", "{path}");
        assert!(of("access-control-allow-origin").is_empty(), "{path}");
        assert!(of("set-cookie").is_empty(), "{path}");
    }
    let page = server.get("/");
    let policy = page.header("content-security-policy").unwrap();
    assert!(
        policy.starts_with("default-src 'none'; script-src 'sha256-"),
        "{policy}"
    );
    assert!(!policy.contains("unsafe"), "{policy}");
    // One document: nothing in it is fetched from elsewhere.
    let text = String::from_utf8(page.body).unwrap();
    for outside in ["src=\"", "http://", "https://", "@import", "url("] {
        assert!(!text.contains(outside), "{outside}");
    }
    let head = server.send("HEAD /", "", b"");
    assert!(head.status == 200 && head.body.is_empty(), "{head:?}");
}

/// A slow client is given up, and nobody else waits for it.
#[test]
fn slow_clients_are_given_up() {
    let server = Server::start(&["--patience", "1"]);
    let begin = |text: &str| {
        let mut stream = server.connect();
        stream.write_all(text.as_bytes()).unwrap();
        stream
    };
    let host = server.address;
    let headers = format!("POST /api/classify HTTP/1.1\r\nHost: {host}\r\n");
    let with_body = format!("{headers}Content-Length: 1000\r\n\r\n");
    let trickle = |text: &str| {
        let mut stream = begin(text);
        thread::spawn(move || {
            let mut reader = stream.try_clone().unwrap();
            let answer = thread::spawn(move || Answer::read(&mut reader));
            // Until it is closed, which a write finds out a little later.
            while stream.write_all(b"x").is_ok() && !answer.is_finished() {
                thread::sleep(Duration::from_millis(200));
            }
            answer.join().unwrap()
        })
    };
    let clients: Vec<_> = (0..50).map(|_| begin(&headers)).collect();
    let (slow_head, slow_body) = (trickle(&headers), trickle(&with_body));
    let silent = begin(&with_body);
    assert_eq!(server.classify("a", &file("16-bit.flac")).status, 200);
    for client in clients {
        assert_eq!(Answer::read(client).status, 0, "closed without a word");
    }
    assert_eq!(slow_head.join().unwrap().status, 0);
    for answer in [Answer::read(silent), slow_body.join().unwrap()] {
        assert_eq!(answer.status, 408, "{answer:?}");
        assert!(answer.detail().contains("slowly"));
    }
    // One that goes away in the middle is forgotten.
    drop(begin(&with_body));
    assert_eq!(server.get("/healthz").status, 200);
}

/// Who does not read the page is sent away, too.
#[test]
fn clients_that_never_read_are_given_up() {
    let server = Server::start(&["--patience", "1"]);
    let host = server.address;
    let request = format!("GET /sample.flac HTTP/1.1\r\nHost: {host}\r\n\r\n");
    let mut stream = server.connect();
    // More answers than the system's buffers hold, and none is read.
    let mut sent = 0;
    while stream.write_all(request.as_bytes()).is_ok() {
        sent += 1;
        assert!(sent < 1_000_000);
    }
    assert_eq!(server.get("/healthz").status, 200);
}

#[test]
fn a_hundred_uploads_at_a_time_are_all_answered() {
    let server = Server::start(&[]);
    let (bytes, expected) = (file("s16.wav"), printed("s16.wav"));
    let answers: Vec<Answer> = thread::scope(|scope| {
        let upload = || server.classify("s16.wav", &bytes);
        let clients: Vec<_> = (0..100).map(|_| scope.spawn(upload)).collect();
        clients
            .into_iter()
            .map(|client| client.join().unwrap())
            .collect()
    });
    for answer in answers {
        assert!(
            answer.status == 200 && answer.body == expected,
            "{answer:?}"
        );
    }
}

/// Recordings that are on their way take no more than twice the largest.
#[test]
fn memory_is_bounded_whoever_sends() {
    let server = Server::start(&["--max-size", "4"]);
    // Others wait with what they have sent.
    let host = server.address;
    let size = 4 * MIB;
    let head =
        format!("POST /api/classify HTTP/1.1\r\nHost: {host}\r\nContent-Length: {size}\r\n\r\n");
    let before = server.peak_memory();
    let wait = || {
        let mut stream = server.connect();
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(&vec![0; size - 1]).unwrap();
        stream
    };
    // What was written is read a little later, and who asks before that may itself
    // take what they would wait with.
    let mut pause = Duration::from_millis(20);
    let (waiting, answer) = loop {
        let waiting = [wait(), wait()];
        thread::sleep(pause);
        let answer = server.classify("a", &vec![0; 64 << 10]);
        if answer.status == 503 {
            break (waiting, answer);
        }
        pause *= 2;
        assert!(pause < Duration::from_secs(5), "{answer:?}");
    };
    assert_eq!(answer.header("retry-after"), Some("2"));
    assert!(answer.detail().contains("memory"));
    thread::scope(|scope| {
        for _ in 0..40 {
            scope.spawn(|| server.classify("a", &vec![0; size]));
        }
    });
    drop(waiting);
    let good = || server.classify("a", &file("16-bit.flac"));
    assert!((0..500).any(|_| good().status == 200));
    let grown = (server.peak_memory() - before) / MIB as u64;
    assert!(grown < 40, "{grown} MiB more");
}

/// A process that may write no byte to any file serves all the same.
#[test]
fn uploads_are_never_written() {
    let folder = TempDir::new().unwrap();
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -f 0; exec \"$0\" web --listen 127.0.0.1:0"]);
    command.arg(env!("CARGO_BIN_EXE_undertone"));
    command
        .current_dir(folder.path())
        .env("TMPDIR", folder.path());
    let server = Server::start_with(command, &[]);
    let large = wav(&vec![100; 2 * MIB]);
    for bytes in [file("16-bit.flac"), large] {
        assert_eq!(server.classify("a.wav", &bytes).status, 200);
    }
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);
}

/// As a proxy asks, which others reach.
#[test]
fn under_a_name_a_token_is_needed_on_loopback_too() {
    let server = Server::start(&["--name", "board.example"]);
    assert!(server.fragment.is_some());
    assert_eq!(server.get("/api/model").status, 401);
}

/// Who sends a whole recording before it reads gets to read why it was refused.
#[test]
fn what_is_refused_is_read_to_its_end() {
    let server = Server::start(&["--name", "board.example"]);
    let answer = server.classify("a.wav", &vec![0; 8 * MIB]);
    assert_eq!(answer.status, 401, "{answer:?}");
}

#[test]
fn a_head_without_an_end_in_a_form_is_refused() {
    let server = Server::start(&[]);
    let endless = [b"--edge\r\nX: ".as_slice(), &vec![b'x'; MIB]].concat();
    let answer = server.send("POST /api/classify", FORM, &endless);
    assert_eq!(answer.status, 400);
    assert!(
        answer.detail().contains("head without an end"),
        "{answer:?}"
    );
}

/// Nobody finds in a dump of its memory what was sent to it.
#[test]
fn its_memory_is_never_dumped() {
    let server = Server::start(&[]);
    let limits = fs::read_to_string(format!("/proc/{}/limits", server.id())).unwrap();
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"));
    let words: Vec<&str> = core.unwrap().split_whitespace().collect();
    assert_eq!(words[4..6], ["0", "0"]);
}

#[test]
fn beyond_loopback_a_token_is_needed() {
    let mut command = undertone();
    command.args(["web", "--listen", "0.0.0.0:0"]);
    let server = Server::start_with(command, &[]);
    let fragment = server.fragment.clone().unwrap();
    let token = fragment.strip_prefix("token=").unwrap();
    assert!(token.len() == 32 && token.bytes().all(|c| c.is_ascii_hexdigit()));
    assert_eq!(server.get("/").status, 200, "the page holds nothing secret");
    assert_eq!(server.get("/healthz").status, 200);
    let refused = server.get("/api/model");
    assert_eq!(refused.status, 401);
    assert!(refused.detail().contains("token"));
    assert_eq!(server.classify("a", b"").status, 401);
    let bearer = format!("Authorization: Bearer {token}\r\n");
    assert_eq!(server.send("GET /api/model", &bearer, b"").status, 200);
    assert!(Server::start(&[]).fragment.is_none());
}

/// A service that reads from a pipe which it is given, for as long as that is.
struct Service(Child);

impl Service {
    fn start(socket: &Path) -> Self {
        let mut command = undertone();
        command.args([
            "listen",
            "--input",
            "-",
            "--raw",
            "16000",
            "--no-stdout",
            "--socket",
        ]);
        command
            .arg(socket)
            .stdin(Stdio::piped())
            .stderr(Stdio::null());
        Self(command.spawn().unwrap())
    }

    fn hear(&mut self, samples: &[u8]) {
        self.0.stdin.as_mut().unwrap().write_all(samples).unwrap();
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // One that has ended cannot be killed, which is right, too.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The events that a page is sent, without the framing of chunks.
struct Events(BufReader<TcpStream>);

impl Events {
    fn follow(server: &Server) -> Self {
        let mut stream = server.connect();
        let host = server.address;
        let request = format!("GET /api/events HTTP/1.1\r\nHost: {host}\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        Self(BufReader::new(stream))
    }

    /// The next event of which that is true.
    fn until(&mut self, is_it: impl Fn(&Value) -> bool) -> Value {
        loop {
            let mut line = String::new();
            assert!(self.0.read_line(&mut line).unwrap() > 0, "the events ended");
            let Some(event) = line.strip_prefix("data: ") else {
                continue;
            };
            let event = serde_json::from_str(event).unwrap();
            if is_it(&event) {
                return event;
            }
        }
    }

    fn service(&mut self, state: &str) -> Value {
        self.until(|event| event["type"] == "service" && event["state"] == state)
    }
}

#[test]
fn it_follows_the_service_and_outlives_it() {
    let folder = TempDir::new().unwrap();
    let socket = folder.path().join("events.sock");
    let server = Server::start(&["--socket", socket.to_str().unwrap()]);
    let mut events = Events::follow(&server);
    let absent = events.service("absent");
    assert!(absent["reason"].is_string(), "{absent}");
    assert_eq!(
        server.get("/healthz").json(),
        json!({"status": "ok", "service": "absent"})
    );

    let speech = file("synthesised-speech.wav").split_off(44);
    let mut service = Service::start(&socket);
    events.service("present");
    service.hear(&speech);
    let hello = events.until(|event| event["type"] == "hello");
    assert_eq!(hello["protocol"], 1);
    let emotion = events.until(|event| event["type"] == "emotion");
    assert!(emotion["scores"].is_object(), "{emotion}");
    // Who comes later is told what was heard.
    let mut late = Events::follow(&server);
    assert_eq!(late.until(|event| event["type"] == "hello"), hello);
    assert_eq!(late.until(|event| event["type"] == "emotion"), emotion);
    late.service("present");
    assert_eq!(server.get("/healthz").json()["service"], "present");
    // What the service does not do is said in its words.
    let refused = server.send("POST /api/pause", "", b"");
    assert_eq!(refused.status, 409);
    assert_eq!(refused.detail(), "there is no microphone here to pause");

    drop(service);
    events.service("absent");
    let mut again = Service::start(&socket);
    events.service("present");
    again.hear(&speech);
    events.until(|event| event["type"] == "emotion");

    // There are places for so many.
    let more: Vec<Events> = (0..30).map(|_| Events::follow(&server)).collect();
    let places: Vec<_> = more
        .into_iter()
        .map(|mut follower| {
            follower.service("present");
            follower
        })
        .collect();
    let refused = server.get("/api/events");
    assert_eq!((refused.status, places.len()), (503, 30));
}

#[test]
fn an_address_that_is_taken_is_named() {
    let server = Server::start(&[]);
    let address = server.address.to_string();
    let mut command = undertone();
    command.args(["web", "--listen", &address]);
    let output = run(command, "");
    assert_eq!(misreported(&output, 74, &[&address, "--listen"]), None);
}

#[test]
fn it_ends_when_it_is_told_to() {
    let mut command = undertone();
    command.args(["web", "--listen", "127.0.0.1:0"]);
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    stdout.read_line(&mut String::new()).unwrap();
    let id = child.id().to_string();
    assert!(Command::new("kill").arg(&id).status().unwrap().success());
    assert!(child.wait().unwrap().success());
    let mut rest = Vec::new();
    stdout.read_to_end(&mut rest).unwrap();
    assert!(rest.is_empty());
}

/// Connections on which nothing is answered give way to others.
#[test]
fn who_only_waits_keeps_nobody_out() {
    let server = Server::start(&["--patience", "3600"]);
    let host = server.address;
    let request = format!("GET /healthz HTTP/1.1\r\nHost: {host}\r\n\r\n");
    let waiting: Vec<TcpStream> = (0..300)
        .map(|_| {
            let mut stream = server.connect();
            // It may have been given up before it has asked.
            let _ = stream.write_all(request.as_bytes());
            stream
        })
        .collect();
    assert_eq!(server.get("/healthz").status, 200);
    drop(waiting);
}

/// Uploads that hardly come on give way, too, however often they send a byte.
#[test]
fn uploads_that_stand_still_keep_no_memory_from_others() {
    let server = Server::start(&["--max-size", "1", "--patience", "8"]);
    let head = format!(
        "POST /api/classify HTTP/1.1\r\nHost: {}\r\nContent-Length: {MIB}\r\n\r\n",
        server.address
    );
    let ended = &AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..2 {
            let mut stream = server.connect();
            stream.write_all(head.as_bytes()).unwrap();
            stream.write_all(&vec![0; MIB - 1000]).unwrap();
            scope.spawn(move || {
                while !ended.load(Ordering::Relaxed) && stream.write_all(b"x").is_ok() {
                    thread::sleep(Duration::from_millis(200));
                }
            });
        }
        let small = file("u8.wav");
        wait_until("an answer", || server.classify("a", &small).status == 200);
        ended.store(true, Ordering::Relaxed);
    });
}

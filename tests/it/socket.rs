//! Readers of the socket: well-behaved, absent, hostile and dead.

use crate::common::{PATIENCE, wait_until};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use undertone::protocol::{DeviceState, Line, Message, Reply, Request};
use undertone::publish::{Answer, Broadcaster, Counters, Limits, Listener, PublishError};

const LIMITS: Limits = Limits {
    readers: 256,
    readers_per_user: 256,
    queue: 64,
    max_lag: 32,
};

struct House {
    _folder: TempDir,
    path: PathBuf,
    counters: Arc<Counters>,
    broadcaster: Broadcaster,
}

impl House {
    fn new(limits: Limits) -> Self {
        Self::with(
            limits,
            Box::new(|request, peer| match request {
                Request::Resume => Reply::Error(format!("not you, {}", peer.is_some())),
                _ => Reply::Ok(Request::Pause),
            }),
        )
    }

    fn with(limits: Limits, answer: Answer) -> Self {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("events.sock");
        let listener = Listener::bind(&path, None).unwrap();
        let counters = Arc::default();
        let broadcaster = Broadcaster::start(listener, limits, &counters, answer).unwrap();
        Self {
            _folder: folder,
            path,
            counters,
            broadcaster,
        }
    }

    fn reader(&self) -> Reader {
        Reader::new(&self.path)
    }

    /// Sends a line with a number, and some length.
    fn send(&self, number: u64) {
        self.publish(&Message::Heartbeat {
            position: number as f64,
            overruns: 0,
            state: "silence".into(),
            since: 0.0,
            time: "x".repeat(4000),
        });
    }

    fn publish(&self, message: &Message) {
        self.broadcaster.send(Line::from(message)).unwrap();
    }

    fn readers(&self) -> u64 {
        self.counters.readers.load(Ordering::Relaxed)
    }

    fn disconnected(&self) -> u64 {
        self.counters.disconnected.load(Ordering::Relaxed)
    }
}

struct Reader {
    stream: UnixStream,
    lines: BufReader<UnixStream>,
}

impl Reader {
    fn new(path: &Path) -> Self {
        let stream = UnixStream::connect(path).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let lines = BufReader::new(stream.try_clone().unwrap());
        Self { stream, lines }
    }

    /// The next line, until it is disconnected.
    fn line(&mut self) -> Option<Value> {
        let mut line = String::new();
        match self.lines.read_line(&mut line) {
            Ok(1..) => Some(serde_json::from_str(&line).unwrap()),
            _ => None,
        }
    }

    fn ask(&mut self, request: &str) -> Value {
        self.stream.write_all(request.as_bytes()).unwrap();
        self.line().unwrap()
    }
}

fn change(to: &str) -> Message {
    Message::Change {
        from: "silence".into(),
        to: to.into(),
        since: 1.0,
        time: "now".into(),
    }
}

fn device(state: DeviceState) -> Message {
    Message::Device {
        state,
        device: "default".into(),
        overruns: 0,
        reason: None,
        time: "now".into(),
    }
}

#[test]
fn who_comes_late_is_told_the_last_state() {
    let house = House::new(LIMITS);
    let mut early = house.reader();
    wait_until("a reader", || house.readers() == 1);
    for to in ["sad", "happy"] {
        house.publish(&device(DeviceState::Open));
        house.publish(&change(to));
    }
    house.send(7);
    let types = |reader: &mut Reader, count: usize| -> Vec<String> {
        let lines = (0..count).map(|_| reader.line().unwrap());
        lines
            .map(|line| format!("{} {}", line["type"], line["to"]).replace('"', ""))
            .collect()
    };
    let stream = [
        "device null",
        "change sad",
        "device null",
        "change happy",
        "heartbeat null",
    ];
    assert_eq!(types(&mut early, 5), stream);
    let mut late = house.reader();
    assert_eq!(types(&mut late, 2), ["device null", "change happy"]);
    house.send(8);
    for reader in [&mut early, &mut late] {
        assert_eq!(reader.line().unwrap()["position"], 8.0);
    }
    let path = house.path.clone();
    drop(house);
    assert!(early.line().is_none() && !path.exists());
}

#[test]
fn requests_are_answered_to_who_asked() {
    let house = House::new(LIMITS);
    let (mut one, mut other) = (house.reader(), house.reader());
    assert_eq!(one.ask("{\"type\":\"pause\"}\n")["type"], "ok");
    let refused = one.ask("{\"type\":\"resume\"}\n");
    assert_eq!(refused["error"], "not you, true");
    for wrong in ["hello\n", "{\"type\":\"stop\"}\n", "\u{0}\n"] {
        let reply = one.ask(wrong);
        assert_eq!(reply["type"], "error");
        assert!(
            reply["error"].as_str().unwrap().contains("pause"),
            "{reply}"
        );
    }
    let long = "x".repeat(5000) + "\n";
    let reply = one.ask(&long);
    assert!(reply["error"].as_str().unwrap().contains("too long"));
    // The rest of a line that is too long may be complained about again.
    one.stream.write_all(b"{\"type\":\"pause\"}\n").unwrap();
    while one.line().unwrap()["type"] != "ok" {}
    house.send(1);
    assert_eq!(other.line().unwrap()["type"], "heartbeat");

    // One that only talks is heard, too, and one that stops talking still reads.
    one.stream.shutdown(std::net::Shutdown::Write).unwrap();
    house.send(2);
    assert_eq!(one.line().unwrap()["position"], 1.0);
    assert_eq!(one.line().unwrap()["position"], 2.0);
}

#[test]
fn readers_that_never_read_harm_nobody() {
    let house = House::new(LIMITS);
    let sleepers: Vec<UnixStream> = (0..50)
        .map(|_| UnixStream::connect(&house.path).unwrap())
        .collect();
    let heard = Arc::new(AtomicU64::new(0));
    let threads: Vec<_> = (0..150)
        .map(|_| {
            let (mut reader, heard) = (house.reader(), Arc::clone(&heard));
            thread::spawn(move || {
                let mut positions = Vec::new();
                while let Some(line) = reader.line() {
                    assert_eq!(line["type"], "heartbeat", "{line}");
                    positions.push(line["position"].as_f64().unwrap() as u64);
                    heard.fetch_add(1, Ordering::Relaxed);
                }
                positions
            })
        })
        .collect();
    wait_until("200 readers", || house.readers() == 200);
    // Until the sleepers' sockets, queues and patience have run out.
    let mut sent = 0;
    let begun = Instant::now();
    while house.disconnected() < 50 {
        assert!(begun.elapsed() < PATIENCE, "{}", house.disconnected());
        house.send(sent);
        sent += 1;
        wait_until("reading", || heard.load(Ordering::Relaxed) >= 150 * sent);
    }
    assert!(sent > 96);
    assert_eq!(house.disconnected(), 50);
    let dropped = house.counters.dropped.load(Ordering::Relaxed);
    assert!(dropped >= 50 * LIMITS.max_lag, "{dropped}");
    drop(house);
    for thread in threads {
        assert_eq!(thread.join().unwrap(), (0..sent).collect::<Vec<_>>());
    }
    drop(sleepers);
}

#[test]
fn a_reader_that_falls_behind_is_told_how_much_it_lost() {
    let patient = Limits {
        max_lag: 1_000_000,
        ..LIMITS
    };
    let house = House::new(patient);
    let mut reader = house.reader();
    wait_until("a reader", || house.readers() == 1);
    let dropped = || house.counters.dropped.load(Ordering::Relaxed);
    let mut sent = 0;
    while dropped() < 100 {
        house.send(sent);
        sent += 1;
        thread::sleep(Duration::from_micros(100));
    }
    let (mut lost, mut expected) = (0, 0);
    while expected < sent {
        let line = reader.line().unwrap();
        if line["type"] == "dropped" {
            lost += line["dropped"].as_u64().unwrap();
            expected += line["dropped"].as_u64().unwrap();
        } else {
            assert_eq!(line["position"], expected as f64);
            expected += 1;
        }
    }
    assert!(lost >= 100 && lost == dropped(), "{lost} of {}", dropped());
}

#[test]
fn a_hundred_megabytes_of_garbage_harm_nobody() {
    let house = House::new(LIMITS);
    let mut bystander = house.reader();
    let lines = b"garbage\n".repeat(8192);
    let flood = vec![b'x'; 65_536];
    let nulls = vec![0; 65_536];
    for garbage in [&lines, &flood, &nulls] {
        let mut hostile = UnixStream::connect(&house.path).unwrap();
        hostile.set_write_timeout(Some(PATIENCE)).unwrap();
        hostile.set_read_timeout(Some(PATIENCE)).unwrap();
        let sent = (0..1600).find_map(|_| hostile.write_all(garbage).err());
        assert!(sent.is_some(), "it was listened to for 100 MB");
        // What it can still read, if anything, are errors.
        let mut answers = Vec::new();
        let _ = hostile.read_to_end(&mut answers);
        let answers = String::from_utf8(answers).unwrap();
        let errors = answers.lines().filter(|line| line.contains("\"error\""));
        assert!(errors.count() <= 16, "{answers}");
    }
    wait_until("three gone", || house.disconnected() == 3);
    house.send(1);
    assert_eq!(bystander.line().unwrap()["position"], 1.0);
    assert_eq!(bystander.ask("{\"type\":\"pause\"}\n")["type"], "ok");
}

#[test]
fn readers_that_die_in_the_middle_are_forgotten() {
    let house = House::new(LIMITS);
    let mut bystander = house.reader();
    for part in ["", "{\"type\":", "{\"type\":\"status\"}\n{"] {
        let mut dying = UnixStream::connect(&house.path).unwrap();
        dying.write_all(part.as_bytes()).unwrap();
        wait_until("two readers", || house.readers() == 2);
        house.send(0);
        // Some of what it was sent is unread.
        dying.read_exact(&mut [0; 10]).unwrap();
        drop(dying);
        wait_until("one reader", || house.readers() == 1);
        assert_eq!(bystander.line().unwrap()["type"], "heartbeat");
    }
    assert_eq!(house.disconnected(), 0);
}

#[test]
fn who_asks_in_vain_over_and_over_is_disconnected() {
    let house = House::new(LIMITS);
    let mut hopeful = house.reader();
    for turn in 0..32 {
        // Anything that is answered otherwise begins the count anew.
        let request = if turn == 15 { "pause" } else { "resume" };
        let request = format!("{{\"type\":\"{request}\"}}\n");
        let answer = hopeful.ask(&request);
        assert_eq!(answer["type"] == "ok", turn == 15, "{turn}: {answer}");
    }
    assert!(hopeful.line().is_none());
    wait_until("one gone", || house.disconnected() == 1);
}

/// In all, and of one user. Another user cannot be had without being root; that
/// there is room for one is that not all places are taken.
#[test]
fn there_is_room_for_so_many() {
    let in_all = Limits {
        readers: 2,
        ..LIMITS
    };
    let of_one = Limits {
        readers_per_user: 2,
        ..LIMITS
    };
    for (limits, words) in [
        (in_all, "there are too many readers"),
        (of_one, "this user has too many readers"),
    ] {
        let house = House::new(limits);
        let (_one, two) = (house.reader(), house.reader());
        wait_until("two readers", || house.readers() == 2);
        let mut third = house.reader();
        let refusal = third.line().unwrap();
        assert_eq!(refusal["error"], words);
        assert!(third.line().is_none());
        drop(two);
        wait_until("one reader", || house.readers() == 1);
        let mut next = house.reader();
        assert_eq!(next.ask("{\"type\":\"pause\"}\n")["type"], "ok");
    }
}

#[test]
fn that_nobody_serves_readers_any_more_is_noticed() {
    let house = House::with(LIMITS, Box::new(|_, _| panic!("as a fault of ours would")));
    let mut reader = house.reader();
    reader.stream.write_all(b"{\"type\":\"status\"}\n").unwrap();
    assert!(reader.line().is_none());
    wait_until("the end", || {
        let outcome = house.broadcaster.send(Line::from(&change("sad")));
        matches!(outcome, Err(PublishError::ServerGone))
    });
}

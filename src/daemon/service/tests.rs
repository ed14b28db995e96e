//! The loop over devices in memory, in a time of its own.

#![allow(clippy::unwrap_used, reason = "what fails fails the test")]

use super::*;
use crate::audio::AudioError;
use crate::daemon::Outputs;
use crate::daemon::supervisor::OpenResult;
use crate::daemon::supervisor::fake::Fake;
use crate::engine::Engine;
use crate::model::{Bundle, Model};
use crate::publish::{Overflow, StdoutWriter};
use serde_json::Value;
use std::io::{self, Write};
use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;

/// A stdout in memory.
#[derive(Clone, Default)]
struct Memory(Arc<Mutex<Vec<u8>>>);

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A service, its own time, and its stdout.
struct Bench {
    service: Service,
    now: Instant,
    written: Memory,
}

impl Bench {
    fn new(open: impl Fn() -> OpenResult + Send + Sync + 'static) -> Self {
        let now = Instant::now();
        let policy = Policy {
            stall: Duration::from_secs(5),
            retry: Duration::from_millis(500),
            longest_retry: Duration::from_secs(30),
            give_up: None,
        };
        let written = Memory::default();
        let stdout = StdoutWriter::start(written.clone(), 256, Overflow::Wait(Arc::default()));
        let model = Model::load(&Bundle::embedded().unwrap()).unwrap();
        let engine = Engine::new(&model, Settings::default()).unwrap();
        let metrics = Arc::default();
        let memory = PauseMemory::new(None);
        let switch = PauseSwitch::new(&memory, Vec::new());
        let service = Service::new(
            Pipeline::new(engine, Outputs::new(Some(stdout), None), &metrics),
            Supervisor::new(Arc::new(open), policy, now),
            Arc::new(switch),
            memory,
            None,
            metrics,
            "fake".into(),
        );
        Self {
            service,
            now,
            written,
        }
    }

    /// Polls for so long.
    fn run(&mut self, time: Duration) {
        let end = self.now + time;
        while self.now < end {
            self.now += POLL_INTERVAL;
            self.service.poll(self.now).unwrap();
            // Threads that open or close something have time of their own.
            while self.service.supervisor.is_busy() {
                std::thread::sleep(Duration::from_micros(20));
                self.service.poll(self.now).unwrap();
            }
        }
    }

    /// Polls until the device has been lost for the first time.
    fn run_until_lost(&mut self) {
        let is_lost = |service: &Service| matches!(service.presence, Presence::Away { .. });
        while !is_lost(&self.service) {
            self.run(POLL_INTERVAL);
        }
    }

    /// Ends it; returns the lines that it has published.
    fn lines(self) -> Vec<Value> {
        self.service.finish().unwrap();
        let written = self.written.0.lock().unwrap();
        let lines = std::str::from_utf8(&written).unwrap().lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

fn of_type<'a>(lines: &'a [Value], kind: &'a str) -> impl Iterator<Item = &'a Value> {
    lines.iter().filter(move |line| line["type"] == kind)
}

/// A device that is opened like that the first time, and from then on lasts.
fn then_lasting(first: Fake) -> impl Fn() -> OpenResult + Send + Sync {
    let lasting = Fake::lasting(usize::MAX);
    for device in [&first, &lasting] {
        device.open.store(9, Ordering::Relaxed);
    }
    let opened = AtomicUsize::new(0);
    move || match opened.fetch_add(1, Ordering::Relaxed) {
        0 => Ok(first.open()),
        _ => Ok(lasting.open()),
    }
}

#[test]
fn without_a_microphone_time_goes_on_by_the_clock() {
    let mut bench = Bench::new(|| Err(AudioError::NoDevice("fake".into())));
    bench.run(Duration::from_secs(25));
    let lines = bench.lines();
    assert_eq!(lines[0]["type"], "hello");
    assert_eq!(lines[1]["state"], "lost");
    let beats: Vec<_> = of_type(&lines, "heartbeat").collect();
    assert_eq!(beats.len(), 2, "{lines:?}");
    for (beat, due) in beats.into_iter().zip([10.0, 20.0]) {
        let position = beat["position"].as_f64().unwrap();
        assert!((due..due + 1.0).contains(&position), "{beat}");
    }
}

#[test]
fn a_device_that_comes_back_finds_time_and_hops_gone_on() {
    let mut bench = Bench::new(then_lasting(Fake::lasting(100)));
    bench.run(Duration::from_secs(16));
    let position = bench.service.pipeline.position();
    assert!((15.0..16.1).contains(&position), "{position}");
    assert_eq!(bench.service.supervisor.reconnects(), 1);
    let lines = bench.lines();
    let states: Vec<_> = of_type(&lines, "device")
        .map(|line| line["state"].as_str().unwrap())
        .collect();
    assert_eq!(states, ["open", "lost", "open"]);
    let starts: Vec<f64> = of_type(&lines, "silence")
        .map(|line| line["start"].as_f64().unwrap())
        .collect();
    // Three before the gap, at 6 s, and then none until a window is whole again.
    assert!(starts[2] + 3.1 < 6.1 && starts[3] > 6.4, "{starts:?}");
    // The last window ends with the stream, wherever that is.
    for start in &starts[..starts.len() - 1] {
        let hops = start / 1.024;
        assert!((hops - hops.round()).abs() < 1e-6, "{start}");
    }
}

#[test]
fn the_status_and_the_lines_name_the_same_device() {
    let mut bench = Bench::new(then_lasting(Fake::lasting(usize::MAX)));
    bench.run(Duration::from_secs(1));
    let status = bench.service.metrics.status();
    let lines = bench.lines();
    let device = of_type(&lines, "device").next().unwrap();
    assert_eq!(device["device"], status.device);
    assert_ne!(status.device, "fake", "as it was configured");
}

#[test]
fn what_a_lost_device_has_just_delivered_stops_no_clock() {
    let mut fast = Fake::lasting(usize::MAX);
    fast.chunk *= 2;
    let mut bench = Bench::new(then_lasting(fast));
    let begun = bench.now;
    bench.run_until_lost();
    let (lost, before) = (bench.now, bench.service.pipeline.position());
    assert!(lost - begun > Duration::from_secs(10), "it is measured");
    bench.run(Duration::from_secs(5));
    let passed = bench.service.pipeline.position() - before;
    assert!((4.8..5.2).contains(&passed), "{passed}");
}

//! Devices that fail in every way, in a time of their own.

use super::device_threads::OPEN_TIMEOUT;
use super::fake::Fake;
use super::*;
use crate::audio::Overruns;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};

const POLL_INTERVAL: Duration = Duration::from_millis(60);

const POLICY: Policy = Policy {
    stall: Duration::from_secs(5),
    retry: Duration::from_millis(500),
    longest_retry: Duration::from_secs(30),
    give_up: None,
};

/// A supervisor, its own time, and what it has heard.
struct Bench {
    supervisor: Supervisor,
    now: Instant,
    pause: bool,
    /// Set where closing a device never ends.
    clings: bool,
    samples: Vec<Pcm>,
}

impl Bench {
    fn new(policy: Policy, open: impl Fn() -> OpenResult + Send + Sync + 'static) -> Self {
        let now = Instant::now();
        Self {
            supervisor: Supervisor::new(Arc::new(open), policy, now),
            now,
            pause: false,
            clings: false,
            samples: Vec::new(),
        }
    }

    fn poll(&mut self) -> Result<Option<DeviceEvent>, AudioError> {
        // Threads that open or close something have time of their own.
        for _ in 0..10_000 {
            match &self.supervisor.state {
                State::Opening(_) => (),
                State::Closing { .. } if !self.clings => (),
                _ => break,
            }
            let outcome = self
                .supervisor
                .poll(self.now, self.pause, &mut self.samples);
            if !matches!(outcome, Ok(None)) {
                return outcome;
            }
            std::thread::sleep(Duration::from_micros(20));
        }
        self.now += POLL_INTERVAL;
        self.supervisor
            .poll(self.now, self.pause, &mut self.samples)
    }

    /// Polls until there is something to say; how long that took.
    fn next(&mut self) -> (DeviceEvent, Duration) {
        let begun = self.now;
        loop {
            if let Some(event) = self.poll().unwrap() {
                return (event, self.now - begun);
            }
            assert!(
                self.now - begun < Duration::from_hours(1),
                "nothing happens"
            );
        }
    }

    /// Until nothing is being opened or closed any more, however slow this machine is.
    fn wait_for_slots(&self) {
        while self.supervisor.slots.taken() > 0 {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    fn expect(&mut self, start: &str) -> Duration {
        let (event, took) = self.next();
        let event = format!("{event:?}");
        assert!(event.starts_with(start), "{event}, not {start}");
        took
    }
}

#[test]
fn a_device_that_is_lost_a_thousand_times_comes_back() {
    let device = Fake::lasting(200);
    device.open.store(1000, Ordering::Relaxed);
    let open = Arc::clone(&device.open);
    let mut bench = Bench::new(POLICY, move || Ok(device.open()));
    for loss in 0..1000 {
        bench.expect("Open");
        assert_eq!(bench.supervisor.reconnects(), loss);
        let took = bench.expect("Lost(NoDevice(\"fake\"))");
        assert!(took < Duration::from_secs(14), "{took:?}");
    }
    // The last one, too.
    assert!(bench.poll().unwrap().is_none());
    assert_eq!(bench.samples.len(), 1000 * 200 * 960);
    assert_eq!(open.load(Ordering::Relaxed), 1000, "all are closed");
}

#[test]
fn it_waits_longer_each_time_until_it_was_well() {
    let device = Mutex::new(vec![
        Fake::lasting(1000),
        Fake::lasting(1),
        Fake::lasting(1),
    ]);
    let mut bench = Bench::new(POLICY, move || match device.lock().unwrap().pop() {
        Some(device) => {
            device.open.store(1, Ordering::Relaxed);
            Ok(device.open())
        }
        None => Err(AudioError::DeviceBusy("fake".into())),
    });
    bench.expect("Open");
    bench.expect("Lost");
    let first = bench.expect("Open");
    bench.expect("Lost");
    let second = bench.expect("Open");
    assert!(first >= POLICY.retry && second >= 2 * POLICY.retry);
    assert!(second < 3 * POLICY.retry, "{second:?}");
    // This one was well, so that it is tried again soon; that somebody else
    // has it then is said once, however often it is tried.
    bench.expect("Lost(NoDevice");
    let soon = bench.expect("Lost(DeviceBusy");
    assert!(soon < 2 * POLICY.retry, "{soon:?}");
    for _ in 0..10_000 {
        assert!(bench.poll().unwrap().is_none());
    }
    assert!(
        bench.supervisor.attempts > 15,
        "{}",
        bench.supervisor.attempts
    );
}

#[test]
fn what_delivers_nothing_is_lost() {
    let mut device = Fake::lasting(100);
    device.stalls = true;
    device.open.store(9, Ordering::Relaxed);
    let mut bench = Bench::new(POLICY, move || Ok(device.open()));
    for _ in 0..3 {
        bench.expect("Open");
        let (event, took) = bench.next();
        let DeviceEvent::Lost(error) = event else {
            panic!("{event:?}");
        };
        assert!(error.to_string().contains("nothing for 5 s"), "{error}");
        let stalled = took.saturating_sub(100 * POLL_INTERVAL);
        assert!(
            stalled > POLICY.stall && stalled < 2 * POLICY.stall,
            "{stalled:?}"
        );
    }
}

#[test]
fn what_hangs_while_it_opens_is_left_behind() {
    let (gate, blocked) = channel::<()>();
    let blocked = Mutex::new(blocked);
    let mut bench = Bench::new(POLICY, move || {
        // As a driver that never answers.
        let _ = blocked.lock().unwrap().recv();
        Err(AudioError::NoDevice("fake".into()))
    });
    let (begun, real) = (bench.now, Instant::now());
    let mut reports = Vec::new();
    while bench.now - begun < Duration::from_mins(10) {
        bench.now += POLL_INTERVAL;
        let polled = bench.supervisor.poll(bench.now, false, &mut bench.samples);
        reports.extend(polled.unwrap().map(|event| (event, bench.now - begun)));
    }
    assert!(real.elapsed() < Duration::from_secs(30), "it waited");
    let [
        (DeviceEvent::Lost(error), took),
        (DeviceEvent::Lost(last), _),
    ] = &reports[..]
    else {
        panic!("{reports:?}");
    };
    assert!(error.to_string().contains("longer than 10 s"), "{error}");
    assert!(last.to_string().contains("8 attempts"), "{last}");
    assert!(
        *took >= OPEN_TIMEOUT && *took < 2 * OPEN_TIMEOUT,
        "{took:?}"
    );
    assert!(bench.supervisor.slots.are_taken());
    drop(gate);
}

/// A device whose driver never returns from closing it.
struct Clinging {
    fake: Fake,
    gate: Arc<Mutex<()>>,
    left_behind: Arc<AtomicU64>,
}

impl Drop for Clinging {
    fn drop(&mut self) {
        self.left_behind.fetch_add(1, Ordering::Relaxed);
        drop(self.gate.lock());
        self.left_behind.fetch_sub(1, Ordering::Relaxed);
    }
}

impl AudioInput for Clinging {
    fn read(&mut self, out: &mut Vec<Pcm>) -> Result<usize, AudioError> {
        self.fake.read(out)
    }

    fn overruns(&self) -> Overruns {
        self.fake.overruns()
    }

    fn rate(&self) -> u32 {
        self.fake.rate()
    }

    fn describe(&self) -> String {
        self.fake.describe()
    }

    fn name(&self) -> String {
        self.fake.name()
    }
}

#[test]
fn what_hangs_while_it_closes_is_left_behind_eight_times_at_most() {
    let (gate, left_behind) = (Arc::<Mutex<()>>::default(), Arc::<AtomicU64>::default());
    let (theirs, count) = (Arc::clone(&gate), Arc::clone(&left_behind));
    let closed = gate.lock().unwrap();
    let mut bench = Bench::new(POLICY, move || {
        Ok(Box::new(Clinging {
            fake: Fake::lasting(20),
            gate: Arc::clone(&theirs),
            left_behind: Arc::clone(&count),
        }))
    });
    bench.clings = true;
    let real = Instant::now();
    for _ in 0..MAX_SLOTS {
        bench.expect("Open");
        bench.expect("Lost(NoDevice");
    }
    bench.expect("Lost(Device { device: \"of this system\", reason: \"8 attempts");
    for _ in 0..10_000 {
        assert!(bench.poll().unwrap().is_none());
    }
    // The threads that hang have time of their own.
    while left_behind.load(Ordering::Relaxed) < MAX_SLOTS as u64 {
        std::thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(left_behind.load(Ordering::Relaxed), MAX_SLOTS as u64);
    assert!(real.elapsed() < Duration::from_secs(30), "it waited");
    // When the driver comes to itself, so does the microphone.
    drop(closed);
    bench.wait_for_slots();
    bench.expect("Open");
    // A pause and the end wait for it no longer than a moment.
    let _closed = gate.lock().unwrap();
    bench.pause = true;
    let took = bench.expect("Paused");
    assert!(
        took >= CLOSE_TIMEOUT && took < 2 * CLOSE_TIMEOUT,
        "{took:?}"
    );
}

#[test]
fn what_opens_when_nobody_waits_any_more_is_closed() {
    let gate = Arc::<Mutex<()>>::default();
    let theirs = Arc::clone(&gate);
    let late = gate.lock().unwrap();
    let mut bench = Bench::new(POLICY, move || {
        drop(theirs.lock());
        Ok(Box::new(Fake::lasting(usize::MAX)))
    });
    let now = bench.now;
    for pause in [false, true] {
        let outcome = bench.supervisor.poll(now, pause, &mut bench.samples);
        assert_eq!(matches!(outcome, Ok(Some(DeviceEvent::Paused))), pause);
    }
    drop(late);
    bench.wait_for_slots();
}

#[test]
fn what_panics_while_it_opens_is_tried_again() {
    let (device, tried) = (Fake::lasting(usize::MAX), AtomicU64::new(0));
    let mut bench = Bench::new(POLICY, move || {
        let before = tried.fetch_add(1, Ordering::Relaxed);
        assert!(before > MAX_SLOTS as u64, "as the sound system's code does");
        device.open.store(1, Ordering::Relaxed);
        Ok(device.open())
    });
    bench.expect("Lost");
    bench.expect("Open");
    assert_eq!(bench.supervisor.attempts, MAX_SLOTS as u32 + 1);
}

#[test]
fn it_gives_up_when_it_is_told_to() {
    for limit in [Duration::ZERO, Duration::from_secs(20)] {
        let policy = Policy {
            give_up: Some(limit),
            ..POLICY
        };
        let mut bench = Bench::new(policy, || Err(AudioError::NoDevice("fake".into())));
        let begun = bench.now;
        let error = loop {
            if let Err(error) = bench.poll() {
                break error;
            }
        };
        assert!(matches!(error, AudioError::NoDevice(_)), "{error}");
        let took = bench.now - begun;
        assert!(took >= limit && took < limit * 2 + POLICY.retry, "{took:?}");
    }
}

/// A card that can be opened, and is as good as none.
#[test]
fn what_opens_and_delivers_nothing_is_as_good_as_missing() {
    // Also when it takes longer than after which a device would be well.
    for stall in [Duration::from_secs(3), Duration::from_secs(15)] {
        let policy = Policy {
            stall,
            give_up: Some(Duration::from_secs(200)),
            ..POLICY
        };
        let mut mute = Fake::lasting(1);
        mute.stalls = true;
        mute.open.store(99, Ordering::Relaxed);
        let mut bench = Bench::new(policy, move || Ok(mute.open()));
        let begun = bench.now;
        let (mut losses, mut waits) = (0, Vec::new());
        let error = loop {
            match bench.poll() {
                Err(error) => break error,
                Ok(Some(DeviceEvent::Lost(_))) => losses += 1,
                Ok(Some(DeviceEvent::Open(_))) => waits.push(bench.now),
                Ok(_) => (),
            }
        };
        assert!(error.to_string().contains("nothing"), "{error}");
        let took = bench.now - begun;
        let limit = Duration::from_secs(200);
        assert!(took >= limit && took < limit + policy.longest_retry + 2 * stall);
        assert!(losses > 3, "{losses}");
        let waits: Vec<_> = waits.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(waits.windows(2).all(|pair| pair[1] >= pair[0]), "{waits:?}");
        assert!(waits[0] + waits[1] < waits[waits.len() - 1], "{waits:?}");
    }
}

#[test]
fn a_storm_in_the_driver_is_no_other_rate() {
    let mut device = Fake::lasting(2000);
    device.overruns.reports = 1;
    device.open.store(9, Ordering::Relaxed);
    device.stormy = true;
    let mut bench = Bench::new(POLICY, move || Ok(device.open()));
    bench.expect("Open");
    loop {
        match bench.next().0 {
            DeviceEvent::Overrun(_) => (),
            DeviceEvent::Lost(error) => {
                assert!(matches!(error, AudioError::NoDevice(_)), "{error}");
                break;
            }
            event => panic!("{event:?}"),
        }
    }
}

#[test]
fn while_it_is_paused_the_device_is_closed() {
    let device = Fake::lasting(usize::MAX);
    device.open.store(1, Ordering::Relaxed);
    let open = Arc::clone(&device.open);
    let mut bench = Bench::new(POLICY, move || Ok(device.open()));
    bench.pause = true;
    bench.expect("Paused");
    for _ in 0..2 {
        for _ in 0..10_000 {
            assert!(bench.poll().unwrap().is_none());
        }
        assert_eq!(open.load(Ordering::Relaxed), 1);
        bench.pause = false;
        bench.expect("Open");
        assert_eq!(open.load(Ordering::Relaxed), 2);
        bench.pause = true;
        bench.expect("Paused");
    }
}

#[test]
fn a_storm_of_overruns_is_reported_once_a_second() {
    let mut device = Fake::lasting(40);
    device.overruns.samples = 1;
    device.open.store(9, Ordering::Relaxed);
    let mut bench = Bench::new(POLICY, move || Ok(device.open()));
    bench.expect("Open");
    let mut reports = 0;
    while !matches!(bench.next().0, DeviceEvent::Lost(_)) {
        reports += 1;
    }
    assert!((1..=4).contains(&reports), "{reports}");
    assert!(bench.supervisor.overruns() > 0, "they are not forgotten");
}

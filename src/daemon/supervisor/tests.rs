//! Devices that fail in every way, in a time of their own.

use super::*;
use std::sync::Mutex;
use std::sync::atomic::AtomicU64;

const TURN: Duration = Duration::from_millis(60);

const POLICY: Policy = Policy {
    stall: Duration::from_secs(5),
    retry: Duration::from_millis(500),
    longest_retry: Duration::from_secs(30),
    give_up: None,
};

/// A device that delivers for so many turns, and then as `end` says.
#[derive(Clone, Default)]
struct Fake {
    turns: usize,
    stalls: bool,
    overruns: u64,
    open: Arc<AtomicU64>,
}

impl Fake {
    fn lasting(turns: usize) -> Self {
        let mut fake = Self::default();
        fake.turns = turns;
        fake
    }

    fn open(&self) -> Box<dyn Source> {
        self.open.fetch_add(1, Ordering::Relaxed);
        Box::new(self.clone())
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.open.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Source for Fake {
    fn read(&mut self, out: &mut Vec<Pcm>) -> Result<usize, AudioError> {
        let Some(left) = self.turns.checked_sub(1) else {
            let gone = Err(AudioError::NoDevice("fake".into()));
            return if self.stalls { Ok(0) } else { gone };
        };
        self.turns = left;
        self.overruns *= 2;
        out.extend([1; 960]);
        Ok(960)
    }

    fn overruns(&self) -> u64 {
        self.overruns
    }

    fn rate(&self) -> u32 {
        16_000
    }

    fn describe(&self) -> String {
        "fake (16000 Hz)".into()
    }

    fn name(&self) -> String {
        "fake".into()
    }
}

/// A supervisor, its own time, and what it has heard.
struct Bench {
    supervisor: Supervisor,
    now: Instant,
    pause: bool,
    samples: Vec<Pcm>,
}

impl Bench {
    fn new(policy: Policy, open: impl Fn() -> Opened + Send + Sync + 'static) -> Self {
        let now = Instant::now();
        Self {
            supervisor: Supervisor::new(Arc::new(open), policy, now),
            now,
            pause: false,
            samples: Vec::new(),
        }
    }

    fn turn(&mut self) -> Result<Option<Notice>, AudioError> {
        // Threads that open something have time of their own.
        for _ in 0..10_000 {
            match &self.supervisor.state {
                State::Opening(..) if self.supervisor.hanging.load(Ordering::Acquire) > 0 => {
                    std::thread::sleep(Duration::from_micros(20));
                }
                _ => break,
            }
        }
        self.now += TURN;
        self.supervisor
            .turn(self.now, self.pause, &mut self.samples)
    }

    /// Turns until there is something to say; how long that took.
    fn next(&mut self) -> (Notice, Duration) {
        let begun = self.now;
        loop {
            if let Some(notice) = self.turn().unwrap() {
                return (notice, self.now - begun);
            }
            assert!(
                self.now - begun < Duration::from_hours(1),
                "nothing happens"
            );
        }
    }

    fn expect(&mut self, start: &str) -> Duration {
        let (notice, took) = self.next();
        let notice = format!("{notice:?}");
        assert!(notice.starts_with(start), "{notice}, not {start}");
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
        assert!(bench.turn().unwrap().is_none());
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
        let (notice, took) = bench.next();
        let Notice::Lost(error) = notice else {
            panic!("{notice:?}");
        };
        assert!(error.to_string().contains("nothing for 5 s"), "{error}");
        let stalled = took.saturating_sub(100 * TURN);
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
    let mut complaints = Vec::new();
    while bench.now - begun < Duration::from_mins(10) {
        bench.now += TURN;
        let turned = bench.supervisor.turn(bench.now, false, &mut bench.samples);
        complaints.extend(turned.unwrap().map(|notice| (notice, bench.now - begun)));
    }
    assert!(real.elapsed() < Duration::from_secs(30), "it waited");
    let [(Notice::Lost(error), took), (Notice::Lost(last), _)] = &complaints[..] else {
        panic!("{complaints:?}");
    };
    assert!(error.to_string().contains("longer than 10 s"), "{error}");
    assert!(last.to_string().contains("8 attempts"), "{last}");
    assert!(*took >= OPENING && *took < 2 * OPENING, "{took:?}");
    assert!(bench.supervisor.hanging.load(Ordering::Relaxed) <= HANGING);
    drop(gate);
}

#[test]
fn what_panics_while_it_opens_is_tried_again() {
    let (device, tried) = (Fake::lasting(usize::MAX), AtomicU64::new(0));
    let mut bench = Bench::new(POLICY, move || {
        let before = tried.fetch_add(1, Ordering::Relaxed);
        assert!(before > HANGING as u64, "as the sound system's code does");
        device.open.store(1, Ordering::Relaxed);
        Ok(device.open())
    });
    bench.expect("Lost");
    bench.expect("Open");
    assert_eq!(bench.supervisor.attempts, HANGING as u32 + 1);
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
            if let Err(error) = bench.turn() {
                break error;
            }
        };
        assert!(matches!(error, AudioError::NoDevice(_)), "{error}");
        let took = bench.now - begun;
        assert!(took >= limit && took < limit * 2 + POLICY.retry, "{took:?}");
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
            assert!(bench.turn().unwrap().is_none());
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
    device.overruns = 1;
    device.open.store(9, Ordering::Relaxed);
    let mut bench = Bench::new(POLICY, move || Ok(device.open()));
    bench.expect("Open");
    let mut reports = 0;
    while !matches!(bench.next().0, Notice::Lost(_)) {
        reports += 1;
    }
    assert!((1..=4).contains(&reports), "{reports}");
    assert!(bench.supervisor.overruns() > 0, "they are not forgotten");
}

//! Lines to stdout, written from a thread of their own.

use super::PublishError;
use crate::protocol::Message;
use crate::system::lock;
use std::collections::VecDeque;
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Time that the reader has for the last lines when the stream cannot wait.
pub(crate) const DRAIN_TIMEOUT: Duration = Duration::from_millis(300);

/// Time between two looks whether to stop.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// The treatment of a reader that is slower than the stream.
#[derive(Clone, Debug)]
pub enum Overflow {
    /// The oldest lines are dropped and counted: a microphone cannot wait.
    DropOldest,
    /// The stream waits, until this is true: input from a file or pipe can.
    Wait(Arc<AtomicBool>),
}

/// A bounded queue of lines and the thread that writes them.
///
/// Lines that were dropped are announced where they are missing, by a
/// [`Message::Dropped`].
pub struct StdoutWriter {
    shared: Arc<Shared>,
    overflow: Overflow,
    thread: Option<JoinHandle<Result<(), PublishError>>>,
}

struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
}

struct Queue {
    lines: VecDeque<Arc<str>>,
    capacity: usize,
    dropped: u64,
    /// No more lines will come.
    ended: bool,
    /// The writer has stopped, so nobody takes lines any more.
    closed: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        lock(&self.queue)
    }

    /// Waits for so long, or until something changes.
    fn wait_for<'a>(&self, time: Duration, queue: MutexGuard<'a, Queue>) -> MutexGuard<'a, Queue> {
        self.changed
            .wait_timeout(queue, time)
            .unwrap_or_else(PoisonError::into_inner)
            .0
    }

    fn wait<'a>(&self, queue: MutexGuard<'a, Queue>) -> MutexGuard<'a, Queue> {
        self.changed
            .wait(queue)
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl StdoutWriter {
    /// Starts the thread. Up to `capacity` lines wait for the reader.
    pub fn start(writer: impl Write + Send + 'static, capacity: usize, overflow: Overflow) -> Self {
        let queue = Queue {
            lines: VecDeque::with_capacity(capacity),
            capacity,
            dropped: 0,
            ended: false,
            closed: false,
        };
        let shared = Arc::new(Shared {
            queue: Mutex::new(queue),
            changed: Condvar::new(),
        });
        let its = Arc::clone(&shared);
        let thread = std::thread::spawn(move || {
            let outcome = write_lines(&its, writer);
            its.lock().closed = true;
            its.changed.notify_all();
            outcome
        });
        Self {
            shared,
            overflow,
            thread: Some(thread),
        }
    }

    /// Queues a line.
    pub fn send(&self, line: Arc<str>) {
        let mut queue = self.shared.lock();
        while queue.lines.len() >= queue.capacity && !queue.closed {
            if self.waits() {
                queue = self.shared.wait_for(POLL_INTERVAL, queue);
            } else {
                queue.lines.pop_front();
                queue.dropped += 1;
            }
        }
        queue.lines.push_back(line);
        self.shared.changed.notify_all();
    }

    /// Returns true where a reader that is slow is waited for.
    fn waits(&self) -> bool {
        match &self.overflow {
            Overflow::DropOldest => false,
            Overflow::Wait(stop) => !stop.load(Ordering::Relaxed),
        }
    }

    /// Returns false when the reader has gone or writing has failed.
    pub fn has_reader(&self) -> bool {
        !self.shared.lock().closed
    }

    /// Writes what is queued and stops. A reader that does not read is waited for only
    /// as long as the stream would be.
    ///
    /// # Errors
    /// [`PublishError`] when writing failed or the reader has gone.
    pub fn finish(mut self) -> Result<(), PublishError> {
        self.shared.lock().ended = true;
        self.shared.changed.notify_all();
        let Some(thread) = self.thread.take() else {
            return Ok(());
        };
        let mut queue = self.shared.lock();
        while self.waits() && !queue.closed {
            queue = self.shared.wait_for(POLL_INTERVAL, queue);
        }
        drop(queue);
        if !self.drains() {
            return Ok(());
        }
        thread.join().unwrap_or(Ok(()))
    }

    /// Waits a moment for the writer to finish; returns true when it has.
    fn drains(&self) -> bool {
        let queue = self.shared.lock();
        let waiting = |queue: &mut Queue| !queue.closed;
        let outcome = self
            .shared
            .changed
            .wait_timeout_while(queue, DRAIN_TIMEOUT, waiting);
        !outcome
            .unwrap_or_else(PoisonError::into_inner)
            .1
            .timed_out()
    }
}

fn write_lines(shared: &Shared, mut writer: impl Write) -> Result<(), PublishError> {
    loop {
        let (dropped, line) = {
            let mut queue = shared.lock();
            while queue.lines.is_empty() && !queue.ended {
                queue = shared.wait(queue);
            }
            (std::mem::take(&mut queue.dropped), queue.lines.pop_front())
        };
        let Some(line) = line else { return Ok(()) };
        shared.changed.notify_all();
        if dropped > 0 {
            writer.write_all(Message::Dropped { dropped }.to_line().as_bytes())?;
        }
        writer.write_all(line.as_bytes())?;
        writer.flush()?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    /// A reader that takes a line only when the test lets it.
    struct Gated {
        permits: mpsc::Receiver<()>,
        written: Arc<Mutex<Vec<u8>>>,
    }

    impl Write for Gated {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            if self.permits.recv().is_err() {
                return Err(std::io::ErrorKind::BrokenPipe.into());
            }
            self.written.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn waiting() -> Overflow {
        Overflow::Wait(Arc::default())
    }

    fn line(number: u32) -> Arc<str> {
        format!("{number}\n").into()
    }

    fn gated() -> (mpsc::Sender<()>, Arc<Mutex<Vec<u8>>>, Gated) {
        let (permit, permits) = mpsc::channel();
        let written = Arc::new(Mutex::new(Vec::new()));
        (permit, Arc::clone(&written), Gated { permits, written })
    }

    #[test]
    fn a_reader_that_does_not_read_loses_its_oldest_lines_and_is_told() {
        let (permit, written, writer) = gated();
        let stdout = StdoutWriter::start(writer, 4, Overflow::DropOldest);
        for n in 0..100 {
            stdout.send(line(n));
            assert!(stdout.has_reader());
        }
        for _ in 0..16 {
            permit.send(()).unwrap();
        }
        stdout.finish().unwrap();
        let written = String::from_utf8(written.lock().unwrap().clone()).unwrap();
        let lines: Vec<&str> = written.lines().collect();
        let dropped: usize = lines
            .iter()
            .filter_map(|line| line.strip_prefix(r#"{"type":"dropped","dropped":"#))
            .map(|rest| rest.trim_end_matches('}').parse::<usize>().unwrap())
            .sum();
        let kept = lines
            .iter()
            .filter(|line| !line.contains("dropped"))
            .count();
        assert_eq!(dropped + kept, 100, "{lines:?}");
        assert_eq!(lines.last(), Some(&"99"));
    }

    #[test]
    fn input_that_can_wait_loses_nothing() {
        let (permit, written, writer) = gated();
        for _ in 0..100 {
            permit.send(()).unwrap();
        }
        let stdout = StdoutWriter::start(writer, 2, waiting());
        for n in 0..100 {
            stdout.send(line(n));
            assert!(stdout.has_reader());
        }
        stdout.finish().unwrap();
        let written = String::from_utf8(written.lock().unwrap().clone()).unwrap();
        assert_eq!(written.lines().count(), 100);
    }

    #[test]
    fn a_reader_that_never_reads_does_not_delay_the_end() {
        let (_permit, _, writer) = gated();
        let stop = Arc::new(AtomicBool::new(false));
        let stdout = StdoutWriter::start(writer, 2, Overflow::Wait(Arc::clone(&stop)));
        std::thread::scope(|scope| {
            scope.spawn(|| (0..9).for_each(|n| stdout.send(line(n))));
            stop.store(true, Ordering::Relaxed);
        });
        stdout.finish().unwrap();
    }

    #[test]
    fn a_reader_that_leaves_is_noticed() {
        let (permit, _, writer) = gated();
        drop(permit);
        let stdout = StdoutWriter::start(writer, 2, waiting());
        while stdout.has_reader() {
            stdout.send(line(0));
        }
        assert!(matches!(stdout.finish(), Err(PublishError::Closed)));
    }
}

//! Writes lines from a thread of its own.

use super::PublishError;
use std::collections::VecDeque;
use std::io::Write;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// How long the writer may take for the last lines when it cannot wait.
pub(crate) const DRAINING: Duration = Duration::from_millis(300);

/// What happens when the reader is slower than the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overflow {
    /// The oldest lines are dropped and counted: a microphone cannot wait.
    DropOldest,
    /// The stream waits: input from a file or pipe can.
    Wait,
}

/// A bounded queue of JSON lines and the thread that writes them.
///
/// Lines that were dropped are announced where they are missing, by a line
/// `{"type":"dropped","dropped":n}`.
pub struct Publisher {
    shared: Arc<Shared>,
    overflow: Overflow,
    thread: Option<JoinHandle<Result<(), PublishError>>>,
}

struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
}

struct Queue {
    lines: VecDeque<String>,
    capacity: usize,
    dropped: u64,
    /// No more lines will come.
    ended: bool,
    /// The writer has stopped, so nobody takes lines any more.
    closed: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        // A queue of lines is whole after any panic.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, queue: MutexGuard<'a, Queue>) -> MutexGuard<'a, Queue> {
        self.changed
            .wait(queue)
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Publisher {
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
        let theirs = Arc::clone(&shared);
        let thread = std::thread::spawn(move || {
            let outcome = write_lines(&theirs, writer);
            theirs.lock().closed = true;
            theirs.changed.notify_all();
            outcome
        });
        Self {
            shared,
            overflow,
            thread: Some(thread),
        }
    }

    /// Queues an object as one line; `false` when nobody reads any more.
    ///
    /// # Errors
    /// [`PublishError::Io`] when the object is no JSON, which ours are.
    pub fn send(&self, object: &impl serde::Serialize) -> Result<bool, PublishError> {
        let mut line = serde_json::to_string(object).map_err(std::io::Error::from)?;
        line.push('\n');
        let mut queue = self.shared.lock();
        while queue.lines.len() >= queue.capacity && !queue.closed {
            if self.overflow == Overflow::DropOldest {
                queue.lines.pop_front();
                queue.dropped += 1;
            } else {
                queue = self.shared.wait(queue);
            }
        }
        queue.lines.push_back(line);
        self.shared.changed.notify_all();
        Ok(!queue.closed)
    }

    /// Writes what is queued and stops. With [`Overflow::DropOldest`] a reader
    /// that does not read is not waited for.
    ///
    /// # Errors
    /// What writing failed with.
    pub fn finish(mut self) -> Result<(), PublishError> {
        self.shared.lock().ended = true;
        self.shared.changed.notify_all();
        let Some(thread) = self.thread.take() else {
            return Ok(());
        };
        if self.overflow == Overflow::DropOldest && !self.drains() {
            return Ok(());
        }
        thread.join().unwrap_or(Ok(()))
    }

    /// Waits a moment for the writer to finish.
    fn drains(&self) -> bool {
        let queue = self.shared.lock();
        let waiting = |queue: &mut Queue| !queue.closed;
        let outcome = self
            .shared
            .changed
            .wait_timeout_while(queue, DRAINING, waiting);
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
            writeln!(writer, r#"{{"type":"dropped","dropped":{dropped}}}"#)?;
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

    fn gated() -> (mpsc::Sender<()>, Arc<Mutex<Vec<u8>>>, Gated) {
        let (permit, permits) = mpsc::channel();
        let written = Arc::new(Mutex::new(Vec::new()));
        (permit, Arc::clone(&written), Gated { permits, written })
    }

    #[test]
    fn a_reader_that_does_not_read_loses_its_oldest_lines_and_is_told() {
        let (permit, written, writer) = gated();
        let publisher = Publisher::start(writer, 4, Overflow::DropOldest);
        for n in 0..100 {
            assert!(publisher.send(&n).unwrap());
        }
        for _ in 0..16 {
            permit.send(()).unwrap();
        }
        publisher.finish().unwrap();
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
        let publisher = Publisher::start(writer, 2, Overflow::Wait);
        for n in 0..100 {
            assert!(publisher.send(&n).unwrap());
        }
        publisher.finish().unwrap();
        let written = String::from_utf8(written.lock().unwrap().clone()).unwrap();
        assert_eq!(written.lines().count(), 100);
    }

    #[test]
    fn a_reader_that_leaves_is_noticed() {
        let (permit, _, writer) = gated();
        drop(permit);
        let publisher = Publisher::start(writer, 2, Overflow::Wait);
        while publisher.send(&0).unwrap() {}
        assert!(matches!(publisher.finish(), Err(PublishError::Closed)));
    }
}

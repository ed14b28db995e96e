//! Many files on all cores, with their results in the order given.

use super::exit::{self, Reported};
use super::progress;
use anyhow::bail;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use undertone::error::Class;

/// A file's outcome under its index, or why a thread could not start.
type Sent<T> = anyhow::Result<(usize, anyhow::Result<T>)>;

/// Works on every file and hands each outcome to `deliver`, in order.
///
/// `worker` makes one thread's function, with whatever state that thread keeps
/// from file to file. The error of a file that fails is printed and delivered like
/// the results of others; the batch then ends with the first failure's class. When
/// `deliver` itself fails, nothing more is begun.
pub fn run<T: Send, W: FnMut(usize, &Path) -> anyhow::Result<T>>(
    files: &[PathBuf],
    worker: impl Fn() -> anyhow::Result<W> + Sync,
    mut deliver: impl FnMut(&Path, Result<T, (String, Class)>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let bar = progress::files(files.len());
    let mut first_failure = None;
    let outcome = on_all_cores(files, &worker, |index, outcome| {
        bar.inc(1);
        let outcome = outcome.map_err(|error| {
            let class = exit::class_of(&error);
            first_failure.get_or_insert(class);
            bar.suspend(|| exit::print_error(&error));
            (exit::sentence(&error), class)
        });
        bar.suspend(|| deliver(&files[index], outcome))
    });
    bar.finish_and_clear();
    outcome?;
    match first_failure {
        Some(class) => bail!(Reported(class)),
        None => Ok(()),
    }
}

/// Works on every file and hands each outcome with its index to `deliver`, in order.
/// Nothing is printed.
pub fn on_all_cores<T: Send, W: FnMut(usize, &Path) -> anyhow::Result<T>>(
    files: &[PathBuf],
    worker: &(impl Fn() -> anyhow::Result<W> + Sync),
    deliver: impl FnMut(usize, anyhow::Result<T>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let threads = cores.min(files.len());
    let queue = &Queue::new(files);
    thread::scope(|scope| {
        let (sender, receiver) = sync_channel(2 * threads);
        for _ in 0..threads {
            let sender = sender.clone();
            scope.spawn(move || work(queue, worker, &sender));
        }
        drop(sender);
        let outcome = in_order(&receiver, deliver);
        queue.close();
        // Dropping the receiver frees workers that wait to send.
        drop(receiver);
        outcome
    })
}

/// One thread's work, until there are no files or nobody wants results.
fn work<T, W: FnMut(usize, &Path) -> anyhow::Result<T>>(
    queue: &Queue,
    worker: &impl Fn() -> anyhow::Result<W>,
    sender: &SyncSender<Sent<T>>,
) {
    let mut work = match worker() {
        Ok(work) => work,
        Err(error) => return drop(sender.send(Err(error))),
    };
    while let Some((index, file)) = queue.next() {
        if sender.send(Ok((index, work(index, file)))).is_err() {
            break;
        }
    }
}

/// Calls `deliver` by ascending index; a worker that could not start ends it.
fn in_order<T>(
    receiver: &Receiver<Sent<T>>,
    mut deliver: impl FnMut(usize, anyhow::Result<T>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut waiting = BTreeMap::new();
    let mut due = 0;
    for sent in receiver {
        let (index, outcome) = sent?;
        waiting.insert(index, outcome);
        while let Some(outcome) = waiting.remove(&due) {
            deliver(due, outcome)?;
            due += 1;
        }
    }
    Ok(())
}

/// Files that no thread has begun with.
struct Queue<'a> {
    files: &'a [PathBuf],
    next: AtomicUsize,
    closed: AtomicBool,
}

impl<'a> Queue<'a> {
    fn new(files: &'a [PathBuf]) -> Self {
        Self {
            files,
            next: AtomicUsize::new(0),
            closed: AtomicBool::new(false),
        }
    }

    fn next(&self) -> Option<(usize, &'a Path)> {
        if self.closed.load(Ordering::Relaxed) {
            return None;
        }
        let index = self.next.fetch_add(1, Ordering::Relaxed);
        Some((index, self.files.get(index)?))
    }

    fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::anyhow;

    fn files(count: usize) -> Vec<PathBuf> {
        (0..count).map(|n| PathBuf::from(n.to_string())).collect()
    }

    fn number(file: &Path) -> usize {
        file.to_string_lossy().parse().unwrap()
    }

    #[test]
    fn results_come_in_the_order_of_the_files() {
        let mut found = Vec::new();
        let files = files(200);
        let outcome = run(
            &files,
            || Ok(|index, file: &Path| Ok((index, number(file)).1)),
            |_, outcome| {
                found.push(outcome.unwrap());
                Ok(())
            },
        );
        assert!(outcome.is_ok());
        assert!(found.into_iter().eq(0..200));
    }

    #[test]
    fn a_thread_that_cannot_start_ends_the_batch() {
        let worker =
            || -> anyhow::Result<fn(usize, &Path) -> anyhow::Result<()>> { Err(anyhow!("no")) };
        let outcome = run(&files(3), worker, |_, _| Ok(()));
        assert_eq!(outcome.unwrap_err().to_string(), "no");
    }

    #[test]
    fn a_reader_that_goes_ends_the_batch() {
        let mut delivered = 0;
        let outcome = run(
            &files(1000),
            || Ok(|_, _: &Path| Ok(())),
            |_, _| {
                delivered += 1;
                bail!("gone")
            },
        );
        assert_eq!(outcome.unwrap_err().to_string(), "gone");
        assert_eq!(delivered, 1);
    }
}

//! Many files on all cores, with their results in the order given.

use super::exit::{self, Reported};
use super::progress;
use anyhow::bail;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;
use undertone::error::Class;

/// Works on every file and hands each outcome to `deliver`, in order.
///
/// `worker` makes one thread's function, with whatever state that thread keeps
/// from file to file. A file that fails is complained about and delivered like
/// the others; the batch then ends with the first failure's code. When
/// `deliver` itself fails, nothing more is begun.
pub fn run<T: Send, W: FnMut(&Path) -> anyhow::Result<T>>(
    files: &[PathBuf],
    worker: impl Fn() -> anyhow::Result<W> + Sync,
    mut deliver: impl FnMut(&Path, Result<T, (String, Class)>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let threads = thread::available_parallelism()
        .map_or(1, usize::from)
        .min(files.len());
    let bar = progress::files(files.len());
    let next = AtomicUsize::new(0);
    let stop = AtomicBool::new(false);
    let mut first_failure = None;
    let outcome = thread::scope(|scope| {
        let (sender, receiver) = sync_channel(2 * threads);
        for _ in 0..threads {
            let (sender, worker, next, stop) = (sender.clone(), &worker, &next, &stop);
            scope.spawn(move || {
                let mut work = match worker() {
                    Ok(work) => work,
                    Err(error) => return drop(sender.send((usize::MAX, Err(error)))),
                };
                while !stop.load(Ordering::Relaxed) {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(file) = files.get(index) else { break };
                    if sender.send((index, work(file))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        let outcome = in_order(&receiver, |index, outcome| {
            let file = &files[index];
            bar.inc(1);
            let outcome = outcome.map_err(|error| {
                let class = exit::class_of(&error);
                first_failure.get_or_insert(class);
                bar.suspend(|| exit::print_error(&error));
                (exit::sentence(&error), class)
            });
            bar.suspend(|| deliver(file, outcome))
        });
        stop.store(true, Ordering::Relaxed);
        // Dropping the receiver frees workers that wait to send.
        drop(receiver);
        outcome
    });
    bar.finish_and_clear();
    outcome?;
    match first_failure {
        Some(class) => bail!(Reported(class)),
        None => Ok(()),
    }
}

/// Calls `deliver` by ascending index; a worker that could not start ends it.
fn in_order<T>(
    receiver: &Receiver<(usize, anyhow::Result<T>)>,
    mut deliver: impl FnMut(usize, anyhow::Result<T>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut waiting = BTreeMap::new();
    let mut due = 0;
    for (index, outcome) in receiver {
        if index == usize::MAX {
            outcome?;
            continue;
        }
        waiting.insert(index, outcome);
        while let Some(outcome) = waiting.remove(&due) {
            deliver(due, outcome)?;
            due += 1;
        }
    }
    Ok(())
}

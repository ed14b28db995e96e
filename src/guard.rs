//! Code of others that panics on what was made to break it.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};

thread_local! {
    /// Whether this thread is inside of [`guarded`].
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Runs a decoder or a network, which may panic on a file that was made to break
/// it. That is an error of the file and must not end the program; what panicked
/// is not used again.
pub(crate) fn guarded<T, E>(
    run: impl FnOnce() -> Result<T, E>,
    broken: impl FnOnce() -> E,
) -> Result<T, E> {
    GUARDED.set(true);
    let outcome = catch_unwind(AssertUnwindSafe(run));
    GUARDED.set(false);
    outcome.unwrap_or_else(|_| Err(broken()))
}

/// Keeps panics that become errors off stderr. This is for the program to call,
/// once, because the hook it sets is the process's.
pub fn quieten_guarded_panics() {
    let report = take_hook();
    set_hook(Box::new(move |panic| {
        if !GUARDED.get() {
            report(panic);
        }
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error() {
        quieten_guarded_panics();
        let outcome: Result<(), &str> = guarded(|| panic!("a decoder's"), || "broken");
        assert_eq!(outcome, Err("broken"));
        assert!(guarded(|| Ok(()), || "broken").is_ok() && !GUARDED.get());
    }
}

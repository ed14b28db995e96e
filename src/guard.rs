//! A guard for other people's code, which may panic on input that was made to break it.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};

thread_local! {
    /// True while this thread is inside of [`guarded`].
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Runs a decoder or a network, and returns `broken` where it panics: a fault of
/// the file must not end the program. What panicked must not be used again.
///
/// # Errors
/// Those of `run`, and `broken`.
pub(crate) fn guarded<T, E>(
    run: impl FnOnce() -> Result<T, E>,
    broken: impl FnOnce() -> E,
) -> Result<T, E> {
    let outer = GUARDED.replace(true);
    let outcome = catch_unwind(AssertUnwindSafe(run));
    GUARDED.set(outer);
    outcome.unwrap_or_else(|_| Err(broken()))
}

/// Keeps panics that `guarded` catches off stderr. The program calls it once: the
/// hook that it sets is the whole process's.
pub fn silence_caught_panics() {
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
        silence_caught_panics();
        let outcome: Result<(), &str> = guarded(|| panic!("a decoder's"), || "broken");
        assert_eq!(outcome, Err("broken"));
        assert!(guarded(|| Ok(()), || "broken").is_ok() && !GUARDED.get());
    }

    #[test]
    fn a_guard_inside_another_leaves_that_on() {
        let outcome = guarded(
            || {
                guarded(|| Ok(()), || "inner")?;
                assert!(GUARDED.get());
                guarded(|| panic!("a network's"), || "inner")
            },
            || "outer",
        );
        assert_eq!((outcome, GUARDED.get()), (Err::<(), _>("inner"), false));
    }
}

//! Decoders that panic.

use super::AudioError;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};

thread_local! {
    /// Whether this thread is inside of [`guarded`].
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Runs a decoder, which may panic on a file that was made to break it. That
/// is an error of the file and must not end the program; the decoder is not
/// used again.
pub(super) fn guarded<T>(decode: impl FnOnce() -> Result<T, AudioError>) -> Result<T, AudioError> {
    GUARDED.set(true);
    let outcome = catch_unwind(AssertUnwindSafe(decode));
    GUARDED.set(false);
    outcome.unwrap_or_else(|_| {
        let reason = "its decoder cannot cope with it".into();
        Err(AudioError::Malformed(reason))
    })
}

/// Keeps panics that become an [`AudioError`] off stderr. This is for the
/// program to call, once, because the hook it sets is the process's.
pub fn quieten_decoders() {
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
    fn a_panic_is_an_error_of_the_file() {
        quieten_decoders();
        let outcome: Result<(), _> = guarded(|| panic!("a decoder's"));
        assert!(matches!(outcome, Err(AudioError::Malformed(_))));
        assert!(guarded(|| Ok(())).is_ok() && !GUARDED.get());
    }
}

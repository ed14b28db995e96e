//! Mutexes whose contents are whole after any panic.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks a mutex, also after a thread has panicked while it held it. This is for
/// data that no panic can leave half changed: counts, queues, a state that is
/// assigned at once.
pub fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_leaves_the_lock_usable() {
        let count = Mutex::new(1);
        let panicked = std::thread::scope(|scope| {
            let holder = scope.spawn(|| {
                let _held = count.lock().unwrap();
                std::panic::resume_unwind(Box::new("while it is held"));
            });
            holder.join().is_err()
        });
        assert!(panicked && count.is_poisoned());
        assert_eq!(*lock(&count), 1);
    }
}

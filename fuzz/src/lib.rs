//! What the fuzz targets share. `scripts/fuzz` runs them; `tests/it/fuzz.rs` replays
//! what they found.

pub mod targets;
#[path = "../../src/testing.rs"]
mod testing;

use std::fs::OpenOptions;
use std::io::Write;
use std::panic::{Location, set_hook, take_hook};

/// Defines a libFuzzer target that runs the function of that name.
#[macro_export]
macro_rules! target {
    ($name:ident) => {
        libfuzzer_sys::fuzz_target!(init: $crate::keep_guarded_panics(), |bytes: &[u8]| {
            $crate::targets::$name(bytes);
        });
    };
}

/// Makes panics that the program catches no findings: their places are appended to the
/// file that `GUARDED_PANICS` names, for `scripts/fuzz` to count.
pub fn keep_guarded_panics() {
    undertone::silence_caught_panics();
    let unguarded = take_hook();
    let file = std::env::var_os("GUARDED_PANICS");
    let file = file.and_then(|file| OpenOptions::new().append(true).open(file).ok());
    set_hook(Box::new(move |panic| {
        // It ends the process unless the panic is guarded.
        unguarded(panic);
        let place = panic.location().map(Location::to_string);
        if let (Some(mut file), Some(place)) = (file.as_ref(), place) {
            let _ = writeln!(file, "{place}");
        }
    }));
}

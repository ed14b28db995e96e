//! Whatever the program is given, it answers with a result or with one
//! sentence that names the culprit and a documented exit code.

mod audio;
mod bombs;
mod bundles;
mod output;
mod usage;
mod web;

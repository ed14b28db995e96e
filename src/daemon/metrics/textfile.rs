//! Figures for Prometheus, in a file that `node_exporter`'s textfile collector
//! reads.

use super::Metrics;
use crate::protocol::{Status, exposition};
use crate::system::{Level, log, replace};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::time::Duration;

/// Writes the figures now and then from a thread of their own, for as long as
/// there are any. A disk that is full is logged once.
///
/// # Errors
/// The system's, when there is no thread to be had.
pub fn write_metrics(file: PathBuf, every: Duration, metrics: &Arc<Metrics>) -> io::Result<()> {
    let metrics = Arc::downgrade(metrics);
    let thread = std::thread::Builder::new().name("metrics".into());
    thread.spawn(move || keep_writing(&file, every, &metrics))?;
    Ok(())
}

fn keep_writing(file: &Path, every: Duration, metrics: &Weak<Metrics>) {
    let mut failing = false;
    while let Some(metrics) = metrics.upgrade() {
        let outcome = write(file, &metrics.status());
        drop(metrics);
        if let (Err(error), false) = (&outcome, failing) {
            log(Level::Warning, format!("{}: {error}", file.display()));
        }
        failing = outcome.is_err();
        std::thread::sleep(every);
    }
}

fn write(file: &Path, status: &Status) -> io::Result<()> {
    replace(file, exposition(status).as_bytes(), 0o644)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::DeviceState;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn the_file_is_whole_and_readable() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("undertone.prom");
        let metrics = Metrics::default();
        metrics.update(|stats| stats.status.state = DeviceState::Open);
        for _ in 0..2 {
            write(&file, &metrics.status()).unwrap();
        }
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.contains("\nundertone_microphone_open 1\n"), "{text}");
        assert!(text.ends_with('\n'), "{text}");
        assert_eq!(folder.path().read_dir().unwrap().count(), 1);
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o644);
        assert!(write(Path::new("/nonexistent/a.prom"), &metrics.status()).is_err());
    }
}

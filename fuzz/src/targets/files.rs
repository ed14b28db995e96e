//! Files of text that people write and programs read.

use std::sync::LazyLock;
use std::time::Duration;
use undertone::daemon::Config;
use undertone::model::{Bundle, Golden, Manifest};
use undertone::protocol::BaselineFile;

/// The manifest of the model inside the program.
static MANIFEST: LazyLock<Option<Manifest>> =
    LazyLock::new(|| Manifest::parse(&Bundle::embedded().ok()?.manifest).ok());

/// A configuration is refused, or all that is made of it is within its ranges.
pub fn config(bytes: &[u8]) {
    let Ok(config) = std::str::from_utf8(bytes).map(Config::parse) else {
        return;
    };
    let config = match config {
        Ok(config) => config,
        Err(error) => {
            assert!(!error.to_string().contains('\n'));
            return;
        }
    };
    let policy = config.microphone.policy(true);
    let hour = Duration::from_hours(1);
    assert!(policy.stall <= hour && policy.retry <= hour && policy.longest_retry <= hour);
    let _ = Duration::from_secs_f64(config.metrics.every);
    let settings = config.decision.settings();
    assert!(settings.hop.is_none_or(|hop| (4..=3750).contains(&hop)));
    assert_eq!(settings.hop.is_some(), config.decision.hop.is_some());
    let limits = config.socket.limits();
    assert!(limits.readers > 0 && limits.queue > 0);
    assert!(config.needs_restart(&config).is_empty());
}

/// A manifest is refused, or its rule gives each window a temperature.
pub fn manifest(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let Ok(manifest) = Manifest::parse(text) else {
        return;
    };
    assert!(manifest.labels.len() > 1 && manifest.rows() >= manifest.labels.len());
    for (loud, share) in [(0, 0.0), (50, 0.5), (usize::MAX, 1.0)] {
        let temperature = manifest.decision.temperature_for(loud, share);
        assert!(temperature.is_finite() && temperature > 0.0);
    }
}

/// Golden values are refused, or equal themselves.
pub fn golden(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let Ok(golden) = Golden::parse(text) else {
        return;
    };
    let written = serde_json::to_string(&golden).unwrap_or_default();
    if golden.scores.iter().all(|score| score.is_finite()) {
        assert_eq!(Golden::parse(&written).ok(), Some(golden));
    }
}

/// A baseline is refused, or read again as it is written, and can be added to itself.
pub fn baseline(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let Ok(file) = BaselineFile::parse(text) else {
        return;
    };
    assert_eq!(
        BaselineFile::parse(&file.to_text()).ok().as_ref(),
        Some(&file)
    );
    let Some(manifest) = MANIFEST.as_ref() else {
        return;
    };
    if let (Ok(mut baseline), Some(rule)) = (file.baseline(manifest), &manifest.baseline) {
        assert!(baseline.frames() <= rule.memory);
        baseline.add(&baseline.clone(), rule);
        assert!(baseline.frames() <= rule.memory);
        assert!(
            BaselineFile::new(&baseline, manifest)
                .baseline(manifest)
                .is_ok()
        );
    }
}

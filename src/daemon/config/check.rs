//! The ranges of values.

use super::{Config, ConfigError};
use crate::engine::hop_frames;

const SHORT: &str = "it must lie in 0.1 to 3600 seconds";

/// Checks that every value makes sense.
pub(super) fn check(config: &Config) -> Result<(), ConfigError> {
    check_decision(config)?;
    check_times(config)?;
    check_socket(config)
}

fn check_decision(config: &Config) -> Result<(), ConfigError> {
    let hop = config.decision.hop.unwrap_or(1.0);
    let is_hop = hop_frames(hop).is_some();
    let wanted = "it must lie in 0.064 to 60 seconds";
    expect(is_hop, "decision.hop", &hop, wanted)?;
    let share = config.decision.uncertain_below.unwrap_or(0.0);
    let is_share = (0.0..=1.0).contains(&share);
    let key = "decision.uncertain_below";
    expect(is_share, key, &share, "it must lie in 0 to 1")
}

fn check_times(config: &Config) -> Result<(), ConfigError> {
    let (microphone, metrics) = (&config.microphone, &config.metrics);
    let (retry, longest) = (microphone.retry, microphone.longest_retry);
    let give_up = microphone.give_up.unwrap_or(0.0);
    let long = "it must lie in 0 to 1e9 seconds";
    let rare = "it must lie in 1 to 1e5 seconds";
    let rows = [
        ("microphone.stall", microphone.stall, 0.1..=3600.0, SHORT),
        ("microphone.retry", retry, 0.1..=3600.0, SHORT),
        ("microphone.longest_retry", longest, 0.1..=3600.0, SHORT),
        ("microphone.give_up", give_up, 0.0..=1e9, long),
        ("metrics.every", metrics.every, 1.0..=1e5, rare),
    ];
    for (key, value, range, wanted) in rows {
        expect(range.contains(&value), key, &value, wanted)?;
    }
    Ok(())
}

fn check_socket(config: &Config) -> Result<(), ConfigError> {
    let socket = &config.socket;
    let rows = [
        ("socket.readers", socket.readers),
        ("socket.readers_per_user", socket.readers_per_user),
        ("socket.queue", socket.queue),
    ];
    for (key, value) in rows {
        let wanted = "it must lie in 1 to 65536";
        expect((1..=65_536).contains(&value), key, &value, wanted)?;
    }
    Ok(())
}

fn expect(
    right: bool,
    key: &'static str,
    value: &impl ToString,
    wanted: &'static str,
) -> Result<(), ConfigError> {
    let value = value.to_string();
    let wrong = || ConfigError::Value { key, value, wanted };
    right.then_some(()).ok_or_else(wrong)
}

//! Levels in decibels, as `librosa.power_to_db` defines them with `ref=1`.

/// Power below which the level is not computed, −100 dB: librosa's `amin`.
pub const POWER_FLOOR: f32 = 1e-10;

/// Range of levels that librosa keeps below a clip's loudest, in dB: its
/// default `top_db`.
pub const TOP_DB: f32 = 80.0;

/// The level of a power in dB, `10 log10(max(power, POWER_FLOOR))`.
pub fn decibels(power: f32) -> f32 {
    10.0 * libm::log10f(power.max(POWER_FLOOR))
}

/// Raises the levels of a whole clip (frames of `N`) that lie more than
/// `range` dB below its maximum to that limit: the `top_db` step of
/// `librosa.power_to_db`, which needs the clip's end before its first frame.
pub fn limit_range<const N: usize>(clip: &mut [[f32; N]], range: f32) {
    let levels = clip.as_flattened_mut();
    let floor = levels.iter().copied().fold(f32::MIN, f32::max) - range;
    for level in levels {
        *level = level.max(floor);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_follow_the_definition_down_to_the_floor() {
        for (power, level) in [(1.0, 0.0), (1e-3, -30.0), (250.0, 23.979_4), (0.0, -100.0)] {
            assert!((decibels(power) - level).abs() < 1e-4, "{power}");
        }
    }

    #[test]
    fn range_is_that_of_the_whole_clip() {
        let mut clip = [[-100.0, -30.0], [10.0, -75.0], [-70.0, -69.0]];
        limit_range(&mut clip, TOP_DB);
        assert_eq!(clip, [[-70.0, -30.0], [10.0, -70.0], [-70.0, -69.0]]);
        limit_range::<2>(&mut [], TOP_DB);
    }
}

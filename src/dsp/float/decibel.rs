//! Levels in decibels: `librosa.power_to_db` with `ref=1`.

use crate::dsp::dispatch::WithSimd;

/// The least power that has a level of its own, −100 dB: librosa's `amin`.
pub const POWER_FLOOR: f32 = 1e-10;

/// Range of levels below a clip's loudest, in dB: librosa's default `top_db`.
pub const TOP_DB: f32 = 80.0;

/// Square root of one half, in bits.
const ROOT_HALF: u32 = 0x3f35_04f3;
const MANTISSA_BITS: u32 = 23;
/// `10 log10(2)`: decibels of a doubling.
const DOUBLING: f32 = 3.010_3;
/// `20 / ln(10)`: decibels of twice a natural logarithm.
const TWO_NEPERS: f32 = 8.685_89;

/// Returns the level of a power in dB, `10 log10(max(power, POWER_FLOOR))`, to
/// within 2e-5 dB.
///
/// Of `power = 2^e m` with `m` near one, `ln(m) = 2 artanh((m - 1) / (m + 1))`
/// is the sum of a series of which four terms are enough. Without branches, so
/// that the levels of many bands are computed side by side.
#[inline(always)]
pub fn decibels(power: f32) -> f32 {
    let audible = if power > POWER_FLOOR {
        power
    } else {
        POWER_FLOOR
    };
    let above = audible.to_bits().wrapping_sub(ROOT_HALF);
    let exponent = above.cast_signed() >> MANTISSA_BITS;
    let mantissa = f32::from_bits((above & ((1 << MANTISSA_BITS) - 1)) + ROOT_HALF);
    let x = (mantissa - 1.0) / (mantissa + 1.0);
    let square = x * x;
    let artanh = x + x * square * (1.0 / 3.0 + square * (1.0 / 5.0 + square * (1.0 / 7.0)));
    exponent as f32 * DOUBLING + artanh * TWO_NEPERS
}

/// Turns powers into their [`decibels`], in place.
pub(super) struct ToDecibels<'a>(pub(super) &'a mut [f32]);

impl WithSimd for ToDecibels<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for value in self.0 {
            *value = decibels(*value);
        }
    }
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
    fn levels_are_exact_to_two_hundred_thousandths() {
        let powers = std::iter::successors(Some(POWER_FLOOR), |power| Some(power * 1.0003));
        for power in powers.take_while(|power| *power < 1e15).chain([f32::MAX]) {
            let exact = 10.0 * f64::from(power).log10();
            let error = f64::from(decibels(power)) - exact;
            let limit = if exact > 100.0 { 1e-4 } else { 2e-5 };
            assert!(error.abs() < limit, "{power}: off by {error} dB");
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

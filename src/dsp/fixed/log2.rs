//! The binary logarithm of an integer.

use crate::dsp::table::table;

/// `log2(1 + i / 256)` in Q24.
static TABLE: &[i32] = table!("log2");

/// Computes `log2(x)` in Q24, and 0 for 0: from a table of 256 chords, at most
/// 2.8e-6 too small.
#[inline(always)]
pub(super) fn log2(x: u64) -> i32 {
    let zeros = x.max(1).leading_zeros();
    // The mantissa's 8 bits below its leading one, and the 24 after them.
    let mantissa = ((x.max(1) << zeros) >> 31) as u32;
    let [low, high] = [0, 1].map(|next| TABLE[(mantissa >> 24) as usize + next]);
    let rise = (i64::from(high - low) * i64::from(mantissa & 0xff_ffff)) >> 24;
    ((63 - zeros.cast_signed()) << 24) + low + rise as i32
}

#[cfg(test)]
mod tests {
    use super::log2;

    fn value(x: u64) -> f64 {
        f64::from(log2(x)) / f64::from(1 << 24)
    }

    #[test]
    fn is_exact_at_powers_of_two() {
        for exponent in 0..64 {
            assert_eq!(log2(1 << exponent), exponent << 24);
        }
        assert_eq!(log2(0), 0);
    }

    #[test]
    fn stays_within_three_millionths() {
        let x = std::iter::successors(Some(1_u64), |x| x.checked_add(1 + x / 1013));
        for x in x.chain([u64::MAX - 1, u64::MAX]) {
            let error = value(x) - (x as f64).log2();
            assert!((-2.9e-6..1e-7).contains(&error), "log2({x}) off by {error}");
        }
    }

    #[test]
    fn never_falls() {
        let mut last = 0;
        for x in (1 << 20)..(1 << 20) + 100_000 {
            assert!(log2(x) >= last, "at {x}");
            last = log2(x);
        }
    }
}

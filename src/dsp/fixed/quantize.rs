//! The network's input: log-mels quantized to 8 bits.

use super::DECIBEL;

/// The distance below the maximum from which a value is 0.
const RANGE: i32 = 80 * DECIBEL;

/// The smallest level of a loud frame's loudest cell, 35 dB below the maximum.
pub const LOUD: u8 = 144;

/// Quantizes a window's log-mels relative to its own maximum: 255 is the maximum,
/// 0 is 80 dB or more below it.
///
/// A value is `floor((level - maximum + 80 dB) / 80 dB * 255 + 1 / 2)`, without
/// any other rounding. Of the two slices the longer one's end is left alone.
pub fn quantize(log_mel: &[i32], quantized: &mut [u8]) {
    let maximum = log_mel.iter().copied().max().unwrap_or(0);
    for (value, &level) in quantized.iter_mut().zip(log_mel) {
        let above = RANGE - maximum.saturating_sub(level).min(RANGE);
        let (above, range) = (above.cast_unsigned(), RANGE.cast_unsigned());
        *value = ((above * 510 + range) / (2 * range)) as u8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refers_to_the_maximum_and_rounds_to_nearest() {
        let half_a_step = 80.0 / 510.0;
        for (below_db, cell) in [
            (0.0, 255),
            (half_a_step - 1e-4, 255),
            (half_a_step + 1e-4, 254),
            (40.0, 128),
            (79.8, 1),
            (79.9, 0),
            (80.0, 0),
            (500.0, 0),
        ] {
            for maximum in [-100.0, -3.7, 33.0] {
                let level = |db: f64| (db * f64::from(DECIBEL)).round() as i32;
                let mut cells = [7; 3];
                quantize(&[level(maximum - below_db), level(maximum)], &mut cells);
                assert_eq!(cells, [cell, 255, 7], "{below_db} dB below {maximum} dB");
            }
        }
    }

    #[test]
    fn extremes_do_not_overflow() {
        let mut cells = [1; 2];
        quantize(&[i32::MIN, i32::MAX], &mut cells);
        assert_eq!(cells, [0, 255]);
        quantize(&[], &mut cells);
        assert_eq!(cells, [0, 255]);
    }
}

//! Numbers with as many decimals as they mean, by serde's `serialize_with`.

use serde::{Serialize, Serializer};

/// A number that can be rounded in decimal.
pub(super) trait Decimals {
    /// What is written: the number, or the number where there is one.
    type Written: Serialize;

    /// Returns the number with this many decimals.
    fn decimals(&self, count: i32) -> Self::Written;
}

impl Decimals for f64 {
    type Written = f64;

    fn decimals(&self, count: i32) -> f64 {
        let scale = 10_f64.powi(count);
        // A zero has no sign.
        (self * scale).round() / scale + 0.0
    }
}

impl Decimals for f32 {
    type Written = f32;

    fn decimals(&self, count: i32) -> f32 {
        f64::from(*self).decimals(count) as f32
    }
}

impl<T: Decimals> Decimals for Option<T> {
    type Written = Option<T::Written>;

    fn decimals(&self, count: i32) -> Self::Written {
        self.as_ref().map(|number| number.decimals(count))
    }
}

/// Seconds of a stream or a recording, to the millisecond.
pub(super) fn milli<T: Decimals, S: Serializer>(number: &T, to: S) -> Result<S::Ok, S::Error> {
    number.decimals(3).serialize(to)
}

/// Probabilities, to a hundredth of a per cent.
pub(super) fn probability<T: Decimals, S: Serializer>(
    number: &T,
    to: S,
) -> Result<S::Ok, S::Error> {
    number.decimals(4).serialize(to)
}

/// Levels in dB, and seconds of speech, to a tenth.
pub(super) fn tenth<T: Decimals, S: Serializer>(number: &T, to: S) -> Result<S::Ok, S::Error> {
    number.decimals(1).serialize(to)
}

/// Shares of time, and milliseconds, to a hundredth.
pub(super) fn hundredth<T: Decimals, S: Serializer>(number: &T, to: S) -> Result<S::Ok, S::Error> {
    number.decimals(2).serialize(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_with_their_decimals_and_no_more() {
        for (value, count, written) in [
            (0.123_456_7_f32, 4, "0.1235"),
            (0.7, 4, "0.7"),
            (-27.449, 1, "-27.4"),
            (1.0, 4, "1.0"),
            (-0.000_01, 4, "0.0"),
        ] {
            let text = serde_json::to_string(&value.decimals(count)).unwrap();
            assert_eq!(text, written);
        }
        for (value, count, written) in [(5.056_000_000_1_f64, 3, "5.056"), (3e9, 3, "3000000000.0")]
        {
            let text = serde_json::to_string(&value.decimals(count)).unwrap();
            assert_eq!(text, written);
        }
        assert_eq!(Some(0.05_f64).decimals(1), Some(0.1));
        assert_eq!(None::<f32>.decimals(1), None);
    }
}

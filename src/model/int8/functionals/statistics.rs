//! Statistics of integers, in 2^-16 of their units and to the bit.
//!
//! The formulas are those of `docs/quantization.md`; all divisions round down.

/// Values that a mean is over, at least: few frames say little.
const MIN_COUNT: i64 = 4;

/// Returns what sums are divided by for so many values.
fn divisor(count: usize) -> i64 {
    (count as i64).max(MIN_COUNT)
}

/// Returns the mean.
pub(super) fn mean(values: impl Iterator<Item = i64> + Clone) -> i64 {
    let n = divisor(values.clone().count());
    (values.sum::<i64>() << 16).div_euclid(n)
}

/// Returns the root of the mean square, to which `epsilon`, in 2^-20, is added.
pub(super) fn root_mean_square(values: &[i64], epsilon: i128) -> i64 {
    let squares: i64 = values.iter().map(|value| value * value).sum();
    let mean = (squares << 20).div_euclid(divisor(values.len()));
    root(i128::from(mean) + epsilon)
}

/// Returns which share of a number another is.
pub(super) fn share(part: usize, whole: usize) -> i64 {
    ((part << 16) / whole) as i64
}

/// Returns the square root of a variance in 2^-20.
fn root(variance: i128) -> i64 {
    ((variance << 12) as u128).isqrt() as i64
}

/// The first four moments of a distribution, those beyond the mean central and the
/// last two standardised.
pub(super) struct Moments {
    pub mean: i64,
    pub deviation: i64,
    pub skewness: i64,
    pub kurtosis: i64,
}

impl Moments {
    /// Computes the moments of values to whose variance `epsilon`, in 2^-20, is added.
    pub fn of(values: impl Iterator<Item = i64> + Clone, epsilon: i128) -> Self {
        let n = divisor(values.clone().count());
        let sum: i64 = values.clone().sum();
        let [mut square, mut cube, mut fourth] = [0_i128; 3];
        for value in values {
            // n times its deviation from the mean.
            let deviation = i128::from(n * value - sum);
            square += deviation * deviation;
            cube += deviation * deviation * deviation;
            fourth += deviation * deviation * deviation * deviation;
        }
        let per = |sum: i128, power: u32| (sum << 20).div_euclid(i128::from(n).pow(power));
        let variance = per(square, 3) + epsilon;
        let deviation = root(variance);
        let skewness = (per(cube, 4) << 32).div_euclid(variance * i128::from(deviation));
        let kurtosis = (per(fourth, 5) << 36).div_euclid(variance * variance);
        Self {
            mean: (sum << 16).div_euclid(n),
            deviation,
            skewness: skewness as i64,
            kurtosis: kurtosis as i64,
        }
    }
}

/// The linear trend of values over time, in halves of a frame from the window's middle.
pub(super) struct Trend {
    /// Covariance of value and time.
    pub covariance: i64,
    /// Covariance over the deviation of time: the slope in deviations of time.
    pub slope: i64,
}

impl Trend {
    /// Computes the trend of `values` at so many of the window's `frames`.
    pub fn of(values: impl Iterator<Item = (usize, i64)> + Clone, frames: usize) -> Self {
        let last = frames as i64 - 1;
        let points = values.map(|(frame, value)| (2 * frame as i64 - last, value));
        let n = divisor(points.clone().count());
        let time_sum: i64 = points.clone().map(|(time, _)| time).sum();
        let value_sum: i64 = points.clone().map(|(_, value)| value).sum();
        let [mut product, mut square] = [0_i128; 2];
        for (time, value) in points {
            let [time, value] = [n * time - time_sum, n * value - value_sum].map(i128::from);
            product += time * value;
            square += time * time;
        }
        let cubed = i128::from(n).pow(3);
        let covariance = (product << 16).div_euclid(cubed);
        // The 10000th part of the squared half of the window.
        let epsilon = ((i128::from(last * last) << 20) + 5000) / 10_000;
        let deviation = root((square << 20).div_euclid(cubed) + epsilon);
        let slope = (covariance << 16).div_euclid(deviation.into());
        Self {
            covariance: covariance as i64,
            slope: slope as i64,
        }
    }
}

//! Quantiles of sorted values.

/// The value that a percentage of the values does not exceed, by rank; 0 of none.
pub fn percentile<T: Copy + Default>(sorted: &[T], percent: usize) -> T {
    let last = sorted.len().saturating_sub(1);
    sorted
        .get(last * percent / 100)
        .copied()
        .unwrap_or_default()
}

/// The quantile at a share of 0 to 1, by linear interpolation between neighbours as
/// `numpy.quantile`; 0 of none.
pub fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * sorted.len().saturating_sub(1) as f64;
    let low = place.floor() as usize;
    match (sorted.get(low), sorted.get(low + 1)) {
        (Some(low), Some(high)) => low + place.fract() * (high - low),
        (Some(only), None) => *only,
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_numpys() {
        let values = [1.0, 2.0, 4.0, 8.0];
        for (share, wanted) in [
            (0.0, 1.0),
            (0.025, 1.075),
            (0.5, 3.0),
            (0.9, 6.8),
            (1.0, 8.0),
        ] {
            assert!((quantile(&values, share) - wanted).abs() < 1e-12, "{share}");
        }
    }

    #[test]
    fn percentiles_are_values_that_occur() {
        let values = [1_u8, 2, 4, 8];
        let found = [0, 50, 90, 99, 100].map(|percent| percentile(&values, percent));
        assert_eq!(found, [1, 2, 4, 4, 8]);
        assert_eq!(percentile::<u8>(&[], 50), 0);
    }
}

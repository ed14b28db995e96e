//! Logits to calibrated probabilities.

/// `softmax(logits / temperature)` (temperature scaling: Guo et al. 2017),
/// with `libm`, so that every machine computes the same.
pub(super) fn softmax(logits: &[f32], temperature: f32) -> Vec<f32> {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let weight = |logit: f32| libm::exp(f64::from((logit - largest) / temperature));
    let total: f64 = logits.iter().map(|&logit| weight(logit)).sum();
    logits
        .iter()
        .map(|&logit| (weight(logit) / total) as f32)
        .collect()
}

/// The largest score and its place.
pub(super) fn top(scores: &[f32]) -> (usize, f32) {
    let better = |best: (usize, f32), next: (usize, f32)| if next.1 > best.1 { next } else { best };
    scores
        .iter()
        .copied()
        .enumerate()
        .fold((0, f32::NEG_INFINITY), better)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_to_one_and_orders_as_the_logits() {
        for temperature in [0.5, 1.0, 2.0] {
            let scores = softmax(&[1.0, 3.0, -2.0, 500.0], temperature);
            assert!((scores.iter().sum::<f32>() - 1.0).abs() < 1e-6);
            assert_eq!(top(&scores).0, 3);
        }
        let scores = softmax(&[0.0, 2.0_f32.ln()], 1.0);
        assert!((scores[1] - 2.0 / 3.0).abs() < 1e-6);
    }
}

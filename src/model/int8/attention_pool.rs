//! Attention pooling in integers: a mean over steps, weighted by a softmax of their
//! attention, whose exponential is a table.

use super::ops::{Kernel, OnnxNode};

/// Entries of the table of `exp(-x)`: for 0 up to 16, 256 for one.
pub(super) const TABLE: usize = 4096;

/// Most steps of which no sum can overflow.
const MAX_STEPS: usize = 1 << 14;

/// `AttentionMeanInteger` of `docs/quantization.md`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct AttentionPool {
    /// `exp(-x)` in 2^-15.
    decay: Vec<i32>,
    /// Entries of the table for a change of the attention by 2^16.
    multiplier: i64,
}

impl AttentionPool {
    /// Checks the constants.
    ///
    /// # Errors
    /// A sentence about what does not fit.
    pub(super) fn new(decay: &[i32], multiplier: i64) -> Result<Self, &'static str> {
        if decay.len() != TABLE {
            return Err("the table of attention must have 4096 entries");
        }
        let in_range = |value: &i32| (0..=1 << 15).contains(value);
        if !decay.iter().all(in_range) || decay[0] == 0 {
            return Err("the table of attention must lie in 0 to 32768 and begin above 0");
        }
        if !(1..1 << 24).contains(&multiplier) {
            return Err("attention's multiplier must be positive and below 2^24");
        }
        Ok(Self {
            decay: decay.to_vec(),
            multiplier,
        })
    }

    /// Returns the means of all columns of (steps, columns) but the last, which is
    /// the attention: `floor(sum of weight * value / sum of weights + 1 / 2)`.
    pub(super) fn pool(&self, values: &[i32], columns: usize) -> Vec<i32> {
        let steps = || values.chunks_exact(columns);
        let attention = |step: &[i32]| i64::from(step[columns - 1]);
        let largest = steps().map(attention).max().unwrap_or_default();
        let mut sums = vec![0_i64; columns - 1];
        let mut total = 0;
        for step in steps() {
            let weight = self.weight(largest - attention(step));
            total += weight;
            for (sum, &value) in sums.iter_mut().zip(step) {
                *sum += weight * i64::from(value);
            }
        }
        let mean = |sum: i64| (2 * sum + total).div_euclid(2 * total) as i32;
        sums.into_iter().map(mean).collect()
    }

    /// Returns the weight of a step whose attention is so far below the largest.
    fn weight(&self, below: i64) -> i64 {
        let index = (below * self.multiplier + (1 << 15)) >> 16;
        self.decay[index.min(TABLE as i64 - 1) as usize].into()
    }
}

impl Kernel for AttentionPool {
    const NAME: &'static str = "AttentionMeanInteger";
    const INPUTS: usize = 2;
    const READS: &'static str = "(steps, columns) 32-bit integers";

    type Input = i32;
    type Output = i32;

    fn read(node: &OnnxNode) -> Result<Self, String> {
        Ok(Self::new(node.values(1)?, node.integer("multiplier")?)?)
    }

    fn output_shape(&self, input: &[usize]) -> Option<Vec<usize>> {
        match *input {
            [1..=MAX_STEPS, columns] if columns >= 2 => Some(vec![1, columns - 1]),
            _ => None,
        }
    }

    fn run(&self, input: &[i32], shape: &[usize]) -> Vec<i32> {
        self.pool(input, shape[1])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decay() -> Vec<i32> {
        let value = |index: i32| (32768.0 * libm::exp(-f64::from(index) / 256.0)).round() as i32;
        (0..TABLE as i32).map(value).collect()
    }

    #[test]
    fn equal_attention_is_a_mean_and_halves_are_rounded_up() {
        let pool = AttentionPool::new(&decay(), 100).unwrap();
        for (values, known) in [([4, 8], 6), ([1, 2], 2), ([-1, -2], -1), ([-3, -3], -3)] {
            let steps = [values[0], 9, values[1], 9];
            assert_eq!(pool.pool(&steps, 2), [known], "{values:?}");
        }
    }

    #[test]
    fn weights_are_those_of_the_softmax() {
        // 1000 of the attention are one in the exponent.
        let pool = AttentionPool::new(&decay(), 256 * 65_536 / 1000).unwrap();
        let attention = [0, 1500, -700, 3000];
        let values = [1_000_000, -400_000, 250_000, 90_000];
        let weights = attention.map(|a| libm::exp(f64::from(a) / 1000.0));
        let total: f64 = weights.iter().sum();
        let sum: f64 = weights
            .iter()
            .zip(values)
            .map(|(w, v)| w * f64::from(v))
            .sum();
        let steps: Vec<i32> = values
            .into_iter()
            .zip(attention)
            .flat_map(|(v, a)| [v, a])
            .collect();
        let found = f64::from(pool.pool(&steps, 2)[0]);
        assert!(
            (found - sum / total).abs() < 2000.0,
            "{found}, not {}",
            sum / total
        );
    }

    #[test]
    fn extremes_do_not_overflow() {
        let pool = AttentionPool::new(&decay(), (1 << 24) - 1).unwrap();
        let steps = [i32::MAX, i32::MAX, i32::MAX, i32::MIN];
        assert_eq!(pool.pool(&steps, 2), [i32::MAX]);
        let steps = [i32::MIN; 2].repeat(MAX_STEPS);
        assert_eq!(pool.pool(&steps, 2), [i32::MIN]);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let mut table = decay();
        assert!(AttentionPool::new(&table[1..], 1).is_err());
        assert!(AttentionPool::new(&table, 0).is_err());
        assert!(AttentionPool::new(&table, 1 << 24).is_err());
        table[0] = 0;
        assert!(AttentionPool::new(&table, 1).is_err());
        let pool = AttentionPool::new(&decay(), 1).unwrap();
        assert_eq!(pool.output_shape(&[MAX_STEPS, 9]), Some(vec![1, 8]));
        for shape in [&[0, 9][..], &[MAX_STEPS + 1, 9], &[5, 1], &[5], &[1, 5, 9]] {
            assert_eq!(pool.output_shape(shape), None, "{shape:?}");
        }
    }
}

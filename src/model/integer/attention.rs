//! Attention's mean over steps, in integers.

/// Entries of the table of `exp(-x)`: for 0 up to 16, 256 for one.
pub(super) const TABLE: usize = 4096;

/// Steps of which no sum overflows.
const MOST_STEPS: usize = 1 << 14;

/// A mean over steps, weighted by a table of how far a step's attention lies
/// below the largest.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct AttentionMean {
    decay: Vec<i32>,
    /// Entries of the table for a change of the attention by 2^16.
    multiplier: i64,
}

impl AttentionMean {
    /// Checks the constants; says what does not fit.
    pub fn new(decay: &[i32], multiplier: i64) -> Result<Self, &'static str> {
        if decay.len() != TABLE {
            return Err("the table of attention must have 4096 entries");
        }
        let fits = |value: &i32| (0..=1 << 15).contains(value);
        if !decay.iter().all(fits) || decay[0] == 0 {
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

    /// Whether it can take so many steps of so many columns.
    pub fn takes(steps: usize, columns: usize) -> bool {
        (1..=MOST_STEPS).contains(&steps) && columns >= 2
    }

    /// Means of all columns of (steps, columns) but the last, which is the
    /// attention: `floor(sum of weight * value / sum of weights + 1 / 2)`.
    pub fn run(&self, values: &[i32], columns: usize) -> Vec<i32> {
        let steps = || values.chunks_exact(columns);
        let attention = |step: &[i32]| i64::from(step[columns - 1]);
        let largest = steps().map(attention).max().unwrap_or_default();
        let mut sums = vec![0_i64; columns - 1];
        let mut total = 0;
        for step in steps() {
            let place = ((largest - attention(step)) * self.multiplier + (1 << 15)) >> 16;
            let weight = i64::from(self.decay[place.min(TABLE as i64 - 1) as usize]);
            total += weight;
            for (sum, &value) in sums.iter_mut().zip(step) {
                *sum += weight * i64::from(value);
            }
        }
        let mean = |sum: i64| (2 * sum + total).div_euclid(2 * total) as i32;
        sums.into_iter().map(mean).collect()
    }
}

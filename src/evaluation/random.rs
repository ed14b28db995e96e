//! Chance that is the same on every machine and with every version.

/// `SplitMix64` (Steele, Lea and Flood 2014): good enough to draw samples with.
pub(super) struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// Uniform in 0 to `n`, which it never is.
    pub fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.next()) * n as u128) >> 64) as usize
    }

    /// Uniform in [0, 1).
    pub fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Returns the numbers below `count` in a random order (Fisher and Yates, by Durstenfeld
/// 1964), the same on every machine.
pub fn shuffled(count: usize, seed: u64) -> Vec<usize> {
    let mut random = Random::new(seed);
    let mut order: Vec<usize> = (0..count).collect();
    for last in (1..count).rev() {
        order.swap(last, random.below(last + 1));
    }
    order
}

#[cfg(test)]
mod tests {
    use super::{Random, shuffled};

    #[test]
    fn shuffling_keeps_everything_and_leaves_nothing_where_it_was() {
        for count in [0, 1, 2, 1000] {
            let mut order = shuffled(count, 1);
            let stayed = (0..count).filter(|&n| order[n] == n).count();
            assert!(stayed < 10, "{stayed}");
            order.sort_unstable();
            assert!(order.into_iter().eq(0..count));
        }
        assert_ne!(shuffled(9, 1), shuffled(9, 2));
    }

    /// The first numbers that the authors' `splitmix64.c` gives for the seed
    /// 1234567.
    #[test]
    fn it_is_splitmix64() {
        let mut random = Random::new(1_234_567);
        let first = [(); 3].map(|()| random.next());
        assert_eq!(
            first,
            [
                6_457_827_717_110_365_317,
                3_203_168_211_198_807_973,
                9_817_491_932_198_370_423
            ]
        );
    }

    #[test]
    fn it_is_uniform() {
        let mut random = Random::new(1);
        let mut counts = [0; 7];
        let mut sum = 0.0;
        for _ in 0..70_000 {
            counts[random.below(7)] += 1;
            sum += random.share();
        }
        // Five standard deviations of each.
        assert!(counts.iter().all(|count| (count - 10_000_i32).abs() < 463));
        assert!((sum / 70_000.0 - 0.5).abs() < 0.0055);
    }
}

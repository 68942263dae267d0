//! Random numbers by counter: a draw depends only on seed, key and place, never on batch size or threads.
//!
//! # Source
//! The mixing function of SplitMix64 (steele2014splittable) over a counter; normal numbers by the Box-Muller transform.

/// Odd constant nearest to 2^64 / golden ratio: the step of the counter.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// The draws of one purpose, such as a weight or an epoch.
#[derive(Clone, Debug)]
pub struct Stream {
    key: u64,
    counter: u64,
}

impl Stream {
    /// The stream of a key under a seed.
    pub fn new(seed: u64, key: u64) -> Stream {
        Stream { key: mix(mix(seed.wrapping_add(STEP)) ^ key.wrapping_mul(STEP)), counter: 0 }
    }

    fn bits(&mut self) -> u64 {
        self.counter = self.counter.wrapping_add(STEP);
        mix(self.key.wrapping_add(self.counter))
    }

    /// Uniform in `(0, 1]`.
    pub fn uniform(&mut self) -> f64 {
        ((self.bits() >> 11) + 1) as f64 / (1u64 << 53) as f64
    }

    /// Standard normal.
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * self.uniform().ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// Uniform in `0..n`; 0 for `n = 0`.
    pub fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.bits()) * n as u128) >> 64) as usize
    }

    /// The numbers `0..n` in random order (Fisher and Yates).
    pub fn order(&mut self, n: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..n).collect();
        for i in (1..n).rev() {
            order.swap(i, self.below(i + 1));
        }
        order
    }
}

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_holds_every_number_once_and_every_place_is_as_likely() {
        let mut first = [0usize; 5];
        for key in 0..5000 {
            let order = Stream::new(1, key).order(5);
            let mut sorted = order.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, [0, 1, 2, 3, 4]);
            first[order[0]] += 1;
        }
        // four standard errors of a binomial of p = 1/5
        let error = 4.0 * (5000.0f64 * 0.2 * 0.8).sqrt();
        assert!(first.iter().all(|&n| (n as f64 - 1000.0).abs() < error), "{first:?}");
    }

    #[test]
    fn streams_differ_by_seed_and_key() {
        let draw = |seed, key| Stream::new(seed, key).uniform();
        assert_eq!(draw(3, 4), draw(3, 4));
        assert!(draw(3, 4) != draw(3, 5) && draw(3, 4) != draw(4, 4) && draw(0, 1) != draw(1, 0));
    }
}

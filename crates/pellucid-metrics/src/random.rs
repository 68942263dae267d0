//! Random numbers by counter: a draw depends only on seed, key and place, never on batch size or threads.
//!
//! # Source
//! The mixing function of SplitMix64 over a counter; normal numbers by the Box-Muller transform.

/// Odd constant nearest to 2^64 / golden ratio: the step of the counter.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// The draws of one purpose, such as one sample's noise.
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

    /// A stream of its own for one part of the purpose.
    pub fn part(&self, part: u64) -> Stream {
        Stream::new(self.key, part)
    }

    fn bits(&mut self) -> u64 {
        self.counter = self.counter.wrapping_add(STEP);
        mix(self.key.wrapping_add(self.counter))
    }

    /// Uniform in `(0, 1]`.
    pub fn uniform(&mut self) -> f64 {
        ((self.bits() >> 11) + 1) as f64 / (1u64 << 53) as f64
    }

    /// Uniform between two numbers.
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.uniform()
    }

    /// True with a probability.
    pub fn chance(&mut self, p: f64) -> bool {
        self.uniform() <= p
    }

    /// Standard normal.
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * self.uniform().ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// A random order of `0..n` (Fisher and Yates).
    pub fn permutation(&mut self, n: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..n).collect();
        for i in (1..n).rev() {
            order.swap(i, self.below(i + 1));
        }
        order
    }

    /// `k` different indices of `0..n`, in the order drawn (all of them when `k > n`).
    pub fn subset(&mut self, n: usize, k: usize) -> Vec<usize> {
        let k = k.min(n);
        let mut moved = std::collections::HashMap::new();
        (0..k)
            .map(|i| {
                let j = i + self.below(n - i);
                let (at_i, at_j) = (*moved.get(&i).unwrap_or(&i), *moved.get(&j).unwrap_or(&j));
                moved.insert(j, at_i);
                at_j
            })
            .collect()
    }

    /// Uniform in `0..n`; 0 for `n = 0`.
    pub fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.bits()) * n as u128) >> 64) as usize
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
    fn moments_are_those_of_the_distributions() {
        let mut s = Stream::new(1, 2);
        let n = 100_000;
        let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
        let u: Vec<f64> = (0..n).map(|_| s.uniform()).collect();
        assert!((mean(&u) - 0.5).abs() < 0.005);
        let z: Vec<f64> = (0..n).map(|_| s.normal()).collect();
        let var = mean(&z.iter().map(|v| v * v).collect::<Vec<_>>());
        assert!(mean(&z).abs() < 0.015 && (var - 1.0).abs() < 0.03);
    }

    #[test]
    fn the_mixing_function_is_that_of_split_mix() {
        // First outputs of SplitMix64 seeded with 0, as published with xoshiro's sources.
        let outputs = [1, 2, 3].map(|n: u64| mix(STEP.wrapping_mul(n)));
        assert_eq!(outputs, [0xe220_a839_7b1d_cdaf, 0x6e78_9e6a_a1b9_65f4, 0x06c4_5d18_8009_454f]);
    }

    #[test]
    fn streams_are_independent_of_each_other_and_repeatable() {
        let draw = |seed, key| Stream::new(seed, key).uniform();
        assert_eq!(draw(3, 4), draw(3, 4));
        assert_ne!(draw(3, 4), draw(4, 3));
        assert_ne!(Stream::new(3, 4).part(1).uniform(), Stream::new(3, 4).part(2).uniform());
    }
}

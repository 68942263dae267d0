//! Random numbers by counter: a draw depends only on the seed, the sample and its place, never on batch size or threads.
//!
//! # Source
//! The mixing function of SplitMix64 (steele2014splittable) over a counter; normal numbers by the Box-Muller transform.

/// Odd constant nearest to 2^64 / golden ratio: the step of the counter.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// Draws of one part (input, mask) of one sample.
#[derive(Clone, Debug)]
pub struct Stream {
    key: u64,
    counter: u64,
}

impl Stream {
    /// The stream of a part of a sample under a seed.
    pub fn new(seed: u64, sample: usize, part: usize) -> Stream {
        let key = mix(mix(mix(seed.wrapping_add(STEP)) ^ (sample as u64).wrapping_mul(STEP)) ^ part as u64);
        Stream { key, counter: 0 }
    }

    fn bits(&mut self) -> u64 {
        self.counter = self.counter.wrapping_add(STEP);
        mix(self.key.wrapping_add(self.counter))
    }

    /// Uniform in `(0, 1]`.
    pub fn uniform(&mut self) -> f64 {
        ((self.bits() >> 11) + 1) as f64 / (1u64 << 53) as f64
    }

    /// `n` independent standard normal numbers.
    pub fn normals(&mut self, n: usize) -> Vec<f64> {
        let mut out = Vec::with_capacity(n + 1);
        while out.len() < n {
            let radius = (-2.0 * self.uniform().ln()).sqrt();
            let (sin, cos) = (std::f64::consts::TAU * self.uniform()).sin_cos();
            out.extend([radius * cos, radius * sin]);
        }
        out.truncate(n);
        out
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
    fn draws_depend_on_seed_sample_and_part_only() {
        let draw = |seed, sample, part| Stream::new(seed, sample, part).normals(5);
        assert_eq!(draw(7, 3, 1), draw(7, 3, 1));
        assert_eq!(draw(7, 3, 1)[..3], Stream::new(7, 3, 1).normals(3));
        for other in [draw(8, 3, 1), draw(7, 4, 1), draw(7, 3, 0), draw(0, 0, 0)] {
            assert_ne!(other, draw(7, 3, 1));
        }
    }

    #[test]
    fn normal_numbers_have_the_right_moments() {
        let mut all = Vec::new();
        for sample in 0..200 {
            all.extend(Stream::new(1, sample, 0).normals(1000));
        }
        let n = all.len() as f64;
        let moment = |p: i32| all.iter().map(|v| v.powi(p)).sum::<f64>() / n;
        // four standard errors of the mean of x^p
        for (p, expected, variance) in [(1, 0.0, 1.0), (2, 1.0, 2.0), (3, 0.0, 15.0), (4, 3.0, 96.0)] {
            let error: f64 = 4.0 * f64::sqrt(variance / n);
            assert!((moment(p) - expected).abs() < error, "moment {p}: {}", moment(p));
        }
        let beyond = all.iter().filter(|v| v.abs() > 1.959_964).count() as f64 / n;
        assert!((beyond - 0.05).abs() < 4.0 * f64::sqrt(0.05 * 0.95 / n), "{beyond}");
    }

    #[test]
    fn samples_are_not_correlated() {
        let (a, b) = (Stream::new(1, 0, 0).normals(20_000), Stream::new(1, 1, 0).normals(20_000));
        let r: f64 = a.iter().zip(&b).map(|(x, y)| x * y).sum::<f64>() / 20_000.0;
        assert!(r.abs() < 4.0 / f64::sqrt(20_000.0), "{r}");
    }
}

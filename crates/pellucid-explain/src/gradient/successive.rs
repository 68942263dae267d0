//! The mean of samples that come in order, and how far it is from its expectation.
//!
//! # Formula
//! ```text
//! m = 1/n sum_i v_i        se^2 = 1/(2 n (n - 1)) sum_i (v_{i+1} - v_i)^2
//! ```
//!
//! # Symbols
//! - `v_i`: sample `i`, any number of elements; `m`: mean; `se`: its standard error; `n`: number of samples
//!
//! # Axioms
//! For independent samples of one distribution `se^2` is an unbiased variance of the mean. Where sample `i` is drawn from part `i` of an ordered range
//! it is one too, but for the change of the expectation from part to part, which only adds to it; the usual variance counts that change over the whole
//! range.
//!
//! # Source
//! vonneumann1941successive.

/// Running sums of samples in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Successive {
    count: usize,
    sum: Vec<f64>,
    squares: Vec<f64>,
    last: Vec<f64>,
}

impl Successive {
    /// The next sample; all have the same length.
    pub fn add(&mut self, sample: Vec<f64>) {
        if self.count == 0 {
            self.sum = vec![0.0; sample.len()];
            self.squares = vec![0.0; sample.len()];
            self.last.clone_from(&sample);
        }
        self.count += 1;
        for (((sum, squares), last), v) in self.sum.iter_mut().zip(&mut self.squares).zip(&self.last).zip(&sample) {
            *sum += v;
            *squares += (v - last) * (v - last);
        }
        self.last = sample;
    }

    /// The mean.
    pub fn mean(&self) -> Vec<f64> {
        self.sum.iter().map(|s| s / self.count.max(1) as f64).collect()
    }

    /// Standard error of the mean; NaN for one sample.
    pub fn standard_error(&self) -> Vec<f64> {
        let n = self.count as f64;
        self.squares.iter().map(|s| (s / (2.0 * n * (n - 1.0))).sqrt()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    #[test]
    fn the_error_is_that_of_the_definition() {
        let mut s = Successive::default();
        [[1.0, 0.0], [4.0, 0.0], [2.0, 0.0]].iter().for_each(|v| s.add(v.to_vec()));
        assert_eq!(s.mean(), [7.0 / 3.0, 0.0]);
        // (9 + 4) / (2 * 3 * 2)
        assert!((s.standard_error()[0] - (13.0f64 / 12.0).sqrt()).abs() < 1e-15);
        assert_eq!(s.standard_error()[1], 0.0);
        let mut one = Successive::default();
        one.add(vec![3.0]);
        assert!(one.standard_error()[0].is_nan());
    }

    #[test]
    fn it_is_the_spread_for_samples_from_ordered_parts() {
        let (repeats, n) = (2000, 20);
        let (mut means, mut claimed) = (Vec::new(), 0.0);
        for seed in 0..repeats {
            let mut s = Successive::default();
            for i in 0..n {
                let mut stream = Stream::new(seed, i, 0);
                let place = (i as f64 + stream.uniform()) / n as f64;
                s.add(vec![place * place + 0.1 * stream.normals(1)[0]]);
            }
            means.push(s.mean()[0]);
            claimed += s.standard_error()[0].powi(2) / repeats as f64;
        }
        let spread = means.iter().map(|m| (m - 1.0 / 3.0).powi(2)).sum::<f64>() / repeats as f64;
        assert!((1.0..1.35).contains(&(claimed / spread)), "{claimed} {spread}");
    }
}

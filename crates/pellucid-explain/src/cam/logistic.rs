//! Logistic regression on a few features per sample: a linear head fitted on the host.
//!
//! # Formula
//! ```text
//! minimise 1/N ( sum_i -log softmax(V z_i + b)[c_i] + penalty/2 |V|^2 ),  z = (f - mean)/sd,  then W = V/sd
//! ```
//!
//! # Symbols
//! - `f_i`: features of sample `i`, `K`; `mean`, `sd`: over the samples; a feature that never changes has weight 0
//! - `c_i`: class; `W`: weights, `classes x K`; `b`: biases
//!
//! # Axioms
//! With a penalty above 0 the minimum is unique up to a number added to all biases; they are given with mean 0.
//!
//! # Source
//! hastie2009elements, section 4.4.

use crate::lbfgs::{Minimum, minimise};
use crate::linalg::dot;

/// A fitted head.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    /// `classes x K`, row-major.
    pub weights: Vec<f64>,
    /// A bias per class.
    pub biases: Vec<f64>,
    /// Share of the samples whose largest value is their class.
    pub accuracy: f64,
    /// Largest slope that is left, of the function above.
    pub slope: f64,
}

/// Features of labelled samples.
pub(crate) struct Samples {
    /// One list per sample, all of the same length.
    pub features: Vec<Vec<f64>>,
    /// The class of each.
    pub labels: Vec<usize>,
    /// Number of classes.
    pub classes: usize,
}

/// Most steps of the search.
const STEPS: usize = 2000;

/// Slope at which it ends.
const SLOPE: f64 = 1e-9;

impl Samples {
    /// The head of least loss.
    pub fn fit(&self, penalty: f64) -> Head {
        let k = self.features.first().map_or(0, Vec::len);
        let (mean, sd) = self.moments(k);
        let scaled: Vec<Vec<f64>> = self
            .features
            .iter()
            .map(|f| (0..k).map(|j| if sd[j] > 0.0 { (f[j] - mean[j]) / sd[j] } else { 0.0 }).collect())
            .collect();
        let start = vec![0.0; self.classes * (k + 1)];
        let found: Result<Minimum, std::convert::Infallible> =
            minimise(start, STEPS, SLOPE, |x| Ok(self.loss(&scaled, k, x, penalty)));
        let Ok(found) = found;
        let mut weights = vec![0.0; self.classes * k];
        let mut biases = Vec::with_capacity(self.classes);
        for c in 0..self.classes {
            let row = &found.at[c * (k + 1)..(c + 1) * (k + 1)];
            let mut bias = row[k];
            for j in (0..k).filter(|&j| sd[j] > 0.0) {
                weights[c * k + j] = row[j] / sd[j];
                bias -= row[j] * mean[j] / sd[j];
            }
            biases.push(bias);
        }
        let middle = biases.iter().sum::<f64>() / biases.len().max(1) as f64;
        biases.iter_mut().for_each(|b| *b -= middle);
        let accuracy = self.accuracy(&weights, &biases);
        Head { weights, biases, accuracy, slope: found.slope }
    }

    fn moments(&self, k: usize) -> (Vec<f64>, Vec<f64>) {
        let n = self.features.len() as f64;
        let mean: Vec<f64> = (0..k).map(|j| self.features.iter().map(|f| f[j]).sum::<f64>() / n).collect();
        let spread = |j: usize| (self.features.iter().map(|f| (f[j] - mean[j]).powi(2)).sum::<f64>() / n).sqrt();
        // what is left of equal values by rounding isn't a spread
        let sd = (0..k).map(|j| Some(spread(j)).filter(|s| *s > 1e-12 * mean[j].abs()).unwrap_or(0.0)).collect();
        (mean, sd)
    }

    /// Loss and gradient; `x` has the weights and the bias of one class after another.
    fn loss(&self, features: &[Vec<f64>], k: usize, x: &[f64], penalty: f64) -> (f64, Vec<f64>) {
        let share = 1.0 / features.len() as f64;
        let (mut value, mut gradient) = (0.0, vec![0.0; x.len()]);
        for (f, &label) in features.iter().zip(&self.labels) {
            let logits: Vec<f64> = x.chunks(k + 1).map(|row| dot(&row[..k], f) + row[k]).collect();
            let top = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let total: f64 = logits.iter().map(|l| (l - top).exp()).sum();
            value += share * (top + total.ln() - logits[label]);
            for (c, (l, row)) in logits.iter().zip(gradient.chunks_mut(k + 1)).enumerate() {
                let d = share * ((l - top).exp() / total - if c == label { 1.0 } else { 0.0 });
                row[..k].iter_mut().zip(f).for_each(|(g, f)| *g += d * f);
                row[k] += d;
            }
        }
        for (row, g) in x.chunks(k + 1).zip(gradient.chunks_mut(k + 1)) {
            value += 0.5 * share * penalty * dot(&row[..k], &row[..k]);
            g[..k].iter_mut().zip(row).for_each(|(g, w)| *g += share * penalty * w);
        }
        (value, gradient)
    }

    fn accuracy(&self, weights: &[f64], biases: &[f64]) -> f64 {
        let k = weights.len() / biases.len().max(1);
        let right = |(f, label): (&Vec<f64>, &usize)| {
            let logit = |c: usize| dot(&weights[c * k..(c + 1) * k], f) + biases[c];
            (0..biases.len()).all(|c| c == *label || logit(c) < logit(*label))
        };
        self.features.iter().zip(&self.labels).filter(|s| right(*s)).count() as f64 / self.features.len() as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    #[test]
    fn without_penalty_a_yes_or_no_feature_gives_log_odds() {
        // of class 1: 3 of 4 with the feature, 1 of 5 without
        let counts = [(1.0, 1, 3), (1.0, 0, 1), (0.0, 1, 1), (0.0, 0, 4)];
        let (mut features, mut labels) = (vec![], vec![]);
        for (f, label, n) in counts {
            features.extend(vec![vec![f, 7.0]; n]);
            labels.extend(vec![label; n]);
        }
        let head = Samples { features, labels, classes: 2 }.fit(0.0);
        let slope = head.weights[2] - head.weights[0];
        let bias = head.biases[1] - head.biases[0];
        assert!((slope - (3.0f64.ln() + 4.0f64.ln())).abs() < 1e-6, "{slope}");
        assert!((bias + 4.0f64.ln()).abs() < 1e-6, "{bias}");
        assert_eq!((head.weights[1], head.weights[3]), (0.0, 0.0));
        assert!((head.accuracy - 7.0 / 9.0).abs() < 1e-12 && head.slope <= SLOPE);
    }

    fn clouds(n: usize) -> Samples {
        let labels: Vec<usize> = (0..n).map(|i| i % 3).collect();
        let feature = |i: usize| {
            let noise = Stream::new(5, i, 0).normals(4);
            (0..4).map(|j| noise[j] + if j == i % 3 { 2.0 } else { 0.0 }).collect()
        };
        Samples { features: (0..n).map(feature).collect(), labels, classes: 3 }
    }

    #[test]
    fn gradients_are_those_of_the_loss() {
        let s = clouds(12);
        let x = Stream::new(1, 0, 0).normals(15);
        let (_, g) = s.loss(&s.features, 4, &x, 0.7);
        for i in 0..15 {
            let moved = |d: f64| {
                let mut x = x.clone();
                x[i] += d;
                s.loss(&s.features, 4, &x, 0.7).0
            };
            let slope = (moved(1e-5) - moved(-1e-5)) / 2e-5;
            assert!((slope - g[i]).abs() < 1e-8, "{i}: {slope} {}", g[i]);
        }
    }

    #[test]
    fn a_penalty_shrinks_the_weights_whatever_the_unit_of_a_feature() {
        let (loose, tight) = (clouds(90).fit(0.1), clouds(90).fit(100.0));
        let norm = |h: &Head| dot(&h.weights, &h.weights).sqrt();
        assert!(norm(&tight) < 0.5 * norm(&loose) && loose.accuracy > 0.8);
        let mut other = clouds(90);
        other.features.iter_mut().for_each(|f| f[2] *= 1000.0);
        let scaled = other.fit(0.1);
        assert!((scaled.weights[2] * 1000.0 - loose.weights[2]).abs() < 1e-5);
    }
}

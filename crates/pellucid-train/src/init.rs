//! First values of weights.
//!
//! # Formula
//! He:      w ~ N(0, 2 / n_in)                                for layers before a ReLU
//! Glorot:  w ~ U(-a, a),  a = sqrt(6 / (n_in + n_out))       for linear and tanh layers
//!
//! # Symbols
//! n_in, n_out   inputs that one output reads, outputs that one input reaches: for weights of `M x C x kernel`,
//!               `C * volume(kernel)` and `M * volume(kernel)`
//!
//! # Source
//! he2015delving, eq. 10; glorot2010understanding, eq. 16

use pellucid_graph::{DType, Tensor};

use crate::Stream;

/// Weights of a layer before a ReLU. `shape` is `M x C x kernel`; a matrix is `M x C`.
pub fn he_normal(shape: &[usize], stream: &mut Stream) -> Tensor {
    let deviation = (2.0 / fans(shape).0).sqrt();
    drawn(shape, || deviation * stream.normal())
}

/// Weights of a linear layer. `shape` is `M x C x kernel`; a matrix is `M x C`.
pub fn glorot_uniform(shape: &[usize], stream: &mut Stream) -> Tensor {
    let (n_in, n_out) = fans(shape);
    let a = (6.0 / (n_in + n_out)).sqrt();
    drawn(shape, || a * (2.0 * stream.uniform() - 1.0))
}

fn drawn(shape: &[usize], mut draw: impl FnMut() -> f64) -> Tensor {
    let values = (0..shape.iter().product::<usize>()).map(|_| draw()).collect();
    Tensor::from_f64(DType::F32, shape.to_vec(), values)
}

/// `(n_in, n_out)`, at least 1.
fn fans(shape: &[usize]) -> (f64, f64) {
    let kernel: usize = shape.iter().skip(2).product();
    let fan = |axis: usize| (shape.get(axis).copied().unwrap_or(1) * kernel).max(1) as f64;
    (fan(1), fan(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variances_are_those_of_the_papers() {
        let shape = [64, 32, 3, 3];
        let n = shape.iter().product::<usize>() as f64;
        let variance = |t: Tensor| t.to_f64().iter().map(|v| v * v).sum::<f64>() / n;
        let he = variance(he_normal(&shape, &mut Stream::new(1, 0)));
        let glorot = variance(glorot_uniform(&shape, &mut Stream::new(1, 1)));
        // standard errors of the mean square: sqrt(2/n) of it for normal, sqrt(4/5/n) for uniform numbers
        assert!((he / (2.0 / 288.0) - 1.0).abs() < 4.0 * (2.0 / n).sqrt(), "{he}");
        assert!((glorot / (2.0 / (288.0 + 576.0)) - 1.0).abs() < 4.0 * (0.8 / n).sqrt(), "{glorot}");
    }

    #[test]
    fn uniform_weights_stay_within_their_bound() {
        let a = (6.0f64 / 30.0).sqrt() + 1e-6;
        let w = glorot_uniform(&[10, 20], &mut Stream::new(2, 0));
        assert!(w.to_f64().iter().all(|v| v.abs() <= a) && w.to_f64().iter().any(|v| v.abs() > 0.9 * a));
    }
}

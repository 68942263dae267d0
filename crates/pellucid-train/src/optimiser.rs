//! From gradients to new weights.
//!
//! # Formula
//! SGD:   v <- mu v + g             w <- w - rate (v + lambda w)
//! Adam:  m <- b1 m + (1 - b1) g    u <- b2 u + (1 - b2) g²
//!        w <- w - rate (m / (1 - b1^t) / (sqrt(u / (1 - b2^t)) + eps) + lambda w)
//!
//! # Symbols
//! g        gradient of the loss        lambda   weight decay
//! v, m, u  state, zero at the start    t        step, counted from 1
//!
//! # Departures
//! Weight decay is decoupled from the gradient in both (AdamW), and spares biases and scales: only weights of two axes or more decay.
//!
//! # Source
//! kingma2015adam, algorithm 1; loshchilov2019decoupled, algorithms 1 and 2 without their schedule multiplier

use pellucid_graph::Tensor;

use crate::{Result, TrainError};

/// How weights follow their gradients. The learning rate comes with every step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Optimiser {
    /// Gradient descent with momentum.
    Sgd {
        /// `mu`, in `[0, 1)`.
        momentum: f64,
        /// `lambda`, from 0.
        decay: f64,
    },
    /// Adam with decoupled weight decay.
    Adam {
        /// `b1` and `b2`, in `[0, 1)`.
        betas: (f64, f64),
        /// `eps`, above 0.
        epsilon: f64,
        /// `lambda`, from 0.
        decay: f64,
    },
}

impl Optimiser {
    /// Plain gradient descent.
    pub const SGD: Optimiser = Optimiser::Sgd { momentum: 0.0, decay: 0.0 };
    /// Adam with the constants of its paper.
    pub const ADAM: Optimiser = Optimiser::Adam { betas: (0.9, 0.999), epsilon: 1e-8, decay: 0.0 };

    /// The optimiser before its first step.
    ///
    /// # Errors
    /// When a constant is out of its range.
    pub fn start(self, weights: &[Tensor]) -> Result<State> {
        let below_one = |name, v: f64| within(name, v, (0.0..1.0).contains(&v), "from 0 to below 1");
        let decay = match self {
            Optimiser::Sgd { momentum, decay } => {
                below_one("momentum", momentum)?;
                decay
            }
            Optimiser::Adam { betas, epsilon, decay } => {
                below_one("betas", betas.0)?;
                below_one("betas", betas.1)?;
                within("epsilon", epsilon, epsilon > 0.0 && epsilon.is_finite(), "above 0")?;
                decay
            }
        };
        within("decay", decay, decay >= 0.0 && decay.is_finite(), "0 or above")?;
        let zeros: Vec<Vec<f64>> = weights.iter().map(|w| vec![0.0; w.len()]).collect();
        let second = if matches!(self, Optimiser::Adam { .. }) { zeros.clone() } else { vec![] };
        Ok(State { optimiser: self, steps: 0, first: zeros, second })
    }
}

fn within(name: &'static str, value: f64, fits: bool, expected: &'static str) -> Result<()> {
    if fits { Ok(()) } else { Err(TrainError::Setting { name, value: value.to_string(), expected }) }
}

/// An optimiser at work.
#[derive(Clone, Debug)]
pub struct State {
    optimiser: Optimiser,
    steps: i32,
    /// `v` or `m`, by weight.
    first: Vec<Vec<f64>>,
    /// `u`, by weight.
    second: Vec<Vec<f64>>,
}

impl State {
    /// Changes the weights by one step. `gradients` are in the order of the weights.
    pub fn step(&mut self, weights: &mut [Tensor], gradients: &[Vec<f64>], rate: f64) {
        self.steps = self.steps.saturating_add(1);
        for (i, (weight, gradient)) in weights.iter_mut().zip(gradients).enumerate() {
            let mut w = weight.to_f64();
            match self.optimiser {
                Optimiser::Sgd { momentum, decay } => {
                    let decay = if weight.rank() < 2 { 0.0 } else { decay };
                    for ((w, v), g) in w.iter_mut().zip(&mut self.first[i]).zip(gradient) {
                        *v = momentum * *v + g;
                        *w -= rate * (*v + decay * *w);
                    }
                }
                Optimiser::Adam { betas: (b1, b2), epsilon, decay } => {
                    let decay = if weight.rank() < 2 { 0.0 } else { decay };
                    let (c1, c2) = (1.0 - b1.powi(self.steps), 1.0 - b2.powi(self.steps));
                    let moments = self.first[i].iter_mut().zip(&mut self.second[i]);
                    for ((w, (m, u)), g) in w.iter_mut().zip(moments).zip(gradient) {
                        *m = b1 * *m + (1.0 - b1) * g;
                        *u = b2 * *u + (1.0 - b2) * g * g;
                        *w -= rate * (*m / c1 / ((*u / c2).sqrt() + epsilon) + decay * *w);
                    }
                }
            }
            *weight = Tensor::from_f64(weight.dtype(), weight.shape().to_vec(), w);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two steps on a weight of 1 x 2 and a bias of 1, with gradients stated.
    fn two_steps(optimiser: Optimiser) -> (Vec<f64>, f64) {
        let mut weights = vec![Tensor::f64(&[1, 2], vec![1.0, -2.0]).unwrap(), Tensor::f64(&[1], vec![4.0]).unwrap()];
        let mut state = optimiser.start(&weights).unwrap();
        state.step(&mut weights, &[vec![0.5, 1.0], vec![2.0]], 0.1);
        state.step(&mut weights, &[vec![-1.0, 0.0], vec![2.0]], 0.1);
        (weights[0].to_f64(), weights[1].to_f64()[0])
    }

    fn assert_close(found: (Vec<f64>, f64), expected: [f64; 3]) {
        for (f, e) in found.0.iter().chain([&found.1]).zip(expected) {
            assert!((f - e).abs() < 1e-12, "{found:?} instead of {expected:?}");
        }
    }

    #[test]
    fn plain_descent() {
        // 1 - 0.1 (0.5 - 1);  -2 - 0.1 (1 + 0);  4 - 0.1 (2 + 2)
        assert_close(two_steps(Optimiser::SGD), [1.05, -2.1, 3.6]);
    }

    #[test]
    fn momentum_and_decay() {
        // w: v = 0.5, w = 1 - 0.1 (0.5 + 0.2) = 0.93; v = 0.9 * 0.5 - 1 = -0.55, w = 0.93 - 0.1 (-0.55 + 0.186) = 0.9664
        // second: v = 1, w = -2 - 0.1 (1 - 0.4) = -2.06; v = 0.9, w = -2.06 - 0.1 (0.9 - 0.412) = -2.1088
        // bias, without decay: 4 - 0.2 = 3.8; v = 3.8, 3.8 - 0.38 = 3.42
        assert_close(two_steps(Optimiser::Sgd { momentum: 0.9, decay: 0.2 }), [0.9664, -2.1088, 3.42]);
    }

    #[test]
    fn adam_by_hand() {
        // b1 = b2 = 0.5, eps = 1. Step 1: m/c1 = g, u/c2 = g². Step 2 (c = 0.75): m = 0.25 g1 + 0.5 g2, u = 0.25 g1² + 0.5 g2².
        let step = |g1: f64, g2: f64| {
            let first = g1 / (g1.abs() + 1.0);
            let (m, u) = ((0.25 * g1 + 0.5 * g2) / 0.75, (0.25 * g1 * g1 + 0.5 * g2 * g2) / 0.75);
            0.1 * (first + m / (u.sqrt() + 1.0))
        };
        let expected = [1.0 - step(0.5, -1.0), -2.0 - step(1.0, 0.0), 4.0 - step(2.0, 2.0)];
        assert_close(two_steps(Optimiser::Adam { betas: (0.5, 0.5), epsilon: 1.0, decay: 0.0 }), expected);
    }

    #[test]
    fn adam_moves_by_the_rate_at_first_and_decay_is_decoupled() {
        let mut weights = vec![Tensor::f64(&[1, 2], vec![1.0, -2.0]).unwrap()];
        let optimiser = Optimiser::Adam { betas: (0.9, 0.999), epsilon: 1e-12, decay: 0.5 };
        optimiser.start(&weights).unwrap().step(&mut weights, &[vec![1e-3, -7.0]], 0.1);
        // -rate sign(g) - rate lambda w, whatever the size of the gradient
        let found = weights[0].to_f64();
        assert!((found[0] - 0.85).abs() < 1e-9 && (found[1] - -1.8).abs() < 1e-9, "{found:?}");
    }

    #[test]
    fn constants_out_of_range_are_refused() {
        for wrong in [
            Optimiser::Sgd { momentum: 1.0, decay: 0.0 },
            Optimiser::Sgd { momentum: 0.0, decay: -1.0 },
            Optimiser::Adam { betas: (0.9, 1.5), epsilon: 1e-8, decay: 0.0 },
            Optimiser::Adam { betas: (0.9, 0.99), epsilon: 0.0, decay: 0.0 },
        ] {
            assert!(wrong.start(&[]).is_err(), "{wrong:?}");
        }
    }
}

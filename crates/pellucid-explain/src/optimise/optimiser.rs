//! Optimisers that take one step down a gradient.
//!
//! # Source
//! Adam: kingma2015adam, algorithm 1. Gradient descent with momentum: sutskever2013momentum, with dampening of the new gradient.

/// Adam: steps by the running mean of the gradient over the root of that of its square.
#[derive(Clone, Debug)]
pub(crate) struct Adam {
    rate: f64,
    mean: Vec<f64>,
    square: Vec<f64>,
    steps: i32,
}

/// Decay of the two running means, and what keeps the divisor from 0.
const DECAY: (f64, f64) = (0.9, 0.999);
const EPSILON: f64 = 1e-8;

impl Adam {
    /// With a learning rate, for `n` values.
    pub fn new(rate: f64, n: usize) -> Adam {
        Adam { rate, mean: vec![0.0; n], square: vec![0.0; n], steps: 0 }
    }

    /// One step.
    pub fn step(&mut self, x: &mut [f64], gradient: &[f64]) {
        self.steps = self.steps.saturating_add(1);
        let bias = (1.0 - DECAY.0.powi(self.steps), 1.0 - DECAY.1.powi(self.steps));
        let moments = self.mean.iter_mut().zip(&mut self.square);
        for ((x, g), (m, s)) in x.iter_mut().zip(gradient).zip(moments) {
            *m = DECAY.0 * *m + (1.0 - DECAY.0) * g;
            *s = DECAY.1 * *s + (1.0 - DECAY.1) * g * g;
            *x -= self.rate * (*m / bias.0) / ((*s / bias.1).sqrt() + EPSILON);
        }
    }
}

/// Gradient descent with momentum.
#[derive(Clone, Debug)]
pub(crate) struct Momentum {
    rate: f64,
    momentum: f64,
    /// Share of the new gradient that doesn't enter; the first one enters whole.
    dampening: f64,
    buffer: Option<Vec<f64>>,
}

impl Momentum {
    /// With dampening of the new gradient.
    pub fn dampened(rate: f64, momentum: f64, dampening: f64) -> Momentum {
        Momentum { rate, momentum, dampening, buffer: None }
    }

    /// One step.
    pub fn step(&mut self, x: &mut [f64], gradient: &[f64]) {
        let (kept, fresh) = (self.momentum, 1.0 - self.dampening);
        match &mut self.buffer {
            None => self.buffer = Some(gradient.to_vec()),
            Some(buffer) => buffer.iter_mut().zip(gradient).for_each(|(b, g)| *b = kept * *b + fresh * g),
        }
        let buffer = self.buffer.iter().flatten();
        x.iter_mut().zip(buffer).for_each(|(x, b)| *x -= self.rate * b);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::assert_close;

    #[test]
    fn the_first_steps_follow_the_definition() {
        let mut x = vec![1.0, -2.0];
        let mut adam = Adam::new(0.1, 2);
        adam.step(&mut x, &[0.5, -4.0]);
        // bias correction makes the first step one rate long whatever the gradient
        assert_close(&x, &[0.9, -1.9], 1e-7);
        adam.step(&mut x, &[0.0, 0.0]);
        let (mean, square) = (0.9 * 0.1 * 0.5 / 0.19, 0.999 * 0.001 * 0.25 / (1.0 - 0.999f64.powi(2)));
        assert_close(&x[..1], &[0.9 - 0.1 * mean / square.sqrt()], 1e-6);

        let mut x = vec![1.0];
        let mut sgd = Momentum::dampened(0.1, 0.9, 0.9);
        sgd.step(&mut x, &[2.0]);
        assert_close(&x, &[0.8], 1e-12);
        sgd.step(&mut x, &[1.0]);
        assert_close(&x, &[0.8 - 0.1 * (0.9 * 2.0 + 0.1)], 1e-12);
    }

    #[test]
    fn a_valley_is_descended() {
        let slope = |x: &[f64]| vec![2.0 * (x[0] - 3.0), 20.0 * (x[1] + 1.0)];
        let (mut a, mut b) = (vec![0.0; 2], vec![0.0; 2]);
        let mut adam = Adam::new(0.1, 2);
        let mut plain = Momentum::dampened(0.05, 0.9, 0.5);
        for _ in 0..500 {
            let slopes = [slope(&a), slope(&b)];
            adam.step(&mut a, &slopes[0]);
            plain.step(&mut b, &slopes[1]);
        }
        for x in [a, b] {
            assert_close(&x, &[3.0, -1.0], 1e-3);
        }
    }
}

//! Following a slope uphill.
//!
//! # Formula
//! ```text
//! sgd:      v <- mu v + g             x <- x + rate v
//! rmsprop:  u <- rho u + (1 - rho) g^2        x <- x + rate g / (sqrt(u) + 1e-8)
//! ```
//!
//! # Symbols
//! - `g`: slope; `v`, `u`: state, zero at the start
//!
//! # Source
//! polyak1964momentum; tieleman2012rmsprop.

/// A rule with its state.
#[derive(Clone, Debug)]
pub(crate) enum Ascent {
    /// Steps along the slope, with momentum.
    Sgd {
        /// `rate`.
        rate: f64,
        /// `mu`.
        momentum: f64,
        /// `v`.
        velocity: Vec<f64>,
    },
    /// Steps of nearly equal size for every element.
    RmsProp {
        /// `rate`.
        rate: f64,
        /// `rho`.
        rho: f64,
        /// `u`.
        squares: Vec<f64>,
    },
}

/// Added to the root, so that no slope of 0 divides by 0.
const FLOOR: f64 = 1e-8;

impl Ascent {
    /// One step.
    pub fn step(&mut self, x: &mut [f64], slope: &[f64]) {
        match self {
            Ascent::Sgd { rate, momentum, velocity } => {
                for ((x, v), g) in x.iter_mut().zip(velocity).zip(slope) {
                    *v = *momentum * *v + g;
                    *x += *rate * *v;
                }
            }
            Ascent::RmsProp { rate, rho, squares } => {
                for ((x, u), g) in x.iter_mut().zip(squares).zip(slope) {
                    *u = *rho * *u + (1.0 - *rho) * g * g;
                    *x += *rate * g / (u.sqrt() + FLOOR);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_steps_are_those_of_the_formula() {
        let mut x = vec![1.0];
        let mut a = Ascent::Sgd { rate: 0.1, momentum: 0.5, velocity: vec![0.0] };
        a.step(&mut x, &[2.0]);
        a.step(&mut x, &[-1.0]);
        // v = 2, then 1 - 1 = 0
        assert!((x[0] - 1.2).abs() < 1e-15);
        let mut a = Ascent::RmsProp { rate: 0.1, rho: 0.75, squares: vec![0.0] };
        let mut x = vec![0.0];
        a.step(&mut x, &[2.0]);
        // u = 1
        assert!((x[0] - 0.2).abs() < 1e-8);
        a.step(&mut x, &[-2.0]);
        // u = 1.75
        assert!((x[0] - (0.2 - 0.2 / 1.75f64.sqrt())).abs() < 1e-8);
    }
}

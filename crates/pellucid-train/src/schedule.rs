//! The learning rate over the steps.
//!
//! # Formula
//! warm-up:  rate (s + 1) / w               for s < w
//! cosine:   rate (1 + cos(pi t)) / 2       t = (s - w) / (S - w)
//!
//! # Symbols
//! s   step, counted from 0      S   number of steps      w   steps of warm-up
//!
//! # Source
//! loshchilov2017sgdr, eq. 5 without restarts

use std::f64::consts::PI;

/// How the learning rate changes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Schedule {
    /// The same rate for every step.
    Constant(f64),
    /// From a highest rate down to zero along half a cosine, after a linear warm-up.
    Cosine {
        /// The highest rate.
        rate: f64,
        /// Steps of warm-up.
        warm_up: usize,
    },
}

impl Schedule {
    /// The rate of a step of `steps`.
    pub fn rate(self, step: usize, steps: usize) -> f64 {
        match self {
            Schedule::Constant(rate) => rate,
            Schedule::Cosine { rate, warm_up } if step < warm_up => rate * (step + 1) as f64 / warm_up as f64,
            Schedule::Cosine { rate, warm_up } => {
                let t = (step - warm_up) as f64 / steps.saturating_sub(warm_up).max(1) as f64;
                rate * (1.0 + (PI * t.min(1.0)).cos()) / 2.0
            }
        }
    }

    /// The highest rate.
    pub fn highest(self) -> f64 {
        match self {
            Schedule::Constant(rate) | Schedule::Cosine { rate, .. } => rate,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_at_the_corners() {
        let schedule = Schedule::Cosine { rate: 0.4, warm_up: 4 };
        for (step, rate) in [(0, 0.1), (3, 0.4), (4, 0.4), (7, 0.2), (10, 0.0), (99, 0.0)] {
            assert!((schedule.rate(step, 10) - rate).abs() < 1e-12, "step {step}: {}", schedule.rate(step, 10));
        }
        assert_eq!(Schedule::Constant(0.3).rate(8, 9), 0.3);
    }
}

//! Areas under curves.

use crate::undefined::{Outcome, Undefined};

/// Trapezoids of equal width over `[0, 1]`, even if the last step is shorter: the rule of the RISE evaluation.
///
/// # Errors
/// When there are fewer than two values.
pub fn uniform(y: &[f64]) -> Outcome {
    let steps = y.len().saturating_sub(1);
    if steps == 0 {
        return Err(Undefined::TooFewPoints);
    }
    Ok((y.iter().sum::<f64>() - (y[0] + y[steps]) / 2.0) / steps as f64)
}

/// Trapezoids over the true positions.
///
/// # Errors
/// When there are fewer than two values.
pub fn trapezoid(x: &[f64], y: &[f64]) -> Outcome {
    if x.len() < 2 || x.len() != y.len() {
        return Err(Undefined::TooFewPoints);
    }
    Ok(x.windows(2).zip(y.windows(2)).map(|(x, y)| (x[1] - x[0]) * (y[0] + y[1]) / 2.0).sum())
}

//! Mean, variance, quantiles.

use crate::undefined::{Outcome, Undefined};

/// Mean; of equal values exactly that value, which sums with rounding don't give.
///
/// # Errors
/// When there is no value.
pub fn mean(values: &[f64]) -> Outcome {
    let first = *values.first().ok_or(Undefined::TooFewPoints)?;
    let equal = values.iter().all(|v| *v == first);
    Ok(if equal { first } else { values.iter().sum::<f64>() / values.len() as f64 })
}

/// Variance with `n - 1`; exactly 0 for equal values.
///
/// # Errors
/// When there are fewer than two values.
pub fn variance(values: &[f64]) -> Outcome {
    if values.len() < 2 {
        return Err(Undefined::TooFewPoints);
    }
    let m = mean(values)?;
    Ok(values.iter().map(|v| (v - m).powi(2)).sum::<f64>() / (values.len() - 1) as f64)
}

/// Median: the mean of the two middle values when their number is even.
///
/// # Errors
/// When there is no value.
pub fn median(values: &[f64]) -> Outcome {
    quantile(values, 0.5)
}

/// Quantile, linear between order statistics (the customary type 7).
///
/// # Errors
/// When there is no value.
pub fn quantile(values: &[f64], q: f64) -> Outcome {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    quantile_of_sorted(&sorted, q)
}

pub(crate) fn quantile_of_sorted(sorted: &[f64], q: f64) -> Outcome {
    let last = sorted.len().checked_sub(1).ok_or(Undefined::TooFewPoints)?;
    let at = q.clamp(0.0, 1.0) * last as f64;
    let (low, part) = (at.floor() as usize, at.fract());
    let high = (low + 1).min(last);
    Ok(sorted[low] + part * (sorted[high] - sorted[low]))
}

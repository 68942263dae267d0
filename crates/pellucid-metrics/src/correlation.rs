//! Correlations: Pearson, Spearman (Pearson of mid-ranks), Kendall (tau-b), cosine.
//!
//! All are undefined when a side is constant, when there are fewer than two points, or when a value isn't finite.

use crate::error::{Result, finite, same_len};
use crate::ranking::{ascending, mid_ranks};
use crate::undefined::{Outcome, Undefined};

fn varied(values: &[f64]) -> Outcome<()> {
    finite(values)?;
    if values.len() < 2 {
        return Err(Undefined::TooFewPoints);
    }
    if values.iter().all(|v| *v == values[0]) { Err(Undefined::ConstantInput) } else { Ok(()) }
}

fn both(a: &[f64], b: &[f64]) -> Result<()> {
    same_len("second side of a correlation", a.len(), b.len())?;
    varied(a)?;
    Ok(varied(b)?)
}

/// Pearson's correlation.
///
/// # Errors
/// When the lengths differ, or it is undefined.
pub fn pearson(a: &[f64], b: &[f64]) -> Result<f64> {
    both(a, b)?;
    // Scaled first: squares of tiny or huge values would leave the range of f64.
    let (a, b) = (centred(a), centred(b));
    let dot = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>();
    let norm = dot(&a, &a).sqrt() * dot(&b, &b).sqrt();
    if norm == 0.0 { Err(Undefined::ConstantInput.into()) } else { Ok((dot(&a, &b) / norm).clamp(-1.0, 1.0)) }
}

/// Distances from the mean, the largest of them 1.
fn centred(values: &[f64]) -> Vec<f64> {
    let size = values.iter().fold(0.0f64, |m, v| m.max(v.abs()));
    let scaled: Vec<f64> = values.iter().map(|v| v / size).collect();
    let mean = scaled.iter().sum::<f64>() / values.len() as f64;
    let centred: Vec<f64> = scaled.iter().map(|v| v - mean).collect();
    let largest = centred.iter().fold(0.0f64, |m, v| m.max(v.abs()));
    if largest == 0.0 { centred } else { centred.iter().map(|v| v / largest).collect() }
}

/// Spearman's correlation: Pearson's of the mid-ranks.
///
/// # Errors
/// When the lengths differ, or it is undefined.
pub fn spearman(a: &[f64], b: &[f64]) -> Result<f64> {
    both(a, b)?;
    pearson(&mid_ranks(a)?, &mid_ranks(b)?)
}

/// Kendall's tau-b, in `n log n` steps.
///
/// # Errors
/// When the lengths differ, or it is undefined.
///
/// # Source
/// Knight, A Computer Method for Calculating Kendall's Tau with Ungrouped Data, JASA 1966.
pub fn kendall(a: &[f64], b: &[f64]) -> Result<f64> {
    both(a, b)?;
    let mut order = ascending(a)?;
    for run in order.chunk_by_mut(|&i, &j| a[i] == a[j]) {
        run.sort_by(|&i, &j| b[i].total_cmp(&b[j]));
    }
    let pairs = |n: usize| n as f64 * (n as f64 - 1.0) / 2.0;
    let tied = |groups: &mut dyn Iterator<Item = usize>| groups.map(pairs).sum::<f64>();
    let all = pairs(a.len());
    let in_a = tied(&mut order.chunk_by(|&i, &j| a[i] == a[j]).map(<[usize]>::len));
    let in_both = tied(&mut order.chunk_by(|&i, &j| a[i] == a[j] && b[i] == b[j]).map(<[usize]>::len));
    let by_b = ascending(b)?;
    let in_b = tied(&mut by_b.chunk_by(|&i, &j| b[i] == b[j]).map(<[usize]>::len));
    let mut along: Vec<f64> = order.iter().map(|&i| b[i]).collect();
    let swaps = inversions(&mut along) as f64;
    let concordant_less_discordant = all - in_a - in_b + in_both - 2.0 * swaps;
    Ok(concordant_less_discordant / ((all - in_a) * (all - in_b)).sqrt())
}

/// Sorts, and counts pairs that were in the wrong order.
fn inversions(values: &mut [f64]) -> u64 {
    let n = values.len();
    if n < 2 {
        return 0;
    }
    let (left, right) = values.split_at_mut(n / 2);
    let mut count = inversions(left) + inversions(right);
    let mut merged = Vec::with_capacity(n);
    let (mut i, mut j) = (0, 0);
    while i < left.len() || j < right.len() {
        if j == right.len() || (i < left.len() && left[i] <= right[j]) {
            merged.push(left[i]);
            i += 1;
        } else {
            merged.push(right[j]);
            count += (left.len() - i) as u64;
            j += 1;
        }
    }
    values.copy_from_slice(&merged);
    count
}

/// Cosine of the angle between two vectors; undefined if one is zero.
///
/// # Errors
/// When the lengths differ, or it is undefined.
pub fn cosine(a: &[f64], b: &[f64]) -> Result<f64> {
    same_len("second side of a cosine", a.len(), b.len())?;
    finite(a)?;
    finite(b)?;
    let size = |v: &[f64]| v.iter().fold(0.0f64, |m, x| m.max(x.abs()));
    let (sa, sb) = (size(a), size(b));
    if sa == 0.0 || sb == 0.0 {
        return Err(Undefined::ConstantInput.into());
    }
    let (mut dot, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (x, y) in a.iter().zip(b) {
        let (x, y) = (x / sa, y / sb);
        dot += x * y;
        aa += x * x;
        bb += y * y;
    }
    Ok((dot / (aa * bb).sqrt()).clamp(-1.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::settle;

    #[test]
    fn kendall_equals_counting_pairs() {
        let mut s = crate::random::Stream::new(3, 1);
        for _ in 0..20 {
            let v = |s: &mut crate::random::Stream| (0..17).map(|_| s.below(6) as f64).collect::<Vec<_>>();
            let (a, b) = (v(&mut s), v(&mut s));
            let (mut sum, mut na, mut nb) = (0.0, 0.0, 0.0);
            for i in 0..17 {
                for j in 0..i {
                    let (x, y) = (
                        (a[i] - a[j]).signum() * f64::from(a[i] != a[j]),
                        (b[i] - b[j]).signum() * f64::from(b[i] != b[j]),
                    );
                    sum += x * y;
                    na += x * x;
                    nb += y * y;
                }
            }
            assert!((kendall(&a, &b).unwrap() - sum / f64::sqrt(na * nb)).abs() < 1e-12);
        }
    }

    #[test]
    fn constant_and_short_sides_are_undefined() {
        for f in [pearson, spearman, kendall] {
            assert_eq!(settle(f(&[1.0, 1.0], &[1.0, 2.0])).unwrap(), Err(Undefined::ConstantInput));
            assert_eq!(settle(f(&[1.0], &[1.0])).unwrap(), Err(Undefined::TooFewPoints));
            assert_eq!(settle(f(&[1.0, f64::INFINITY], &[1.0, 2.0])).unwrap(), Err(Undefined::NonFinite));
            assert!(settle(f(&[1.0, 2.0], &[1.0])).is_err());
            assert!((f(&[1.0, 2.0, 3.0], &[-1.0, -2.0, -3.0]).unwrap() + 1.0).abs() < 1e-15);
        }
        assert!((pearson(&[1e-300, 2e-300, 4e-300], &[1e300, 2e300, 4e300]).unwrap() - 1.0).abs() < 1e-12);
    }
}

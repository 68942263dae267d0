//! Order of values: by value, equal values by their place.
//!
//! Ascending isn't the reverse of descending where values are equal: in both, the lower index comes first. `-0.0` equals `0.0`.

use crate::error::finite;
use crate::undefined::Outcome;

/// Indices from the largest value to the smallest; equal values by lower index.
///
/// # Errors
/// When a value isn't finite.
pub fn descending(values: &[f64]) -> Outcome<Vec<usize>> {
    finite(values)?;
    Ok(sorted(values, |v| !key(v)))
}

/// Indices from the smallest value to the largest; equal values by lower index.
///
/// # Errors
/// When a value isn't finite.
pub fn ascending(values: &[f64]) -> Outcome<Vec<usize>> {
    finite(values)?;
    Ok(sorted(values, key))
}

/// An integer with the order of the number. Pairs of it and the index sort faster than indices that look values up.
fn key(value: f64) -> u64 {
    let bits = (value + 0.0).to_bits();
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}

fn sorted(values: &[f64], key: impl Fn(f64) -> u64) -> Vec<usize> {
    let mut pairs: Vec<(u64, usize)> = values.iter().enumerate().map(|(i, &v)| (key(v), i)).collect();
    pairs.sort_unstable();
    pairs.into_iter().map(|(_, i)| i).collect()
}

/// Runs of equal values along an order, as ranges of positions in it.
fn runs<'a>(values: &'a [f64], order: &'a [usize]) -> impl Iterator<Item = &'a [usize]> {
    order.chunk_by(|&a, &b| values[a] == values[b])
}

/// Ranks from 1 for the smallest; equal values get the mean of their ranks.
///
/// # Errors
/// When a value isn't finite.
pub fn mid_ranks(values: &[f64]) -> Outcome<Vec<f64>> {
    let order = ascending(values)?;
    let mut ranks = vec![0.0; values.len()];
    let mut before = 0usize;
    for run in runs(values, &order) {
        let mid = before as f64 + (run.len() as f64 + 1.0) / 2.0;
        run.iter().for_each(|&i| ranks[i] = mid);
        before += run.len();
    }
    Ok(ranks)
}

/// Fraction of values that are equal to another one; 0 for none.
///
/// # Errors
/// When a value isn't finite.
pub fn tied_fraction(values: &[f64]) -> Outcome<f64> {
    Ok(tied_along(values, &descending(values)?))
}

/// Fraction of the ordered values that are equal to another one of them.
pub(crate) fn tied_along(values: &[f64], order: &[usize]) -> f64 {
    let tied: usize = runs(values, order).map(|r| if r.len() > 1 { r.len() } else { 0 }).sum();
    tied as f64 / order.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::undefined::Undefined;

    #[test]
    fn equal_values_keep_their_order_in_both_directions() {
        let v = [1.0, -0.0, 1.0, 0.0, -2.0];
        assert_eq!(descending(&v).unwrap(), [0, 2, 1, 3, 4]);
        assert_eq!(ascending(&v).unwrap(), [4, 1, 3, 0, 2]);
        assert_eq!(mid_ranks(&v).unwrap(), [4.5, 2.5, 4.5, 2.5, 1.0]);
        assert_eq!(tied_fraction(&v).unwrap(), 0.8);
        assert_eq!(descending(&[f64::NAN]), Err(Undefined::NonFinite));
    }

    #[test]
    fn a_million_values_sort_in_a_fifth_of_a_second() {
        let mut s = crate::random::Stream::new(1, 1);
        let v: Vec<f64> = (0..1_000_000).map(|_| s.normal()).collect();
        let start = std::time::Instant::now();
        let order = descending(&v).unwrap();
        let took = start.elapsed();
        assert!(order.windows(2).all(|w| v[w[0]] >= v[w[1]]));
        // Wide enough for a busy machine; alone it takes about half of the aim.
        assert!(took.as_millis() < 1000, "{took:?}");
        println!("1 million values sorted in {took:?}");
    }
}

//! Neighbours and their ranks: by Euclidean distance, without the point itself, equal distances by lower index.

use crate::error::{Result, finite, same_len};
use crate::model::Rows;
use crate::undefined::Undefined;

/// Distance of every pair `i > j`, row by row.
pub(crate) fn pairwise(rows: Rows) -> Vec<f64> {
    let all: Vec<&[f64]> = rows.iter().collect();
    (0..all.len()).flat_map(|i| (0..i).map(move |j| (i, j))).map(|(i, j)| distance(all[i], all[j])).collect()
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
}

/// Other points by distance from point `i`.
fn order(rows: &[&[f64]], i: usize) -> Vec<usize> {
    let distances: Vec<f64> = rows.iter().map(|r| distance(rows[i], r)).collect();
    let mut others: Vec<usize> = (0..rows.len()).filter(|&j| j != i).collect();
    others.sort_by(|&a, &b| distances[a].total_cmp(&distances[b]));
    others
}

/// Data and embedding of the same points, fit to be compared with `k` neighbours.
pub(crate) fn checked(data: Rows, embedding: Rows, k: usize) -> Result<usize> {
    let n = data.len();
    same_len("embedded points", n, embedding.len())?;
    finite(data.values)?;
    finite(embedding.values)?;
    match k {
        0 => Err(Undefined::BadK.into()),
        k if k > n.saturating_sub(1) / 2 => Err(Undefined::KTooLarge.into()),
        _ => Ok(n),
    }
}

/// Penalty `1 - 2/(nk(2n-3k-1)) sum_i sum_{j} (r(i,j) - k)` over `j` near in `seen` but not in `truth`, with ranks in `truth`.
pub(crate) fn intrusion(truth: Rows, seen: Rows, k: usize) -> Result<f64> {
    let n = checked(truth, seen, k)? as f64;
    let (truth, seen): (Vec<&[f64]>, Vec<&[f64]>) = (truth.iter().collect(), seen.iter().collect());
    let excess = |i: usize| {
        let mut rank = vec![0; truth.len()];
        order(&truth, i).into_iter().enumerate().for_each(|(r, j)| rank[j] = r + 1);
        order(&seen, i)[..k].iter().map(|&j| rank[j].saturating_sub(k)).sum::<usize>()
    };
    let total: usize = (0..truth.len()).map(excess).sum();
    let k = k as f64;
    Ok(1.0 - 2.0 / (n * k * (2.0 * n - 3.0 * k - 1.0)) * total as f64)
}

/// Mean share of the `k` nearest that both have.
pub(crate) fn preserved(data: Rows, embedding: Rows, k: usize) -> Result<f64> {
    let n = checked(data, embedding, k)?;
    let (data, embedding): (Vec<&[f64]>, Vec<&[f64]>) = (data.iter().collect(), embedding.iter().collect());
    let common = |i: usize| {
        let near = &order(&data, i)[..k];
        order(&embedding, i)[..k].iter().filter(|j| near.contains(j)).count()
    };
    Ok((0..n).map(common).sum::<usize>() as f64 / (n * k) as f64)
}

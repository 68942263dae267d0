//! Weighted least squares in `f64`: normal equations and their Cholesky factor, with an intercept that isn't penalised.
//!
//! # Source
//! golub2013matrix, sections 4.2 and 5.3.

use crate::linalg::dot;

/// Relative size of what is added to the diagonal of a singular matrix.
const RIDGE: f64 = 1e-10;

/// A solution of a symmetric system.
#[derive(Clone, Debug)]
pub(crate) struct Solution {
    /// The unknowns.
    pub x: Vec<f64>,
    /// Whether the matrix was singular, and something was added to its diagonal.
    pub ridged: bool,
}

/// `X' W X` (row-major) and `X' W y`.
pub(crate) fn normal(rows: &[Vec<f64>], y: &[f64], w: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let m = rows.first().map_or(0, Vec::len);
    let (mut a, mut b) = (vec![0.0; m * m], vec![0.0; m]);
    for ((row, y), w) in rows.iter().zip(y).zip(w) {
        for (i, xi) in row.iter().enumerate().filter(|(_, x)| **x != 0.0) {
            let scaled = w * xi;
            a[i * m..(i + 1) * m].iter_mut().zip(row).for_each(|(a, x)| *a += scaled * x);
            b[i] += scaled * y;
        }
    }
    (a, b)
}

/// Solves `A x = b` for a symmetric `A` without negative eigenvalues; `None` where even a larger diagonal doesn't help (values that aren't finite).
pub(crate) fn solve(a: &[f64], b: &[f64]) -> Option<Solution> {
    let n = b.len();
    if let Some(l) = cholesky(a.to_vec(), n) {
        return Some(Solution { x: substitute(&l, b), ridged: false });
    }
    let largest = (0..n).map(|i| a[i * n + i]).fold(0.0f64, f64::max);
    let mut more = a.to_vec();
    (0..n).for_each(|i| more[i * n + i] += RIDGE * largest);
    cholesky(more, n).map(|l| Solution { x: substitute(&l, b), ridged: true })
}

/// The lower factor, or `None` when a pivot is lost in rounding.
fn cholesky(mut a: Vec<f64>, n: usize) -> Option<Vec<f64>> {
    let lost = n as f64 * f64::EPSILON;
    for j in 0..n {
        let diagonal = a[j * n + j];
        let row = a[j * n..j * n + j].to_vec();
        let pivot = diagonal - dot(&row, &row);
        if !pivot.is_finite() || pivot <= lost * diagonal.max(f64::MIN_POSITIVE) {
            return None;
        }
        let root = pivot.sqrt();
        a[j * n + j] = root;
        for i in j + 1..n {
            a[i * n + j] = (a[i * n + j] - dot(&a[i * n..i * n + j], &row)) / root;
        }
    }
    Some(a)
}

/// `x` of `L L' x = b`.
fn substitute(l: &[f64], b: &[f64]) -> Vec<f64> {
    let n = b.len();
    let mut x = b.to_vec();
    for i in 0..n {
        x[i] = (x[i] - dot(&l[i * n..i * n + i], &x[..i])) / l[i * n + i];
    }
    for i in (0..n).rev() {
        let rest: f64 = (i + 1..n).map(|k| l[k * n + i] * x[k]).sum();
        x[i] = (x[i] - rest) / l[i * n + i];
    }
    x
}

/// A line through weighted points.
#[derive(Clone, Debug)]
pub(crate) struct Fit {
    /// Slope of each column.
    pub coefficients: Vec<f64>,
    /// Value at 0.
    pub intercept: f64,
    /// Share of the weighted variance that the line explains; 1 where there is none and nothing is left over.
    pub r2: f64,
    /// Whether the system was singular.
    pub ridged: bool,
}

/// Minimises `sum w (y - c - x . beta)^2 + alpha |beta|^2`; `None` when all weights are 0 or something isn't finite.
pub(crate) fn ridge(rows: &[Vec<f64>], y: &[f64], w: &[f64], alpha: f64) -> Option<Fit> {
    let m = rows.first()?.len();
    let total: f64 = w.iter().sum();
    if total.is_nan() || total <= 0.0 {
        return None;
    }
    let mean = |value: &dyn Fn(usize) -> f64| w.iter().enumerate().map(|(i, w)| w * value(i)).sum::<f64>() / total;
    let centre: Vec<f64> = (0..m).map(|j| mean(&|i| rows[i][j])).collect();
    let middle = mean(&|i| y[i]);
    let centred: Vec<Vec<f64>> = rows.iter().map(|r| r.iter().zip(&centre).map(|(x, c)| x - c).collect()).collect();
    let off: Vec<f64> = y.iter().map(|y| y - middle).collect();
    let (mut a, b) = normal(&centred, &off, w);
    (0..m).for_each(|j| a[j * m + j] += alpha);
    let Solution { x: coefficients, ridged } = solve(&a, &b)?;
    let spread: f64 = off.iter().zip(w).map(|(o, w)| w * o * o).sum();
    let left = |((row, o), w): ((&Vec<f64>, &f64), &f64)| w * (o - dot(row, &coefficients)).powi(2);
    let residual: f64 = centred.iter().zip(&off).zip(w).map(left).sum();
    let r2 = if spread > 0.0 { 1.0 - residual / spread } else { f64::from(u8::from(residual == 0.0)) };
    let intercept = middle - dot(&centre, &coefficients);
    Some(Fit { coefficients, intercept, r2, ridged })
}

/// Standard errors from estimates that leave out one group of samples each.
pub(crate) fn jackknife(estimates: &[Vec<f64>]) -> Vec<f64> {
    let groups = estimates.len() as f64;
    let m = estimates.first().map_or(0, Vec::len);
    let error = |j: usize| {
        let mean = estimates.iter().map(|e| e[j]).sum::<f64>() / groups;
        let squares: f64 = estimates.iter().map(|e| (e[j] - mean).powi(2)).sum();
        (squares * (groups - 1.0) / groups).sqrt()
    };
    (0..m).map(error).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    fn points(n: usize, m: usize) -> Vec<Vec<f64>> {
        (0..n).map(|i| Stream::new(5, i, 0).normals(m)).collect()
    }

    fn close(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-10 * (1.0 + b.abs()), "{a} {b}");
    }

    #[test]
    fn a_plane_is_found_whatever_the_weights() {
        let x = points(30, 4);
        let beta = [1.5, -2.0, 0.0, 7.0];
        let y: Vec<f64> = x.iter().map(|r| 3.0 + dot(r, &beta)).collect();
        let w: Vec<f64> = (0..30).map(|i| 0.1 + f64::from(i)).collect();
        let fit = ridge(&x, &y, &w, 0.0).unwrap();
        fit.coefficients.iter().zip(&beta).for_each(|(f, b)| close(*f, *b));
        close(fit.intercept, 3.0);
        close(fit.r2, 1.0);
        assert!(!fit.ridged);
    }

    #[test]
    fn the_penalised_sum_is_at_its_minimum() {
        let x = points(20, 3);
        let y = Stream::new(9, 0, 0).normals(20);
        let w: Vec<f64> = (0..20).map(|_| 0.5).collect();
        let fit = ridge(&x, &y, &w, 2.0).unwrap();
        let at = |b: &[f64], c: f64| {
            let left: f64 = x.iter().zip(&y).map(|(r, y)| 0.5 * (y - c - dot(r, b)).powi(2)).sum();
            left + 2.0 * dot(b, b)
        };
        let best = at(&fit.coefficients, fit.intercept);
        for j in 0..4 {
            for step in [1e-3, -1e-3] {
                let (mut b, mut c) = (fit.coefficients.clone(), fit.intercept);
                if j < 3 {
                    b[j] += step
                } else {
                    c += step
                }
                assert!(at(&b, c) > best);
            }
        }
    }

    #[test]
    fn a_weight_of_two_is_a_row_twice() {
        let x = points(8, 2);
        let y = Stream::new(2, 0, 0).normals(8);
        let mut w = vec![1.0; 8];
        w[3] = 2.0;
        let (mut xx, mut yy) = (x.clone(), y.clone());
        xx.push(x[3].clone());
        yy.push(y[3]);
        let (a, b) = (ridge(&x, &y, &w, 1.0).unwrap(), ridge(&xx, &yy, &[1.0; 9], 1.0).unwrap());
        a.coefficients.iter().zip(&b.coefficients).for_each(|(a, b)| close(*a, *b));
        close(a.r2, b.r2);
    }

    #[test]
    fn singular_systems_are_solved_and_said_so() {
        let found = solve(&[1.0, 1.0, 1.0, 1.0], &[2.0, 2.0]).unwrap();
        assert!(found.ridged && (found.x[0] - 1.0).abs() < 1e-4 && (found.x[1] - 1.0).abs() < 1e-4);
        assert!(solve(&[0.0], &[1.0]).is_none());
        assert!(solve(&[f64::NAN], &[1.0]).is_none());
        assert!(ridge(&points(3, 2), &[1.0; 3], &[0.0; 3], 1.0).is_none());
    }

    #[test]
    fn the_jackknife_of_means_is_the_error_of_the_mean() {
        let y = Stream::new(4, 0, 0).normals(10);
        let mean = y.iter().sum::<f64>() / 10.0;
        let without: Vec<Vec<f64>> = y.iter().map(|v| vec![(10.0 * mean - v) / 9.0]).collect();
        let variance = y.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 9.0;
        close(jackknife(&without)[0], (variance / 10.0).sqrt());
    }
}

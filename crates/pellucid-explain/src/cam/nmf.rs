//! Non-negative factors of a non-negative matrix.
//!
//! # Formula
//! ```text
//! minimise |V - W H|_F over W >= 0, H >= 0: in turn, for every entry of a factor, the exact minimum with the others held,
//!     w_it <- max(0, w_it - (W H H' - V H')_it / (H H')_tt)
//! start (unless handed in): leading singular pairs (u, v, s), of each the half u+ v+ or u- v- with the larger product of norms m, both scaled to
//!     length sqrt(s m)
//! ```
//!
//! # Symbols
//! - `V`: `rows x columns`; `W`: `rows x r`; `H`: `r x columns`
//!
//! # Axioms
//! The residual never rises. Nothing is drawn at random: the same matrix gives the same factors.
//!
//! # Source
//! cichocki2009hals for the updates; boutsidis2008nndsvd, algorithm 1, for the start.

use crate::linalg::{dot, leading};

/// A matrix, row-major.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Matrix {
    pub rows: usize,
    pub columns: usize,
    pub values: Vec<f64>,
}

impl Matrix {
    /// From values, row by row.
    pub fn new(rows: usize, columns: usize, values: Vec<f64>) -> Matrix {
        debug_assert_eq!(rows * columns, values.len());
        Matrix { rows, columns, values }
    }

    /// One row.
    pub fn row(&self, i: usize) -> &[f64] {
        &self.values[i * self.columns..(i + 1) * self.columns]
    }

    /// Rows become columns.
    pub fn transposed(&self) -> Matrix {
        let values = (0..self.columns).flat_map(|j| (0..self.rows).map(move |i| self.values[i * self.columns + j]));
        Matrix { rows: self.columns, columns: self.rows, values: values.collect() }
    }

    /// Frobenius norm.
    pub fn norm(&self) -> f64 {
        dot(&self.values, &self.values).sqrt()
    }
}

/// Factors of a matrix under way.
#[derive(Clone, Debug)]
pub(crate) struct Factors {
    /// `rows x r`.
    pub w: Matrix,
    /// `columns x r`.
    pub ht: Matrix,
}

impl Factors {
    /// The start from leading singular pairs. A matrix of lower rank than `r` gives zeros for the rest.
    pub fn start(v: &Matrix, r: usize) -> Factors {
        let wide = v.rows <= v.columns;
        let (short, long) = if wide { (v.clone(), v.transposed()) } else { (v.transposed(), v.clone()) };
        let n = short.rows;
        let mut gram: Vec<f64> = (0..n * n).map(|i| dot(short.row(i / n), short.row(i % n))).collect();
        let (mut a, mut b) = (vec![vec![0.0; n]; r], vec![vec![0.0; long.rows]; r]);
        let largest = leading(gram.clone(), n, 1).values.first().copied().unwrap_or(0.0);
        for j in 0..r.min(n) {
            let found = leading(gram.clone(), n, 1);
            let square = found.values.first().copied().unwrap_or(0.0);
            if square <= largest * f64::EPSILON * n as f64 || square <= 0.0 {
                break;
            }
            let s = square.sqrt();
            let u = found.vector;
            let t: Vec<f64> = (0..long.rows).map(|i| dot(long.row(i), &u) / s).collect();
            (a[j], b[j]) = half(&u, &t, s, j == 0);
            for i in 0..n * n {
                gram[i] -= square * u[i / n] * u[i % n];
            }
        }
        let columns = |parts: &[Vec<f64>], n: usize| {
            Matrix::new(n, r, (0..n).flat_map(|i| parts.iter().map(move |p| p[i])).collect())
        };
        let (a, b) = (columns(&a, n), columns(&b, long.rows));
        if wide { Factors { w: a, ht: b } } else { Factors { w: b, ht: a } }
    }

    /// One round over both factors, or over `H` alone. Gives the sum of the slopes that could still be followed before each entry was set.
    pub fn round(&mut self, v: &Matrix, vt: &Matrix, both: bool) -> f64 {
        let first = if both { update(&mut self.w, &self.ht, v) } else { 0.0 };
        first + update(&mut self.ht, &self.w, vt)
    }

    /// `|V - W H|_F`.
    pub fn residual(&self, v: &Matrix) -> f64 {
        let row = |i: usize| -> f64 {
            let w = self.w.row(i);
            v.row(i).iter().enumerate().map(|(p, x)| (x - dot(w, self.ht.row(p))).powi(2)).sum()
        };
        (0..v.rows).map(row).sum::<f64>().sqrt()
    }
}

/// The half of a singular pair that weighs more; the first pair of a non-negative matrix has one sign.
fn half(u: &[f64], t: &[f64], s: f64, first: bool) -> (Vec<f64>, Vec<f64>) {
    let part = |x: &[f64], sign: f64| -> Vec<f64> {
        x.iter().map(|v| if first { v.abs() } else { (sign * v).max(0.0) }).collect()
    };
    let norm = |x: &[f64]| dot(x, x).sqrt();
    let sides = [1.0, -1.0].map(|sign| (part(u, sign), part(t, sign)));
    let mass = sides.each_ref().map(|(u, t)| norm(u) * norm(t));
    let (u, t) = &sides[usize::from(mass[1] > mass[0])];
    let m = mass[0].max(mass[1]);
    let scaled = |x: &[f64]| {
        let length = norm(x);
        let scale = if length > 0.0 { (s * m).sqrt() / length } else { 0.0 };
        x.iter().map(|v| v * scale).collect()
    };
    (scaled(u), scaled(t))
}

/// Sets every entry of `w` to its minimum, component by component.
fn update(w: &mut Matrix, ht: &Matrix, v: &Matrix) -> f64 {
    let r = w.columns;
    let mut hh = vec![0.0; r * r];
    for p in 0..ht.rows {
        let h = ht.row(p);
        (0..r * r).for_each(|i| hh[i] += h[i / r] * h[i % r]);
    }
    let mut vh = vec![0.0; w.rows * r];
    for i in 0..w.rows {
        let sums = &mut vh[i * r..(i + 1) * r];
        for (x, p) in v.row(i).iter().zip(0..ht.rows) {
            sums.iter_mut().zip(ht.row(p)).for_each(|(s, h)| *s += x * h);
        }
    }
    let mut open = 0.0;
    for t in 0..r {
        let curvature = hh[t * r + t];
        for i in 0..w.rows {
            let slope = dot(&hh[t * r..(t + 1) * r], w.row(i)) - vh[i * r + t];
            let entry = &mut w.values[i * r + t];
            open += if *entry == 0.0 { slope.min(0.0).abs() } else { slope.abs() };
            if curvature != 0.0 {
                *entry = (*entry - slope / curvature).max(0.0);
            }
        }
    }
    open
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    fn random(rows: usize, columns: usize, seed: u64) -> Matrix {
        let mut s = Stream::new(seed, 0, 0);
        Matrix::new(rows, columns, (0..rows * columns).map(|_| s.uniform()).collect())
    }

    fn product(w: &Matrix, h: &Matrix) -> Matrix {
        let ht = h.transposed();
        let values = (0..w.rows * h.columns).map(|i| dot(w.row(i / h.columns), ht.row(i % h.columns))).collect();
        Matrix::new(w.rows, h.columns, values)
    }

    fn fitted(v: &Matrix, r: usize, rounds: usize) -> Factors {
        let (mut f, vt) = (Factors::start(v, r), v.transposed());
        let mut last = f.residual(v);
        for _ in 0..rounds {
            f.round(v, &vt, true);
            let now = f.residual(v);
            assert!(now <= last * (1.0 + 1e-12) + 1e-12, "{now} {last}");
            last = now;
        }
        f
    }

    #[test]
    fn a_matrix_of_rank_one_is_found_at_the_start() {
        let v = product(&random(7, 1, 1), &random(1, 9, 2));
        let f = Factors::start(&v, 2);
        assert!(f.residual(&v) < 1e-7 * v.norm());
        assert!(f.w.values.iter().skip(1).step_by(2).all(|x| *x == 0.0), "there is no second factor");
    }

    #[test]
    fn a_product_of_non_negative_factors_is_found_again() {
        for (rows, columns) in [(12, 30), (30, 12)] {
            // parts that don't overlap are the only factors, up to order and scale
            let w = Matrix::new(
                rows,
                3,
                (0..rows * 3).map(|i| if i / 3 % 3 == i % 3 { 1.0 + i as f64 } else { 0.0 }).collect(),
            );
            let v = product(&w, &random(3, columns, 3));
            let f = fitted(&v, 3, 300);
            assert!(f.residual(&v) < 1e-6 * v.norm(), "{}", f.residual(&v) / v.norm());
            assert!(f.w.values.iter().chain(&f.ht.values).all(|x| *x >= 0.0));
        }
    }

    #[test]
    fn the_start_keeps_half_of_each_singular_pair() {
        // singular pairs (1, 1)/sqrt 2 and (1, -1)/sqrt 2, values 3 and 1
        let f = Factors::start(&Matrix::new(2, 2, vec![2.0, 1.0, 1.0, 2.0]), 2);
        let root = 1.5f64.sqrt();
        let first: Vec<f64> = f.w.values.iter().step_by(2).copied().collect();
        assert!(first.iter().all(|x| (x - root).abs() < 1e-12), "{first:?}");
        let mut second: Vec<f64> = f.w.values.iter().skip(1).step_by(2).copied().collect();
        second.sort_by(f64::total_cmp);
        assert!(second[0] == 0.0 && (second[1] - 0.5f64.sqrt()).abs() < 1e-12, "{second:?}");
    }
}

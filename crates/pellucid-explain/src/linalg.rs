//! The largest eigenvalues of a symmetric matrix and the eigenvector of the largest, in `f64`.
//!
//! Householder reflections bring the matrix to tridiagonal form, counting sign changes (Sturm) brackets any eigenvalue, and inverse iteration
//! with a shift just above the largest gives its vector: the shifted matrix is negative definite then, so no pivoting is needed.
//!
//! # Source
//! golub2013matrix, sections 8.3 and 8.4.

/// Leading eigenvalues, largest first, and the unit eigenvector of the first.
#[derive(Clone, Debug)]
pub struct Leading {
    /// Eigenvalues.
    pub values: Vec<f64>,
    /// Unit vector; its sign is arbitrary.
    pub vector: Vec<f64>,
}

/// The `count` largest eigenvalues of a symmetric `n x n` matrix (row-major), and the vector of the largest.
pub fn leading(matrix: Vec<f64>, n: usize, count: usize) -> Leading {
    let (t, reflectors) = tridiagonal(matrix, n);
    let values: Vec<f64> = (0..count.min(n)).map(|i| t.eigenvalue(i)).collect();
    let Some(&first) = values.first() else {
        return Leading { values, vector: vec![] };
    };
    let mut vector = t.vector(first);
    for (k, v) in reflectors.iter().enumerate().rev() {
        reflect(v, &mut vector[k + 1..]);
    }
    Leading { values, vector }
}

/// `x - 2 v (v . x)`.
fn reflect(v: &[f64], x: &mut [f64]) {
    let scale = 2.0 * dot(v, x);
    x.iter_mut().zip(v).for_each(|(x, v)| *x -= scale * v);
}

/// `sum a b`.
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// A symmetric tridiagonal matrix.
struct Tridiagonal {
    diagonal: Vec<f64>,
    off: Vec<f64>,
}

/// Tridiagonal form of a symmetric matrix, and the unit vectors of the reflections that lead to it (reflection `k` acts on `k + 1..`).
fn tridiagonal(mut a: Vec<f64>, n: usize) -> (Tridiagonal, Vec<Vec<f64>>) {
    let mut off = Vec::with_capacity(n);
    let mut reflectors = Vec::with_capacity(n);
    for k in 0..n.saturating_sub(1) {
        let mut v: Vec<f64> = (k + 1..n).map(|i| a[i * n + k]).collect();
        let norm = dot(&v, &v).sqrt();
        let end = if v[0] > 0.0 { -norm } else { norm };
        v[0] -= end;
        let length = dot(&v, &v).sqrt();
        if length > 0.0 {
            v.iter_mut().for_each(|x| *x /= length);
            two_sided(&mut a, n, k + 1, &v);
        }
        off.push(end);
        reflectors.push(v);
    }
    (Tridiagonal { diagonal: (0..n).map(|i| a[i * n + i]).collect(), off }, reflectors)
}

/// Reflects the block from `first` on from both sides: `A - 2 v q' - 2 q v'` with `q = A v - (v' A v) v`.
fn two_sided(a: &mut [f64], n: usize, first: usize, v: &[f64]) {
    let mut q: Vec<f64> = (first..n).map(|i| dot(&a[i * n + first..(i + 1) * n], v)).collect();
    let middle = dot(&q, v);
    q.iter_mut().zip(v).for_each(|(q, v)| *q -= middle * v);
    for i in first..n {
        let (vi, qi) = (2.0 * v[i - first], 2.0 * q[i - first]);
        let row = &mut a[i * n + first..(i + 1) * n];
        row.iter_mut().zip(q.iter().zip(v)).for_each(|(a, (q, v))| *a -= vi * q + qi * v);
    }
}

impl Tridiagonal {
    /// Bounds of all eigenvalues (Gershgorin).
    fn bounds(&self) -> (f64, f64) {
        let n = self.diagonal.len();
        let radius = |i: usize| {
            let left = if i > 0 { self.off[i - 1].abs() } else { 0.0 };
            left + if i + 1 < n { self.off[i].abs() } else { 0.0 }
        };
        let low = (0..n).map(|i| self.diagonal[i] - radius(i)).fold(f64::INFINITY, f64::min);
        let high = (0..n).map(|i| self.diagonal[i] + radius(i)).fold(f64::NEG_INFINITY, f64::max);
        (low, high)
    }

    /// How many eigenvalues are larger than `x`: positive pivots of `T - x`.
    fn count_above(&self, x: f64, tiny: f64) -> usize {
        let mut pivot = 1.0;
        let mut count = 0;
        for i in 0..self.diagonal.len() {
            let coupling = if i > 0 { self.off[i - 1] * self.off[i - 1] / pivot } else { 0.0 };
            pivot = self.diagonal[i] - x - coupling;
            if pivot.abs() < tiny {
                pivot = -tiny;
            }
            count += usize::from(pivot > 0.0);
        }
        count
    }

    /// The eigenvalue of rank `i` from the top, by bisection to the last bits.
    fn eigenvalue(&self, i: usize) -> f64 {
        let (mut low, mut high) = self.bounds();
        let scale = low.abs().max(high.abs());
        let tiny = (scale * f64::EPSILON * f64::EPSILON).max(f64::MIN_POSITIVE);
        while high - low > 2.0 * f64::EPSILON * scale {
            let middle = 0.5 * (low + high);
            if middle <= low || middle >= high {
                break;
            }
            if self.count_above(middle, tiny) > i { low = middle } else { high = middle }
        }
        0.5 * (low + high)
    }

    /// Unit eigenvector of the largest eigenvalue.
    fn vector(&self, largest: f64) -> Vec<f64> {
        let n = self.diagonal.len();
        let (low, high) = self.bounds();
        let shift = largest + 8.0 * f64::EPSILON * low.abs().max(high.abs()).max(f64::MIN_POSITIVE);
        // any start with a part along the vector will do; this one isn't symmetric under exchange of entries
        let mut x: Vec<f64> = (0..n).map(|i| 1.0 + (i as f64 * 0.618_034).fract()).collect();
        for _ in 0..8 {
            let mut next = x.clone();
            self.solve_shifted(shift, &mut next);
            let largest = next.iter().fold(0.0f64, |m, v| m.max(v.abs()));
            if next.iter().any(|v| !v.is_finite()) || largest == 0.0 {
                break;
            }
            x = next.iter().map(|v| v / largest).collect();
        }
        let length = dot(&x, &x).sqrt();
        x.iter_mut().for_each(|v| *v /= length);
        x
    }

    /// Solves `(T - shift) y = x` in place; every pivot is negative because the shift lies above all eigenvalues.
    fn solve_shifted(&self, shift: f64, x: &mut [f64]) {
        let n = x.len();
        let floor = f64::EPSILON * f64::EPSILON * shift.abs().max(f64::MIN_POSITIVE);
        let mut pivots = Vec::with_capacity(n);
        for i in 0..n {
            let mut pivot = self.diagonal[i] - shift;
            if i > 0 {
                let factor = self.off[i - 1] / pivots[i - 1];
                pivot -= factor * self.off[i - 1];
                x[i] -= factor * x[i - 1];
            }
            pivots.push(if pivot > -floor { -floor } else { pivot });
        }
        for i in (0..n).rev() {
            if i + 1 < n {
                x[i] -= self.off[i] * x[i + 1];
            }
            x[i] /= pivots[i];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    /// `Q diag(values) Q'` with a random orthogonal `Q` made of reflections.
    fn with_spectrum(values: &[f64], seed: u64) -> Vec<f64> {
        let n = values.len();
        let mut a: Vec<f64> = (0..n * n).map(|i| if i % (n + 1) == 0 { values[i / n] } else { 0.0 }).collect();
        for k in 0..4 {
            let mut v = Stream::new(seed, k, 0).normals(n);
            let length = dot(&v, &v).sqrt();
            v.iter_mut().for_each(|x| *x /= length);
            two_sided(&mut a, n, 0, &v);
        }
        a
    }

    fn residual(a: &[f64], n: usize, found: &Leading) -> f64 {
        let v = &found.vector;
        (0..n).map(|i| (dot(&a[i * n..(i + 1) * n], v) - found.values[0] * v[i]).abs()).fold(0.0, f64::max)
    }

    #[test]
    fn a_known_spectrum_is_found_again() {
        for (seed, n) in [(1, 1), (2, 2), (3, 3), (4, 17), (5, 60)] {
            let values: Vec<f64> = (0..n).map(|i| 100.0 / (1.0 + i as f64) - 3.0).collect();
            let a = with_spectrum(&values, seed);
            let found = leading(a.clone(), n, 3);
            for (f, e) in found.values.iter().zip(&values) {
                assert!((f - e).abs() < 1e-11 * 100.0, "{n}: {f} {e}");
            }
            assert!(residual(&a, n, &found) < 1e-10 * 100.0, "{n}: {}", residual(&a, n, &found));
            assert!((dot(&found.vector, &found.vector) - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn repeated_and_zero_eigenvalues_are_no_trouble() {
        let a = with_spectrum(&[5.0, 5.0, 1.0, 0.0, 0.0], 9);
        let found = leading(a.clone(), 5, 3);
        assert!((found.values[0] - 5.0).abs() < 1e-12 && (found.values[1] - 5.0).abs() < 1e-12);
        assert!(residual(&a, 5, &found) < 1e-11);
        let zero = leading(vec![0.0; 9], 3, 3);
        assert!(zero.values.iter().all(|v| v.abs() < 1e-300) && zero.vector.iter().all(|v| v.is_finite()));
        let diagonal = leading(vec![1.0, 0.0, 0.0, 0.0, 3.0, 0.0, 0.0, 0.0, 2.0], 3, 3);
        assert!((diagonal.values[2] - 1.0).abs() < 1e-14 && (diagonal.vector[1].abs() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn eigenvalues_of_a_chain_have_a_closed_form() {
        // second difference matrix: 2 - 2 cos(k pi / (n + 1))
        let n = 30usize;
        let a: Vec<f64> = (0..n * n)
            .map(|i| match (i / n).abs_diff(i % n) {
                0 => 2.0,
                1 => -1.0,
                _ => 0.0,
            })
            .collect();
        let found = leading(a, n, n);
        for (i, v) in found.values.iter().enumerate() {
            let k = (n - i) as f64;
            assert!((v - (2.0 - 2.0 * (k * std::f64::consts::PI / (n as f64 + 1.0)).cos())).abs() < 1e-13);
        }
    }
}

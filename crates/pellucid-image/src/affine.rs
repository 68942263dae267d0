//! Affine maps of space: 3 x 3 linear part and an offset.

use serde::{Deserialize, Serialize};

/// An affine map `p -> A p + t` of points with three coordinates, kept as the upper three rows of the 4 x 4 matrix.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Affine {
    /// Rows of `[A | t]`; the fourth row is `0 0 0 1`.
    pub rows: [[f64; 4]; 3],
}

impl Affine {
    /// The map that changes nothing.
    pub const IDENTITY: Affine = Affine { rows: [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]] };

    /// The map `p_i -> scale_i p_i + offset_i`.
    pub fn scale_offset(scale: [f64; 3], offset: [f64; 3]) -> Affine {
        let mut rows = [[0.0; 4]; 3];
        for i in 0..3 {
            rows[i][i] = scale[i];
            rows[i][3] = offset[i];
        }
        Affine { rows }
    }

    /// The map with the given columns of `A` and offset.
    pub fn from_columns(columns: [[f64; 3]; 3], offset: [f64; 3]) -> Affine {
        let mut rows = [[0.0; 4]; 3];
        for i in 0..3 {
            for j in 0..3 {
                rows[i][j] = columns[j][i];
            }
            rows[i][3] = offset[i];
        }
        Affine { rows }
    }

    /// Column `j` of the linear part: where a step along axis `j` leads.
    pub fn column(&self, j: usize) -> [f64; 3] {
        [self.rows[0][j], self.rows[1][j], self.rows[2][j]]
    }

    /// The image of a point.
    pub fn apply(&self, p: [f64; 3]) -> [f64; 3] {
        std::array::from_fn(|i| {
            let r = &self.rows[i];
            r[0] * p[0] + r[1] * p[1] + r[2] * p[2] + r[3]
        })
    }

    /// `self` after `first`: `p -> self(first(p))`.
    pub fn after(&self, first: &Affine) -> Affine {
        let mut rows = [[0.0; 4]; 3];
        for i in 0..3 {
            for j in 0..4 {
                rows[i][j] = (0..3).map(|k| self.rows[i][k] * first.rows[k][j]).sum::<f64>();
            }
            rows[i][3] += self.rows[i][3];
        }
        Affine { rows }
    }

    /// Determinant of the linear part.
    pub fn determinant(&self) -> f64 {
        let [a, b, c] = self.rows;
        a[0] * (b[1] * c[2] - b[2] * c[1]) - a[1] * (b[0] * c[2] - b[2] * c[0]) + a[2] * (b[0] * c[1] - b[1] * c[0])
    }

    /// The inverse map, `None` when the linear part is singular or not finite.
    pub fn inverse(&self) -> Option<Affine> {
        let det = self.determinant();
        let scale: f64 = (0..3).map(|j| norm(self.column(j))).product();
        if !det.is_finite() || det.abs() <= 1e-12 * scale {
            return None;
        }
        let m = &self.rows;
        let mut rows = [[0.0; 4]; 3];
        for i in 0..3 {
            for j in 0..3 {
                let (r, s) = ((j + 1) % 3, (j + 2) % 3);
                let (u, v) = ((i + 1) % 3, (i + 2) % 3);
                rows[i][j] = (m[r][u] * m[s][v] - m[r][v] * m[s][u]) / det;
            }
        }
        for row in &mut rows {
            row[3] = -(row[0] * m[0][3] + row[1] * m[1][3] + row[2] * m[2][3]);
        }
        Some(Affine { rows })
    }

    /// The 4 x 4 matrix.
    pub fn matrix(&self) -> [[f64; 4]; 4] {
        [self.rows[0], self.rows[1], self.rows[2], [0.0, 0.0, 0.0, 1.0]]
    }

    /// Whether every entry is finite.
    pub fn is_finite(&self) -> bool {
        self.rows.iter().flatten().all(|v| v.is_finite())
    }
}

/// Euclidean length.
pub fn norm(v: [f64; 3]) -> f64 {
    v.iter().map(|x| x * x).sum::<f64>().sqrt()
}

/// Cross product.
pub fn cross(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

/// Scalar product.
pub fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inverse_of_an_oblique_map_undoes_it() {
        let a = Affine { rows: [[0.8, -0.3, 0.1, 5.0], [0.2, 1.9, -0.4, -7.0], [-0.1, 0.5, 3.0, 11.0]] };
        let b = a.inverse().unwrap();
        let p = [3.0, -2.0, 7.5];
        let q = b.apply(a.apply(p));
        let r = b.after(&a).apply(p);
        for i in 0..3 {
            assert!((q[i] - p[i]).abs() < 1e-12 && (r[i] - p[i]).abs() < 1e-12);
        }
    }

    #[test]
    fn singular_map_has_no_inverse() {
        let flat = Affine::from_columns([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [1.0, 1.0, 0.0]], [0.0; 3]);
        assert_eq!(flat.inverse(), None);
        assert_eq!(Affine::scale_offset([f64::NAN; 3], [0.0; 3]).inverse(), None);
    }
}

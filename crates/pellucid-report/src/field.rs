//! Numbers on a grid of one to three spatial axes, and how they are read between grid points.

use crate::{ReportError, Result};

/// Values on a grid `D x H x W`, row-major; `D = 1` in 2-D and `D = H = 1` in 1-D.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    grid: [usize; 3],
    values: Vec<f32>,
}

/// How a field is read at a place between its grid points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// The value of the cell that the place lies in.
    Nearest,
    /// Linear between the centres of cells; the outer half cell takes the edge's value.
    Linear,
}

impl Field {
    /// A field of the given values.
    ///
    /// # Errors
    /// When there are no values or their number isn't the product of the grid.
    pub fn new(grid: [usize; 3], values: Vec<f32>) -> Result<Field> {
        let size = grid.iter().try_fold(1usize, |n, &d| n.checked_mul(d));
        if size != Some(values.len()) || values.is_empty() {
            let reason = format!("{} values on a grid of {}", values.len(), sizes(&grid));
            return Err(ReportError::Map { map: "field".into(), reason });
        }
        Ok(Field { grid, values })
    }

    /// `[D, H, W]`.
    pub fn grid(&self) -> [usize; 3] {
        self.grid
    }

    /// The values, row-major.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// The field with every value replaced.
    pub fn map(&self, f: impl Fn(f32) -> f32) -> Field {
        Field { grid: self.grid, values: self.values.iter().map(|v| f(*v)).collect() }
    }

    /// Index `[z, y, x]` and value of the first largest value, NaN ignored; the first element when all are NaN.
    pub fn peak(&self) -> ([usize; 3], f32) {
        let mut best = (0, f32::NEG_INFINITY);
        for (i, v) in self.values.iter().enumerate() {
            if *v > best.1 {
                best = (i, *v);
            }
        }
        let [_, h, w] = self.grid;
        ([best.0 / (h * w), best.0 / w % h, best.0 % w], self.values[best.0])
    }

    /// Smallest and largest finite value, `None` when there is none.
    pub fn range(&self) -> Option<(f32, f32)> {
        let finite = self.values.iter().copied().filter(|v| v.is_finite());
        finite.fold(None, |r, v| Some(r.map_or((v, v), |(lo, hi): (f32, f32)| (lo.min(v), hi.max(v)))))
    }

    /// Sum of the finite values.
    pub fn sum(&self) -> f64 {
        self.values.iter().filter(|v| v.is_finite()).map(|v| f64::from(*v)).sum()
    }

    /// The field on another grid that covers the same space: linear between cell centres (half-pixel centres, edges repeated), as
    /// ONNX `Resize` does in its modes `linear` and `half_pixel`.
    pub fn resize(&self, grid: [usize; 3]) -> Field {
        let mut field = self.clone();
        for axis in 0..3 {
            if field.grid[axis] != grid[axis] {
                field = field.resize_axis(axis, grid[axis]);
            }
        }
        field
    }

    fn resize_axis(&self, axis: usize, to: usize) -> Field {
        let from = self.grid[axis];
        let inner: usize = self.grid[axis + 1..].iter().product();
        let outer: usize = self.grid[..axis].iter().product();
        let mut grid = self.grid;
        grid[axis] = to;
        let mut values = Vec::with_capacity(outer * to * inner);
        let weights: Vec<(usize, usize, f32)> = (0..to)
            .map(|i| between((i as f64 + 0.5) * from as f64 / to as f64 - 0.5, from))
            .map(|(a, b, f)| (a, b, f as f32))
            .collect();
        for o in 0..outer {
            for &(a, b, f) in &weights {
                let row = |k: usize| &self.values[(o * from + k) * inner..(o * from + k + 1) * inner];
                values
                    .extend(row(a).iter().zip(row(b)).map(|(a, b)| if f == 0.0 { *a } else { a * (1.0 - f) + b * f }));
            }
        }
        Field { grid, values }
    }

    /// The value at a place `(x, y, z)` in cells (integers are centres), `None` outside the space that the grid covers.
    pub fn read(&self, place: [f64; 3], reading: Reading) -> Option<f32> {
        let [d, h, w] = self.grid;
        let mut cells = [(0, 0, 0.0); 3];
        for ((cell, p), n) in cells.iter_mut().zip(place).zip([w, h, d]) {
            let edge = n as f64 - 0.5;
            // a hair of slack, so that places on the rim survive rounding
            if !(p >= -0.5 - 1e-6 && p <= edge + 1e-6) {
                return None;
            }
            *cell = match reading {
                Reading::Nearest => {
                    let i = (p.round().max(0.0) as usize).min(n - 1);
                    (i, i, 0.0)
                }
                Reading::Linear => between(p, n),
            };
        }
        let [x, y, z] = cells;
        let at = |z: usize, y: usize, x: usize| f64::from(self.values[(z * h + y) * w + x]);
        let along = |a: f64, b: f64, f: f64| if f == 0.0 { a } else { a * (1.0 - f) + b * f };
        let row = |z: usize, y: usize| along(at(z, y, x.0), at(z, y, x.1), x.2);
        let plane = |z: usize| along(row(z, y.0), row(z, y.1), y.2);
        Some(along(plane(z.0), plane(z.1), z.2) as f32)
    }
}

/// The two cells around a place on an axis of `n` cells and the weight of the second.
fn between(p: f64, n: usize) -> (usize, usize, f64) {
    let p = p.clamp(0.0, n as f64 - 1.0);
    let a = p as usize;
    (a, (a + 1).min(n - 1), p - a as f64)
}

/// Sizes as text, `2 x 3 x 4`.
pub(crate) fn sizes(shape: &[usize]) -> String {
    shape.iter().map(ToString::to_string).collect::<Vec<_>>().join(" x ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(values: &[f32]) -> Field {
        Field::new([1, 1, values.len()], values.to_vec()).unwrap()
    }

    #[test]
    fn resize_takes_half_pixel_centres() {
        // centres of the new cells lie at -0.25, 0.25, 0.75, 1.25 of the old ones
        assert_eq!(row(&[0.0, 4.0]).resize([1, 1, 4]).values(), [0.0, 1.0, 3.0, 4.0]);
        assert_eq!(row(&[0.0, 2.0, 4.0, 6.0]).resize([1, 1, 2]).values(), [1.0, 5.0]);
        let plane = Field::new([1, 2, 1], vec![0.0, 4.0]).unwrap().resize([2, 4, 1]);
        assert_eq!(plane.values(), [0.0, 1.0, 3.0, 4.0, 0.0, 1.0, 3.0, 4.0]);
    }

    #[test]
    fn reading_between_and_outside_cells() {
        let f = Field::new([1, 2, 2], vec![0.0, 1.0, 2.0, 3.0]).unwrap();
        assert_eq!(f.read([0.5, 0.5, 0.0], Reading::Linear), Some(1.5));
        assert_eq!(f.read([0.4, 0.6, 0.0], Reading::Nearest), Some(2.0));
        assert_eq!(f.read([-0.5, -0.5, 0.49], Reading::Linear), Some(0.0));
        assert_eq!(f.read([1.6, 0.0, 0.0], Reading::Linear), None);
        assert_eq!(f.read([0.0, 0.0, -0.51], Reading::Nearest), None);
        assert_eq!(f.read([f64::NAN, 0.0, 0.0], Reading::Linear), None);
    }

    #[test]
    fn resize_agrees_with_reading() {
        let f = Field::new([2, 3, 4], (0..24).map(|i| ((i * 7) % 11) as f32).collect()).unwrap();
        let big = f.resize([5, 4, 7]);
        for (i, v) in big.values().iter().enumerate() {
            let (z, y, x) = (i / 28, i / 7 % 4, i % 7);
            let place = [(x, 4.0 / 7.0), (y, 3.0 / 4.0), (z, 2.0 / 5.0)].map(|(i, s)| (i as f64 + 0.5) * s - 0.5);
            assert!((f.read(place, Reading::Linear).unwrap() - v).abs() < 1e-5);
        }
    }

    #[test]
    fn peak_and_range_skip_what_is_not_a_number() {
        let f = Field::new([1, 2, 2], vec![f32::NAN, 1.0, 3.0, 3.0]).unwrap();
        assert_eq!(f.peak(), ([0, 1, 0], 3.0));
        assert_eq!((f.range(), f.sum()), (Some((1.0, 3.0)), 7.0));
        assert!(Field::new([1, 0, 2], vec![]).is_err());
        assert!(Field::new([1, 1, 2], vec![1.0]).is_err());
    }
}

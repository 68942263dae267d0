//! Resampling axis by axis, where both grids have the same directions: a few taps per axis in place of their product.

use super::interpolate::{Interpolation, Taps, inside};
use crate::Affine;
use crate::resize::AxisWeights;

/// Whether the map from new to source voxels keeps axes apart.
pub(super) fn separates(source_from_grid: &Affine) -> bool {
    (0..3).all(|i| (0..3).all(|j| i == j || source_from_grid.rows[i][j] == 0.0))
}

/// Values (spline coefficients for [`Interpolation::Cubic`]) of shape `[C, D, H, W]` on the new grid of `size` `[D, H, W]`.
pub(super) fn resample(
    values: &[f32],
    shape: [usize; 4],
    size: [usize; 3],
    source_from_grid: &Affine,
    how: Interpolation,
) -> Vec<f32> {
    let mut data: Option<Vec<f32>> = None;
    let mut shape = shape;
    // The axis that shrinks most goes first, so that the others have less to do.
    let mut order = [1, 2, 3];
    order.sort_by(|&a, &b| (size[a - 1] * shape[b]).cmp(&(size[b - 1] * shape[a])));
    for axis in order {
        let taps = |o: usize| Taps::new(how, place(source_from_grid, axis, o), shape[axis]);
        let weights = AxisWeights::from_taps((0..size[axis - 1]).map(|o| taps(o).iter().collect::<Vec<_>>()));
        data = Some(weights.apply(data.as_deref().unwrap_or(values), &shape, axis));
        shape[axis] = size[axis - 1];
    }
    data.unwrap_or_default()
}

/// The place on the source axis of index `o` of array axis `axis` (1 to 3).
pub(super) fn place(source_from_grid: &Affine, axis: usize, o: usize) -> f64 {
    let row = source_from_grid.rows[3 - axis];
    row[3 - axis] * o as f64 + row[3]
}

/// Fills everything outside the cells of a source of shape `[C, D, H, W]` on a new grid of `size`.
pub(super) fn fill_outside(out: &mut [f32], shape: [usize; 4], size: [usize; 3], source_from_grid: &Affine, fill: f32) {
    let covered: Vec<Vec<bool>> = (1..4)
        .map(|axis| (0..size[axis - 1]).map(|o| inside(place(source_from_grid, axis, o), shape[axis])).collect())
        .collect();
    if covered.iter().flatten().all(|&c| c) {
        return;
    }
    for (row, line) in out.chunks_exact_mut(size[2]).enumerate() {
        let row_covered = covered[0][row / size[1] % size[0]] && covered[1][row % size[1]];
        for (v, &c) in line.iter_mut().zip(&covered[2]) {
            if !(row_covered && c) {
                *v = fill;
            }
        }
    }
}

//! Removing what a coarser grid can't hold before sampling it.
//!
//! # Formula
//! Where the new grid steps `k > 1` source voxels along a source axis, that axis is smoothed first with a Gaussian of
//! `sigma = sqrt((k^2 - 1) / (8 ln 2))` source voxels. A voxel is taken to blur by a Gaussian whose full width at half maximum is its size;
//! the variance that a source voxel lacks to that of the new one is added.
//!
//! # Source
//! Cardoso, Modat, Vercauteren, Ourselin: Scale factor point spread function matching: beyond aliasing in image resampling. MICCAI 2015.

use crate::Affine;
use crate::affine::norm;
use crate::resize::AxisWeights;

/// Standard deviations `(x, y, z)` in source voxels; 0 where the new grid is no coarser. For turned grids, `k` is the length of the row of the
/// map from new to source voxels.
pub(super) fn sigma(source_from_grid: &Affine) -> [f64; 3] {
    std::array::from_fn(|i| {
        let r = source_from_grid.rows[i];
        let k = norm([r[0], r[1], r[2]]);
        // A hair of rounding is no reason to smooth.
        if k > 1.0 + 1e-9 { ((k * k - 1.0) / (8.0 * std::f64::consts::LN_2)).sqrt() } else { 0.0 }
    })
}

/// Values of shape `[C, D, H, W]` smoothed by Gaussians cut at 4 sigma, the border repeated.
pub(super) fn smoothed(values: &[f32], shape: [usize; 4], sigma: [f64; 3]) -> Option<Vec<f32>> {
    let mut data: Option<Vec<f32>> = None;
    for axis in (1..4).rev() {
        let s = sigma[3 - axis];
        // An axis of one voxel has no detail.
        if s > 0.0 && shape[axis] > 1 {
            let weights = AxisWeights::gaussian(shape[axis], s);
            data = Some(weights.apply(data.as_deref().unwrap_or(values), &shape, axis));
        }
    }
    data
}

//! Regions of a grid: boxes of one edge length, cut off at the far borders.

use std::collections::BTreeMap;

use crate::error::{MetricError, Result};
use crate::image::strides;

/// Sites of the boxes of `size` per axis that tile a grid from its first site on, in raster order. Boxes at the far borders are smaller where the size
/// doesn't divide the axis.
///
/// # Errors
/// When the size is 0.
pub fn regions(grid: &[usize], size: usize) -> Result<Vec<Vec<usize>>> {
    if size == 0 {
        return Err(MetricError::parameter("region size", size, "at least 1 px"));
    }
    let strides = strides(grid);
    let counts: Vec<usize> = grid.iter().map(|g| g.div_ceil(size)).collect();
    let mut boxes = vec![Vec::new(); counts.iter().product()];
    for site in 0..grid.iter().product() {
        let along = |axis: usize| site / strides[axis] % grid[axis] / size;
        boxes[(0..grid.len()).fold(0, |flat, axis| flat * counts[axis] + along(axis))].push(site);
    }
    Ok(boxes)
}

/// Groups of sites with equal labels, by ascending label.
pub(crate) fn by_label(labels: &[i64]) -> Vec<Vec<usize>> {
    let mut groups: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
    labels.iter().enumerate().for_each(|(i, &l)| groups.entry(l).or_default().push(i));
    groups.into_values().collect()
}

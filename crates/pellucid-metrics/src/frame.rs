//! A grid with a rim of one site around it, so that every neighbour of a site has an index.

use crate::image::strides;

/// A grid and its rim.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    grid: Vec<usize>,
    inner: Vec<usize>,
    outer: Vec<usize>,
    /// Number of sites with the rim.
    pub len: usize,
    /// Distances to the neighbours of higher index, over faces, edges and corners, with the number of axes they differ in. The other half of the
    /// neighbours lies as far below.
    pub offsets: Vec<(usize, u32)>,
}

impl Frame {
    pub fn new(grid: &[usize]) -> Frame {
        let size: Vec<usize> = grid.iter().map(|g| g + 2).collect();
        let outer = strides(&size);
        let mut all = vec![(0isize, 0u32)];
        for &stride in &outer {
            let step = stride as isize;
            all = all.iter().flat_map(|&(o, axes)| [(o - step, axes + 1), (o, axes), (o + step, axes + 1)]).collect();
        }
        let offsets = all.into_iter().filter(|&(o, _)| o > 0).map(|(o, axes)| (o as usize, axes)).collect();
        Frame { grid: grid.to_vec(), inner: strides(grid), outer, len: size.iter().product(), offsets }
    }

    /// Number of sites without the rim.
    pub fn sites(&self) -> usize {
        self.grid.iter().product()
    }

    /// Index with the rim of a site.
    pub fn with_rim(&self, site: usize) -> usize {
        let along = |axis: usize| (site / self.inner[axis] % self.grid[axis] + 1) * self.outer[axis];
        (0..self.grid.len()).map(along).sum()
    }

    /// Site of an index with the rim, which must not lie on it.
    pub fn site(&self, index: usize) -> usize {
        let along = |axis: usize| (index / self.outer[axis] % (self.grid[axis] + 2) - 1) * self.inner[axis];
        (0..self.grid.len()).map(along).sum()
    }

    /// Indices of all neighbours, on the rim too.
    pub fn around(&self, index: usize) -> impl Iterator<Item = usize> + '_ {
        self.offsets.iter().flat_map(move |&(o, _)| [index - o, index + o])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indices_go_there_and_back_and_neighbours_are_counted() {
        for (grid, neighbours) in [(vec![4], 2), (vec![2, 3], 8), (vec![2, 3, 4], 26)] {
            let frame = Frame::new(&grid);
            assert_eq!(2 * frame.offsets.len(), neighbours);
            for site in 0..grid.iter().product() {
                let index = frame.with_rim(site);
                assert_eq!(frame.site(index), site);
                assert!(frame.around(index).all(|i| i < frame.len));
            }
        }
    }
}

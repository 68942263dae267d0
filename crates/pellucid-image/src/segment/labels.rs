//! The regions of an image.

use crate::{ImageError, Result};

/// A label for each place: `0..count`, every one of them used, or [`Labels::OUTSIDE`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labels {
    /// `[H, W]` or `[D, H, W]`.
    pub shape: Vec<usize>,
    /// Labels in C order.
    pub labels: Vec<u32>,
    /// Number of regions.
    pub count: usize,
}

impl Labels {
    /// The label of places outside the mask.
    pub const OUTSIDE: u32 = u32::MAX;

    /// Regions from any numbering; new numbers go by first appearance.
    pub(super) fn compact(shape: Vec<usize>, mut labels: Vec<u32>) -> Labels {
        let mut renamed = std::collections::HashMap::new();
        for label in labels.iter_mut().filter(|l| **l != Labels::OUTSIDE) {
            let next = renamed.len() as u32;
            *label = *renamed.entry(*label).or_insert(next);
        }
        Labels { shape, labels, count: renamed.len() }
    }

    /// The places of each region, as positions in C order.
    pub fn members(&self) -> Vec<Vec<usize>> {
        let mut members = vec![Vec::new(); self.count];
        for (place, &label) in self.labels.iter().enumerate() {
            if let Some(list) = members.get_mut(label as usize) {
                list.push(place);
            }
        }
        members
    }

    /// For each region the regions that share a face with it, in ascending order.
    ///
    /// # Errors
    /// When the labels don't fill the shape.
    pub fn neighbours(&self) -> Result<Vec<Vec<u32>>> {
        if self.shape.iter().product::<usize>() != self.labels.len() {
            return Err(ImageError::Size { shape: self.shape.clone(), found: self.labels.len() });
        }
        let mut neighbours = vec![std::collections::BTreeSet::new(); self.count];
        let mut stride = 1;
        for &len in self.shape.iter().rev() {
            for place in (0..self.labels.len()).filter(|p| (p / stride) % len + 1 < len) {
                let (a, b) = (self.labels[place], self.labels[place + stride]);
                if a != b && (a.max(b) as usize) < self.count {
                    neighbours[a as usize].insert(b);
                    neighbours[b as usize].insert(a);
                }
            }
            stride *= len;
        }
        Ok(neighbours.into_iter().map(|set| set.into_iter().collect()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_contiguous_and_neighbours_share_a_face() {
        let out = Labels::OUTSIDE;
        let labels = Labels::compact(vec![2, 3], vec![7, 7, 3, out, 9, 9]);
        assert_eq!(labels.labels, [0, 0, 1, out, 2, 2]);
        assert_eq!(labels.count, 3);
        assert_eq!(labels.members(), [vec![0, 1], vec![2], vec![4, 5]]);
        assert_eq!(labels.neighbours().unwrap(), [vec![1, 2], vec![0, 2], vec![0, 1]]);
    }
}

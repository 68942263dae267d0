//! Boxes of nearly equal size.

use serde::{Deserialize, Serialize};

use super::field::Field;
use super::{Labels, check_segments};
use crate::Result;

/// Cuts every axis evenly, so that boxes are near cubes in units of length.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Grid {
    /// About how many boxes the whole grid has.
    pub segments: usize,
}

impl Default for Grid {
    fn default() -> Grid {
        Grid { segments: 100 }
    }
}

impl Grid {
    pub(super) fn run(&self, field: &Field) -> Result<Vec<u32>> {
        check_segments(self.segments)?;
        let parts = parts(field, self.segments);
        let label = |place: usize| {
            let at = field.position(place);
            let part = |axis: usize| at[axis] * parts[axis] / field.size[axis];
            ((part(0) * parts[1] + part(1)) * parts[2] + part(2)) as u32
        };
        Ok((0..field.places()).map(|p| if field.inside(p) { label(p) } else { Labels::OUTSIDE }).collect())
    }
}

/// How many parts each axis is cut into.
pub(super) fn parts(field: &Field, segments: usize) -> [usize; 3] {
    let extent: [f64; 3] = std::array::from_fn(|a| field.size[a] as f64 * field.spacing[a]);
    let mut axes: Vec<usize> = (0..3).filter(|&a| field.size[a] > 1).collect();
    axes.sort_by(|&a, &b| extent[a].total_cmp(&extent[b]));
    let mut parts = [1; 3];
    let mut left = segments as f64;
    // An axis that is thin for the boxes gets few parts; the others make up for it.
    for (done, &axis) in axes.iter().enumerate() {
        let rest = &axes[done..];
        let side = (rest.iter().map(|&a| extent[a]).product::<f64>() / left).powf(1.0 / rest.len() as f64);
        parts[axis] = ((extent[axis] / side).round() as usize).clamp(1, field.size[axis]);
        left = (left / parts[axis] as f64).max(1.0);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::Segmenter;

    #[test]
    fn boxes_are_cubes_in_units_of_length() {
        let grid = Segmenter::Grid(Grid { segments: 16 });
        let labels = grid.label(&[0.0; 4 * 16 * 16], &[1, 4, 16, 16], &[2.0, 1.0, 1.0]).unwrap();
        // 8 x 16 x 16 in length: side 5.04, so 2 x 3 x 3 parts
        assert_eq!(labels.count, 18);
        let sizes: Vec<usize> = labels.members().iter().map(Vec::len).collect();
        assert!(sizes.iter().all(|&s| (50..=72).contains(&s)), "{sizes:?}");
    }

    #[test]
    fn one_box_and_a_box_for_each_place() {
        let label = |segments| Segmenter::Grid(Grid { segments }).label(&[0.0; 12], &[1, 3, 4], &[1.0, 1.0]).unwrap();
        assert_eq!(label(1).count, 1);
        assert_eq!(label(1000).count, 12);
        assert!(Segmenter::Grid(Grid { segments: 0 }).label(&[0.0; 12], &[1, 3, 4], &[1.0, 1.0]).is_err());
    }
}

//! Where voxels lie: voxel indices, spacing in mm, patient space.

use serde::{Deserialize, Serialize};

use crate::affine::{Affine, norm};

/// How much of the geometry the file really says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Known {
    /// Nothing: one voxel counts as 1 mm and distances mean nothing.
    Nothing,
    /// Voxel size in mm, but not where the patient lies.
    Spacing,
    /// Position and direction in patient space.
    Orientation,
}

/// Position of voxels in space.
///
/// Voxel coordinates are `(x, y, z)` = indices along `W`, `H`, `D` (column, row, slice); integers are voxel centres. World
/// coordinates are millimetres in RAS+: x grows to the patient's right hand side as in NIfTI, y to the front, z to the head.
/// DICOM's LPS coordinates have the signs of x and y reversed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Geometry {
    /// Maps voxel coordinates to world coordinates.
    pub world_from_voxel: Affine,
    /// What of it is known.
    pub known: Known,
}

impl Geometry {
    /// Geometry of a picture that says nothing: voxel units.
    pub fn unknown() -> Geometry {
        Geometry { world_from_voxel: Affine::IDENTITY, known: Known::Nothing }
    }

    /// Voxel size `(x, y, z)` in mm without position or direction.
    pub fn spacing(spacing_mm: [f64; 3]) -> Geometry {
        Geometry { world_from_voxel: Affine::scale_offset(spacing_mm, [0.0; 3]), known: Known::Spacing }
    }

    /// Full geometry.
    pub fn oriented(world_from_voxel: Affine) -> Geometry {
        Geometry { world_from_voxel, known: Known::Orientation }
    }

    /// Distance between neighbouring voxels along `(x, y, z)`, in mm when [`Geometry::spacing_known`].
    pub fn spacing_mm(&self) -> [f64; 3] {
        std::array::from_fn(|j| norm(self.world_from_voxel.column(j)))
    }

    /// Whether distances are in mm.
    pub fn spacing_known(&self) -> bool {
        self.known != Known::Nothing
    }

    /// Whether directions of the patient are known.
    pub fn orientation_known(&self) -> bool {
        self.known == Known::Orientation
    }

    /// Maps world to voxel coordinates, `None` for a degenerate geometry.
    pub fn voxel_from_world(&self) -> Option<Affine> {
        self.world_from_voxel.inverse()
    }

    /// The patient direction in which each voxel axis `(x, y, z)` grows: one of `R L A P S I`, each body axis once.
    ///
    /// For oblique grids the assignment with the largest sum of cosines is taken.
    pub fn axis_codes(&self) -> [char; 3] {
        const PERMUTATIONS: [[usize; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
        let cosine = |voxel_axis: usize, world_axis: usize| {
            let column = self.world_from_voxel.column(voxel_axis);
            let length = norm(column);
            if length > 0.0 { column[world_axis] / length } else { 0.0 }
        };
        let total = |p: &[usize; 3]| (0..3).map(|j| cosine(j, p[j]).abs()).sum::<f64>();
        let mut best = PERMUTATIONS[0];
        for p in PERMUTATIONS {
            if total(&p) > total(&best) + 1e-9 {
                best = p;
            }
        }
        std::array::from_fn(|j| match (best[j], cosine(j, best[j]) >= 0.0) {
            (0, true) => 'R',
            (0, false) => 'L',
            (1, true) => 'A',
            (1, false) => 'P',
            (_, true) => 'S',
            (_, false) => 'I',
        })
    }

    /// The geometry of a grid whose voxel `p` lies at `source_from_grid(p)` of this one.
    pub fn regrid(&self, source_from_grid: &Affine) -> Geometry {
        Geometry { world_from_voxel: self.world_from_voxel.after(source_from_grid), known: self.known }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axis_codes_of_dicom_like_and_oblique_grids() {
        let axial = Affine::scale_offset([-0.7, -0.7, 2.5], [100.0, 90.0, -50.0]);
        assert_eq!(Geometry::oriented(axial).axis_codes(), ['L', 'P', 'S']);
        let sagittal = Affine::from_columns([[0.0, 1.0, 0.1], [0.0, 0.1, -1.0], [1.2, 0.0, 0.0]], [0.0; 3]);
        assert_eq!(Geometry::oriented(sagittal).axis_codes(), ['A', 'I', 'R']);
    }

    #[test]
    fn spacing_is_the_length_of_the_columns() {
        let g =
            Geometry::oriented(Affine::from_columns([[0.0, 3.0, 4.0], [2.0, 0.0, 0.0], [0.0, -0.8, 0.6]], [0.0; 3]));
        assert_eq!(g.spacing_mm(), [5.0, 2.0, 1.0]);
    }
}

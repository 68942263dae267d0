//! Where frames lie: pixel spacing, orientation, position.

use crate::affine::{cross, dot, norm};
use crate::read::dicom::data_set::DataSet;
use crate::{Affine, Geometry};

/// Position of one frame, in DICOM's patient coordinates (LPS).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plane {
    /// Direction in which the column index grows, unit length.
    pub along_row: [f64; 3],
    /// Direction in which the row index grows, unit length.
    pub along_column: [f64; 3],
    /// Centre of the first pixel, mm.
    pub position: [f64; 3],
}

impl Plane {
    /// Reads orientation and position from the given data sets (the file's, or a plane orientation and a plane position item).
    pub fn read(orientation: &DataSet, position: &DataSet) -> Option<Plane> {
        let o = orientation.decimals(0x0020_0037).filter(|o| o.len() == 6)?;
        let p = position.decimals(0x0020_0032).filter(|p| p.len() == 3)?;
        let (row, column) = ([o[0], o[1], o[2]], [o[3], o[4], o[5]]);
        let unit = (norm(row) - 1.0).abs() < 0.01 && (norm(column) - 1.0).abs() < 0.01;
        let right = dot(row, column).abs() < 0.01;
        (unit && right).then_some(Plane { along_row: row, along_column: column, position: [p[0], p[1], p[2]] })
    }

    /// The direction that frames are stacked in.
    pub fn normal(&self) -> [f64; 3] {
        cross(self.along_row, self.along_column)
    }

    /// Whether another plane is parallel to this one, with the same directions of rows and columns.
    pub fn is_parallel(&self, other: &Plane) -> bool {
        let close = |a: [f64; 3], b: [f64; 3]| (0..3).all(|i| (a[i] - b[i]).abs() < 1e-3);
        close(self.along_row, other.along_row) && close(self.along_column, other.along_column)
    }

    /// `axial`, `coronal` or `sagittal`, the nearest to the plane's normal.
    pub fn orientation(&self) -> &'static str {
        let n = self.normal().map(f64::abs);
        match (n[2] >= n[0] && n[2] >= n[1], n[1] >= n[0]) {
            (true, _) => "axial",
            (false, true) => "coronal",
            (false, false) => "sagittal",
        }
    }

    /// Geometry of a frame with pixels of `[row spacing, column spacing]` and frames `step` (mm, LPS) apart, in RAS+.
    pub fn geometry(&self, spacing: [f64; 2], step: [f64; 3]) -> Geometry {
        let ras = |v: [f64; 3]| [-v[0], -v[1], v[2]];
        let scaled = |v: [f64; 3], s: f64| ras(v.map(|x| x * s));
        let columns = [scaled(self.along_row, spacing[1]), scaled(self.along_column, spacing[0]), ras(step)];
        Geometry::oriented(Affine::from_columns(columns, ras(self.position)))
    }

    /// The plane `distance` mm further along the normal.
    pub fn moved(&self, distance: f64) -> Plane {
        let normal = self.normal();
        Plane { position: std::array::from_fn(|i| self.position[i] + distance * normal[i]), ..*self }
    }
}

/// `[row spacing, column spacing]` in mm.
pub fn pixel_spacing(set: &DataSet, notes: &mut Vec<String>) -> Option<[f64; 2]> {
    const SOURCES: &[(u32, Option<&str>)] = &[
        (0x0028_0030, None),
        (0x0018_1164, Some("pixel spacing is that of the detector, not corrected for magnification")),
        (0x0018_2010, Some("pixel spacing is that of the scanned film")),
    ];
    SOURCES.iter().find_map(|&(tag, note)| {
        let s = set.decimals(tag).filter(|s| s.len() == 2 && s.iter().all(|v| *v > 0.0))?;
        notes.extend(note.map(String::from));
        Some([s[0], s[1]])
    })
}

/// `[row spacing, column spacing]` in mm of an ultrasound image (PS3.3, C.8.5.5): that of its tissue regions in cm, where all agree.
pub fn ultrasound_spacing(set: &DataSet) -> Option<[f64; 2]> {
    const TISSUE: u16 = 1;
    const CENTIMETRES: u16 = 3;
    let regions = set.items(0x0018_6011).ok()?;
    let tissue = regions.iter().filter(|r| {
        let in_cm = |tag| r.short(tag) == Some(CENTIMETRES);
        r.short(0x0018_6012) == Some(TISSUE) && in_cm(0x0018_6024) && in_cm(0x0018_6026)
    });
    let steps = tissue.map(|r| Some([r.decimal(0x0018_602e)?.abs() * 10.0, r.decimal(0x0018_602c)?.abs() * 10.0]));
    let steps: Vec<[f64; 2]> = steps.collect::<Option<_>>()?;
    let first = *steps.first()?;
    let agree = steps.iter().all(|s| (0..2).all(|i| (s[i] - first[i]).abs() <= 1e-6 * first[i]));
    (agree && first.iter().all(|v| *v > 0.0)).then_some(first)
}

/// Distance between slices as the file states it: Spacing Between Slices, else Slice Thickness.
pub fn slice_step(set: &DataSet) -> Option<f64> {
    let positive = |tag| set.decimal(tag).map(f64::abs).filter(|v| *v > 0.0);
    positive(0x0018_0088).or_else(|| positive(0x0018_0050))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plane(z: f64) -> Plane {
        Plane { along_row: [1.0, 0.0, 0.0], along_column: [0.0, 1.0, 0.0], position: [-100.0, -80.0, z] }
    }

    #[test]
    fn axial_slices_lie_in_ras() {
        let g = plane(30.0).geometry([0.5, 0.7], [0.0, 0.0, 2.0]);
        assert_eq!(g.world_from_voxel.apply([10.0, 4.0, 1.0]), [93.0, 78.0, 32.0]);
        assert_eq!(g.axis_codes(), ['L', 'P', 'S']);
    }
}

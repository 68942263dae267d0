//! Where frames lie: pixel spacing, orientation, position; stacks of frames.

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

    /// Geometry of a frame with pixels of `[row spacing, column spacing]` and frames `step` mm apart along the normal, in RAS+.
    pub fn geometry(&self, spacing: [f64; 2], step: f64) -> Geometry {
        let ras = |v: [f64; 3]| [-v[0], -v[1], v[2]];
        let scaled = |v: [f64; 3], s: f64| ras(v.map(|x| x * s));
        let columns =
            [scaled(self.along_row, spacing[1]), scaled(self.along_column, spacing[0]), scaled(self.normal(), step)];
        Geometry::oriented(Affine::from_columns(columns, ras(self.position)))
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

/// Distance between slices as the file states it: Spacing Between Slices, else Slice Thickness.
pub fn slice_step(set: &DataSet) -> Option<f64> {
    let positive = |tag| set.decimal(tag).map(f64::abs).filter(|v| *v > 0.0);
    positive(0x0018_0088).or_else(|| positive(0x0018_0050))
}

/// Order of planes along their normal and the distance between neighbours.
///
/// # Errors
/// Why the planes aren't a regular stack.
pub fn stack(planes: &[Plane]) -> Result<(Vec<usize>, f64), String> {
    let first = planes.first().ok_or("there are no positions")?;
    let close = |a: [f64; 3], b: [f64; 3]| (0..3).all(|i| (a[i] - b[i]).abs() < 1e-3);
    if planes.iter().any(|p| !close(p.along_row, first.along_row) || !close(p.along_column, first.along_column)) {
        return Err("frames have different orientations".into());
    }
    let normal = first.normal();
    let depth: Vec<f64> = planes.iter().map(|p| dot(p.position, normal)).collect();
    let mut order: Vec<usize> = (0..planes.len()).collect();
    order.sort_by(|&a, &b| depth[a].total_cmp(&depth[b]));
    let steps: Vec<f64> = order.windows(2).map(|w| depth[w[1]] - depth[w[0]]).collect();
    let (Some(&least), Some(&most)) =
        (steps.iter().min_by(|a, b| a.total_cmp(b)), steps.iter().max_by(|a, b| a.total_cmp(b)))
    else {
        return Err("there is one frame only".into());
    };
    if least <= 1e-3 {
        return Err("several frames lie in one place (time points, echoes or b-values)".into());
    }
    if most > least * 1.05 {
        return Err(format!("frames are {least:.3} to {most:.3} mm apart"));
    }
    let shift = |p: &Plane| std::array::from_fn::<f64, 3, _>(|i| p.position[i] - first.position[i]);
    let sideways = planes.iter().any(|p| {
        let s = shift(p);
        norm(std::array::from_fn(|i| s[i] - dot(s, normal) * normal[i])) > 0.01 * most.max(1.0)
    });
    if sideways {
        return Err("frames are shifted sideways (gantry tilt)".into());
    }
    let step = (depth[order[order.len() - 1]] - depth[order[0]]) / (order.len() - 1) as f64;
    Ok((order, step))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plane(z: f64) -> Plane {
        Plane { along_row: [1.0, 0.0, 0.0], along_column: [0.0, 1.0, 0.0], position: [-100.0, -80.0, z] }
    }

    #[test]
    fn axial_slices_lie_in_ras() {
        let g = plane(30.0).geometry([0.5, 0.7], 2.0);
        assert_eq!(g.world_from_voxel.apply([10.0, 4.0, 1.0]), [93.0, 78.0, 32.0]);
        assert_eq!(g.axis_codes(), ['L', 'P', 'S']);
    }

    #[test]
    fn stacks_are_sorted_and_checked() {
        let (order, step) = stack(&[plane(4.0), plane(0.0), plane(2.0)]).unwrap();
        assert_eq!((order, step), (vec![1, 2, 0], 2.0));
        assert!(stack(&[plane(0.0), plane(0.0), plane(2.0)]).is_err());
        assert!(stack(&[plane(0.0), plane(2.0), plane(6.0)]).is_err());
        let mut tilted = plane(2.0);
        tilted.position[1] += 0.5;
        assert!(stack(&[plane(0.0), tilted]).is_err());
    }
}

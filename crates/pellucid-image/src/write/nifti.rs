//! Writing NIfTI-1: `float32`, the sform of the image, and the qform too where the grid is orthogonal.

use std::io::Write;
use std::path::Path;

use crate::affine::{cross, dot, norm};
use crate::write::atomic::write_atomically;
use crate::{Affine, Geometry, ImageError, Known, Result};

/// Bytes before the data: the header and an empty extension flag.
const START: usize = 352;

/// Writes a volume of shape `[D, H, W]` or `[C, D, H, W]`, gzipped when the name ends in `.gz`.
///
/// The codes of sform and qform stay 0 when the geometry has no known orientation: a file that claims one would lie.
///
/// # Errors
/// When the values don't fill the shape, an axis is longer than NIfTI-1 can say (32767), or the file can't be written.
pub fn write_nifti(path: impl AsRef<Path>, values: &[f32], shape: &[usize], geometry: &Geometry) -> Result<()> {
    let path = path.as_ref();
    let header = header(values.len(), shape, geometry)?;
    let fill = |w: &mut dyn Write| -> std::io::Result<()> {
        w.write_all(&header)?;
        let mut buffer = Vec::with_capacity(1 << 16);
        for block in values.chunks(1 << 14) {
            buffer.clear();
            block.iter().for_each(|v| buffer.extend_from_slice(&v.to_le_bytes()));
            w.write_all(&buffer)?;
        }
        Ok(())
    };
    let zipped = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("gz"));
    write_atomically(path, |w| {
        if !zipped {
            return fill(w);
        }
        let mut gzip = flate2::write::GzEncoder::new(w, flate2::Compression::default());
        fill(&mut gzip)?;
        gzip.finish().map(|_| ())
    })
}

fn header(count: usize, shape: &[usize], geometry: &Geometry) -> Result<Vec<u8>> {
    let wrong = || ImageError::Size { shape: shape.to_vec(), found: count };
    let [c, d, h, w] = match *shape {
        [d, h, w] => [1, d, h, w],
        [c, d, h, w] => [c, d, h, w],
        _ => return Err(wrong()),
    };
    if [c, d, h, w].iter().try_fold(1usize, |n, &d| n.checked_mul(d)) != Some(count) || count == 0 {
        return Err(wrong());
    }
    let rank = if c > 1 { 4 } else { 3 };
    let mut out = vec![0u8; START];
    let mut put = |at: usize, bytes: &[u8]| out[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, &348i32.to_le_bytes());
    for (i, size) in [rank, w, h, d, c, 1, 1, 1].into_iter().enumerate() {
        let size = i16::try_from(size).map_err(|_| {
            ImageError::Invalid(format!("an axis of {size} voxels is too long for NIfTI-1 (at most 32767)"))
        })?;
        put(40 + 2 * i, &size.to_le_bytes());
    }
    put(70, &16i16.to_le_bytes());
    put(72, &32i16.to_le_bytes());
    let quaternion = quaternion(&geometry.world_from_voxel);
    let handed = if geometry.world_from_voxel.determinant() < 0.0 { -1.0 } else { 1.0 };
    let spacing = geometry.spacing_mm();
    for (i, v) in [handed, spacing[0], spacing[1], spacing[2], 1.0].into_iter().enumerate() {
        put(76 + 4 * i, &(v as f32).to_le_bytes());
    }
    put(108, &(START as f32).to_le_bytes());
    put(112, &1f32.to_le_bytes());
    put(123, &[if geometry.known == Known::Nothing { 0 } else { 2 }]);
    let oriented = geometry.orientation_known();
    put(254, &i16::from(oriented).to_le_bytes());
    if let Some(q) = quaternion.filter(|_| oriented) {
        put(252, &1i16.to_le_bytes());
        for (i, v) in q.into_iter().enumerate() {
            put(256 + 4 * i, &(v as f32).to_le_bytes());
        }
        for i in 0..3 {
            put(268 + 4 * i, &(geometry.world_from_voxel.rows[i][3] as f32).to_le_bytes());
        }
    }
    for (i, v) in geometry.world_from_voxel.rows.iter().flatten().enumerate() {
        put(280 + 4 * i, &(*v as f32).to_le_bytes());
    }
    put(344, b"n+1\0");
    Ok(out)
}

/// The vector part of the unit quaternion of an orthogonal grid's rotation, `None` for a sheared grid.
fn quaternion(affine: &Affine) -> Option<[f64; 3]> {
    let mut columns: [[f64; 3]; 3] = std::array::from_fn(|j| {
        let column = affine.column(j);
        column.map(|v| v / norm(column))
    });
    let sheared = [(0, 1), (0, 2), (1, 2)].iter().any(|&(i, j)| dot(columns[i], columns[j]).abs() > 1e-5);
    if sheared || !columns.iter().flatten().all(|v| v.is_finite()) {
        return None;
    }
    // The qform holds a proper rotation; the sign of the third axis goes into `pixdim[0]`.
    columns[2] = cross(columns[0], columns[1]);
    let m = |i: usize, j: usize| columns[j][i];
    // Each squared part from the diagonal; the largest is divided by, so that nothing small is.
    let squares = [
        1.0 + m(0, 0) + m(1, 1) + m(2, 2),
        1.0 + m(0, 0) - m(1, 1) - m(2, 2),
        1.0 - m(0, 0) + m(1, 1) - m(2, 2),
        1.0 - m(0, 0) - m(1, 1) + m(2, 2),
    ];
    let largest = (0..4).max_by(|&i, &j| squares[i].total_cmp(&squares[j])).unwrap_or(0);
    let s = 0.5 / squares[largest].sqrt();
    let quarter = squares[largest].sqrt() / 2.0;
    let (a, v) = match largest {
        0 => (quarter, [(m(2, 1) - m(1, 2)) * s, (m(0, 2) - m(2, 0)) * s, (m(1, 0) - m(0, 1)) * s]),
        1 => ((m(2, 1) - m(1, 2)) * s, [quarter, (m(0, 1) + m(1, 0)) * s, (m(0, 2) + m(2, 0)) * s]),
        2 => ((m(0, 2) - m(2, 0)) * s, [(m(0, 1) + m(1, 0)) * s, quarter, (m(1, 2) + m(2, 1)) * s]),
        _ => ((m(1, 0) - m(0, 1)) * s, [(m(0, 2) + m(2, 0)) * s, (m(1, 2) + m(2, 1)) * s, quarter]),
    };
    Some(if a < 0.0 { v.map(|x| -x) } else { v })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::open;

    fn rotation(axis: [f64; 3], angle: f64) -> [[f64; 3]; 3] {
        let k = axis.map(|v| v / norm(axis));
        let rotate = |p: [f64; 3]| {
            let (c, s, kxp, kp) = (angle.cos(), angle.sin(), cross(k, p), dot(k, p));
            std::array::from_fn(|i| p[i] * c + kxp[i] * s + k[i] * kp * (1.0 - c))
        };
        [rotate([1.0, 0.0, 0.0]), rotate([0.0, 1.0, 0.0]), rotate([0.0, 0.0, 1.0])]
    }

    #[test]
    fn volumes_come_back_with_their_place() {
        let folder = tempfile::tempdir().unwrap();
        for (i, angle) in [0.0, 0.4, 1.7, 2.5, 3.1, std::f64::consts::PI].into_iter().enumerate() {
            for (j, flip) in [1.0, -1.0].into_iter().enumerate() {
                let axis = [[1.0, 0.2, 0.3], [0.1, 1.0, 0.0], [0.0, 0.3, 1.0]][i % 3];
                let mut columns = rotation(axis, angle);
                columns[0] = columns[0].map(|v| v * 0.7);
                columns[1] = columns[1].map(|v| v * 1.1);
                columns[2] = columns[2].map(|v| v * 2.5 * flip);
                let geometry = Geometry::oriented(Affine::from_columns(columns, [-20.0, 31.0, 7.0]));
                let values: Vec<f32> = (0..2 * 3 * 4 * 5).map(|v| v as f32 * 0.25 - 3.0).collect();
                let path = folder.path().join(format!("{i}{j}.nii.gz"));
                write_nifti(&path, &values, &[2, 3, 4, 5], &geometry).unwrap();
                let image = open(&path).unwrap();
                assert_eq!((image.shape(), image.voxels()), ([2, 3, 4, 5], &values[..]));
                close(&image.geometry.world_from_voxel, &geometry.world_from_voxel, 1e-5);
                // The qform alone says the same, but for the digits lost where its scalar part is found from 32-bit numbers.
                let mut bytes = header(values.len(), &[2, 3, 4, 5], &geometry).unwrap();
                bytes[254] = 0;
                let parsed = crate::read::nifti_header::Header::parse(&bytes).unwrap();
                close(&parsed.geometry.world_from_voxel, &geometry.world_from_voxel, 2e-3);
            }
        }
    }

    fn close(a: &Affine, b: &Affine, tolerance: f64) {
        for (x, y) in a.rows.iter().flatten().zip(b.rows.iter().flatten()) {
            assert!((x - y).abs() < tolerance, "{a:?} {b:?}");
        }
    }

    #[test]
    fn unknown_orientation_stays_unknown() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.nii");
        for geometry in [Geometry::unknown(), Geometry::spacing([0.5, 0.5, 2.0])] {
            write_nifti(&path, &[1.0, f32::NAN], &[1, 1, 2], &geometry).unwrap();
            let image = open(&path).unwrap();
            assert_eq!(image.geometry, geometry);
            assert!(image.notes.iter().any(|n| n.starts_with("1 of 2 values are NaN")));
        }
    }

    #[test]
    fn impossible_volumes_are_refused() {
        assert!(header(4, &[2, 2], &Geometry::unknown()).is_err());
        assert!(header(5, &[1, 2, 2], &Geometry::unknown()).is_err());
        assert!(header(40_000, &[1, 1, 40_000], &Geometry::unknown()).is_err());
    }
}

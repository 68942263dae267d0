//! Writing NRRD: attached header, `float32`, gzipped, in LPS where the orientation is known.

use std::fmt::Write as _;
use std::path::Path;

use crate::write::atomic::write_atomically;
use crate::write::float_file::{four_axes, write_floats};
use crate::{Geometry, Known, Result};

/// Writes a volume of shape `[D, H, W]` or `[C, D, H, W]`; channels are the slowest axis.
///
/// Position and directions are written only where they are known: a file that claims some would lie.
///
/// # Errors
/// When the values don't fill the shape, or the file can't be written.
pub fn write_nrrd(path: impl AsRef<Path>, values: &[f32], shape: &[usize], geometry: &Geometry) -> Result<()> {
    let header = header(four_axes(values.len(), shape)?, geometry);
    write_atomically(path.as_ref(), |w| {
        w.write_all(header.as_bytes())?;
        let mut gzip = flate2::write::GzEncoder::new(w, flate2::Compression::default());
        write_floats(&mut gzip, values)?;
        gzip.finish().map(|_| ())
    })
}

fn header([c, d, h, w]: [usize; 4], geometry: &Geometry) -> String {
    let channels = c > 1;
    let (rank, last) = if channels { (4, format!(" {c}")) } else { (3, String::new()) };
    let mut text = format!("NRRD0005\ntype: float\ndimension: {rank}\n");
    // Writing to a string never fails.
    let _ = match geometry.known {
        Known::Orientation => {
            let lps = geometry.lps_from_voxel();
            let vector = |v: [f64; 3]| format!("({},{},{})", v[0], v[1], v[2]);
            let axes: Vec<String> = (0..3).map(|j| vector(lps.column(j))).collect();
            let origin = vector([lps.rows[0][3], lps.rows[1][3], lps.rows[2][3]]);
            let none = if channels { " none" } else { "" };
            let units = "space units: \"mm\" \"mm\" \"mm\"";
            writeln!(
                text,
                "space: left-posterior-superior\nsizes: {w} {h} {d}{last}\nspace directions: {}{none}\n{units}\nspace origin: {origin}",
                axes.join(" ")
            )
        }
        Known::Spacing => {
            let [x, y, z] = geometry.spacing_mm();
            let none = if channels { " nan" } else { "" };
            writeln!(text, "sizes: {w} {h} {d}{last}\nspacings: {x} {y} {z}{none}")
        }
        Known::Nothing => writeln!(text, "sizes: {w} {h} {d}{last}"),
    };
    let list = if channels { " list" } else { "" };
    let _ = writeln!(text, "kinds: domain domain domain{list}\nendian: little\nencoding: gzip\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Affine, open};

    #[test]
    fn volumes_come_back_with_their_place() {
        let folder = tempfile::tempdir().unwrap();
        let oblique = Affine { rows: [[-0.68, 0.3, 0.6, 5.1], [0.2, 0.9, -0.4, -7.0], [-0.1, 0.5, 3.0, 11.0]] };
        for geometry in [Geometry::oriented(oblique), Geometry::spacing([0.5, 0.7, 2.0]), Geometry::unknown()] {
            for shape in [vec![2, 3, 4, 5], vec![6, 4, 5], vec![1, 8, 15]] {
                let values: Vec<f32> = (0..120).map(|v| v as f32 * 0.25 - 3.0).collect();
                let path = folder.path().join("a.nrrd");
                write_nrrd(&path, &values, &shape, &geometry).unwrap();
                let image = open(&path).unwrap();
                assert_eq!((image.shape()[4 - shape.len()..].to_vec(), image.voxels()), (shape, &values[..]));
                assert_eq!(image.geometry, geometry);
            }
        }
        assert!(write_nrrd(folder.path().join("b.nrrd"), &[0.0; 3], &[1, 2, 2], &Geometry::unknown()).is_err());
    }
}

//! Writing MetaImage: attached data (`.mha`), `float32`, zlib, in LPS where the orientation is known.

use std::path::Path;

use crate::write::atomic::write_atomically;
use crate::write::float_file::{four_axes, write_floats};
use crate::{Affine, Geometry, Known, Result};

/// Writes a volume of shape `[D, H, W]` or `[C, D, H, W]`; channels become the components of a voxel.
///
/// Direction and position are written only where they are known.
///
/// # Errors
/// When the values don't fill the shape, or the file can't be written.
pub fn write_metaimage(path: impl AsRef<Path>, values: &[f32], shape: &[usize], geometry: &Geometry) -> Result<()> {
    let four = four_axes(values.len(), shape)?;
    let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    let packed = pack(&mut packer, values, four[0]).and_then(|()| packer.finish());
    let packed =
        packed.map_err(|source| crate::ImageError::Write { path: path.as_ref().display().to_string(), source })?;
    let header = header(four, geometry, packed.len());
    write_atomically(path.as_ref(), |w| {
        w.write_all(header.as_bytes())?;
        w.write_all(&packed)
    })
}

/// Components of a voxel stand together.
fn pack(w: &mut dyn std::io::Write, values: &[f32], channels: usize) -> std::io::Result<()> {
    if channels == 1 {
        return write_floats(w, values);
    }
    let n = values.len() / channels;
    let mut block = Vec::with_capacity(channels << 10);
    for start in (0..n).step_by(1 << 10) {
        block.clear();
        for i in start..(start + (1 << 10)).min(n) {
            block.extend((0..channels).map(|c| values[c * n + i]));
        }
        write_floats(w, &block)?;
    }
    Ok(())
}

fn header([c, d, h, w]: [usize; 4], geometry: &Geometry, packed: usize) -> String {
    let mut lines = vec![
        "ObjectType = Image".to_string(),
        "NDims = 3".into(),
        "BinaryData = True".into(),
        "BinaryDataByteOrderMSB = False".into(),
        "CompressedData = True".into(),
        format!("CompressedDataSize = {packed}"),
    ];
    if geometry.known == Known::Orientation {
        let lps: Affine = geometry.lps_from_voxel();
        let spacing = geometry.spacing_mm();
        let direction: Vec<String> = (0..3).flat_map(|j| lps.column(j).map(|v| (v / spacing[j]).to_string())).collect();
        lines.push(format!("TransformMatrix = {}", direction.join(" ")));
        lines.push(format!("Offset = {} {} {}", lps.rows[0][3], lps.rows[1][3], lps.rows[2][3]));
        lines.push("CenterOfRotation = 0 0 0".into());
    }
    if geometry.known != Known::Nothing {
        let [x, y, z] = geometry.spacing_mm();
        lines.push(format!("ElementSpacing = {x} {y} {z}"));
    }
    lines.push(format!("DimSize = {w} {h} {d}"));
    if c > 1 {
        lines.push(format!("ElementNumberOfChannels = {c}"));
    }
    lines.push("ElementType = MET_FLOAT".into());
    lines.push("ElementDataFile = LOCAL\n".into());
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::open;

    #[test]
    fn volumes_come_back_with_their_place() {
        let folder = tempfile::tempdir().unwrap();
        let oblique = Affine { rows: [[-0.68, 0.3, 0.6, 5.1], [0.2, 0.9, -0.4, -7.0], [-0.1, 0.5, 3.0, 11.0]] };
        for geometry in [Geometry::oriented(oblique), Geometry::spacing([0.5, 0.7, 2.0]), Geometry::unknown()] {
            for shape in [vec![2, 3, 4, 5], vec![6, 4, 5], vec![1, 8, 15], vec![3, 1, 8, 5]] {
                let values: Vec<f32> = (0..120).map(|v| v as f32 * 0.25 - 3.0).collect();
                let path = folder.path().join("a.mha");
                write_metaimage(&path, &values, &shape, &geometry).unwrap();
                let image = open(&path).unwrap();
                assert_eq!((image.shape()[4 - shape.len()..].to_vec(), image.voxels()), (shape, &values[..]));
                assert_eq!(image.geometry.known, geometry.known);
                let pairs = image.geometry.world_from_voxel.rows.into_iter().zip(geometry.world_from_voxel.rows);
                for (a, b) in pairs.flat_map(|(a, b)| a.into_iter().zip(b)) {
                    assert!((a - b).abs() < 1e-12);
                }
            }
        }
    }
}

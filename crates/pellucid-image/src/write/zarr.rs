//! Writing OME-Zarr: `float32` in chunks, at one or more resolutions, as Zarr 2 (OME-NGFF 0.4) or Zarr 3 (0.5).

use std::io::Write;
use std::path::Path;

use rayon::prelude::*;
use serde_json::{Value, json};

use crate::resize::{Resample, resample};
use crate::write::float_file::{four_axes, write_floats};
use crate::{Geometry, ImageError, Result};

/// Version of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ZarrVersion {
    /// Zarr 2 with OME-NGFF 0.4: what most programs read.
    Two,
    /// Zarr 3 with OME-NGFF 0.5.
    Three,
}

/// How an OME-Zarr image is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ZarrOptions {
    /// Version of the format.
    pub version: ZarrVersion,
    /// `[D, H, W]` of a chunk, each at least 1; one channel a chunk.
    pub chunk: [usize; 3],
    /// Whether chunks are compressed (gzip).
    pub compress: bool,
    /// Number of resolutions, at least 1; each halves axes longer than one voxel, by the mean.
    pub levels: usize,
}

impl Default for ZarrOptions {
    fn default() -> ZarrOptions {
        ZarrOptions { version: ZarrVersion::Two, chunk: [64; 3], compress: true, levels: 1 }
    }
}

/// Writes a volume of shape `[D, H, W]` or `[C, D, H, W]` with the names of its channels (or none) into a new folder, which appears whole or not
/// at all.
///
/// Voxel sizes are written in mm where they are known, and the place of the first voxel where axes run as the world's; OME-NGFF can't say how
/// a turned grid lies.
///
/// # Errors
/// When the values don't fill the shape, names or options make no sense, something stands at the path, or it can't be written.
pub fn write_ome_zarr(
    path: impl AsRef<Path>,
    values: &[f32],
    shape: &[usize],
    geometry: &Geometry,
    names: &[String],
    options: &ZarrOptions,
) -> Result<()> {
    let path = path.as_ref();
    let four = four_axes(values.len(), shape)?;
    if (!names.is_empty() && names.len() != four[0]) || options.chunk.contains(&0) || options.levels == 0 {
        return Err(ImageError::Invalid(format!("{} names for {} channels, or {options:?}", names.len(), four[0])));
    }
    let failed = |source| ImageError::Write { path: path.display().to_string(), source };
    let name = path.file_name().ok_or_else(|| failed(std::io::Error::other("the path names no folder")))?;
    if path.exists() {
        return Err(failed(std::io::Error::new(std::io::ErrorKind::AlreadyExists, "something stands there already")));
    }
    let temporary = path.with_file_name(format!(".{}.{}.tmp", name.to_string_lossy(), std::process::id()));
    let written = std::fs::create_dir(&temporary)
        .map_err(failed)
        .and_then(|()| fill(&temporary, values, four, geometry, names, options))
        .and_then(|()| std::fs::rename(&temporary, path).map_err(failed));
    if written.is_err() {
        std::fs::remove_dir_all(&temporary).ok();
    }
    written
}

fn fill(
    root: &Path,
    values: &[f32],
    four: [usize; 4],
    geometry: &Geometry,
    names: &[String],
    options: &ZarrOptions,
) -> Result<()> {
    let mut levels = vec![];
    let (mut data, mut shape) = (None, four);
    for level in 0..options.levels {
        if level > 0 {
            let size: [usize; 3] = std::array::from_fn(|i| shape[i + 1].div_ceil(2));
            data = Some(resample(data.as_deref().unwrap_or(values), &shape, &size, Resample::Area)?);
            shape = [shape[0], size[0], size[1], size[2]];
        }
        array(&root.join(level.to_string()), data.as_deref().unwrap_or(values), shape, options)?;
        levels.push(shape);
    }
    let metadata = multiscales(&levels, geometry, names, options.version);
    match options.version {
        ZarrVersion::Two => {
            put_json(&root.join(".zgroup"), &json!({"zarr_format": 2}))?;
            put_json(&root.join(".zattrs"), &metadata)
        }
        ZarrVersion::Three => {
            let ome = json!({"zarr_format": 3, "node_type": "group", "attributes": {"ome": metadata}});
            put_json(&root.join("zarr.json"), &ome)
        }
    }
}

/// Axes, resolutions and channels of the image.
fn multiscales(levels: &[[usize; 4]], geometry: &Geometry, names: &[String], version: ZarrVersion) -> Value {
    let unit = |name: &str| {
        let mut axis = json!({"name": name, "type": "space"});
        if geometry.spacing_known() {
            axis["unit"] = json!("millimeter");
        }
        axis
    };
    let axes = json!([{"name": "c", "type": "channel"}, unit("z"), unit("y"), unit("x")]);
    let spacing = geometry.spacing_mm();
    let a = &geometry.world_from_voxel;
    // A place only where axes run as the world's.
    let straight = (0..3).all(|i| (0..3).all(|j| if i == j { a.rows[i][i] > 0.0 } else { a.rows[i][j] == 0.0 }));
    let first: [f64; 3] = std::array::from_fn(|i| if straight { a.rows[i][3] } else { 0.0 });
    let dataset = |(level, shape): (usize, &[usize; 4])| {
        let ratio: [f64; 3] = std::array::from_fn(|i| levels[0][3 - i] as f64 / shape[3 - i] as f64);
        let scale: [f64; 3] = std::array::from_fn(|i| spacing[i] * ratio[i]);
        // The middle of the first coarse voxel lies between fine ones.
        let shift: [f64; 3] = std::array::from_fn(|i| first[i] + spacing[i] * (ratio[i] - 1.0) / 2.0);
        json!({"path": level.to_string(), "coordinateTransformations": [
            {"type": "scale", "scale": [1.0, scale[2], scale[1], scale[0]]},
            {"type": "translation", "translation": [0.0, shift[2], shift[1], shift[0]]}]})
    };
    let datasets: Vec<Value> = levels.iter().enumerate().map(dataset).collect();
    let mut image = json!({"axes": axes, "datasets": datasets, "type": "mean"});
    if version == ZarrVersion::Two {
        image["version"] = json!("0.4");
    }
    let mut out = json!({"multiscales": [image]});
    if version == ZarrVersion::Three {
        out["version"] = json!("0.5");
    }
    if !names.is_empty() {
        out["omero"] = json!({"channels": names.iter().map(|n| json!({"label": n})).collect::<Vec<Value>>()});
    }
    out
}

fn array(folder: &Path, values: &[f32], shape: [usize; 4], options: &ZarrOptions) -> Result<()> {
    let [d, h, w] = options.chunk;
    let chunk = [1, d.min(shape[1]), h.min(shape[2]), w.min(shape[3])];
    let (name, metadata, prefix) = match options.version {
        ZarrVersion::Two => {
            let compressor = if options.compress { json!({"id": "gzip", "level": LEVEL}) } else { Value::Null };
            let description = json!({"zarr_format": 2, "shape": shape, "chunks": chunk, "dtype": "<f4", "order": "C", "fill_value": 0.0,
                "filters": null, "compressor": compressor, "dimension_separator": "/"});
            (".zarray", description, folder.to_path_buf())
        }
        ZarrVersion::Three => {
            let mut codecs = vec![json!({"name": "bytes", "configuration": {"endian": "little"}})];
            if options.compress {
                codecs.push(json!({"name": "gzip", "configuration": {"level": LEVEL}}));
            }
            let description = json!({"zarr_format": 3, "node_type": "array", "shape": shape, "data_type": "float32", "fill_value": 0.0,
                "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": chunk}},
                "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
                "codecs": codecs, "dimension_names": ["c", "z", "y", "x"]});
            ("zarr.json", description, folder.join("c"))
        }
    };
    create(folder)?;
    put_json(&folder.join(name), &metadata)?;
    let counts: Vec<usize> = shape.iter().zip(chunk).map(|(n, c)| n.div_ceil(c)).collect();
    let total: usize = counts.iter().product();
    (0..total).into_par_iter().try_for_each(|i| {
        let x = i % counts[3];
        let y = i / counts[3] % counts[2];
        let z = i / counts[3] / counts[2] % counts[1];
        let c = i / counts[3] / counts[2] / counts[1];
        let parent = prefix.join(c.to_string()).join(z.to_string()).join(y.to_string());
        create(&parent)?;
        put_chunk(&parent.join(x.to_string()), &block(values, shape, chunk, [c, z, y, x]), options.compress)
    })
}

/// gzip's usual level.
const LEVEL: u32 = 6;

/// The values of one chunk; those beyond the border are 0.
fn block(values: &[f32], [_, d, h, w]: [usize; 4], chunk: [usize; 4], at: [usize; 4]) -> Vec<f32> {
    let mut out = vec![0.0; chunk.iter().product()];
    let x = at[3] * chunk[3];
    let width = chunk[3].min(w - x);
    for (row, line) in out.chunks_exact_mut(chunk[3]).enumerate() {
        let (z, y) = (at[1] * chunk[1] + row / chunk[2], at[2] * chunk[2] + row % chunk[2]);
        if z < d && y < h {
            let start = ((at[0] * d + z) * h + y) * w + x;
            line[..width].copy_from_slice(&values[start..start + width]);
        }
    }
    out
}

fn put_chunk(path: &Path, values: &[f32], compress: bool) -> Result<()> {
    let mut bytes = Vec::with_capacity(values.len() * 4);
    let packed = if compress {
        let mut gzip = flate2::write::GzEncoder::new(&mut bytes, flate2::Compression::new(LEVEL));
        write_floats(&mut gzip, values).and_then(|()| gzip.finish().map(|_| ()))
    } else {
        write_floats(&mut bytes, values)
    };
    packed.and_then(|()| std::fs::File::create_new(path)?.write_all(&bytes)).map_err(|e| unwritten(path, e))
}

fn put_json(path: &Path, value: &Value) -> Result<()> {
    std::fs::write(path, format!("{value:#}\n")).map_err(|e| unwritten(path, e))
}

fn create(path: &Path) -> Result<()> {
    std::fs::create_dir_all(path).map_err(|e| unwritten(path, e))
}

fn unwritten(path: &Path, source: std::io::Error) -> ImageError {
    ImageError::Write { path: path.display().to_string(), source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Affine, Channels, Known, open};

    #[test]
    fn volumes_come_back_from_both_versions() {
        let folder = tempfile::tempdir().unwrap();
        let values: Vec<f32> = (0..2 * 5 * 6 * 7).map(|v| v as f32 * 0.25 - 3.0).collect();
        let names = vec!["lesion".to_string(), "vessel".to_string()];
        let affine = Affine::scale_offset([0.5, 0.75, 2.0], [-3.0, 4.0, 10.0]);
        let mut number = 0;
        for version in [ZarrVersion::Two, ZarrVersion::Three] {
            for compress in [false, true] {
                number += 1;
                let path = folder.path().join(format!("{number}.zarr"));
                let options = ZarrOptions { version, chunk: [2, 4, 3], compress, levels: 3 };
                write_ome_zarr(&path, &values, &[2, 5, 6, 7], &Geometry::oriented(affine), &names, &options).unwrap();
                let image = open(&path).unwrap();
                assert_eq!((image.shape(), image.voxels()), ([2, 5, 6, 7], &values[..]));
                assert_eq!(image.channels, Channels::Named(names.clone()));
                assert_eq!((image.geometry.world_from_voxel, image.geometry.known), (affine, Known::Spacing));
                let coarse = open(path.join("2")).unwrap();
                assert_eq!(coarse.shape(), [2, 2, 2, 2]);
                // Both grids have the same middle.
                let middle =
                    |i: &crate::Image| i.geometry.world(std::array::from_fn(|k| (i.shape()[3 - k] as f64 - 1.0) / 2.0));
                assert!((0..3).all(|k| (middle(&coarse)[k] - middle(&image)[k]).abs() < 1e-9));
                assert!(write_ome_zarr(&path, &values, &[2, 5, 6, 7], &Geometry::unknown(), &[], &options).is_err());
            }
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 4);
    }

    #[test]
    fn impossible_wishes_leave_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.zarr");
        let write = |shape: &[usize], names: &[String], options: ZarrOptions| {
            write_ome_zarr(&path, &[0.0; 8], shape, &Geometry::unknown(), names, &options).is_err()
        };
        assert!(write(&[2, 2, 3], &[], ZarrOptions::default()));
        assert!(write(&[2, 2, 2], &["a".into(), "b".into()], ZarrOptions::default()));
        assert!(write(&[2, 2, 2], &[], ZarrOptions { chunk: [0, 1, 1], ..ZarrOptions::default() }));
        assert!(write(&[2, 2, 2], &[], ZarrOptions { levels: 0, ..ZarrOptions::default() }));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}

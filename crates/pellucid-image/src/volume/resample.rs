//! Values of a volume on another grid.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::antialias::{sigma, smoothed};
use super::interpolate::{Interpolation, at, inside};
use super::lattice::{Lattice, MOST_VOXELS};
use super::separable;
use super::transform::{Operation, Transform};
use crate::resize::spline;
use crate::{Affine, Image, ImageError, Result};

/// What a point outside all cells of the source gets (more than half a voxel beyond the outermost centres).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Border {
    /// The nearest border value.
    Edge,
    /// A fixed value, such as -1000 HU for air.
    Value(f32),
    /// NaN: no value.
    NotANumber,
}

/// How a volume is resampled.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Resampling {
    /// Between voxels.
    pub interpolation: Interpolation,
    /// Whether axes along which the new grid is coarser are smoothed first, by a Gaussian of `sqrt((k^2 - 1) / (8 ln 2))` source voxels for a
    /// step of `k` (Cardoso et al., MICCAI 2015). [`Interpolation::Nearest`] never smooths: it is for labels.
    pub antialias: bool,
    /// Outside the source.
    pub border: Border,
}

impl Default for Resampling {
    fn default() -> Resampling {
        Resampling { interpolation: Interpolation::Linear, antialias: true, border: Border::Edge }
    }
}

/// The image with voxels of `spacing_mm` `(x, y, z)` along its axes, on the grid of [`Lattice::with_spacing`].
///
/// # Errors
/// When the image doesn't know its voxel size, the wanted one isn't positive, the result would be too large, or values that a smooth
/// interpolation would spread are NaN or infinite.
pub fn resample_to_spacing(image: &Image, spacing_mm: [f64; 3], how: &Resampling) -> Result<(Image, Transform)> {
    let source = Lattice::of(image);
    let lattice = source.with_spacing(spacing_mm)?;
    // The map between the grids from the voxel sizes alone: exact zeros off the diagonal, whatever the directions.
    let old = image.geometry.spacing_mm();
    let scale: [f64; 3] = std::array::from_fn(|i| spacing_mm[i] / old[i]);
    let offset = std::array::from_fn(|i| {
        (source.shape[2 - i] as f64 - lattice.shape[2 - i] as f64 * scale[i] + scale[i] - 1.0) / 2.0
    });
    resampled(image, &lattice, Affine::scale_offset(scale, offset), how)
}

/// The image on another grid in the same world, such as that of another image of the patient.
///
/// # Errors
/// When either grid has no known orientation, the image's is degenerate, or values that a smooth interpolation would spread are NaN or
/// infinite.
pub fn resample_onto(image: &Image, lattice: &Lattice, how: &Resampling) -> Result<(Image, Transform)> {
    if !image.geometry.orientation_known() || !lattice.geometry.orientation_known() {
        let reason = "one grid says nothing of its place in the patient, so the two can't be laid over one another";
        return Err(ImageError::Invalid(reason.into()));
    }
    let degenerate = || ImageError::Invalid("the voxel axes of the image lie in one plane".into());
    let voxel_from_world = image.geometry.voxel_from_world().ok_or_else(degenerate)?;
    let mut map = voxel_from_world.after(&lattice.geometry.world_from_voxel);
    // What is zero but for rounding is zero: grids of the same directions are then resampled axis by axis.
    let large = map.rows.iter().flat_map(|r| &r[..3]).fold(0.0f64, |m, v| m.max(v.abs()));
    map.rows.iter_mut().flat_map(|r| &mut r[..3]).filter(|v| v.abs() < 1e-12 * large).for_each(|v| *v = 0.0);
    resampled(image, lattice, map, how)
}

fn resampled(image: &Image, lattice: &Lattice, map: Affine, how: &Resampling) -> Result<(Image, Transform)> {
    let voxels: f64 = lattice.shape.iter().map(|&d| d as f64).product();
    if !(1.0..=MOST_VOXELS).contains(&voxels) || !map.is_finite() {
        let reason =
            format!("a grid of shape {:?} is empty or too large (at most {MOST_VOXELS} voxels)", lattice.shape);
        return Err(ImageError::Invalid(reason));
    }
    let smooth = how.antialias && how.interpolation != Interpolation::Nearest;
    let sigma = if smooth { sigma(&map) } else { [0.0; 3] };
    let spreads = how.interpolation == Interpolation::Cubic || sigma.iter().any(|&s| s > 0.0);
    if spreads && image.non_finite() > 0 {
        let reason = format!("{} values are NaN or infinite and would spread; replace them first", image.non_finite());
        return Err(ImageError::Invalid(reason));
    }
    let voxels = values(image, lattice.shape, &map, sigma, how);
    let operation = Operation::Resample { how: *how, sigma };
    Ok((image.onto(voxels, lattice)?, Transform::one(operation, &Lattice::of(image), lattice, map)))
}

fn values(image: &Image, size: [usize; 3], map: &Affine, sigma: [f64; 3], how: &Resampling) -> Vec<f32> {
    let shape = image.shape();
    let mut held = smoothed(image.voxels(), shape, sigma);
    if how.interpolation == Interpolation::Cubic {
        let coefficients = held.get_or_insert_with(|| image.voxels().to_vec());
        (1..4).for_each(|axis| spline::prefilter(coefficients, &shape, axis));
    }
    let data = held.as_deref().unwrap_or(image.voxels());
    let fill = match how.border {
        Border::Edge => None,
        Border::Value(v) => Some(v),
        Border::NotANumber => Some(f32::NAN),
    };
    if separable::separates(map) {
        let mut out = separable::resample(data, shape, size, map, how.interpolation);
        if let Some(fill) = fill {
            separable::fill_outside(&mut out, shape, size, map, fill);
        }
        return out;
    }
    pointwise(data, shape, size, map, how.interpolation, fill)
}

fn pointwise(
    data: &[f32],
    [c, d, h, w]: [usize; 4],
    size: [usize; 3],
    map: &Affine,
    how: Interpolation,
    fill: Option<f32>,
) -> Vec<f32> {
    let rows = size[0] * size[1];
    let mut out = vec![0.0; c * rows * size[2]];
    out.par_chunks_exact_mut(size[2]).enumerate().for_each(|(row, line)| {
        let channel = &data[row / rows * (d * h * w)..][..d * h * w];
        let (z, y) = ((row % rows / size[1]) as f64, (row % size[1]) as f64);
        for (x, v) in line.iter_mut().enumerate() {
            let p = map.apply([x as f64, y, z]);
            let covered = inside(p[0], w) && inside(p[1], h) && inside(p[2], d);
            *v = match fill {
                Some(fill) if !covered => fill,
                _ => at(channel, [d, h, w], p, how),
            };
        }
    });
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preprocess::Sampling;
    use crate::{Format, Geometry, Orientation, Units};

    fn volume(shape: [usize; 4], affine: Affine, f: impl Fn([f64; 3]) -> f64) -> Image {
        let geometry = Geometry::oriented(affine);
        let [c, d, h, w] = shape;
        let mut values = vec![];
        for i in 0..c * d * h * w {
            let p = geometry.world([(i % w) as f64, (i / w % h) as f64, (i / w / h % d) as f64]);
            values.push((f(p) + (i / (d * h * w)) as f64) as f32);
        }
        let mut image = Image::new(values, shape, Units::Hounsfield, Format::Synthetic).unwrap();
        image.geometry = geometry;
        image
    }

    fn oblique() -> Affine {
        Affine { rows: [[-0.7, 0.2, 0.4, 12.0], [0.1, -0.9, 0.5, 9.0], [0.1, 0.3, 2.4, -20.0]] }
    }

    #[test]
    fn a_linear_function_of_the_world_is_the_same_on_every_grid() {
        let f = |p: [f64; 3]| 0.5 * p[0] - 0.25 * p[1] + 2.0 * p[2] + 3.0;
        let image = volume([2, 16, 30, 28], oblique(), f);
        let middle = image.geometry.world([13.5, 14.5, 7.5]);
        let target = Affine::scale_offset([0.5, -0.75, 1.25], [middle[0] - 1.0, middle[1] + 1.5, middle[2] - 2.5]);
        let lattice = Lattice { shape: [5, 5, 5], geometry: Geometry::oriented(target) };
        for (interpolation, tolerance) in [(Interpolation::Linear, 2e-5), (Interpolation::Cubic, 5e-3)] {
            let how = Resampling { interpolation, antialias: false, border: Border::NotANumber };
            let (found, transform) = resample_onto(&image, &lattice, &how).unwrap();
            let expected = volume([2, 5, 5, 5], target, f);
            for (a, b) in found.voxels().iter().zip(expected.voxels()) {
                assert!((a - b).abs() < tolerance, "{interpolation:?} {a} {b}");
            }
            let stored = serde_json::to_string(&transform).unwrap();
            assert_eq!(serde_json::from_str::<Transform>(&stored).unwrap(), transform);
        }
    }

    #[test]
    fn axis_by_axis_equals_point_by_point() {
        let image = volume([2, 5, 7, 6], oblique(), |p| (p[0] * 1.7).sin() * 40.0 + p[1] * p[2]);
        let map = Affine::scale_offset([0.6, -1.3, 1.0], [-0.9, 6.4, 0.0]);
        for interpolation in [Interpolation::Nearest, Interpolation::Linear, Interpolation::Cubic] {
            for fill in [None, Some(-7.0)] {
                let size = [5, 6, 13];
                let mut separate = separable::resample(image.voxels(), image.shape(), size, &map, interpolation);
                if let Some(fill) = fill {
                    separable::fill_outside(&mut separate, image.shape(), size, &map, fill);
                }
                let point = pointwise(image.voxels(), image.shape(), size, &map, interpolation, fill);
                for (a, b) in separate.iter().zip(&point) {
                    assert!((a - b).abs() < 1e-4, "{interpolation:?} {a} {b}");
                }
                assert_eq!(fill.is_some(), separate.contains(&-7.0));
            }
        }
    }

    #[test]
    fn the_record_of_two_steps_brings_a_map_home() {
        let image = volume([1, 6, 20, 24], oblique(), |p| p[0]);
        let (turned, first) = crate::volume::reorient(&image, Orientation::RAS).unwrap();
        let how = Resampling { interpolation: Interpolation::Linear, ..Resampling::default() };
        let (finer, second) = resample_to_spacing(&turned, [0.5, 0.6, 1.0], &how).unwrap();
        let whole = first.then(&second).unwrap();
        assert_eq!((whole.operations.len(), whole.grid.geometry), (2, finer.geometry));
        let back = whole.to_source(finer.voxels(), Sampling::Linear, f32::NAN).unwrap();
        let [d, h, w] = image.grid();
        for z in 1..d - 1 {
            for y in 1..h - 1 {
                for x in 1..w - 1 {
                    let i = (z * h + y) * w + x;
                    assert!((back[i] - image.voxels()[i]).abs() < 1e-4, "{x} {y} {z}");
                }
            }
        }
        assert!(second.then(&whole).is_err());
    }

    #[test]
    fn smoothing_keeps_the_finest_stripes_out_of_a_coarse_grid() {
        let stripes: Vec<f32> = (0..64).map(|i| (i % 2) as f32).collect();
        let mut image = Image::new(stripes, [1, 1, 1, 64], Units::Intensity, Format::Synthetic).unwrap();
        image.geometry = Geometry::spacing([1.0; 3]);
        let spread = |antialias| {
            let how = Resampling { antialias, ..Resampling::default() };
            let (coarse, _) = resample_to_spacing(&image, [3.9, 1.0, 1.0], &how).unwrap();
            let inner = &coarse.voxels()[2..14];
            inner.iter().fold(0.0f32, |m, v| m.max((v - 0.5).abs()))
        };
        assert!(spread(false) > 0.3);
        assert!(spread(true) < 0.01);
    }

    #[test]
    fn values_that_would_spread_are_refused() {
        let mut image = volume([1, 4, 4, 4], oblique(), |p| p[0]);
        let mut voxels = image.voxels().to_vec();
        voxels[5] = f32::NAN;
        image = image.onto(voxels, &Lattice::of(&image)).unwrap();
        let cubic = Resampling { interpolation: Interpolation::Cubic, ..Resampling::default() };
        assert!(resample_to_spacing(&image, [1.0; 3], &cubic).is_err());
        assert!(resample_to_spacing(&image, [5.0; 3], &Resampling::default()).is_err());
        let labels = Resampling { interpolation: Interpolation::Nearest, ..Resampling::default() };
        assert!(resample_to_spacing(&image, [5.0; 3], &labels).is_ok());
        for shape in [[0, 1, 1], [1 << 20, 1 << 20, 1 << 20]] {
            assert!(resample_onto(&image, &Lattice { shape, ..Lattice::of(&image) }, &labels).is_err());
        }
        image.geometry = Geometry::spacing([1.0; 3]);
        assert!(resample_onto(&image, &Lattice::of(&image), &labels).is_err());
    }
}

//! Permuting and reversing axes until they run in wanted directions of the body.

use rayon::prelude::*;

use super::lattice::Lattice;
use super::transform::{Operation, Transform};
use crate::{Affine, Image, ImageError, Orientation, Result};

/// The image with its axes permuted and reversed so that they run as `to` says, as closely as the grid allows. No value changes, and every voxel
/// keeps its place in the world; an oblique grid stays oblique.
///
/// # Errors
/// When the image doesn't know its orientation.
pub fn reorient(image: &Image, to: Orientation) -> Result<(Image, Transform)> {
    if !image.geometry.orientation_known() {
        return Err(ImageError::Invalid("the image says nothing of the patient's directions".into()));
    }
    let from = image.geometry.orientation();
    let axes = to.axes_in(from);
    let old = image.grid();
    // Axes of the array are D, H, W; those of coordinates are x, y, z = W, H, D.
    let source: [usize; 3] = std::array::from_fn(|i| 2 - axes[2 - i].0);
    let flip: [bool; 3] = std::array::from_fn(|i| axes[2 - i].1);
    let shape: [usize; 3] = std::array::from_fn(|i| old[source[i]]);
    let mut rows = [[0.0; 4]; 3];
    for (new, &(axis, reversed)) in axes.iter().enumerate() {
        rows[axis][new] = if reversed { -1.0 } else { 1.0 };
        rows[axis][3] = if reversed { (old[2 - axis] - 1) as f64 } else { 0.0 };
    }
    let source_from_grid = Affine { rows };
    let lattice = Lattice { shape, geometry: image.geometry.regrid(&source_from_grid) };
    let voxels = permuted(image.voxels(), image.shape(), source, flip);
    let operation = Operation::Reorient { from, to };
    let transform = Transform::one(operation, &Lattice::of(image), &lattice, source_from_grid);
    Ok((image.onto(voxels, &lattice)?, transform))
}

/// Values of shape `[C, D, H, W]` whose spatial axis `i` becomes axis `from[i]` of the old ones, reversed where `flip`.
pub(crate) fn permuted(values: &[f32], [c, d, h, w]: [usize; 4], from: [usize; 3], flip: [bool; 3]) -> Vec<f32> {
    let old = [d, h, w];
    let strides = [(h * w) as isize, w as isize, 1];
    let size = from.map(|f| old[f]);
    let step: [isize; 3] = std::array::from_fn(|i| if flip[i] { -strides[from[i]] } else { strides[from[i]] });
    let start: isize = (0..3).map(|i| if flip[i] { (size[i] as isize - 1) * strides[from[i]] } else { 0 }).sum();
    let mut out = vec![0.0; values.len()];
    let rows = size[0] * size[1];
    out.par_chunks_exact_mut(size[2]).enumerate().for_each(|(row, line)| {
        let channel = &values[row / rows * (values.len() / c)..];
        let (i, j) = (row % rows / size[1], row % size[1]);
        let first = start + i as isize * step[0] + j as isize * step[1];
        for (k, v) in line.iter_mut().enumerate() {
            *v = channel[(first + k as isize * step[2]) as usize];
        }
    });
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preprocess::Sampling;
    use crate::{Format, Geometry, Units};

    #[test]
    fn every_voxel_keeps_its_value_and_place_under_all_orientations() {
        let mut image =
            Image::new((0..2 * 24).map(|v| v as f32).collect(), [2, 2, 3, 4], Units::Intensity, Format::Synthetic)
                .unwrap();
        let affine = Affine { rows: [[0.1, -1.5, 0.2, 7.0], [0.8, 0.3, 0.1, -3.0], [0.0, 0.1, 4.0, 2.0]] };
        image.geometry = Geometry::oriented(affine);
        let value = |image: &Image, c: usize, p: [f64; 3]| {
            let [_, d, h, w] = image.shape();
            let [x, y, z] = p.map(|v| v.round() as usize);
            image.voxels()[((c * d + z) * h + y) * w + x]
        };
        let letters = [['R', 'L'], ['A', 'P'], ['S', 'I']];
        for permutation in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            for signs in 0..8usize {
                let codes = std::array::from_fn(|i| letters[permutation[i]][signs >> i & 1]);
                let to = Orientation::new(codes).unwrap();
                let (turned, transform) = reorient(&image, to).unwrap();
                assert_eq!(turned.geometry.orientation(), to);
                for z in 0..2 {
                    for y in 0..3 {
                        for x in 0..4 {
                            let p = [x as f64, y as f64, z as f64];
                            let q = turned.geometry.voxel(image.geometry.world(p)).unwrap();
                            assert_eq!(value(&turned, 1, q), value(&image, 1, p));
                        }
                    }
                }
                let back = transform.to_source(turned.channel(1).unwrap(), Sampling::Nearest, f32::NAN).unwrap();
                assert_eq!(back, image.channel(1).unwrap());
            }
        }
    }

    #[test]
    fn an_image_without_orientation_is_refused() {
        let image = Image::new(vec![0.0; 8], [1, 2, 2, 2], Units::Intensity, Format::Synthetic).unwrap();
        assert!(reorient(&image, Orientation::RAS).is_err());
    }
}

//! Superpixels and supervoxels: regions that methods switch on and off together.
//!
//! Spacing counts relative to the finest axis, so labels don't depend on the unit of length; a standard deviation is in samples of that axis.

mod connect;
mod felzenszwalb;
mod field;
mod grid;
mod labels;
mod lattice;
mod quickshift;
mod seeds;
mod slic;
mod watershed;

use serde::{Deserialize, Serialize};

pub use felzenszwalb::Felzenszwalb;
pub use grid::Grid;
pub use labels::Labels;
pub use quickshift::Quickshift;
pub use slic::Slic;
pub use watershed::{Watershed, flood};

use crate::{ImageError, Result};
use field::Field;

/// A way to cut an image into regions, with its parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Segmenter {
    /// Boxes of nearly equal size.
    Grid(Grid),
    /// Clusters of place and colour.
    Slic(Slic),
    /// Regions grown along a graph of neighbours.
    Felzenszwalb(Felzenszwalb),
    /// Modes of a density over place and colour; 2-D only.
    Quickshift(Quickshift),
    /// Basins of the gradient.
    Watershed(Watershed),
}

impl Segmenter {
    /// The quick shift that LIME and Anchors use for photographs.
    pub fn lime() -> Segmenter {
        Segmenter::Quickshift(Quickshift { ratio: 0.2, kernel: 4.0, max_distance: 200.0, ..Quickshift::default() })
    }

    /// About `segments` clusters of place and colour.
    pub fn slic(segments: usize) -> Segmenter {
        Segmenter::Slic(Slic { segments, ..Slic::default() })
    }

    /// Labels an image of `C x H x W` or `C x D x H x W` values; `spacing` has one entry for each spatial axis.
    ///
    /// # Errors
    /// When the values don't fill the shape or aren't finite, the spacing or a parameter is out of range, or the method can't do 3-D.
    pub fn label(&self, values: &[f32], shape: &[usize], spacing: &[f64]) -> Result<Labels> {
        self.run(&Field::new(values, shape, spacing, None)?, shape)
    }

    /// As [`Segmenter::label`], within a mask of one entry for each place. Places outside are [`Labels::OUTSIDE`] and influence nothing,
    /// except that a blur mixes across the edge of the mask.
    ///
    /// # Errors
    /// As [`Segmenter::label`], and when the mask has another size or is empty.
    pub fn label_within(&self, values: &[f32], shape: &[usize], spacing: &[f64], mask: &[bool]) -> Result<Labels> {
        self.run(&Field::new(values, shape, spacing, Some(mask))?, shape)
    }

    fn run(&self, field: &Field, shape: &[usize]) -> Result<Labels> {
        let raw = match self {
            Segmenter::Grid(p) => p.run(field)?,
            Segmenter::Slic(p) => p.run(field)?,
            Segmenter::Felzenszwalb(p) => p.run(field)?,
            Segmenter::Quickshift(p) => p.run(field)?,
            Segmenter::Watershed(p) => p.run(field)?,
        };
        Ok(Labels::compact(shape[1..].to_vec(), raw))
    }
}

/// Refuses a parameter that isn't a number of the allowed range.
fn check(name: &str, value: f64, allowed: impl Fn(f64) -> bool, range: &str) -> Result<()> {
    if value.is_finite() && allowed(value) {
        return Ok(());
    }
    Err(ImageError::Invalid(format!("`{name}` of the superpixels is {value}, but must be {range}")))
}

/// Refuses a number of regions of zero.
fn check_segments(segments: usize) -> Result<()> {
    check("segments", segments as f64, |v| v >= 1.0, "at least 1")
}

/// Refuses a standard deviation that is negative, or whose kernel would be larger than any image.
fn check_sigma(sigma: f64) -> Result<()> {
    check("sigma", sigma, |v| (0.0..=10_000.0).contains(&v), "from 0 to 10000")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    fn all() -> Vec<Segmenter> {
        vec![
            Segmenter::Grid(Grid { segments: 6 }),
            Segmenter::slic(6),
            Segmenter::Felzenszwalb(Felzenszwalb { sigma: 0.0, ..Felzenszwalb::default() }),
            Segmenter::Quickshift(Quickshift::default()),
            Segmenter::Watershed(Watershed { segments: 6, sigma: 0.0, compactness: 0.01 }),
        ]
    }

    fn noise(count: usize, seed: u64) -> Vec<f32> {
        let mut stream = Stream::new(seed, 0);
        (0..count).map(|_| stream.uniform() as f32).collect()
    }

    #[test]
    fn labels_are_contiguous_in_every_dimension_and_only_inside() {
        for shape in [vec![3, 1, 1], vec![1, 1, 13], vec![3, 11, 12], vec![1, 4, 7, 6], vec![3, 4, 1, 6]] {
            let places: usize = shape[1..].iter().product();
            let values = noise(shape.iter().product(), 1);
            let mask: Vec<bool> = (0..places).map(|p| p % 5 != 1).collect();
            for segmenter in all() {
                if matches!(segmenter, Segmenter::Quickshift(_)) && shape.len() > 3 {
                    continue;
                }
                let spacing = &[3.0, 1.5, 1.0][4 - shape.len()..];
                let whole = segmenter.label(&values, &shape, spacing).unwrap();
                let part = segmenter.label_within(&values, &shape, spacing, &mask).unwrap();
                assert!(whole.count > 0 && whole.members().iter().all(|m| !m.is_empty()), "{segmenter:?} {shape:?}");
                assert!(whole.labels.iter().all(|&l| (l as usize) < whole.count));
                assert!(part.labels.iter().zip(&mask).all(|(&l, &m)| ((l as usize) < part.count) == m));
                assert_eq!(part.shape, shape[1..]);
            }
        }
    }

    #[test]
    fn what_lies_outside_the_mask_does_not_matter() {
        let mask: Vec<bool> = (0..14 * 15).map(|p| p % 15 > 4).collect();
        let values = noise(14 * 15, 2);
        let other: Vec<f32> = values.iter().zip(&mask).map(|(&v, &m)| if m { v } else { 7.0 - v }).collect();
        for segmenter in all() {
            let label = |v: &[f32]| segmenter.label_within(v, &[1, 14, 15], &[1.0, 1.0], &mask).unwrap();
            assert_eq!(label(&values), label(&other), "{segmenter:?}");
        }
    }
}

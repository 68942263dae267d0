//! Modes of a density over place and colour.
//!
//! # Source
//! Vedaldi and Soatto, "Quick shift and kernel methods for mode seeking", ECCV 2008.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::field::Field;
use super::{Labels, check, check_sigma};
use crate::random::Stream;
use crate::{ImageError, Result};

/// Links every place to the nearest one of higher density; trees are the regions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Quickshift {
    /// Weight of colour against place.
    pub ratio: f64,
    /// Standard deviation of the kernel, in samples; places up to three of it apart are compared.
    pub kernel: f64,
    /// Links longer than this are cut.
    pub max_distance: f64,
    /// Standard deviation of a blur beforehand, in samples of the finest axis.
    pub sigma: f64,
    /// Compare in CIE L*a*b*; values must then be of `[0, 1]`, and one channel counts as grey.
    pub lab: bool,
    /// Seed of the noise of 1e-5 that decides between equal densities.
    pub seed: u64,
}

impl Default for Quickshift {
    fn default() -> Quickshift {
        Quickshift { ratio: 1.0, kernel: 5.0, max_distance: 10.0, sigma: 0.0, lab: true, seed: 42 }
    }
}

impl Quickshift {
    pub(super) fn run(&self, field: &Field) -> Result<Vec<u32>> {
        check("ratio", self.ratio, |v| v >= 0.0, "at least 0")?;
        check("kernel", self.kernel, |v| v > 0.0, "above 0")?;
        check("max_distance", self.max_distance, |v| v >= 0.0, "at least 0")?;
        check_sigma(self.sigma)?;
        if field.size[0] > 1 {
            return Err(ImageError::Invalid("quick shift is for 2-D images; use `slic` in 3-D".into()));
        }
        let field = self.prepared(field)?;
        let density = self.density(&field);
        let parent = self.parents(&field, &density);
        let label = |place: usize| if field.inside(place) { root(&parent, place) as u32 } else { Labels::OUTSIDE };
        Ok((0..field.places()).map(label).collect())
    }

    fn prepared<'m>(&self, field: &Field<'m>) -> Result<Field<'m>> {
        let colours = match (self.lab, field.channels) {
            (true, 1 | 3) => field.lab(),
            (true, n) => {
                let text = format!("L*a*b* needs 1 or 3 channels, the image has {n}; turn `lab` off for quick shift");
                return Err(ImageError::Invalid(text));
            }
            (false, _) => field.clone(),
        };
        Ok(colours.blurred(self.sigma).map(|v| v * self.ratio))
    }

    /// Places inside that are near enough to matter, in C order.
    fn near<'f>(&self, field: &'f Field, place: usize) -> impl Iterator<Item = usize> + use<'f> {
        let radius = (3.0 * self.kernel).ceil() as usize;
        let [_, h, w] = field.size;
        let (y, x) = (place / w, place % w);
        let rows = y.saturating_sub(radius)..y.saturating_add(radius).saturating_add(1).min(h);
        let columns = x.saturating_sub(radius)..x.saturating_add(radius).saturating_add(1).min(w);
        rows.flat_map(move |y| columns.clone().map(move |x| y * w + x)).filter(|&p| field.inside(p))
    }

    fn density(&self, field: &Field) -> Vec<f64> {
        let factor = -0.5 / (self.kernel * self.kernel);
        let sum = |p: usize| self.near(field, p).map(|q| (factor * distance(field, p, q)).exp()).sum::<f64>();
        let mut density: Vec<f64> = (0..field.places()).into_par_iter().map(sum).collect();
        let mut noise = Stream::new(self.seed, 0);
        density.iter_mut().for_each(|d| *d += 1e-5 * noise.normal());
        density
    }

    /// Roots are their own parents.
    fn parents(&self, field: &Field, density: &[f64]) -> Vec<usize> {
        let parent = |p: usize| {
            let mut nearest = (f64::INFINITY, p);
            for q in self.near(field, p).filter(|&q| density[q] > density[p]) {
                let d = distance(field, p, q);
                if d < nearest.0 {
                    nearest = (d, q);
                }
            }
            if nearest.0.sqrt() > self.max_distance { p } else { nearest.1 }
        };
        (0..field.places()).into_par_iter().map(parent).collect()
    }
}

/// Squared distance of two places in space and colour.
fn distance(field: &Field, a: usize, b: usize) -> f64 {
    let (at, to) = (field.position(a), field.position(b));
    let along = |axis: usize| ((at[axis] as f64 - to[axis] as f64) * field.spacing[axis]).powi(2);
    field.contrast(a, b) + along(1) + along(2)
}

fn root(parent: &[usize], mut place: usize) -> usize {
    while parent[place] != place {
        place = parent[place];
    }
    place
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::Segmenter;

    #[test]
    fn two_colours_make_two_regions() {
        let values: Vec<f32> = (0..8 * 10).map(|i| if i % 10 < 5 { 0.0 } else { 1.0 }).collect();
        let shift = Segmenter::Quickshift(Quickshift { max_distance: 20.0, ..Quickshift::default() });
        let labels = shift.label(&values, &[1, 8, 10], &[1.0, 1.0]).unwrap();
        assert_eq!(labels.count, 2);
        assert!((0..80).all(|i| labels.labels[i] == u32::from(i % 10 >= 5)));
    }

    #[test]
    fn volumes_and_odd_channels_are_refused() {
        let shift = Segmenter::Quickshift(Quickshift::default());
        assert!(shift.label(&[0.0; 8], &[1, 2, 2, 2], &[1.0; 3]).is_err());
        assert!(shift.label(&[0.0; 8], &[2, 2, 2], &[1.0; 2]).is_err());
    }
}

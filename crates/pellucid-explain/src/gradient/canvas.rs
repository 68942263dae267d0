//! Inputs that are made anew step by step, and rolled so that no place of the grid is special.

use crate::context::Context;
use crate::gradient::ascent::Ascent;
use crate::gradient::field::Field;
use crate::gradient::image_prior::Prior;
use crate::params::Values;
use crate::perturbation::site::Site;
use crate::random::Stream;
use crate::{ExplainError, Result};

/// An input that is made anew.
pub(crate) struct Canvas {
    pub site: Site,
    /// Place among the inputs of real numbers.
    pub place: usize,
    pub image: Vec<f64>,
    /// Smallest and largest value of the sample.
    pub range: (f64, f64),
    ascent: Ascent,
}

impl Canvas {
    /// One step; gives what the prior takes off the objective before it.
    pub fn follow(&mut self, gradient: &[f64], shift: &[usize], prior: Prior) -> f64 {
        let grid = self.site.planes.spatial();
        let back: Vec<usize> = grid.iter().zip(shift).map(|(n, s)| (n - s % n) % n).collect();
        let mut slope = rolled(&self.site.planes.split_values(gradient), grid, &back);
        let (value, pull) = prior.at(&self.image, grid);
        slope.iter_mut().zip(&pull).for_each(|(s, p)| *s -= p);
        self.ascent.step(&mut self.image, &slope);
        value
    }
}

/// The inputs of real numbers with the images in place, each rolled.
pub(crate) fn point(clean: &Field, canvases: &[Canvas], shift: &[usize]) -> Field {
    let mut point = clean.clone();
    for c in canvases {
        point[c.place] = c.site.planes.join_values(rolled(&c.image, c.site.planes.spatial(), shift));
    }
    point
}

/// Every channel moved along each axis, what leaves at one end coming back at the other.
fn rolled(x: &[f64], grid: &[usize], shift: &[usize]) -> Vec<f64> {
    let mut out = x.to_vec();
    for (axis, &s) in shift.iter().enumerate().filter(|s| *s.1 > 0) {
        let inner: usize = grid[axis + 1..].iter().product();
        out.chunks_mut(grid[axis] * inner).for_each(|block| block.rotate_right(s % grid[axis] * inner));
    }
    out
}

/// How far the image is rolled along each axis before a step.
pub(crate) fn shift(grid: &[usize], jitter: usize, seed: u64, step: usize) -> Vec<usize> {
    let mut stream = Stream::new(seed, step, usize::MAX);
    let choices = 2 * jitter + 1;
    let draw = |n: &usize| {
        let steps = ((stream.uniform() * choices as f64).ceil() as usize).clamp(1, choices) - 1;
        (steps + n - jitter % n) % n
    };
    grid.iter().map(draw).collect()
}

/// A canvas for each site, with its first image.
///
/// # Errors
/// When an image handed in doesn't fit.
pub(crate) fn canvases(context: &Context, sites: Vec<Site>, values: &Values) -> Result<Vec<Canvas>> {
    let floats: Vec<usize> = (0..context.inputs.len()).filter(|&i| context.inputs[i].dtype().is_float()).collect();
    let alone = sites.len() == 1;
    let mut out = Vec::with_capacity(sites.len());
    for (part, site) in sites.into_iter().enumerate() {
        let place = floats.iter().position(|&i| i == site.input).unwrap_or_default();
        let low = site.values.iter().copied().fold(f64::INFINITY, f64::min);
        let high = site.values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let n = site.values.len();
        let image = match handed_in(context, &site, alone)? {
            Some(image) => image,
            None => match values.word("start") {
                "input" => site.values.clone(),
                "zero" => vec![0.0; n],
                _ => {
                    let mut stream = Stream::new(values.int("seed") as u64, 0, part);
                    (0..n).map(|_| low + (high - low) * stream.uniform()).collect()
                }
            },
        };
        let rate = match values.float("rate") {
            0.0 if high > low => (high - low) / 255.0,
            0.0 => 1.0 / 255.0,
            stated => stated,
        };
        let ascent = match values.word("optimiser") {
            "sgd" => Ascent::Sgd { rate, momentum: values.float("momentum"), velocity: vec![0.0; n] },
            _ => Ascent::RmsProp { rate, rho: values.float("rho"), squares: vec![0.0; n] },
        };
        out.push(Canvas { site, place, image, range: (low, high), ascent });
    }
    Ok(out)
}

/// The first image, handed in for an input by name, or without one where it is the only one.
fn handed_in(context: &Context, site: &Site, alone: bool) -> Result<Option<Vec<f64>>> {
    let name = context.model.inputs()?.swap_remove(site.input).0;
    let own = format!("start_{name}");
    let key = if context.injected.contains_key(&own) || !alone { own } else { "start".to_string() };
    let Some(tensor) = context.injected(&key, context.inputs[site.input].shape())? else { return Ok(None) };
    match tensor.first_non_finite() {
        Some(index) => Err(ExplainError::Input { input: key, reason: format!("element {index} isn't finite") }),
        None => Ok(Some(site.planes.split(&tensor))),
    }
}

#[cfg(test)]
mod tests {
    use super::{rolled, shift};

    #[test]
    fn rolling_goes_around_and_covers_both_directions() {
        assert_eq!(rolled(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &[3], &[1]), [3.0, 1.0, 2.0, 6.0, 4.0, 5.0]);
        assert_eq!(rolled(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &[2, 3], &[1, 2]), [5.0, 6.0, 4.0, 2.0, 3.0, 1.0]);
        let mut seen: Vec<usize> = (0..200).flat_map(|step| shift(&[9], 2, 0, step)).collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen, [0, 1, 2, 7, 8]);
        assert!((0..50).flat_map(|step| shift(&[2, 3], 4, 0, step)).all(|s| s < 3));
    }
}

//! Heatmaps that know nothing of the model: a method that doesn't beat them on a metric is no better than nothing. Put them into every table.

use crate::image::{Image, coordinates, strides};
use crate::random::Stream;

/// Uniform values in `(0, 1]`, seeded.
pub fn random(grid: &[usize], seed: u64) -> Vec<f64> {
    let mut stream = Stream::new(seed, 0x726e);
    (0..grid.iter().product()).map(|_| stream.uniform()).collect()
}

/// Nearness to the centre: 1 there, falling linearly to 0 at the far corner.
pub fn centre(grid: &[usize]) -> Vec<f64> {
    let middle: Vec<f64> = grid.iter().map(|&g| (g as f64 - 1.0) / 2.0).collect();
    let far = middle.iter().map(|m| m * m).sum::<f64>().sqrt();
    let distance = |site: usize| {
        let at = coordinates(grid, site);
        at.iter().zip(&middle).map(|(&c, m)| (c as f64 - m).powi(2)).sum::<f64>().sqrt()
    };
    let near = |site: usize| if far == 0.0 { 1.0 } else { (1.0 - distance(site) / far).max(0.0) };
    (0..grid.iter().product()).map(near).collect()
}

/// Size of the image's gradient by central differences (one-sided at borders), over all axes and channels: an edge detector.
pub fn edges(image: &Image) -> Vec<f64> {
    let sites = image.sites();
    let steps = strides(image.grid);
    let slope = |channel: &[f64], site: usize, axis: usize| {
        let (at, last) = (site / steps[axis] % image.grid[axis], image.grid[axis] - 1);
        let (before, after) = (usize::from(at > 0), usize::from(at < last));
        let span = (before + after).max(1) as f64;
        (channel[site + after * steps[axis]] - channel[site - before * steps[axis]]) / span
    };
    let size = |site: usize| {
        let channels = image.values.chunks_exact(sites);
        channels.flat_map(|c| (0..steps.len()).map(move |a| slope(c, site, a).powi(2))).sum::<f64>().sqrt()
    };
    (0..sites).map(size).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_controls_look_at_the_image_at_most() {
        assert_eq!(centre(&[1, 3]), [0.0, 1.0, 0.0]);
        assert_eq!(centre(&[1, 1]), [1.0]);
        let (grid, x) = ([2, 4], [0.0, 0.0, 2.0, 2.0, 0.0, 0.0, 2.0, 2.0]);
        assert_eq!(edges(&Image::new(1, &grid, &x).unwrap()), [0.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0, 0.0]);
        assert_eq!(random(&[3, 3], 1), random(&[3, 3], 1));
        assert_ne!(random(&[3, 3], 1), random(&[3, 3], 2));
    }
}

//! Parts of an input's spatial grid: handed in as labels, the cells of a regular grid, or superpixels of the input.

use pellucid_image::segment::{Felzenszwalb, Segmenter, Slic, Watershed};

use crate::context::Context;
use crate::params::{ParamSpec, Values, choice, int, text};
use crate::perturbation::site::Site;
use crate::{ExplainError, Result};

/// How segments are made.
pub(crate) const SEGMENTER: ParamSpec = choice(
    "segmenter",
    "grid",
    &["grid", "slic", "felzenszwalb", "quickshift", "watershed"],
    "how segments are made where none are handed in: a regular grid, or superpixels of the input (quickshift in 2-D only)",
);

/// How many superpixels.
pub(crate) const COUNT: ParamSpec =
    int("superpixels", 64, 2, 2048, "about how many superpixels `slic` and `watershed` make");

/// Cells per axis.
pub(crate) const CELLS: ParamSpec = text(
    "cells",
    "",
    "segments per axis, one number or one per axis, where no `segments` are handed in; 8 (4 in 3-D), of 2^M methods 3 (2 in 3-D), when empty",
);

/// Every position of a grid belongs to one segment.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Segments {
    /// Segment of each position, row-major.
    pub labels: Vec<usize>,
    /// Number of segments.
    pub count: usize,
}

impl Segments {
    /// The array `segments`, of the shape of the input's grid, superpixels of the input, or a regular grid of `cells`, by default as many as
    /// `cells` says.
    pub fn new(context: &Context, method: &str, values: &Values, site: &Site, cells: usize) -> Result<Segments> {
        let grid = site.planes.spatial();
        let Some(given) = context.injected("segments", grid)? else {
            if let Some(segmenter) = segmenter(values, site.values.len() / site.planes.positions().max(1)) {
                return superpixels(&segmenter, site);
            }
            let cells = cells_of(values.word("cells"), grid, cells)
                .map_err(|reason| ExplainError::Parameter { method: method.into(), reason })?;
            return Ok(Segments::regular(grid, &cells));
        };
        Segments::of_labels(&given.to_f64()).map_err(|reason| ExplainError::Input { input: "segments".into(), reason })
    }

    /// Every element of a vector on its own.
    pub fn elements(count: usize) -> Segments {
        Segments { labels: (0..count).collect(), count }
    }

    /// Labels must be whole numbers from 0 on, each in use: a label without a position would be a segment that nothing can switch.
    fn of_labels(given: &[f64]) -> std::result::Result<Segments, String> {
        let limit = given.len() as f64;
        let fits = |v: f64| v >= 0.0 && v < limit && v.fract() == 0.0;
        if let Some((i, v)) = given.iter().enumerate().find(|(_, v)| !fits(**v)) {
            return Err(format!("element {i} is {v}, expected labels 0, 1, 2, .. without a gap"));
        }
        let labels: Vec<usize> = given.iter().map(|v| *v as usize).collect();
        let count = labels.iter().max().map_or(0, |m| m + 1);
        let mut used = vec![false; count];
        labels.iter().for_each(|&l| used[l] = true);
        match used.iter().position(|u| !u) {
            Some(gap) => Err(format!("label {gap} isn't used, but {} is: labels must have no gap", count - 1)),
            None => Ok(Segments { labels, count }),
        }
    }

    /// Boxes that differ by at most one position along each axis.
    fn regular(grid: &[usize], cells: &[usize]) -> Segments {
        let size: usize = grid.iter().product();
        let label = |p: usize| {
            let (mut rest, mut label, mut step) = (p, 0, 1);
            for (n, c) in grid.iter().zip(cells).rev() {
                label += rest % n * c / n * step;
                rest /= n;
                step *= c;
            }
            label
        };
        Segments { labels: (0..size).map(label).collect(), count: cells.iter().product() }
    }

    /// The value of each position's segment.
    pub fn paint(&self, values: &[f64]) -> Vec<f32> {
        self.labels.iter().map(|&l| values[l] as f32).collect()
    }

    /// Each channel of `x` (`C x S..`) with every segment replaced by its mean.
    pub fn means(&self, x: &[f64]) -> Vec<f64> {
        let mut size = vec![0.0; self.count];
        self.labels.iter().for_each(|&l| size[l] += 1.0);
        let channel = |x: &[f64]| {
            let mut sum = vec![0.0; self.count];
            self.labels.iter().zip(x).for_each(|(&l, v)| sum[l] += v);
            self.labels.iter().map(|&l| sum[l] / size[l]).collect::<Vec<_>>()
        };
        x.chunks(self.labels.len().max(1)).flat_map(channel).collect()
    }
}

/// The segmenter that the parameters name; `None` for the regular grid.
fn segmenter(values: &Values, channels: usize) -> Option<Segmenter> {
    let segments = values.count("superpixels");
    match values.word("segmenter") {
        "slic" => {
            // colour in CIELAB reaches 100, one channel 1
            let compactness = if channels == 3 { 10.0 } else { 0.1 };
            Some(Segmenter::Slic(Slic { segments, compactness, ..Slic::default() }))
        }
        "felzenszwalb" => Some(Segmenter::Felzenszwalb(Felzenszwalb::default())),
        "quickshift" => Some(Segmenter::lime()),
        "watershed" => Some(Segmenter::Watershed(Watershed { segments, ..Watershed::default() })),
        _ => None,
    }
}

/// Superpixels of an input, its values brought to 0 to 1: model units differ from model to model, and segmenters weigh colour against place.
fn superpixels(segmenter: &Segmenter, site: &Site) -> Result<Segments> {
    let grid = site.planes.spatial();
    let low = site.values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = site.values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let range = if high > low { high - low } else { 1.0 };
    let channels = site.values.len() / site.planes.positions().max(1);
    // quick shift weighs place against CIELAB, which reaches 100
    let top = if matches!(segmenter, Segmenter::Quickshift(_)) && channels != 3 { 100.0 } else { 1.0 };
    let unit: Vec<f32> = site.values.iter().map(|v| (top * (v - low) / range) as f32).collect();
    let shape = [&[channels], grid].concat();
    let labels = segmenter.label(&unit, &shape, &vec![1.0; grid.len()]).map_err(|e| ExplainError::Input {
        input: "segments".into(),
        reason: format!("superpixels of the input can't be made: {e}"),
    })?;
    Ok(Segments { labels: labels.labels.iter().map(|&l| l as usize).collect(), count: labels.count })
}

/// Cells along each axis, from text such as `4` or `4,3`.
fn cells_of(given: &str, grid: &[usize], default: usize) -> std::result::Result<Vec<usize>, String> {
    if given.trim().is_empty() {
        return Ok(grid.iter().map(|n| default.min(*n)).collect());
    }
    let parsed: Option<Vec<usize>> =
        given.split([',', 'x']).map(|s| s.trim().parse().ok().filter(|n| *n > 0)).collect();
    let cells = match parsed {
        Some(n) if n.len() == grid.len() => n,
        Some(n) if n.len() == 1 => vec![n[0]; grid.len()],
        _ => {
            return Err(format!(
                "`cells` is `{given}`, expected a whole number above 0, or {} of them separated by commas",
                grid.len()
            ));
        }
    };
    match (0..grid.len()).find(|&a| cells[a] > grid[a]) {
        Some(a) => Err(format!("`cells` is {cells:?}, more than the input, {grid:?}, has along axis {a}")),
        None => Ok(cells),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::planes::Planes;

    #[test]
    fn cells_cover_a_grid_evenly() {
        let s = Segments::regular(&[3, 5], &[2, 2]);
        assert_eq!(s.labels, [0, 0, 0, 1, 1, 0, 0, 0, 1, 1, 2, 2, 2, 3, 3]);
        for (grid, cells) in [(vec![7, 9], vec![3, 4]), (vec![4, 5, 6], vec![2, 5, 4]), (vec![3, 3], vec![3, 3])] {
            let s = Segments::regular(&grid, &cells);
            let again = Segments::of_labels(&s.labels.iter().map(|&l| l as f64).collect::<Vec<_>>()).unwrap();
            assert_eq!(s, again);
        }
    }

    #[test]
    fn superpixels_follow_the_edges_of_the_input() {
        static SPECS: &[ParamSpec] = &[SEGMENTER, COUNT];
        let mut values = vec![0.0; 24 * 24];
        // a bright square, off the grid of any regular cells
        (5..17).for_each(|y| (7..20).for_each(|x| values[y * 24 + x] = 900.0));
        let site = Site::of(Planes::new(&[1, 1, 24, 24], false), values.clone());
        for name in ["slic", "felzenszwalb", "quickshift", "watershed"] {
            let given = std::collections::BTreeMap::from([
                ("segmenter".to_string(), name.into()),
                ("superpixels".to_string(), 16.into()),
            ]);
            let values_of = Values::resolve("m", SPECS, &given).unwrap();
            let s = superpixels(&segmenter(&values_of, 1).unwrap(), &site).unwrap();
            let mean = s.means(&values);
            let off = mean.iter().zip(&values).filter(|(m, v)| (*m - *v).abs() > 450.0).count();
            assert!(s.count > 1 && off < 12, "{name}: {off} positions lie in a segment of the other side");
        }
    }

    #[test]
    fn cells_that_do_not_fit_are_refused() {
        assert_eq!(cells_of("", &[9, 2], 4).unwrap(), [4, 2]);
        assert_eq!(cells_of("3", &[9, 8], 4).unwrap(), [3, 3]);
        assert_eq!(cells_of("3,2", &[9, 8], 4).unwrap(), [3, 2]);
        for wrong in ["0", "a", "2,2,2", "10"] {
            assert!(cells_of(wrong, &[9, 8], 4).is_err(), "{wrong}");
        }
    }

    #[test]
    fn labels_must_be_whole_and_without_gaps() {
        assert_eq!(Segments::of_labels(&[1.0, 0.0, 1.0]).unwrap().count, 2);
        for (wrong, words) in [
            ([0.0, 2.0, 0.0], "label 1 isn't used"),
            ([1.0, 1.0, 1.0], "label 0 isn't used"),
            ([0.0, 0.5, 1.0], "element 1"),
            ([-1.0, 0.0, 1.0], "element 0"),
            ([0.0, 1.0, f64::NAN], "element 2"),
            ([0.0, 1.0, 1e9], "element 2"),
        ] {
            assert!(Segments::of_labels(&wrong).unwrap_err().contains(words));
        }
    }

    #[test]
    fn means_are_taken_per_channel_and_segment() {
        let s = Segments { labels: vec![0, 1, 0], count: 2 };
        assert_eq!(s.means(&[1.0, 5.0, 3.0, -2.0, 7.0, 4.0]), [2.0, 5.0, 2.0, 1.0, 7.0, 1.0]);
        assert_eq!(s.paint(&[0.5, -1.0]), [0.5, -1.0, 0.5]);
    }
}

//! Overlapping regions of an image: handed in, or graph-based segments at several scales, each grown by a ball.

use pellucid_image::resize::{Resample, resample};
use pellucid_image::segment::{Felzenszwalb, Segmenter};

use crate::context::Context;
use crate::params::{ParamSpec, Values, float, int, text};
use crate::perturbation::site::Site;
use crate::{ExplainError, Result};

/// How regions are made.
pub(crate) const SEGMENTATION: [ParamSpec; 5] = [
    text(
        "scales",
        "50,100,150,250,500,1200",
        "scales of graph-based segmentation, of an image from -1 to 1: larger ones prefer larger segments",
    ),
    ParamSpec {
        unit: "px",
        ..float("sigma", 0.8, 0.0, 100.0, "standard deviation of the blur before segmentation, where it takes place")
    },
    ParamSpec {
        unit: "px",
        ..int("min_size", 150, 1, 1_000_000_000, "segments with fewer positions join a neighbour, where it takes place")
    },
    ParamSpec {
        unit: "px",
        ..int(
            "segment_size",
            224,
            0,
            4096,
            "side to which a 2-D image is brought for segmentation; 0 leaves it as it is",
        )
    },
    ParamSpec { unit: "px", ..int("dilation", 5, 0, 100, "radius of the ball by which segments grow") },
];

/// Masks as lists of positions.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Masks {
    /// Positions of each mask, each once.
    pub members: Vec<Vec<u32>>,
    /// Number of positions of the grid.
    pub positions: usize,
}

impl Masks {
    /// The array `segments` (`masks x S..`, 0 or 1), or segments of the sites' values at every scale, dilated.
    ///
    /// # Errors
    /// When what was handed in, or a parameter, doesn't fit.
    pub fn new(context: &Context, sites: &[Site], values: &Values, method: &str) -> Result<Masks> {
        let grid = sites[0].planes.spatial();
        let positions = sites[0].planes.positions();
        if u32::try_from(positions).is_err() {
            return Err(ExplainError::Input {
                input: "segments".into(),
                reason: format!("{positions} positions are too many for regions"),
            });
        }
        if let Some(given) = context.injected.get("segments") {
            let fail = |reason: String| ExplainError::Input { input: "segments".into(), reason };
            if given.rank() != grid.len() + 1 || given.shape()[1..] != *grid {
                return Err(fail(format!("has shape {:?}, expected masks x {grid:?}", given.shape())));
            }
            return Masks::of_indicators(&given.to_f64(), positions).map_err(fail);
        }
        let scales = scales_of(values.word("scales"))
            .map_err(|reason| ExplainError::Parameter { method: method.into(), reason })?;
        let ball = Ball::new(grid, values.count("dilation"));
        let mut members = Vec::new();
        for labels in segmentations(sites, values, &scales)? {
            let mut of_label: Vec<Vec<u32>> = vec![vec![]; labels.iter().max().map_or(0, |m| m + 1)];
            labels.iter().enumerate().for_each(|(p, &l)| of_label[l].push(p as u32));
            // a small segment can get lost on the way back from the size of segmentation
            members.extend(of_label.into_iter().filter(|m| !m.is_empty()).map(|m| ball.dilated(m)));
        }
        Ok(Masks { members, positions })
    }

    fn of_indicators(values: &[f64], positions: usize) -> std::result::Result<Masks, String> {
        if let Some(i) = values.iter().position(|v| *v != 0.0 && *v != 1.0) {
            return Err(format!("element {i} is {}, expected 0 or 1", values[i]));
        }
        let list = |mask: &[f64]| (0..mask.len() as u32).filter(|&p| mask[p as usize] == 1.0).collect();
        Ok(Masks { members: values.chunks(positions.max(1)).map(list).collect(), positions })
    }

    /// Number of masks.
    pub fn count(&self) -> usize {
        self.members.len()
    }
}

fn scales_of(given: &str) -> std::result::Result<Vec<f64>, String> {
    let scales: Option<Vec<f64>> =
        given.split(',').map(|s| s.trim().parse().ok().filter(|v: &f64| v.is_finite() && *v >= 0.0)).collect();
    scales.ok_or_else(|| format!("`scales` is `{given}`, expected numbers from 0 on, separated by commas"))
}

/// Labels of each position at every scale. Each input is brought to -1 to 1: the scales count from there.
fn segmentations(sites: &[Site], values: &Values, scales: &[f64]) -> Result<Vec<Vec<usize>>> {
    let grid = sites[0].planes.spatial();
    let fail = |e: pellucid_image::ImageError| ExplainError::Input {
        input: "segments".into(),
        reason: format!("the input can't be segmented: {e}"),
    };
    // a signal is an image of one row
    let own: Vec<usize> = if grid.len() == 1 { vec![1, grid[0]] } else { grid.to_vec() };
    let unit: Vec<f32> = sites.iter().flat_map(stretched).collect();
    let channels = unit.len() / sites[0].planes.positions().max(1);
    let side = values.count("segment_size");
    let size = if grid.len() == 2 && side > 0 { vec![side; 2] } else { own.clone() };
    let image =
        resample(&unit, &[&[channels], own.as_slice()].concat(), &size, Resample::CubicAntialias).map_err(fail)?;
    let shape = [&[channels], size.as_slice()].concat();
    let one = |&scale: &f64| {
        let segmenter = Segmenter::Felzenszwalb(Felzenszwalb {
            scale,
            sigma: values.float("sigma"),
            min_size: values.count("min_size"),
        });
        let found = segmenter.label(&image, &shape, &vec![1.0; size.len()]).map_err(fail)?;
        let labels: Vec<f64> = found.labels.iter().map(|&l| f64::from(l)).collect();
        let back = resample(&labels, &size, &own, Resample::Nearest).map_err(fail)?;
        Ok(back.into_iter().map(|l| l as usize).collect())
    };
    scales.iter().map(one).collect()
}

/// Values from -1 to 1; a constant becomes 0.
fn stretched(site: &Site) -> Vec<f32> {
    let low = site.values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = site.values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let unit = |v: &f64| if high > low { (2.0 * (v - low) / (high - low) - 1.0) as f32 } else { 0.0 };
    site.values.iter().map(unit).collect()
}

/// A ball on a grid.
struct Ball<'g> {
    grid: &'g [usize],
    offsets: Vec<Vec<isize>>,
    /// Steps to the neighbours along the axes.
    faces: Vec<Vec<isize>>,
}

impl Ball<'_> {
    fn new(grid: &[usize], radius: usize) -> Ball<'_> {
        let r = radius as isize;
        let mut offsets: Vec<Vec<isize>> = vec![vec![]];
        for _ in grid {
            let longer = |o: Vec<isize>| (-r..=r).map(move |s| [o.as_slice(), &[s]].concat());
            offsets = offsets.into_iter().flat_map(longer).collect();
        }
        offsets.retain(|o| o.iter().map(|s| s * s).sum::<isize>() <= r * r);
        let step = |axis: usize, s: isize| (0..grid.len()).map(|a| if a == axis { s } else { 0 }).collect();
        let faces = (0..grid.len()).flat_map(|axis| [step(axis, -1), step(axis, 1)]).collect();
        Ball { grid, offsets, faces }
    }

    /// All positions within the ball of one of the members.
    fn dilated(&self, members: Vec<u32>) -> Vec<u32> {
        if self.offsets.len() <= 1 {
            return members;
        }
        let mut inside = vec![false; self.grid.iter().product()];
        members.iter().for_each(|&p| inside[p as usize] = true);
        let is_border = |p: usize| {
            let place = self.place(p);
            self.faces.iter().any(|f| self.moved(&place, f).is_some_and(|q| !inside[q]))
        };
        // the member nearest to a position outside is never surrounded by members
        let border: Vec<usize> = members.iter().map(|&p| p as usize).filter(|&p| is_border(p)).collect();
        let mut out = members;
        for p in border {
            let place = self.place(p);
            for q in self.offsets.iter().filter_map(|o| self.moved(&place, o)) {
                if !inside[q] {
                    inside[q] = true;
                    out.push(q as u32);
                }
            }
        }
        out.sort_unstable();
        out
    }

    fn place(&self, p: usize) -> Vec<usize> {
        let mut rest = p;
        let mut place = vec![0; self.grid.len()];
        for (i, n) in self.grid.iter().enumerate().rev() {
            place[i] = rest % n;
            rest /= n;
        }
        place
    }

    fn moved(&self, place: &[usize], offset: &[isize]) -> Option<usize> {
        let mut out = 0;
        for ((p, o), n) in place.iter().zip(offset).zip(self.grid) {
            out = out * n + p.checked_add_signed(*o).filter(|q| q < n)?;
        }
        Some(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ball_grows_a_region_in_any_dimension() {
        let near = |grid: &[usize], members: &[u32], radius: usize| {
            let ball = Ball::new(grid, radius);
            let distance = |p: usize, q: usize| -> usize {
                ball.place(p).iter().zip(ball.place(q)).map(|(a, b)| a.abs_diff(b).pow(2)).sum()
            };
            let n: usize = grid.iter().product();
            let by_definition: Vec<u32> = (0..n as u32)
                .filter(|&p| members.iter().any(|&m| distance(p as usize, m as usize) <= radius * radius))
                .collect();
            assert_eq!(ball.dilated(members.to_vec()), by_definition, "{grid:?} {radius}");
        };
        near(&[9], &[0, 7], 2);
        near(&[7, 9], &[0, 1, 2, 9, 10, 11, 18, 19, 20, 60], 3);
        near(&[5, 6, 7], &[0, 100, 101, 108, 143], 2);
        near(&[4, 4], &[5], 0);
    }

    #[test]
    fn scales_and_indicators_that_do_not_fit_are_refused() {
        assert_eq!(scales_of("50, 7.5").unwrap(), [50.0, 7.5]);
        for wrong in ["", "a", "-1", "5,,6", "inf"] {
            assert!(scales_of(wrong).is_err(), "{wrong}");
        }
        let masks = Masks::of_indicators(&[1.0, 0.0, 1.0, 0.0, 0.0, 0.0], 3).unwrap();
        assert_eq!(masks.members, [vec![0, 2], vec![]]);
        assert!(Masks::of_indicators(&[0.0, 0.5], 2).unwrap_err().contains("element 1 is 0.5"));
    }
}

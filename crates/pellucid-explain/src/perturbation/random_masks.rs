//! Smooth random masks: a coarse grid of kept and dropped cells, enlarged beyond the input and cut out at a random shift. Each is made when it is
//! needed and depends on the seed and its index alone.

use pellucid_graph::Tensor;
use pellucid_image::resize::Resample;

use crate::cam::masks::enlarged;
use crate::context::Context;
use crate::params::{ParamSpec, Values, float, int};
use crate::random::Stream;
use crate::{ExplainError, Result};

/// Cells per axis.
pub(crate) const CELLS: ParamSpec = int("cells", 7, 1, 256, "cells of the coarse grid along each axis");

/// Probability of a kept cell.
pub(crate) const KEEP: ParamSpec = float("keep", 0.5, 1e-6, 1.0, "probability that a cell is kept");

/// Masks over a grid `S..`, values in `[0, 1]` unless they are handed in.
pub(crate) struct RandomMasks {
    size: Vec<usize>,
    cells: usize,
    source: Source,
}

/// Where masks come from.
enum Source {
    /// Drawn.
    Drawn { seed: u64, keep: f64 },
    /// Cells (`n x s..`) and shifts (`n x axes`) handed in.
    Placed { grids: Vec<f64>, shifts: Vec<usize> },
    /// Masks (`n x S..`) handed in.
    Given(Vec<f64>),
}

impl RandomMasks {
    /// `count` masks over a grid. Handed in are `masks`, or `grid` and `shift`; else they are drawn.
    ///
    /// # Errors
    /// When an array handed in has another shape, or a shift is no whole number below the size of a cell.
    pub fn new(context: &Context, size: &[usize], count: usize, values: &Values) -> Result<RandomMasks> {
        let mut masks = RandomMasks {
            size: size.to_vec(),
            cells: values.count("cells").max(1),
            source: Source::Drawn { seed: values.int("seed") as u64, keep: values.float("keep") },
        };
        if let Some(given) = context.injected("masks", &[&[count], size].concat())? {
            masks.source = Source::Given(finite("masks", &given)?);
            return Ok(masks);
        }
        let grids = context.injected("grid", &[vec![count], masks.cells_shape()].concat())?;
        let shifts = context.injected("shift", &[count, size.len()])?;
        match (grids, shifts) {
            (Some(grids), Some(shifts)) => {
                let (grids, shifts) = (finite("grid", &grids)?, masks.whole(&shifts.to_f64())?);
                masks.source = Source::Placed { grids, shifts };
            }
            (None, None) => {}
            (None, _) => return Err(wrong("grid", "is needed with `shift`".into())),
            (_, None) => return Err(wrong("shift", "is needed with `grid`".into())),
        }
        Ok(masks)
    }

    /// The mask of a sample, row-major over `S..`.
    ///
    /// # Errors
    /// When an axis of the grid is empty.
    pub fn mask(&self, sample: usize) -> Result<Vec<f64>> {
        let (n, axes) = (self.cells_shape().iter().product::<usize>(), self.size.len());
        match &self.source {
            Source::Given(masks) => {
                let size: usize = self.size.iter().product();
                Ok(masks[sample * size..(sample + 1) * size].to_vec())
            }
            Source::Placed { grids, shifts } => {
                self.place(&grids[sample * n..(sample + 1) * n], &shifts[sample * axes..(sample + 1) * axes])
            }
            Source::Drawn { seed, keep } => {
                let mut draw = Stream::new(*seed, sample, 0);
                let cells: Vec<f64> = (0..n).map(|_| f64::from(u8::from(draw.uniform() <= *keep))).collect();
                let mut draw = Stream::new(*seed, sample, 1);
                // uniform in (0, 1], so the ceiling is 1 to the size of a cell
                let shifts = (0..axes).map(|a| (draw.uniform() * self.cell(a) as f64).ceil() as usize - 1);
                self.place(&cells, &shifts.collect::<Vec<_>>())
            }
        }
    }

    fn cells_shape(&self) -> Vec<usize> {
        vec![self.cells; self.size.len()]
    }

    /// Size of a cell along an axis, px.
    fn cell(&self, axis: usize) -> usize {
        self.size[axis].div_ceil(self.cells)
    }

    /// Cells enlarged and cut out at a shift per axis. There is one cell more than the input needs, so every shift fits.
    fn place(&self, cells: &[f64], shifts: &[usize]) -> Result<Vec<f64>> {
        let whole: Vec<usize> = (0..self.size.len()).map(|a| (self.cells + 1) * self.cell(a)).collect();
        let wide = enlarged(cells, &self.cells_shape(), &whole, Resample::MirrorHalfPixel)?;
        Ok(cut_out(&wide, &whole, shifts, &self.size))
    }

    fn whole(&self, shifts: &[f64]) -> Result<Vec<usize>> {
        let axes = self.size.len();
        let fits = |(i, s): (usize, &f64)| {
            let cell = self.cell(i % axes);
            let fits = s.fract() == 0.0 && *s >= 0.0 && *s < cell as f64;
            fits.then_some(*s as usize).ok_or_else(|| wrong("shift", format!("has {s}, expected 0 to {}", cell - 1)))
        };
        shifts.iter().enumerate().map(fits).collect()
    }
}

fn finite(name: &str, given: &Tensor) -> Result<Vec<f64>> {
    match given.first_non_finite() {
        Some(index) => Err(wrong(name, format!("element {index} isn't finite"))),
        None => Ok(given.to_f64()),
    }
}

fn wrong(name: &str, reason: String) -> ExplainError {
    ExplainError::Input { input: name.into(), reason }
}

/// The box of a size whose first corner is at `at`.
fn cut_out(values: &[f64], shape: &[usize], at: &[usize], size: &[usize]) -> Vec<f64> {
    let Some((&row, outer)) = size.split_last() else { return values.to_vec() };
    let rows: usize = outer.iter().product();
    let mut out = Vec::with_capacity(rows * row);
    for index in 0..rows {
        let (mut rest, mut start, mut step) = (index, at[outer.len()], shape[outer.len()]);
        for a in (0..outer.len()).rev() {
            start += (at[a] + rest % outer[a]) * step;
            rest /= outer[a];
            step *= shape[a];
        }
        out.extend_from_slice(&values[start..start + row]);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::assert_close;

    fn drawn(size: &[usize], cells: usize, keep: f64) -> RandomMasks {
        RandomMasks { size: size.to_vec(), cells, source: Source::Drawn { seed: 3, keep } }
    }

    #[test]
    fn a_box_is_cut_out_of_any_number_of_axes() {
        let values: Vec<f64> = (0..60).map(f64::from).collect();
        assert_eq!(cut_out(&values[..5], &[5], &[2], &[3]), [2.0, 3.0, 4.0]);
        assert_eq!(cut_out(&values, &[3, 4, 5], &[1, 2, 3], &[2, 1, 2]), [33.0, 34.0, 53.0, 54.0]);
    }

    #[test]
    fn cells_are_enlarged_with_a_mirrored_border() {
        // two cells over six samples lie at -1/3, 0, 1/3, 2/3, 1, 4/3
        let masks = drawn(&[4], 2, 0.5);
        let third = 1.0 / 3.0;
        assert_close(&masks.place(&[1.0, 0.0], &[0]).unwrap(), &[2.0 * third, 1.0, 2.0 * third, third], 1e-12);
        assert_close(&masks.place(&[1.0, 0.0], &[1]).unwrap(), &[1.0, 2.0 * third, third, 0.0], 1e-12);
    }

    #[test]
    fn drawn_masks_lie_in_0_to_1_with_the_kept_share_as_mean() {
        for (size, cells, keep) in [(&[9, 14][..], 4, 0.5), (&[7, 6, 5], 3, 0.2), (&[5, 5], 8, 0.7)] {
            let masks = drawn(size, cells, keep);
            let positions: usize = size.iter().product();
            let mut mean = vec![0.0; positions];
            let n = 4000;
            for i in 0..n {
                let mask = masks.mask(i).unwrap();
                assert_eq!(mask.len(), positions);
                assert!(mask.iter().all(|m| (0.0..=1.0).contains(m)));
                mean.iter_mut().zip(mask).for_each(|(s, m)| *s += m / n as f64);
            }
            // five standard errors of a share
            let error = 5.0 * f64::sqrt(keep * (1.0 - keep) / n as f64);
            assert!(mean.iter().all(|m| (m - keep).abs() < error), "{mean:?}");
        }
    }

    #[test]
    fn a_mask_depends_on_the_seed_and_its_index_alone() {
        let masks = drawn(&[8, 8], 3, 0.5);
        let in_order: Vec<_> = (0..20).map(|i| masks.mask(i).unwrap()).collect();
        assert!((0..20).rev().all(|i| drawn(&[8, 8], 3, 0.5).mask(i).unwrap() == in_order[i]));
        assert!((1..20).filter(|&i| in_order[i] != in_order[0]).count() > 15);
    }
}

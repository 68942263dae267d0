//! Whether the most relevant site lies in the mask, or near it.
//!
//! # Formula
//! ```text
//! hit  <=>  S(p*)  or  some q in S has |q - p*|^2 < tol^2,     p* = argmax R
//! accuracy = hits / (hits + misses);  macro: mean over classes with an instance
//! ```
//!
//! # Symbols
//! - `R`: heatmap; `S`: true sites; `tol`: px, or mm when the spacing is given; 0 is strict
//!
//! # In images
//! 15 px is the custom for photographs of a few hundred px, 5 mm is ours for scans with known spacing. Of equal maxima the first counts, unless
//! `any` is asked for, under which a constant map always hits.
//!
//! # Departures
//! The published tool's test is the disk alone, so that its tolerance of 0 never hits, and its mean over classes counts absent ones as 0.
//!
//! # Source
//! zhang2018excitation.

use crate::error::{MetricError, Result, same_len};
use crate::image::{Heatmap, Mask, checked, coordinates};
use crate::info::{Direction, Family, MetricInfo, Need};
use crate::model::argmax;
use crate::score::Score;
use crate::undefined::{Outcome, Undefined};

/// Pointing game.
pub static INFO: MetricInfo = MetricInfo {
    id: "pointing-game",
    name: "Pointing game",
    family: Family::Localisation,
    direction: Direction::Higher,
    range: (0.0, 1.0),
    chance: "|S|/N at tolerance 0",
    summary: "Whether the most relevant site lies in the mask, or near it",
    needs: &[Need::Mask],
    cost: "none",
    sources: &["zhang2018excitation"],
    file: include_str!("pointing_game.rs"),
};

/// How near is near.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pointing<'a> {
    /// Distance to the mask that still hits, exclusive; 0 is strict. In px, or in mm when the spacing is given.
    pub tolerance: f64,
    /// Distance of neighbours along each axis, mm.
    pub spacing: Option<&'a [f64]>,
    /// Whether any of several equal maxima may hit, or only the first.
    pub any: bool,
}

impl<'a> Pointing<'a> {
    /// The most relevant site must lie in the mask.
    pub fn strict() -> Pointing<'a> {
        Pointing::default()
    }

    /// The tolerance of the literature: 5 mm where the spacing is known, 15 px otherwise.
    pub fn customary(spacing: Option<&'a [f64]>) -> Pointing<'a> {
        Pointing { tolerance: if spacing.is_some() { 5.0 } else { 15.0 }, spacing, any: false }
    }

    fn check(&self, axes: usize) -> Result<()> {
        if !(self.tolerance >= 0.0 && self.tolerance.is_finite()) {
            return Err(MetricError::parameter("tolerance", self.tolerance, "a number of at least 0"));
        }
        let Some(spacing) = self.spacing else { return Ok(()) };
        same_len("spacing", axes, spacing.len())?;
        match spacing.iter().find(|s| !(**s > 0.0 && s.is_finite())) {
            Some(bad) => Err(MetricError::parameter("spacing", bad, "positive mm")),
            None => Ok(()),
        }
    }

    /// Squared distance of two sites, px² or mm².
    fn squared(&self, a: &[usize], b: &[usize]) -> f64 {
        let along = |axis: usize| a[axis].abs_diff(b[axis]) as f64 * self.spacing.map_or(1.0, |s| s[axis]);
        (0..a.len()).map(|axis| along(axis).powi(2)).sum()
    }

    fn near(&self, heatmap: &Heatmap, mask: &Mask, peak: usize) -> bool {
        let at = coordinates(mask.grid, peak);
        let limit = self.tolerance.powi(2);
        let close = |site: usize| mask.values[site] && self.squared(&at, &coordinates(mask.grid, site)) < limit;
        mask.values[peak] || (self.tolerance > 0.0 && self.window(heatmap.grid, &at).any(close))
    }

    /// Sites of the box around a place that the tolerance can reach.
    fn window<'g>(&self, grid: &'g [usize], at: &[usize]) -> impl Iterator<Item = usize> + 'g {
        let bounds = |axis: usize| {
            let reach = (self.tolerance / self.spacing.map_or(1.0, |s| s[axis])).min(grid[axis] as f64) as usize;
            at[axis].saturating_sub(reach)..(at[axis] + reach + 1).min(grid[axis])
        };
        let ranges: Vec<_> = (0..grid.len()).map(bounds).collect();
        let count: usize = ranges.iter().map(ExactSizeIterator::len).product();
        (0..count).map(move |mut i| {
            let mut place = vec![0; grid.len()];
            for axis in (0..grid.len()).rev() {
                place[axis] = ranges[axis].start + i % ranges[axis].len();
                i /= ranges[axis].len();
            }
            place.iter().zip(grid).fold(0, |flat, (p, s)| flat * s + p)
        })
    }
}

/// 1 for a hit, 0 for a miss.
///
/// # Errors
/// When sizes differ, or the tolerance or spacing isn't a length.
pub fn evaluate(heatmap: &Heatmap, mask: &Mask, rule: Pointing) -> Result<Score> {
    rule.check(heatmap.grid.len())?;
    let value = checked(heatmap, mask).map(|()| {
        let first = argmax(heatmap.values);
        let top = heatmap.values[first];
        let mut peaks = (first..heatmap.values.len()).filter(|&i| heatmap.values[i] == top);
        let hit = if rule.any { peaks.any(|p| rule.near(heatmap, mask, p)) } else { rule.near(heatmap, mask, first) };
        f64::from(u8::from(hit))
    });
    let unit = if rule.spacing.is_some() { "mm" } else { "px" };
    let score = Score::new(&INFO, value)?.part("chance_at_0", mask.fraction());
    Ok(score
        .param("tolerance", format!("{}{unit}", rule.tolerance))
        .param("ties", if rule.any { "any" } else { "first" }))
}

/// Accuracy over instances with their classes; undefined hits are skipped. Value: micro; parts: macro, counts; series: per class.
///
/// # Errors
/// When sizes differ, or a class is out of range.
pub fn accuracy(classes: usize, class_of: &[usize], hits: &[Outcome<bool>]) -> Result<Score> {
    same_len("hits", class_of.len(), hits.len())?;
    crate::error::inside("class of an instance", class_of, classes)?;
    let mut counts = vec![(0usize, 0usize); classes];
    for (&class, hit) in class_of.iter().zip(hits) {
        if let Ok(hit) = hit {
            counts[class].0 += usize::from(*hit);
            counts[class].1 += 1;
        }
    }
    let share = |(hits, all): (usize, usize)| {
        if all == 0 { Err(Undefined::NoInstances) } else { Ok(hits as f64 / all as f64) }
    };
    let per_class: Vec<Outcome> = counts.iter().map(|&c| share(c)).collect();
    let defined: Vec<f64> = per_class.iter().copied().flatten().collect();
    let total = counts.iter().fold((0, 0), |t, c| (t.0 + c.0, t.1 + c.1));
    let mean = if defined.is_empty() {
        Err(Undefined::NoInstances)
    } else {
        Ok(defined.iter().sum::<f64>() / defined.len() as f64)
    };
    let score = Score::of(&INFO, share(total)).part("macro", mean).part("instances", total.1);
    Ok(score.part("skipped", hits.len() - total.1).list("per_class", per_class))
}

//! Largest change of the explanation while the input is shifted sideways.
//!
//! # Formula
//! ```text
//! max_t | |a(x)| - |a(x_t)| |_1 / ( |x - x_t|_2 + 1e-9 )
//! ```
//!
//! # Symbols
//! - `a`: explanation; `x_t`: `x` shifted by `t` columns along the last axis, positive to higher indices, filled with the smallest value of `x`
//!
//! # Cost
//! 1 explanation per shift, and 1.
//!
//! # In images
//! A shifted scan is another scan to most models: large values also say that the model isn't invariant.
//!
//! # Source
//! montavon2018methods. The continuity of embeddings is another metric.

use crate::error::{MetricError, Result, settle};
use crate::image::Image;
use crate::info::{Direction, Family, MetricInfo, Need};
use crate::model::{Batching, Explainer};
use crate::robustness::perturbed::{changes, euclidean};
use crate::score::Score;

/// Continuity under shifts.
pub static INFO: MetricInfo = MetricInfo {
    id: "continuity",
    name: "Continuity under shifts",
    family: Family::Robustness,
    direction: Direction::Lower,
    range: (0.0, f64::INFINITY),
    chance: "0 for a constant explanation",
    summary: "Largest change of the explanation while the input is shifted sideways",
    needs: &[Need::Explainer],
    cost: "1 A per shift + 1 A",
    sources: &["montavon2018methods"],
    file: include_str!("continuity.rs"),
};

/// Writes an image shifted along its last axis, filled with one value.
fn shifted(image: &Image, by: i64, fill: f64, row: &mut [f64]) {
    let width = image.grid[image.grid.len() - 1];
    for (to, from) in row.chunks_exact_mut(width).zip(image.values.chunks_exact(width)) {
        for (c, v) in to.iter_mut().enumerate() {
            let source = (c as i64).checked_sub(by).and_then(|s| usize::try_from(s).ok());
            *v = source.and_then(|s| from.get(s)).copied().unwrap_or(fill);
        }
    }
}

/// The largest ratio over shifts in columns; series `per_shift`.
///
/// # Errors
/// When sizes differ, there is no shift, or an input can't be explained.
pub fn evaluate(explainer: &mut dyn Explainer, batching: Batching, image: &Image, shifts: &[i64]) -> Result<Score> {
    if shifts.is_empty() {
        return Err(MetricError::parameter("shifts", 0, "at least 1"));
    }
    let x = image.values;
    let fill = x.iter().copied().fold(f64::INFINITY, f64::min);
    let write = |i: usize, row: &mut [f64]| {
        shifted(image, shifts[i], fill, row);
        Ok(())
    };
    let absolute = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a.abs() - b.abs()).abs()).sum::<f64>();
    let found = settle(changes(explainer, batching, x, shifts.len(), write, |row| euclidean(x, row), absolute))?;
    Ok(match found.map(|(_, all)| all.iter().map(|c| c.explanation / (c.input + 1e-9)).collect::<Vec<f64>>()) {
        Err(reason) => Score::of(&INFO, Err(reason)),
        Ok(r) => Score::of(&INFO, Ok(r.iter().copied().fold(0.0, f64::max))).numbers("per_shift", r),
    }
    .param("shifts", shifts.len())
    .param("fill", "min"))
}

/// Shifts in even steps from one full width to the left to one full width to the right, without leaving it.
pub fn spread(width: usize, count: usize) -> Vec<i64> {
    let (width, last) = (width as i64, count.saturating_sub(1).max(1) as i64);
    (0..count as i64).map(|k| -width + 2 * width * k / last).collect()
}

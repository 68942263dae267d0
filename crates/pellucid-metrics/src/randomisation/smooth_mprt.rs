//! The randomisation test on maps that are averaged over noisy inputs.
//!
//! # Formula
//! ```text
//! s( |mean_j a(x + e_j)| , |mean_j a'(x + e_j)| ),    a': under randomised layers
//! ```
//!
//! # Symbols
//! - `e_j`: noise, by custom 50 draws of normal noise with sigma of a tenth of the range of `x`, the last one zero; layers from the first on
//!
//! # Cost
//! 50 explanations per layer, and 50.
//!
//! # In images
//! Takes out that noisy maps look random of themselves, which lets them pass the plain test.
//!
//! # Source
//! hedstroem2024smprt.

use crate::error::{MetricError, Result, finite, same_len};
use crate::info::{Direction, Family, MetricInfo, Need};
use crate::model::{Batching, Explainer, explain_each};
use crate::random::Stream;
use crate::randomisation::mprt::{self, Cascade};
use crate::randomisation::similarity::Similarity;
use crate::score::Score;
use crate::undefined::Undefined;

/// Smooth model parameter randomisation.
pub static INFO: MetricInfo = MetricInfo {
    id: "smooth-mprt",
    name: "Smooth model parameter randomisation",
    family: Family::Randomisation,
    direction: Direction::Lower,
    range: (-1.0, 1.0),
    chance: "1 for a map that ignores the model",
    summary: "The randomisation test on maps that are averaged over noisy inputs",
    needs: &[Need::Explainer, Need::Weights],
    cost: "samples A per layer + samples A",
    sources: &["hedstroem2024smprt"],
    file: include_str!("smooth_mprt.rs"),
};

/// The mean explanation over `count` inputs `x + noise`; `noise` writes each draw.
///
/// # Errors
/// When sizes differ, there is no draw, or an input can't be explained.
pub fn smooth(
    explainer: &mut dyn Explainer,
    batching: Batching,
    x: &[f64],
    count: usize,
    mut noise: impl FnMut(usize, &mut [f64]) -> Result<()>,
) -> Result<Vec<f64>> {
    finite(x)?;
    if count == 0 {
        return Err(Undefined::TooFewPoints.into());
    }
    let mut sum: Vec<f64> = Vec::new();
    let write = |i: usize, row: &mut [f64]| {
        noise(i, row)?;
        row.iter_mut().zip(x).for_each(|(r, x)| *r += x);
        Ok(())
    };
    explain_each(explainer, batching, count, x.len(), write, |i, a| {
        if i == 0 {
            sum = vec![0.0; a.len()];
        }
        same_len("explanation", sum.len(), a.len())?;
        sum.iter_mut().zip(a).for_each(|(s, a)| *s += a / count as f64);
        Ok(())
    })?;
    Ok(sum)
}

/// Mean similarity over steps of a smooth map to the smooth maps that `explain` gives under the randomised layers of a step.
///
/// # Errors
/// When sizes differ or `explain` fails.
pub fn evaluate(
    smooth_original: &[f64],
    layers: usize,
    similarity: Similarity,
    explain: impl FnMut(&[usize]) -> Result<Vec<f64>>,
) -> Result<Score> {
    let mut score = mprt::evaluate(smooth_original, layers, Cascade::BottomUp, similarity, explain)?;
    score.metric = INFO.id;
    Ok(score)
}

/// Writes the customary noise: normal, sigma of `level` times the range of `x`, the last draw zero.
///
/// # Errors
/// When a value isn't finite.
pub fn noise(
    x: &[f64],
    level: f64,
    count: usize,
    seed: u64,
) -> Result<impl FnMut(usize, &mut [f64]) -> Result<()> + use<>> {
    finite(x).map_err(MetricError::from)?;
    let range = x.iter().copied().fold(f64::NEG_INFINITY, f64::max) - x.iter().copied().fold(f64::INFINITY, f64::min);
    let (sigma, stream) = (level * range, Stream::new(seed, 0x736d));
    Ok(move |i: usize, row: &mut [f64]| {
        let mut draw = stream.part(i as u64);
        row.iter_mut().for_each(|r| *r = if i + 1 == count { 0.0 } else { sigma * draw.normal() });
        Ok(())
    })
}

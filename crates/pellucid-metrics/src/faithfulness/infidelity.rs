//! Squared error of the attribution as a prediction of what a perturbation does to the score.
//!
//! # Formula
//! ```text
//! INFD   = mean_I ( sum_i I_i A_i - (f(x) - f(x - I)) )^2
//! scaled = the same with b I.A for I.A,   b = sum p d / sum p^2,  p = I.A,  d = f(x) - f(x - I)
//! ```
//!
//! # Symbols
//! - `x`: input; `I`: perturbation of its shape; `A`: attribution that answers like a gradient
//!
//! # Axioms
//! 0 for the gradient of a linear model.
//!
//! # Cost
//! 1 F per perturbation, and 1.
//!
//! # In images
//! For attributions that already hold the factor `x` (integrated gradients, SHAP, input x gradient) say so: `I` is then divided by `x` where `x`
//! isn't 0, so that like is compared with like. Values depend on the scale of the attribution unless scaled.
//!
//! # Source
//! yeh2019infidelity.

use crate::baseline::Baseline;
use crate::error::{MetricError, Result, attempt, finite, same_len};
use crate::image::{Image, strides};
use crate::info::{Direction, Family, MetricInfo, Need};
use crate::model::Evaluator;
use crate::random::Stream;
use crate::score::Score;
use crate::undefined::Undefined;

/// Infidelity.
pub static INFO: MetricInfo = MetricInfo {
    id: "infidelity",
    name: "Infidelity",
    family: Family::Faithfulness,
    direction: Direction::Lower,
    range: (0.0, f64::INFINITY),
    chance: "that of a zero map: the mean squared drop",
    summary: "Squared error of the attribution as a prediction of what a perturbation does to the score",
    needs: &[Need::Model],
    cost: "1 F per perturbation + 1 F",
    sources: &["yeh2019infidelity"],
    file: include_str!("infidelity.rs"),
};

/// Infidelity for perturbations that `perturb` writes when they are needed; part `scaled`.
///
/// # Errors
/// When sizes differ, there is no perturbation, or the model fails.
pub fn evaluate(
    evaluator: &mut Evaluator,
    image: &Image,
    attribution: &[f64],
    multiplied_by_input: bool,
    count: usize,
    mut perturb: impl FnMut(usize, &mut [f64]) -> Result<()>,
) -> Result<Score> {
    let x = image.values;
    same_len("attribution", x.len(), attribution.len())?;
    let found = attempt(|| {
        finite(x)?;
        finite(attribution)?;
        if count == 0 {
            return Err(Undefined::TooFewPoints.into());
        }
        let full = evaluator.score(x)?;
        let mut predicted = Vec::with_capacity(count);
        let like = |i: usize, v: f64| if multiplied_by_input && x[i] != 0.0 { v / x[i] } else { v };
        let scores = evaluator.scores(count, x.len(), |j, row| {
            perturb(j, row)?;
            predicted.push(row.iter().enumerate().map(|(i, &v)| like(i, v) * attribution[i]).sum::<f64>());
            row.iter_mut().zip(x).for_each(|(r, x)| *r = x - *r);
            Ok(())
        })?;
        Ok((predicted, scores.iter().map(|s| full - s).collect::<Vec<f64>>()))
    })?;
    let score = match found {
        Err(reason) => Score::of(&INFO, Err(reason)).part("scaled", Err(reason)),
        Ok((p, d)) => {
            let squares: f64 = p.iter().map(|p| p * p).sum();
            let scale = if squares == 0.0 { 0.0 } else { p.iter().zip(&d).map(|(p, d)| p * d).sum::<f64>() / squares };
            let error = |b: f64| p.iter().zip(&d).map(|(p, d)| (b * p - d).powi(2)).sum::<f64>() / count as f64;
            let score = Score::of(&INFO, Ok(error(1.0))).part("scaled", error(scale));
            score.numbers("predicted", p).numbers("output_drops", d)
        }
    };
    Ok(score.param("perturbations", count).param("multiplied_by_input", multiplied_by_input))
}

/// Writes normal noise; draw `i` is the same whatever came before it.
pub fn gaussian(sigma: f64, seed: u64) -> impl FnMut(usize, &mut [f64]) -> Result<()> {
    let stream = Stream::new(seed, 0x6966);
    move |i, row| {
        let mut draw = stream.part(i as u64);
        row.iter_mut().for_each(|r| *r = sigma * draw.normal());
        Ok(())
    }
}

/// Writes `x - baseline` on a random box of `edge` px per axis, 0 elsewhere, so that the box is replaced by the baseline.
///
/// # Errors
/// When the edge is 0 or a value isn't finite.
pub fn square_removal<'a>(
    image: &Image<'a>,
    baseline: &Baseline,
    edge: usize,
    seed: u64,
) -> Result<impl FnMut(usize, &mut [f64]) -> Result<()> + use<'a>> {
    if edge == 0 {
        return Err(MetricError::parameter("edge of the removed square", edge, "at least 1 px"));
    }
    let (base, stream, image) = (baseline.of(image)?, Stream::new(seed, 0x7371), *image);
    Ok(move |i: usize, row: &mut [f64]| {
        let mut draw = stream.part(i as u64);
        let start: Vec<usize> = image.grid.iter().map(|&g| draw.below(g - edge.min(g) + 1)).collect();
        let (steps, sites) = (strides(image.grid), image.sites());
        for (at, r) in row.iter_mut().enumerate() {
            let within = |axis: usize| {
                let c = at % sites / steps[axis] % image.grid[axis];
                (start[axis]..start[axis] + edge).contains(&c)
            };
            *r = if (0..steps.len()).all(within) { image.values[at] - base[at] } else { 0.0 };
        }
        Ok(())
    })
}

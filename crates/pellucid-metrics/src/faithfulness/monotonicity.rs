//! Whether the score never falls while features are revealed, least relevant first.
//!
//! # Formula
//! ```text
//! p_k = f(baseline with the k step least relevant features of x),   k = 1 .. K
//! monotone  <=>  p_{k+1} >= p_k  for all k >= 1
//! ```
//!
//! # Symbols
//! - `x`: input; features by ascending attribution. The pure baseline `p_0` is given in the curve but isn't part of the test
//!
//! # Cost
//! `ceil(n / step) + 1` F.
//!
//! # In images
//! One dip in thousands of steps makes it false: read `fraction_non_decreasing`. With a single step it is true of itself.
//!
//! # Source
//! luss2019generating; arya2019one.

use crate::baseline::Baseline;
use crate::error::{Result, attempt};
use crate::faithfulness::curve::{Order, along_features};
use crate::image::Image;
use crate::info::{Direction, Family, MetricInfo, Need};
use crate::model::Evaluator;
use crate::ranking::tied_fraction;
use crate::score::Score;
use crate::walk::fractions;

/// Monotonicity.
pub static INFO: MetricInfo = MetricInfo {
    id: "monotonicity",
    name: "Monotonicity",
    family: Family::Faithfulness,
    direction: Direction::Higher,
    range: (0.0, 1.0),
    chance: "fraction 0.5",
    summary: "Whether the score never falls while features are revealed, least relevant first",
    needs: &[Need::Model],
    cost: "ceil(n / step) + 1 F",
    sources: &["luss2019generating", "arya2019one"],
    file: include_str!("monotonicity.rs"),
};

/// 1 if monotone, 0 if not; part `fraction_non_decreasing`; the curve begins with the baseline.
///
/// # Errors
/// When sizes differ, the step is 0, or the model fails.
pub fn evaluate(
    evaluator: &mut Evaluator,
    image: &Image,
    attribution: &[f64],
    step: usize,
    baseline: &Baseline,
) -> Result<Score> {
    let found = attempt(|| {
        crate::error::finite(image.values)?;
        let base = baseline.of(image)?;
        along_features(evaluator, (&base, image.values), attribution, step, Order::LeastRelevantFirst)
    })?;
    let score = match found {
        Err(reason) => Score::of(&INFO, Err(reason)),
        Ok(curve) => {
            let rises = curve[1..].windows(2).filter(|w| w[1] >= w[0]).count();
            let steps = curve.len() - 2;
            let fraction = if steps == 0 { 1.0 } else { rises as f64 / steps as f64 };
            let score =
                Score::of(&INFO, Ok(f64::from(u8::from(rises == steps)))).part("fraction_non_decreasing", fraction);
            score.curve(fractions(attribution.len(), step), curve).ties(tied_fraction(attribution).unwrap_or(0.0))
        }
    };
    Ok(score.param("step", step).param("baseline", baseline.name()))
}

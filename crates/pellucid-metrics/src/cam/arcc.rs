//! Harmonic mean of coherency, one minus complexity and the clipped double of ROAD.
//!
//! # Formula
//! ```text
//! ARCC = 3 / ( 1/coherency + 1/(1 - complexity) + 1/clip(2 ROAD, 0, 1) ),   0 if one term is 0
//! ```
//!
//! # Symbols
//! - coherency, complexity: those of one map in `[0, 1]`; `ROAD`: its combined value
//!
//! # Cost
//! That of ROAD, and 2 explanations.
//!
//! # Departures
//! The known tool's page speaks of a geometric mean; its code, and this, take the harmonic one.
//!
//! # Source
//! gildenblat2021gradcam.

use crate::info::{Direction, Family, MetricInfo, Need};
use crate::score::Score;
use crate::undefined::Outcome;

/// ARCC.
pub static INFO: MetricInfo = MetricInfo {
    id: "arcc",
    name: "ARCC",
    family: Family::Cam,
    direction: Direction::Higher,
    range: (0.0, 1.0),
    chance: "0",
    summary: "Harmonic mean of coherency, one minus complexity and the clipped double of ROAD",
    needs: &[Need::Model, Need::Explainer],
    cost: "that of ROAD + 2 A",
    sources: &["gildenblat2021gradcam"],
    file: include_str!("arcc.rs"),
};

/// The harmonic mean for one image, from the values of coherency, complexity of a CAM, and ROAD.
pub fn evaluate(coherency: Outcome, complexity: Outcome, road: Outcome) -> Score {
    let drop = road.map(|r| 1.0 - (2.0 * r).clamp(0.0, 1.0));
    Score::of(&INFO, super::adcc::combine(coherency, complexity, drop))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::undefined::Undefined;

    #[test]
    fn a_term_of_zero_makes_it_zero_and_an_undefined_one_undefined() {
        assert_eq!(evaluate(Ok(0.5), Ok(0.5), Ok(0.25)).value, Ok(0.5));
        assert_eq!(evaluate(Ok(0.5), Ok(0.5), Ok(-0.1)).value, Ok(0.0));
        assert!((evaluate(Ok(1.0), Ok(0.0), Ok(0.8)).value.unwrap() - 1.0).abs() < 1e-15);
        assert_eq!(evaluate(Err(Undefined::ConstantInput), Ok(0.5), Ok(0.1)).value, Err(Undefined::ConstantInput));
    }
}

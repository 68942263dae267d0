//! From a value of a shown map to its colour and opacity.

use crate::colour::{ColourMap, DIVERGING, Rgb, SEQUENTIAL};

/// Opacity of the strongest evidence, so that anatomy stays visible under it.
const OPACITY: f64 = 0.78;

/// The end of a colour scale, and whether it has a negative side.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// The value that gets the strongest colour; larger ones are cut.
    pub limit: f32,
    /// Whether the scale runs from `-limit` (against) to `limit` (for), or from 0.
    pub signed: bool,
}

impl Scale {
    /// Its colour map.
    pub fn colours(self) -> &'static ColourMap {
        if self.signed { &DIVERGING } else { &SEQUENTIAL }
    }

    /// The smallest value of the scale.
    pub fn low(self) -> f32 {
        if self.signed { -self.limit } else { 0.0 }
    }

    /// How strong a value is, from 0 (none, or not a number) to 1 (at the limit or beyond).
    pub fn strength(self, v: f32) -> f64 {
        let share = f64::from(v) / f64::from(self.limit);
        let share = if self.signed { share.abs() } else { share };
        if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 }
    }

    /// The colour of a value.
    pub fn colour(self, v: f32) -> Rgb {
        let share = f64::from(v) / f64::from(self.limit);
        self.colours().at(if self.signed { 0.5 + 0.5 * share } else { share })
    }

    /// How much of the colour is laid over the image: none where there is no evidence.
    pub fn opacity(self, v: f32) -> f64 {
        OPACITY * self.strength(v).powf(0.75)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strength_counts_both_signs_only_on_signed_scales() {
        let (signed, positive) = (Scale { limit: 2.0, signed: true }, Scale { limit: 2.0, signed: false });
        assert_eq!([-2.0, -1.0, 0.0, 9.0].map(|v| signed.strength(v)), [1.0, 0.5, 0.0, 1.0]);
        assert_eq!([-2.0, 1.0, f32::NAN].map(|v| positive.strength(v)), [0.0, 0.5, 0.0]);
        assert_eq!(signed.colour(-2.0), DIVERGING.at(0.0));
        assert_eq!(positive.colour(2.0), SEQUENTIAL.at(1.0));
        assert_eq!(positive.opacity(0.0), 0.0);
        assert!(positive.opacity(2.0) < 0.8);
    }

    #[test]
    fn an_empty_scale_shows_nothing() {
        let empty = Scale { limit: 0.0, signed: true };
        assert_eq!([-1.0, 0.0].map(|v| empty.strength(v)), [0.0, 0.0]);
    }
}

//! Regions of a map by a stated rule.

use crate::Result;
use crate::error::value_error;

/// Which values count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Positive values: evidence for the target.
    Positive,
    /// Negative values, by their magnitude: evidence against.
    Negative,
    /// Both signs, by magnitude.
    Magnitude,
}

/// Where the threshold lies; the region is what is at or above it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Threshold {
    /// This value.
    Value(f32),
    /// This fraction, in (0, 1], of the largest value on the side.
    OfMaximum(f32),
    /// The value that this fraction, in (0, 1], of all voxels of the map reaches at least; more are in the region where values tie.
    TopFraction(f32),
}

/// A region with the rule that made it.
#[derive(Clone, Debug, PartialEq)]
pub struct Region {
    /// Whether a voxel belongs, `D x H x W`.
    pub mask: Vec<bool>,
    /// How many voxels belong.
    pub voxels: usize,
    /// The threshold that was applied, in the unit of the map.
    pub threshold: f32,
    /// The rule in words with its numbers, as it goes into the object.
    pub rule: String,
}

/// The voxels of a map at or above a threshold on one side.
///
/// # Errors
/// When a value is NaN, the threshold's parameter is out of range, or nothing is on that side or reaches it.
pub fn threshold(values: &[f32], side: Side, threshold: Threshold) -> Result<Region> {
    let score = |v: f32| match side {
        Side::Positive => v,
        Side::Negative => -v,
        Side::Magnitude => v.abs(),
    };
    if let Some(at) = values.iter().position(|v| v.is_nan()) {
        return Err(value_error(format!("voxel {at} of the map"), "NaN", "a threshold needs numbers"));
    }
    let most = values.iter().map(|v| score(*v)).fold(f32::NEG_INFINITY, f32::max);
    let quantity = match side {
        Side::Positive => "value",
        Side::Negative => "-value",
        Side::Magnitude => "|value|",
    };
    if most.is_nan() || most <= 0.0 {
        return Err(value_error(
            format!("the largest {quantity} of the map"),
            most.to_string(),
            "it must be positive for a region",
        ));
    }
    let (limit, how) = limit(threshold, most, || values.iter().map(|v| score(*v)).collect())?;
    let mask: Vec<bool> = values.iter().map(|v| score(*v) >= limit).collect();
    let voxels = mask.iter().filter(|m| **m).count();
    if voxels == 0 {
        return Err(value_error(
            "the threshold",
            limit.to_string(),
            format!("no {quantity} reaches it; the largest is {most}"),
        ));
    }
    Ok(Region { mask, voxels, threshold: limit, rule: format!("{quantity} >= {limit} ({how})") })
}

/// The threshold as a number and how it came about; `most` is the largest score.
fn limit(threshold: Threshold, most: f32, scores: impl FnOnce() -> Vec<f32>) -> Result<(f32, String)> {
    let in_unit = |name: &str, f: f32| {
        let ok = f > 0.0 && f <= 1.0;
        if ok { Ok(()) } else { Err(value_error(name, f.to_string(), "it must be above 0 and at most 1")) }
    };
    match threshold {
        Threshold::Value(v) if v > 0.0 && v.is_finite() => Ok((v, "a fixed value".into())),
        Threshold::Value(v) => Err(value_error("the threshold", v.to_string(), "it must be positive")),
        Threshold::OfMaximum(f) => {
            in_unit("the fraction of the maximum", f)?;
            Ok((f * most, format!("{f} of the maximum {most}")))
        }
        Threshold::TopFraction(f) => {
            in_unit("the fraction of voxels", f)?;
            // Values of the other side can't belong, however large the fraction.
            let value = top(scores(), f).max(f32::from_bits(1));
            Ok((value, format!("reached by the top {f} of all voxels")))
        }
    }
}

/// The value that the given fraction of all scores reaches.
fn top(mut scores: Vec<f32>, fraction: f32) -> f32 {
    let n = scores.len();
    let count = ((n as f64 * f64::from(fraction)).ceil() as usize).clamp(1, n);
    let (_, value, _) = scores.select_nth_unstable_by(count - 1, |a, b| b.total_cmp(a));
    *value
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAP: &[f32] = &[-4.0, -1.0, 0.0, 0.5, 1.0, 2.0, 3.0, 3.0];

    #[test]
    fn rules_say_what_they_did() {
        let r = threshold(MAP, Side::Positive, Threshold::OfMaximum(0.5)).unwrap();
        assert_eq!((r.voxels, r.threshold, r.rule.as_str()), (3, 1.5, "value >= 1.5 (0.5 of the maximum 3)"));
        let r = threshold(MAP, Side::Negative, Threshold::Value(1.0)).unwrap();
        assert_eq!(r.mask, [true, true, false, false, false, false, false, false]);
        let r = threshold(MAP, Side::Magnitude, Threshold::TopFraction(0.25)).unwrap();
        // Two voxels are asked for; the second and third tie at 3.
        assert_eq!((r.voxels, r.threshold), (3, 3.0));
        let r = threshold(MAP, Side::Positive, Threshold::TopFraction(1.0)).unwrap();
        assert_eq!(r.voxels, 5);
    }

    #[test]
    fn empty_regions_and_bad_parameters_are_refused() {
        assert!(
            threshold(MAP, Side::Positive, Threshold::Value(9.0)).unwrap_err().to_string().contains("largest is 3")
        );
        assert!(threshold(&[0.0, 0.0], Side::Magnitude, Threshold::OfMaximum(0.5)).is_err());
        assert!(threshold(&[-1.0], Side::Positive, Threshold::TopFraction(0.5)).is_err());
        assert!(threshold(&[], Side::Positive, Threshold::TopFraction(0.5)).is_err());
        assert!(threshold(&[1.0, f32::NAN], Side::Positive, Threshold::Value(0.5)).is_err());
        for f in [0.0, -1.0, 1.5, f32::NAN] {
            assert!(threshold(MAP, Side::Positive, Threshold::OfMaximum(f)).is_err());
        }
    }
}

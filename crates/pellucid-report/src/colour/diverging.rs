//! The map of signed evidence: blue against, light grey none, red for.
//!
//! Both arms run in straight lines through Oklab from the same neutral grey with the same steps of lightness and chroma, so that equal
//! magnitudes look equally strong whatever their sign. Red and blue stay apart for the common kinds of colour blindness.

use std::sync::LazyLock;

use super::oklab::{Lch, encode, linear_from_oklab};
use super::{ColourMap, Rgb};

/// Signed evidence, symmetric about the middle of the table: blue is against, red is for.
pub static DIVERGING: LazyLock<ColourMap> =
    LazyLock::new(|| ColourMap { name: "blue = against, red = for", table: table() });

/// Entries of an arm, not counting the neutral middle.
const ARM: usize = 127;
/// Lightness of the middle and of the ends.
const LIGHTNESS: (f64, f64) = (0.95, 0.47);
/// Chroma of the ends, which sRGB can show at both hues.
const CHROMA: f64 = 0.185;
/// Hues of blue and red.
const HUES: (f64, f64) = (259.0, 26.0);

fn table() -> Vec<Rgb> {
    let colour = |step: usize, h: f64| {
        let t = step as f64 / ARM as f64;
        let l = LIGHTNESS.0 + (LIGHTNESS.1 - LIGHTNESS.0) * t;
        encode(linear_from_oklab(Lch { l, c: CHROMA * t, h }.lab()))
    };
    (1..=ARM).rev().map(|i| colour(i, HUES.0)).chain((0..=ARM).map(|i| colour(i, HUES.1))).collect()
}

#[cfg(test)]
mod tests {
    use super::super::oklab::{cielab, decode, distance, oklab_from_linear};
    use super::*;

    fn oklabs() -> Vec<[f64; 3]> {
        DIVERGING.table().iter().map(|c| oklab_from_linear(decode(*c))).collect()
    }

    #[test]
    fn middle_is_neutral_and_lightest() {
        let [r, g, b] = DIVERGING.at(0.5);
        assert!(r == g && g == b && r > 225, "{:?}", [r, g, b]);
        assert_eq!(DIVERGING.table().len(), 2 * ARM + 1);
    }

    #[test]
    fn arms_mirror_each_other_in_lightness_and_chroma() {
        let labs = oklabs();
        let chroma = |v: [f64; 3]| v[1].hypot(v[2]);
        for i in 1..=ARM {
            let (blue, red) = (labs[ARM - i], labs[ARM + i]);
            assert!((blue[0] - red[0]).abs() < 0.003, "step {i}: lightness {} and {}", blue[0], red[0]);
            // rounding to 8 bits moves chroma by up to two thousandths; beyond that the gamut would have been left
            assert!((chroma(blue) - chroma(red)).abs() < 0.004, "step {i}: {} and {}", chroma(blue), chroma(red));
            assert!(blue[2] < 0.002 && red[1] > -0.002);
        }
    }

    #[test]
    fn lightness_falls_evenly_along_both_arms() {
        let labs = oklabs();
        let expected = 8.0 * (LIGHTNESS.0 - LIGHTNESS.1) / ARM as f64;
        for i in 8..=ARM {
            for side in [labs[ARM - i + 8][0] - labs[ARM - i][0], labs[ARM + i - 8][0] - labs[ARM + i][0]] {
                assert!((side / expected - 1.0).abs() < 0.12, "step {i}: {side} instead of {expected}");
            }
        }
    }

    #[test]
    fn steps_differ_by_less_than_half_in_cielab() {
        // straight in Oklab; CIELAB sees saturated colours a little wider apart
        let labs: Vec<[f64; 3]> = DIVERGING.table().iter().map(|c| cielab(decode(*c))).collect();
        let steps: Vec<f64> = labs.windows(9).map(|w| distance(w[0], w[8])).collect();
        let mean = steps.iter().sum::<f64>() / steps.len() as f64;
        let middle = ARM - 8..=ARM;
        for (i, step) in steps.iter().enumerate().filter(|(i, _)| !middle.contains(i)) {
            assert!((0.5..1.5).contains(&(step / mean)), "step {i}: {step:.2} of mean {mean:.2}");
        }
    }
}

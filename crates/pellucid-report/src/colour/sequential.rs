//! The map of positive evidence: from near black over violet and orange to pale yellow.
//!
//! A path through Oklab of rising lightness, cut into steps of equal CIELAB distance, so that equal differences of evidence look equal
//! and the order survives in a grey print and for colour-blind readers.

use std::sync::LazyLock;

use super::oklab::{Lch, cielab, distance, encode, linear_from_oklab};
use super::{ColourMap, Rgb};

/// Positive evidence: dark is none, bright is most.
pub static SEQUENTIAL: LazyLock<ColourMap> =
    LazyLock::new(|| ColourMap { name: "ember (dark = none, bright = most)", table: uniform(256) });

/// Lightness, chroma and hue of the path's knots, equally far apart in its parameter. Hues grow through 360 degrees.
const KNOTS: [Lch; 6] = [
    Lch { l: 0.15, c: 0.05, h: 285.0 },
    Lch { l: 0.32, c: 0.15, h: 295.0 },
    Lch { l: 0.48, c: 0.20, h: 328.0 },
    Lch { l: 0.64, c: 0.20, h: 377.0 },
    Lch { l: 0.80, c: 0.165, h: 425.0 },
    Lch { l: 0.96, c: 0.11, h: 465.0 },
];

/// The point of the path at `t` between 0 and 1: cubic through the knots.
fn path(t: f64) -> Lch {
    let last = KNOTS.len() - 1;
    let position = t.clamp(0.0, 1.0) * last as f64;
    let i = (position as usize).min(last - 1);
    let f = position - i as f64;
    let at = |pick: fn(&Lch) -> f64| {
        let [a, b, c, d] = [i.saturating_sub(1), i, i + 1, (i + 2).min(last)].map(|k| pick(&KNOTS[k]));
        // at the ends the missing neighbour continues the line
        let a = if i == 0 { 2.0 * b - c } else { a };
        let d = if i + 1 == last { 2.0 * c - b } else { d };
        b + 0.5 * f * (c - a + f * (2.0 * a - 5.0 * b + 4.0 * c - d + f * (3.0 * (b - c) + d - a)))
    };
    Lch { l: at(|k| k.l), c: at(|k| k.c), h: at(|k| k.h) }.in_gamut()
}

/// Colours along the path at equal CIELAB distances.
fn uniform(n: usize) -> Vec<Rgb> {
    const FINE: usize = 4096;
    let points: Vec<[f64; 3]> = (0..=FINE).map(|i| linear_from_oklab(path(i as f64 / FINE as f64).lab())).collect();
    let mut travelled = vec![0.0];
    for pair in points.windows(2) {
        travelled.push(travelled[travelled.len() - 1] + distance(cielab(pair[0]), cielab(pair[1])));
    }
    let total = travelled[FINE];
    (0..n)
        .map(|i| {
            let wanted = total * i as f64 / (n - 1) as f64;
            let after = travelled.partition_point(|&d| d < wanted).clamp(1, FINE);
            let (a, b) = (travelled[after - 1], travelled[after]);
            let f = if b > a { (wanted - a) / (b - a) } else { 0.0 };
            let mixed = std::array::from_fn(|k| points[after - 1][k] * (1.0 - f) + points[after][k] * f);
            encode(mixed)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::oklab::decode;
    use super::*;

    fn labs() -> Vec<[f64; 3]> {
        SEQUENTIAL.table().iter().map(|c| cielab(decode(*c))).collect()
    }

    #[test]
    fn lightness_rises_from_dark_to_bright() {
        let labs = labs();
        for pair in labs.windows(2) {
            // half a step of 8-bit rounding
            assert!(pair[1][0] > pair[0][0] - 0.15, "{pair:?}");
        }
        for pair in labs.windows(9).map(|w| (w[0], w[8])) {
            assert!(pair.1[0] - pair.0[0] > 1.0, "lightness must rise clearly over 8 steps: {pair:?}");
        }
        assert!(labs[0][0] < 8.0 && labs[255][0] > 92.0);
    }

    #[test]
    fn steps_are_uniform_in_cielab() {
        let labs = labs();
        // over 8 entries, so that rounding to 8 bits averages out
        let steps: Vec<f64> = labs.windows(9).map(|w| distance(w[0], w[8])).collect();
        let mean = steps.iter().sum::<f64>() / steps.len() as f64;
        for (i, step) in steps.iter().enumerate() {
            assert!((step / mean - 1.0).abs() < 0.15, "step {i}: {step:.3} of mean {mean:.3}");
        }
    }

    #[test]
    fn known_places_have_the_intended_hues() {
        let [r, g, b] = SEQUENTIAL.at(0.2);
        assert!(b > r && r > g, "violet: {:?}", [r, g, b]);
        let [r, g, b] = SEQUENTIAL.at(0.8);
        assert!(r > g && g > b, "orange: {:?}", [r, g, b]);
        let [r, g, b] = SEQUENTIAL.at(1.0);
        assert!(r > 240 && g > 235 && b < 220, "pale yellow: {:?}", [r, g, b]);
    }
}

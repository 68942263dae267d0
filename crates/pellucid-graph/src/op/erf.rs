//! The error function to double precision.
//!
//! Below 2 the series of all-positive terms `erf(x) = 2/sqrt(pi) exp(-x^2) sum 2^n x^(2n+1) / (2n+1)!!`, which doesn't cancel; above it the
//! continued fraction of `erfc` (Abramowitz and Stegun 7.1.6 and 7.1.14).

use std::f64::consts::FRAC_2_SQRT_PI;

const SWITCH: f64 = 2.0;

/// `2/sqrt(pi)` times the integral of `exp(-t^2)` from 0 to `x`.
pub(crate) fn erf(x: f64) -> f64 {
    let a = x.abs();
    let y = if a.is_nan() {
        a
    } else if a < SWITCH {
        series(a)
    } else {
        1.0 - tail(a)
    };
    y.copysign(x)
}

/// `1 - erf(x)`, with full relative precision for large `x`.
pub(crate) fn erfc(x: f64) -> f64 {
    if x.is_nan() {
        x
    } else if x >= SWITCH {
        tail(x)
    } else {
        1.0 - erf(x)
    }
}

fn series(x: f64) -> f64 {
    let (mut term, mut sum, mut n) = (x, x, 1.0);
    while term > sum * 1e-17 {
        n += 2.0;
        term *= 2.0 * x * x / n;
        sum += term;
    }
    FRAC_2_SQRT_PI * (-x * x).exp() * sum
}

/// `erfc` for `x >= 2`: `exp(-x^2)/sqrt(pi) / (x + (1/2)/(x + (2/2)/(x + (3/2)/(x + ...))))`.
fn tail(x: f64) -> f64 {
    if x > 27.5 {
        return 0.0;
    }
    // the fraction needs fewer levels the larger x is
    let levels = (20.0 + 320.0 / (x * x)) as usize;
    let below = (1..=levels).rev().fold(x, |f, k| x + k as f64 / 2.0 / f);
    FRAC_2_SQRT_PI / 2.0 * (-x * x).exp() / below
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reference values to 17 digits.
    const CASES: &[(f64, f64, f64)] = &[
        (1e-09, 1.1283791670955127e-09, 0.9999999988716208),
        (0.01, 0.011283415555849616, 0.9887165844441503),
        (0.1, 0.1124629160182849, 0.8875370839817152),
        (0.3, 0.3286267594591274, 0.6713732405408726),
        (0.5, 0.5204998778130465, 0.4795001221869535),
        (0.84, 0.7651427114549946, 0.23485728854500548),
        (1.0, 0.8427007929497149, 0.15729920705028513),
        (1.3, 0.9340079449406524, 0.06599205505934755),
        (1.7, 0.9837904585907745, 0.016209541409225436),
        (1.99, 0.995111413199617, 0.004888586800383003),
        (2.0, 0.9953222650189527, 0.004677734981047265),
        (2.01, 0.9955248493552482, 0.004475150644751763),
        (2.3, 0.9988568234026434, 0.0011431765973566523),
        (2.9, 0.9999589021219005, 4.109787809945886e-05),
        (3.5, 0.9999992569016276, 7.430983723414128e-07),
        (4.2, 0.9999999971445058, 2.8554941795921843e-09),
        (5.0, 0.9999999999984626, 1.5374597944280351e-12),
        (6.5, 1.0, 3.8421483271206475e-20),
        (9.0, 1.0, 4.13703174651381e-37),
        (15.0, 1.0, 7.212994172451206e-100),
        (25.0, 1.0, 8.300172571196522e-274),
    ];

    #[test]
    fn is_right_to_the_last_digits() {
        for &(x, e, c) in CASES {
            assert!((erf(x) - e).abs() <= 1e-15 * e.abs(), "erf({x}) = {} not {e}", erf(x));
            assert!((erf(-x) + e).abs() <= 1e-15 * e.abs(), "erf is odd at {x}");
            // exp(-x^2) carries the rounding of x^2
            let rel = 4e-16 + 2.3e-16 * x * x + if x < 2.0 { 1e-13 } else { 0.0 };
            assert!((erfc(x) - c).abs() <= rel * c, "erfc({x}) = {} not {c}", erfc(x));
        }
        assert!(erf(f64::NAN).is_nan());
        assert_eq!((erf(f64::INFINITY), erf(-40.0), erf(0.0)), (1.0, -1.0, 0.0));
    }
}

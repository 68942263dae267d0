//! Minimising a smooth function of many variables by limited-memory BFGS, in `f64`.
//!
//! # Formula
//! ```text
//! x <- x - a H g,    H from the last pairs s = x_new - x, y = g_new - g by the two-loop recursion
//! a: halved from 1 until f falls by at least 1e-4 a g'(H g)
//! ```
//!
//! # Source
//! nocedal2006numerical, algorithms 7.4 and 3.1.

use crate::linalg::dot;

/// Pairs that are kept.
const MEMORY: usize = 10;

/// A minimum, or where the search ended.
#[derive(Clone, Debug)]
pub(crate) struct Minimum {
    /// Point.
    pub at: Vec<f64>,
    /// Largest magnitude of the gradient there.
    pub slope: f64,
}

/// Searches from `at` until no entry of the gradient exceeds `tolerance`, at most `steps` steps. `f` gives value and gradient.
///
/// # Errors
/// What `f` says.
pub(crate) fn minimise<E>(
    at: Vec<f64>,
    steps: usize,
    tolerance: f64,
    mut f: impl FnMut(&[f64]) -> Result<(f64, Vec<f64>), E>,
) -> Result<Minimum, E> {
    let mut at = at;
    let (mut value, mut gradient) = f(&at)?;
    let mut pairs: Vec<(Vec<f64>, Vec<f64>)> = Vec::new();
    for _ in 0..steps {
        let slope = largest(&gradient);
        if slope <= tolerance {
            return Ok(Minimum { at, slope });
        }
        let mut way = direction(&gradient, &pairs);
        let mut fall = dot(&way, &gradient);
        if fall <= 0.0 {
            pairs.clear();
            way.clone_from(&gradient);
            fall = dot(&way, &gradient);
        }
        // the first step has no curvature to go by
        let mut a = if pairs.is_empty() { 1.0 / largest(&way).max(1.0) } else { 1.0 };
        let mut found = None;
        for _ in 0..60 {
            let next: Vec<f64> = at.iter().zip(&way).map(|(x, w)| x - a * w).collect();
            let (v, g) = f(&next)?;
            if v <= value - 1e-4 * a * fall {
                found = Some((next, v, g));
                break;
            }
            a *= 0.5;
        }
        // rounding hides any further fall
        let Some((next, v, g)) = found else { return Ok(Minimum { at, slope }) };
        let s: Vec<f64> = next.iter().zip(&at).map(|(n, x)| n - x).collect();
        let y: Vec<f64> = g.iter().zip(&gradient).map(|(n, g)| n - g).collect();
        if dot(&s, &y) > f64::EPSILON * dot(&y, &y) {
            pairs.push((s, y));
            if pairs.len() > MEMORY {
                pairs.remove(0);
            }
        }
        (at, value, gradient) = (next, v, g);
    }
    let slope = largest(&gradient);
    Ok(Minimum { at, slope })
}

fn largest(v: &[f64]) -> f64 {
    v.iter().fold(0.0, |m, x| m.max(x.abs()))
}

/// `H g` by the two loops.
fn direction(gradient: &[f64], pairs: &[(Vec<f64>, Vec<f64>)]) -> Vec<f64> {
    let mut q = gradient.to_vec();
    let mut shares = Vec::with_capacity(pairs.len());
    for (s, y) in pairs.iter().rev() {
        let share = dot(s, &q) / dot(s, y);
        q.iter_mut().zip(y).for_each(|(q, y)| *q -= share * y);
        shares.push(share);
    }
    if let Some((s, y)) = pairs.last() {
        let scale = dot(s, y) / dot(y, y);
        q.iter_mut().for_each(|q| *q *= scale);
    }
    for ((s, y), share) in pairs.iter().zip(shares.iter().rev()) {
        let back = dot(y, &q) / dot(s, y);
        q.iter_mut().zip(s).for_each(|(q, s)| *q += (share - back) * s);
    }
    q
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    #[test]
    fn a_long_valley_is_followed_to_its_end() {
        let mut asked = 0;
        let rosenbrock = |x: &[f64]| -> Result<_, Infallible> {
            asked += 1;
            let (a, b) = (1.0 - x[0], x[1] - x[0] * x[0]);
            Ok((a * a + 100.0 * b * b, vec![-2.0 * a - 400.0 * x[0] * b, 200.0 * b]))
        };
        let found = minimise(vec![-1.2, 1.0], 200, 1e-9, rosenbrock).unwrap();
        assert!((found.at[0] - 1.0).abs() < 1e-8 && (found.at[1] - 1.0).abs() < 1e-8, "{found:?}");
        assert!(asked < 100 && found.slope <= 1e-9, "{found:?} {asked}");
    }

    #[test]
    fn a_quadratic_of_unequal_axes_takes_few_steps_and_errors_come_through() {
        let scale: Vec<f64> = (0..8).map(|i| 10f64.powi(i / 2)).collect();
        let f = |x: &[f64]| -> Result<_, Infallible> {
            let g: Vec<f64> = x.iter().zip(&scale).map(|(x, s)| s * (x - 3.0)).collect();
            Ok((0.5 * x.iter().zip(&g).map(|(x, g)| (x - 3.0) * g).sum::<f64>(), g))
        };
        let found = minimise(vec![0.0; 8], 500, 1e-10, f).unwrap();
        assert!(found.at.iter().all(|x| (x - 3.0).abs() < 1e-9), "{found:?}");
        assert_eq!(minimise(vec![3.0; 8], 5, 1e-10, f).unwrap().at, [3.0; 8]);
        assert_eq!(minimise(vec![0.0], 5, 0.0, |_| Err("no")).unwrap_err(), "no");
    }
}

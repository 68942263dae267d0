//! Comparing found with expected numbers.

use super::case::Case;

/// The worst deviation of a case, relative to the largest expected value, against what is allowed.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    /// Largest `max |a - b| / max |b|` over the arrays.
    pub deviation: f64,
    /// What went wrong, if anything.
    pub failures: Vec<String>,
    /// Why the case can't be right, when it contradicts itself.
    pub disputed: Option<String>,
}

/// How strictly an engine is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// The plain evaluator in double precision.
    Double,
    /// An engine in single precision.
    Single,
}

impl Verdict {
    /// Compares an array.
    pub fn array(&mut self, case: &Case, name: &str, found: &[f64], expected: &[f64], precision: Precision) {
        if found.len() != expected.len() {
            self.failures.push(format!("{name}: {} values, expected {}", found.len(), expected.len()));
            return;
        }
        let scale = expected.iter().fold(0.0f64, |m, v| m.max(v.abs()));
        let worst = found.iter().zip(expected).map(|(a, b)| (a - b).abs());
        let worst = worst.fold(0.0f64, |m, d| if d.is_nan() { f64::INFINITY } else { m.max(d) });
        let relative = if worst == 0.0 { 0.0 } else { worst / scale.max(f64::MIN_POSITIVE) };
        self.deviation = self.deviation.max(relative);
        let allowed = allowed(case, precision);
        if relative <= allowed {
            return;
        }
        let rescued =
            case.tolerance.float64_only && precision == Precision::Single && correlation(found, expected) > 0.99;
        if !rescued {
            self.failures.push(format!("{name}: deviates by {relative:.1e}, allowed {allowed:.1e}"));
        }
    }

    /// Compares a number against a scale.
    pub fn scalar(&mut self, case: &Case, name: &str, found: f64, expected: f64, scale: f64, precision: Precision) {
        let scale = scale.max(expected.abs()).max(f64::MIN_POSITIVE);
        let relative = (found - expected).abs() / scale;
        let allowed = allowed(case, precision);
        if relative.is_nan() || relative > allowed {
            self.failures
                .push(format!("{name}: {found} instead of {expected} ({relative:.1e}, allowed {allowed:.1e})"));
        }
    }
}

/// The tolerance of a case for a precision, as the format's README says.
fn allowed(case: &Case, precision: Precision) -> f64 {
    let stated = case.tolerance.rel_to_max.unwrap_or(1e-5);
    if case.tolerance.float64_only && precision == Precision::Single {
        return stated.max(20.0 * case.float32_rel_to_max.unwrap_or(0.0));
    }
    stated
}

fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let n = a.len() as f64;
    let mean = |v: &[f64]| v.iter().sum::<f64>() / n;
    let (ma, mb) = (mean(a), mean(b));
    let cross: f64 = a.iter().zip(b).map(|(x, y)| (x - ma) * (y - mb)).sum();
    let square = |v: &[f64], m: f64| v.iter().map(|x| (x - m) * (x - m)).sum::<f64>();
    cross / (square(a, ma) * square(b, mb)).sqrt()
}

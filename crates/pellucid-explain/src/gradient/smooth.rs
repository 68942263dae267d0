//! Statistics of the gradient over noisy copies of the input: what SmoothGrad, its square and VarGrad share.

use crate::context::Context;
use crate::evidence::{Evidence, Grid, Map};
use crate::gradient::noise::Noisy;
use crate::method::{Found, Gradients, named};
use crate::params::{ParamSpec, SEED, Values, float, int};
use crate::{ExplainError, Result};

/// Parameters of all three.
pub(crate) static PARAMS: &[ParamSpec] = &[
    int("samples", 25, 1, 100_000, "noisy copies"),
    float("noise_level", 0.15, 0.0, 10.0, "standard deviation of the noise as a share of max - min of the input"),
    SEED,
];

/// What is taken of the gradients at one input element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Statistic {
    /// Their mean.
    Mean,
    /// The mean of their squares.
    MeanSquare,
    /// Their population variance.
    Variance,
}

/// Running central moments of one element (Pebay's update: no cancellation, one pass).
#[derive(Clone, Copy, Debug, Default)]
struct Moments {
    mean: f64,
    m2: f64,
    m3: f64,
    m4: f64,
}

impl Moments {
    /// Adds value number `n` (counted from 1).
    fn add(&mut self, value: f64, n: f64) {
        let delta = value - self.mean;
        let step = delta / n;
        let term = delta * step * (n - 1.0);
        self.mean += step;
        self.m4 += term * step * step * (n * n - 3.0 * n + 3.0) + 6.0 * step * step * self.m2 - 4.0 * step * self.m3;
        self.m3 += term * step * (n - 2.0) - 3.0 * step * self.m2;
        self.m2 += term;
    }
}

impl Statistic {
    /// The value whose moments are kept.
    fn observed(self, g: f64) -> f64 {
        if self == Statistic::MeanSquare { g * g } else { g }
    }

    fn value(self, m: &Moments, n: f64) -> f64 {
        if self == Statistic::Variance { m.m2 / n } else { m.mean }
    }

    /// Standard error of [`Statistic::value`] after `n > 1` samples; of a variance by its large-sample form.
    fn standard_error(self, m: &Moments, n: f64) -> f64 {
        match self {
            Statistic::Variance => ((m.m4 / n - (m.m2 / n).powi(2)).max(0.0) / n).sqrt(),
            _ => (m.m2 / (n - 1.0) / n).sqrt(),
        }
    }
}

/// Runs the gradient over the noisy copies, one statistic per input element, in order of sample.
pub(crate) fn drive(context: &mut Context, values: &Values, statistic: Statistic, label: &str) -> Result<Found> {
    let samples = values.count("samples");
    let noisy = Noisy::new(context, values.float("noise_level"), values.int("seed") as u64)?;
    let inputs = context.float_inputs()?;
    let mut moments: Vec<Vec<Moments>> =
        inputs.iter().map(|i| vec![Moments::default(); i.1.iter().product()]).collect();
    let needs = Gradients { inputs: true, ..Gradients::default() };
    context.gradients(needs, samples, label, &|i| noisy.sample(i), &mut |i, found| {
        for (moments, gradient) in moments.iter_mut().zip(&found[1..]) {
            if let Some(index) = gradient.first_non_finite() {
                return Err(ExplainError::NonFinite { wire: "gradient of a noisy copy".into(), index });
            }
            let n = i as f64 + 1.0;
            moments.iter_mut().zip(gradient.to_f64()).for_each(|(m, g)| m.add(statistic.observed(g), n));
        }
        Ok(())
    })?;
    let n = samples as f64;
    let mut found = Found { evidence: Evidence::Maps(vec![]), ..Found::default() };
    let mut maps = Vec::new();
    for ((name, shape), moments) in inputs.iter().zip(&moments) {
        if samples > 1 {
            let error = moments.iter().map(|m| statistic.standard_error(m, n)).collect();
            found.extras.push((named("standard_error", name, inputs.len()), error));
        }
        let values = moments.iter().map(|m| statistic.value(m, n) as f32).collect();
        maps.push(Map { grid: Grid::Input { name: name.clone() }, shape: shape.clone(), values });
    }
    found.evidence = Evidence::Maps(maps);
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn running_moments_equal_those_by_definition() {
        let values = crate::random::Stream::new(5, 0, 0).normals(40);
        let values: Vec<f64> = values.iter().map(|v| 1000.0 + v * v).collect();
        let mut m = Moments::default();
        values.iter().enumerate().for_each(|(i, v)| m.add(*v, i as f64 + 1.0));
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let central = |p: i32| values.iter().map(|v| (v - mean).powi(p)).sum::<f64>();
        for (found, expected) in [(m.mean, mean), (m.m2, central(2)), (m.m3, central(3)), (m.m4, central(4))] {
            assert!((found - expected).abs() < 1e-8 * expected.abs(), "{found} {expected}");
        }
    }

    #[test]
    fn standard_errors_are_those_of_the_textbook() {
        let mut m = Moments::default();
        [1.0, 2.0, 6.0].iter().enumerate().for_each(|(i, v)| m.add(*v, i as f64 + 1.0));
        // variance 7 with n - 1, over 3 samples
        assert!((Statistic::Mean.standard_error(&m, 3.0) - f64::sqrt(7.0 / 3.0)).abs() < 1e-12);
        assert!((Statistic::Variance.value(&m, 3.0) - 14.0 / 3.0).abs() < 1e-12);
    }
}

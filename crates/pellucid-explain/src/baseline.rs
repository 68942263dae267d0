//! What stands for "nothing there": the reference inputs of integrated gradients and the fill of occlusion.

use pellucid_graph::Tensor;

use crate::context::Context;
use crate::params::{ParamSpec, Values, choice, float};
use crate::planes::Planes;
use crate::{ExplainError, Result};

/// The kinds of baseline.
pub(crate) const KIND: ParamSpec = choice(
    "baseline",
    "constant",
    &["constant", "channel-mean", "blurred", "min", "max"],
    "reference input: one value everywhere (`value`), the mean, smallest or largest value of each channel, or the input blurred",
);

/// The value of a constant baseline.
pub(crate) const VALUE: ParamSpec = float(
    "value",
    0.0,
    -1e9,
    1e9,
    "value of a constant baseline, model units (0 is the mean of the data for normalised inputs)",
);

/// The blur of a blurred baseline.
pub(crate) const SIGMA: ParamSpec = ParamSpec {
    unit: "px",
    ..float(
        "blur_sigma",
        10.0,
        0.1,
        1000.0,
        "standard deviation of the Gaussian of a blurred baseline, along each axis",
    )
};

/// Reference inputs, one list of tensors (one per input) each. Arrays handed in as `baseline_<input>`, of shape `B x C x S..`, take the place of the
/// named kind for that input; with several of them, each stands for itself.
pub(crate) fn baselines(context: &Context, values: &Values) -> Result<Vec<Vec<Tensor>>> {
    let names = context.model.inputs()?.into_iter().map(|(name, _)| name);
    let mut parts = Vec::new();
    for ((name, input), planes) in names.zip(context.inputs).zip(Planes::of_inputs(context)?) {
        parts.push(match injected(context, &name, input)? {
            Some(given) => given,
            None => of_kind(input, &planes, values),
        });
    }
    let count = parts.iter().map(|p| p.shape()[0]).max().unwrap_or(1);
    if let Some(odd) = parts.iter().find(|p| p.shape()[0] != 1 && p.shape()[0] != count) {
        return Err(ExplainError::Input {
            input: "baseline".into(),
            reason: format!("one input has {} baselines, another {count}", odd.shape()[0]),
        });
    }
    let one = |b: usize| parts.iter().map(|p| Ok(p.sample(b.min(p.shape()[0] - 1))?)).collect();
    (0..count).map(one).collect()
}

/// The baseline handed in for an input.
fn injected(context: &Context, name: &str, input: &Tensor) -> Result<Option<Tensor>> {
    let Some(given) = context.injected.get(&format!("baseline_{name}")) else { return Ok(None) };
    let fail = |reason: String| ExplainError::Input { input: format!("baseline_{name}"), reason };
    if given.rank() != input.rank() || given.shape()[1..] != input.shape()[1..] || given.shape()[0] == 0 {
        let expected = &input.shape()[1..];
        return Err(fail(format!("has shape {:?}, expected baselines x {expected:?}", given.shape())));
    }
    if let Some(index) = given.first_non_finite() {
        return Err(fail(format!("element {index} isn't finite")));
    }
    Ok(Some(given.cast(input.dtype())))
}

/// A baseline of the kind that the parameters name. Inputs of whole numbers stay as they are; inputs without spatial axes (`1 x F`) have no
/// channel to take a mean over, so every kind but `constant` is 0 there.
pub(crate) fn of_kind(input: &Tensor, planes: &Planes, values: &Values) -> Tensor {
    if !input.dtype().is_float() {
        return input.clone();
    }
    let kind = values.word("baseline");
    let flat = planes.spatial().is_empty();
    let x = planes.split(input);
    let made = match kind {
        "constant" | "" => vec![values.float("value"); x.len()],
        _ if flat => vec![0.0; x.len()],
        "blurred" => blurred(&x, planes.spatial(), values.float("blur_sigma")),
        _ => per_channel(&x, planes.positions(), kind),
    };
    planes.join(input.dtype(), made)
}

/// Each channel of `size` positions replaced by one statistic of it.
fn per_channel(x: &[f64], size: usize, kind: &str) -> Vec<f64> {
    let statistic = |channel: &[f64]| match kind {
        "min" => channel.iter().copied().fold(f64::INFINITY, f64::min),
        "max" => channel.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        _ => channel.iter().sum::<f64>() / channel.len() as f64,
    };
    x.chunks(size.max(1)).flat_map(|channel| std::iter::repeat_n(statistic(channel), channel.len())).collect()
}

/// Gaussian blur of every channel along all axes of its grid, cut at four standard deviations, edges repeated.
fn blurred(x: &[f64], grid: &[usize], sigma: f64) -> Vec<f64> {
    let reach = (4.0 * sigma).ceil() as usize;
    let half: Vec<f64> = (0..=reach).map(|d| (-0.5 * (d as f64 / sigma).powi(2)).exp()).collect();
    let total: f64 = half[0] + 2.0 * half[1..].iter().sum::<f64>();
    let mut x = x.to_vec();
    for axis in 0..grid.len() {
        x = blurred_along(&x, grid, axis, &half, total);
    }
    x
}

fn blurred_along(x: &[f64], grid: &[usize], axis: usize, half: &[f64], total: f64) -> Vec<f64> {
    let (n, inner) = (grid[axis], grid[axis + 1..].iter().product::<usize>());
    let mut out = vec![0.0; x.len()];
    // Beyond the edge the kernel falls on the first or last sample, so one weight per pair of places says it all.
    let mut weights = vec![0.0; n * n];
    for o in 0..n {
        for (d, w) in half.iter().enumerate() {
            weights[o * n + (o + d).min(n - 1)] += w / total;
            if d > 0 {
                weights[o * n + o.saturating_sub(d)] += w / total;
            }
        }
    }
    for (block, result) in x.chunks(n * inner).zip(out.chunks_mut(n * inner)) {
        for o in 0..n {
            let row = &mut result[o * inner..(o + 1) * inner];
            for i in o.saturating_sub(half.len())..(o + half.len()).min(n) {
                let w = weights[o * n + i];
                row.iter_mut().zip(&block[i * inner..(i + 1) * inner]).for_each(|(r, v)| *r += w * v);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    static SPECS: &[ParamSpec] = &[KIND, VALUE, SIGMA];

    fn planes(x: &Tensor) -> Planes {
        Planes::new(x.shape(), false)
    }

    fn values(kind: &str, sigma: f64) -> Values {
        let given = BTreeMap::from([("baseline".to_string(), kind.into()), ("blur_sigma".to_string(), sigma.into())]);
        Values::resolve("test", SPECS, &given).unwrap()
    }

    #[test]
    fn each_channel_has_its_own_statistic() {
        let x = Tensor::f32(&[1, 2, 1, 3], vec![1.0, 2.0, 6.0, -1.0, 0.0, 4.0]).unwrap();
        for (kind, a, b) in [("channel-mean", 3.0, 1.0), ("min", 1.0, -1.0), ("max", 6.0, 4.0)] {
            assert_eq!(of_kind(&x, &planes(&x), &values(kind, 1.0)).to_f64(), [a, a, a, b, b, b], "{kind}");
        }
        assert_eq!(of_kind(&x, &planes(&x), &values("constant", 1.0)).to_f64(), [0.0; 6]);
    }

    #[test]
    fn inputs_without_spatial_axes_have_a_zero_baseline() {
        let x = Tensor::f32(&[1, 3], vec![1.0, 2.0, 6.0]).unwrap();
        for kind in ["channel-mean", "blurred", "min", "max"] {
            assert_eq!(of_kind(&x, &planes(&x), &values(kind, 1.0)).to_f64(), [0.0; 3], "{kind}");
        }
    }

    #[test]
    fn a_blur_keeps_constants_and_spreads_a_point_evenly() {
        let x = blurred(&[2.5; 24], &[4, 6], 3.0);
        assert!(x.iter().all(|v| (v - 2.5).abs() < 1e-12));
        let mut point = vec![0.0; 41 * 41];
        point[20 * 41 + 20] = 1.0;
        let y = blurred(&point, &[41, 41], 2.0);
        assert!((y.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        assert!((y[20 * 41 + 17] - y[17 * 41 + 20]).abs() < 1e-15);
        // value at the centre of a sampled Gaussian: 1 / (2 pi sigma^2) to the accuracy of the cut
        assert!((y[20 * 41 + 20] - 1.0 / (std::f64::consts::TAU * 4.0)).abs() < 1e-5);
    }
}

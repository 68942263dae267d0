//! Averages FullGrad over noisy copies of the input.
//!
//! # Formula
//! ```text
//! L = 1/n sum_i FullGrad(x + e_i)        e_i ~ N(0, (level (max x - min x))^2)
//! ```
//!
//! # Symbols
//! - `n`: number of noisy copies
//! - `level`: standard deviation of the noise as a share of the input's range
//!
//! # Axioms
//! As FullGrad, for the noisy inputs on average.
//!
//! # Cost
//! n (F + B).
//!
//! # In images
//! Less grainy than FullGrad. The noise acts in model units, after normalisation.
//!
//! # Departures
//! None.
//!
//! # Source
//! srinivas2019fullgrad, section 5, with the noise of smilkov2017smoothgrad.

use std::collections::BTreeMap;

use crate::context::Context;
use crate::evidence::Evidence;
use crate::gradient::{full_grad, noise};
use crate::method::{Family, Found, Kind, MethodInfo, Need};
use crate::params::{ParamSpec, SEED, Values, float, int};
use crate::{Map, Result};

static PARAMS: &[ParamSpec] = &[
    int("samples", 25, 1, 100_000, "noisy copies"),
    float("noise_level", 0.15, 0.0, 10.0, "standard deviation of the noise as a share of max - min of the input"),
    SEED,
];

/// Smooth-FullGrad.
pub static INFO: MethodInfo = MethodInfo {
    id: "smooth-full-grad",
    name: "Smooth-FullGrad",
    family: Family::Gradient,
    summary: "Averages FullGrad over noisy copies of the input",
    sources: &["srinivas2019fullgrad", "smilkov2017smoothgrad"],
    needs: &[Need::Gradient],
    cost: "samples (F + B)",
    keeps: &[],
    breaks: &[("completeness", "the noisy inputs have other target values")],
    params: PARAMS,
    cautions: &["never negative; mixes all depths"],
    revision: 1,
    file: include_str!("smooth_full_grad.rs"),
    kind: Kind::Driven(drive),
};

fn drive(context: &mut Context, values: &Values) -> Result<Found> {
    let samples = values.count("samples");
    let noisy = noise::Noisy::new(context, values.float("noise_level"), values.int("seed") as u64)?;
    let none = Values::resolve(full_grad::INFO.id, full_grad::INFO.params, &BTreeMap::new())?;
    let mut sums: Vec<Vec<f64>> = Vec::new();
    let mut shapes: Vec<Map> = Vec::new();
    context.maps_over(&full_grad::INFO, &none, samples, "smooth-full-grad", &|i| noisy.sample(i), &mut |_, maps| {
        if sums.is_empty() {
            sums = maps.iter().map(|m| vec![0.0; m.values.len()]).collect();
        }
        for (sum, map) in sums.iter_mut().zip(&maps) {
            sum.iter_mut().zip(&map.values).for_each(|(s, v)| *s += f64::from(*v));
        }
        shapes = maps;
        Ok(())
    })?;
    let mean = |sum: &[f64]| sum.iter().map(|s| (s / samples as f64) as f32).collect();
    let maps = shapes.into_iter().zip(&sums).map(|(map, sum)| Map { values: mean(sum), ..map }).collect();
    Ok(Found { evidence: Evidence::Maps(maps), ..Found::default() })
}

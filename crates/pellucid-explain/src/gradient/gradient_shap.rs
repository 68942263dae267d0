//! Averages the gradient at random points between random background samples and the input, times the way.
//!
//! # Formula
//! ```text
//! L = 1/n sum_s (x + e_s - b_s) * G(b_s + a_s (x + e_s - b_s))
//! ```
//!
//! # Symbols
//! - `x`: input, `C x S..`, model units; `b_s`: background sample of the same shape, drawn for sample `s`
//! - `a_s`: place on the line, uniform in `(0, 1]`; `e_s`: Gaussian noise, model units
//! - `G`: gradient of the target with respect to the input, units of the target per model unit; `n`: `samples`
//!
//! # Axioms
//! Without noise the expected map adds up to `t(x) - mean_b t(b)`: measured as a check, which allows for the sampling error. An element that isn't
//! used, or that is the same in the input and in all of the background, gets 0. Linear targets are exact whatever the places.
//!
//! # Cost
//! `samples` (F + B), and 1 F for the input and each background sample. Only running sums are kept.
//!
//! # In images
//! The background should be images of the same kind without what is looked for, registered if anatomy is: an average over many of them says less of
//! the choice of one. With one background sample it is integrated gradients by a random rule, and the fixed rules there are better. `standard_error`
//! says, for each element, how far another seed would move the map.
//!
//! # Departures
//! Places are drawn one from each of `n` equal parts of the line (`stratified`), which leaves the mean as it is and lowers the spread. The standard
//! error comes from differences of successive samples, which holds for such places too. Handed in can be the background (`baseline_<input>`,
//! `B x C x S..`), `index` (`n`, from 0), `alphas` (`n`) and `noise_<input>` (`n x C x S..`, scaled).
//!
//! # Source
//! erion2021expected, for the estimate; lundberg2017shap, for the values that it stands for under independence and a linear model.

use pellucid_graph::Tensor;

use crate::baseline::{self, KIND, SIGMA, VALUE};
use crate::context::Context;
use crate::evidence::Evidence;
use crate::explanation::Check;
use crate::gradient::field::{Field, INPUTS, finite, floats, maps, with_values};
use crate::gradient::noise::Noisy;
use crate::gradient::successive::Successive;
use crate::method::{Family, Found, Kind, MethodInfo, Need, named};
use crate::params::{ParamSpec, SEED, Values, flag, float, int};
use crate::random::Stream;
use crate::{ExplainError, Result};

static PARAMS: &[ParamSpec] = &[
    int("samples", 20, 1, 1_000_000, "random points"),
    flag(
        "stratified",
        true,
        "draw one place from each of `samples` equal parts of the line instead of all from the whole",
    ),
    float("noise_level", 0.0, 0.0, 10.0, "standard deviation of the noise as a share of the input's range"),
    KIND,
    VALUE,
    SIGMA,
    SEED,
];

/// GradientSHAP.
pub static INFO: MethodInfo = MethodInfo {
    id: "gradient-shap",
    name: "GradientSHAP",
    family: Family::Gradient,
    summary: "Averages the gradient at random points between random background samples and the input, times the way",
    sources: &["erion2021expected", "lundberg2017shap"],
    needs: &[Need::Gradient],
    cost: "samples (F + B)",
    keeps: &[
        (
            "completeness",
            "in expectation: the mean gradient along a line, times the way, is the difference of its ends",
        ),
        ("dummy", "an element that isn't used or never differs from the background gets 0"),
        ("implementation-invariance", "only values and gradients of the function enter"),
    ],
    breaks: &[],
    params: PARAMS,
    cautions: &["a map of too few samples is noise: compare its structure with `standard_error`"],
    revision: 1,
    file: include_str!("gradient_shap.rs"),
    kind: Kind::Driven(drive),
};

/// How many standard errors the sum of the map may be off.
const ERRORS: f64 = 4.0;

/// A residual below this share of the map's mass is rounding.
const ROUNDING: f64 = 1e-4;

/// Part of a stream that draws the places and the background; noise takes those of the inputs, from 0.
const DRAWS: usize = usize::MAX;

/// The points at which the gradient is taken.
struct Points<'a> {
    inputs: &'a [Tensor],
    background: Vec<Field>,
    noisy: Noisy,
    /// Which background sample each has.
    index: Vec<usize>,
    /// Place of each on its line.
    alphas: Vec<f64>,
}

impl Points<'_> {
    /// The way from the background to the noisy input.
    fn way(&self, s: usize) -> Result<Field> {
        let ends = floats(&self.noisy.sample(s)?);
        Ok(ends.iter().zip(&self.background[self.index[s]]).map(|(z, b)| difference(z, b)).collect())
    }

    fn at(&self, s: usize) -> Result<Vec<Tensor>> {
        let (a, from) = (self.alphas[s], &self.background[self.index[s]]);
        let step = |(b, w): (&Vec<f64>, &Vec<f64>)| b.iter().zip(w).map(|(b, w)| b + a * w).collect();
        Ok(with_values(self.inputs, &from.iter().zip(&self.way(s)?).map(step).collect()))
    }
}

fn difference(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a - b).collect()
}

fn drive(context: &mut Context, values: &Values) -> Result<Found> {
    let baselines = baseline::baselines(context, values)?;
    let n = values.count("samples");
    let (seed, level) = (values.int("seed") as u64, values.float("noise_level"));
    let points = Points {
        inputs: context.inputs,
        background: baselines.iter().map(|b| floats(b)).collect(),
        noisy: Noisy::new(context, level, seed)?,
        index: index(context, n, baselines.len(), seed)?,
        alphas: alphas(context, n, values.flag("stratified"), seed)?,
    };
    let noisy = level > 0.0 || context.injected.keys().any(|k| k.starts_with("noise"));
    let ends = if noisy { None } else { Some(ends(context, &baselines, &points)?) };
    let mut elements: Vec<Successive> = context.float_inputs()?.iter().map(|_| Successive::default()).collect();
    let mut total = Successive::default();
    context.gradients(INPUTS, n, INFO.id, &|s| points.at(s), &mut |s, found| {
        let (mut sum, way) = (0.0, points.way(s)?);
        for ((running, w), g) in elements.iter_mut().zip(&way).zip(&finite(&found[1..])?) {
            let product: Vec<f64> = w.iter().zip(g).map(|(w, g)| w * g).collect();
            sum += product.iter().sum::<f64>();
            running.add(product);
        }
        total.add(vec![sum]);
        Ok(())
    })?;
    if baselines.len() == 1 {
        context
            .notes
            .push("the background is one sample: `integrated-gradients` gives this map without sampling".into());
    }
    let field: Field = elements.iter().map(Successive::mean).collect();
    let names: Vec<String> = context.float_inputs()?.into_iter().map(|(name, _)| name).collect();
    let errors = elements.iter().map(Successive::standard_error).zip(&names);
    let extras = errors.map(|(e, name)| (named("standard_error", name, names.len()), e)).collect();
    let checks = ends.map(|expected| completeness(context, &field, &total, expected)).into_iter().collect();
    Ok(Found { evidence: Evidence::Maps(maps(context, &field)?), checks, extras, ..Found::default() })
}

/// The target at the input less its mean over the background samples that were drawn.
fn ends(context: &mut Context, baselines: &[Vec<Tensor>], points: &Points) -> Result<f64> {
    let inputs = context.inputs;
    let mut drawn = points.index.clone();
    drawn.sort_unstable();
    drawn.dedup();
    let scores = context.scores(drawn.len() + 1, "background", &|i| {
        Ok(if i == 0 { inputs.to_vec() } else { baselines[drawn[i - 1]].clone() })
    })?;
    let score = |b: &usize| drawn.binary_search(b).map_or(0.0, |i| scores[i + 1]);
    Ok(scores[0] - points.index.iter().map(score).sum::<f64>() / points.index.len() as f64)
}

/// Whether the sum of the map is the expected one, but for the sampling error.
fn completeness(context: &mut Context, field: &Field, total: &Successive, expected: f64) -> Check {
    let sum: f64 = field.iter().flatten().sum();
    let mass: f64 = field.iter().flatten().map(|v| v.abs()).sum();
    let error = total.standard_error()[0];
    let residual = sum - expected;
    // of one sample the error isn't known
    let allowed = if error.is_finite() { ERRORS * error } else { 0.0 };
    let holds = residual.abs() <= allowed + ROUNDING * mass.max(expected.abs());
    if !holds {
        context.notes.push(format!("the map adds up to {sum:.4}, not to {expected:.4}: take more `samples`"));
    }
    Check {
        name: "completeness".into(),
        statement: format!(
            "sum over the map = target at the input - its mean over the background drawn, within {ERRORS} standard errors ({error:.2e})"
        ),
        residual,
        relative: residual.abs() / sum.abs().max(expected.abs()).max(f64::MIN_POSITIVE),
        holds,
    }
}

/// Handed in, or drawn: uniform over the background.
fn index(context: &Context, n: usize, background: usize, seed: u64) -> Result<Vec<usize>> {
    let Some(given) = context.injected("index", &[n])? else {
        let draw = |s| (Stream::new(seed, s, DRAWS).uniform() * background as f64).ceil() as usize;
        return Ok((0..n).map(|s| draw(s).clamp(1, background) - 1).collect());
    };
    let whole = |v: f64| (v.fract() == 0.0 && (0.0..background as f64).contains(&v)).then_some(v as usize);
    let read = |(s, v): (usize, f64)| {
        whole(v).ok_or_else(|| ExplainError::Input {
            input: "index".into(),
            reason: format!("element {s} is {v}, expected a whole number from 0 to {}", background - 1),
        })
    };
    given.to_f64().into_iter().enumerate().map(read).collect()
}

/// Handed in, or drawn: uniform on the line, or on a part of it.
fn alphas(context: &Context, n: usize, stratified: bool, seed: u64) -> Result<Vec<f64>> {
    let Some(given) = context.injected("alphas", &[n])? else {
        let draw = |s| {
            let mut stream = Stream::new(seed, s, DRAWS);
            stream.uniform();
            stream.uniform()
        };
        return Ok((0..n).map(|s| if stratified { (s as f64 + draw(s)) / n as f64 } else { draw(s) }).collect());
    };
    let given = given.to_f64();
    match given.iter().position(|a| !(0.0..=1.0).contains(a)) {
        Some(s) => Err(ExplainError::Input {
            input: "alphas".into(),
            reason: format!("element {s} is {}, expected 0 to 1", given[s]),
        }),
        None => Ok(given),
    }
}

#[cfg(test)]
mod tests {
    use pellucid_graph::{DType, Tensor};
    use serde_json::Value;

    use crate::explanation::Explanation;
    use crate::testing::{Bench, assert_close, bench, deep_net, extra, linear_net, maps, one_map, random};

    fn net(threads: usize) -> Bench {
        let mut b = bench(deep_net(&[6, 5]), vec![random(&[1, 2, 6, 5], 9)], threads);
        b.injected.insert("baseline_x".into(), random(&[3, 2, 6, 5], 40));
        b
    }

    fn run(b: &Bench, params: &[(&str, Value)]) -> Explanation {
        b.run("gradient-shap", params).unwrap()
    }

    fn list(values: &[f64]) -> Tensor {
        Tensor::from_f64(DType::F32, vec![values.len()], values.to_vec())
    }

    #[test]
    fn a_linear_target_is_exact_against_the_mean_of_the_background_drawn() {
        let (g, w) = linear_net(&[1, 2, 3, 4], 2);
        let mut b = bench(g, vec![random(&[1, 2, 3, 4], 1)], 1);
        let background = random(&[3, 2, 3, 4], 7);
        b.injected.insert("baseline_x".into(), background.clone());
        b.injected.insert("index".into(), list(&[0.0, 2.0, 2.0, 2.0]));
        let rows = background.to_f64();
        let mean = |i: usize| 0.25 * rows[i] + 0.75 * rows[48 + i];
        let expected: Vec<f64> = b.inputs[0].to_f64().iter().enumerate().map(|(i, x)| w[i] * (x - mean(i))).collect();
        let found = run(&b, &[("samples", 4.into())]);
        assert_close(&one_map(&found), &expected, 1e-5);
        assert!(found.checks[0].holds && found.checks[0].relative < 1e-5, "{:?}", found.checks);
        assert_eq!((found.counts.forwards, found.counts.backwards), (4 + 3, 4));
    }

    #[test]
    fn every_part_of_a_sample_can_be_handed_in() {
        let mut b = net(1);
        let noise = random(&[2, 2, 6, 5], 3);
        b.injected.insert("noise_x".into(), noise.clone());
        b.injected.insert("alphas".into(), list(&[0.25, 0.75]));
        b.injected.insert("index".into(), list(&[1.0, 0.0]));
        let found = run(&b, &[("samples", 2.into())]);
        let background = &b.injected["baseline_x"];
        let mut expected = vec![0.0; 60];
        for (s, (a, i)) in [(0.25, 1), (0.75, 0)].into_iter().enumerate() {
            let from = background.sample(i).unwrap().to_f64();
            let to: Vec<f64> =
                b.inputs[0].to_f64().iter().zip(noise.sample(s).unwrap().to_f64()).map(|(x, e)| x + e).collect();
            let at = from.iter().zip(&to).map(|(f, t)| f + a * (t - f)).collect();
            let there = bench(deep_net(&[6, 5]), vec![Tensor::from_f64(DType::F32, vec![1, 2, 6, 5], at)], 1);
            let gradient = there.map("saliency", &[]);
            (0..60).for_each(|p| expected[p] += 0.5 * (to[p] - from[p]) * gradient[p]);
        }
        assert_close(&one_map(&found), &expected, 1e-5);
        assert!(found.checks.is_empty(), "with noise the sum is of other inputs");
    }

    #[test]
    fn many_samples_are_integrated_gradients_averaged_over_the_background() {
        let b = net(2);
        let exact = b.map("integrated-gradients", &[("steps", 200.into())]);
        let found = run(&b, &[("samples", 3000.into())]);
        let map = one_map(&found);
        let off = map.iter().zip(&exact).zip(extra(&found, "standard_error"));
        let mean: f64 = off.map(|((f, e), s)| ((f - e) / s).powi(2)).sum::<f64>() / 60.0;
        assert!((0.3..2.5).contains(&mean), "{mean}");
        assert!(found.checks[0].holds, "{:?}", found.checks);
    }

    #[test]
    fn standard_errors_are_the_spread_between_seeds_with_and_without_parts() {
        let b = net(2);
        for stratified in [true, false] {
            let all: Vec<Explanation> = (0..60i64)
                .map(|seed| {
                    run(&b, &[("seed", seed.into()), ("stratified", stratified.into()), ("samples", 12.into())])
                })
                .collect();
            let maps: Vec<Vec<f64>> = all.iter().map(one_map).collect();
            let (mut spread, mut stated) = (0.0, 0.0);
            for p in 0..60 {
                let mean = maps.iter().map(|m| m[p]).sum::<f64>() / 60.0;
                spread += maps.iter().map(|m| (m[p] - mean).powi(2)).sum::<f64>() / 59.0;
                stated += all.iter().map(|e| extra(e, "standard_error")[p].powi(2)).sum::<f64>() / 60.0;
            }
            assert!((stated / spread - 1.0).abs() < 0.3, "{stratified}: {stated} {spread}");
        }
    }

    #[test]
    fn one_seed_gives_the_same_bits_on_any_threads_and_in_volumes() {
        let params = [("samples", 9.into()), ("noise_level", 0.2.into())];
        assert_eq!(one_map(&run(&net(1), &params)), one_map(&run(&net(4), &params)));
        assert_ne!(one_map(&run(&net(1), &params)), one_map(&run(&net(1), &[("seed", 1.into())])));
        let b = bench(deep_net(&[4, 3, 5]), vec![random(&[1, 2, 4, 3, 5], 9)], 2);
        let found = run(&b, &[]);
        assert_eq!(maps(&found)[0].shape, [2, 4, 3, 5]);
        assert!(found.notes.iter().any(|n| n.contains("one sample")), "{:?}", found.notes);
    }

    #[test]
    fn arrays_that_do_not_fit_are_refused() {
        for (name, values, words) in [
            ("index", vec![0.0, 3.0], "element 1 is 3"),
            ("index", vec![0.5, 0.0], "whole number from 0 to 2"),
            ("index", vec![0.0], "expected [2]"),
            ("alphas", vec![0.0, 1.5], "expected 0 to 1"),
            ("alphas", vec![f64::NAN, 0.0], "expected 0 to 1"),
        ] {
            let mut b = net(1);
            b.injected.insert(name.into(), list(&values));
            let error = b.error("gradient-shap", &[("samples", 2.into())]).to_string();
            assert!(error.contains(words), "{error}");
        }
    }
}

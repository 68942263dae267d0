//! Switches segments on and off at random, and fits a line to the scores, closer coalitions counting more.
//!
//! # Formula
//! ```text
//! minimise over c, beta:  sum_i w_i (v(z_i) - c - z_i . beta)^2 + alpha |beta|^2
//! w_i = sqrt(exp(-d_i^2 / kernel_width^2))        d_i = 1 - sqrt(|z_i| / M)
//! ```
//!
//! # Symbols
//! - `z_i`: coalition, 1 for the segments that keep the input; all others show the fill; `z_0` keeps all
//! - `v`: score of that input; `M`: number of segments; `|z|`: how many are kept
//! - `d`: cosine distance from the whole input; `beta`: attribution of each segment
//!
//! # Axioms
//! On a score that is linear in the segments, `beta` is each segment's part when `alpha` is 0, and shrunk towards 0 otherwise. Completeness fails.
//!
//! # Cost
//! `samples` F; coalitions drawn twice are run once.
//!
//! # In images
//! All channels, and all inputs of the same spatial size (registered modalities), are switched together. Half of the segments are off in a typical
//! coalition: the model sees a torn image. The fill by default is each segment's mean, which keeps brightness and removes texture; a homogeneous lesion
//! hardly changes then, and a constant fill (air in CT, 0 for normalised inputs) says more. `r2` says how much of the score a line explains:
//! where it is low, the attribution describes little. `standard_error` says how far another seed would move it.
//!
//! # Departures
//! Coalitions are drawn by counter, so a seed gives others than published code. Every segment has a coefficient: none is left out beforehand. Segments
//! are a regular grid unless `segmenter` names superpixels or they are handed in; superpixels see values brought to 0 to 1. Standard errors come from leaving out one of ten groups of coalitions at a time (jackknife).
//!
//! # Source
//! ribeiro2016lime, section 3.

use crate::Result;
use crate::baseline::{SIGMA, VALUE};
use crate::context::Context;
use crate::method::{Family, Found, Kind, MethodInfo};
use crate::params::{ParamSpec, Preset, SEED, Values, float, int};
use crate::perturbation::coalition::{Coalition, FILL, Game, SCORE, refused, wrong};
use crate::perturbation::least_squares::{Fit, jackknife, ridge};
use crate::perturbation::segments::{CELLS, COUNT, SEGMENTER};
use crate::perturbation::site::INPUT;
use crate::random::Stream;

static PARAMS: &[ParamSpec] = &[
    int(
        "samples",
        1000,
        2,
        1_000_000,
        "coalitions, the whole input among them; as many as are handed in where `coalitions` are",
    ),
    float("alpha", 1.0, 0.0, 1e9, "penalty on the squared coefficients"),
    float(
        "kernel_width",
        0.25,
        1e-3,
        1e6,
        "distance at which a coalition counts 0.61 times as much as the whole input",
    ),
    SEGMENTER,
    CELLS,
    COUNT,
    ParamSpec { default: Preset::Word("segment-mean"), ..FILL },
    VALUE,
    SIGMA,
    ParamSpec { default: Preset::Word("probability"), ..SCORE },
    INPUT,
    SEED,
];

/// LIME.
pub static INFO: MethodInfo = MethodInfo {
    id: "lime",
    name: "LIME",
    family: Family::Perturbation,
    summary: "Switches segments on and off at random, and fits a line to the scores",
    sources: &["ribeiro2016lime"],
    needs: &[],
    cost: "1 F per distinct coalition",
    keeps: &[(
        "linear-segments",
        "the least-squares line of a score that is linear in the segments is that score, without a penalty",
    )],
    breaks: &[("completeness", "coefficients are shrunk, and what segments do together is lost")],
    params: PARAMS,
    cautions: &["where `r2` is low the score isn't near a line, and the coefficients describe little"],
    revision: 1,
    file: include_str!("lime.rs"),
    kind: Kind::Driven(drive),
};

/// Groups of the jackknife.
const GROUPS: usize = 10;

/// The whole input, then coalitions with each segment on or off by the toss of a coin.
fn drawn(m: usize, samples: usize, seed: u64) -> Vec<Coalition> {
    let toss = |i: usize| {
        let mut stream = Stream::new(seed, i, 0);
        (0..m).map(|_| i == 0 || stream.uniform() <= 0.5).collect()
    };
    (0..samples).map(toss).collect()
}

fn weight(row: &[bool], width: f64) -> f64 {
    let ones = row.iter().filter(|on| **on).count() as f64;
    let distance = 1.0 - (ones / row.len() as f64).sqrt();
    (-distance * distance / (width * width)).exp().sqrt()
}

/// Rows of numbers with their scores and weights.
struct Table {
    rows: Vec<Vec<f64>>,
    scores: Vec<f64>,
    weights: Vec<f64>,
}

impl Table {
    fn fit(&self, alpha: f64) -> Option<Fit> {
        ridge(&self.rows, &self.scores, &self.weights, alpha)
    }

    /// Without the group `g` of the drawn rows; the first, the whole input, stays. The penalty shrinks with the rows.
    fn without(&self, g: usize, groups: usize, alpha: f64) -> Option<Fit> {
        let keep = |i: usize| i == 0 || i % groups != g;
        let weights: Vec<f64> = self.weights.iter().enumerate().map(|(i, w)| if keep(i) { *w } else { 0.0 }).collect();
        let share = weights.iter().sum::<f64>() / self.weights.iter().sum::<f64>();
        ridge(&self.rows, &self.scores, &weights, alpha * share)
    }

    fn standard_error(&self, alpha: f64) -> Option<Vec<f64>> {
        let groups = GROUPS.min(self.rows.len());
        let left: Option<Vec<Vec<f64>>> =
            (0..groups).map(|g| self.without(g, groups, alpha).map(|f| f.coefficients)).collect();
        left.map(|l| jackknife(&l))
    }
}

fn drive(context: &mut Context, values: &Values) -> Result<Found> {
    let game = Game::new(context, INFO.id, values, [8, 4])?;
    let given = game.injected_coalitions(context)?;
    let random = given.is_none();
    let seed = values.int("seed").unsigned_abs();
    let rows = given.unwrap_or_else(|| drawn(game.players(), values.count("samples"), seed));
    if rows.len() < 2 {
        return Err(refused("coalitions", "a line needs at least two rows".into()));
    }
    let scores = game.worth(context, &rows)?;
    let weights: Vec<f64> = rows.iter().map(|r| weight(r, values.float("kernel_width"))).collect();
    let rows = rows.into_iter().map(|r| r.into_iter().map(|on| f64::from(u8::from(on))).collect()).collect();
    let table = Table { rows, scores, weights };
    let alpha = values.float("alpha");
    let fit =
        table.fit(alpha).ok_or_else(|| wrong(INFO.id, "all weights are 0: `kernel_width` is too small".into()))?;
    if fit.ridged {
        context
            .notes
            .push("coalitions don't tell all segments apart: the smallest coefficients that fit are given".into());
    }
    context.notes.push(format!("a line explains {:.3} of the weighted variance of the scores (r2)", fit.r2));
    let errors = if random { table.standard_error(alpha) } else { None };
    let evidence = game.evidence(&fit.coefficients);
    let mut extras = vec![
        ("attribution".into(), fit.coefficients),
        ("intercept".into(), vec![fit.intercept]),
        ("r2".into(), vec![fit.r2]),
        ("scores".into(), table.scores),
        ("weights".into(), table.weights),
    ];
    extras.extend(errors.map(|e| ("standard_error".to_string(), e)));
    Ok(Found { evidence, checks: vec![], extras, ..Found::default() })
}

#[cfg(test)]
mod tests {
    use pellucid_graph::Tensor;

    use super::*;
    use crate::testing::{Bench, assert_close, bench, deep_net, extra, linear_net, random};

    #[test]
    fn a_linear_score_is_found_without_a_penalty() {
        let (g, w) = linear_net(&[1, 2, 4, 4], 4);
        let b = bench(g, vec![random(&[1, 2, 4, 4], 5)], 2);
        let x = b.inputs[0].to_f64();
        let params = [
            ("cells", "2".into()),
            ("alpha", 0.0.into()),
            ("samples", 60.into()),
            ("baseline", "constant".into()),
            ("score", "target".into()),
        ];
        let found = b.run("lime", &params).unwrap();
        let mut expected = vec![0.0; 4];
        let part = |i: usize| i % 16 / 8 * 2 + i % 4 / 2;
        (0..32).for_each(|i| expected[part(i)] += w[i] * x[i]);
        assert_close(extra(&found, "attribution"), &expected, 1e-5);
        assert!((extra(&found, "r2")[0] - 1.0).abs() < 1e-6);
        assert!(found.counts.forwards <= 1 + 16);
        // an exact fit leaves nothing to chance
        assert!(extra(&found, "standard_error").iter().all(|e| *e < 1e-5));
        let shrunk =
            b.run("lime", &[params[0].clone(), params[2].clone(), params[3].clone(), params[4].clone()]).unwrap();
        let length = |v: &[f64]| v.iter().map(|v| v * v).sum::<f64>();
        assert!(length(extra(&shrunk, "attribution")) < length(&expected));
    }

    #[test]
    fn closer_coalitions_count_more() {
        assert_eq!(weight(&[true; 5], 0.25), 1.0);
        assert!((weight(&[false; 4], 0.25) - (-8f64).exp()).abs() < 1e-15);
        let quarter = weight(&[true, false, false, false], 0.25);
        assert!((quarter - (-2f64).exp()).abs() < 1e-15);
    }

    fn net(threads: usize) -> Bench {
        bench(deep_net(&[8, 8]), vec![random(&[1, 2, 8, 8], 5)], threads)
    }

    #[test]
    fn seeds_decide_and_threads_change_no_bit() {
        let run = |threads, seed: i64| {
            net(threads).map("lime", &[("samples", 50.into()), ("cells", "3".into()), ("seed", seed.into())])
        };
        assert!(run(1, 0) == run(4, 0) && run(1, 0) != run(1, 1));
    }

    #[test]
    fn standard_errors_are_about_the_spread_between_seeds() {
        let params = |seed: i64| {
            [("samples", 60.into()), ("cells", "3".into()), ("score", "target".into()), ("seed", seed.into())]
        };
        let b = net(2);
        let (mut all, mut stated) = (Vec::new(), 0.0);
        for seed in 0..16 {
            let found = b.run("lime", &params(seed)).unwrap();
            all.push(extra(&found, "attribution").to_vec());
            stated += extra(&found, "standard_error").iter().map(|e| e * e).sum::<f64>() / 16.0;
        }
        let spread = |j: usize| {
            let mean = all.iter().map(|a| a[j]).sum::<f64>() / 16.0;
            all.iter().map(|a| (a[j] - mean).powi(2)).sum::<f64>() / 15.0
        };
        let ratio = (stated / (0..9).map(spread).sum::<f64>()).sqrt();
        assert!((0.5..2.0).contains(&ratio), "{ratio}");
    }

    #[test]
    fn coalitions_handed_in_are_checked() {
        let mut b = net(1);
        for (shape, value, words) in
            [(&[4, 3][..], 1.0, "expected rows x 4"), (&[3, 4], 0.5, "expected 0 and 1"), (&[1, 4], 1.0, "two rows")]
        {
            let n = shape.iter().product();
            b.injected.insert("coalitions".into(), Tensor::f32(shape, vec![value; n]).unwrap());
            let error = b.error("lime", &[("cells", "2".into())]).to_string();
            assert!(error.contains(words), "{error}");
        }
    }
}

//! Finds Shapley values as the line, fitted to the scores of coalitions, that adds up to the whole.
//!
//! # Formula
//! ```text
//! minimise over phi:  sum_S pi(S) (v(S) - v(none) - sum_{i in S} phi_i)^2    with  sum phi = v(all) - v(none)
//! pi(S) = (M - 1) / (C(M, |S|) |S| (M - |S|))
//! ```
//!
//! # Symbols
//! - `S`: coalition, the segments that keep the input; all others show the fill `b`
//! - `v(S)`: score of that input; `M`: number of segments
//!
//! # Axioms
//! Efficiency holds by construction (measured). With every coalition the Shapley values themselves come out; with fewer, an estimate whose
//! `standard_error` tells how far another seed would move it. On a score that is linear in the segments any sufficient set of coalitions is exact.
//!
//! # Cost
//! `samples` + 2 F; coalitions that give the same input are run once.
//!
//! # In images
//! All channels, and all inputs of the same spatial size (registered modalities), are switched together. Segments that cross the border of a lesion mix it
//! with its surroundings. What the fill means depends on the modality: 0 is the mean of the data for normalised inputs; black is air in CT. Mixed
//! inputs are unlike any image that the model was trained on, and the edges between fill and input are artefacts that it may answer to.
//!
//! # Departures
//! No coefficient is dropped (shap keeps ten by default). The constraint is eliminated, not weighted. Coalitions are drawn by counter, in pairs with
//! their complements, so a seed gives others than published code. Standard errors come from leaving out one of ten groups of pairs at a time
//! (jackknife); `drawn_mass` is the share of the weight that was sampled, `condition` the condition number of the normal equations.
//!
//! # Source
//! lundberg2017shap, section 4.1; covert2021kernelshap.

use crate::Result;
use crate::baseline::{SIGMA, VALUE};
use crate::context::Context;
use crate::linalg::leading;
use crate::method::{Extras, Family, Found, Kind, MethodInfo};
use crate::params::{ParamSpec, SEED, Values, int};
use crate::perturbation::coalition::{Coalition, FILL, Game, SCORE, completeness, refused, wrong};
use crate::perturbation::kernel_coalitions::{Plan, kernel};
use crate::perturbation::least_squares::{jackknife, normal, solve};
use crate::perturbation::segments::{CELLS, COUNT, SEGMENTER};
use crate::perturbation::site::INPUT;

static PARAMS: &[ParamSpec] = &[
    int(
        "samples",
        0,
        0,
        1_000_000,
        "coalitions besides none and all; 2 M + 2048 when 0, as many as are handed in where `coalitions` are",
    ),
    SEGMENTER,
    CELLS,
    COUNT,
    FILL,
    VALUE,
    SIGMA,
    SCORE,
    INPUT,
    SEED,
];

/// Kernel SHAP.
pub static INFO: MethodInfo = MethodInfo {
    id: "kernel-shap",
    name: "Kernel SHAP",
    family: Family::Perturbation,
    summary: "Finds Shapley values as the line, fitted to the scores of coalitions, that adds up to the whole",
    sources: &["lundberg2017shap", "covert2021kernelshap"],
    needs: &[],
    cost: "1 F per distinct coalition",
    keeps: &[("completeness", "the last attribution is what the others leave of the whole")],
    breaks: &[("dummy", "with sampled coalitions, a segment that changes nothing can get a little")],
    params: PARAMS,
    cautions: &[
        "mixed inputs are unlike any image that the model was trained on",
        "sampled attributions are estimates: compare their differences with `standard_error`",
    ],
    revision: 1,
    file: include_str!("kernel_shap.rs"),
    kind: Kind::Driven(drive),
};

/// Groups of the jackknife.
const GROUPS: usize = 10;

/// The scores of coalitions, the last attribution eliminated by the constraint.
struct Reduced {
    rows: Vec<Vec<f64>>,
    y: Vec<f64>,
    /// `v(all) - v(none)`.
    whole: f64,
}

/// Attributions, with the matrix that they come from.
struct Solved {
    phi: Vec<f64>,
    matrix: Vec<f64>,
    ridged: bool,
}

impl Reduced {
    fn new(coalitions: &[Coalition], scores: &[f64], none: f64, all: f64) -> Reduced {
        let number = |on: bool| f64::from(u8::from(on));
        let split = |row: &Coalition| match row.split_last() {
            Some((last, rest)) => (rest.iter().map(|on| number(*on) - number(*last)).collect(), number(*last)),
            None => (vec![], 0.0),
        };
        let (rows, last): (Vec<Vec<f64>>, Vec<f64>) = coalitions.iter().map(split).unzip();
        let y = scores.iter().zip(last).map(|(v, l)| v - none - l * (all - none)).collect();
        Reduced { rows, y, whole: all - none }
    }

    fn solve(&self, weights: &[f64]) -> Option<Solved> {
        let (matrix, right) = normal(&self.rows, &self.y, weights);
        let solution = solve(&matrix, &right)?;
        let mut phi = solution.x;
        phi.push(self.whole - phi.iter().sum::<f64>());
        Some(Solved { phi, matrix, ridged: solution.ridged })
    }

    /// Standard errors of what depends on the drawn pairs; those of the rest are 0.
    fn standard_error(&self, plan: &Plan) -> Option<Vec<f64>> {
        let pairs = (plan.rows.len() - plan.drawn) / 2;
        let groups = GROUPS.min(pairs);
        if groups < 2 {
            return (pairs == 0).then(|| vec![0.0; self.rows[0].len() + 1]);
        }
        let without = |g: usize| {
            let left = pairs - (pairs - g).div_ceil(groups);
            let scale = pairs as f64 / left as f64;
            let weight = |(i, w): (usize, &f64)| match i.checked_sub(plan.drawn) {
                None => *w,
                Some(d) if d / 2 % groups == g => 0.0,
                Some(_) => w * scale,
            };
            let weights: Vec<f64> = plan.weights.iter().enumerate().map(weight).collect();
            self.solve(&weights).map(|s| s.phi)
        };
        (0..groups).map(without).collect::<Option<Vec<_>>>().map(|e| jackknife(&e))
    }
}

/// Coalitions with weights, and whether they were drawn here.
fn coalitions(context: &Context, game: &Game, values: &Values) -> Result<(Plan, bool)> {
    let m = game.players();
    let Some(rows) = game.injected_coalitions(context)? else {
        let budget = match values.count("samples") {
            0 => 2 * m + 2048,
            n => n,
        };
        return Ok((Plan::new(m, budget, values.int("seed").unsigned_abs()), true));
    };
    let size = |row: &Coalition| row.iter().filter(|on| **on).count();
    if let Some(i) = rows.iter().position(|r| size(r) == 0 || size(r) == m) {
        return Err(refused(
            "coalitions",
            format!("row {i} keeps none or all, which are run anyway and have no weight"),
        ));
    }
    let weights = match context.injected("weights", &[rows.len()])? {
        Some(given) => given.to_f64(),
        None => rows.iter().map(|r| kernel(m, size(r))).collect(),
    };
    if let Some(i) = weights.iter().position(|w| !w.is_finite() || *w < 0.0) {
        return Err(refused("weights", format!("element {i} is {}, expected a number from 0 on", weights[i])));
    }
    let drawn = rows.len();
    Ok((Plan { rows, weights, drawn, drawn_mass: 0.0 }, false))
}

/// Largest over smallest eigenvalue, where the smallest is above 0.
fn condition(matrix: Vec<f64>, n: usize) -> Option<f64> {
    let values = leading(matrix, n, n).values;
    let (first, last) = (values.first()?, values.last()?);
    (*last > 0.0).then(|| first / last)
}

fn drive(context: &mut Context, values: &Values) -> Result<Found> {
    let game = Game::new(context, INFO.id, values, [8, 4])?;
    let m = game.players();
    let (plan, random) = if m > 1 {
        coalitions(context, &game, values)?
    } else {
        (Plan { rows: vec![], weights: vec![], drawn: 0, drawn_mass: 0.0 }, false)
    };
    let ends = [vec![false; m], vec![true; m]];
    let rows = [&ends[..], &plan.rows].concat();
    let mut scores = game.worth(context, &rows)?;
    let inner = scores.split_off(2);
    let (none, all) = (scores[0], scores[1]);
    let mut extras: Extras = vec![("v0".into(), vec![none]), ("v1".into(), vec![all])];
    let phi = if m > 1 {
        let reduced = Reduced::new(&plan.rows, &inner, none, all);
        let solved = reduced.solve(&plan.weights);
        let solved = solved.ok_or_else(|| wrong(INFO.id, "the coalitions have no weight".into()))?;
        if solved.ridged {
            context.notes.push("coalitions don't tell all segments apart: more `samples` would".into());
        }
        if random {
            extras.push(("drawn_mass".into(), vec![plan.drawn_mass]));
            extras.extend(reduced.standard_error(&plan).map(|e| ("standard_error".to_string(), e)));
        }
        extras.extend(condition(solved.matrix, m - 1).map(|c| ("condition".to_string(), vec![c])));
        solved.phi
    } else {
        vec![all - none]
    };
    let (evidence, check) = (game.evidence(&phi), completeness(&phi, none, all));
    extras.push(("attribution".into(), phi));
    Ok(Found { evidence, checks: vec![check], extras, ..Found::default() })
}

#[cfg(test)]
mod tests {
    use pellucid_graph::Tensor;

    use crate::testing::{Bench, assert_close, bench, deep_net, extra, random};

    fn net(threads: usize) -> Bench {
        bench(deep_net(&[8, 8]), vec![random(&[1, 2, 8, 8], 5)], threads)
    }

    #[test]
    fn with_every_coalition_it_is_the_exact_value() {
        for cells in ["1", "1,2", "2", "3"] {
            let exact = net(2).run("exact-shapley", &[("cells", cells.into())]).unwrap();
            let found = net(2).run("kernel-shap", &[("cells", cells.into())]).unwrap();
            assert_close(extra(&found, "attribution"), extra(&exact, "attribution"), 1e-9);
            assert!(found.checks[0].holds, "{cells}");
            assert_eq!(found.counts.forwards, exact.counts.forwards);
            if cells != "1" {
                assert!(extra(&found, "standard_error").iter().all(|e| *e == 0.0));
            }
        }
    }

    #[test]
    fn samples_are_efficient_and_their_error_is_stated() {
        let exact = net(2).run("exact-shapley", &[("cells", "3".into())]).unwrap();
        let exact = extra(&exact, "attribution");
        let (mut squares, mut stated) = (0.0, 0.0);
        for seed in 0..16i64 {
            let params = [("cells", "3".into()), ("samples", 80.into()), ("seed", seed.into())];
            let found = net(2).run("kernel-shap", &params).unwrap();
            assert!(found.checks[0].holds && extra(&found, "drawn_mass")[0] > 0.0);
            squares += extra(&found, "attribution").iter().zip(exact).map(|(f, e)| (f - e).powi(2)).sum::<f64>();
            stated += extra(&found, "standard_error").iter().map(|e| e * e).sum::<f64>();
        }
        let ratio = (stated / squares).sqrt();
        assert!((0.5..2.0).contains(&ratio), "{ratio}");
    }

    #[test]
    fn seeds_decide_and_threads_change_no_bit() {
        let run = |threads, seed: i64| {
            net(threads).map("kernel-shap", &[("samples", 60.into()), ("cells", "4".into()), ("seed", seed.into())])
        };
        assert!(run(1, 0) == run(4, 0) && run(1, 0) != run(1, 1));
    }

    #[test]
    fn coalitions_handed_in_have_kernel_weights_by_default() {
        let mut b = net(1);
        let rows: Vec<f32> = (1..15).flat_map(|s: usize| (0..4).map(move |j| (s >> j & 1) as f32)).collect();
        b.injected.insert("coalitions".into(), Tensor::f32(&[14, 4], rows).unwrap());
        let exact = b.run("exact-shapley", &[("cells", "2".into())]).unwrap();
        let found = b.run("kernel-shap", &[("cells", "2".into())]).unwrap();
        assert_close(extra(&found, "attribution"), extra(&exact, "attribution"), 1e-9);
        assert!(found.extras.iter().all(|e| e.0 != "standard_error"));
    }

    #[test]
    fn too_few_coalitions_are_said_so() {
        let mut b = net(1);
        b.injected.insert("coalitions".into(), Tensor::f32(&[1, 4], vec![1.0, 0.0, 0.0, 0.0]).unwrap());
        let found = b.run("kernel-shap", &[("cells", "2".into())]).unwrap();
        assert!(found.notes.iter().any(|n| n.contains("more `samples`")) && found.checks[0].holds);
        b.injected.insert("weights".into(), Tensor::f32(&[1], vec![-1.0]).unwrap());
        assert!(b.error("kernel-shap", &[("cells", "2".into())]).to_string().contains("element 0 is -1"));
        b.injected.insert("coalitions".into(), Tensor::f32(&[1, 4], vec![1.0; 4]).unwrap());
        assert!(b.error("kernel-shap", &[("cells", "2".into())]).to_string().contains("none or all"));
    }
}

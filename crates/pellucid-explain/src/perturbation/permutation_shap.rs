//! Lets segments join one by one in random orders, each run forwards and backwards, and averages what each adds.
//!
//! # Formula
//! ```text
//! phi_i = mean over orders o and their reverses of  v(those before i in o, and i) - v(those before i in o)
//! ```
//!
//! # Symbols
//! - `v(S)`: score of the input of which the segments in `S` are kept, and all others show the fill `b`
//! - `o`: order of all `M` segments
//!
//! # Axioms
//! Efficiency holds for every order (`sum phi = v(all) - v(none)`, measured). A segment that changes nothing gets 0. One order and its reverse are
//! exact where segments act together in pairs at most; otherwise the mean is an unbiased estimate of the Shapley values, and `standard_error` tells
//! how far another seed would move it.
//!
//! # Cost
//! `2 (M - 1)` F per order, and 2 F; coalitions that give the same input are run once.
//!
//! # In images
//! All channels, and all inputs of the same spatial size (registered modalities), are switched together. Segments that cross the border of a lesion mix it
//! with its surroundings. What the fill means depends on the modality: 0 is the mean of the data for normalised inputs; black is air in CT. Mixed
//! inputs are unlike any image that the model was trained on, and the edges between fill and input are artefacts that it may answer to.
//!
//! # Departures
//! Orders are drawn by counter, so a seed gives others than published code. The standard error is that of the mean over orders, each with its
//! reverse; one order has none.
//!
//! # Source
//! castro2009polynomial; mitchell2022sampling for orders with their reverses.

use crate::Result;
use crate::baseline::{SIGMA, VALUE};
use crate::context::Context;
use crate::method::{Family, Found, Kind, MethodInfo};
use crate::params::{ParamSpec, SEED, Values, int};
use crate::perturbation::coalition::{Coalition, FILL, Game, SCORE, completeness, refused, shuffled, wrong};
use crate::perturbation::segments::{CELLS, COUNT, SEGMENTER};
use crate::perturbation::site::INPUT;
use crate::random::Stream;

static PARAMS: &[ParamSpec] = &[
    int(
        "permutations",
        10,
        1,
        100_000,
        "random orders, each run forwards and backwards; as many as are handed in where `permutations` are",
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

/// Permutation SHAP.
pub static INFO: MethodInfo = MethodInfo {
    id: "permutation-shap",
    name: "Permutation SHAP",
    family: Family::Perturbation,
    summary: "Lets segments join one by one in random orders, each run forwards and backwards, and averages what each adds",
    sources: &["castro2009polynomial", "mitchell2022sampling"],
    needs: &[],
    cost: "2 (M - 1) F per order of M segments",
    keeps: &[
        ("completeness", "what the segments of one order add is the whole, and so is its average"),
        ("dummy", "a segment that changes nothing adds 0 in every order"),
    ],
    breaks: &[("symmetry", "segments that are alike stand at different places of the few orders that are run")],
    params: PARAMS,
    cautions: &[
        "mixed inputs are unlike any image that the model was trained on",
        "attributions are estimates: compare their differences with `standard_error`",
    ],
    revision: 1,
    file: include_str!("permutation_shap.rs"),
    kind: Kind::Driven(drive),
};

/// The most coalitions that are listed.
const MOST: usize = 4_000_000;

/// The orders handed in, or random ones.
fn orders(context: &Context, game: &Game, values: &Values) -> Result<Vec<Vec<usize>>> {
    let m = game.players();
    let Some(rows) = game.injected_rows(context, "permutations")? else {
        let seed = values.int("seed").unsigned_abs();
        return Ok((0..values.count("permutations")).map(|i| shuffled(&mut Stream::new(seed, i, 0), m, m)).collect());
    };
    rows.iter().enumerate().map(|(i, row)| order(row).ok_or_else(|| not_an_order(i, m))).collect()
}

fn not_an_order(row: usize, m: usize) -> crate::ExplainError {
    refused("permutations", format!("row {row} doesn't hold each of 0 to {} once", m - 1))
}

/// A row of numbers as an order, if it is one.
fn order(row: &[f64]) -> Option<Vec<usize>> {
    let mut seen = vec![false; row.len()];
    let take = |v: &f64| {
        let place = (*v >= 0.0 && v.fract() == 0.0).then_some(*v as usize)?;
        let seen = seen.get_mut(place)?;
        (!std::mem::replace(seen, true)).then_some(place)
    };
    row.iter().map(take).collect()
}

/// The coalitions of an order, from none to all.
fn growing(order: impl Iterator<Item = usize>, m: usize) -> Vec<Coalition> {
    let mut row = vec![false; m];
    let mut out = vec![row.clone()];
    for who in order {
        row[who] = true;
        out.push(row.clone());
    }
    out
}

/// What each segment adds, averaged over an order and its reverse; `scores` are those of both, one after the other.
fn added(order: &[usize], scores: &[f64]) -> Vec<f64> {
    let m = order.len();
    let (forwards, backwards) = scores.split_at(m + 1);
    let mut phi = vec![0.0; m];
    for (k, &who) in order.iter().enumerate() {
        phi[who] += 0.5 * (forwards[k + 1] - forwards[k]);
        phi[who] += 0.5 * (backwards[m - k] - backwards[m - k - 1]);
    }
    phi
}

/// Mean of estimates, and its standard error when there are several.
fn averaged(each: &[Vec<f64>], m: usize) -> (Vec<f64>, Option<Vec<f64>>) {
    let n = each.len() as f64;
    let mean: Vec<f64> = (0..m).map(|j| each.iter().map(|e| e[j]).sum::<f64>() / n).collect();
    let error = |j: usize| {
        let squares: f64 = each.iter().map(|e| (e[j] - mean[j]).powi(2)).sum();
        (squares / (n - 1.0) / n).sqrt()
    };
    let errors = (each.len() > 1).then(|| (0..m).map(error).collect());
    (mean, errors)
}

fn drive(context: &mut Context, values: &Values) -> Result<Found> {
    let game = Game::new(context, INFO.id, values, [8, 4])?;
    let m = game.players();
    let orders = orders(context, &game, values)?;
    let each = 2 * (m + 1);
    if orders.len() * each > MOST {
        return Err(wrong(
            INFO.id,
            format!("{} coalitions are more than {MOST}; fewer `permutations`", orders.len() * each),
        ));
    }
    let both = |o: &Vec<usize>| [growing(o.iter().copied(), m), growing(o.iter().rev().copied(), m)].concat();
    let rows: Vec<Coalition> = orders.iter().flat_map(both).collect();
    let scores = game.worth(context, &rows)?;
    let found: Vec<Vec<f64>> = orders.iter().zip(scores.chunks(each)).map(|(o, s)| added(o, s)).collect();
    let (phi, errors) = averaged(&found, m);
    let evidence = game.evidence(&phi);
    let check = completeness(&phi, scores[0], scores[m]);
    let mut extras = vec![("attribution".to_string(), phi)];
    extras.extend(errors.map(|e| ("standard_error".to_string(), e)));
    Ok(Found { evidence, checks: vec![check], extras, ..Found::default() })
}

#[cfg(test)]
mod tests {
    use pellucid_graph::Tensor;

    use super::*;
    use crate::testing::{Bench, assert_close, bench, deep_net, extra, graph, random};

    fn net(threads: usize) -> Bench {
        bench(deep_net(&[8, 8]), vec![random(&[1, 2, 8, 8], 5)], threads)
    }

    #[test]
    fn one_order_is_exact_where_segments_act_in_pairs() {
        // the square of a sum has no terms of three segments
        let g = graph(&[1, 1, 4, 4], |b, x| {
            let y = b.sum(x, &[1, 2], false).unwrap();
            let y = b.sum(y, &[1], true).unwrap();
            b.mul(y, y).unwrap()
        });
        let b = bench(g, vec![random(&[1, 1, 4, 4], 5)], 1);
        let exact = b.run("exact-shapley", &[("cells", "3".into())]).unwrap();
        let found = b.run("permutation-shap", &[("cells", "3".into()), ("permutations", 1.into())]).unwrap();
        assert_close(extra(&found, "attribution"), extra(&exact, "attribution"), 1e-5);
        assert!(found.extras.iter().all(|e| e.0 != "standard_error"));
        assert!(found.counts.forwards <= 1 + 2 + 16);
    }

    #[test]
    fn every_order_together_is_the_exact_value() {
        let mut b = net(2);
        let all = [[0.0, 1.0, 2.0], [0.0, 2.0, 1.0], [1.0, 0.0, 2.0]].concat();
        b.injected.insert("permutations".into(), Tensor::f32(&[3, 3], all).unwrap());
        let exact = b.run("exact-shapley", &[("cells", "1,3".into())]).unwrap();
        let found = b.run("permutation-shap", &[("cells", "1,3".into())]).unwrap();
        assert_close(extra(&found, "attribution"), extra(&exact, "attribution"), 1e-9);
    }

    #[test]
    fn orders_are_efficient_and_their_error_is_stated() {
        let exact = net(2).run("exact-shapley", &[("cells", "3".into())]).unwrap();
        let exact = extra(&exact, "attribution");
        let (mut squares, mut stated) = (0.0, 0.0);
        for seed in 0..16i64 {
            let found = net(2).run("permutation-shap", &[("cells", "3".into()), ("seed", seed.into())]).unwrap();
            assert!(found.checks[0].holds);
            squares += extra(&found, "attribution").iter().zip(exact).map(|(f, e)| (f - e).powi(2)).sum::<f64>();
            stated += extra(&found, "standard_error").iter().map(|e| e * e).sum::<f64>();
        }
        let ratio = (stated / squares).sqrt();
        assert!((0.5..2.0).contains(&ratio), "{ratio}");
    }

    #[test]
    fn seeds_decide_and_threads_change_no_bit() {
        let run = |threads, seed: i64| {
            net(threads)
                .map("permutation-shap", &[("permutations", 2.into()), ("cells", "4".into()), ("seed", seed.into())])
        };
        assert!(run(1, 0) == run(4, 0) && run(1, 0) != run(1, 1));
    }

    #[test]
    fn rows_must_be_orders() {
        for wrong in [[0.0, 0.0, 1.0], [0.0, 1.0, 3.0], [0.0, 1.5, 2.0], [-1.0, 1.0, 2.0], [f64::NAN, 1.0, 2.0]] {
            assert!(order(&wrong).is_none());
        }
        assert_eq!(order(&[2.0, 0.0, 1.0]).unwrap(), [2, 0, 1]);
        let mut b = net(1);
        b.injected.insert("permutations".into(), Tensor::f32(&[1, 4], vec![0.0, 1.0, 1.0, 3.0]).unwrap());
        assert!(b.error("permutation-shap", &[("cells", "2".into())]).to_string().contains("row 0"));
    }
}

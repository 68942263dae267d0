//! Scores every coalition of segments, and gives each segment its average contribution over all orders of joining.
//!
//! # Formula
//! ```text
//! phi_i = sum over S without i of  |S|! (M - |S| - 1)! / M!  [v(S + i) - v(S)]
//! ```
//!
//! # Symbols
//! - `S`: coalition, the segments that keep the input; all others show the fill `b`
//! - `v(S)`: score of that input; `M`: number of segments
//!
//! # Axioms
//! Efficiency (`sum phi = v(all) - v(none)`, measured), symmetry, dummy (a segment that changes nothing gets 0) and linearity in `v`; no other
//! attribution has all four.
//!
//! # Cost
//! `2^M` F, fewer where a segment equals the fill. At most 20 segments.
//!
//! # In images
//! All channels, and all inputs of the same spatial size (registered modalities), are switched together. Segments that cross the border of a lesion mix it
//! with its surroundings. What the fill means depends on the modality: 0 is the mean of the data for normalised inputs; black is air in CT. Mixed
//! inputs are unlike any image that the model was trained on, and the edges between fill and input are artefacts that it may answer to.
//!
//! # Departures
//! Segments outside are replaced by one fill, not by samples of what they may show given the rest.
//!
//! # Source
//! shapley1953value; lundberg2017shap, eq. 4.

use crate::Result;
use crate::baseline::{SIGMA, VALUE};
use crate::context::Context;
use crate::method::{Family, Found, Kind, MethodInfo};
use crate::params::{ParamSpec, Values};
use crate::perturbation::coalition::{FILL, Game, SCORE, completeness, wrong};
use crate::perturbation::kernel_coalitions::binomial;
use crate::perturbation::segments::{CELLS, COUNT, SEGMENTER};
use crate::perturbation::site::INPUT;

static PARAMS: &[ParamSpec] = &[SEGMENTER, CELLS, COUNT, FILL, VALUE, SIGMA, SCORE, INPUT];

/// Exact Shapley values.
pub static INFO: MethodInfo = MethodInfo {
    id: "exact-shapley",
    name: "Exact Shapley values",
    family: Family::Perturbation,
    summary: "Scores every coalition of segments, and gives each its average contribution over all orders of joining",
    sources: &["shapley1953value", "lundberg2017shap"],
    needs: &[],
    cost: "2^M F for M segments",
    keeps: &[
        ("completeness", "the contributions of any one order add up to the whole, and so does their average"),
        ("symmetry", "segments that do the same in every coalition get the same"),
        ("dummy", "every contribution of a segment that changes nothing is 0"),
    ],
    breaks: &[],
    params: PARAMS,
    cautions: &["mixed inputs are unlike any image that the model was trained on"],
    revision: 1,
    file: include_str!("exact_shapley.rs"),
    kind: Kind::Driven(drive),
};

/// The most segments: a million runs.
const MOST: usize = 20;

/// Shapley values of a game of `m` players; bit `j` of an index into `values` says whether player `j` has joined.
fn shapley(values: &[f64], m: usize) -> Vec<f64> {
    let share: Vec<f64> = (0..m).map(|s| 1.0 / (m as f64 * binomial(m - 1, s))).collect();
    let value = |i: usize| {
        let without = (0..values.len()).filter(|s| s >> i & 1 == 0);
        without.map(|s| share[s.count_ones() as usize] * (values[s | 1 << i] - values[s])).sum()
    };
    (0..m).map(value).collect()
}

fn drive(context: &mut Context, values: &Values) -> Result<Found> {
    let game = Game::new(context, INFO.id, values, [3, 2])?;
    let m = game.players();
    if m > MOST {
        return Err(wrong(
            INFO.id,
            format!("{m} segments are more than {MOST}; fewer `cells`, or `kernel-shap`, which samples coalitions"),
        ));
    }
    let rows: Vec<Vec<bool>> = (0..1usize << m).map(|s| (0..m).map(|j| s >> j & 1 == 1).collect()).collect();
    let scores = game.worth(context, &rows)?;
    let phi = shapley(&scores, m);
    Ok(Found {
        evidence: game.evidence(&phi),
        checks: vec![completeness(&phi, scores[0], scores[scores.len() - 1])],
        extras: vec![("attribution".into(), phi), ("values".into(), scores)],
        ..Found::default()
    })
}

#[cfg(test)]
mod tests {
    use pellucid_graph::Tensor;

    use super::*;
    use crate::random::Stream;
    use crate::testing::{Bench, assert_close, bench, deep_net, extra, graph, linear_net, maps, one_map, random};

    /// Average contribution over every order.
    fn over_orders(values: &[f64], m: usize) -> Vec<f64> {
        fn orders(left: &[usize]) -> Vec<Vec<usize>> {
            if left.is_empty() {
                return vec![vec![]];
            }
            let mut out = Vec::new();
            for who in left {
                let rest: Vec<usize> = left.iter().copied().filter(|w| w != who).collect();
                out.extend(orders(&rest).into_iter().map(|tail| [&[*who], tail.as_slice()].concat()));
            }
            out
        }
        let all = orders(&(0..m).collect::<Vec<_>>());
        let mut phi = vec![0.0; m];
        for order in &all {
            let mut s = 0;
            for &who in order {
                phi[who] += (values[s | 1 << who] - values[s]) / all.len() as f64;
                s |= 1 << who;
            }
        }
        phi
    }

    #[test]
    fn weights_are_those_of_all_orders() {
        for m in 1..=6 {
            let v = Stream::new(8, m, 0).normals(1 << m);
            let phi = shapley(&v, m);
            assert_close(&phi, &over_orders(&v, m), 1e-12);
            assert!((phi.iter().sum::<f64>() - (v[(1 << m) - 1] - v[0])).abs() < 1e-12);
        }
    }

    #[test]
    fn equals_get_the_same_and_dummies_nothing() {
        // players 0 and 1 are alike, 2 does nothing, 3 acts alone
        let worth =
            |s: usize| ((s & 1) + (s >> 1 & 1)) as f64 * 1.5 - if s & 3 == 3 { 4.0 } else { 0.0 } + (s >> 3) as f64;
        let phi = shapley(&(0..16).map(worth).collect::<Vec<_>>(), 4);
        assert!((phi[0] - phi[1]).abs() < 1e-15 && phi[2].abs() < 1e-15 && (phi[3] - 1.0).abs() < 1e-12);
    }

    #[test]
    fn on_a_linear_target_a_segment_is_the_sum_of_its_contributions() {
        for (shape, cells) in [(&[1, 2, 5, 4][..], "2"), (&[1, 1, 3, 4, 2], "1,3,2")] {
            let (g, w) = linear_net(shape, 4);
            let b = bench(g, vec![random(shape, 5)], 2);
            let x = b.inputs[0].to_f64();
            let found = b.run("exact-shapley", &[("cells", cells.into()), ("value", 0.3.into())]).unwrap();
            let size: usize = shape[2..].iter().product();
            let map = one_map(&found);
            let phi = extra(&found, "attribution");
            let mut expected = vec![0.0; phi.len()];
            for (i, (x, w)) in x.iter().zip(&w).enumerate() {
                let who = phi.iter().position(|p| *p as f32 == map[i % size] as f32).unwrap();
                expected[who] += w * (x - 0.3);
            }
            assert_close(phi, &expected, 1e-5);
            assert_eq!(maps(&found)[0].shape, [&[1], &shape[2..]].concat());
            assert!(found.checks[0].holds && found.counts.forwards <= 1 + (1 << phi.len()));
        }
    }

    #[test]
    fn segments_that_mirror_each_other_get_the_same() {
        let g = graph(&[1, 1, 2, 4], |b, x| {
            let y = b.mul(x, x).unwrap();
            let y = b.sum(y, &[1, 2], false).unwrap();
            let y = b.sum(y, &[1], true).unwrap();
            b.mul(y, y).unwrap()
        });
        let x = Tensor::f32(&[1, 1, 2, 4], vec![1.0, 2.0, 2.0, 1.0, -0.5, 3.0, 3.0, -0.5]).unwrap();
        let mut b = bench(g, vec![x], 1);
        let labels = Tensor::f32(&[2, 4], vec![0.0, 1.0, 2.0, 3.0, 0.0, 1.0, 2.0, 3.0]).unwrap();
        b.injected.insert("segments".into(), labels);
        let found = b.run("exact-shapley", &[]).unwrap();
        let phi = extra(&found, "attribution");
        assert!((phi[0] - phi[3]).abs() < 1e-4 && (phi[1] - phi[2]).abs() < 1e-4, "{phi:?}");
        assert!((phi.iter().sum::<f64>() - 28.5f64 * 28.5).abs() < 1e-2);
    }

    fn net(threads: usize) -> Bench {
        bench(deep_net(&[8, 8]), vec![random(&[1, 2, 8, 8], 5)], threads)
    }

    #[test]
    fn threads_change_no_bit_whatever_the_fill() {
        for fill in ["constant", "channel-mean", "segment-mean", "blurred", "min", "max"] {
            let run = |threads| net(threads).map("exact-shapley", &[("baseline", fill.into()), ("cells", "2".into())]);
            assert!(run(1) == run(4), "{fill}");
        }
    }

    #[test]
    fn segments_that_equal_the_fill_are_not_run() {
        let mut b = net(1);
        let mut x = b.inputs[0].to_f64();
        // left half of both channels is background
        x.iter_mut().enumerate().filter(|(i, _)| i % 8 < 4).for_each(|(_, v)| *v = 0.0);
        b.inputs = vec![Tensor::from_f64(b.inputs[0].dtype(), vec![1, 2, 8, 8], x)];
        let all = b.run("exact-shapley", &[("cells", "2".into())]).unwrap();
        let phi = extra(&all, "attribution");
        assert!(phi[0] == 0.0 && phi[2] == 0.0 && phi[1] != 0.0);
        assert!(all.counts.forwards <= 1 + 4 && all.notes.iter().any(|n| n.contains("12 of 16 coalitions")));
    }

    #[test]
    fn mistakes_are_named() {
        let mut b = net(1);
        let error = b.error("exact-shapley", &[("cells", "5".into())]).to_string();
        assert!(error.contains("25 segments are more than 20"), "{error}");
        assert!(b.error("exact-shapley", &[("cells", "9".into())]).to_string().contains("axis 0"));
        assert!(b.error("exact-shapley", &[("input", "z".into())]).to_string().contains("`z`"));
        b.injected.insert("segments".into(), Tensor::f32(&[8, 7], vec![0.0; 56]).unwrap());
        assert!(b.error("exact-shapley", &[]).to_string().contains("[8, 8]"));
    }
}

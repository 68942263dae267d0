//! Averages smooth random masks, each weighted by what the masked input scores.
//!
//! # Formula
//! ```text
//! f_i = f(M_i x + (1 - M_i) b)
//! normalise = constant:   L(p) = 1/(n q) sum_i f_i M_i(p)
//! normalise = per-pixel:  L(p) = sum_i f_i M_i(p) / sum_i M_i(p)
//! ```
//!
//! # Symbols
//! - `x`: input, `C x S..`, model units; `b`: fill of the same shape, 0 unless asked for
//! - `M_i`: mask, `S..`, in `[0, 1]`: `cells` per axis kept with probability `q`, enlarged linearly to one cell more than the input and cut out at a
//!   random shift
//! - `f`: probability of the target, or the target
//! - `n`: `samples`; `q`: `keep`
//!
//! # Axioms
//! On a linear target and masks that are independent per position, the expected map is `c + q sum_r w_r x_r + (1 - q) w_p x_p`: the contribution of
//! each position over a constant. Completeness fails.
//!
//! # Cost
//! n F. Masks are made when they are needed; only sums are kept.
//!
//! # In images
//! All channels, and all inputs of the same spatial size (registered modalities), are masked together. The map is positive where nothing matters:
//! only differences within it mean something. Cells larger than a lesion blur it, smaller ones need more samples. `standard_error` says, for each
//! position, how far another seed would move the map: structure below it is noise. In 3-D, an axis with thick slices has the same number of cells.
//!
//! # Departures
//! Masks are drawn by counter, so a seed gives other masks than published code. Division by the masks' own sum is the form with less noise at the
//! border. Handed in can be `masks` (`n x S..`), or `grid` (`n x cells..`) and `shift` (`n x axes`, px).
//!
//! # Source
//! petsiuk2018rise, section 3.

use pellucid_graph::Tensor;

use crate::Result;
use crate::baseline::{KIND, SIGMA, VALUE};
use crate::context::Context;
use crate::evidence::{Evidence, Grid, Map};
use crate::method::{Family, Found, Kind, MethodInfo};
use crate::params::{ParamSpec, SEED, Values, choice, int};
use crate::perturbation::random_masks::{CELLS, KEEP, RandomMasks};
use crate::perturbation::running::{Estimate, Products, Ratios, Running};
use crate::perturbation::site::{INPUT, Site, sites};
use crate::probability::{Scorer, each_score};

static PARAMS: &[ParamSpec] = &[
    int("samples", 4000, 1, 10_000_000, "masks"),
    CELLS,
    KEEP,
    choice(
        "normalise",
        "constant",
        &["constant", "per-pixel"],
        "what the weighted sum is divided by: the expected sum of masks, or their own sum at each position",
    ),
    choice(
        "score",
        "probability",
        &["probability", "target"],
        "what a masked input is worth: the probability of the target, or the target as asked for",
    ),
    KIND,
    VALUE,
    SIGMA,
    INPUT,
    SEED,
];

/// RISE.
pub static INFO: MethodInfo = MethodInfo {
    id: "rise",
    name: "RISE",
    family: Family::Perturbation,
    summary: "Averages smooth random masks, each weighted by what the masked input scores",
    sources: &["petsiuk2018rise"],
    needs: &[],
    cost: "1 F per mask",
    keeps: &[("linear-expectation", "on a linear target the expected map is each contribution over a constant")],
    breaks: &[("completeness", "the map is an average of scores, not a share of one")],
    params: PARAMS,
    cautions: &["a map of too few masks is noise: compare its structure with `standard_error`"],
    revision: 1,
    file: include_str!("rise.rs"),
    kind: Kind::Driven(drive),
};

/// The input where the mask is 1, the fill where it is 0.
fn masked(site: &Site, mask: &[f64]) -> Tensor {
    let pairs = site.values.iter().zip(&site.fill).zip(mask.iter().cycle());
    site.with(pairs.map(|((x, b), m)| m * x + (1.0 - m) * b).collect())
}

fn drive(context: &mut Context, values: &Values) -> Result<Found> {
    let (name, sites) = sites(context, values, INFO.id)?;
    let planes = sites[0].planes.clone();
    let grid = planes.spatial();
    let (size, count) = (grid.iter().product(), values.count("samples"));
    let masks = RandomMasks::new(context, grid, count, values)?;
    let (scorer, note) = match values.word("score") {
        "target" => (Scorer::target(context.objective), None),
        _ => Scorer::probability(context.objective),
    };
    context.notes.extend(note);
    let mut running: Box<dyn Running> = match values.word("normalise") {
        "per-pixel" => Box::new(Ratios::new(size)),
        _ => Box::new(Products::new(size, values.float("keep"))),
    };
    let inputs = context.inputs;
    let make = |i: usize| -> Result<Vec<Tensor>> {
        let mask = masks.mask(i)?;
        let mut made = inputs.to_vec();
        sites.iter().for_each(|s| made[s.input] = masked(s, &mask));
        Ok(made)
    };
    let mut scores = Vec::with_capacity(count);
    // making a mask a second time costs less than keeping those of a batch
    each_score(context, &scorer, count, INFO.id, &make, &mut |i, score| {
        running.add(score, &masks.mask(i)?);
        scores.push(score);
        Ok(())
    })?;
    let estimate = running.estimate();
    context.notes.extend(remarks(&estimate));
    let map = estimate.map.into_iter().map(|v| v as f32).collect();
    Ok(Found {
        evidence: Evidence::Maps(vec![Map { grid: Grid::Input { name }, shape: planes.one_channel(), values: map }]),
        checks: vec![],
        extras: vec![("scores".into(), scores), ("standard_error".into(), estimate.standard_error)],
        ..Found::default()
    })
}

/// How far the map is from noise, and what it can't say.
fn remarks(estimate: &Estimate) -> Vec<String> {
    let range = |v: &[f64]| v.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(*v), h.max(*v)));
    let ((low, high), (_, error)) = (range(&estimate.map), range(&estimate.standard_error));
    let mut out = Vec::new();
    if error.is_finite() {
        out.push(format!("standard error up to {error:.2e}; the map spans {:.2e}", high - low));
    }
    if estimate.never_kept > 0 {
        out.push(format!("{} positions are covered by every mask: they are 0", estimate.never_kept));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Bench, assert_close, bench, deep_net, extra, linear_net, maps, one_map, random};
    use pellucid_graph::DType;
    use serde_json::Value;

    fn net(size: &[usize], threads: usize) -> Bench {
        bench(deep_net(size), vec![random(&[&[1, 2], size].concat(), 5)], threads)
    }

    #[test]
    fn on_a_linear_target_independent_masks_give_each_contribution_over_a_constant() {
        let (g, w) = linear_net(&[1, 2, 2, 3], 4);
        let mut b = bench(g, vec![random(&[1, 2, 2, 3], 5)], 1);
        let x = b.inputs[0].to_f64();
        // all masks of six positions once: their average is the expectation for keep = 1/2
        let bits = (0..64 * 6).map(|i| f64::from((i / 6) >> (i % 6) & 1)).collect();
        b.injected.insert("masks".into(), Tensor::from_f64(DType::F32, vec![64, 2, 3], bits));
        let part: Vec<f64> = (0..6).map(|p| w[p] * (x[p] - 0.2) + w[6 + p] * (x[6 + p] - 0.2)).collect();
        let constant = 0.5 + 0.2 * w.iter().sum::<f64>() + 0.5 * part.iter().sum::<f64>();
        let expected: Vec<f64> = part.iter().map(|c| constant + 0.5 * c).collect();
        for normalise in ["constant", "per-pixel"] {
            let params = [("samples", 64.into()), ("normalise", normalise.into()), ("value", 0.2.into())];
            let found = b.run("rise", &[&params[..], &[("score", "target".into())]].concat()).unwrap();
            assert_close(&one_map(&found), &expected, 1e-5);
            assert_eq!(maps(&found)[0].shape, [1, 2, 3]);
            assert_eq!(found.counts.forwards, 64);
        }
    }

    #[test]
    fn scores_are_probabilities_of_masked_inputs_by_default() {
        let mut b = net(&[6, 5], 1);
        b.injected.insert("masks".into(), Tensor::full(DType::F32, &[2, 6, 5], 0.5));
        let half = b.inputs[0].to_f64().iter().map(|v| 0.5 * v).collect();
        let y = b.output(&[Tensor::from_f64(DType::F32, vec![1, 2, 6, 5], half)]);
        let p = y[0].exp() / y.iter().map(|v| v.exp()).sum::<f64>();
        let found = b.run("rise", &[("samples", 2.into())]).unwrap();
        assert_close(extra(&found, "scores"), &[p, p], 1e-6);
        assert_close(&one_map(&found), &[p; 30], 1e-6);
        assert!(extra(&found, "standard_error").iter().all(|e| *e == 0.0));
    }

    #[test]
    fn one_seed_gives_the_same_bits_however_samples_are_spread() {
        for size in [&[9, 8][..], &[5, 4, 6]] {
            for normalise in ["constant", "per-pixel"] {
                let run = |threads, seed: i64, n: i64| {
                    let params: [(&str, Value); 4] = [
                        ("samples", n.into()),
                        ("seed", seed.into()),
                        ("normalise", normalise.into()),
                        ("cells", 3.into()),
                    ];
                    let found = net(size, threads).run("rise", &params).unwrap();
                    (one_map(&found), extra(&found, "standard_error").to_vec(), extra(&found, "scores").to_vec())
                };
                assert_eq!(run(1, 3, 21), run(4, 3, 21));
                assert_ne!(run(1, 3, 21).0, run(1, 4, 21).0);
                assert_eq!(run(1, 3, 21).2[..8], run(2, 3, 8).2);
            }
        }
    }

    #[test]
    fn arrays_handed_in_are_checked() {
        let with = |name: &str, shape: &[usize], value: f64| {
            let mut b = net(&[6, 5], 1);
            b.injected.insert("grid".into(), Tensor::full(DType::F32, &[2, 3, 3], 1.0));
            b.injected.insert("shift".into(), Tensor::full(DType::F32, &[2, 2], 1.0));
            b.injected.insert(name.into(), Tensor::full(DType::F32, shape, value));
            b.run("rise", &[("samples", 2.into()), ("cells", 3.into())])
        };
        assert!(with("shift", &[2, 2], 0.0).is_ok());
        for (name, shape, value, words) in [
            ("masks", &[2, 5, 6][..], 1.0, "[2, 6, 5]"),
            ("grid", &[3, 3, 3], 1.0, "[2, 3, 3]"),
            ("shift", &[2, 2], 2.0, "expected 0 to 1"),
            ("shift", &[2, 2], 0.5, "expected 0 to 1"),
            ("masks", &[2, 6, 5], f64::NAN, "isn't finite"),
        ] {
            let error = with(name, shape, value).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
        assert!(
            net(&[6, 5], 1)
                .error("rise", &[("input", "z".into())])
                .to_string()
                .contains("`z`, which isn't an input with spatial axes")
        );
    }
}

//! Splits the feature maps into a few non-negative parts that occur together, whatever the target.
//!
//! # Formula
//! ```text
//! V = [A_k(p) - min_q A_k(q)]_kp ~ W H,  W, H >= 0        L_j(p) = |w_j| h_j(p)
//! ```
//!
//! # Symbols
//! - `A_k(p)`: activation of channel `k` at position `p` of the layer, `K x S..`, model units
//! - `w_j`: concept `j`, column of `W`, `K`; `h_j`: where it is, row of `H`, `S..`
//! - `L_j`: length of the part of the activation at `p` that concept `j` accounts for, model units
//!
//! # Axioms
//! The target doesn't enter: all classes have the same maps. The maps don't depend on how scale is shared between `W` and `H`.
//!
//! # Cost
//! 1 F, and rounds of `K Z r` multiplications.
//!
//! # In images
//! One map per concept. Concepts are what the network tells apart (background, organ, border), so they help to name what a class map lights up. They have
//! no order of importance, and other numbers of them give other parts. To compare images, hand the concepts of one (`W0`) to the other with
//! `fit_concepts = false`.
//!
//! # Departures
//! The factors start from halves of singular pairs instead of random numbers, so that the result is always the same. Handed in can be `W0` (`K x r`)
//! and `H0` (`r x Z`, positions in row-major order).
//!
//! # Source
//! collins2018dff, section 3.

use pellucid_engine::Task;
use pellucid_graph::Tensor;
use pellucid_graph::query::{self, Pooled};

use crate::cam::activation::Activation;
use crate::cam::nmf::{Factors, Matrix};
use crate::cam::scored::activations;
use crate::context::Context;
use crate::evidence::{Evidence, Grid, Map};
use crate::linalg::dot;
use crate::method::{Extras, Family, Found, Kind, MethodInfo, Need};
use crate::params::{ParamSpec, Values, flag, float, int};
use crate::{ExplainError, Result};

static PARAMS: &[ParamSpec] = &[
    int("components", 5, 1, 64, "concepts"),
    int("max_iter", 200, 1, 100_000, "most rounds over both factors"),
    float("tol", 1e-4, 0.0, 1.0, "share of the first round's slopes at which rounds end"),
    flag(
        "fit_concepts",
        true,
        "fit the concepts too; else those handed in as `W0` stay, and only where they are is found",
    ),
];

/// Deep feature factorisation.
pub static INFO: MethodInfo = MethodInfo {
    id: "dff",
    name: "Deep feature factorisation",
    family: Family::Cam,
    summary: "Splits the feature maps into a few non-negative parts that occur together, whatever the target",
    sources: &["collins2018dff", "boutsidis2008nndsvd", "cichocki2009hals"],
    needs: &[Need::FeatureMap],
    cost: "1 F",
    keeps: &[],
    breaks: &[
        ("completeness", "parts of activations aren't shares of the target"),
        ("class-sensitivity", "the target doesn't enter"),
    ],
    params: PARAMS,
    cautions: &["the target doesn't enter: the maps are the same for every class"],
    revision: 1,
    file: include_str!("dff.rs"),
    kind: Kind::Driven(drive),
};

/// What is left of the matrix, as a share, above which a note says that concepts are missing.
const LEFT: f64 = 0.5;

fn drive(context: &mut Context, values: &Values) -> Result<Found> {
    let activations = activations(context)?;
    let [a] = activations.as_slice() else {
        return Err(ExplainError::Needs {
            method: INFO.id.into(),
            reason: format!("factors the maps of one layer, not of {}", activations.len()),
            hint: "run it once per layer".into(),
        });
    };
    let (v, offset) = above_minimum(a);
    let vt = v.transposed();
    let mut factors = start(context, &v, values)?;
    let both = values.flag("fit_concepts");
    let rounds = values.count("max_iter");
    let task = Task::start(context.session().progress(), rounds, INFO.id);
    let mut first = 0.0;
    for i in 0..rounds {
        context.session().cancel().check()?;
        let open = factors.round(&v, &vt, both);
        task.advance(1);
        if i == 0 {
            first = open;
        }
        if open <= values.float("tol") * first {
            break;
        }
    }
    drop(task);
    let (residual, norm) = (factors.residual(&v), v.norm());
    if residual > LEFT * norm {
        let share = 100.0 * residual / norm;
        context.notes.push(format!(
            "the concepts leave {share:.0} % of the activations unexplained: more `components` tell more"
        ));
    }
    let mut extras: Extras = vec![
        ("W".into(), factors.w.values.clone()),
        ("H".into(), factors.ht.transposed().values),
        ("offset".into(), offset.clone()),
        ("residual".into(), vec![residual]),
        ("norm_V".into(), vec![norm]),
    ];
    extras.extend(concept_logits(context, a, &factors.w, &offset)?);
    Ok(Found { evidence: Evidence::Maps(maps(a, &factors)), extras, ..Found::default() })
}

/// Activations above the smallest of their channel, and those smallest values.
fn above_minimum(a: &Activation) -> (Matrix, Vec<f64>) {
    let offset: Vec<f64> = (0..a.channels).map(|k| a.range(k).0).collect();
    let shifted = (0..a.channels).flat_map(|k| a.channel(k).iter().map(move |v| v - a.range(k).0));
    (Matrix::new(a.channels, a.positions(), shifted.collect()), offset)
}

/// The factors handed in, or made of singular pairs.
fn start(context: &Context, v: &Matrix, values: &Values) -> Result<Factors> {
    let r = values.count("components");
    let w = given(context, "W0", &[v.rows, r])?;
    let h = given(context, "H0", &[r, v.columns])?;
    if w.is_none() && !values.flag("fit_concepts") {
        return Err(ExplainError::Parameter {
            method: INFO.id.into(),
            reason: "`fit_concepts` is false, but no concepts are handed in as `W0`".into(),
        });
    }
    Ok(match (w, h) {
        (Some(w), Some(h)) => Factors { w, ht: h.transposed() },
        (Some(w), None) => {
            // concepts alone: any positive start leads to the same minimum, which is unique where the concepts are independent
            let ht = Matrix::new(v.columns, r, vec![1.0; v.columns * r]);
            Factors { w, ht }
        }
        (None, Some(h)) => Factors { ht: h.transposed(), ..Factors::start(v, r) },
        (None, None) => Factors::start(v, r),
    })
}

fn given(context: &Context, name: &str, shape: &[usize; 2]) -> Result<Option<Matrix>> {
    let Some(tensor) = context.injected(name, shape)? else { return Ok(None) };
    let values = tensor.to_f64();
    match values.iter().position(|v| !v.is_finite() || *v < 0.0) {
        Some(i) => Err(ExplainError::Input {
            input: name.into(),
            reason: format!("element {i} is {}, expected numbers from 0 on", values[i]),
        }),
        None => Ok(Some(Matrix::new(shape[0], shape[1], values))),
    }
}

/// A map per concept.
fn maps(a: &Activation, factors: &Factors) -> Vec<Map> {
    let (w, h) = (factors.w.transposed(), factors.ht.transposed());
    let map = |j: usize| {
        let length = dot(w.row(j), w.row(j)).sqrt();
        let scaled: Vec<f64> = h.row(j).iter().map(|v| length * v).collect();
        Map { grid: Grid::Layer { name: format!("{} concept {}", a.layer, j + 1) }, ..a.map(&scaled) }
    };
    (0..h.rows).map(map).collect()
}

/// What a linear head on the mean of this layer says of each concept, `r x classes`.
fn concept_logits(context: &Context, a: &Activation, w: &Matrix, offset: &[f64]) -> Result<Option<(String, Vec<f64>)>> {
    let graph = context.graph(1)?;
    let Some(head) = query::classifier_head(&graph).filter(|h| h.pooled == Pooled::Mean) else { return Ok(None) };
    if graph.name_of(head.features) != a.layer || head.weight.shape()[1] != w.rows {
        return Ok(None);
    }
    let rows = |t: &Tensor| t.to_f64();
    let (weight, bias) = (rows(&head.weight), rows(&head.bias));
    let concepts = w.transposed();
    let mut out = Vec::new();
    for j in 0..concepts.rows {
        let concept: Vec<f64> = concepts.row(j).iter().zip(offset).map(|(w, o)| w + o).collect();
        out.extend(weight.chunks(w.rows).zip(&bias).map(|(c, b)| dot(c, &concept) + b));
    }
    Ok(Some(("concept_logits".into(), out)))
}

#[cfg(test)]
mod tests {
    use pellucid_graph::{DType, Graph, Tensor};

    use crate::evidence::Grid;
    use crate::target::Target;
    use crate::testing::{
        Bench, assert_close, bench, deep_net, extra, graph, maps, name, pooled_head, pooled_net, random,
    };

    fn net(threads: usize) -> Bench {
        bench(deep_net(&[6, 5]), vec![random(&[1, 2, 6, 5], 9)], threads).at("features")
    }

    /// The input itself is the layer.
    fn plain(channels: usize, size: &[usize]) -> Graph {
        graph(&[&[1, channels], size].concat(), |b, x| {
            let y = b.scale(x, 2.0).unwrap();
            let y = name(b, y, "features");
            pooled_head(b, y, 3, 2)
        })
    }

    #[test]
    fn two_parts_that_do_not_overlap_are_told_apart() {
        // channels 0 and 1 in the upper row, 2 in the lower, all above an offset
        let values = (0..3 * 8).map(|i| {
            let (k, p) = (i / 8, i % 8);
            let own = if k < 2 { p < 4 } else { p >= 4 };
            if own { 1.0 + (k + p) as f32 * 0.5 } else { -0.5 }
        });
        let values: Vec<f32> = values.collect();
        let b = bench(plain(3, &[2, 4]), vec![Tensor::f32(&[1, 3, 2, 4], values).unwrap()], 1).at("features");
        let found = b.run("dff", &[("components", 3.into()), ("max_iter", 2000.into()), ("tol", 0.0.into())]).unwrap();
        assert!(extra(&found, "residual")[0] < 1e-3 * extra(&found, "norm_V")[0]);
        for map in maps(&found) {
            assert_eq!(map.shape, [2, 4]);
            assert!(map.values.iter().all(|v| *v >= 0.0));
            let (low, high): (f32, f32) = (map.values[..4].iter().sum(), map.values[4..].iter().sum());
            assert!(low.min(high) < 1e-2 * low.max(high), "{:?}", map.values);
        }
        assert_close(extra(&found, "offset"), &[-1.0; 3], 1e-6);
    }

    #[test]
    fn one_concept_of_one_channel_is_the_channel() {
        let x = random(&[1, 1, 3, 4], 2);
        let b = bench(plain(1, &[3, 4]), vec![x.clone()], 1).at("features");
        let low = x.to_f64().iter().fold(f64::INFINITY, |m, v| m.min(*v));
        let expected: Vec<f64> = x.to_f64().iter().map(|v| 2.0 * (v - low)).collect();
        assert_close(&b.map("dff", &[("components", 1.into())]), &expected, 1e-5);
    }

    #[test]
    fn all_targets_threads_and_dimensions_have_the_same_concepts() {
        let run = |b: Bench| {
            let found = b.run("dff", &[("components", 2.into())]).unwrap();
            maps(&found).iter().map(|m| m.values.clone()).collect::<Vec<_>>()
        };
        assert!(run(net(1)) == run(net(4)));
        assert!(run(net(1)) == run(net(1).for_target(Target::Logit { index: 2 })));
        let b = bench(deep_net(&[4, 3, 5]), vec![random(&[1, 2, 4, 3, 5], 9)], 1).at("features");
        let found = b.run("dff", &[]).unwrap();
        assert_eq!((maps(&found).len(), &maps(&found)[4].shape[..]), (5, &[4, 3, 5][..]));
        let Grid::Layer { name } = &maps(&found)[1].grid else { panic!() };
        assert_eq!(name, "features concept 2");
    }

    #[test]
    fn concepts_handed_in_stay_and_are_found_again() {
        let first =
            net(1).run("dff", &[("components", 2.into()), ("max_iter", 5000.into()), ("tol", 1e-9.into())]).unwrap();
        let w = extra(&first, "W").to_vec();
        let mut b = net(1);
        b.injected.insert("W0".into(), Tensor::from_f64(DType::F32, vec![6, 2], w.clone()));
        let params =
            [("components", 2.into()), ("fit_concepts", false.into()), ("max_iter", 5000.into()), ("tol", 1e-9.into())];
        let found = b.run("dff", &params).unwrap();
        assert_close(extra(&found, "W"), &w, 1e-6);
        for (a, b) in maps(&found).iter().zip(maps(&first)) {
            let f64s = |v: &[f32]| v.iter().map(|v| f64::from(*v)).collect::<Vec<f64>>();
            assert_close(&f64s(&a.values), &f64s(&b.values), 1e-3);
        }
        let error = net(1).error("dff", &[("fit_concepts", false.into())]).to_string();
        assert!(error.contains("`W0`"), "{error}");
        b.injected.insert("W0".into(), Tensor::full(DType::F32, &[6, 2], -1.0));
        assert!(b.error("dff", &params).to_string().contains("from 0 on"));
    }

    #[test]
    fn a_linear_head_says_what_each_concept_speaks_for() {
        let b = bench(pooled_net(&[6, 5]), vec![random(&[1, 2, 6, 5], 9)], 1).at("features");
        let found = b.run("dff", &[("components", 2.into())]).unwrap();
        let logits = extra(&found, "concept_logits");
        assert_eq!(logits.len(), 6);
        // differences between concepts don't depend on the head's bias: compare with gradients of the logits, constant per channel
        let w = extra(&found, "W");
        for class in 0..3 {
            let own = bench(pooled_net(&[6, 5]), vec![random(&[1, 2, 6, 5], 9)], 1).at("features");
            let grad_cam = own.for_target(Target::Logit { index: class }).run("grad-cam", &[]).unwrap();
            // the mean over 30 positions of a gradient of weight / 30
            let weights: Vec<f64> = extra(&grad_cam, "weights").iter().map(|v| v * 30.0).collect();
            let difference: f64 = (0..6).map(|k| weights[k] * (w[2 * k] - w[2 * k + 1])).sum();
            assert!((logits[class] - logits[3 + class] - difference).abs() < 1e-4 * (1.0 + difference.abs()));
        }
        assert!(net(1).run("dff", &[]).unwrap().extras.iter().all(|e| e.0 != "concept_logits"));
    }
}

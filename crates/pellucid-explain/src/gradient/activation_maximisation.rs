//! Makes an image that the target responds to most, starting from noise or from the input.
//!
//! # Formula
//! ```text
//! maximise t(x) - tv/n sum |x(p + 1) - x(p)| - l1/n sum |x(p)|   over x, by gradient ascent; with jitter the slope of t is taken at x rolled by random steps
//! ```
//!
//! # Symbols
//! - `x`: image, `C x S..`, model units; `n`: number of its elements; `t`: target
//!
//! # Axioms
//! None of attribution: the result is an image, not a share of the target. On a linear target without regularisers each step adds the weights.
//!
//! # Cost
//! `steps` (F + B), one after another, and 1 F at the end.
//!
//! # In images
//! Shows what the target has learnt to look for, not what it saw in this sample: the sample gives the range of values, the other inputs, and the
//! start if asked for. Values far outside that range mean that the target is driven by what no scan contains. In 3-D the total variation has three axes;
//! thick slices are treated as if they were thin. Targets that are probabilities saturate: choose the logit.
//!
//! # Departures
//! Rolled images are rolled back, so that the image doesn't wander; there is no rotation. The rate is in model units: 1/255 of the sample's range unless
//! stated. Handed in can be `start` or `start_<input>` (of the input's shape).
//!
//! # Source
//! erhan2009visualizing; simonyan2014deep, section 2, for class logits; mahendran2015understanding, for the total variation.

use crate::Result;
use crate::context::Context;
use crate::evidence::{Evidence, Grid, Map};
use crate::gradient::canvas::{Canvas, canvases, point, shift};
use crate::gradient::field::{floats, with_values};
use crate::gradient::image_prior::Prior;
use crate::gradient::slope::Slope;
use crate::method::{Extras, Family, Found, Kind, MethodInfo, Need};
use crate::params::{ParamSpec, SEED, Values, choice, float, int};
use crate::perturbation::site::{INPUT, bare_sites};
use crate::target::Head;

static PARAMS: &[ParamSpec] = &[
    int("steps", 200, 1, 100_000, "steps uphill"),
    choice("optimiser", "rmsprop", &["rmsprop", "sgd"], "rule of the steps"),
    float("rate", 0.0, 0.0, 1e6, "length of a step, model units; 0 takes 1/255 of the range of the sample"),
    float("momentum", 0.9, 0.0, 0.9999, "share of the last step that `sgd` keeps"),
    float("rho", 0.999, 0.0, 0.999_999, "share of the mean square that `rmsprop` keeps"),
    float("tv", 1.0, 0.0, 1e6, "weight of the total variation per element"),
    float("l1", 0.3, 0.0, 1e6, "weight of the magnitude per element"),
    ParamSpec {
        unit: "px",
        ..int("jitter", 4, 0, 1000, "most positions by which the image is rolled along each axis before a step")
    },
    choice(
        "start",
        "noise",
        &["noise", "input", "zero"],
        "first image: uniform noise in the range of the sample, the sample, or zeros",
    ),
    INPUT,
    SEED,
];

/// Activation maximisation.
pub static INFO: MethodInfo = MethodInfo {
    id: "activation-maximisation",
    name: "Activation maximisation",
    family: Family::Gradient,
    summary: "Makes an image that the target responds to most, starting from noise or from the input",
    sources: &["erhan2009visualizing", "simonyan2014deep", "mahendran2015understanding"],
    needs: &[Need::Gradient],
    cost: "steps (F + B), one after another",
    keeps: &[],
    breaks: &[("completeness", "the result is an image, not a share of the target")],
    params: PARAMS,
    cautions: &["the map is a made-up image: it says what the target looks for, not what it saw in this sample"],
    revision: 1,
    file: include_str!("activation_maximisation.rs"),
    kind: Kind::Driven(drive),
};

fn drive(context: &mut Context, values: &Values) -> Result<Found> {
    let (_, sites) = bare_sites(context, values, INFO.id)?;
    let prior = Prior { tv: values.float("tv"), l1: values.float("l1") };
    let (steps, jitter, seed) = (values.count("steps"), values.count("jitter"), values.int("seed") as u64);
    let mut canvases = canvases(context, sites, values)?;
    let clean = floats(context.inputs);
    let slope = Slope::new(context, steps, INFO.id)?;
    let mut objectives = Vec::with_capacity(steps + 1);
    for step in 0..steps {
        let shift = shift(canvases[0].site.planes.spatial(), jitter, seed, step);
        let point = point(&clean, &canvases, &shift);
        let (score, gradient) = slope.at(context, &point)?;
        let mut objective = score;
        for canvas in &mut canvases {
            objective -= canvas.follow(&gradient[canvas.place], &shift, prior);
        }
        objectives.push(objective);
    }
    let still = vec![0; canvases[0].site.planes.spatial().len()];
    let end = with_values(context.inputs, &point(&clean, &canvases, &still));
    let score = context.scores(1, "result", &|_| Ok(end.clone()))?[0];
    objectives.push(canvases.iter().fold(score, |o, c| o - prior.at(&c.image, c.site.planes.spatial()).0));
    context.notes.extend(remarks(context, &canvases, &objectives));
    found(context, &canvases, &objectives, score)
}

fn remarks(context: &Context, canvases: &[Canvas], objectives: &[f64]) -> Vec<String> {
    let outside = |c: &Canvas| c.image.iter().filter(|v| **v < c.range.0 || **v > c.range.1).count();
    let (out, all): (usize, usize) = canvases.iter().fold((0, 0), |s, c| (s.0 + outside(c), s.1 + c.image.len()));
    let (first, last) = (objectives.first().copied().unwrap_or(0.0), objectives.last().copied().unwrap_or(0.0));
    let mut notes = vec!["the map is a made-up image, in the units of the input".to_string()];
    if out > 0 {
        let share = 100.0 * out as f64 / all as f64;
        notes.push(format!("{share:.0} % of its values lie outside the range of the sample"));
    }
    if last <= first {
        notes.push(format!("the objective didn't rise ({first:.4} to {last:.4}): try another `rate`"));
    }
    if matches!(context.objective.head, Head::Softmax | Head::Sigmoid) {
        notes.push(
            "the target is a probability, whose slope vanishes near 0 and 1: the logit gives a better image".into(),
        );
    }
    notes
}

fn found(context: &Context, canvases: &[Canvas], objectives: &[f64], score: f64) -> Result<Found> {
    let names: Vec<String> = context.model.inputs()?.into_iter().map(|(name, _)| name).collect();
    let map = |c: &Canvas| Map {
        grid: Grid::Input { name: names[c.site.input].clone() },
        shape: context.inputs[c.site.input].shape()[1..].to_vec(),
        values: c.site.planes.join_values(c.image.clone()).into_iter().map(|v| v as f32).collect(),
    };
    let end = |v: Option<&f64>| v.copied().into_iter().collect();
    let extras: Extras = vec![
        ("objectives".into(), objectives.to_vec()),
        ("start_objective".into(), end(objectives.first())),
        ("final_objective".into(), end(objectives.last())),
        ("final_target".into(), vec![score]),
    ];
    Ok(Found { evidence: Evidence::Maps(canvases.iter().map(map).collect()), extras, ..Found::default() })
}

#[cfg(test)]
mod tests {
    use pellucid_graph::Tensor;
    use serde_json::Value;

    use crate::target::Target;
    use crate::testing::{Bench, assert_close, bench, deep_net, extra, graph, linear_net, maps, one_map, random};

    const BARE: [(&str, f64); 2] = [("tv", 0.0), ("l1", 0.0)];

    fn params(more: &[(&'static str, Value)]) -> Vec<(&'static str, Value)> {
        BARE.iter()
            .map(|(k, v)| (*k, Value::from(*v)))
            .chain([("jitter", 0.into())])
            .chain(more.iter().cloned())
            .collect()
    }

    fn net(threads: usize) -> Bench {
        bench(deep_net(&[6, 5]), vec![random(&[1, 2, 6, 5], 9)], threads)
    }

    #[test]
    fn on_a_linear_target_each_plain_step_adds_the_weights() {
        let (g, w) = linear_net(&[1, 2, 3, 4], 2);
        let b = bench(g, vec![random(&[1, 2, 3, 4], 1)], 1);
        let x = b.inputs[0].to_f64();
        let given = params(&[
            ("optimiser", "sgd".into()),
            ("momentum", 0.0.into()),
            ("rate", 0.1.into()),
            ("steps", 5.into()),
            ("start", "input".into()),
        ]);
        let found = b.run("activation-maximisation", &given).unwrap();
        let expected: Vec<f64> = x.iter().zip(&w).map(|(x, w)| x + 0.5 * w).collect();
        assert_close(&one_map(&found), &expected, 1e-5);
        assert_eq!((found.counts.forwards, found.counts.backwards), (6, 5));
        let objectives = extra(&found, "objectives");
        assert!(objectives.len() == 6 && objectives.is_sorted());
        assert_close(&[objectives[0]], &[found.target.value], 1e-5);
    }

    #[test]
    fn the_top_of_a_hill_is_found_and_the_prior_draws_it_down() {
        // t = -sum (x - 1)^2, so with l1 weight w per element the top is at 1 - w/(2 n)
        let g = graph(&[1, 1, 2, 2], |b, x| {
            let d = b.shift(x, -1.0).unwrap();
            let d = b.mul(d, d).unwrap();
            let s = b.sum(d, &[1, 2], false).unwrap();
            let s = b.sum(s, &[1], true).unwrap();
            b.scale(s, -1.0).unwrap()
        });
        let b = bench(g, vec![Tensor::f32(&[1, 1, 2, 2], vec![0.0, 3.0, 1.0, -1.0]).unwrap()], 1);
        let run = |l1: f64| {
            let given = [
                ("tv", 0.0.into()),
                ("l1", l1.into()),
                ("jitter", 1.into()),
                ("optimiser", "sgd".into()),
                ("rate", 0.05.into()),
                ("momentum", 0.5.into()),
                ("steps", 200.into()),
            ];
            b.map("activation-maximisation", &given)
        };
        assert_close(&run(0.0), &[1.0; 4], 1e-4);
        assert_close(&run(1.6), &[0.8; 4], 1e-4);
    }

    #[test]
    fn the_target_rises_and_the_sample_only_gives_the_range() {
        for optimiser in ["rmsprop", "sgd"] {
            let given = [("steps", 40.into()), ("optimiser", optimiser.into()), ("rate", 0.01.into())];
            let found = net(2).run("activation-maximisation", &given).unwrap();
            let (first, last) = (extra(&found, "start_objective")[0], extra(&found, "final_objective")[0]);
            assert!(last > first, "{optimiser} {first} {last}");
            let image = Tensor::f32(&[1, 2, 6, 5], maps(&found)[0].values.clone()).unwrap();
            assert_close(&[net(1).output(&[image])[0]], extra(&found, "final_target"), 1e-4);
        }
        let zero =
            net(1).run("activation-maximisation", &params(&[("steps", 1.into()), ("start", "zero".into())])).unwrap();
        assert!(one_map(&zero).iter().all(|v| v.abs() < 1.0));
    }

    #[test]
    fn one_seed_gives_the_same_bits_on_any_threads_and_volumes_work() {
        let run = |threads, seed: i64| {
            net(threads).map("activation-maximisation", &[("steps", 6.into()), ("seed", seed.into())])
        };
        assert_eq!(run(1, 0), run(4, 0));
        assert_ne!(run(1, 0), run(1, 1));
        let b = bench(deep_net(&[4, 3, 5]), vec![random(&[1, 2, 4, 3, 5], 9)], 2);
        let found = b.run("activation-maximisation", &[("steps", 3.into())]).unwrap();
        assert_eq!(maps(&found)[0].shape, [2, 4, 3, 5]);
        let b = net(1).for_target(Target::Probability { index: 0 });
        let found = b.run("activation-maximisation", &[("steps", 3.into())]).unwrap();
        assert!(found.notes.iter().any(|n| n.contains("probability")), "{:?}", found.notes);
    }

    #[test]
    fn the_start_can_be_handed_in_and_must_fit() {
        let mut b = net(1);
        let start = random(&[1, 2, 6, 5], 77);
        b.injected.insert("start".into(), start.clone());
        let given = params(&[("steps", 1.into()), ("optimiser", "sgd".into()), ("rate", 1e-6.into())]);
        assert_close(&b.map("activation-maximisation", &given), &start.to_f64(), 1e-5);
        b.injected.insert("start".into(), random(&[1, 2, 5, 6], 77));
        assert!(b.error("activation-maximisation", &given).to_string().contains("expected [1, 2, 6, 5]"));
    }
}

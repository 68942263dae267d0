//! Finds the smallest smooth mask whose deletion makes the target fall.
//!
//! # Formula
//! ```text
//! minimise over m:  f(M x + (1 - M) b) + l1 sum |1 - m| + tv sum |m_q - m_p|^beta     (p, q neighbours along an axis)
//! M = G U m,   L = 1 - M
//! ```
//!
//! # Symbols
//! - `x`: input, `C x S..`, model units; `b`: cover of the same shape, the blurred input unless asked for
//! - `m`: mask on a grid of `cells` per axis, in `[0, 1]`; `M`: the same on the input's grid `S..`
//! - `U`: enlarging; `G`: Gaussian of `smooth` cells, edges repeated
//! - `f`: probability of the target, or the target
//!
//! # Axioms
//! None: the objective isn't convex, so the map is a local minimum that depends on the start.
//!
//! # Cost
//! `iterations` (F + B), and a few for the ends; 35 more for the start `disk`.
//!
//! # In images
//! All channels, and all inputs of the same spatial size (registered modalities), are masked together. The map is near 1 where covering the image
//! lowers the target, 0 elsewhere. Sums over the mask grow with its cells: a volume has more of them, so `l1` must be smaller there. In 3-D, an
//! axis with thick slices has the same number of cells, at most one per slice.
//!
//! # Departures
//! The gradient goes back through the Gaussian too; published code leaves it out (`reference_backward`). The blurred cover isn't rounded to 8 bits.
//! Moves of `jitter` px are limited to a 16th of an axis. The differences of the variation have no constant added. The disk of the start is drawn on
//! the mask's grid.
//!
//! # Source
//! fong2017meaningful, sections 4.1 to 4.3.

use pellucid_engine::Task;

use crate::Result;
use crate::baseline::{SIGMA, VALUE};
use crate::context::Context;
use crate::evidence::{Evidence, Grid, Map};
use crate::method::{Family, Found, Kind, MethodInfo, Need};
use crate::optimise::axis::{Axis, Edge, Separable};
use crate::optimise::composite::Composite;
use crate::optimise::optimiser::Adam;
use crate::optimise::probe::Probe;
use crate::optimise::variation::variation;
use crate::params::{ParamSpec, SEED, Values, choice, flag, float, int};
use crate::perturbation::site::{INPUT, sites};
use crate::probability::Scorer;
use crate::random::Stream;

static PARAMS: &[ParamSpec] = &[
    int("iterations", 300, 1, 100_000, "steps of the optimiser (Adam)"),
    float("learning_rate", 0.1, 1e-6, 10.0, "length of a step"),
    float("l1", 1e-4, 0.0, 1e6, "weight of what is deleted, per cell of the mask"),
    float("tv", 1e-2, 0.0, 1e6, "weight of the variation between neighbouring cells"),
    float("beta", 3.0, 1.0, 10.0, "power of the variation"),
    int("cells", 28, 1, 1024, "cells of the mask along each axis, at most one per sample of the input"),
    choice("enlarge", "nearest", &["nearest", "linear"], "how the mask is enlarged before it is smoothed"),
    ParamSpec {
        unit: "cells",
        ..float("smooth", 0.625, 0.0, 16.0, "standard deviation of the Gaussian that smooths the enlarged mask")
    },
    choice(
        "start",
        "disk",
        &["disk", "constant"],
        "first mask: the smallest centred disk whose deletion lowers the score to that of the cover (random if none does), or `start_value`",
    ),
    float("start_value", 0.5, 0.0, 1.0, "value of a constant first mask"),
    ParamSpec { unit: "px", ..int("jitter", 4, 0, 1024, "largest random move of the masked input in a step") },
    flag("reference_backward", false, "leave the Gaussian out of the gradient, as published code does"),
    choice(
        "score",
        "probability",
        &["probability", "target"],
        "what is to fall: the probability of the target, or the target as asked for",
    ),
    choice(
        "baseline",
        "blurred",
        &["blurred", "constant", "channel-mean", "min", "max"],
        "cover: the input blurred, one value everywhere (`value`), or the mean, smallest or largest value of each channel",
    ),
    VALUE,
    SIGMA,
    INPUT,
    SEED,
];

/// Meaningful perturbation.
pub static INFO: MethodInfo = MethodInfo {
    id: "meaningful-perturbation",
    name: "Meaningful perturbation",
    family: Family::Perturbation,
    summary: "Finds the smallest smooth mask whose deletion makes the target fall",
    sources: &["fong2017meaningful", "kingma2015adam"],
    needs: &[Need::Gradient],
    cost: "iterations (F + B)",
    keeps: &[],
    breaks: &[("completeness", "the map is a mask, not a share of the target")],
    params: PARAMS,
    cautions: &["the mask is a local minimum: another start or seed may delete another place"],
    revision: 1,
    file: include_str!("meaningful_perturbation.rs"),
    kind: Kind::Driven(drive),
};

/// What is minimised.
struct Problem<'a> {
    probe: Probe<'a>,
    /// Sizes of the mask's axes.
    cells: Vec<usize>,
    /// From the mask to the input's grid.
    enlarge: Separable,
    /// Whose adjoint takes the gradient back.
    back: Separable,
    offset: f64,
    l1: f64,
    tv: f64,
    beta: f64,
}

/// The objective at a mask.
struct Point {
    objective: f64,
    score: f64,
    gradient: Vec<f64>,
}

impl Problem<'_> {
    fn at(&self, context: &mut Context, m: &[f64], view: Option<&Separable>) -> Result<Point> {
        let reading = self.probe.read(context, &[self.enlarge.apply(m)], view)?.remove(0);
        let (rough, slope) = variation(m, &self.cells, self.beta);
        let deleted: f64 = m.iter().map(|v| (1.0 - v).abs()).sum();
        let mut gradient = self.back.adjoint(&reading.gradient);
        // masks stay in [0, 1], where |1 - m| falls with slope 1
        gradient.iter_mut().zip(slope).for_each(|(g, s)| *g += self.tv * s - self.l1);
        let score = reading.score + self.offset;
        Ok(Point { objective: score + self.l1 * deleted + self.tv * rough, score, gradient })
    }

    /// Scores of some masks on their own grid.
    fn scores(&self, context: &mut Context, masks: &[Vec<f64>]) -> Result<Vec<f64>> {
        let large: Vec<Vec<f64>> = masks.iter().map(|m| self.enlarge.apply(m)).collect();
        let readings = self.probe.read(context, &large, None)?;
        Ok(readings.into_iter().map(|r| r.score + self.offset).collect())
    }

    fn count(&self) -> usize {
        self.cells.iter().product()
    }
}

/// Enlarging per axis, with and without the Gaussian.
fn maps(cells: &[usize], size: &[usize], values: &Values) -> (Separable, Separable) {
    let plain = |(c, n): (&usize, &usize)| match values.word("enlarge") {
        "linear" => Axis::linear(*c, *n),
        _ => Axis::nearest(*c, *n),
    };
    let smooth = values.float("smooth");
    let blurred = |(c, n): (&usize, &usize)| {
        Axis::gaussian(*n, smooth * *n as f64 / *c as f64, Edge::Repeat).after(&plain((c, n)))
    };
    let pairs = || cells.iter().zip(size);
    (Separable::new(pairs().map(blurred).collect()), Separable::new(pairs().map(plain).collect()))
}

fn drive(context: &mut Context, values: &Values) -> Result<Found> {
    let (name, sites) = sites(context, values, INFO.id)?;
    let planes = sites[0].planes.clone();
    let size = planes.spatial().to_vec();
    let cells: Vec<usize> = size.iter().map(|n| values.count("cells").min(*n)).collect();
    let (scorer, note) = match values.word("score") {
        "target" => (Scorer::target(context.objective), None),
        _ => Scorer::probability(context.objective),
    };
    context.notes.extend(note);
    let composites = sites.iter().map(|s| Composite::mix(s.fill.clone(), s.values.clone())).collect();
    let (enlarge, plain) = maps(&cells, &size, values);
    let back = if values.flag("reference_backward") { plain } else { enlarge.clone() };
    let problem = Problem {
        probe: Probe::new(context, scorer.objective(), sites, composites),
        cells,
        enlarge,
        back,
        offset: scorer.offset(),
        l1: values.float("l1"),
        tv: values.float("tv"),
        beta: values.float("beta"),
    };
    let ends = problem.scores(context, &[vec![1.0; problem.count()], vec![0.0; problem.count()]])?;
    let mut m = start(context, &problem, (ends[0], ends[1]), values)?;
    let objectives = descend(context, &problem, &mut m, &size, values)?;
    let last = problem.at(context, &m, None)?;
    let map = problem.enlarge.apply(&m).into_iter().map(|v| (1.0 - v).clamp(0.0, 1.0) as f32).collect();
    context.notes.push(format!(
        "the score falls from {:.4} to {:.4} under the mask, {:.4} when all is covered",
        ends[0], last.score, ends[1]
    ));
    let first = objectives[0];
    Ok(Found {
        evidence: Evidence::Maps(vec![Map { grid: Grid::Input { name }, shape: planes.one_channel(), values: map }]),
        extras: vec![
            ("mask".into(), m),
            ("objectives".into(), objectives),
            ("initial_objective".into(), vec![first]),
            ("final_objective".into(), vec![last.objective]),
            ("final_probability".into(), vec![last.score]),
            ("original_probability".into(), vec![ends[0]]),
            ("reference_probability".into(), vec![ends[1]]),
        ],
        ..Found::default()
    })
}

/// Steps down from a mask, which is changed; the objective before each step.
fn descend(
    context: &mut Context,
    problem: &Problem,
    m: &mut [f64],
    size: &[usize],
    values: &Values,
) -> Result<Vec<f64>> {
    let count = values.count("iterations");
    let mut adam = Adam::new(values.float("learning_rate"), m.len());
    let session = context.session();
    let task = Task::start(session.progress(), count, INFO.id);
    let mut objectives = Vec::with_capacity(count);
    for step in 0..count {
        let view = moved(size, step, values);
        let point = problem.at(context, m, view.as_ref())?;
        objectives.push(point.objective);
        adam.step(m, &point.gradient);
        m.iter_mut().for_each(|v| *v = v.clamp(0.0, 1.0));
        task.advance(1);
    }
    Ok(objectives)
}

/// The random move of a step.
fn moved(size: &[usize], step: usize, values: &Values) -> Option<Separable> {
    let jitter = values.count("jitter");
    if size.iter().all(|n| jitter.min(n / 16) == 0) {
        return None;
    }
    let mut draw = Stream::new(values.int("seed") as u64, step, 0);
    let axis = |n: &usize| {
        let most = jitter.min(n / 16) as i64;
        // uniform in (0, 1], so the ceiling is 1 to the number of moves
        Axis::shift(*n, (draw.uniform() * (2 * most + 1) as f64).ceil() as i64 - 1 - most)
    };
    Some(Separable::new(size.iter().map(axis).collect()))
}

/// Number of disks that are tried.
const DISKS: usize = 35;

/// Share of the score's range above the cover's score at which a disk has deleted enough.
const ENOUGH: f64 = 0.01;

fn start(context: &mut Context, problem: &Problem, ends: (f64, f64), values: &Values) -> Result<Vec<f64>> {
    let n = problem.count();
    if values.word("start") == "constant" {
        return Ok(vec![values.float("start_value"); n]);
    }
    // radii up to the corner of the grid, in half axes
    let largest = (problem.cells.len() as f64).sqrt();
    let disks: Vec<Vec<f64>> =
        (0..DISKS).map(|i| disk(&problem.cells, largest * (i + 1) as f64 / DISKS as f64)).collect();
    let scores = problem.scores(context, &disks)?;
    let enough = ends.1 + ENOUGH * (ends.0 - ends.1);
    if let Some(found) = disks.into_iter().zip(scores).find(|(_, s)| *s <= enough) {
        return Ok(found.0);
    }
    context.notes.push("no centred disk lowers the score to that of the cover: the first mask is random".into());
    let mut draw = Stream::new(values.int("seed") as u64, 0, 1);
    Ok((0..n).map(|_| draw.uniform()).collect())
}

/// A mask that deletes a centred ellipsoid of a radius in half axes.
fn disk(cells: &[usize], radius: f64) -> Vec<f64> {
    let inside = |i: usize| {
        let mut rest = i;
        let mut square = 0.0;
        for n in cells.iter().rev() {
            square += (2.0 * ((rest % n) as f64 + 0.5) / *n as f64 - 1.0).powi(2);
            rest /= n;
        }
        square <= radius * radius
    };
    (0..cells.iter().product()).map(|i| f64::from(u8::from(!inside(i)))).collect()
}

#[cfg(test)]
mod tests {
    use crate::target::{Region, RegionReduce, Target};
    use crate::testing::{Bench, bench, conv, deep_net, extra, graph, linear_net, maps as found_maps, one_map, random};
    use serde_json::{Value, json};

    fn net(size: &[usize], threads: usize) -> Bench {
        bench(deep_net(size), vec![random(&[&[1, 2], size].concat(), 5)], threads)
    }

    fn short() -> Vec<(&'static str, Value)> {
        let start = ("start", json!("constant"));
        vec![("iterations", json!(60)), ("cells", json!(4)), ("baseline", json!("constant")), start]
    }

    #[test]
    fn on_a_linear_target_exactly_what_adds_more_than_its_price_is_deleted() {
        let (g, w) = linear_net(&[1, 1, 3, 4], 4);
        let b = bench(g, vec![random(&[1, 1, 3, 4], 5)], 1);
        let x = b.inputs[0].to_f64();
        let params = [
            ("score", json!("target")),
            ("baseline", json!("constant")),
            ("smooth", json!(0.0)),
            ("tv", json!(0.0)),
            ("l1", json!(0.2)),
            ("start", json!("constant")),
        ];
        let found = b.run("meaningful-perturbation", &params).unwrap();
        let expected: Vec<f64> = x.iter().zip(&w).map(|(x, w)| f64::from(u8::from(x * w > 0.2))).collect();
        assert_eq!(one_map(&found), expected);
        assert!(expected.contains(&1.0) && expected.contains(&0.0));
    }

    #[test]
    fn the_objective_falls_in_every_dimension() {
        for size in [&[24][..], &[12, 10], &[6, 8, 5]] {
            let found = net(size, 1).run("meaningful-perturbation", &short()).unwrap();
            let (first, last) = (extra(&found, "initial_objective")[0], extra(&found, "final_objective")[0]);
            assert!(last < first, "{size:?}: {first} {last}");
            assert_eq!(found_maps(&found)[0].shape, [&[1], size].concat());
            assert!(one_map(&found).iter().all(|v| (0.0..=1.0).contains(v)));
        }
    }

    #[test]
    fn one_seed_gives_the_same_bits_on_any_number_of_threads() {
        let run = |threads, seed: i64| {
            let params = [short(), vec![("jitter", json!(2)), ("seed", json!(seed))]].concat();
            let found = net(&[33, 32], threads).run("meaningful-perturbation", &params).unwrap();
            (one_map(&found), extra(&found, "objectives").to_vec())
        };
        assert_eq!(run(1, 3), run(4, 3));
        assert_ne!(run(1, 3), run(1, 4));
    }

    #[test]
    fn a_region_of_a_segmentation_is_a_target() {
        let g = graph(&[1, 2, 8, 8], |b, x| {
            let y = conv(b, x, 4, 1);
            let y = b.relu(y).unwrap();
            conv(b, y, 3, 2)
        });
        let target = Target::Region { index: 1, mask: Region::Predicted, reduce: RegionReduce::LogitSum };
        let b = bench(g, vec![random(&[1, 2, 8, 8], 5)], 1).for_target(target);
        let found = b.run("meaningful-perturbation", &short()).unwrap();
        let p = extra(&found, "original_probability")[0];
        assert!(p > 1.0 / 3.0 && p < 1.0 && extra(&found, "final_objective")[0] < p, "{p}");
    }

    #[test]
    fn a_gradient_without_the_gaussian_takes_another_way() {
        let run = |reference: bool| {
            let params = [short(), vec![("reference_backward", json!(reference)), ("smooth", json!(1.0))]].concat();
            let found = net(&[12, 10], 1).run("meaningful-perturbation", &params).unwrap();
            extra(&found, "objectives").to_vec()
        };
        assert_ne!(run(true), run(false));
    }
}

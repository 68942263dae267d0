//! Finds, for a fixed area, the smooth mask that keeps the target highest (or lowers it most).
//!
//! # Formula
//! ```text
//! maximise over q:  r(m) - lambda_t mean (sort(m) - s_a)^2,     m = smooth maximum of bumps of height q
//! preserve: r = f(x under m)     delete: r = -f(x under 1 - m)     dual: r = f(x under m) - f(x under 1 - m)
//! lambda_t = 300 x 1.0035^t,     L = mean over the areas of m
//! ```
//!
//! # Symbols
//! - `x`: input, `C x S..`, model units; under a mask of 1 it is clean, under 0 covered
//! - `q`: heights on a grid with a point every `step` px, in `[0, 1]`; `m`: mask, `S..` with a margin of `sigma`, which counts in the area only
//! - `s_a`: floor((1 - a) n) zeros, then ones; `a`: area; `f`: target; `t`: iteration
//!
//! # Axioms
//! None: the objective isn't convex, so the map is a local optimum.
//!
//! # Cost
//! `iterations` (F + B) per area, twice that for `dual`.
//!
//! # In images
//! All channels, and all inputs of the same spatial size (registered modalities), are masked together. The mask is about 1 on a share `a` of the
//! image. In 3-D, bumps have as many axes, and an axis with thick slices has its own step. A contrast or margin as target gives the contrastive reward.
//!
//! # Departures
//! Steps left at 0 follow the size of each axis; at 224 px they are those of the paper. At a mask of 1 the slope is that towards smaller masks.
//! Where the margin is no whole number of steps the far side is lengthened so that the mask covers the image. Mirroring every other step is off:
//! left and right differ in a body.
//!
//! # Source
//! fong2019extremal, sections 3.1 to 3.3.

use pellucid_engine::Task;

use crate::baseline::{SIGMA, VALUE};
use crate::context::Context;
use crate::evidence::{Evidence, Grid, Map};
use crate::method::{Family, Found, Kind, MethodInfo, Need};
use crate::optimise::axis::{Axis, Edge, Separable};
use crate::optimise::composite::Composite;
use crate::optimise::optimiser::Momentum;
use crate::optimise::probe::{Probe, Reading};
use crate::optimise::smooth_max::SmoothMax;
use crate::params::{ParamSpec, Values, choice, flag, float, int, text};
use crate::perturbation::site::{INPUT, Site, sites};
use crate::{ExplainError, Result};

static PARAMS: &[ParamSpec] = &[
    text("areas", "0.1", "shares of the image that the mask has, between 0 and 1, separated by commas"),
    int("iterations", 800, 1, 100_000, "steps of the optimiser"),
    float("learning_rate", 0.01, 1e-6, 10.0, "length of a step"),
    float("momentum", 0.9, 0.0, 0.999, "momentum, and dampening of the new gradient"),
    ParamSpec { unit: "px", ..int("step", 0, 0, 1024, "distance of the mask's points; 0: a 32nd of each axis") },
    ParamSpec { unit: "px", ..float("sigma", 0.0, 0.0, 1024.0, "reach of a point; 0: three steps") },
    choice("variant", "preserve", &["preserve", "delete", "dual"], "what the mask is to do to the target"),
    choice("cover", "pyramid", &["pyramid", "baseline"], "what lies under the mask: ever stronger blur, or `baseline`"),
    int("levels", 8, 2, 64, "levels of blur"),
    ParamSpec {
        unit: "px",
        ..float("max_blur", 20.0, 0.1, 1000.0, "standard deviation of the strongest blur; zeros lie beyond the edge")
    },
    flag("flip", false, "mirror the last axis in every other step"),
    choice(
        "baseline",
        "constant",
        &["constant", "channel-mean", "blurred", "min", "max"],
        "cover `baseline`: one value everywhere (`value`), the mean, smallest or largest value of each channel, or the input blurred",
    ),
    VALUE,
    SIGMA,
    INPUT,
];

/// Extremal perturbation.
pub static INFO: MethodInfo = MethodInfo {
    id: "extremal-perturbation",
    name: "Extremal perturbation",
    family: Family::Perturbation,
    summary: "Finds, for a fixed area, the smooth mask that keeps the target highest",
    sources: &["fong2019extremal", "sutskever2013momentum"],
    needs: &[Need::Gradient],
    cost: "iterations (F + B) per area",
    keeps: &[],
    breaks: &[("completeness", "the map is a mask, not a share of the target")],
    params: PARAMS,
    cautions: &["the area is chosen, not found: compare the reward of several areas"],
    revision: 1,
    file: include_str!("extremal_perturbation.rs"),
    kind: Kind::Driven(drive),
};

/// Weight of the area at the first step, and its growth per step.
const AREA_WEIGHT: f64 = 300.0;
const AREA_GROWTH: f64 = 1.0035;

/// Most points that a position may see.
const MOST_SEEN: f64 = 1e5;

fn wrong(reason: String) -> ExplainError {
    ExplainError::Parameter { method: INFO.id.into(), reason }
}

fn areas(values: &Values) -> Result<Vec<f64>> {
    let area = |word: &str| match word.trim().parse::<f64>() {
        Ok(a) if a > 0.0 && a < 1.0 => Ok(a),
        _ => Err(wrong(format!("`areas` has `{word}`, but numbers between 0 and 1 separated by commas are expected"))),
    };
    values.word("areas").split(',').map(area).collect()
}

fn generator(size: &[usize], values: &Values) -> Result<SmoothMax> {
    let asked = values.count("step");
    let own = |n: &usize| if asked > 0 { asked } else { ((*n as f64 / 32.0).round() as usize).max(1) };
    let steps: Vec<usize> = size.iter().map(own).collect();
    let sigma = values.float("sigma");
    let sigmas: Vec<f64> = steps.iter().map(|s| if sigma > 0.0 { sigma } else { 3.0 * *s as f64 }).collect();
    let seen: f64 = steps.iter().zip(&sigmas).map(|(s, sigma)| 3.0 + 2.0 * (sigma / *s as f64).ceil()).product();
    if seen > MOST_SEEN {
        return Err(wrong(format!("each position would see {seen} points of the mask: raise `step` or lower `sigma`")));
    }
    Ok(SmoothMax::new(size, &steps, &sigmas))
}

fn composite(site: &Site, values: &Values) -> Composite {
    if values.word("cover") == "baseline" {
        return Composite::mix(site.fill.clone(), site.values.clone());
    }
    let last = values.count("levels").max(2) - 1;
    let level = |k: usize| {
        let sigma = values.float("max_blur") * (1.0 - k as f64 / last as f64);
        let axes = site.planes.spatial().iter().map(|n| Axis::gaussian(*n, sigma, Edge::Zero)).collect();
        Separable::new(axes).apply(&site.values)
    };
    Composite::stack((0..=last).map(level).collect())
}

/// Mean squared difference of the sorted mask from a share of ones, with its gradient.
fn area_penalty(mask: &[f64], area: f64) -> (f64, Vec<f64>) {
    let n = mask.len();
    let zeros = ((1.0 - area) * n as f64).floor() as usize;
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|a, b| mask[*a].total_cmp(&mask[*b]));
    let (mut sum, mut gradient) = (0.0, vec![0.0; n]);
    for (rank, &i) in order.iter().enumerate() {
        let d = mask[i] - if rank < zeros { 0.0 } else { 1.0 };
        sum += d * d / n as f64;
        gradient[i] = 2.0 * d / n as f64;
    }
    (sum, gradient)
}

/// The mask that each reading is of: as it is (true) or inverted, with the sign of its score in the reward.
fn terms(variant: &str) -> &'static [(bool, f64)] {
    match variant {
        "delete" => &[(false, -1.0)],
        "dual" => &[(true, 1.0), (false, -1.0)],
        _ => &[(true, 1.0)],
    }
}

struct Problem<'a> {
    probe: Probe<'a>,
    generator: SmoothMax,
    crop: Vec<usize>,
    terms: &'static [(bool, f64)],
}

/// One area's mask in the making.
struct Course {
    area: f64,
    heights: Vec<f64>,
    optimiser: Momentum,
}

/// What a mask has reached.
struct Reached {
    /// Uncropped and cropped.
    whole: Vec<f64>,
    mask: Vec<f64>,
    reward: f64,
    /// Of the reward by the cropped mask.
    gradient: Vec<f64>,
}

impl Problem<'_> {
    /// Masks and rewards of all courses: one batch of samples.
    fn reach(&self, context: &mut Context, courses: &[Course], view: Option<&Separable>) -> Result<Vec<Reached>> {
        let mut masks = Vec::new();
        let mut out = Vec::new();
        for course in courses {
            let whole = self.generator.apply(&course.heights);
            let mask: Vec<f64> = self.crop.iter().map(|p| whole[*p]).collect();
            for (kept, _) in self.terms {
                masks.push(if *kept { mask.clone() } else { mask.iter().map(|m| 1.0 - m).collect() });
            }
            let gradient = vec![0.0; mask.len()];
            out.push(Reached { whole, mask, reward: 0.0, gradient });
        }
        let readings = self.probe.read(context, &masks, view)?;
        for (reached, readings) in out.iter_mut().zip(readings.chunks(self.terms.len())) {
            for (Reading { score, gradient }, (kept, sign)) in readings.iter().zip(self.terms) {
                reached.reward += sign * score;
                let by_mask = if *kept { *sign } else { -sign };
                reached.gradient.iter_mut().zip(gradient).for_each(|(r, g)| *r += by_mask * g);
            }
        }
        Ok(out)
    }

    fn step(&self, course: &mut Course, reached: &Reached, weight: f64) {
        let (_, mut loss) = area_penalty(&reached.whole, course.area);
        loss.iter_mut().for_each(|g| *g *= weight);
        self.crop.iter().zip(&reached.gradient).for_each(|(p, g)| loss[*p] -= g);
        let gradient = self.generator.pull(&course.heights, &loss);
        course.optimiser.step(&mut course.heights, &gradient);
        course.heights.iter_mut().for_each(|h| *h = h.clamp(0.0, 1.0));
    }
}

fn drive(context: &mut Context, values: &Values) -> Result<Found> {
    let areas = areas(values)?;
    let (name, sites) = sites(context, values, INFO.id)?;
    let planes = sites[0].planes.clone();
    let size = planes.spatial().to_vec();
    let generator = generator(&size, values)?;
    let composites = sites.iter().map(|s| composite(s, values)).collect();
    let probe = Probe::new(context, context.objective, sites, composites);
    let momentum = values.float("momentum");
    let course = |area: f64| Course {
        area,
        heights: vec![1.0; generator.count()],
        optimiser: Momentum::dampened(values.float("learning_rate"), momentum, momentum),
    };
    let mut courses: Vec<Course> = areas.into_iter().map(course).collect();
    let crop = generator.crop();
    let problem = Problem { probe, generator, crop, terms: terms(values.word("variant")) };
    climb(context, &problem, &mut courses, &size, values)?;
    let reached = problem.reach(context, &courses, None)?;
    let share = 1.0 / reached.len() as f64;
    let mut map = vec![0.0; problem.crop.len()];
    reached.iter().for_each(|r| map.iter_mut().zip(&r.mask).for_each(|(m, v)| *m += share * v));
    let penalties = reached.iter().zip(&courses).map(|(r, c)| area_penalty(&r.whole, c.area).0).collect();
    let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
    let map = map.into_iter().map(|v| v as f32).collect();
    Ok(Found {
        evidence: Evidence::Maps(vec![Map { grid: Grid::Input { name }, shape: planes.one_channel(), values: map }]),
        extras: vec![
            ("mask_mean".into(), reached.iter().map(|r| mean(&r.mask)).collect()),
            ("reward".into(), reached.iter().map(|r| r.reward).collect()),
            ("area_penalty".into(), penalties),
            ("masks".into(), reached.into_iter().flat_map(|r| r.mask).collect()),
        ],
        ..Found::default()
    })
}

/// Steps up from masks of 1.
fn climb(
    context: &mut Context,
    problem: &Problem,
    courses: &mut [Course],
    size: &[usize],
    values: &Values,
) -> Result<()> {
    let count = values.count("iterations");
    let mirror = || -> Vec<Axis> {
        let last = size.len() - 1;
        size.iter().enumerate().map(|(a, n)| if a == last { Axis::flip(*n) } else { Axis::nearest(*n, *n) }).collect()
    };
    let mirror = values.flag("flip").then(|| Separable::new(mirror()));
    let session = context.session();
    let task = Task::start(session.progress(), count, INFO.id);
    let mut weight = AREA_WEIGHT;
    for step in 0..count {
        let view = mirror.as_ref().filter(|_| step % 2 == 0);
        let reached = problem.reach(context, courses, view)?;
        courses.iter_mut().zip(&reached).for_each(|(course, reached)| problem.step(course, reached, weight));
        weight *= AREA_GROWTH;
        task.advance(1);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::area_penalty;
    use crate::testing::{Bench, bench, deep_net, extra, maps, one_map, random};

    fn net(size: &[usize], threads: usize) -> Bench {
        bench(deep_net(size), vec![random(&[&[1, 2], size].concat(), 5)], threads)
    }

    fn run(size: &[usize], threads: usize, more: &[(&str, Value)]) -> crate::Explanation {
        let short = [("iterations", json!(60)), ("step", json!(2)), ("sigma", json!(3.0)), ("max_blur", json!(3.0))];
        net(size, threads).run("extremal-perturbation", &[&short[..], more].concat()).unwrap()
    }

    #[test]
    fn the_area_of_a_binary_mask_costs_nothing_when_it_fits() {
        assert_eq!(area_penalty(&[1.0, 0.0, 0.0, 0.0], 0.25).0, 0.0);
        let (penalty, gradient) = area_penalty(&[0.5, 1.0, 0.0, 0.25], 0.25);
        assert_eq!((penalty, gradient), ((0.25 + 0.0625) / 4.0, vec![0.25, 0.0, 0.0, 0.125]));
    }

    #[test]
    fn a_smaller_area_gives_a_smaller_mask_in_every_dimension() {
        for size in [&[40][..], &[16, 14], &[8, 6, 7]] {
            for variant in ["preserve", "delete", "dual"] {
                let found = run(size, 1, &[("areas", json!("0.2,0.6")), ("variant", json!(variant))]);
                let mean = extra(&found, "mask_mean");
                assert!(mean[0] < mean[1] && mean[1] < 0.97, "{size:?} {variant}: {mean:?}");
                assert_eq!(maps(&found)[0].shape, [&[1], size].concat());
                assert!(one_map(&found).iter().all(|v| (0.0..=1.0).contains(v)));
                assert_eq!(extra(&found, "masks").len(), 2 * one_map(&found).len());
            }
        }
    }

    #[test]
    fn what_preserves_scores_higher_than_what_deletes() {
        let reward = |variant: &str| extra(&run(&[16, 14], 1, &[("variant", json!(variant))]), "reward")[0];
        assert!(reward("preserve") > -reward("delete"));
    }

    #[test]
    fn the_same_bits_come_on_any_number_of_threads() {
        let map = |threads| one_map(&run(&[12, 12], threads, &[("variant", json!("dual")), ("flip", json!(true))]));
        assert_eq!(map(1), map(4));
    }

    #[test]
    fn mistakes_are_refused() {
        let error =
            |name: &str, value: Value| net(&[12, 12], 1).error("extremal-perturbation", &[(name, value)]).to_string();
        assert!(error("areas", json!("0.1,2")).contains("between 0 and 1"));
        assert!(error("sigma", json!(900.0)).contains("raise `step`"));
    }
}

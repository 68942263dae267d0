//! Adds up the gradient along a path from a baseline to the input that moves first where the gradient is small.
//!
//! # Formula
//! ```text
//! stage s: a = (s + 1)/steps, at x take G; elements behind a - d go to a - d; then, until sum |x_in - x| = (1 - a) sum |x_in - x'|:
//!     of the elements before a + d those with |G| at or below the quantile of `fraction` move on together, at most to a + d
//! L += (x_new - x_old) G   for each move
//! ```
//!
//! # Symbols
//! - `x_in`: input, `C x S..`, model units; `x'`: baseline of the same shape; `x`: point of the path
//! - `a`: share of the whole L1 distance that is done; an element's own place is `(x - x')/(x_in - x')`
//! - `d`: `max_distance`, how far an element's place may be from `a`
//! - `G`: gradient of the target with respect to the input, units of the target per model unit
//!
//! # Axioms
//! Completeness holds up to the error of a left rule: `sum L = t(x_in) - t(x')`, measured as a check. With `max_distance = 0` it is integrated
//! gradients by the left rule. Linear targets are exact. The path depends on the function, so it isn't additive over functions.
//!
//! # Cost
//! `steps` (F + B) per baseline, one after another, and 1 F for the input.
//!
//! # In images
//! Steep elements wait, so their large gradients at half-way points (noise of saturating networks) enter less. As with integrated gradients, an
//! element equal to its baseline gets nothing.
//!
//! # Departures
//! The elements of all inputs that hold real numbers are on one path, and several baselines are averaged.
//!
//! # Source
//! kapishnikov2021guided, in the form whose distance to the straight line is limited.

use crate::Result;
use crate::baseline::{self, KIND, SIGMA, VALUE};
use crate::context::Context;
use crate::evidence::Evidence;
use crate::explanation::Check;
use crate::gradient::field::{Field, floats, maps};
use crate::gradient::slope::Slope;
use crate::method::{Family, Found, Kind, MethodInfo, Need};
use crate::params::{ParamSpec, Values, float, int};

static PARAMS: &[ParamSpec] = &[
    int("steps", 200, 1, 100_000, "stages of the path, one gradient each"),
    float("fraction", 0.25, 0.0, 1.0, "share of the elements that move at a time, those of the smallest gradient"),
    float("max_distance", 0.02, 0.0, 1.0, "how far an element may be from the straight line, as a share of its way"),
    KIND,
    VALUE,
    SIGMA,
];

/// Guided integrated gradients.
pub static INFO: MethodInfo = MethodInfo {
    id: "guided-ig",
    name: "Guided integrated gradients",
    family: Family::Gradient,
    summary: "Adds up the gradient along a path from a baseline to the input that moves first where the gradient is small",
    sources: &["kapishnikov2021guided"],
    needs: &[Need::Gradient],
    cost: "steps (F + B) per baseline, one after another",
    keeps: &[
        ("completeness", "any path does: the integral of the directional derivative is the difference of its ends"),
        ("dummy", "an element that isn't used or doesn't differ from the baseline gets 0"),
        ("implementation-invariance", "only values and gradients of the function enter"),
    ],
    breaks: &[("linearity", "the path depends on the function")],
    params: PARAMS,
    cautions: &["the baseline decides the map: an element equal to it gets nothing, however much it matters"],
    revision: 1,
    file: include_str!("guided_ig.rs"),
    kind: Kind::Driven(drive),
};

/// Relative residual within which completeness counts as kept: each stage goes on with the gradient at its start.
const KEPT_WITHIN: f64 = 0.05;

/// A residual below this share of the map's mass is rounding.
const ROUNDING: f64 = 1e-4;

/// Distances that differ by less, relatively or absolutely, are equal.
const EQUAL: f64 = 1e-9;

fn drive(context: &mut Context, values: &Values) -> Result<Found> {
    let baselines = baseline::baselines(context, values)?;
    let steps = values.count("steps");
    let share = 1.0 / baselines.len() as f64;
    let input = floats(context.inputs);
    let slope = Slope::new(context, steps * baselines.len(), INFO.id)?;
    let mut sum: Field = input.iter().map(|v| vec![0.0; v.len()]).collect();
    let mut differences = Vec::new();
    let end = context.score()?;
    for from in &baselines {
        let mut path = Path::new(&input, &floats(from), values);
        for stage in 0..steps {
            let (score, gradient) = slope.at(context, &parts(&path.at, &input))?;
            if stage == 0 {
                differences.push(end - score);
            }
            path.stage((stage as f64 + 1.0) / steps as f64, gradient.concat());
        }
        for (sum, found) in sum.iter_mut().zip(parts(&path.found, &input)) {
            sum.iter_mut().zip(found).for_each(|(s, f)| *s += share * f);
        }
    }
    let total: f64 = sum.iter().flatten().sum();
    let mass: f64 = sum.iter().flatten().map(|v| v.abs()).sum();
    let expected = share * differences.iter().sum::<f64>();
    let statement = "sum over the map = target at the input - target at the baseline";
    let check = Check::equal("completeness", statement, total, expected, ROUNDING * mass, KEPT_WITHIN);
    if !check.holds {
        context
            .notes
            .push(format!("the map adds up to {total:.4}, not to {expected:.4}: more `steps` bring it closer"));
    }
    Ok(Found {
        evidence: Evidence::Maps(maps(context, &sum)?),
        checks: vec![check],
        extras: vec![("differences".into(), differences)],
        ..Found::default()
    })
}

/// A list over all inputs cut into one list each.
fn parts(all: &[f64], like: &Field) -> Field {
    let mut rest = all;
    let mut take = |n: usize| {
        let (part, after) = rest.split_at(n.min(rest.len()));
        rest = after;
        part.to_vec()
    };
    like.iter().map(|v| take(v.len())).collect()
}

/// A path under way, over the elements of all inputs.
struct Path {
    from: Vec<f64>,
    way: Vec<f64>,
    at: Vec<f64>,
    /// Attribution so far.
    found: Vec<f64>,
    /// L1 length of the way.
    length: f64,
    fraction: f64,
    reach: f64,
}

impl Path {
    fn new(input: &Field, from: &Field, values: &Values) -> Path {
        let (to, from) = (input.concat(), from.concat());
        let way: Vec<f64> = to.iter().zip(&from).map(|(t, f)| t - f).collect();
        let length = way.iter().map(|w| w.abs()).sum();
        let found = vec![0.0; way.len()];
        let (fraction, reach) = (values.float("fraction"), values.float("max_distance"));
        Path { at: from.clone(), from, way, found, length, fraction, reach }
    }

    /// Moves until the share `a` of the way is done, and adds up what the gradient says of it.
    fn stage(&mut self, a: f64, gradient: Vec<f64>) {
        let (low, high) = ((a - self.reach).max(0.0), (a + self.reach).min(1.0));
        let target = self.length * (1.0 - a);
        let old = self.at.clone();
        let mut steepness: Vec<f64> = gradient.iter().map(|g| g.abs()).collect();
        // elements behind the lower limit catch up
        for i in 0..self.way.len() {
            if self.way[i] != 0.0 && (self.at[i] - self.from[i]) / self.way[i] < low {
                self.at[i] = self.place(i, low);
            }
        }
        // each round brings some elements to the upper limit, so there are at most as many rounds as elements
        for _ in 0..=self.way.len() {
            let left = self.left();
            if left <= target || (left - target).abs() <= EQUAL * left.max(target).max(1.0) {
                break;
            }
            if !self.round(high, left - target, &mut steepness) {
                break;
            }
        }
        let moved = self.at.iter().zip(&old).zip(&gradient);
        self.found.iter_mut().zip(moved).for_each(|(f, ((x, o), g))| *f += (x - o) * g);
    }

    /// Moves the flattest elements that may still move; `excess` is the distance to go. Whether more rounds may be needed.
    fn round(&mut self, high: f64, excess: f64, steepness: &mut [f64]) -> bool {
        for i in 0..self.way.len() {
            if self.at[i] == self.place(i, high) {
                steepness[i] = f64::INFINITY;
            }
        }
        let threshold = lower_quantile(steepness, self.fraction);
        let chosen: Vec<usize> =
            (0..self.way.len()).filter(|&i| steepness[i] <= threshold && steepness[i].is_finite()).collect();
        let room: f64 = chosen.iter().map(|&i| (self.at[i] - self.place(i, high)).abs()).sum();
        let gamma = excess / room;
        for &i in &chosen {
            let end = self.place(i, high);
            self.at[i] = if gamma > 1.0 { end } else { self.at[i] + (end - self.at[i]) * gamma };
        }
        room > 0.0 && gamma > 1.0
    }

    fn place(&self, i: usize, a: f64) -> f64 {
        self.from[i] + self.way[i] * a
    }

    /// L1 distance to the input.
    fn left(&self) -> f64 {
        let one = |((x, f), w): ((&f64, &f64), &f64)| (f + w - x).abs();
        self.at.iter().zip(&self.from).zip(&self.way).map(one).sum()
    }
}

/// The element of rank `floor(q (n - 1))` in ascending order.
fn lower_quantile(values: &[f64], q: f64) -> f64 {
    let mut sorted = values.to_vec();
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NEG_INFINITY };
    let rank = ((q * last as f64).floor() as usize).min(last);
    *sorted.select_nth_unstable_by(rank, f64::total_cmp).1
}

#[cfg(test)]
mod tests {
    use pellucid_graph::Tensor;
    use serde_json::Value;

    use super::lower_quantile;
    use crate::testing::{Bench, assert_close, bench, deep_net, graph, linear_net, maps, one_map, random};

    fn net(threads: usize) -> Bench {
        bench(deep_net(&[6, 5]), vec![random(&[1, 2, 6, 5], 9)], threads)
    }

    #[test]
    fn the_quantile_is_an_element_from_below() {
        let v = [3.0, f64::INFINITY, 1.0, 2.0, f64::INFINITY];
        assert_eq!([0.0, 0.24, 0.25, 0.5, 0.99, 1.0].map(|q| lower_quantile(&v, q))[..4], [1.0, 1.0, 2.0, 3.0]);
        assert_eq!(lower_quantile(&v, 1.0), f64::INFINITY);
    }

    #[test]
    fn without_distance_it_is_the_left_rule() {
        let b = net(2);
        let params = [("steps", 12.into()), ("max_distance", 0.0.into()), ("value", 0.3.into())];
        let left = [("steps", 12.into()), ("rule", "left".into()), ("value", 0.3.into())];
        assert_close(&b.map("guided-ig", &params), &b.map("integrated-gradients", &left), 1e-5);
    }

    #[test]
    fn a_linear_target_is_exact_on_any_path() {
        let (g, w) = linear_net(&[1, 2, 3, 4], 2);
        let mut x = random(&[1, 2, 3, 4], 1).to_f64();
        x[5] = 0.25;
        let b = bench(g, vec![Tensor::f32(&[1, 2, 3, 4], x.iter().map(|v| *v as f32).collect()).unwrap()], 1);
        let expected: Vec<f64> = x.iter().zip(&w).map(|(x, w)| (x - 0.25) * w).collect();
        for (fraction, reach) in [(0.25, 0.02), (0.0, 1.0), (1.0, 0.1), (0.1, 0.0)] {
            let params: [(&str, Value); 4] = [
                ("fraction", fraction.into()),
                ("max_distance", reach.into()),
                ("steps", 7.into()),
                ("value", 0.25.into()),
            ];
            let found = b.run("guided-ig", &params).unwrap();
            assert_close(&one_map(&found), &expected, 1e-5);
            assert!(found.checks[0].holds && one_map(&found)[5] == 0.0, "{:?}", found.checks);
            assert_eq!((found.counts.forwards, found.counts.backwards), (8, 7));
        }
    }

    #[test]
    fn the_flat_element_moves_first() {
        // x0 x1 + 0.01 x0 from 0: x1 is flat until x0 moves, and x0 is left for the end
        let g = graph(&[1, 2], |b, x| {
            let (p, q) = (b.slice(x, 1, 0, 1).unwrap(), b.slice(x, 1, 1, 2).unwrap());
            let product = b.mul(p, q).unwrap();
            let p = b.scale(p, 0.01).unwrap();
            b.add(product, p).unwrap()
        });
        let b = bench(g, vec![Tensor::f32(&[1, 2], vec![1.0, 1.0]).unwrap()], 1);
        let params = [("fraction", 0.0.into()), ("max_distance", 1.0.into()), ("steps", 10.into())];
        assert_close(&b.map("guided-ig", &params), &[1.01, 0.0], 1e-6);
        let straight = b.map("integrated-gradients", &[]);
        assert_close(&straight, &[0.51, 0.5], 1e-6);
    }

    #[test]
    fn the_map_adds_up_nearly_and_says_when_it_does_not() {
        let found = net(2).run("guided-ig", &[("steps", 400.into())]).unwrap();
        assert!(found.checks[0].relative < 0.05, "{:?}", found.checks);
        let g = graph(&[1, 3], |b, x| {
            let y = b.mul(x, x).unwrap();
            b.sum(y, &[1], true).unwrap()
        });
        let rough = bench(g, vec![Tensor::f32(&[1, 3], vec![1.0, 2.0, 3.0]).unwrap()], 1);
        let found = rough.run("guided-ig", &[("steps", 1.into())]).unwrap();
        assert!(!found.checks[0].holds && found.notes.iter().any(|n| n.contains("adds up")), "{:?}", found.notes);
    }

    #[test]
    fn an_input_like_its_baseline_gets_nothing() {
        let b = bench(deep_net(&[6, 5]), vec![Tensor::full(pellucid_graph::DType::F32, &[1, 2, 6, 5], 0.5)], 1);
        let map = b.map("guided-ig", &[("steps", 3.into()), ("value", 0.5.into())]);
        assert!(map.iter().all(|v| *v == 0.0));
    }

    #[test]
    fn several_baselines_are_averaged_and_volumes_work() {
        let mut b = net(1);
        let baselines = random(&[2, 2, 6, 5], 40);
        let mut mean = vec![0.0; 60];
        for i in 0..2 {
            b.injected.insert("baseline_x".into(), baselines.sample(i).unwrap());
            let one = b.map("guided-ig", &[("steps", 10.into())]);
            mean.iter_mut().zip(one).for_each(|(m, v)| *m += v / 2.0);
        }
        b.injected.insert("baseline_x".into(), baselines);
        assert_close(&b.map("guided-ig", &[("steps", 10.into())]), &mean, 1e-5);
        let run = |threads| {
            let b = bench(deep_net(&[4, 3, 5]), vec![random(&[1, 2, 4, 3, 5], 9)], threads);
            b.run("guided-ig", &[("steps", 20.into())]).unwrap()
        };
        assert_eq!(maps(&run(1))[0].shape, [2, 4, 3, 5]);
        assert!(one_map(&run(1)) == one_map(&run(4)));
    }
}

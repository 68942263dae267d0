//! Adds up the gradient along the straight line from a baseline to the input, times the way.
//!
//! # Formula
//! ```text
//! IG = (x - x') * integral_0^1 G(x' + a (x - x')) da  ~  (x - x') * sum_n w_n G(x' + a_n (x - x'))
//! ```
//!
//! # Symbols
//! - `x`: input, `C x S..`, model units; `x'`: baseline of the same shape
//! - `G`: gradient of the target with respect to the input, units of the target per model unit
//! - `a_n`, `w_n`: nodes and weights of the rule on `[0, 1]`
//!
//! # Axioms
//! Completeness holds up to the quadrature error: `sum IG = t(x) - t(x')`, measured as a check. An element that doesn't differ from the baseline or
//! isn't used gets 0. Two graphs of the same function give the same map. Linear targets are exact with one node, quadratic ones with two
//! Gauss nodes.
//!
//! # Cost
//! `steps` (F + B) per baseline, and 1 F for the input and each baseline. Streamed: memory doesn't grow with the steps.
//!
//! # In images
//! The baseline says what "nothing there" is, and decides the map: 0 is the mean of the data for normalised inputs, black is air in CT. An element
//! equal to its baseline gets nothing, however much it matters (dark lesions on a black baseline). Several baselines are averaged.
//!
//! # Departures
//! The trapezoid has step `1 / (n - 1)`, so its weights add up to 1 (captum's don't). Rectified nets are only piecewise smooth along the line, so no
//! rule converges fast: `clenshaw-curtis` adds nodes to those it has, and `gauss-kronrod` halves the line where needed, both until the sum over
//! the map is within `tolerance` of `t(x) - t(x')`, or `steps` gradients are spent. Both keep running sums, not gradients.
//!
//! # Source
//! sundararajan2017ig, eq. 1 and 3.

use pellucid_graph::Tensor;

use crate::baseline::{self, KIND, SIGMA, VALUE};
use crate::context::Context;
use crate::evidence::Evidence;
use crate::explanation::Check;
use crate::gradient::field::{Field, INPUTS, floats, maps};
use crate::gradient::quadrature::{self, Rule};
use crate::linalg::dot;
use crate::method::{Family, Found, Kind, MethodInfo, Need};
use crate::params::{ParamSpec, Values, choice, float, int};
use crate::{ExplainError, Result};

static PARAMS: &[ParamSpec] = &[
    choice(
        "rule",
        "gausslegendre",
        &["gausslegendre", "midpoint", "left", "right", "trapezoid", "clenshaw-curtis", "gauss-kronrod"],
        "quadrature rule; the last two stop by completeness",
    ),
    int(
        "steps",
        50,
        1,
        100_000,
        "gradients along the line; the most that a rule that stops by completeness spends (its first pair needs 15)",
    ),
    float(
        "tolerance",
        0.01,
        0.0,
        1.0,
        "relative completeness residual at which the rules that stop by completeness stop",
    ),
    KIND,
    VALUE,
    SIGMA,
];

/// Integrated gradients.
pub static INFO: MethodInfo = MethodInfo {
    id: "integrated-gradients",
    name: "Integrated gradients",
    family: Family::Gradient,
    summary: "Adds up the gradient along the straight line from a baseline to the input, times the way",
    sources: &["sundararajan2017ig"],
    needs: &[Need::Gradient],
    cost: "steps (F + B) per baseline",
    keeps: &[
        ("completeness", "the integral of the directional derivative is the difference of the ends, up to quadrature"),
        ("dummy", "an element that isn't used or doesn't differ from the baseline gets 0"),
        ("implementation-invariance", "only values and gradients of the function enter"),
    ],
    breaks: &[],
    params: PARAMS,
    cautions: &["the baseline decides the map: an element equal to it gets nothing, however much it matters"],
    revision: 1,
    file: include_str!("integrated_gradients.rs"),
    kind: Kind::Driven(drive),
};

/// Relative residual within which completeness counts as kept with a fixed number of steps.
const KEPT_WITHIN: f64 = 0.01;

/// A residual below this share of the map's mass is rounding, however small the difference of the target.
const ROUNDING: f64 = 1e-4;

/// The straight line from a baseline to the input.
pub(crate) struct Line<'a> {
    to: &'a [Tensor],
    from: Vec<Tensor>,
    way: Field,
    /// Target at the baseline and at the input.
    ends: (f64, f64),
}

impl Line<'_> {
    fn at(&self, a: f64) -> Vec<Tensor> {
        let point = |(x, b): (&Tensor, &Tensor)| {
            if !x.dtype().is_float() {
                return x.clone();
            }
            let values = x.to_f64().iter().zip(b.to_f64()).map(|(x, b)| b + a * (x - b)).collect();
            Tensor::from_f64(x.dtype(), x.shape().to_vec(), values)
        };
        self.to.iter().zip(&self.from).map(point).collect()
    }

    fn zeros(&self) -> Field {
        self.way.iter().map(|w| vec![0.0; w.len()]).collect()
    }

    /// Sum over the map that a sum of gradients makes.
    fn mass(&self, sum: &Field) -> f64 {
        sum.iter().zip(&self.way).map(|(g, w)| dot(g, w)).sum()
    }

    fn difference(&self) -> f64 {
        self.ends.1 - self.ends.0
    }
}

fn drive(context: &mut Context, values: &Values) -> Result<Found> {
    let baselines = baseline::baselines(context, values)?;
    let lines = lines(context, baselines)?;
    let (rule, steps) = (values.word("rule"), values.count("steps"));
    let tolerance = values.float("tolerance");
    let sums = match rule {
        "clenshaw-curtis" => each(&lines, |line| nested(context, line, steps, tolerance))?,
        "gauss-kronrod" => each(&lines, |line| halving(context, line, steps, tolerance))?,
        _ => with_rule(context, &lines, &quadrature::fixed(rule, steps))?,
    };
    found(context, &lines, &sums, if quadrature::FIXED.contains(&rule) { KEPT_WITHIN } else { tolerance })
}

/// A line per baseline, with the target at its ends: 1 F for each.
pub(crate) fn lines<'a>(context: &mut Context<'a>, baselines: Vec<Vec<Tensor>>) -> Result<Vec<Line<'a>>> {
    let to = context.inputs;
    let ends = context.scores(baselines.len() + 1, "ends of the line", &|i| {
        Ok(if i == 0 { to.to_vec() } else { baselines[i - 1].clone() })
    })?;
    let x = floats(to);
    let with_ends = baselines.into_iter().zip(&ends[1..]);
    Ok(with_ends
        .map(|(from, &start)| {
            let way = x.iter().zip(floats(&from)).map(|(x, b)| x.iter().zip(b).map(|(x, b)| x - b).collect());
            Line { to, way: way.collect(), from, ends: (start, ends[0]) }
        })
        .collect())
}

fn each(lines: &[Line], mut integrate: impl FnMut(&Line) -> Result<Field>) -> Result<Vec<Field>> {
    lines.iter().map(&mut integrate).collect()
}

/// `sum += weight * gradient` for each input.
fn add(sum: &mut Field, weight: f64, gradients: &[Tensor]) -> Result<()> {
    for (sum, gradient) in sum.iter_mut().zip(gradients) {
        if let Some(index) = gradient.first_non_finite() {
            return Err(ExplainError::NonFinite { wire: "gradient on the way from the baseline".into(), index });
        }
        match gradient.as_f32() {
            Some(g) => sum.iter_mut().zip(g).for_each(|(s, g)| *s += weight * f64::from(*g)),
            None => sum.iter_mut().zip(gradient.to_f64()).for_each(|(s, g)| *s += weight * g),
        }
    }
    Ok(())
}

/// A fixed rule on all lines in one go.
pub(crate) fn with_rule(context: &mut Context, lines: &[Line], rule: &Rule) -> Result<Vec<Field>> {
    let n = rule.nodes.len();
    let mut sums: Vec<Field> = lines.iter().map(Line::zeros).collect();
    let make = |i: usize| Ok(lines[i / n].at(rule.nodes[i % n]));
    context.gradients(INPUTS, lines.len() * n, INFO.id, &make, &mut |i, found| {
        add(&mut sums[i / n], rule.weights[i % n], &found[1..])
    })?;
    Ok(sums)
}

/// Clenshaw-Curtis rules of growing level. A node enters the sums of all levels that it belongs to, so no gradient is kept.
fn nested(context: &mut Context, line: &Line, steps: usize, tolerance: f64) -> Result<Field> {
    let last = steps.saturating_sub(1).max(2).ilog2();
    let first = last.min(2);
    let rules: Vec<Rule> = (first..=last).map(quadrature::clenshaw_curtis).collect();
    let mut sums: Vec<Field> = rules.iter().map(|_| line.zeros()).collect();
    for (level, rule) in rules.iter().enumerate() {
        let fresh: Vec<usize> = (0..rule.nodes.len()).filter(|j| level == 0 || j % 2 == 1).collect();
        let make = |i: usize| Ok(line.at(rule.nodes[fresh[i]]));
        context.gradients(INPUTS, fresh.len(), INFO.id, &make, &mut |i, found| {
            for finer in level..rules.len() {
                add(&mut sums[finer], rules[finer].weights[fresh[i] << (finer - level)], &found[1..])?;
            }
            Ok(())
        })?;
        let residual = line.mass(&sums[level]) - line.difference();
        if residual.abs() <= tolerance * line.difference().abs() || level + 1 == rules.len() {
            return Ok(sums.swap_remove(level));
        }
    }
    Ok(line.zeros())
}

/// A part of the line with the target at its ends.
#[derive(Clone, Copy)]
struct Part {
    from: f64,
    to: f64,
    ends: (f64, f64),
}

/// Gauss-Kronrod pairs on parts of the line that are halved until each is complete. The residual of a part is exact: the target at its ends is
/// known, the middle being a node of the pair.
fn halving(context: &mut Context, line: &Line, steps: usize, tolerance: f64) -> Result<Field> {
    let pair = quadrature::gauss_kronrod();
    let allowed = tolerance * line.difference().abs();
    let mut total = line.zeros();
    let mut open = vec![Part { from: 0.0, to: 1.0, ends: line.ends }];
    let mut spent = 0;
    while let Some(part) = open.pop() {
        let length = part.to - part.from;
        let (mut seven, mut fifteen) = (line.zeros(), line.zeros());
        let mut middle = 0.0;
        let (mut missing, mut few) = (f64::INFINITY, true);
        for range in [0..7usize, 7..15] {
            let nodes = &pair[range];
            let make = |i: usize| Ok(line.at(part.from + length * nodes[i].node));
            context.gradients(INPUTS, nodes.len(), INFO.id, &make, &mut |i, found| {
                if let Some(weight) = nodes[i].gauss {
                    add(&mut seven, length * weight, &found[1..])?;
                }
                if nodes[i].node == 0.5 {
                    middle = found[0].to_f64()[0];
                }
                add(&mut fifteen, length * nodes[i].kronrod, &found[1..])
            })?;
            spent += nodes.len();
            let sum = if nodes.len() == 7 { &seven } else { &fifteen };
            missing = (line.mass(sum) - (part.ends.1 - part.ends.0)).abs();
            if missing <= allowed * length {
                break;
            }
            few = false;
        }
        let room = spent + 15 * (open.len() + 2) <= steps;
        if missing <= allowed * length || !room {
            let sum = if few { &seven } else { &fifteen };
            total.iter_mut().zip(sum).for_each(|(t, s)| t.iter_mut().zip(s).for_each(|(t, s)| *t += s));
            continue;
        }
        let half = part.from + 0.5 * length;
        open.push(Part { from: half, to: part.to, ends: (middle, part.ends.1) });
        open.push(Part { from: part.from, to: half, ends: (part.ends.0, middle) });
    }
    Ok(total)
}

/// Mean over the lines of the gradients' sums, times the way.
pub(crate) fn attribution(lines: &[Line], sums: &[Field]) -> Field {
    let share = 1.0 / lines.len() as f64;
    let mut out: Field = lines.first().map(Line::zeros).unwrap_or_default();
    for (line, gradients) in lines.iter().zip(sums) {
        for ((values, way), g) in out.iter_mut().zip(&line.way).zip(gradients) {
            values.iter_mut().zip(way.iter().zip(g)).for_each(|(v, (w, g))| *v += share * w * g);
        }
    }
    out
}

/// Whether the sum over the map is the mean difference of the target at the ends, with a note when it isn't.
pub(crate) fn completeness(context: &mut Context, lines: &[Line], field: &Field, tolerance: f64) -> Check {
    let sum: f64 = field.iter().map(|values| values.iter().sum::<f64>()).sum();
    let mass: f64 = field.iter().flatten().map(|v| v.abs()).sum();
    let expected = lines.iter().map(Line::difference).sum::<f64>() / lines.len() as f64;
    let statement = "sum over the map = target at the input - target at the baseline";
    let check = Check::equal("completeness", statement, sum, expected, ROUNDING * mass, tolerance);
    if !check.holds {
        context.notes.push(format!(
            "the map adds up to {sum:.4}, not to {expected:.4}: more `steps`, or the rule `gauss-kronrod`, bring it closer"
        ));
    }
    check
}

/// The map with the completeness of the whole.
fn found(context: &mut Context, lines: &[Line], sums: &[Field], tolerance: f64) -> Result<Found> {
    let field = attribution(lines, sums);
    let check = completeness(context, lines, &field, tolerance);
    Ok(Found {
        evidence: Evidence::Maps(maps(context, &field)?),
        checks: vec![check],
        extras: vec![("differences".into(), lines.iter().map(Line::difference).collect())],
        ..Found::default()
    })
}

#[cfg(test)]
mod tests {
    use pellucid_graph::{Build, DType, Tensor, Wire};
    use serde_json::Value;

    use crate::testing::{Bench, assert_close, bench, deep_net, graph, linear_net, maps, one_map, random};

    const RULES: [&str; 7] =
        ["gausslegendre", "midpoint", "left", "right", "trapezoid", "clenshaw-curtis", "gauss-kronrod"];

    fn net(threads: usize) -> Bench {
        bench(deep_net(&[6, 5]), vec![random(&[1, 2, 6, 5], 9)], threads)
    }

    /// `sum of x^2 * w` over all elements: quadratic.
    fn quadratic(shape: &[usize]) -> pellucid_graph::Graph {
        let n: usize = shape.iter().product();
        graph(shape, |b: &mut Build, x: Wire| {
            let square = b.mul(x, x).unwrap();
            let flat = b.reshape(square, &[1, n]).unwrap();
            let w = b.constant(random(&[n, 1], 3));
            b.matmul(flat, w).unwrap()
        })
    }

    #[test]
    fn a_linear_target_is_exact_with_one_node_of_any_rule() {
        let (g, w) = linear_net(&[1, 2, 3, 4], 2);
        let b = bench(g, vec![random(&[1, 2, 3, 4], 1)], 1);
        let x = b.inputs[0].to_f64();
        let expected: Vec<f64> = x.iter().zip(&w).map(|(x, w)| (x - 0.25) * w).collect();
        for rule in RULES {
            let params = [("rule", rule.into()), ("steps", 1.into()), ("value", 0.25.into())];
            let found = b.run("integrated-gradients", &params).unwrap();
            assert_close(&one_map(&found), &expected, 1e-5);
            assert!(found.checks[0].holds, "{rule} {:?}", found.checks);
        }
    }

    #[test]
    fn a_quadratic_target_is_exact_with_two_gauss_nodes() {
        let b = bench(quadratic(&[1, 1, 3, 4]), vec![random(&[1, 1, 3, 4], 1)], 1);
        let w = random(&[12, 1], 3).to_f64();
        let expected: Vec<f64> = b.inputs[0].to_f64().iter().zip(&w).map(|(x, w)| x * x * w).collect();
        assert_close(&b.map("integrated-gradients", &[("steps", 2.into())]), &expected, 1e-5);
        let left = b.map("integrated-gradients", &[("steps", 2.into()), ("rule", "left".into())]);
        let half: Vec<f64> = expected.iter().map(|v| 0.5 * v).collect();
        assert_close(&left, &half, 1e-5);
    }

    #[test]
    fn the_map_adds_up_to_the_difference_and_says_when_it_does_not() {
        let b = net(2);
        let difference = b.output(&b.inputs)[0] - b.output(&[Tensor::full(DType::F32, &[1, 2, 6, 5], 0.0)])[0];
        let found = b.run("integrated-gradients", &[("steps", 200.into())]).unwrap();
        let sum: f64 = one_map(&found).iter().sum();
        assert!((sum - difference).abs() < 0.01 * difference.abs(), "{sum} {difference}");
        assert!(found.checks[0].holds && (found.checks[0].residual - (sum - difference)).abs() < 1e-4);
        assert_eq!((found.counts.forwards, found.counts.backwards), (202, 200));
        let rough = bench(quadratic(&[1, 1, 3, 4]), vec![random(&[1, 1, 3, 4], 1)], 1);
        let found = rough.run("integrated-gradients", &[("steps", 1.into()), ("rule", "left".into())]).unwrap();
        assert!(!found.checks[0].holds && found.notes.iter().any(|n| n.contains("adds up")), "{:?}", found.notes);
    }

    #[test]
    fn rules_that_stop_by_completeness_stop_early_and_in_time() {
        let b = net(2);
        for (rule, first, most) in [("clenshaw-curtis", 5, 500), ("gauss-kronrod", 7, 500)] {
            let run = |steps: i64, tolerance: f64| {
                let params = [("rule", rule.into()), ("steps", steps.into()), ("tolerance", Value::from(tolerance))];
                b.run("integrated-gradients", &params).unwrap()
            };
            assert_eq!(run(most, 1.0).counts.backwards, first, "{rule}");
            let fine = run(most, 1e-3);
            assert!(fine.checks[0].holds && fine.checks[0].relative <= 1e-3, "{rule} {:?}", fine.checks);
            assert!(fine.counts.backwards <= most as u64, "{rule} {}", fine.counts.backwards);
            // what can't be reached ends at the budget
            assert!(run(40, 0.0).counts.backwards <= 40, "{rule}");
            let reference = b.map("integrated-gradients", &[("steps", 2000.into()), ("rule", "midpoint".into())]);
            assert_close(&one_map(&run(most, 1e-4)), &reference, 2e-2);
        }
    }

    #[test]
    fn equal_features_share_equally_and_unmoved_ones_get_nothing() {
        // the same weight everywhere and the same value at two places
        let g = graph(&[1, 1, 1, 3], |b, x| {
            let s = b.sum(x, &[1, 2], false).unwrap();
            let s = b.sum(s, &[1], true).unwrap();
            b.tanh(s).unwrap()
        });
        let b = bench(g, vec![Tensor::f32(&[1, 1, 1, 3], vec![0.8, 0.8, 0.0]).unwrap()], 1);
        let map = b.map("integrated-gradients", &[]);
        assert!(map[0] == map[1] && map[2] == 0.0);
        assert_close(&[map[0]], &[0.5 * 1.6f64.tanh()], 1e-5);
    }

    #[test]
    fn two_graphs_of_one_function_have_one_map() {
        // relu(x) as max(x, 0) and as (x + |x|) / 2
        let with = |other: bool| {
            graph(&[1, 2, 4, 4], |b, x| {
                let y = crate::testing::conv(b, x, 3, 1);
                let y = if other {
                    let m = b.abs(y).unwrap();
                    let s = b.add(y, m).unwrap();
                    b.scale(s, 0.5).unwrap()
                } else {
                    b.relu(y).unwrap()
                };
                crate::testing::pooled_head(b, y, 2, 2)
            })
        };
        let map = |other| bench(with(other), vec![random(&[1, 2, 4, 4], 5)], 1).map("integrated-gradients", &[]);
        assert_close(&map(true), &map(false), 1e-5);
    }

    #[test]
    fn several_baselines_are_averaged() {
        let mut b = net(1);
        let baselines = random(&[3, 2, 6, 5], 40);
        let mut mean = vec![0.0; 60];
        for i in 0..3 {
            b.injected.insert("baseline_x".into(), baselines.sample(i).unwrap());
            let one = b.map("integrated-gradients", &[("steps", 10.into())]);
            mean.iter_mut().zip(one).for_each(|(m, v)| *m += v / 3.0);
        }
        b.injected.insert("baseline_x".into(), baselines);
        for rule in ["gausslegendre", "gauss-kronrod"] {
            let found = b.run("integrated-gradients", &[("steps", 10.into()), ("rule", rule.into())]).unwrap();
            let tolerance = if rule == "gausslegendre" { 1e-5 } else { 0.2 };
            assert_close(&one_map(&found), &mean, tolerance);
        }
        b.injected.insert("baseline_x".into(), random(&[1, 2, 5, 6], 40));
        let error = b.error("integrated-gradients", &[]).to_string();
        assert!(error.contains("baseline_x") && error.contains("[1, 2, 5, 6]"), "{error}");
    }

    #[test]
    fn threads_change_no_bit_and_volumes_work() {
        let run = |threads| net(threads).map("integrated-gradients", &[("steps", 16.into())]);
        assert!(run(1) == run(4));
        let b = bench(deep_net(&[4, 3, 5]), vec![random(&[1, 2, 4, 3, 5], 9)], 2);
        let found = b.run("integrated-gradients", &[("baseline", "blurred".into())]).unwrap();
        assert_eq!(maps(&found)[0].shape, [2, 4, 3, 5]);
        assert!(found.checks[0].relative < 0.05, "{:?}", found.checks);
    }
}

//! One application of an operator, and its adjoint against central differences in double precision.

// Each test file uses a part of this.
#![allow(dead_code)]

use pellucid_diff::contribution::{self, DeepLift, pull_back_difference};
use pellucid_diff::{gradient_rules, pull_back};
use pellucid_graph::{Attrs, DType, Fact, Graph, Tensor, Wire, interpret};

/// An input of the operator under test.
#[derive(Clone, Debug)]
pub enum In {
    /// Varied: its gradient is checked. The values come from a range that avoids kinks.
    Var(Vec<usize>, Range),
    /// A constant.
    Const(Tensor),
    /// Left out.
    None,
}

/// Where values are drawn from.
#[derive(Clone, Copy, Debug)]
pub enum Range {
    /// -1 to 1, no two values closer than 1e-3 (maxima are decided).
    Any,
    /// 0.3 to 2.
    Positive,
    /// -0.9 to 0.9 without a neighbourhood of 0 and +-0.5.
    OffKinks,
}

/// Numbers that look random and are the same everywhere.
pub fn numbers(n: usize, salt: u64, range: Range) -> Vec<f64> {
    let mut state = salt.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0xD1B5_4A32_D192_ED03;
    let mut unit: Vec<f64> = (0..n)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 11) as f64 / (1u64 << 53) as f64
        })
        .collect();
    if matches!(range, Range::Any) {
        // ranks keep order and spread the values evenly, so that no maximum is a close call
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by(|a, b| unit[*a].total_cmp(&unit[*b]));
        for (rank, i) in order.into_iter().enumerate() {
            unit[i] = (rank as f64 + 0.5) / n as f64;
        }
    }
    unit.into_iter()
        .map(|u| match range {
            Range::Any => 2.0 * u - 1.0,
            Range::Positive => 0.3 + 1.7 * u,
            Range::OffKinks => {
                let magnitude = if u < 0.5 { 0.1 + 0.6 * u } else { 0.6 + 0.6 * (u - 0.5) };
                if ((u * 1000.0) as u64).is_multiple_of(2) { magnitude } else { -magnitude }
            }
        })
        .collect()
}

/// Checks the gradient of `sum(weights * outputs)` for every varied input, and that DeepLIFT is complete and near the input the gradient.
/// Returns the largest relative deviation.
pub fn check(op: &str, inputs: &[In], attrs: Attrs, outputs: usize) -> f64 {
    let mut graph = Graph::new("case");
    let mut wires: Vec<Option<Wire>> = Vec::new();
    let mut varied: Vec<(Wire, Tensor)> = Vec::new();
    for (i, input) in inputs.iter().enumerate() {
        wires.push(match input {
            In::None => None,
            In::Const(t) => Some(graph.add_constant(&format!("c{i}"), t.clone())),
            In::Var(shape, range) => {
                let n = shape.iter().product();
                let value = Tensor::f64(shape, numbers(n, i as u64 + 1, *range)).unwrap();
                let wire = graph.add_input(&format!("x{i}"), Fact::new(DType::F64, shape));
                varied.push((wire, value));
                Some(wire)
            }
        });
    }
    let ys = graph.push_many("y", op, &wires, attrs, outputs).unwrap_or_else(|e| panic!("{op}: {e}"));
    let floats: Vec<Wire> = ys.iter().copied().filter(|y| graph.dtype(*y).unwrap().is_float()).collect();
    let mut seeds = Vec::new();
    let mut weights = Vec::new();
    for (i, y) in floats.iter().enumerate() {
        let shape = graph.shape(*y).unwrap();
        let w = numbers(shape.iter().product(), 77 + i as u64, Range::Positive);
        let w = Tensor::f64(&shape, w).unwrap();
        let seed = graph.add_constant("seed", w.clone());
        seeds.push((*y, seed));
        weights.push(w.to_f64());
    }
    let forward = {
        let mut g = graph.clone();
        g.set_outputs(&floats);
        g.prune().0
    };
    let wrt: Vec<Wire> = varied.iter().map(|v| v.0).collect();
    let (whole, from) = (graph.clone(), seeds.clone());
    let pulled = pull_back(&mut graph, &seeds, &wrt, &gradient_rules()).unwrap_or_else(|e| panic!("{op}: {e}"));
    let flows: Vec<Wire> = pulled.wrt.iter().map(|w| w.unwrap_or_else(|| panic!("{op}: nothing flows back"))).collect();
    graph.set_outputs(&flows);
    let (backward, _) = graph.prune();
    backward.verify().unwrap_or_else(|e| panic!("{op}: {e}"));
    let values: Vec<Tensor> = varied.iter().map(|v| v.1.clone()).collect();
    let found = interpret::run(&backward, &values, true).unwrap_or_else(|e| panic!("{op}: {e}"));
    if contribution::operators().contains(&op) {
        let ranges: Vec<Range> =
            inputs.iter().filter_map(|i| if let In::Var(_, r) = i { Some(*r) } else { None }).collect();
        check_differences(op, whole, &from, &varied, &ranges, &found);
    }
    let score = |values: &[Tensor]| -> f64 {
        let out = interpret::run(&forward, values, true).unwrap_or_else(|e| panic!("{op}: {e}"));
        out.iter().zip(&weights).map(|(y, w)| y.to_f64().iter().zip(w).map(|(a, b)| a * b).sum::<f64>()).sum()
    };
    let mut worst = 0.0f64;
    for (k, (_, value)) in varied.iter().enumerate() {
        assert_eq!(found[k].shape(), value.shape(), "{op}: shape of gradient {k}");
        let analytic = found[k].to_f64();
        let scale = analytic.iter().fold(1e-3f64, |m, v| m.max(v.abs()));
        // a spread of elements is enough: every element takes the same code
        let step = (value.len() / 40).max(1);
        for i in (0..value.len()).step_by(step) {
            let moved = |h: f64| {
                let mut v = value.to_f64();
                v[i] += h;
                let mut all = values.clone();
                all[k] = Tensor::f64(value.shape(), v).unwrap();
                score(&all)
            };
            let h = 1e-5;
            let numeric = (moved(h) - moved(-h)) / (2.0 * h);
            let deviation = (numeric - analytic[i]).abs() / scale;
            assert!(deviation.is_finite(), "{op}: gradient {k} at {i} is {}, differences say {numeric}", analytic[i]);
            worst = worst.max(deviation);
        }
    }
    worst
}

/// Refusals of DeepLIFT that are meant.
const REFUSED: &[(&str, &str)] =
    &[("TopK", "only for `k` of 1"), ("BatchNormalization", "depends on what is explained")];

/// DeepLIFT of one operator: contributions add up to the difference, and with the input as its own baseline multipliers are the gradient.
fn check_differences(
    op: &str,
    mut graph: Graph,
    seeds: &[(Wire, Wire)],
    varied: &[(Wire, Tensor)],
    ranges: &[Range],
    gradient: &[Tensor],
) {
    let sources: Vec<(Wire, Wire)> = varied
        .iter()
        .map(|(x, value)| (*x, graph.add_input("baseline", Fact::new(DType::F64, value.shape()))))
        .collect();
    let difference = match pull_back_difference(&mut graph, seeds, &sources, &DeepLift::default()) {
        Ok(difference) => difference,
        Err(e) => {
            let meant = REFUSED.iter().any(|(o, reason)| *o == op && e.to_string().contains(reason));
            assert!(meant, "{op}: {e}");
            return;
        }
    };
    let values: Vec<Tensor> = varied.iter().map(|v| v.1.clone()).collect();
    let run = |baselines: Vec<Tensor>, wires: &[Wire]| {
        let all: Vec<Tensor> = values.iter().cloned().chain(baselines).collect();
        interpret::run_taps(&graph, &all, wires, true).unwrap_or_else(|e| panic!("{op}: {e}"))
    };
    let multipliers: Vec<Wire> = difference.multipliers.iter().map(|m| m.unwrap()).collect();
    for (m, g) in run(values.clone(), &multipliers).iter().zip(gradient) {
        let scale = g.to_f64().iter().fold(1e-3f64, |s, v| s.max(v.abs()));
        let worst = m.to_f64().iter().zip(g.to_f64()).fold(0.0f64, |w, (a, b)| w.max((a - b).abs()));
        assert!(worst <= 1e-9 * scale, "{op}: multipliers deviate from the gradient by {worst:.1e}");
    }
    let other = varied.iter().zip(ranges).enumerate().map(|(i, ((_, value), range))| {
        Tensor::f64(value.shape(), numbers(value.len(), 31 + i as u64, *range)).unwrap()
    });
    let mut wires: Vec<Wire> = difference.contributions.iter().map(|c| c.unwrap()).collect();
    let n = wires.len();
    for (y, _) in seeds {
        wires.extend([*y, difference.twin.reference(*y)]);
    }
    let out = run(other.collect(), &wires);
    let change: f64 = out[n..]
        .chunks(2)
        .zip(seeds)
        .map(|(pair, (_, seed))| {
            let w = graph.constant(*seed).unwrap().to_f64();
            pair[0].to_f64().iter().zip(pair[1].to_f64()).zip(w).map(|((y, z), w)| w * (y - z)).sum::<f64>()
        })
        .sum();
    let (sum, mass) = out[..n].iter().flat_map(|c| c.to_f64()).fold((0.0, 1e-3), |(s, m), v| (s + v, m + v.abs()));
    assert!((sum - change).abs() <= 1e-9 * mass, "{op}: contributions sum to {sum}, the output changes by {change}");
}

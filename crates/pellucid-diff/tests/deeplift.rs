//! DeepLIFT on whole networks: completeness, known answers, refusals, and finding what loses contributions.

mod common;
mod nets;

use common::{Range, numbers};
use nets::{KINDS, Net, tensor};
use pellucid_diff::contribution::{DeepLift, Difference, Nonlinearity, balance, operators, pull_back_difference};
use pellucid_diff::{RULES, gradient_rules, pull_back};
use pellucid_graph::{Attrs, Build, DType, Fact, Graph, Tensor, Wire, interpret, onnx};
use proptest::prelude::*;

const RESCALE: DeepLift = DeepLift { nonlinearity: Nonlinearity::Rescale, threshold: 1e-10 };
const REVEAL: DeepLift = DeepLift { nonlinearity: Nonlinearity::RevealCancel, threshold: 1e-10 };
const MIXED: DeepLift = DeepLift { nonlinearity: Nonlinearity::RevealCancelBehindDense, threshold: 1e-10 };

/// A network with a baseline as its second input.
struct Lifted {
    graph: Graph,
    y: Wire,
    difference: Difference,
}

fn lift(net: &Net, settings: &DeepLift) -> Lifted {
    let (mut graph, x, y) = (net.graph.clone(), net.x, net.y);
    let fact = graph.fact(x).unwrap().clone();
    let baseline = graph.add_input("baseline", fact);
    let seed = nets::weights(&mut graph, y);
    let difference = pull_back_difference(&mut graph, &[(y, seed)], &[(x, baseline)], settings)
        .unwrap_or_else(|e| panic!("{}: {e}", net.graph.name));
    Lifted { graph, y, difference }
}

impl Lifted {
    fn run(&self, at: &Tensor, baseline: &Tensor, wires: &[Wire]) -> Vec<Tensor> {
        interpret::run_taps(&self.graph, &[at.clone(), baseline.clone()], wires, true).unwrap()
    }

    fn contributions(&self, at: &Tensor, baseline: &Tensor) -> Vec<f64> {
        self.run(at, baseline, &[self.difference.contributions[0].unwrap()])[0].to_f64()
    }

    /// Contributions, and by how much they miss the difference, relative to their mass.
    fn residual(&self, at: &Tensor, baseline: &Tensor) -> (Vec<f64>, f64) {
        let wires = [self.difference.contributions[0].unwrap(), self.y, self.difference.twin.reference(self.y)];
        let out = self.run(at, baseline, &wires);
        let w = nets::weights_of(out[1].len());
        let change: f64 = out[1].to_f64().iter().zip(out[2].to_f64()).zip(w).map(|((y, z), w)| w * (y - z)).sum();
        let map = out[0].to_f64();
        let (sum, mass) = map.iter().fold((0.0, 1e-9), |(s, m), v| (s + v, m + v.abs()));
        (map, (sum - change).abs() / mass)
    }
}

fn gradient_times_difference(net: &Net, at: &Tensor, baseline: &Tensor) -> Vec<f64> {
    let mut graph = net.graph.clone();
    let seed = nets::weights(&mut graph, net.y);
    let g = pull_back(&mut graph, &[(net.y, seed)], &[net.x], &gradient_rules()).unwrap().wrt[0].unwrap();
    let g = interpret::run_taps(&graph, std::slice::from_ref(at), &[g], true).unwrap()[0].to_f64();
    g.iter().zip(at.to_f64()).zip(baseline.to_f64()).map(|((g, x), b)| g * (x - b)).collect()
}

fn close(found: &[f64], expected: &[f64], tolerance: f64, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let scale = expected.iter().fold(1e-9f64, |m, v| m.max(v.abs()));
    for (i, (a, b)) in found.iter().zip(expected).enumerate() {
        assert!((a - b).abs() <= tolerance * scale, "{what}: element {i} is {a}, expected {b}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// INV-13 on networks of every kind, under every variant, for random inputs and baselines of four kinds.
    #[test]
    fn contributions_add_up_to_the_difference(kind in 0..KINDS.len(), salt in 1u64..1000, style in 0..4usize) {
        let net = (KINDS[kind].1)(salt);
        let shape = net.graph.shape(net.x).unwrap();
        let at = tensor(&shape, salt + 1);
        let baseline = match style {
            0 => Tensor::full(DType::F64, &shape, 0.0),
            1 => tensor(&shape, salt + 2),
            // half of the elements are those of the input
            2 => {
                let mixed = at.to_f64().iter().enumerate().map(|(i, v)| if i % 2 == 0 { *v } else { 0.1 }).collect();
                Tensor::f64(&shape, mixed).unwrap()
            }
            _ => at.clone(),
        };
        for settings in [RESCALE, REVEAL, MIXED] {
            let lifted = lift(&net, &settings);
            let (map, residual) = lifted.residual(&at, &baseline);
            prop_assert!(map.iter().all(|v| v.is_finite()), "{} {settings:?}", KINDS[kind].0);
            prop_assert!(residual < 1e-6, "{} {settings:?}: {residual:.1e}", KINDS[kind].0);
            if settings == RESCALE {
                prop_assert!(residual < 1e-9, "{}: {residual:.1e}", KINDS[kind].0);
            }
            if style >= 2 {
                let same = at.to_f64().iter().zip(baseline.to_f64()).zip(&map).all(|((x, b), c)| *x != b || *c == 0.0);
                prop_assert!(same, "{}: an element without a difference contributes", KINDS[kind].0);
            }
        }
    }
}

/// Every node of every kind of network hands on what it was sent.
#[test]
fn every_node_is_balanced() {
    for (kind, make) in KINDS {
        let net = make(5);
        for settings in [RESCALE, REVEAL] {
            let mut lifted = lift(&net, &settings);
            let balances = balance(&mut lifted.graph, &lifted.difference).unwrap();
            assert!(balances.len() >= 4, "{kind}");
            let shape = net.graph.shape(net.x).unwrap();
            let wires: Vec<Wire> = balances.iter().flat_map(|b| [b.sent, b.handed_on]).collect();
            let out = lifted.run(&tensor(&shape, 8), &tensor(&shape, 9), &wires);
            for (b, pair) in balances.iter().zip(out.chunks(2)) {
                let (sent, on) = (pair[0].to_f64()[0], pair[1].to_f64()[0]);
                assert!((sent - on).abs() <= 1e-6 * (1.0 + sent.abs()), "{kind}: {} {} {sent} {on}", b.op, b.node);
            }
        }
    }
}

/// A condition that changes between baseline and input puts something in that is nobody's; the balance names the node, and no other.
#[test]
fn the_balance_finds_what_loses_contributions() {
    let mut graph = Graph::new("condition");
    let x = graph.add_input("x", Fact::new(DType::F64, &[4]));
    let mut b = Build::new(&mut graph, "net");
    let h = b.tanh(x).unwrap();
    let on = b.above(h, 0.0).unwrap();
    let low = b.shift(h, 2.0).unwrap();
    let s = b.select(on, h, low).unwrap();
    let y = b.sigmoid(s).unwrap();
    let mut lifted = lift(&Net { graph, x, y }, &RESCALE);
    let at = Tensor::f64(&[4], vec![0.5, -0.3, 0.2, 0.9]).unwrap();
    let baseline = Tensor::f64(&[4], vec![-0.5, -0.6, 0.4, -0.1]).unwrap();
    assert!(lifted.residual(&at, &baseline).1 > 1e-3);
    let balances = balance(&mut lifted.graph, &lifted.difference).unwrap();
    let wires: Vec<Wire> = balances.iter().flat_map(|b| [b.sent, b.handed_on]).collect();
    let out = lifted.run(&at, &baseline, &wires);
    for (b, pair) in balances.iter().zip(out.chunks(2)) {
        let gap = (pair[0].to_f64()[0] - pair[1].to_f64()[0]).abs();
        assert_eq!(gap > 1e-9, b.op == "Where", "{} {gap}", b.op);
    }
    // with a condition that stays, nothing is lost
    let baseline = Tensor::f64(&[4], vec![0.1, -0.6, 0.4, 0.3]).unwrap();
    assert!(lifted.residual(&at, &baseline).1 < 1e-12);
}

/// Linear networks: the gradient times the difference, whatever the variant.
#[test]
fn linear_networks_give_gradient_times_difference() {
    for salt in 0..4 {
        let net = nets::linear(salt);
        let shape = net.graph.shape(net.x).unwrap();
        let (at, baseline) = (tensor(&shape, salt + 20), tensor(&shape, salt + 30));
        let expected = gradient_times_difference(&net, &at, &baseline);
        for settings in [RESCALE, REVEAL, MIXED] {
            close(&lift(&net, &settings).contributions(&at, &baseline), &expected, 1e-10, "linear");
        }
    }
}

/// INV-13: rectifiers and maxima without biases, from zero: input times gradient.
#[test]
fn rectifier_networks_from_zero_give_input_times_gradient() {
    let net = nets::unbiased(3);
    let shape = net.graph.shape(net.x).unwrap();
    let (at, zero) = (tensor(&shape, 4), Tensor::full(DType::F64, &shape, 0.0));
    let expected = gradient_times_difference(&net, &at, &zero);
    close(&lift(&net, &RESCALE).contributions(&at, &zero), &expected, 1e-10, "unbiased");
}

/// `min(a, b) = a - relu(a - b)` from zero at (3, 1): rescale gives all to `b`, RevealCancel half to each (shrikumar2017deeplift, 3.5).
#[test]
fn reveal_cancel_shares_a_minimum() {
    let mut graph = Graph::new("minimum");
    let x = graph.add_input("x", Fact::new(DType::F64, &[1, 2]));
    let w = graph.add_constant("w", Tensor::f64(&[2, 1], vec![1.0, -1.0]).unwrap());
    let first = graph.add_constant("v", Tensor::f64(&[2, 1], vec![1.0, 0.0]).unwrap());
    let mut b = Build::new(&mut graph, "net");
    let h = b.matmul(x, w).unwrap();
    let h = b.relu(h).unwrap();
    let a = b.matmul(x, first).unwrap();
    let y = b.sub(a, h).unwrap();
    let net = Net { graph, x, y };
    let (at, zero) = (Tensor::f64(&[1, 2], vec![3.0, 1.0]).unwrap(), Tensor::full(DType::F64, &[1, 2], 0.0));
    let scaled = |v: [f64; 2]| v.map(|v| v * nets::weights_of(1)[0]);
    close(&lift(&net, &RESCALE).contributions(&at, &zero), &scaled([0.0, 1.0]), 1e-12, "rescale");
    for settings in [REVEAL, MIXED] {
        close(&lift(&net, &settings).contributions(&at, &zero), &scaled([0.5, 0.5]), 1e-12, "reveal-cancel");
    }
}

/// RevealCancel of `tanh(W x + b)` element by element, as the paper's equations have it.
#[test]
fn reveal_cancel_matches_its_formula() {
    let (n, m) = (5, 3);
    let mut graph = Graph::new("unit");
    let x = graph.add_input("x", Fact::new(DType::F64, &[1, n]));
    let (w, bias) = (tensor(&[m, n], 1), tensor(&[m], 2));
    let (wires, attrs) = (
        [x, graph.add_constant("w", w.clone()), graph.add_constant("b", bias.clone())],
        Attrs::new().with("transB", 1),
    );
    let z = graph.push("z", "Gemm", &wires, attrs.with("alpha", -1.5f32)).unwrap();
    let y = graph.push("y", "Tanh", &[z], Attrs::new()).unwrap();
    let net = Net { graph, x, y };
    let (at, baseline) = (tensor(&[1, n], 3), tensor(&[1, n], 4));
    let (w, bias, v) = (w.to_f64(), bias.to_f64(), nets::weights_of(m));
    let d: Vec<f64> = at.to_f64().iter().zip(baseline.to_f64()).map(|(a, b)| a - b).collect();
    let mut expected = vec![0.0; n];
    for j in 0..m {
        let part: Vec<f64> = (0..n).map(|i| -1.5 * w[j * n + i] * d[i]).collect();
        let z0: f64 = bias[j] + (0..n).map(|i| -1.5 * w[j * n + i] * baseline.to_f64()[i]).sum::<f64>();
        let (up, down) = part.iter().fold((0.0, 0.0), |(u, l), p| (u + p.max(0.0), l + p.min(0.0)));
        let f = |z: f64| z.tanh();
        let y_up = 0.5 * (f(z0 + up) - f(z0) + f(z0 + up + down) - f(z0 + down));
        let y_down = 0.5 * (f(z0 + down) - f(z0) + f(z0 + up + down) - f(z0 + up));
        for i in 0..n {
            expected[i] += v[j] * part[i] * if part[i] > 0.0 { y_up / up } else { y_down / down };
        }
    }
    close(&lift(&net, &REVEAL).contributions(&at, &baseline), &expected, 1e-10, "reveal-cancel");
    assert!(
        lift(&net, &RESCALE).contributions(&at, &baseline).iter().zip(&expected).any(|(a, b)| (a - b).abs() > 1e-3)
    );
}

#[test]
fn the_mixed_variant_reveals_behind_dense_nodes_only() {
    let net = nets::convolutional(2);
    let shape = net.graph.shape(net.x).unwrap();
    let (at, baseline) = (tensor(&shape, 4), tensor(&shape, 5));
    let [rescale, mixed, reveal] = [RESCALE, MIXED, REVEAL].map(|s| lift(&net, &s).contributions(&at, &baseline));
    // its only nonlinearities stand behind convolutions
    close(&mixed, &rescale, 1e-12, "mixed");
    assert!(reveal.iter().zip(&rescale).any(|(a, b)| (a - b).abs() > 1e-3));
}

/// Multipliers of an inner wire, alone and together with those of the input; a nonlinearity's input that is asked for isn't passed by.
#[test]
fn inner_wires_have_multipliers() {
    let net = nets::convolutional(6);
    let (mut graph, inner) = (net.graph.clone(), net.graph.find("net/Conv").unwrap());
    let [f0, f1] = [net.x, inner].map(|w| graph.fact(w).unwrap().clone());
    let [b0, b1] = [&f0, &f1].map(|f| graph.add_input("baseline", f.clone()));
    let all = [&f0, &f0, &f1].map(|f| f.shape().unwrap());
    let all: Vec<Tensor> = all.iter().enumerate().map(|(i, s)| tensor(s, 40 + i as u64)).collect();
    let seed = nets::weights(&mut graph, net.y);
    for settings in [RESCALE, REVEAL] {
        let mut graph = graph.clone();
        let sources = [(net.x, b0), (inner, b1)];
        let d = pull_back_difference(&mut graph, &[(net.y, seed)], &sources, &settings).unwrap();
        let wires = [d.contributions[1].unwrap(), net.y, d.twin.reference(net.y)];
        let out = interpret::run_taps(&graph, &all, &wires, true).unwrap();
        let w = nets::weights_of(out[1].len());
        let change: f64 = out[1].to_f64().iter().zip(out[2].to_f64()).zip(w).map(|((y, z), w)| w * (y - z)).sum();
        let sum: f64 = out[0].to_f64().iter().sum();
        assert!((sum - change).abs() < 1e-9, "{settings:?}: {sum} {change}");
        assert!(d.multipliers[0].is_some());
    }
}

/// The baseline may be computed from the input, and may be a constant.
#[test]
fn baselines_are_any_wires() {
    let net = nets::convolutional(7);
    let (mut graph, at) = (net.graph.clone(), tensor(&net.graph.shape(net.x).unwrap(), 2));
    let halved = Build::new(&mut graph, "half").scale(net.x, 0.5).unwrap();
    let constant = graph.add_constant("c", tensor(at.shape(), 3));
    let seed = nets::weights(&mut graph, net.y);
    let half = Tensor::f64(at.shape(), at.to_f64().iter().map(|v| 0.5 * v).collect()).unwrap();
    for (baseline, value) in [(halved, half), (constant, tensor(at.shape(), 3))] {
        let mut graph = graph.clone();
        let d = pull_back_difference(&mut graph, &[(net.y, seed)], &[(net.x, baseline)], &RESCALE).unwrap();
        let c = [d.contributions[0].unwrap()];
        let found = interpret::run_taps(&graph, std::slice::from_ref(&at), &c, true).unwrap()[0].to_f64();
        close(&found, &lift(&net, &RESCALE).contributions(&at, &value), 1e-12, "baseline");
    }
}

/// Masked positions hold minus infinity on both sides, and logits of a thousand don't overflow.
#[test]
fn infinite_masks_and_large_logits_stay_finite() {
    let mut graph = Graph::new("masked");
    let x = graph.add_input("x", Fact::new(DType::F64, &[2, 4]));
    let mask = vec![0.0, 0.0, f64::NEG_INFINITY, 0.0, 0.0, f64::NEG_INFINITY, 0.0, 0.0];
    let mask = graph.add_constant("mask", Tensor::f64(&[2, 4], mask).unwrap());
    let mut b = Build::new(&mut graph, "net");
    let s = b.scale(x, 1000.0).unwrap();
    let s = b.add(s, mask).unwrap();
    let y = b.op("Softmax", &[s], Attrs::new()).unwrap();
    let mut lifted = lift(&Net { graph, x, y }, &RESCALE);
    let (at, baseline) = (tensor(&[2, 4], 1), tensor(&[2, 4], 2));
    let near = Tensor::f64(&[2, 4], at.to_f64().iter().map(|v| v + 1e-3).collect()).unwrap();
    for baseline in [baseline, near.clone(), at.clone()] {
        let (map, residual) = lifted.residual(&at, &baseline);
        assert!(map.iter().all(|v| v.is_finite()) && residual < 1e-9, "{map:?} {residual}");
    }
    let balances = balance(&mut lifted.graph, &lifted.difference).unwrap();
    let wires: Vec<Wire> = balances.iter().flat_map(|b| [b.sent, b.handed_on]).collect();
    assert!(lifted.run(&at, &near, &wires).iter().all(|t| t.to_f64()[0].is_finite()));
}

/// What has no rule is named, whether it is on the way or can't be evaluated at the baseline.
#[test]
fn nodes_without_a_rule_are_refused_by_name() {
    let build = |write: &dyn Fn(&mut Graph, Wire) -> Wire| {
        let mut graph = Graph::new("refused");
        let x = graph.add_input("x", Fact::new(DType::F64, &[2, 4]));
        let y = write(&mut graph, x);
        let baseline = graph.add_input("baseline", Fact::new(DType::F64, &[2, 4]));
        let seed = nets::weights(&mut graph, y);
        pull_back_difference(&mut graph, &[(y, seed)], &[(x, baseline)], &RESCALE).unwrap_err().to_string()
    };
    let two = |g: &mut Graph, x: Wire| {
        let k = g.add_constant("k", Tensor::vec_i64(&[2]));
        let y = g.push_many("best", "TopK", &[Some(x), Some(k)], Attrs::new(), 2).unwrap();
        y[0]
    };
    let error = build(&two);
    assert!(error.contains("`best`") && error.contains("`k` of 1"), "{error}");
    let error = build(&|g, x| g.push("winner", "Hardmax", &[x], Attrs::new()).unwrap());
    assert!(error.contains("`winner`") && error.contains("Hardmax"), "{error}");
    let indices = |g: &mut Graph, x: Wire| {
        let best = g.push("best", "ArgMax", &[x], Attrs::new().with("axis", 1)).unwrap();
        g.push("taken", "GatherElements", &[x, best], Attrs::new().with("axis", 1)).unwrap()
    };
    let error = build(&indices);
    assert!(error.contains("`taken`") && error.contains("input 1"), "{error}");
    let three = |g: &mut Graph, x: Wire| {
        g.push("triple", "Einsum", &[x, x, x], Attrs::new().with("equation", "ij,ij,ij->ij")).unwrap()
    };
    assert!(build(&three).contains("`triple`"));
    let mut graph = Graph::new("foreign");
    let x = graph.add_input("x", Fact::new(DType::F64, &[2]));
    let made = graph.push_raw("own", "Own", "com.example", &[Some(x)], Attrs::new(), &[Some("own")], vec![]).unwrap();
    let seed = graph.add_constant("seed", Tensor::full(DType::F64, &[2], 1.0));
    let error = pull_back_difference(&mut graph, &[(made[0].unwrap(), seed)], &[(x, seed)], &RESCALE).unwrap_err();
    assert!(error.to_string().contains("`own`"), "{error}");
}

#[test]
fn baselines_must_fit() {
    let net = nets::convolutional(1);
    let mut graph = net.graph.clone();
    let seed = nets::weights(&mut graph, net.y);
    let small = graph.add_constant("small", tensor(&[1, 2, 3, 3], 1));
    let error = pull_back_difference(&mut graph, &[(net.y, seed)], &[(net.x, small)], &RESCALE).unwrap_err();
    assert!(error.to_string().contains("the baseline of `x`"), "{error}");
}

/// What is appended is ONNX: written, read and run again it gives the same.
#[test]
fn contributions_are_an_onnx_graph() {
    for (kind, make) in KINDS {
        let net = make(3);
        for settings in [RESCALE, REVEAL] {
            let mut lifted = lift(&net, &settings);
            let c = lifted.difference.contributions[0].unwrap();
            lifted.graph.set_outputs(&[c]);
            let (graph, _) = lifted.graph.prune();
            graph.verify().unwrap_or_else(|e| panic!("{kind}: {e}"));
            let bytes =
                onnx::to_bytes(&graph, &onnx::ExportOptions::default()).unwrap_or_else(|e| panic!("{kind}: {e}"));
            let read = onnx::from_bytes(bytes, kind, None).unwrap_or_else(|e| panic!("{kind}: {e}")).graph;
            let shape = net.graph.shape(net.x).unwrap();
            let inputs = [tensor(&shape, 1), tensor(&shape, 2)];
            let [found, expected] = [&read, &graph].map(|g| interpret::run(g, &inputs, true).unwrap()[0].to_f64());
            close(&found, &expected, 1e-9, kind);
        }
    }
}

/// Operators that the checks of gradients don't have, each with a second input of the same kind where it takes one.
#[test]
fn remaining_operators_are_complete() {
    let plain = |op: &'static str| move |g: &mut Graph, x: Wire| g.push("y", op, &[x], Attrs::new()).unwrap();
    for op in ["Sign", "Floor", "Ceil", "Round", "Dropout", "Shrink", "ThresholdedRelu", "Relu", "Abs"] {
        remaining(op, &plain(op));
    }
    remaining("Cast", &|g, x| g.push("y", "Cast", &[x], Attrs::new().with("to", 11)).unwrap());
    remaining("Mod", &|g, x| {
        let c = g.add_constant("c", Tensor::full(DType::F64, &[], 0.4));
        g.push("y", "Mod", &[x, c], Attrs::new().with("fmod", 1)).unwrap()
    });
    remaining("Pow", &|g, x| {
        let mut b = Build::new(g, "net");
        let base = b.exp(x).unwrap();
        let y = b.pow(base, x).unwrap();
        b.identity(y).unwrap()
    });
    remaining("CastLike", &|g, x| g.push("y", "CastLike", &[x, x], Attrs::new()).unwrap());
    remaining("BatchNormalization", &|g, x| {
        let c: Vec<Wire> =
            (0..4).map(|i| g.add_constant("c", Tensor::f64(&[3], numbers(3, i, Range::Positive)).unwrap())).collect();
        let y = Build::new(g, "net").reshape(x, &[2, 3, 2]).unwrap();
        g.push("y", "BatchNormalization", &[y, c[0], c[1], c[2], c[3]], Attrs::new()).unwrap()
    });
    for largest in [0, 1] {
        remaining("TopK", &move |g, x| {
            let k = g.add_constant("k", Tensor::vec_i64(&[1]));
            let attrs = Attrs::new().with("largest", largest);
            g.push_many("y", "TopK", &[Some(x), Some(k)], attrs, 2).unwrap()[0]
        });
    }
}

fn remaining(op: &str, write: &dyn Fn(&mut Graph, Wire) -> Wire) {
    assert!(operators().contains(&op), "{op}");
    let mut graph = Graph::new(op);
    let x = graph.add_input("x", Fact::new(DType::F64, &[2, 6]));
    let y = write(&mut graph, x);
    let net = Net { graph, x, y };
    for salt in 0..3 {
        let (map, residual) = lift(&net, &RESCALE).residual(&tensor(&[2, 6], salt), &tensor(&[2, 6], salt + 50));
        assert!(map.iter().all(|v| v.is_finite()) && residual < 1e-9, "{op}: {residual:.1e}");
    }
}

#[test]
fn assignments_name_rules_that_are_listed() {
    for (kind, make) in KINDS {
        for settings in [RESCALE, REVEAL] {
            for a in &lift(&make(1), &settings).difference.pulled.assignment {
                assert!(RULES.iter().any(|r| r.id == a.rule), "{kind}: {} of {}", a.rule, a.op);
            }
        }
    }
}

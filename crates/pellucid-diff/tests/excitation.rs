//! Excitation backpropagation: a random walk by hand, probabilities, and the contrastive form.

mod nets;

use nets::tensor;
use pellucid_diff::relevance::excitation_backprop;
use pellucid_diff::{RULES, RuleSet, pull_back};
use pellucid_graph::{Attrs, Build, DType, Fact, Graph, Tensor, Wire, interpret};

fn flow(graph: &Graph, x: Wire, y: Wire, seed: &[f64], rules: &RuleSet, at: &Tensor) -> Vec<f64> {
    let mut graph = graph.clone();
    let shape = graph.shape(y).unwrap();
    let seed = graph.add_constant("seed", Tensor::f64(&shape, seed.to_vec()).unwrap());
    let flow = pull_back(&mut graph, &[(y, seed)], &[x], rules).unwrap().wrt[0].unwrap();
    interpret::run_taps(&graph, std::slice::from_ref(at), &[flow], true).unwrap()[0].to_f64()
}

/// One step of the walk over a matrix `w[j][i]`.
fn step(w: &[Vec<f64>], x: &[f64], p: &[f64], sign: f64) -> Vec<f64> {
    let mut out = vec![0.0; x.len()];
    for (row, p) in w.iter().zip(p) {
        let part: Vec<f64> = row.iter().zip(x).map(|(w, x)| (sign * w).max(0.0) * x.max(0.0)).collect();
        let total: f64 = part.iter().sum();
        if total > 0.0 {
            part.iter().zip(&mut out).for_each(|(c, o)| *o += c * p / total);
        }
    }
    out
}

fn matrix(t: &Tensor) -> Vec<Vec<f64>> {
    t.to_f64().chunks(t.shape()[1]).map(<[f64]>::to_vec).collect()
}

/// Two dense layers with biases, which take no part: the walk written out, plain and contrastive.
#[test]
fn the_walk_matches_its_formula() {
    let mut graph = Graph::new("walk");
    let x = graph.add_input("x", Fact::new(DType::F64, &[1, 5]));
    let (w1, w2) = (tensor(&[4, 5], 1), tensor(&[3, 4], 2));
    let wires: Vec<Wire> =
        [w1.clone(), tensor(&[4], 3), w2.clone(), tensor(&[3], 4)].map(|t| graph.add_constant("c", t)).to_vec();
    let attrs = Attrs::new().with("transB", 1);
    let h = graph.push("h", "Gemm", &[x, wires[0], wires[1]], attrs.clone()).unwrap();
    let a = graph.push("a", "Relu", &[h], Attrs::new()).unwrap();
    let y = graph.push("y", "Gemm", &[a, wires[2], wires[3]], attrs.with("alpha", 2.0f32)).unwrap();
    let at = tensor(&[1, 5], 6);
    let inner = interpret::run_taps(&graph, std::slice::from_ref(&at), &[a], true).unwrap()[0].to_f64();
    let (w1, w2) = (matrix(&w1), matrix(&w2));
    for class in 0..3 {
        let one: Vec<f64> = (0..3).map(|j| f64::from(u8::from(j == class))).collect();
        let top = step(&w2, &inner, &one, 1.0);
        let against = step(&w2, &inner, &one, -1.0);
        for contrastive in [false, true] {
            let start: Vec<f64> = top.iter().zip(&against).map(|(a, b)| if contrastive { a - b } else { *a }).collect();
            let expected = step(&w1, &at.to_f64(), &start, 1.0);
            let found = flow(&graph, x, y, &one, &excitation_backprop(contrastive), &at);
            for (a, b) in found.iter().zip(&expected) {
                assert!((a - b).abs() < 1e-9, "class {class}, contrastive {contrastive}: {found:?} {expected:?}");
            }
        }
    }
}

/// Positive weights and data: no walk ends early, so what reaches the input is a distribution; contrastive, nothing speaks against.
#[test]
fn probability_is_kept_where_all_is_excitatory() {
    let mut graph = Graph::new("positive");
    let x = graph.add_input("x", Fact::new(DType::F64, &[1, 2, 6, 6]));
    let mut b = Build::new(&mut graph, "net");
    let positive = |b: &mut Build, shape: &[usize], salt: u64| {
        let v = tensor(shape, salt).to_f64().iter().map(|v| v.abs() + 0.1).collect();
        b.constant(Tensor::f64(shape, v).unwrap())
    };
    let (w1, w2, w3) =
        (positive(&mut b, &[4, 2, 3, 3], 1), positive(&mut b, &[4, 4, 1, 1], 2), positive(&mut b, &[4, 3], 3));
    let pads = Attrs::new().with("pads", vec![1; 4]);
    let h = b.op("Conv", &[x, w1], pads).unwrap();
    let h = b.relu(h).unwrap();
    let f = b.op("Conv", &[h, w2], Attrs::new()).unwrap();
    let s = b.add(h, f).unwrap();
    let pool = Attrs::new().with("kernel_shape", vec![2; 2]).with("strides", vec![2; 2]);
    let s = b.op("MaxPool", &[s], pool).unwrap();
    let s = b.op("GlobalAveragePool", &[s], Attrs::new()).unwrap();
    let s = b.reshape(s, &[1, 4]).unwrap();
    let y = b.matmul(s, w3).unwrap();
    let at = Tensor::f64(&[1, 2, 6, 6], tensor(&[72], 5).to_f64().iter().map(|v| v.abs()).collect()).unwrap();
    let plain = flow(&graph, x, y, &[0.0, 1.0, 0.0], &excitation_backprop(false), &at);
    assert!(plain.iter().all(|v| *v >= 0.0));
    assert!((plain.iter().sum::<f64>() - 1.0).abs() < 1e-9);
    let contrastive = flow(&graph, x, y, &[0.0, 1.0, 0.0], &excitation_backprop(true), &at);
    plain.iter().zip(&contrastive).for_each(|(a, b)| assert!((a - b).abs() < 1e-12));
}

/// On any network the plain walk is a probability: no element below zero, the sum at most one. The contrastive one has both signs.
#[test]
fn the_walk_is_a_probability_on_any_network() {
    for salt in 0..6 {
        for net in [nets::convolutional(salt), nets::residual(salt), nets::concatenated(salt), nets::unbiased(salt)] {
            let shape = net.graph.shape(net.x).unwrap();
            let classes = net.graph.shape(net.y).unwrap()[1];
            let seed: Vec<f64> = (0..classes).map(|j| f64::from(u8::from(j == 1))).collect();
            let at = tensor(&shape, salt + 30);
            let name = &net.graph.name;
            let plain = flow(&net.graph, net.x, net.y, &seed, &excitation_backprop(false), &at);
            let sum: f64 = plain.iter().sum();
            assert!(plain.iter().all(|v| *v >= -1e-12) && sum <= 1.0 + 1e-9, "{name}: {sum}");
            let contrastive = flow(&net.graph, net.x, net.y, &seed, &excitation_backprop(true), &at);
            assert!(contrastive.iter().all(|v| v.is_finite()), "{name}");
            assert!(contrastive.iter().map(|v| v.abs()).sum::<f64>() <= 2.0 + 1e-9, "{name}");
        }
    }
}

/// The contrastive rule is that of the last linear node only, however many paths there are.
#[test]
fn only_the_last_linear_node_is_contrastive() {
    let net = nets::residual(1);
    let mut graph = net.graph.clone();
    let seed = nets::weights(&mut graph, net.y);
    let given = pull_back(&mut graph, &[(net.y, seed)], &[net.x], &excitation_backprop(true)).unwrap().assignment;
    let linear: Vec<(&str, &str)> =
        given.iter().filter(|a| a.op == "Conv" || a.op == "MatMul").map(|a| (a.op.as_str(), a.rule.as_str())).collect();
    assert_eq!(linear, [("Conv", "excitation"), ("Conv", "excitation"), ("MatMul", "excitation-contrastive")]);
    assert!(given.iter().all(|a| RULES.iter().any(|r| r.id == a.rule)));
}

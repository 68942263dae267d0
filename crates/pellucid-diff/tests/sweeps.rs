//! The reverse sweep as a whole: several targets, inner wires, weights, second derivatives, rule sets.

mod common;

use common::{Range, numbers};
use pellucid_diff::{deconvnet, gradient_rules, guided_backprop, pull_back};
use pellucid_graph::{Attrs, Build, DType, Fact, Graph, Tensor, Wire, interpret};
use proptest::prelude::*;

fn input(graph: &mut Graph, shape: &[usize]) -> Wire {
    graph.add_input("x", Fact::new(DType::F64, shape))
}

fn constant(graph: &mut Graph, name: &str, shape: &[usize], salt: u64) -> Wire {
    let n = shape.iter().product();
    graph.add_constant(name, Tensor::f64(shape, numbers(n, salt, Range::Any)).unwrap())
}

fn run(graph: &Graph, outputs: &[Wire], x: &Tensor) -> Vec<Tensor> {
    let mut g = graph.clone();
    g.set_outputs(outputs);
    interpret::run(&g.prune().0, std::slice::from_ref(x), true).unwrap()
}

fn ones(graph: &mut Graph, shape: &[usize]) -> Wire {
    graph.add_constant("ones", Tensor::full(DType::F64, shape, 1.0))
}

/// conv, activation, conv, pool, dense: returns (x, inner wire, score).
fn net(graph: &mut Graph, activation: &str) -> (Wire, Wire, Wire) {
    let x = input(graph, &[1, 2, 6, 6]);
    let (w1, b1) = (constant(graph, "w1", &[3, 2, 3, 3], 1), constant(graph, "b1", &[3], 2));
    let w2 = constant(graph, "w2", &[2, 3, 3, 3], 3);
    let w3 = constant(graph, "w3", &[2, 1], 4);
    let pads = Attrs::new().with("pads", vec![1; 4]);
    let mut b = Build::new(graph, "net");
    let h = b.op("Conv", &[x, w1, b1], pads.clone()).unwrap();
    let a = b.op(activation, &[h], Attrs::new()).unwrap();
    let h2 = b.op("Conv", &[a, w2], pads).unwrap();
    let a2 = b.op(activation, &[h2], Attrs::new()).unwrap();
    let p = b.op("GlobalAveragePool", &[a2], Attrs::new()).unwrap();
    let p = b.reshape(p, &[1, 2]).unwrap();
    let y = b.matmul(p, w3).unwrap();
    let y = b.reshape(y, &[1]).unwrap();
    (x, a, y)
}

fn sample() -> Tensor {
    Tensor::f64(&[1, 2, 6, 6], numbers(72, 9, Range::Any)).unwrap()
}

#[test]
fn second_derivatives_agree_with_differences_of_first_ones() {
    let mut graph = Graph::new("smooth");
    let (x, _, y) = net(&mut graph, "Tanh");
    let one = ones(&mut graph, &[1]);
    let g = pull_back(&mut graph, &[(y, one)], &[x], &gradient_rules()).unwrap().wrt[0].unwrap();
    // Hessian times a vector: the gradient of <g, v>
    let v = constant(&mut graph, "v", &[1, 2, 6, 6], 21);
    let hv = pull_back(&mut graph, &[(g, v)], &[x], &gradient_rules()).unwrap().wrt[0].unwrap();
    let x0 = sample();
    let found = run(&graph, &[hv], &x0)[0].to_f64();
    let direction = graph.constant(v).unwrap().to_f64();
    let at = |h: f64| {
        let moved = x0.to_f64().iter().zip(&direction).map(|(x, d)| x + h * d).collect();
        run(&graph, &[g], &Tensor::f64(&[1, 2, 6, 6], moved).unwrap())[0].to_f64()
    };
    let (up, down) = (at(1e-5), at(-1e-5));
    let scale = found.iter().fold(0.0f64, |m, v| m.max(v.abs()));
    for i in 0..found.len() {
        let numeric = (up[i] - down[i]) / 2e-5;
        assert!((numeric - found[i]).abs() <= 1e-6 * scale, "{i}: {numeric} {}", found[i]);
    }
}

#[test]
fn inner_wires_weights_and_inputs_come_from_one_sweep() {
    let mut graph = Graph::new("net");
    let (x, a, y) = net(&mut graph, "Tanh");
    let (w1, w3) = (graph.find("w1").unwrap(), graph.find("w3").unwrap());
    let one = ones(&mut graph, &[1]);
    let together = pull_back(&mut graph, &[(y, one)], &[x, a, w1, w3], &gradient_rules()).unwrap().wrt;
    let together: Vec<Wire> = together.into_iter().flatten().collect();
    assert_eq!(together.len(), 4);
    let x0 = sample();
    let all = run(&graph, &together, &x0);
    for (i, wire) in [x, a, w1, w3].into_iter().enumerate() {
        let alone = pull_back(&mut graph, &[(y, one)], &[wire], &gradient_rules()).unwrap().wrt[0].unwrap();
        assert_eq!(run(&graph, &[alone], &x0)[0].to_f64(), all[i].to_f64());
    }
}

#[test]
fn a_sweep_stops_at_the_shallowest_wire() {
    let mut graph = Graph::new("net");
    let (_, a, y) = net(&mut graph, "Relu");
    let one = ones(&mut graph, &[1]);
    let pulled = pull_back(&mut graph, &[(y, one)], &[a], &gradient_rules()).unwrap();
    let ops: Vec<&str> = pulled.assignment.iter().map(|s| s.op.as_str()).collect();
    // the first convolution and the first activation lie below the wire that was asked for
    assert_eq!(ops, ["Conv", "Relu", "GlobalAveragePool", "Reshape", "MatMul", "Reshape"]);
}

#[test]
fn several_targets_are_summed() {
    let mut graph = Graph::new("net");
    let (x, a, y) = net(&mut graph, "Tanh");
    let one = ones(&mut graph, &[1]);
    let seed = constant(&mut graph, "seed", &[1, 3, 6, 6], 31);
    let mut flow = |seeds: &[(Wire, Wire)]| {
        let w = pull_back(&mut graph, seeds, &[x], &gradient_rules()).unwrap().wrt[0].unwrap();
        run(&graph, &[w], &sample())[0].to_f64()
    };
    let (both, first, second) = (flow(&[(y, one), (a, seed)]), flow(&[(y, one)]), flow(&[(a, seed)]));
    for i in 0..both.len() {
        assert!((both[i] - first[i] - second[i]).abs() < 1e-12);
    }
}

#[test]
fn nothing_flows_to_what_has_no_influence() {
    let mut graph = Graph::new("net");
    let (_, _, y) = net(&mut graph, "Relu");
    let unused = graph.add_input("unused", Fact::new(DType::F64, &[1]));
    let one = ones(&mut graph, &[1]);
    let pulled = pull_back(&mut graph, &[(y, one)], &[unused], &gradient_rules()).unwrap();
    assert!(pulled.wrt[0].is_none());
}

/// INV-23: without rectifiers both modified rules are the gradient; DeconvNet doesn't depend on the forward signs.
#[test]
fn modified_rules_are_the_gradient_where_there_is_no_rectifier() {
    let mut graph = Graph::new("net");
    let (x, _, y) = net(&mut graph, "Tanh");
    let one = ones(&mut graph, &[1]);
    let mut flow = |rules| {
        let w = pull_back(&mut graph, &[(y, one)], &[x], &rules).unwrap().wrt[0].unwrap();
        run(&graph, &[w], &sample())[0].to_f64()
    };
    let plain = flow(gradient_rules());
    assert_eq!(flow(guided_backprop(false)), plain);
    assert_eq!(flow(deconvnet(false)), plain);
}

#[test]
fn rectifiers_are_masked_as_published() {
    let mut graph = Graph::new("relu");
    let x = input(&mut graph, &[4]);
    let y = Build::new(&mut graph, "net").relu(x).unwrap();
    let seed = graph.add_constant("seed", Tensor::f64(&[4], vec![1.0, -1.0, 1.0, -1.0]).unwrap());
    let x0 = Tensor::f64(&[4], vec![2.0, 2.0, -2.0, -2.0]).unwrap();
    let mut flow = |rules| {
        let w = pull_back(&mut graph, &[(y, seed)], &[x], &rules).unwrap().wrt[0].unwrap();
        run(&graph, &[w], &x0)[0].to_f64()
    };
    assert_eq!(flow(gradient_rules()), [1.0, -1.0, 0.0, 0.0]);
    assert_eq!(flow(guided_backprop(false)), [1.0, 0.0, 0.0, 0.0]);
    assert_eq!(flow(deconvnet(false)), [1.0, 0.0, 1.0, 0.0]);
}

#[test]
fn what_cannot_be_differentiated_is_named() {
    let mut graph = Graph::new("steps");
    let x = input(&mut graph, &[3]);
    let attrs = Attrs::new();
    let outputs = graph.push_raw("odd", "NoSuchOperator", "", &[Some(x)], attrs, &[Some("y")], vec![]).unwrap();
    let y = outputs[0].unwrap();
    let seed = graph.add_constant("seed", Tensor::f64(&[3], vec![1.0; 3]).unwrap());
    let error = pull_back(&mut graph, &[(y, seed)], &[x], &gradient_rules()).unwrap_err();
    assert!(error.to_string().contains("`NoSuchOperator` (node `odd`)"), "{error}");
    assert!(!error.hints().is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    /// `<Jv, u> = <v, J'u>` for convolutions of any geometry, plain and transposed.
    #[test]
    fn convolutions_are_adjoint_to_their_gradients(
        transposed in any::<bool>(),
        size in 4usize..9,
        kernel in 1usize..4,
        stride in 1i64..4,
        dilation in 1i64..3,
        pad in (0i64..3, 0i64..3),
        group in 1usize..3,
        salt in 0u64..1000,
    ) {
        let reach = dilation as usize * (kernel - 1) + 1;
        let padded = size + pad.0 as usize + pad.1 as usize;
        prop_assume!(transposed || reach <= padded);
        prop_assume!(!transposed || (size as i64 - 1) * stride + reach as i64 - pad.0 - pad.1 > 0);
        let mut graph = Graph::new("conv");
        let x = input(&mut graph, &[2, 4, size]);
        let shape = if transposed { [4, 2, kernel] } else { [2 * group, 4 / group, kernel] };
        let w = constant(&mut graph, "w", &shape, salt);
        let attrs = Attrs::new()
            .with("strides", vec![stride])
            .with("dilations", vec![dilation])
            .with("pads", vec![pad.0, pad.1])
            .with("group", group as i64);
        let op = if transposed { "ConvTranspose" } else { "Conv" };
        let y = graph.push("y", op, &[x, w], attrs).unwrap();
        let ys = graph.shape(y).unwrap();
        let u = constant(&mut graph, "u", &ys, salt + 1);
        let g = pull_back(&mut graph, &[(y, u)], &[x], &gradient_rules()).unwrap().wrt[0].unwrap();
        let v = Tensor::f64(&[2, 4, size], numbers(8 * size, salt + 2, Range::Any)).unwrap();
        let out = run(&graph, &[y, g], &v);
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
        let left = dot(&out[0].to_f64(), &graph.constant(u).unwrap().to_f64());
        let right = dot(&out[1].to_f64(), &v.to_f64());
        prop_assert!((left - right).abs() <= 1e-10 * (1.0 + left.abs()), "{left} {right}");
    }
}

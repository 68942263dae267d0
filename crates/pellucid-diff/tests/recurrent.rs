//! Gradients of recurrent layers against central differences, and what is refused.

mod common;

use common::{In, Range, check, numbers};
use pellucid_diff::{gradient_rules, pull_back};
use pellucid_graph::{Attr, Attrs, Build, DType, Fact, Graph, Tensor, interpret};

const STEPS: usize = 3;
const BATCH: usize = 2;
const INPUTS: usize = 4;
const HIDDEN: usize = 3;

/// Which optional inputs are given.
#[derive(Clone, Copy)]
struct Given {
    bias: bool,
    lengths: bool,
    states: bool,
    peepholes: bool,
}

const ALL: Given = Given { bias: true, lengths: true, states: true, peepholes: true };
const FEWEST: Given = Given { bias: false, lengths: false, states: false, peepholes: false };

fn any(shape: &[usize]) -> In {
    In::Var(shape.to_vec(), Range::Any)
}

fn inputs(op: &str, attrs: &Attrs, given: Given) -> Vec<In> {
    let gates = match op {
        "LSTM" => 4,
        "GRU" => 3,
        _ => 1,
    };
    let d = if attrs.str("direction") == Some("bidirectional") { 2 } else { 1 };
    let first = attrs.int("layout") == Some(1);
    let state = if first { [BATCH, d, HIDDEN] } else { [d, BATCH, HIDDEN] };
    let when = |on: bool, shape: &[usize]| if on { any(shape) } else { In::None };
    let lengths = Tensor::from_i64(DType::I32, vec![BATCH], vec![STEPS as i64; BATCH]);
    let mut out = vec![
        any(&if first { [BATCH, STEPS, INPUTS] } else { [STEPS, BATCH, INPUTS] }),
        any(&[d, gates * HIDDEN, INPUTS]),
        any(&[d, gates * HIDDEN, HIDDEN]),
        when(given.bias, &[d, 2 * gates * HIDDEN]),
        if given.lengths { In::Const(lengths) } else { In::None },
        when(given.states, &state),
    ];
    if op == "LSTM" {
        out.push(when(given.states, &state));
        out.push(when(given.peepholes, &[d, 3 * HIDDEN]));
    }
    out
}

/// Every direction and layout, with all optional inputs, none, and each one alone.
fn grid(op: &str, extra: &[Attrs]) {
    let outputs = if op == "LSTM" { 3 } else { 2 };
    let alone = [Given { bias: true, ..FEWEST }, Given { states: true, ..FEWEST }, Given { peepholes: true, ..FEWEST }];
    for direction in ["forward", "reverse", "bidirectional"] {
        for layout in [0, 1] {
            for extra in extra {
                let attrs = extra.clone().with("direction", direction).with("layout", layout);
                for given in alone.into_iter().chain([ALL, FEWEST]) {
                    for outputs in [1, outputs] {
                        let attrs = attrs.clone().with("hidden_size", HIDDEN as i64);
                        let worst = check(op, &inputs(op, &attrs, given), attrs.clone(), outputs);
                        assert!(worst < 1e-6, "{op} {attrs:?} deviates by {worst:.1e}");
                    }
                }
            }
        }
    }
}

fn clip(at: f32) -> Attrs {
    Attrs::new().with("clip", at)
}

#[test]
fn lstm() {
    grid("LSTM", &[Attrs::new(), Attrs::new().with("input_forget", 1), clip(0.7)]);
}

#[test]
fn gru() {
    grid("GRU", &[Attrs::new(), Attrs::new().with("linear_before_reset", 1), clip(0.7)]);
}

#[test]
fn rnn() {
    grid("RNN", &[Attrs::new(), clip(0.7)]);
}

/// Pulls back through a forward layer with a weight tensor that is a constant; the error or the flow to input and weights.
fn layer(op: &str, attrs: Attrs, lengths: Option<Vec<i64>>) -> Result<Vec<Tensor>, String> {
    let mut graph = Graph::new("layer");
    let gates = if op == "LSTM" { 4 } else { 3 };
    let x = graph.add_input("x", Fact::new(DType::F64, &[STEPS, BATCH, INPUTS]));
    let mut weight = |name: &str, shape: &[usize], salt| {
        let values = numbers(shape.iter().product(), salt, Range::Any);
        graph.add_constant(name, Tensor::f64(shape, values).unwrap())
    };
    let w = weight("w", &[1, gates * HIDDEN, INPUTS], 1);
    let r = weight("r", &[1, gates * HIDDEN, HIDDEN], 2);
    let seed = weight("seed", &[STEPS, 1, BATCH, HIDDEN], 3);
    // the initial state depends on the input too
    let h0 = {
        let mut b = Build::new(&mut graph, "first");
        let step = b.slice(x, 0, 0, 1).unwrap();
        b.slice(step, 2, 0, HIDDEN).unwrap()
    };
    let lengths = lengths.map(|v| graph.add_constant("lengths", Tensor::from_i64(DType::I32, vec![BATCH], v)));
    let ys = graph.push_many("rec", op, &[Some(x), Some(w), Some(r), None, lengths, Some(h0)], attrs, 1).unwrap();
    let pulled = pull_back(&mut graph, &[(ys[0], seed)], &[x, w, r], &gradient_rules()).map_err(|e| e.to_string())?;
    let value = Tensor::f64(&[STEPS, BATCH, INPUTS], numbers(STEPS * BATCH * INPUTS, 9, Range::Any)).unwrap();
    let weights = graph.constant(seed).unwrap().to_f64();
    let forward = {
        let mut g = graph.clone();
        g.set_outputs(&ys);
        g.prune().0
    };
    graph.set_outputs(&pulled.wrt.iter().map(|w| w.unwrap()).collect::<Vec<_>>());
    let found = interpret::run(&graph.prune().0, std::slice::from_ref(&value), true).map_err(|e| e.to_string())?;
    let score = |h: f64| {
        let mut v = value.to_f64();
        v[1] += h;
        let out = interpret::run(&forward, &[Tensor::f64(value.shape(), v).unwrap()], true).unwrap();
        out[0].to_f64().iter().zip(&weights).map(|(a, b)| a * b).sum::<f64>()
    };
    let numeric = (score(1e-5) - score(-1e-5)) / 2e-5;
    assert!((numeric - found[0].to_f64()[1]).abs() < 1e-8, "{op}: {numeric} {}", found[0].to_f64()[1]);
    Ok(found)
}

/// What flows to the input through the initial state is counted once, and constant weights get a gradient.
#[test]
fn an_initial_state_computed_from_the_input() {
    for op in ["LSTM", "GRU"] {
        let found = layer(op, Attrs::new(), None).unwrap();
        assert!(found.iter().all(|t| t.to_f64().iter().any(|v| *v != 0.0)), "{op}");
    }
}

#[test]
fn other_functions_and_lengths_are_refused_by_name() {
    let names = |v: &[&str]| {
        let mut attrs = Attrs::new();
        attrs.0.insert("activations".into(), Attr::Strs(v.iter().map(ToString::to_string).collect()));
        attrs
    };
    let error = layer("GRU", names(&["Sigmoid", "Relu"]), None).unwrap_err();
    assert!(error.contains("`GRU` (node `rec`)") && error.contains("`Relu`"), "{error}");
    assert!(layer("GRU", names(&["Sigmoid", "Tanh"]), None).is_ok());
    let error = layer("LSTM", Attrs::new(), Some(vec![3, 2])).unwrap_err();
    assert!(error.contains("`LSTM` (node `rec`)") && error.contains("sequence lengths"), "{error}");
    assert!(layer("LSTM", Attrs::new(), Some(vec![3, 3])).is_ok());
}

//! Relevance rules against closed forms on the node's matrix, and the invariants of whole networks.

mod common;

use common::{Range, numbers};
use pellucid_diff::relevance::{Composite, Lrp};
use pellucid_diff::{RULES, RuleSet, gradient_rules, pull_back};
use pellucid_graph::{Attrs, Build, DType, Fact, Graph, Tensor, Wire, interpret};

/// One rule at every linear node.
fn lrp(rule: Lrp) -> RuleSet {
    Composite::uniform(rule).rules()
}

fn tensor(shape: &[usize], salt: u64) -> Tensor {
    Tensor::f64(shape, numbers(shape.iter().product(), salt, Range::Any)).unwrap()
}

/// Values of both signs and never zero: the flat rule counts every tap.
fn weights(shape: &[usize], salt: u64) -> Tensor {
    Tensor::f64(shape, numbers(shape.iter().product(), salt, Range::OffKinks)).unwrap()
}

fn run(graph: &Graph, outputs: &[Wire], x: &Tensor) -> Vec<Tensor> {
    let mut g = graph.clone();
    g.set_outputs(outputs);
    interpret::run(&g.prune().0, std::slice::from_ref(x), true).unwrap()
}

fn close(found: &[f64], expected: &[f64], tolerance: f64, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let scale = expected.iter().fold(1e-9f64, |m, v| m.max(v.abs()));
    for (i, (a, b)) in found.iter().zip(expected).enumerate() {
        assert!((a - b).abs() <= tolerance * scale, "{what}: element {i} is {a}, expected {b}");
    }
}

/// A graph with one input `x` and an output `y`.
struct Case {
    graph: Graph,
    x: Wire,
    y: Wire,
    at: Tensor,
}

impl Case {
    /// A single linear node; `side` is the data's position among the inputs.
    fn node(op: &str, xs: &[usize], others: &[&[usize]], side: usize, attrs: Attrs) -> Case {
        let mut graph = Graph::new(op);
        let x = graph.add_input("x", Fact::new(DType::F64, xs));
        let mut inputs: Vec<Wire> =
            others.iter().enumerate().map(|(i, s)| graph.add_constant("c", weights(s, 5 + i as u64))).collect();
        inputs.insert(side, x);
        let y = graph.push("y", op, &inputs, attrs).unwrap();
        Case { graph, x, y, at: tensor(xs, 3) }
    }

    fn value(&self) -> Vec<f64> {
        self.eval(&self.at)
    }

    fn eval(&self, at: &Tensor) -> Vec<f64> {
        run(&self.graph, &[self.y], at)[0].to_f64()
    }

    /// What flows back to `x` of `r` at the output.
    fn flow(&self, rules: &RuleSet, r: &[f64]) -> Vec<f64> {
        let mut graph = self.graph.clone();
        let shape = graph.shape(self.y).unwrap();
        let seed = graph.add_constant("r", Tensor::f64(&shape, r.to_vec()).unwrap());
        let flow = pull_back(&mut graph, &[(self.y, seed)], &[self.x], rules).unwrap().wrt[0].unwrap();
        run(&graph, &[flow], &self.at)[0].to_f64()
    }

    /// The node's matrix, `inputs x outputs`, and its offset.
    fn matrix(&self) -> (Vec<Vec<f64>>, Vec<f64>) {
        let n = self.at.len();
        let unit = |i: Option<usize>| {
            let v = (0..n).map(|k| if Some(k) == i { 1.0 } else { 0.0 }).collect();
            self.eval(&Tensor::f64(self.at.shape(), v).unwrap())
        };
        let b = unit(None);
        let w = (0..n).map(|i| unit(Some(i)).iter().zip(&b).map(|(v, b)| v - b).collect()).collect();
        (w, b)
    }
}

/// The nodes under test: every linear operator, in 1-D to 3-D, with group, stride, dilation and pads.
fn nodes() -> Vec<Case> {
    let conv = |stride: i64, dilation: i64, pad: i64, group: i64, rank: usize| {
        Attrs::new()
            .with("strides", vec![stride; rank])
            .with("dilations", vec![dilation; rank])
            .with("pads", vec![pad; 2 * rank])
            .with("group", group)
    };
    let gemm = |alpha: f32, beta: f32| Attrs::new().with("transB", 1i64).with("alpha", alpha).with("beta", beta);
    let sums = Attrs::new().with("equation", "nik,ko->nio");
    vec![
        Case::node("Conv", &[1, 2, 7], &[&[3, 2, 3], &[3]], 0, conv(1, 1, 1, 1, 1)),
        Case::node("Conv", &[2, 4, 5, 6], &[&[4, 2, 3, 3], &[4]], 0, conv(2, 1, 1, 2, 2)),
        Case::node("Conv", &[1, 2, 7, 7], &[&[2, 1, 3, 3], &[2]], 0, conv(1, 2, 2, 2, 2)),
        Case::node("Conv", &[1, 2, 4, 4, 3], &[&[2, 2, 2, 3, 2]], 0, conv(1, 1, 1, 1, 3)),
        Case::node("ConvTranspose", &[1, 4, 3, 3], &[&[4, 2, 2, 3], &[4]], 0, conv(2, 1, 0, 2, 2)),
        Case::node("ConvTranspose", &[1, 2, 4], &[&[2, 3, 3]], 0, conv(2, 1, 1, 1, 1)),
        Case::node("Gemm", &[2, 5], &[&[3, 5], &[3]], 0, gemm(-0.5, 2.0)),
        Case::node("Linear", &[2, 3, 4], &[&[4, 3], &[3]], 0, Attrs::new()),
        Case::node("MatMul", &[2, 4], &[&[4, 3]], 0, Attrs::new()),
        Case::node("MatMul", &[4, 2], &[&[3, 4]], 1, Attrs::new()),
        Case::node("Einsum", &[1, 2, 4], &[&[4, 3]], 0, sums),
    ]
}

fn up(v: f64) -> f64 {
    v.max(0.0)
}

fn down(v: f64) -> f64 {
    v.min(0.0)
}

/// `sum_j c(x_i, w_ij, z_j) R_j / (sum_i c + c0(b_j, z_j))` over the matrix. A denominator of zero sends nothing.
fn by_matrix(
    case: &Case,
    r: &[f64],
    c: impl Fn(usize, f64, f64, f64) -> f64,
    c0: impl Fn(f64, f64) -> f64,
) -> Vec<f64> {
    let (w, b) = case.matrix();
    let (x, z) = (case.at.to_f64(), case.value());
    let mut out = vec![0.0; x.len()];
    for j in 0..z.len() {
        let part: Vec<f64> = (0..x.len()).map(|i| c(i, x[i], w[i][j], z[j])).collect();
        let total: f64 = part.iter().sum::<f64>() + c0(b[j], z[j]);
        if total != 0.0 {
            for i in 0..x.len() {
                out[i] += part[i] * r[j] / total;
            }
        }
    }
    out
}

/// Relevance of both signs, none at units whose sum is too near zero for a comparison without the stabiliser.
fn seed(case: &Case) -> Vec<f64> {
    let z = case.value();
    numbers(z.len(), 41, Range::Any).iter().zip(&z).map(|(r, z)| if z.abs() < 0.02 { 0.0 } else { *r }).collect()
}

#[test]
fn epsilon_and_weight_rules_match_their_formulas() {
    for case in nodes() {
        let (op, r) = (case.graph.name_of(case.y).to_string() + &case.graph.name, seed(&case));
        let found = case.flow(&lrp(Lrp::Epsilon(0.0)), &r);
        close(&found, &by_matrix(&case, &r, |_, x, w, _| x * w, |b, _| b), 1e-8, &format!("{op} epsilon"));
        let found = case.flow(&lrp(Lrp::WSquared), &r);
        close(&found, &by_matrix(&case, &r, |_, _, w, _| w * w, |b, _| b * b), 1e-3, &format!("{op} w-squared"));
        let found = case.flow(&lrp(Lrp::Flat), &r);
        let any = |_: usize, _: f64, w: f64, _: f64| f64::from(u8::from(w.abs() > 1e-9));
        close(&found, &by_matrix(&case, &r, any, |_, _| 0.0), 1e-5, &format!("{op} flat"));
    }
}

#[test]
fn a_large_epsilon_damps() {
    let case = Case::node("MatMul", &[1, 4], &[&[4, 3]], 0, Attrs::new());
    let r = seed(&case);
    let found = case.flow(&lrp(Lrp::Epsilon(0.25)), &r);
    let expected = by_matrix(&case, &r, |_, x, w, _| x * w, |_, z| 0.25f64.copysign(z));
    close(&found, &expected, 1e-12, "epsilon 0.25");
}

#[test]
fn split_rules_match_their_formulas() {
    for case in nodes() {
        let (op, r) = (case.graph.name.clone(), seed(&case));
        let positive = by_matrix(&case, &r, |_, x, w, _| up(x * w), |b, _| up(b));
        let negative = by_matrix(&case, &r, |_, x, w, _| down(x * w), |b, _| down(b));
        close(&case.flow(&lrp(Lrp::ZPlus), &r), &positive, 1e-3, &format!("{op} z+"));
        let expected: Vec<f64> = positive.iter().zip(&negative).map(|(p, n)| 2.0 * p - n).collect();
        let found = case.flow(&lrp(Lrp::AlphaBeta { alpha: 2.0, beta: 1.0 }), &r);
        close(&found, &expected, 1e-3, &format!("{op} alpha-beta"));
        let side = |z: f64, v: f64| if z > 0.0 { up(v) } else { down(v) };
        let g = 0.25;
        let expected = by_matrix(&case, &r, |_, x, w, z| x * w + g * side(z, x * w), |b, z| b + g * side(z, b));
        close(&case.flow(&lrp(Lrp::Gamma(g)), &r), &expected, 1e-3, &format!("{op} gamma"));
    }
}

#[test]
fn the_box_rule_matches_its_formula() {
    for case in nodes() {
        let (op, r) = (case.graph.name.clone(), seed(&case));
        if op == "MatMul" && case.at.shape() == [4, 2] {
            continue;
        }
        let xs = case.at.shape().to_vec();
        let axis = if op.starts_with("Conv") { 1 } else { xs.len() - 1 };
        let inner: usize = xs[axis + 1..].iter().product();
        let low: Vec<f64> = (0..xs[axis]).map(|c| -1.1 - 0.1 * c as f64).collect();
        let high: Vec<f64> = (0..xs[axis]).map(|c| 1.2 + 0.1 * c as f64).collect();
        let channel = |i: usize| i / inner % xs[axis];
        let c = |i: usize, x: f64, w: f64, _: f64| x * w - low[channel(i)] * up(w) - high[channel(i)] * down(w);
        let expected = by_matrix(&case, &r, c, |_, _| 0.0);
        let found = case.flow(&lrp(Lrp::Box { low: low.clone(), high: high.clone() }), &r);
        close(&found, &expected, 1e-4, &format!("{op} box"));
    }
}

#[test]
fn box_bounds_must_fit_the_channels() {
    let mut case = Case::node("Conv", &[1, 3, 5], &[&[2, 3, 3]], 0, Attrs::new());
    let r = case.graph.add_constant("r", tensor(&[1, 2, 3], 1));
    let rules = Composite::epsilon_gamma_box(&[0.0, 0.0], &[1.0, 1.0]).rules();
    let error = pull_back(&mut case.graph, &[(case.y, r)], &[case.x], &rules).unwrap_err();
    assert!(error.to_string().contains("2 bounds were given for 3 channels"), "{error}");
}

/// By hand: `x = (1, -2)`, `w = (3, 1)`, `b = 1`: contributions 3 and -2, sum 2.
#[test]
fn one_unit_by_hand() {
    let mut graph = Graph::new("unit");
    let x = graph.add_input("x", Fact::new(DType::F64, &[1, 2]));
    let w = graph.add_constant("w", Tensor::f64(&[2, 1], vec![3.0, 1.0]).unwrap());
    let b = graph.add_constant("b", Tensor::f64(&[1], vec![1.0]).unwrap());
    let y = graph.push("y", "Linear", &[x, w, b], Attrs::new()).unwrap();
    let case = Case { graph, x, y, at: Tensor::f64(&[1, 2], vec![1.0, -2.0]).unwrap() };
    let flow = |rule| case.flow(&lrp(rule), &[2.0]);
    close(&flow(Lrp::Epsilon(0.0)), &[3.0, -2.0], 1e-9, "epsilon");
    close(&flow(Lrp::ZPlus), &[1.5, 0.0], 1e-6, "z+: 3 / (3 + 1) of 2");
    close(&flow(Lrp::AlphaBeta { alpha: 2.0, beta: 1.0 }), &[3.0, -2.0], 1e-6, "alpha 2, beta 1");
    close(&flow(Lrp::Gamma(1.0)), &[2.0, -2.0 / 3.0], 1e-6, "gamma 1: 6 and -2 of 6");
    close(&flow(Lrp::GammaOriginal(1.0)), &[4.0, -8.0 / 3.0], 1e-6, "original gamma 1: 6 and -4, bias 1, sum 3");
    close(&flow(Lrp::WSquared), &[18.0 / 11.0, 2.0 / 11.0], 1e-6, "w-squared");
    close(&flow(Lrp::Flat), &[1.0, 1.0], 1e-6, "flat");
    let unit_box = Lrp::Box { low: vec![-3.0], high: vec![3.0] };
    close(&flow(unit_box), &[2.0 * 12.0 / 13.0, 2.0 / 13.0], 1e-6, "box: 12 and 1 above the corner");
}

/// Convolutions, rectifiers, a residual sum, max and average pools, a dense layer; with or without biases.
fn network(bias: bool, size: usize) -> Case {
    let mut graph = Graph::new("net");
    let x = graph.add_input("x", Fact::new(DType::F64, &[1, 2, size, size]));
    let mut constant = |shape: &[usize], salt| graph.add_constant("c", tensor(shape, salt));
    let (w1, w2, w3, w4) =
        (constant(&[4, 2, 3, 3], 1), constant(&[4, 4, 3, 3], 2), constant(&[4, 2, 3, 3], 3), constant(&[4, 3], 4));
    let biases: Vec<Wire> = (0..4).map(|i| constant(&[if i == 3 { 3 } else { 4 }], 10 + i)).collect();
    let with = |inputs: [Wire; 2], i: usize| if bias { vec![inputs[0], inputs[1], biases[i]] } else { inputs.to_vec() };
    let attrs = Attrs::new().with("pads", vec![1; 4]);
    let mut b = Build::new(&mut graph, "net");
    let h = b.op("Conv", &with([x, w1], 0), attrs.clone()).unwrap();
    let h = b.relu(h).unwrap();
    let f = b.op("Conv", &with([h, w2], 1), attrs.clone()).unwrap();
    let s = b.add(h, f).unwrap();
    let s = b.relu(s).unwrap();
    let pool = Attrs::new().with("kernel_shape", vec![2; 2]).with("strides", vec![2; 2]);
    let s = b.op("MaxPool", &[s], pool).unwrap();
    let s = b.op("Conv", &with([s, w3], 2), attrs.with("group", 2i64)).unwrap();
    let s = b.relu(s).unwrap();
    let s = b.op("GlobalAveragePool", &[s], Attrs::new()).unwrap();
    let s = b.reshape(s, &[1, 4]).unwrap();
    let y = b.op("Gemm", &with([s, w4], 3), Attrs::new()).unwrap();
    Case { graph, x, y, at: tensor(&[1, 2, size, size], 9) }
}

/// The score of one class as the relevance to start from.
fn start(case: &Case, class: usize) -> Vec<f64> {
    let y = case.value();
    (0..y.len()).map(|j| if j == class { y[j] } else { 0.0 }).collect()
}

/// INV-8: with and without biases.
#[test]
fn epsilon_zero_is_input_times_gradient() {
    for bias in [false, true] {
        let case = network(bias, 6);
        for class in 0..3 {
            let found = case.flow(&lrp(Lrp::Epsilon(0.0)), &start(&case, class));
            let one: Vec<f64> = (0..3).map(|j| f64::from(u8::from(j == class))).collect();
            let gradient = case.flow(&gradient_rules(), &one);
            let expected: Vec<f64> = case.at.to_f64().iter().zip(&gradient).map(|(x, g)| x * g).collect();
            close(&found, &expected, 1e-7, &format!("bias {bias}, class {class}"));
        }
    }
}

/// INV-9: without biases every rule keeps the sum.
#[test]
fn relevance_is_conserved_without_biases() {
    let case = network(false, 6);
    let r = start(&case, 1);
    let total: f64 = r.iter().sum();
    let sets = [
        lrp(Lrp::Epsilon(0.0)),
        lrp(Lrp::Gamma(0.25)),
        lrp(Lrp::WSquared),
        lrp(Lrp::Flat),
        lrp(Lrp::Box { low: vec![-1.0], high: vec![1.0] }),
        Composite::epsilon_plus().rules(),
        Composite::epsilon_plus_flat().rules(),
        Composite::epsilon_gamma_box(&[-1.0, -1.0], &[1.0, 1.0]).rules(),
        Composite::epsilon_alpha2_beta1().rules(),
        Composite::epsilon_alpha2_beta1_flat().rules(),
    ];
    for rules in sets {
        let sum: f64 = case.flow(&rules, &r).iter().sum();
        assert!((sum - total).abs() <= 2e-3 * total.abs(), "{}: {sum} of {total}", rules.name);
    }
}

/// INV-10.
#[test]
fn z_plus_keeps_relevance_nonnegative_and_is_alpha_one() {
    for case in nodes() {
        let r: Vec<f64> = case.value().iter().map(|v| v.abs()).collect();
        let found = case.flow(&lrp(Lrp::ZPlus), &r);
        assert!(found.iter().all(|v| *v >= 0.0), "{}", case.graph.name);
        assert_eq!(found, case.flow(&lrp(Lrp::AlphaBeta { alpha: 1.0, beta: 0.0 }), &r));
    }
    let case = network(true, 6);
    let r: Vec<f64> = start(&case, 0).iter().map(|v| v.abs()).collect();
    let mut rules = Composite::epsilon_plus().rules();
    rules.entries.insert(0, (pellucid_diff::Select::Op("Gemm".into()), std::sync::Arc::new(Lrp::ZPlus)));
    // the residual sum has a negative operand before the rectifier; without it every rule on the way is nonnegative
    rules.entries.insert(0, (pellucid_diff::Select::Op("Add".into()), std::sync::Arc::new(Halves)));
    assert!(case.flow(&rules, &r).iter().all(|v| *v >= 0.0));
}

/// Half to each operand.
struct Halves;

impl pellucid_diff::Rule for Halves {
    fn id(&self) -> &'static str {
        "halves"
    }

    fn pull(&self, p: &mut pellucid_diff::Pull) -> pellucid_diff::Result<Vec<Option<Wire>>> {
        let r = p.g()?;
        let half = p.b.scale(r, 0.5)?;
        Ok(vec![Some(half); 2])
    }
}

/// INV-10: gamma 1e6 is z+ on units with a positive sum, gamma 0 is epsilon.
#[test]
fn gamma_lies_between_epsilon_and_z_plus() {
    for case in nodes() {
        let positive: Vec<f64> =
            seed(&case).iter().zip(case.value()).map(|(r, z)| if z > 0.0 { *r } else { 0.0 }).collect();
        let far = case.flow(&lrp(Lrp::Gamma(1e6)), &positive);
        close(&far, &case.flow(&lrp(Lrp::ZPlus), &positive), 1e-3, &format!("{} far", case.graph.name));
        let r = seed(&case);
        let near = case.flow(&lrp(Lrp::Gamma(0.0)), &r);
        close(&near, &case.flow(&lrp(Lrp::Epsilon(1e-6)), &r), 1e-9, &format!("{} near", case.graph.name));
    }
}

/// Data known to be nonnegative takes the short way; the result is that of the long way.
#[test]
fn nonnegative_data_gives_the_same_with_half_the_work() {
    for rule in [Lrp::ZPlus, Lrp::Gamma(0.5), Lrp::AlphaBeta { alpha: 2.0, beta: 1.0 }] {
        let long = Case {
            at: Tensor::f64(&[1, 2, 7], numbers(14, 3, Range::Positive)).unwrap(),
            ..Case::node("Conv", &[1, 2, 7], &[&[3, 2, 3], &[3]], 0, Attrs::new())
        };
        let mut graph = Graph::new("short");
        let x = graph.add_input("x", Fact::new(DType::F64, &[1, 2, 7]));
        let (w, b) = (graph.add_constant("w", weights(&[3, 2, 3], 5)), graph.add_constant("b", weights(&[3], 6)));
        let mut build = Build::new(&mut graph, "net");
        let h = build.relu(x).unwrap();
        let y = build.op("Conv", &[h, w, b], Attrs::new()).unwrap();
        let short = Case { graph, x, y, at: long.at.clone() };
        let (r, rules) = (seed(&long), lrp(rule));
        close(&short.flow(&rules, &r), &long.flow(&rules, &r), 1e-12, &rules.name);
    }
}

/// INV-11: the epsilon rule gives the same before and after folding the batch normalisation into the convolution.
#[test]
fn epsilon_on_batch_normalisation_is_that_of_the_folded_convolution() {
    let build = |folded: bool| {
        let mut graph = Graph::new("bn");
        let x = graph.add_input("x", Fact::new(DType::F64, &[1, 2, 6]));
        let (w, b) = (tensor(&[3, 2, 3], 1), tensor(&[3], 2));
        let (scale, shift, mean) = (tensor(&[3], 3), tensor(&[3], 4), tensor(&[3], 5));
        let var = Tensor::f64(&[3], numbers(3, 6, Range::Positive)).unwrap();
        let attrs = Attrs::new();
        let y = if folded {
            let s: Vec<f64> =
                scale.to_f64().iter().zip(var.to_f64()).map(|(s, v)| s / (v + f64::from(1e-5f32)).sqrt()).collect();
            let w2 = w.to_f64().iter().enumerate().map(|(i, v)| v * s[i / 6]).collect();
            let (b, m, t) = (b.to_f64(), mean.to_f64(), shift.to_f64());
            let b2 = (0..3).map(|c| (b[c] - m[c]) * s[c] + t[c]).collect();
            let w2 = graph.add_constant("w", Tensor::f64(&[3, 2, 3], w2).unwrap());
            let b2 = graph.add_constant("b", Tensor::f64(&[3], b2).unwrap());
            graph.push("y", "Conv", &[x, w2, b2], attrs).unwrap()
        } else {
            let (w, b) = (graph.add_constant("w", w), graph.add_constant("b", b));
            let h = graph.push("h", "Conv", &[x, w, b], attrs.clone()).unwrap();
            let c: Vec<Wire> = [scale, shift, mean, var].into_iter().map(|t| graph.add_constant("c", t)).collect();
            graph.push("y", "BatchNormalization", &[h, c[0], c[1], c[2], c[3]], attrs).unwrap()
        };
        Case { graph, x, y, at: tensor(&[1, 2, 6], 9) }
    };
    let (plain, folded) = (build(false), build(true));
    close(&plain.value(), &folded.value(), 1e-12, "value");
    let (r, rules) = (seed(&folded), lrp(Lrp::Epsilon(0.0)));
    close(&plain.flow(&rules, &r), &folded.flow(&rules, &r), 1e-8, "relevance");
}

/// `R_x = a x R / y` with `a = scale / sqrt(var + eps)` of this input.
#[test]
fn statistics_of_the_input_are_held_constant() {
    let (n, eps) = (12usize, f64::from(1e-5f32));
    let cases = [
        ("InstanceNormalization", [1, 2, 12], vec![2usize], n, Attrs::new()),
        ("GroupNormalization", [1, 2, 12], vec![2], 2 * n, Attrs::new().with("num_groups", 1i64)),
        ("LayerNormalization", [1, 2, 12], vec![12], n, Attrs::new()),
    ];
    for (op, shape, affine, group, attrs) in cases {
        let case = Case::node(op, &shape, &[&affine, &affine], 0, attrs);
        let (x, y) = (case.at.to_f64(), case.value());
        let (scale, r) = (weights(&affine, 5).to_f64(), seed(&case));
        assert_eq!((x.len(), y.len(), scale.len()), (24, 24, affine[0]), "{op}");
        let expected: Vec<f64> = (0..x.len())
            .map(|i| {
                let block = &x[i / group * group..][..group];
                let mean = block.iter().sum::<f64>() / group as f64;
                let var = block.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / group as f64;
                let s = if affine[0] == 2 { scale[i / n] } else { scale[i % n] };
                x[i] * s / (var + eps).sqrt() * r[i] / y[i]
            })
            .collect();
        close(&case.flow(&lrp(Lrp::Epsilon(0.0)), &r), &expected, 1e-7, op);
    }
}

#[test]
fn sums_and_means_share_in_proportion() {
    let mut graph = Graph::new("sum");
    let x = graph.add_input("x", Fact::new(DType::F64, &[1, 1, 4]));
    let attrs = Attrs::new().with("kernel_shape", vec![2]).with("strides", vec![2]);
    let y = graph.push("y", "AveragePool", &[x], attrs).unwrap();
    let case = Case { graph, x, y, at: Tensor::f64(&[1, 1, 4], vec![1.0, 3.0, 0.0, 0.0]).unwrap() };
    close(&case.flow(&Composite::epsilon_plus().rules(), &[2.0, 0.0]), &[0.5, 1.5, 0.0, 0.0], 1e-6, "average");
}

#[test]
fn products_halve_and_gates_take_nothing() {
    let build = |gate: bool| {
        let mut graph = Graph::new("product");
        let x = graph.add_input("x", Fact::new(DType::F64, &[3]));
        let mut b = Build::new(&mut graph, "net");
        let a = b.scale(x, 2.0).unwrap();
        let other = if gate { b.sigmoid(x).unwrap() } else { b.tanh(x).unwrap() };
        let y = b.mul(a, other).unwrap();
        (graph, a, other, y)
    };
    for (gate, expected) in [(false, [Some(0.5), Some(0.5)]), (true, [Some(1.0), None])] {
        let (mut graph, a, other, y) = build(gate);
        let one = graph.add_constant("r", Tensor::full(DType::F64, &[3], 1.0));
        let wrt = pull_back(&mut graph, &[(y, one)], &[a, other], &Composite::epsilon_plus().rules()).unwrap().wrt;
        for (flow, share) in wrt.into_iter().zip(expected) {
            let found = flow.map(|f| run(&graph, &[f], &tensor(&[3], 1))[0].to_f64()[0]);
            assert_eq!(found, share, "gate {gate}");
        }
    }
}

/// Two varying factors: half of the relevance flows to each.
#[test]
fn a_product_of_two_signals_is_conserved() {
    let mut graph = Graph::new("attention");
    let x = graph.add_input("x", Fact::new(DType::F64, &[3, 3]));
    let y = graph.push("y", "MatMul", &[x, x], Attrs::new()).unwrap();
    let case = Case { graph, x, y, at: tensor(&[3, 3], 2) };
    let r = seed(&case);
    let sum: f64 = case.flow(&lrp(Lrp::ZPlus), &r).iter().sum();
    assert!((sum - r.iter().sum::<f64>()).abs() < 1e-3, "{sum}");
}

#[test]
fn dead_units_give_zeros_not_nan() {
    let mut case = network(false, 6);
    case.at = Tensor::full(DType::F64, &[1, 2, 6, 6], 0.0);
    for rules in [
        Composite::epsilon_plus().rules(),
        Composite::epsilon_alpha2_beta1().rules(),
        lrp(Lrp::Epsilon(0.0)),
        lrp(Lrp::Gamma(0.25)),
    ] {
        let r = start(&case, 0);
        assert!(case.flow(&rules, &r).iter().all(|v| *v == 0.0), "{}", rules.name);
    }
}

#[test]
fn composites_assign_as_published_and_every_rule_is_listed() {
    let mut case = network(true, 6);
    let r = case.graph.add_constant("r", tensor(&[1, 3], 1));
    let expected = [
        (Composite::epsilon_plus().rules(), ["lrp-z-plus", "lrp-z-plus"]),
        (Composite::epsilon_plus_flat().rules(), ["lrp-flat", "lrp-z-plus"]),
        (Composite::epsilon_gamma_box(&[0.0], &[1.0]).rules(), ["lrp-box", "lrp-gamma"]),
        (Composite::epsilon_alpha2_beta1().rules(), ["lrp-alpha-beta", "lrp-alpha-beta"]),
        (Composite::epsilon_alpha2_beta1_flat().rules(), ["lrp-flat", "lrp-alpha-beta"]),
    ];
    for (rules, [first, conv]) in expected {
        let given = pull_back(&mut case.graph, &[(case.y, r)], &[case.x], &rules).unwrap().assignment;
        let found: Vec<(&str, &str)> = given.iter().map(|a| (a.op.as_str(), a.rule.as_str())).collect();
        let all = [
            ("Conv", first),
            ("Relu", "lrp-pass"),
            ("Conv", conv),
            ("Add", "lrp-norm"),
            ("Relu", "lrp-pass"),
            ("MaxPool", "gradient"),
            ("Conv", conv),
            ("Relu", "lrp-pass"),
            ("GlobalAveragePool", "lrp-norm"),
            ("Reshape", "gradient"),
            ("Gemm", "lrp-epsilon"),
        ];
        assert_eq!(found, all, "{}", rules.name);
    }
    let sets =
        [Composite::epsilon_plus().rules(), lrp(Lrp::WSquared), Composite::epsilon_gamma_box(&[0.0], &[1.0]).rules()];
    for (_, rule) in sets.iter().flat_map(|s| &s.entries) {
        assert!(RULES.iter().any(|info| info.id == rule.id()), "{}", rule.id());
    }
}

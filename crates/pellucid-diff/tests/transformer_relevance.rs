//! AttnLRP and CP-LRP: stored values, conservation, and agreement of the two currencies.

mod nets;
mod oracle;

use nets::{Net, tensor};
use oracle::{deviation, folders};
use pellucid_diff::relevance::transformer::{Attention, Currency, Transformer};
use pellucid_diff::{RULES, RuleSet, gradient_rules, pull_back};
use pellucid_graph::{Attrs, Build, DType, Fact, Graph, Tensor, Wire, interpret};

fn plain(attention: Attention) -> Transformer {
    Transformer { attention, ..Transformer::default() }
}

/// Every stored case: the map at the input, and relevance by token where a layer is named.
#[test]
fn stored_cases_are_met() {
    let (mut met, mut failures) = (0, Vec::new());
    for folder in folders() {
        for case in folder.cases(&["attn_lrp", "cp_lrp"]) {
            let attention =
                if case.json["method"] == "cp_lrp" { Attention::Constant } else { Attention::Differentiated };
            let layer: Vec<&str> = case.json["layer"].as_str().into_iter().collect();
            let mut graph = folder.graph(&layer, true).unwrap();
            let (x, seed) = (graph.inputs()[0], case.seed(&mut graph));
            let mut sources = vec![x];
            sources.extend(layer.iter().map(|l| graph.find(l).unwrap()));
            let pulled = pull_back(&mut graph, &[seed], &sources, &plain(attention).rules()).unwrap();
            let wires: Vec<Wire> = sources.iter().copied().chain(pulled.wrt.iter().map(|w| w.unwrap())).collect();
            let input = folder.input(graph.name_of(x));
            let out = interpret::run_taps(&graph, &[input], &wires, true).unwrap();
            let relevance: Vec<Vec<f64>> = out[..sources.len()]
                .iter()
                .zip(&out[sources.len()..])
                .map(|(x, m)| x.to_f64().iter().zip(m.to_f64()).map(|(x, m)| x * m).collect())
                .collect();
            let mut worst = deviation(&relevance[0], &case.expected("map").unwrap().to_f64());
            if let Some(expected) = case.expected("token_relevance") {
                let features = *out[1].shape().last().unwrap();
                let tokens: Vec<f64> = relevance[1].chunks(features).map(|c| c.iter().sum()).collect();
                worst = worst.max(deviation(&tokens, &expected.to_f64()));
            }
            println!("{}: {worst:.1e} of {:.0e}", case.id(), case.tolerance());
            met += 1;
            if worst > case.tolerance() {
                failures.push(format!("{}: {worst:.1e}", case.id()));
            }
        }
    }
    println!("{met} cases, {} failures", failures.len());
    assert!(failures.is_empty(), "{failures:#?}");
}

/// A transformer block without biases: two heads, GELU, layer and RMS normalisation, a gated product.
fn block(salt: u64, bias: f64) -> Net {
    let mut graph = Graph::new("block");
    let x = graph.add_input("x", Fact::new(DType::F64, &[1, 5, 6]));
    let mut salt = salt * 100;
    let mut b = Build::new(&mut graph, "net");
    let mut constant = |b: &mut Build, shape: &[usize], scale: f64| {
        salt += 1;
        let v = tensor(shape, salt).to_f64().iter().map(|v| v * scale).collect();
        b.constant(Tensor::f64(shape, v).unwrap())
    };
    let mut dense = |b: &mut Build, x: Wire, n: usize, m: usize| {
        let (w, c) = (constant(b, &[n, m], 0.7), constant(b, &[m], bias));
        b.op("Linear", &[x, w, c], Attrs::new()).unwrap()
    };
    let ones = b.constant(Tensor::full(DType::F64, &[6], 1.2));
    let zeros = b.constant(Tensor::full(DType::F64, &[6], bias));
    let h = dense(&mut b, x, 6, 6);
    let n = b.op("LayerNormalization", &[h, ones, zeros], Attrs::new()).unwrap();
    let mut heads = |b: &mut Build, perm: &[usize]| {
        let q = dense(b, n, 6, 6);
        let q = b.reshape(q, &[1, 5, 2, 3]).unwrap();
        b.transpose(q, perm).unwrap()
    };
    let (q, k, v) = (heads(&mut b, &[0, 2, 1, 3]), heads(&mut b, &[0, 2, 3, 1]), heads(&mut b, &[0, 2, 1, 3]));
    let s = b.matmul(q, k).unwrap();
    let p = b.op("Softmax", &[s], Attrs::new()).unwrap();
    let a = b.matmul(p, v).unwrap();
    let a = b.transpose(a, &[0, 2, 1, 3]).unwrap();
    let a = b.reshape(a, &[1, 5, 6]).unwrap();
    let h = b.add(h, a).unwrap();
    let n = b.op("RMSNormalization", &[h, ones], Attrs::new()).unwrap();
    let f = dense(&mut b, n, 6, 8);
    let f = b.op("Gelu", &[f], Attrs::new()).unwrap();
    let f = dense(&mut b, f, 8, 6);
    let h = b.add(h, f).unwrap();
    let g = dense(&mut b, h, 6, 6);
    let g = b.sigmoid(g).unwrap();
    let h = b.mul(h, g).unwrap();
    let m = b.mean(h, &[1], false).unwrap();
    let t = b.tanh(m).unwrap();
    let h = b.mul(m, t).unwrap();
    let y = dense(&mut b, h, 6, 3);
    Net { graph, x, y }
}

/// The map for class 1, under either currency, and the score.
fn map(net: &Net, rules: &RuleSet, currency: Currency, at: &Tensor) -> (Vec<f64>, f64) {
    let mut graph = net.graph.clone();
    let score = interpret::run_taps(&graph, std::slice::from_ref(at), &[net.y], true).unwrap()[0].to_f64()[1];
    let start = if currency == Currency::Relevance { score } else { 1.0 };
    let seed = graph.add_constant("seed", Tensor::f64(&[1, 3], vec![0.0, start, 0.0]).unwrap());
    let flow = pull_back(&mut graph, &[(net.y, seed)], &[net.x], rules).unwrap().wrt[0].unwrap();
    let flow = interpret::run_taps(&graph, std::slice::from_ref(at), &[flow], true).unwrap()[0].to_f64();
    match currency {
        Currency::Relevance => (flow, score),
        Currency::Multiplier => (flow.iter().zip(at.to_f64()).map(|(m, x)| m * x).collect(), score),
    }
}

/// Without biases, CP-LRP keeps the score: everything between is linear in what it holds constant.
#[test]
fn constant_attention_conserves() {
    for salt in 0..5 {
        let (net, at) = (block(salt, 0.0), tensor(&[1, 5, 6], salt + 70));
        let rules = plain(Attention::Constant);
        let (found, score) = map(&net, &rules.rules(), rules.currency(), &at);
        let (sum, mass) = found.iter().fold((0.0, 0.0), |(s, m), v| (s + v, m + v.abs()));
        assert!((sum - score).abs() < 1e-10 * mass.max(1.0), "{sum} {score}");
        // a differentiated softmax keeps no relevance of its own
        let rules = plain(Attention::Differentiated);
        let (other, _) = map(&net, &rules.rules(), rules.currency(), &at);
        assert!(other.iter().all(|v| v.is_finite()));
        assert!(other.iter().zip(&found).any(|(a, b)| (a - b).abs() > 1e-3 * mass));
    }
}

/// With a small gamma relevance flows, and gives what multipliers give: the two currencies are one propagation.
#[test]
fn currencies_agree() {
    for (attention, bias) in [Attention::Differentiated, Attention::Constant].into_iter().zip([0.3, 0.0]) {
        let (net, at) = (block(3, bias), tensor(&[1, 5, 6], 4));
        let rules = plain(attention);
        assert_eq!(rules.currency(), Currency::Multiplier);
        let (expected, _) = map(&net, &rules.rules(), rules.currency(), &at);
        let rules = Transformer { attention, conv_gamma: 0.0, linear_gamma: 1e-9 };
        assert_eq!(rules.currency(), Currency::Relevance);
        let (found, _) = map(&net, &rules.rules(), rules.currency(), &at);
        let worst = deviation(&found, &expected);
        assert!(worst < 1e-3, "{attention:?}: {worst:.1e}");
    }
}

/// With gammas that matter relevance is still kept under constant attention, and the map changes.
#[test]
fn gammas_conserve() {
    let (net, at) = (block(2, 0.0), tensor(&[1, 5, 6], 9));
    let (plain, score) = map(&net, &plain(Attention::Constant).rules(), Currency::Multiplier, &at);
    for gamma in [0.05, 0.25, 1.0] {
        let rules = Transformer { attention: Attention::Constant, conv_gamma: gamma, linear_gamma: gamma };
        let (found, _) = map(&net, &rules.rules(), rules.currency(), &at);
        let sum: f64 = found.iter().sum();
        assert!((sum - score).abs() < 1e-3 * score.abs(), "gamma {gamma}: {sum} {score}");
        assert!(deviation(&found, &plain) > 1e-3);
    }
}

/// Rectifiers, maxima and linear nodes: input times gradient.
#[test]
fn rectifier_networks_give_input_times_gradient() {
    let net = nets::convolutional(4);
    let at = tensor(&net.graph.shape(net.x).unwrap(), 5);
    for attention in [Attention::Differentiated, Attention::Constant] {
        let (found, _) = map(&net, &plain(attention).rules(), Currency::Multiplier, &at);
        let (expected, _) = map(&net, &gradient_rules(), Currency::Multiplier, &at);
        assert!(deviation(&found, &expected) < 1e-12);
    }
}

/// A unit of one operator: the multiplier at 2 and at 0.
#[test]
fn units_by_hand() {
    let cases: [(&str, f64, Option<f64>); 6] = [
        ("Tanh", 1.0, Some(2f64.tanh() / 2.0)),
        ("Silu", 0.5, Some(1.0 / (1.0 + (-2f64).exp()))),
        ("Sqrt", 0.0, Some(2f64.sqrt() / 2.0)),
        ("Neg", -1.0, Some(-1.0)),
        ("Exp", 0.0, None),
        ("Sigmoid", 0.0, None),
    ];
    for (op, at_zero, at_two) in cases {
        let mut graph = Graph::new(op);
        let x = graph.add_input("x", Fact::new(DType::F64, &[2]));
        let y = graph.push("y", op, &[x], Attrs::new()).unwrap();
        let one = graph.add_constant("one", Tensor::full(DType::F64, &[2], 1.0));
        let rules = plain(Attention::Differentiated).rules();
        let pulled = pull_back(&mut graph, &[(y, one)], &[x], &rules).unwrap();
        let found = pulled.wrt[0].map(|w| {
            let at = Tensor::f64(&[2], vec![2.0, 0.0]).unwrap();
            interpret::run_taps(&graph, &[at], &[w], true).unwrap()[0].to_f64()
        });
        match (found, at_two) {
            (Some(found), Some(at_two)) => {
                assert!((found[0] - at_two).abs() < 1e-12 && (found[1] - at_zero).abs() < 1e-12, "{op}: {found:?}");
            }
            (found, expected) => assert!(found.is_none() && expected.is_none(), "{op}: {found:?}"),
        }
    }
}

/// Query and key get a quarter, values a half (constant attention: all), gates nothing, dividends all.
#[test]
fn products_share_multipliers() {
    let build = |write: &dyn Fn(&mut Build, Wire, Wire) -> Wire, attention: Attention| -> Vec<Option<f64>> {
        let mut graph = Graph::new("product");
        let x = graph.add_input("x", Fact::new(DType::F64, &[2, 2]));
        let mut b = Build::new(&mut graph, "net");
        let (l, r) = (b.scale(x, 2.0).unwrap(), b.scale(x, 3.0).unwrap());
        let y = write(&mut b, l, r);
        let one = graph.add_constant("one", Tensor::full(DType::F64, &[2, 2], 1.0));
        let mut shares = Vec::new();
        let gradient = pull_back(&mut graph, &[(y, one)], &[l, r], &gradient_rules()).unwrap().wrt;
        let found = pull_back(&mut graph, &[(y, one)], &[l, r], &plain(attention).rules()).unwrap().wrt;
        for (g, m) in gradient.into_iter().zip(found) {
            shares.push(m.map(|m| {
                let at = [tensor(&[2, 2], 3)];
                let out = interpret::run_taps(&graph, &at, &[m, g.unwrap()], true).unwrap();
                out[0].to_f64()[1] / out[1].to_f64()[1]
            }));
        }
        shares
    };
    let close = |found: Vec<Option<f64>>, expected: [Option<f64>; 2]| {
        for (a, b) in found.iter().zip(expected) {
            let same = match (a, b) {
                (Some(a), Some(b)) => (a - b).abs() < 1e-12,
                (a, b) => a.is_none() && b.is_none(),
            };
            assert!(same, "{found:?} instead of {expected:?}");
        }
    };
    let (differentiated, constant) = (Attention::Differentiated, Attention::Constant);
    close(build(&|b, l, r| b.matmul(l, r).unwrap(), differentiated), [Some(0.5); 2]);
    close(build(&|b, l, r| b.matmul(l, r).unwrap(), constant), [Some(0.5); 2]);
    close(build(&|b, l, r| b.mul(l, r).unwrap(), differentiated), [Some(0.5); 2]);
    close(build(&|b, l, r| b.div(l, r).unwrap(), differentiated), [Some(1.0), None]);
    let attend = |b: &mut Build, l: Wire, r: Wire| {
        let s = b.op("Softmax", &[l], Attrs::new()).unwrap();
        b.matmul(s, r).unwrap()
    };
    close(build(&attend, differentiated), [Some(0.5); 2]);
    close(build(&attend, constant), [None, Some(1.0)]);
    let gated = |b: &mut Build, l: Wire, r: Wire| {
        let s = b.sigmoid(l).unwrap();
        b.mul(s, r).unwrap()
    };
    close(build(&gated, differentiated), [None, Some(1.0)]);
}

#[test]
fn recurrent_layers_are_refused_and_rules_are_listed() {
    let mut graph = Graph::new("recurrent");
    let x = graph.add_input("x", Fact::new(DType::F64, &[2, 1, 3]));
    let (w, r) = (graph.add_constant("w", tensor(&[1, 2, 3], 1)), graph.add_constant("r", tensor(&[1, 2, 2], 2)));
    let y = graph.push("walk", "RNN", &[x, w, r], Attrs::new()).unwrap();
    let seed = graph.add_constant("seed", tensor(&[2, 1, 1, 2], 3));
    let error = pull_back(&mut graph, &[(y, seed)], &[x], &plain(Attention::Constant).rules()).unwrap_err();
    assert!(error.to_string().contains("`walk`"), "{error}");
    for gamma in [0.0, 0.1] {
        let net = block(1, 0.1);
        let mut graph = net.graph.clone();
        let seed = nets::weights(&mut graph, net.y);
        let rules = Transformer { attention: Attention::Differentiated, conv_gamma: gamma, linear_gamma: gamma };
        for a in pull_back(&mut graph, &[(net.y, seed)], &[net.x], &rules.rules()).unwrap().assignment {
            assert!(RULES.iter().any(|r| r.id == a.rule), "{}", a.rule);
        }
    }
}

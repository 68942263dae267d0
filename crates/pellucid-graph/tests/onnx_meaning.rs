//! What is written for older and fused operators computes what they did: compared with slow formulas on the reference interpreter.

mod protos;

use pellucid_graph::onnx::proto::*;
use pellucid_graph::onnx::{self, ExportOptions};
use pellucid_graph::{Attrs, DType, Fact, Graph, Tensor, interpret};
use protos::*;

/// Numbers between -1 and 1 that look random and never change.
fn numbers(count: usize, seed: u64) -> Vec<f64> {
    (0..count).map(|i| ((i as f64 + 1.0) * (seed as f64 + 0.618_034) * 12.9898).sin()).collect()
}

fn array(shape: &[usize], seed: u64) -> Tensor {
    Tensor::from_f64(DType::F32, shape.to_vec(), numbers(shape.iter().product(), seed))
}

/// The outputs of one node on inputs `i0`, `i1`, ...
fn run(opset: i64, domain: &str, mut node: NodeProto, inputs: &[Tensor]) -> Vec<Tensor> {
    node.domain = domain.into();
    let free = |t: &Tensor| t.shape().iter().map(|_| -1).collect::<Vec<i64>>();
    let infos =
        inputs.iter().enumerate().map(|(i, t)| value(&format!("i{i}"), t.dtype().onnx_code(), &free(t))).collect();
    let outputs: Vec<String> = node.output.iter().filter(|o| !o.is_empty()).cloned().collect();
    let outputs: Vec<&str> = outputs.iter().map(String::as_str).collect();
    let mut m = model(opset, graph(infos, &outputs, vec![node]));
    m.ir_version = 13;
    let read = read(&m).unwrap();
    interpret::run(&read.graph, inputs, false).unwrap()
}

fn check(what: &str, found: &Tensor, expected: &[f64]) {
    let found = found.to_f64();
    assert_eq!(found.len(), expected.len(), "{what}");
    let scale = expected.iter().fold(1.0f64, |m, v| m.max(v.abs()));
    let worst = found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    // Single precision through a few operators.
    assert!(worst <= 2e-6 * scale, "{what}: {worst}");
}

fn softmax(row: &[f64]) -> Vec<f64> {
    let most = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let powers: Vec<f64> = row.iter().map(|v| (v - most).exp()).collect();
    let sum: f64 = powers.iter().sum();
    powers.iter().map(|p| p / sum).collect()
}

#[test]
fn softmax_of_opset_11_runs_over_all_axes_from_its_axis_on() {
    let x = array(&[2, 3, 4], 1);
    for (axis, columns) in [(0, 24), (1, 12), (2, 4)] {
        let found = run(11, "", node("Softmax", &["i0"], &["y"], vec![int("axis", axis)]), std::slice::from_ref(&x));
        assert_eq!(found[0].shape(), [2, 3, 4]);
        let expected: Vec<f64> = x.to_f64().chunks(columns).flat_map(softmax).collect();
        check("softmax", &found[0], &expected);
    }
}

#[test]
fn group_normalization_of_opset_18_scales_by_group() {
    let (x, scale, bias) = (array(&[2, 6, 5], 2), array(&[3], 3), array(&[3], 4));
    let attrs = vec![int("num_groups", 3), float("epsilon", 0.125)];
    let found = run(
        18,
        "",
        node("GroupNormalization", &["i0", "i1", "i2"], &["y"], attrs),
        &[x.clone(), scale.clone(), bias.clone()],
    );
    let (s, b) = (scale.to_f64(), bias.to_f64());
    let group = |(g, v): (usize, &[f64])| -> Vec<f64> {
        let mean = v.iter().sum::<f64>() / v.len() as f64;
        let variance = v.iter().map(|a| (a - mean).powi(2)).sum::<f64>() / v.len() as f64;
        v.iter().map(|a| (a - mean) / (variance + 0.125).sqrt() * s[g % 3] + b[g % 3]).collect()
    };
    let expected: Vec<f64> = x.to_f64().chunks(10).enumerate().flat_map(group).collect();
    check("group normalization", &found[0], &expected);
}

#[test]
fn batch_normalization_without_spatial_has_statistics_for_each_element() {
    let parts: Vec<Tensor> = (0..5).map(|i| array(if i == 0 { &[2, 2, 3] } else { &[2, 3] }, 5 + i)).collect();
    let variance = Tensor::from_f64(DType::F32, vec![2, 3], parts[4].to_f64().iter().map(|v| v.abs()).collect());
    let inputs = [parts[0].clone(), parts[1].clone(), parts[2].clone(), parts[3].clone(), variance.clone()];
    let attrs = vec![int("spatial", 0), float("epsilon", 0.125)];
    let names = ["i0", "i1", "i2", "i3", "i4"];
    let found = run(7, "", node("BatchNormalization", &names, &["y"], attrs), &inputs);
    let [s, b, m, v] = [&parts[1], &parts[2], &parts[3], &variance].map(Tensor::to_f64);
    let one = |(i, x): (usize, f64)| (x - m[i % 6]) / (v[i % 6] + 0.125).sqrt() * s[i % 6] + b[i % 6];
    let expected: Vec<f64> = parts[0].to_f64().into_iter().enumerate().map(one).collect();
    check("batch normalization", &found[0], &expected);
}

#[test]
fn upsampling_repeats() {
    let x = array(&[1, 1, 2, 3], 9);
    let attrs = vec![floats("scales", &[1.0, 1.0, 2.0, 3.0]), text("mode", "nearest")];
    let found = run(7, "", node("Upsample", &["i0"], &["y"], attrs), std::slice::from_ref(&x));
    let v = x.to_f64();
    let expected: Vec<f64> = (0..4 * 9).map(|i| v[i / 9 / 2 * 3 + i % 9 / 3]).collect();
    check("upsample", &found[0], &expected);
}

/// Attention by loops: `q`, `k`, `v` of `batch x heads x length x size`, and whether query `i` may look at key `j` of head `h`.
struct Attention {
    batch: usize,
    heads: usize,
    queries: usize,
    keys: usize,
    size: usize,
}

impl Attention {
    fn slow(&self, q: &[f64], k: &[f64], v: &[f64], scale: f64, bias: impl Fn(usize, usize) -> f64) -> Vec<f64> {
        let mut out = vec![0.0; self.batch * self.heads * self.queries * self.size];
        for bh in 0..self.batch * self.heads {
            for i in 0..self.queries {
                let at = (bh * self.queries + i) * self.size;
                let score = |j: usize| {
                    let key = (bh * self.keys + j) * self.size;
                    (0..self.size).map(|d| q[at + d] * k[key + d]).sum::<f64>() * scale + bias(i, j)
                };
                let weights = softmax(&(0..self.keys).map(score).collect::<Vec<_>>());
                for d in 0..self.size {
                    out[at + d] = (0..self.keys).map(|j| weights[j] * v[(bh * self.keys + j) * self.size + d]).sum();
                }
            }
        }
        out
    }

    /// `batch x length x (heads size)` as `batch x heads x length x size`.
    fn split(&self, x: &[f64], length: usize) -> Vec<f64> {
        let (h, d) = (self.heads, self.size);
        let mut out = vec![0.0; x.len()];
        for (i, v) in x.iter().enumerate() {
            let (b, t, head, e) = (i / (length * h * d), i / (h * d) % length, i / d % h, i % d);
            out[((b * h + head) * length + t) * d + e] = *v;
        }
        out
    }

    fn join(&self, x: &[f64]) -> Vec<f64> {
        let (h, d, length) = (self.heads, self.size, self.queries);
        let mut out = vec![0.0; x.len()];
        for (i, v) in x.iter().enumerate() {
            let (b, head, t, e) = (i / (h * length * d), i / (length * d) % h, i / d % length, i % d);
            out[((b * length + t) * h + head) * d + e] = *v;
        }
        out
    }
}

#[test]
fn attention_of_four_axes_with_mask_and_order() {
    let a = Attention { batch: 2, heads: 3, queries: 4, keys: 5, size: 6 };
    let (q, k, v) = (array(&[2, 3, 4, 6], 10), array(&[2, 3, 5, 6], 11), array(&[2, 3, 5, 6], 12));
    let mask = array(&[4, 5], 13);
    let m = mask.to_f64();
    let later = |i: usize, j: usize| if j > i { f64::NEG_INFINITY } else { 0.0 };
    let inputs = [q.clone(), k.clone(), v.clone(), mask];
    let names = ["i0", "i1", "i2", "i3"];
    let [q, k, v] = [q, k, v].map(|t| t.to_f64());
    let found = run(23, "", node("Attention", &names[..3], &["y"], vec![]), &inputs[..3]);
    check("plain", &found[0], &a.slow(&q, &k, &v, 1.0 / 6f64.sqrt(), |_, _| 0.0));
    let attrs = || vec![int("is_causal", 1), float("scale", 0.75)];
    let found = run(23, "", node("Attention", &names, &["y"], attrs()), &inputs);
    check("masked", &found[0], &a.slow(&q, &k, &v, 0.75, |i, j| later(i, j) + m[i * 5 + j]));
    let window = vec![int("left_window_size", 1), int("right_window_size", 2)];
    let near = |i: usize, j: usize| if j + 1 >= i && j <= i + 2 { 0.0 } else { f64::NEG_INFINITY };
    let found = run(25, "", node("Attention", &names[..3], &["y"], window), &inputs[..3]);
    check("window", &found[0], &a.slow(&q, &k, &v, 1.0 / 6f64.sqrt(), near));
}

#[test]
fn attention_of_three_axes_of_both_domains() {
    let a = Attention { batch: 2, heads: 2, queries: 3, keys: 4, size: 5 };
    let (q, k, v) = (array(&[2, 3, 10], 14), array(&[2, 4, 10], 15), array(&[2, 4, 10], 16));
    let split = |t: &Tensor, n: usize| a.split(&t.to_f64(), n);
    let slow = a.slow(&split(&q, 3), &split(&k, 4), &split(&v, 4), 1.0 / 5f64.sqrt(), |_, _| 0.0);
    let expected = a.join(&slow);
    let names = ["i0", "i1", "i2"];
    let inputs = [q, k, v];
    let heads = vec![int("q_num_heads", 2), int("kv_num_heads", 2)];
    check("standard", &run(23, "", node("Attention", &names, &["y"], heads), &inputs)[0], &expected);
    let fused = node("MultiHeadAttention", &names, &["y"], vec![int("num_heads", 2)]);
    check("runtime", &run(17, "com.microsoft", fused, &inputs)[0], &expected);
}

#[test]
fn rotary_embedding_turns_pairs() {
    let (x, cos, sin) = (array(&[1, 2, 3, 4], 17), array(&[1, 3, 2], 18), array(&[1, 3, 2], 19));
    let [v, c, s] = [&x, &cos, &sin].map(Tensor::to_f64);
    for interleaved in [false, true] {
        let attrs = vec![int("interleaved", i64::from(interleaved))];
        let inputs = [x.clone(), cos.clone(), sin.clone()];
        let found = run(23, "", node("RotaryEmbedding", &["i0", "i1", "i2"], &["y"], attrs), &inputs);
        let mut expected = v.clone();
        for (row, t) in (0..6).map(|r| (r * 4, r % 3)) {
            for p in 0..2 {
                let (a, b) = if interleaved { (row + 2 * p, row + 2 * p + 1) } else { (row + p, row + p + 2) };
                let (c, s) = (c[t * 2 + p], s[t * 2 + p]);
                expected[a] = c * v[a] - s * v[b];
                expected[b] = s * v[a] + c * v[b];
            }
        }
        check("rotary", &found[0], &expected);
    }
}

#[test]
fn grouped_operators_are_lowered_to_what_they_are() {
    let mut g = Graph::new("g");
    let x = g.add_input("x", Fact::new(DType::F32, &[2, 3, 4]));
    let w = g.add_constant("w", array(&[4, 5], 20));
    let b = g.add_constant("b", array(&[5], 21));
    let scale = g.add_constant("scale", array(&[3, 5], 22));
    let linear = g.push("linear", "Linear", &[x, w, b], Attrs::new()).unwrap();
    let silu = g.push("silu", "Silu", &[linear], Attrs::new()).unwrap();
    let norm = Attrs::new().with("axis", 1).with("epsilon", 0.125f32);
    let y = g.push("y", "RMSNormalization", &[silu, scale], norm).unwrap();
    g.set_outputs(&[linear, silu, y]);
    let bytes = onnx::to_bytes(&g, &ExportOptions::default()).unwrap();
    let plain = onnx::from_bytes(bytes, "plain", None).unwrap().graph;
    assert!(plain.nodes().iter().all(|n| !pellucid_graph::op::GROUPED.contains(&n.op.as_str())));
    let input = [array(&[2, 3, 4], 23)];
    let grouped = interpret::run(&g, &input, true).unwrap();
    for (a, b) in grouped.iter().zip(interpret::run(&plain, &input, true).unwrap()) {
        check("lowered", &b, &a.to_f64());
    }
}

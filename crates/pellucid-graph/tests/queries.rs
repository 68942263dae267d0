//! Queries on small graphs: layers, tokens, attention, classifiers, last activations.

mod common;

use common::Net;
use pellucid_graph::query::{
    FinalActivation, Pooled, SiteRole, TokenLayout, attention_blocks, classifier_head, is_channels_last, last_spatial,
    spatial_candidates, token_grid, trailing_activation,
};
use pellucid_graph::{Attrs, DType, Tensor, Wire};

fn axis(a: i64) -> Attrs {
    Attrs::new().with("axis", a)
}

fn perm(p: &[i64]) -> Attrs {
    Attrs::new().with("perm", p.to_vec())
}

fn pool(size: i64) -> Attrs {
    Attrs::new().with("kernel_shape", vec![size; 2]).with("strides", vec![size; 2])
}

fn conv(n: &mut Net, x: Wire, i: usize, o: usize, k: usize, stride: i64) -> Wire {
    let (w, b) = (n.weight(&[o, i, k, k]), n.weight(&[o]));
    let pad = if stride == 1 { (k / 2) as i64 } else { 0 };
    n.with("Conv", &[x, w, b], Attrs::new().with("strides", vec![stride; 2]).with("pads", vec![pad; 4]))
}

fn linear(n: &mut Net, x: Wire, i: usize, o: usize) -> Wire {
    let (w, b) = (n.weight(&[i, o]), n.weight(&[o]));
    let y = n.op("MatMul", &[x, w]);
    n.op("Add", &[b, y])
}

fn layer_norm(n: &mut Net, x: Wire, c: usize) -> Wire {
    let (g, b) = (n.weight(&[c]), n.weight(&[c]));
    n.with("LayerNormalization", &[x, g, b], axis(-1))
}

/// The layer that is proposed.
fn layer(n: &Net) -> String {
    n.name(last_spatial(&n.graph).unwrap().wire)
}

#[test]
fn the_map_before_a_global_pool_is_the_layer() {
    for global in ["GlobalAveragePool", "GlobalMaxPool", "AveragePool", "ReduceMean"] {
        let mut n = Net::new(DType::F32);
        let x = n.input(&[1, 3, 8, 8]);
        let y = conv(&mut n, x, 3, 4, 3, 1);
        let r = n.op("Relu", &[y]);
        let m = n.with("MaxPool", &[r], pool(2));
        let p = match global {
            "AveragePool" => n.with(global, &[m], pool(4)),
            "ReduceMean" => {
                let axes = n.ints(&[2, 3]);
                n.with(global, &[m, axes], Attrs::new().with("keepdims", 0i64))
            }
            _ => n.op(global, &[m]),
        };
        let flat = n.ints(&[1, 4]);
        let f = n.op("Reshape", &[p, flat]);
        let y = linear(&mut n, f, 4, 2);
        n.output(y);
        assert_eq!(layer(&n), n.name(m), "{global}");
    }
}

#[test]
fn the_activation_before_the_last_max_pool_is_the_layer_of_a_flattened_net() {
    let mut n = Net::new(DType::F32);
    let x = n.input(&[1, 3, 8, 8]);
    let y = conv(&mut n, x, 3, 4, 3, 1);
    let r = n.op("Relu", &[y]);
    let m = n.with("MaxPool", &[r], pool(2));
    let t = n.with("Transpose", &[m], perm(&[0, 2, 3, 1]));
    let f = n.with("Flatten", &[t], axis(1));
    let y = linear(&mut n, f, 64, 2);
    let s = n.op("Softmax", &[y]);
    n.output(s);
    let found = last_spatial(&n.graph).unwrap();
    assert_eq!(n.name(found.wire), n.name(r));
    assert!(found.because.contains(&n.graph.producer(f).unwrap().name), "{}", found.because);
    assert_eq!(trailing_activation(&n.graph, s), Some((FinalActivation::Softmax, y)));
}

#[test]
fn gates_and_side_branches_do_not_mislead() {
    let mut n = Net::new(DType::F32);
    let x = n.input(&[1, 3, 8, 8]);
    let a = conv(&mut n, x, 3, 4, 3, 1);
    // squeeze and excitation
    let g = n.op("GlobalAveragePool", &[a]);
    let g = conv(&mut n, g, 4, 4, 1, 1);
    let g = n.op("Sigmoid", &[g]);
    let b = n.op("Mul", &[a, g]);
    let p = n.op("GlobalAveragePool", &[b]);
    let f = n.with("Flatten", &[p], axis(1));
    let y = linear(&mut n, f, 4, 2);
    n.output(y);
    assert_eq!(layer(&n), n.name(b));
    let head = classifier_head(&n.graph).unwrap();
    assert_eq!((head.features, head.pooled, head.logits), (b, Pooled::Mean, y));
    assert_eq!(head.weight.shape(), [2, 4]);
}

#[test]
fn a_net_whose_output_is_a_map_shows_what_its_last_convolution_sees() {
    let mut n = Net::new(DType::F32);
    let x = n.input(&[1, 3, 8, 8]);
    let y = conv(&mut n, x, 3, 4, 3, 1);
    let r = n.op("Relu", &[y]);
    let o = conv(&mut n, r, 4, 2, 1, 1);
    let s = n.op("Sigmoid", &[o]);
    n.output(s);
    assert_eq!(layer(&n), n.name(r));
    assert!(classifier_head(&n.graph).is_none());
    // enlarged behind the classifier
    let sizes = n.ints(&[1, 2, 16, 16]);
    let big = n
        .graph
        .push_many("big", "Resize", &[Some(o), None, None, Some(sizes)], Attrs::new().with("mode", "linear"), 1)
        .unwrap()[0];
    n.graph.set_outputs(&[big]);
    assert_eq!(layer(&n), n.name(r));
    // a shortcut around the last convolution
    let w = conv(&mut n, r, 4, 4, 3, 1);
    let sum = n.op("Add", &[r, w]);
    n.graph.set_outputs(&[sum]);
    assert_eq!(layer(&n), n.name(w));
}

#[test]
fn without_positions_there_is_no_layer() {
    let mut n = Net::new(DType::F32);
    let x = n.input(&[1, 6]);
    let y = linear(&mut n, x, 6, 2);
    n.output(y);
    let error = last_spatial(&n.graph).unwrap_err().to_string();
    assert!(error.contains("no wire with positions of the image leads to output"), "{error}");
    assert!(spatial_candidates(&n.graph).is_empty());
}

#[test]
fn classifiers_of_every_form_are_read_the_same() {
    let weight = |n: &mut Net| n.weight(&[4, 3]);
    let build = |form: &str| {
        let mut n = Net::new(DType::F64);
        let x = n.input(&[2, 3, 5, 5]);
        let f = conv(&mut n, x, 3, 4, 3, 1);
        let f = n.op("Relu", &[f]);
        let p = n.op("GlobalAveragePool", &[f]);
        let (w, b) = (weight(&mut n), n.weight(&[3]));
        let flat = |n: &mut Net, p: Wire| n.with("Flatten", &[p], axis(1));
        let values = n.graph.constant(w).unwrap().to_f64();
        let turned = Tensor::from_f64(DType::F64, vec![3, 4], (0..12).map(|i| values[i % 4 * 3 + i / 4]).collect());
        let wt = n.graph.add_constant("turned", turned);
        let y = match form {
            "gemm" => {
                let p = flat(&mut n, p);
                n.op("Gemm", &[p, w, b])
            }
            "gemm turned" => {
                let p = flat(&mut n, p);
                n.with("Gemm", &[p, wt, b], Attrs::new().with("transB", 1i64))
            }
            "matmul" => {
                let axes = n.ints(&[2, 3]);
                let p = n.op("Squeeze", &[p, axes]);
                let y = n.op("MatMul", &[p, w]);
                n.op("Add", &[y, b])
            }
            "conv" => {
                let shape = n.ints(&[3, 4, 1, 1]);
                let k = n.op("Reshape", &[wt, shape]);
                let y = n.op("Conv", &[p, k, b]);
                flat(&mut n, y)
            }
            _ => {
                let shape = n.ints(&[3, 4, 1, 1]);
                let k = n.op("Reshape", &[wt, shape]);
                let y = n.op("Conv", &[f, k, b]);
                let y = n.op("GlobalAveragePool", &[y]);
                flat(&mut n, y)
            }
        };
        n.output(y);
        let head = classifier_head(&n.graph).unwrap_or_else(|| panic!("no head found: {form}"));
        assert_eq!((head.features, head.logits), (f, y), "{form}");
        (head.weight.to_f64(), head.bias.to_f64())
    };
    let first = build("gemm");
    for form in ["gemm turned", "matmul", "conv", "conv before the pool"] {
        assert_eq!(build(form), first, "{form}");
    }
}

#[test]
fn a_hidden_layer_or_another_norm_is_no_plain_classifier() {
    for hidden in ["Relu", "LayerNormalization"] {
        let mut n = Net::new(DType::F32);
        let x = n.input(&[2, 3, 5, 5]);
        let p = n.op("GlobalAveragePool", &[x]);
        let f = n.with("Flatten", &[p], axis(1));
        let h = if hidden == "Relu" { n.op("Relu", &[f]) } else { layer_norm(&mut n, f, 3) };
        let y = linear(&mut n, h, 3, 2);
        n.output(y);
        assert!(classifier_head(&n.graph).is_none(), "{hidden}");
    }
}

#[test]
fn last_activations_are_stepped_over() {
    let mut n = Net::new(DType::F32);
    let x = n.input(&[2, 3]);
    let s = n.op("Sigmoid", &[x]);
    let shape = n.ints(&[2, 3, 1]);
    let r = n.op("Reshape", &[s, shape]);
    let i = n.op("Identity", &[r]);
    assert_eq!(trailing_activation(&n.graph, i), Some((FinalActivation::Sigmoid, x)));
    let l = n.with("LogSoftmax", &[x], axis(1));
    assert_eq!(trailing_activation(&n.graph, l), Some((FinalActivation::LogSoftmax, x)));
    assert_eq!(FinalActivation::LogSoftmax.to_string(), "LogSoftmax");
    let t = n.op("Tanh", &[x]);
    assert_eq!(trailing_activation(&n.graph, t), None);
    assert_eq!(trailing_activation(&n.graph, x), None);
}

/// How attention is written.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Style {
    /// Heads on an axis of their own, scaled queries.
    FourAxes,
    /// Heads among the samples, scaled scores and a mask.
    ThreeAxes,
    /// Scores and values by `Einsum`.
    Einsum,
}

/// Attention over `t` tokens of `c` channels with two heads; `x` is `1 x t x c`.
fn attention(n: &mut Net, x: Wire, t: usize, c: usize, style: Style) -> Wire {
    let d = c / 2;
    let (q, k, v) = (linear(n, x, c, c), linear(n, x, c, c), linear(n, x, c, c));
    let scale = n.number((d as f64).powf(-0.5));
    let (t, d, c) = (t as i64, d as i64, c as i64);
    let split = |n: &mut Net, w: Wire| {
        let s = n.ints(&[1, t, 2, d]);
        let w = n.op("Reshape", &[w, s]);
        let w = n.with("Transpose", &[w], perm(&[0, 2, 1, 3]));
        if style != Style::ThreeAxes {
            return w;
        }
        let s = n.ints(&[2, t, d]);
        n.op("Reshape", &[w, s])
    };
    let (q, k, v) = (split(n, q), split(n, k), split(n, v));
    let o = match style {
        Style::FourAxes => {
            let q = n.op("Mul", &[q, scale]);
            let k = n.with("Transpose", &[k], perm(&[0, 1, 3, 2]));
            let s = n.op("MatMul", &[q, k]);
            let p = n.with("Softmax", &[s], axis(-1));
            n.op("MatMul", &[p, v])
        }
        Style::ThreeAxes => {
            let k = n.with("Transpose", &[k], perm(&[0, 2, 1]));
            let s = n.op("MatMul", &[q, k]);
            let s = n.op("Mul", &[s, scale]);
            let mask = n.weight(&[1, t as usize, t as usize]);
            let s = n.op("Add", &[mask, s]);
            let p = n.with("Softmax", &[s], axis(2));
            let p = n.op("Dropout", &[p]);
            let o = n.op("MatMul", &[p, v]);
            let s = n.ints(&[1, 2, t, d]);
            n.op("Reshape", &[o, s])
        }
        Style::Einsum => {
            let s = n.with("Einsum", &[q, k], Attrs::new().with("equation", "bhxd,bhyd->bhxy"));
            let s = n.op("Mul", &[s, scale]);
            let p = n.with("Softmax", &[s], axis(3));
            n.with("Einsum", &[p, v], Attrs::new().with("equation", "bhxy,bhyd->bhxd"))
        }
    };
    let o = n.with("Transpose", &[o], perm(&[0, 2, 1, 3]));
    let s = n.ints(&[1, t, c]);
    let o = n.op("Reshape", &[o, s]);
    linear(n, o, c as usize, c as usize)
}

/// The tokens of an image of `4 x 6` patches behind `special` others.
fn tokens(n: &mut Net, special: usize) -> Wire {
    let x = n.input(&[1, 3, 16, 24]);
    let p = conv(n, x, 3, 8, 4, 4);
    let s = n.ints(&[1, 8, 24]);
    let y = n.op("Reshape", &[p, s]);
    let y = n.with("Transpose", &[y], perm(&[0, 2, 1]));
    let y = if special > 0 {
        let class = n.weight(&[1, special, 8]);
        n.with("Concat", &[class, y], axis(1))
    } else {
        y
    };
    let position = n.weight(&[1, 24 + special, 8]);
    n.op("Add", &[y, position])
}

#[test]
fn attention_is_found_in_every_style_and_its_tokens_are_counted() {
    for style in [Style::FourAxes, Style::ThreeAxes, Style::Einsum] {
        for special in [0, 1, 2, 5] {
            let mut n = Net::new(DType::F32);
            let t = 24 + special;
            let mut x = tokens(&mut n, special);
            let mut norms = vec![];
            for _ in 0..2 {
                let h = layer_norm(&mut n, x, 8);
                norms.push(h);
                let a = attention(&mut n, h, t, 8, style);
                x = n.op("Add", &[x, a]);
                let h = layer_norm(&mut n, x, 8);
                let m = linear(&mut n, h, 8, 8);
                x = n.op("Add", &[x, m]);
            }
            let end = layer_norm(&mut n, x, 8);
            let y = if special > 0 {
                let first = n.graph.add_constant("first", Tensor::from_i64(DType::I64, vec![], vec![0]));
                n.with("Gather", &[end, first], axis(1))
            } else {
                let axes = n.ints(&[1]);
                n.with("ReduceMean", &[end, axes], Attrs::new().with("keepdims", 0i64))
            };
            let y = linear(&mut n, y, 8, 3);
            n.output(y);
            let blocks = attention_blocks(&n.graph);
            assert_eq!(blocks.len(), 2, "{style:?}");
            for block in &blocks {
                assert_eq!(
                    (block.heads, block.queries, block.tokens, block.special_tokens),
                    (2, t, t, special),
                    "{style:?}"
                );
                assert!(block.is_square() && !block.windows);
                let softmax = n.graph.producer(block.probabilities).unwrap();
                assert_eq!(softmax.inputs[0], Some(block.scores));
                let product = n.graph.producer(block.output).unwrap();
                assert_eq!(product.inputs[1], Some(block.value));
            }
            assert_eq!(layer(&n), n.name(norms[1]), "{style:?} {special}");
            let grid = token_grid(&n.graph, norms[1]).unwrap();
            assert_eq!((grid.special, grid.grid, grid.layout), (special, vec![4, 6], TokenLayout::Sequence));
            let roles: Vec<SiteRole> = spatial_candidates(&n.graph).iter().map(|c| c.role).collect();
            assert_eq!(roles.iter().filter(|r| **r == SiteRole::FeatureMap).count(), 1);
        }
    }
}

#[test]
fn tokens_of_a_convolutional_stem_are_explained_at_its_map() {
    let mut n = Net::new(DType::F32);
    let x = n.input(&[1, 3, 16, 24]);
    let a = conv(&mut n, x, 3, 4, 3, 1);
    let a = n.op("Relu", &[a]);
    let b = conv(&mut n, a, 4, 8, 4, 4);
    let b = n.op("Relu", &[b]);
    let s = n.ints(&[1, 8, 24]);
    let y = n.op("Reshape", &[b, s]);
    let t = n.with("Transpose", &[y], perm(&[0, 2, 1]));
    let h = layer_norm(&mut n, t, 8);
    let o = attention(&mut n, h, 24, 8, Style::FourAxes);
    let y = n.op("Add", &[t, o]);
    let axes = n.ints(&[1]);
    let y = n.with("ReduceMean", &[y, axes], Attrs::new().with("keepdims", 0i64));
    let y = linear(&mut n, y, 8, 2);
    n.output(y);
    assert_eq!(layer(&n), n.name(b));
}

#[test]
fn a_softmax_without_two_products_of_data_is_no_attention() {
    let mut n = Net::new(DType::F32);
    let x = n.input(&[1, 5, 8]);
    let y = linear(&mut n, x, 8, 5);
    let p = n.with("Softmax", &[y], axis(-1));
    let o = n.op("MatMul", &[p, x]);
    n.output(o);
    assert!(attention_blocks(&n.graph).is_empty());
}

#[test]
fn maps_with_the_channels_last_are_told_apart() {
    let mut n = Net::new(DType::F32);
    let x = n.input(&[1, 3, 8, 12]);
    let a = conv(&mut n, x, 3, 6, 2, 2);
    let t = n.with("Transpose", &[a], perm(&[0, 2, 3, 1]));
    let h = layer_norm(&mut n, t, 6);
    let w = n.weight(&[6, 5]);
    let l = n.op("MatMul", &[h, w]);
    let back = n.with("Transpose", &[l], perm(&[0, 3, 1, 2]));
    let p = n.op("GlobalAveragePool", &[back]);
    n.output(p);
    for wire in [t, h, l] {
        assert!(is_channels_last(&n.graph, wire));
        assert_eq!(token_grid(&n.graph, wire).unwrap().grid, [4, 6]);
    }
    for wire in [a, back, p] {
        assert!(!is_channels_last(&n.graph, wire) && token_grid(&n.graph, wire).is_none());
    }
}

#[test]
fn dropping_the_special_tokens_is_followed() {
    let mut n = Net::new(DType::F32);
    let x = tokens(&mut n, 2);
    let (starts, ends, axes) = (n.ints(&[2]), n.ints(&[i64::MAX]), n.ints(&[1]));
    let y = n.op("Slice", &[x, starts, ends, axes]);
    n.output(y);
    assert_eq!(token_grid(&n.graph, x).unwrap().special, 2);
    assert_eq!(token_grid(&n.graph, y).unwrap().special, 0);
    // dropping others isn't
    let (starts, ends) = (n.ints(&[0]), n.ints(&[24]));
    let z = n.op("Slice", &[x, starts, ends, axes]);
    assert_eq!(token_grid(&n.graph, z), None);
}

#[test]
fn what_an_attention_gives_lies_as_the_tokens_around_it() {
    let mut n = Net::new(DType::F32);
    let x = tokens(&mut n, 1);
    let a = attention(&mut n, x, 25, 8, Style::FourAxes);
    let y = n.op("Add", &[x, a]);
    n.output(y);
    assert_eq!(token_grid(&n.graph, a), token_grid(&n.graph, x));
    assert_eq!(token_grid(&n.graph, a).unwrap().special, 1);
}

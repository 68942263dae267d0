//! Shares the target out to the input and to every bias, and shows both on one map.
//!
//! # Formula
//! ```text
//! t(x) = <dt/dx, x> + sum_l <b_l, dt/dz_l>                    at every position of layer l, for rectified networks
//! L = sum_c psi(dt/dx_c x_c) + sum_l sum_k U(psi(b_k dt/dz_lk))   psi: absolute value, then min-max per layer
//! ```
//!
//! # Symbols
//! - `z_l`: output of a convolution or batch normalisation with bias, `K x S..`
//! - `b_l`: its bias; for a batch normalisation `beta - gamma mu / sqrt(var + eps)`
//! - `U`: resize to the input's spatial size, linear, corners aligned
//!
//! # Axioms
//! Completeness holds for rectified (piecewise linear) networks: input term and bias terms, dense biases included, sum to the target. Curved
//! functions (SiLU, GELU, normalisation by statistics of the input) have no bias of this kind, so there it doesn't; the residual is measured.
//!
//! # Cost
//! 1 F + 1 B, all layers tapped.
//!
//! # In images
//! A map at full resolution that mixes all depths. Never negative: it can't show evidence against the target.
//!
//! # Departures
//! Min-max runs over all channels and positions of a layer of one sample, as in the authors' code (pytorch-grad-cam scales each channel by itself).
//! Dense biases enter the check, not the map: they have no place. Batch normalisations stay
//! as they are in the file, for folding would merge two biases and the absolute value isn't additive.
//!
//! # Source
//! srinivas2019fullgrad, eq. 6 and 8.

use pellucid_diff::gradient_rules;
use pellucid_graph::{Build, Graph, Node, Wire};

use crate::Result;
use crate::assembly::Assembly;
use crate::cam::resized;
use crate::evidence::Grid;
use crate::method::{Family, Form, Gradients, Kind, MethodInfo, Need, Written, WrittenCheck, WrittenMap};
use crate::params::Values;

/// Stabiliser of min-max.
const EPS: f64 = 1e-6;

/// FullGrad.
pub static INFO: MethodInfo = MethodInfo {
    id: "full-grad",
    name: "FullGrad",
    family: Family::Gradient,
    summary: "Shares the target out to the input and to every bias, and shows both on one map",
    sources: &["srinivas2019fullgrad"],
    needs: &[Need::Gradient],
    cost: "1 F + 1 B",
    keeps: &[("completeness", "for rectified networks, input and bias terms sum to the target")],
    breaks: &[("completeness", "curved functions have no bias to share out")],
    params: &[],
    cautions: &["never negative; mixes all depths"],
    revision: 1,
    file: include_str!("full_grad.rs"),
    kind: Kind::Compiled { needs: |_| Gradients { form: Form::Unfolded, ..Gradients::default() }, write },
};

/// A wire with a bias: per channel (axis 1), or of a dense layer.
struct Biased {
    wire: Wire,
    bias: Wire,
    dense: bool,
}

/// Effective biases of the nodes that have one, in order.
fn biased(b: &mut Build, nodes: &[Node]) -> Result<Vec<Biased>> {
    let mut out = Vec::new();
    for node in nodes {
        let Some(wire) = node.outputs.first().copied().flatten() else { continue };
        let input = |i: usize| node.inputs.get(i).copied().flatten();
        let (bias, dense) = match node.op.as_str() {
            "Conv" | "ConvTranspose" => (input(2), false),
            "Gemm" | "Linear" => (input(2), true),
            "BatchNormalization" => (Some(norm_bias(b, node)?), false),
            _ => (None, false),
        };
        if let Some(bias) = bias {
            out.push(Biased { wire, bias, dense });
        }
    }
    Ok(out)
}

/// `beta - gamma mu / sqrt(var + eps)`.
fn norm_bias(b: &mut Build, node: &Node) -> Result<Wire> {
    let input = |i: usize| {
        node.inputs.get(i).copied().flatten().ok_or_else(|| {
            pellucid_graph::GraphError::Invalid(format!("batch normalisation `{}` lacks input {i}", node.name))
        })
    };
    let eps = f64::from(node.attrs.float("epsilon").unwrap_or(1e-5));
    let v = b.shift(input(4)?, eps)?;
    let std = b.sqrt(v)?;
    let m = b.mul(input(1)?, input(3)?)?;
    let m = b.div(m, std)?;
    Ok(b.sub(input(2)?, m)?)
}

/// Nodes of the model itself, before the target was put on top.
fn model_nodes(graph: &Graph, score: Wire) -> Vec<Node> {
    let needed = graph.needed_for(&[score]);
    let on_way = |n: &&Node| n.outputs.iter().flatten().any(|w| needed[w.index()]);
    graph.nodes().iter().filter(on_way).cloned().collect()
}

fn write(assembly: &mut Assembly, _: &Values) -> Result<Written> {
    let nodes = model_nodes(&assembly.graph, assembly.score);
    let terms = biased(&mut assembly.build("full-grad"), &nodes)?;
    let inputs = assembly.float_inputs();
    let wrt: Vec<Wire> = inputs.iter().copied().chain(terms.iter().map(|t| t.wire)).collect();
    let flows = assembly.pull(&gradient_rules(), &wrt)?;
    let rank = assembly.graph.shape(inputs[0])?.len();
    let size = assembly.input_size(rank.saturating_sub(2))?;
    let (score, mut map, mut total) = (assembly.score, None, None);
    let mut bias_terms = Vec::new();
    for (input, flow) in inputs.iter().zip(&flows) {
        let mut b = assembly.build("full-grad");
        let product = b.mul(*input, *flow)?;
        total = Some(accumulate(&mut b, total, product)?);
        if b.shape(product)?.len() == rank {
            let product = assembly.channels_first(*input, product)?;
            map = Some(shown(&mut assembly.build("full-grad"), map, product, &size)?);
        }
    }
    let input_term = total;
    for (term, flow) in terms.iter().zip(&flows[inputs.len()..]) {
        let mut b = assembly.build("full-grad");
        let shape = b.shape(*flow)?;
        let mut per_channel = vec![1; shape.len()];
        let axis = if term.dense { shape.len() - 1 } else { 1 };
        per_channel[axis] = shape[axis];
        let bias = if b.volume(term.bias)? == shape[axis] { b.reshape(term.bias, &per_channel)? } else { term.bias };
        let product = b.mul(*flow, bias)?;
        let sum = accumulate(&mut b, None, product)?;
        bias_terms.push(sum);
        total = Some(match total {
            Some(t) => b.add(t, sum)?,
            None => sum,
        });
        if !term.dense && shape.len() == rank {
            map = Some(shown(&mut b, map, product, &size)?);
        }
    }
    let mut written = Written::default();
    written.extras.extend(input_term.map(|w| ("input_term", w)));
    if bias_terms.is_empty() {
        // the sum over no biases
        bias_terms.push(assembly.build("full-grad").scale(score, 0.0)?);
    }
    let terms = assembly.build("full-grad").concat(&bias_terms, 0)?;
    written.extras.push(("bias_terms", terms));
    if let Some(wire) = map {
        written.maps.push(WrittenMap { grid: Grid::Layer { name: "all biases".into() }, wire });
    }
    if let Some(found) = total {
        written.checks.push(WrittenCheck {
            name: "completeness",
            statement: "input term + bias terms = target",
            found,
            expected: score,
            tolerance: 1e-3,
        });
    }
    Ok(written)
}

/// The running sum of all terms, shape `N`.
fn accumulate(b: &mut Build, total: Option<Wire>, term: Wire) -> Result<Wire> {
    let axes: Vec<usize> = (1..b.shape(term)?.len()).collect();
    let sum = b.sum(term, &axes, false)?;
    Ok(match total {
        Some(t) => b.add(t, sum)?,
        None => sum,
    })
}

/// Adds `sum_k U(psi(term))` to the map.
fn shown(b: &mut Build, map: Option<Wire>, term: Wire, size: &[usize]) -> Result<Wire> {
    let axes: Vec<usize> = (1..b.shape(term)?.len()).collect();
    let m = b.abs(term)?;
    let top = b.max_over(m, &axes, true)?;
    let negative = b.neg(m)?;
    let bottom = b.max_over(negative, &axes, true)?;
    let m = b.add(m, bottom)?;
    let span = b.add(top, bottom)?;
    let span = b.shift(span, EPS)?;
    let m = b.div(m, span)?;
    let m = b.sum(m, &[1], false)?;
    let m = resized(b, m, 1, size, "align_corners")?;
    Ok(match map {
        Some(before) => b.add(before, m)?,
        None => m,
    })
}

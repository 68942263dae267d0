//! Operators of the dialect that tract doesn't have, as small graphs of operators that it has.

use pellucid_graph::{Attrs, Build, DType, Fact, Graph, GraphError, Node, Result, Tensor, Wire};

/// Writes one operator on wires of a fragment and returns the wire of its only output.
type Write = fn(&mut Build, &Node, &[Option<Wire>]) -> Result<Wire>;

/// The one list of operators that are written out.
const TABLE: &[(&str, Write)] = &[("Silu", silu), ("Linear", linear), ("RMSNormalization", rms_normalization)];

/// One node written out.
pub struct Fragment {
    /// Its inputs are those of the node that aren't constants; its one output is the node's.
    pub graph: Graph,
    /// Which wire of the whole graph a wire of the fragment stands for.
    pub outer: Vec<(Wire, Wire)>,
}

/// The fragment of a node, when its operator is in the list and its inputs are known.
pub fn fragment(graph: &Graph, node: &Node) -> Option<Fragment> {
    let write = TABLE.iter().find(|row| row.0 == node.op && node.domain.is_empty())?.1;
    let mut inner = Graph::new(&node.name);
    let mut outer = vec![];
    let mut inputs = vec![];
    for wire in &node.inputs {
        inputs.push(match wire {
            None => None,
            Some(wire) => {
                let here = stand_in(&mut inner, graph, *wire)?;
                outer.push((here, *wire));
                Some(here)
            }
        });
    }
    let out = write(&mut Build::new(&mut inner, &node.op), node, &inputs).ok()?;
    inner.set_outputs(&[out]);
    Some(Fragment { graph: inner, outer })
}

fn stand_in(inner: &mut Graph, graph: &Graph, wire: Wire) -> Option<Wire> {
    let name = graph.name_of(wire);
    Some(match graph.constant(wire) {
        Some(value) => inner.add_constant(name, value.clone()),
        None => {
            let fact: &Fact = graph.info(wire).fact.as_ref()?;
            inner.add_input(name, fact.clone())
        }
    })
}

fn input(node: &Node, inputs: &[Option<Wire>], i: usize) -> Result<Wire> {
    let missing =
        || GraphError::Node { node: node.name.clone(), op: node.op.clone(), reason: format!("input {i} is missing") };
    inputs.get(i).copied().flatten().ok_or_else(missing)
}

/// `x sigmoid(x)`.
fn silu(b: &mut Build, node: &Node, inputs: &[Option<Wire>]) -> Result<Wire> {
    let x = input(node, inputs, 0)?;
    let gate = b.sigmoid(x)?;
    b.mul(x, gate)
}

/// `x W + b`.
fn linear(b: &mut Build, node: &Node, inputs: &[Option<Wire>]) -> Result<Wire> {
    let product = b.matmul(input(node, inputs, 0)?, input(node, inputs, 1)?)?;
    match inputs.get(2).copied().flatten() {
        Some(bias) => b.add(product, bias),
        None => Ok(product),
    }
}

/// `x / sqrt(mean(x^2) + epsilon) * s`, the mean over the axes from `axis` on.
fn rms_normalization(b: &mut Build, node: &Node, inputs: &[Option<Wire>]) -> Result<Wire> {
    let (x, scale) = (input(node, inputs, 0)?, input(node, inputs, 1)?);
    let rank = b.graph.fact(x)?.rank() as i64;
    let axis = node.attrs.int("axis").unwrap_or(-1);
    let first = if axis < 0 { axis + rank } else { axis };
    let axes: Vec<i64> = (first.max(0)..rank).collect();
    let axes = b.graph.add_constant("axes", Tensor::vec_i64(&axes));
    let dtype: DType = b.graph.dtype(x)?;
    let square = b.mul(x, x)?;
    let mean = b.op("ReduceMean", &[square, axes], Attrs::new().with("keepdims", 1))?;
    let epsilon = Tensor::full(dtype, &[], f64::from(node.attrs.float("epsilon").unwrap_or(1e-5)));
    let epsilon = b.graph.add_constant("epsilon", epsilon);
    let safe = b.add(mean, epsilon)?;
    let root = b.sqrt(safe)?;
    let normal = b.div(x, root)?;
    b.mul(normal, scale)
}

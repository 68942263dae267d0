//! Pellucid's grouped operators written out as standard ones.
//!
//! [`TABLE`] is the one list: an operator and the function that puts standard nodes in its place.

use super::emit::Names;
use super::normalise::{int, tensor};
use super::proto::{AttributeProto, GraphProto, NodeProto};
use super::{import, value};
use crate::{DType, Result, Tensor};

/// Writes one grouped node.
type Lowering = fn(&mut Lower) -> Result<()>;

/// The one list of grouped operators.
pub(super) const TABLE: &[(&str, Lowering)] =
    &[("Silu", silu), ("Linear", linear), ("RMSNormalization", rms_normalization)];

/// The lowering of an operator.
pub(super) fn find(node: &NodeProto) -> Option<Lowering> {
    TABLE.iter().find(|row| node.domain.is_empty() && row.0 == node.op_type).map(|row| row.1)
}

/// Puts standard nodes in place of grouped ones inside a body, and in the bodies in it.
pub(super) fn body(graph: &mut GraphProto, names: &mut Names) -> Result<()> {
    for mut node in std::mem::take(&mut graph.node) {
        for inner in super::body::bodies_mut(&mut node) {
            body(inner, names)?;
        }
        match find(&node) {
            Some(lowering) => lowering(&mut Lower { node, dtype: None, rank: None, names, out: &mut graph.node })?,
            None => graph.node.push(node),
        }
    }
    Ok(())
}

/// A grouped node on its way out.
pub(super) struct Lower<'a> {
    /// The node, with the names of its inputs and outputs.
    pub node: NodeProto,
    /// Type of the first input, where known.
    pub dtype: Option<DType>,
    /// Number of axes of the first input, where known.
    pub rank: Option<usize>,
    pub names: &'a mut Names,
    pub out: &'a mut Vec<NodeProto>,
}

impl Lower<'_> {
    fn input(&self, i: usize) -> &str {
        self.node.input.get(i).map_or("", String::as_str)
    }

    fn attr(&self, name: &str) -> Option<&AttributeProto> {
        self.node.attribute.iter().find(|a| a.name == name)
    }

    fn int(&self, name: &str, default: i64) -> i64 {
        self.attr(name).map_or(default, |a| a.i)
    }

    /// A node of one new output.
    fn emit(&mut self, part: &str, op: &str, inputs: &[&str], attrs: Vec<AttributeProto>) -> String {
        let base = self.node.output.first().map_or("", String::as_str);
        let hint = format!("{base}/{part}");
        let output = self.names.fresh(&hint);
        self.push(output.clone(), op, inputs, attrs, output.clone());
        output
    }

    /// The node that makes the output of the grouped node.
    fn finish(&mut self, op: &str, inputs: &[&str], attrs: Vec<AttributeProto>) {
        let output = self.node.output.first().cloned().unwrap_or_default();
        self.push(self.node.name.clone(), op, inputs, attrs, output);
    }

    fn push(&mut self, name: String, op: &str, inputs: &[&str], attrs: Vec<AttributeProto>, output: String) {
        self.out.push(NodeProto {
            name,
            op_type: op.to_string(),
            input: inputs.iter().map(|s| s.to_string()).collect(),
            output: vec![output],
            attribute: attrs,
            ..NodeProto::default()
        });
    }

    /// A constant beside the node.
    fn constant(&mut self, part: &str, value: &Tensor) -> String {
        self.emit(part, "Constant", &[], vec![tensor("value", value)])
    }
}

/// `Silu(x) = x * sigmoid(x)`.
fn silu(l: &mut Lower) -> Result<()> {
    let x = l.input(0).to_string();
    let gate = l.emit("sigmoid", "Sigmoid", &[&x], vec![]);
    l.finish("Mul", &[&x, &gate], vec![]);
    Ok(())
}

/// `Linear(x, w, b) = x w + b`, with `w` of shape `in x out`.
fn linear(l: &mut Lower) -> Result<()> {
    let (x, w, b) = (l.input(0).to_string(), l.input(1).to_string(), l.input(2).to_string());
    if b.is_empty() {
        l.finish("MatMul", &[&x, &w], vec![]);
    } else {
        let product = l.emit("matmul", "MatMul", &[&x, &w], vec![]);
        l.finish("Add", &[&product, &b], vec![]);
    }
    Ok(())
}

/// `RMSNormalization(x, s) = x / sqrt(mean(x^2) + epsilon) * s`, the mean over the axes from `axis` on, computed in the type that
/// `stash_type` names.
fn rms_normalization(l: &mut Lower) -> Result<()> {
    let (x, scale) = (l.input(0).to_string(), l.input(1).to_string());
    let axis = l.int("axis", -1);
    let epsilon = l.attr("epsilon").map_or(1e-5, |a| a.f);
    let stash = DType::from_onnx_code(l.int("stash_type", 1) as i32).unwrap_or(DType::F32);
    let same = l.dtype == Some(stash);
    let wide =
        if same { x.clone() } else { l.emit("wide", "Cast", &[&x], vec![int("to", i64::from(stash.onnx_code()))]) };
    let axes = normalised_axes(l, &x, axis)?;
    let square = l.emit("square", "Mul", &[&wide, &wide], vec![]);
    let mean = l.emit("mean", "ReduceMean", &[&square, &axes], vec![int("keepdims", 1)]);
    let epsilon = l.constant("epsilon", &Tensor::full(stash, &[], f64::from(epsilon)));
    let safe = l.emit("safe", "Add", &[&mean, &epsilon], vec![]);
    let root = l.emit("root", "Sqrt", &[&safe], vec![]);
    let normal = l.emit("normal", "Div", &[&wide, &root], vec![]);
    let back = if same { normal } else { l.emit("back", "CastLike", &[&normal, &x], vec![]) };
    l.finish("Mul", &[&back, &scale], vec![]);
    Ok(())
}

/// The axes from `axis` to the last one; when the number of axes isn't known they are counted at run time.
fn normalised_axes(l: &mut Lower, x: &str, axis: i64) -> Result<String> {
    let last = if axis < 0 { Some(0) } else { l.rank.map(|r| r as i64) };
    // The bound keeps a hostile attribute from becoming a huge constant.
    let most = l.rank.unwrap_or(value::AXES) as i64;
    if axis < -most || axis >= most {
        return Err(import::at(&l.node, format!("has the axis `{axis}` of {most}")));
    }
    if let Some(last) = last {
        let axes: Vec<i64> = (axis..last).collect();
        return Ok(l.constant("axes", &Tensor::vec_i64(&axes)));
    }
    let shape = l.emit("shape", "Shape", &[x], vec![]);
    let rank = l.emit("rank", "Size", &[&shape], vec![]);
    let start = l.constant("axis", &Tensor::from_i64(DType::I64, vec![], vec![axis]));
    let step = l.constant("step", &Tensor::from_i64(DType::I64, vec![], vec![1]));
    Ok(l.emit("axes", "Range", &[&start, &rank, &step], vec![]))
}

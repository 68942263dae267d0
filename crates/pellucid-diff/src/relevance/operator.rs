//! A linear node seen as data, weights and bias, to be run forwards and backwards with other operands.

use pellucid_graph::Wire;
use pellucid_graph::op::{self, Role};

use crate::{Pull, Result, gradient};

/// A linear node with one data operand.
pub(crate) struct Operator {
    /// Position of the data among the inputs.
    pub data: usize,
    weight: usize,
    /// The data.
    pub x: Wire,
    /// The weights, with the factor of a `Gemm` taken in.
    pub w: Wire,
    /// The bias, with the factor of a `Gemm` taken in.
    pub bias: Option<Wire>,
}

impl Operator {
    /// The operands of a linear node; `None` when more than one of its factors depends on the graph's inputs.
    pub fn of(p: &mut Pull) -> Result<Option<Operator>> {
        let varies = varying(p);
        let factors = factors(p);
        let (data, weight) = match varies[..factors] {
            [_, false] => (0, 1),
            [false, true] if p.node.op != "Conv" && p.node.op != "ConvTranspose" && p.node.op != "Linear" => (1, 0),
            _ => return Ok(None),
        };
        take_in_factors(p, weight)?;
        let bias = if factors < p.node.inputs.len() { p.input(factors) } else { None };
        Ok(Some(Operator { data, weight, x: p.x(data)?, w: p.x(weight)?, bias }))
    }

    /// The node's output for other operands.
    pub fn forward(&self, p: &mut Pull, x: Wire, w: Wire, bias: Option<Wire>) -> Result<Wire> {
        let mut inputs = vec![None; 2];
        inputs[self.data] = Some(x);
        inputs[self.weight] = Some(w);
        inputs.extend(bias.map(Some));
        let (op, attrs) = (p.node.op.clone(), p.node.attrs.clone());
        let out = p.b.op_many(&op, &inputs, attrs, 1)?;
        out.first().copied().ok_or_else(|| p.refuse("it gives nothing"))
    }

    /// The adjoint with other weights: what flows back to the data, of the data's shape.
    pub fn back(&self, p: &mut Pull, s: Wire, w: Wire) -> Result<Wire> {
        let node = p.node.clone();
        let wants: Vec<bool> = (0..node.inputs.len()).map(|i| i == self.data).collect();
        p.node.inputs[self.weight] = Some(w);
        let wants = std::mem::replace(&mut p.wants, wants);
        let cotangents = std::mem::replace(&mut p.cotangents, vec![Some(s)]);
        let flows = gradient::adjoint(p)?;
        (p.node, p.wants, p.cotangents) = (node, wants, cotangents);
        flows.get(self.data).copied().flatten().ok_or_else(|| p.refuse("nothing flows back to its data"))
    }
}

/// For each input of the node, whether it depends on an input of the graph.
pub(crate) fn varying(p: &Pull) -> Vec<bool> {
    let live = p.b.graph.depends_on(p.b.graph.inputs());
    p.node.inputs.iter().map(|w| w.is_some_and(|w| live[w.index()])).collect()
}

/// How many of the node's inputs are multiplied with one another, from the first on.
pub(crate) fn factors(p: &Pull) -> usize {
    let product = op::find(&p.node.op).is_some_and(|o| o.role == Role::Linear);
    match p.node.op.as_str() {
        "Einsum" => p.node.inputs.len(),
        _ if product => p.node.inputs.len().min(2),
        _ => 1,
    }
}

/// `alpha` and `beta` of a `Gemm` move into its operands: the sign of a contribution is then that of data times weight.
fn take_in_factors(p: &mut Pull, weight: usize) -> Result<()> {
    if p.node.op != "Gemm" {
        return Ok(());
    }
    let (alpha, beta) = (p.float("alpha", 1.0), p.float("beta", 1.0));
    let w = p.x(weight)?;
    p.node.inputs[weight] = Some(p.b.scale(w, alpha)?);
    if let Some(c) = p.input(2) {
        p.node.inputs[2] = Some(p.b.scale(c, beta)?);
    }
    p.node.attrs = p.node.attrs.clone().with("alpha", 1.0f32).with("beta", 1.0f32);
    Ok(())
}

//! Products, quotients and powers of two operands that both differ: each operand is valued at the mean of the other.

use pellucid_graph::{Attrs, Wire};

use super::context::Context;
use super::operands::is_data;
use crate::gradient::{self, Flows};
use crate::relevance::factors;
use crate::{Pull, Result};

/// Operators that are linear in each of their factors. For two factors that differ, `ab - a'b' = (a - a')(b + b')/2 + (a + a')/2 (b - b')`, so
/// the gradient at the mean operands shares the difference exactly.
pub(super) fn multilinear(c: &Context, p: &mut Pull) -> Result<Flows> {
    let op = p.node.op.clone();
    c.only_data(p, |i| is_data(&op, i))?;
    let count = if op == "Mul" { 2 } else { factors(p) };
    let varying: Vec<usize> = (0..count).filter(|&i| c.differs(p, i)).collect();
    match varying.len() {
        0 | 1 => gradient::adjoint(p),
        2 => {
            let (mut inputs, outputs, g) = (p.node.inputs.clone(), p.node.outputs.clone(), p.cotangents.clone());
            for i in varying {
                inputs[i] = Some(c.mean(p, p.x(i)?)?);
            }
            p.adjoint_at(inputs, outputs, g)
        }
        n => Err(p.refuse(format!("a product of {n} operands that depend on what is explained has no rule"))),
    }
}

/// `Div`, `Pow`, `Mod` and `PRelu`.
pub(super) fn pairwise(c: &Context, p: &mut Pull) -> Result<Flows> {
    if p.node.op == "Div" {
        return quotient(c, p);
    }
    let square = p.node.op == "Pow" && p.constant(1).is_some_and(|t| t.to_f64() == [2.0]);
    if square && c.differs(p, 0) {
        let (x, m) = (p.x(0)?, p.g()?);
        let at_baseline = c.twin.reference(x);
        let sum = p.b.add(x, at_baseline)?;
        let dx = p.b.mul(m, sum)?;
        return Ok(p.only(dx));
    }
    let mut out = vec![None; 2];
    for (i, flow) in out.iter_mut().enumerate() {
        if p.wants(i) {
            *flow = Some(operand(c, p, i)?);
        }
    }
    Ok(out)
}

/// The multiplier of one operand: the difference that it makes with the other at the input and at the baseline, on average.
fn operand(c: &Context, p: &mut Pull, i: usize) -> Result<Wire> {
    let (x, y, m) = (p.x(i)?, p.y()?, p.g()?);
    let y_baseline = c.twin.reference(y);
    let shape = p.shape(x)?;
    let other = 1 - i;
    let mut made = p.b.sub(y, y_baseline)?;
    if c.differs(p, other) {
        // 1/2 [f(a, b) - f(a', b) + f(a, b') - f(a', b')]
        let here = mixed(c, p, i)?;
        let there = mixed(c, p, other)?;
        let rest = p.b.sub(there, here)?;
        made = p.b.add(made, rest)?;
        made = p.b.scale(made, 0.5)?;
    }
    let flow = p.b.mul(m, made)?;
    let flow = p.b.sum_to(flow, &shape)?;
    let wants = std::mem::replace(&mut p.wants, vec![i == 0, i == 1]);
    let gradient = gradient::adjoint(p);
    p.wants = wants;
    let otherwise = match gradient?.into_iter().nth(i).flatten() {
        Some(flow) => flow,
        None => return Err(p.refuse(format!("input {i} has no derivative"))),
    };
    let d = c.difference(p, x)?;
    c.per_unit(p, flow, d, otherwise)
}

/// The node's output with input `i` at the baseline and the other at the input.
fn mixed(c: &Context, p: &mut Pull, i: usize) -> Result<Wire> {
    let mut inputs = p.node.inputs.clone();
    inputs[i] = inputs[i].map(|w| c.twin.reference(w));
    let (op, attrs): (String, Attrs) = (p.node.op.clone(), p.node.attrs.clone());
    let out = p.b.op_many(&op, &inputs, attrs, 1)?;
    out.first().copied().ok_or_else(|| p.refuse("it gives nothing"))
}

/// `a / b = a (1/b)`: `m_a = m (1/b + 1/b') / 2` and `m_b = -m (a + a') / (2 b b')`.
fn quotient(c: &Context, p: &mut Pull) -> Result<Flows> {
    let (a, b, m) = (p.x(0)?, p.x(1)?, p.g()?);
    let (a_shape, b_shape) = (p.shape(a)?, p.shape(b)?);
    let here = p.b.reciprocal(b)?;
    let mut there = here;
    if c.differs(p, 1) {
        let at_baseline = c.twin.reference(b);
        there = p.b.reciprocal(at_baseline)?;
    }
    let mut out = vec![None; 2];
    if p.wants(0) {
        let sum = p.b.add(here, there)?;
        let mean = p.b.scale(sum, 0.5)?;
        let flow = p.b.mul(m, mean)?;
        out[0] = Some(p.b.sum_to(flow, &a_shape)?);
    }
    if p.wants(1) {
        let mean = c.mean(p, a)?;
        let d = p.b.mul(here, there)?;
        let d = p.b.mul(mean, d)?;
        let d = p.b.neg(d)?;
        let flow = p.b.mul(m, d)?;
        out[1] = Some(p.b.sum_to(flow, &b_shape)?);
    }
    Ok(out)
}

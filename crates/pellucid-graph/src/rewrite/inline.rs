//! `If` with a condition that has become constant is the branch that it takes.
//!
//! Exporters write one where a shape decides, such as around a squeeze of an axis whose size wasn't known. Once it is, nothing is left to
//! decide, and a gradient can pass.

use super::RewriteNote;
use super::specialise::{Step, Walk};
use crate::{Attr, Attrs, Fact, Graph, Result, Wire, onnx};

/// Puts the branch that is taken in the place of an `If`. `None` for other nodes, for a condition that depends on data, and for a branch
/// that reads wires of which nothing is known.
pub(super) fn branch(walk: &mut Walk, step: &Step) -> Result<Option<Vec<Option<Wire>>>> {
    let node = step.node;
    if node.op != "If" || !node.domain.is_empty() {
        return Ok(None);
    }
    let condition = step.inputs.first().copied().flatten().and_then(|w| walk.copy.new.constant(w));
    let Some(holds) = condition.and_then(|t| t.to_i64().first().map(|v| *v != 0)) else { return Ok(None) };
    let Some(Attr::Graph(body)) = node.attrs.get(if holds { "then_branch" } else { "else_branch" }) else {
        return Ok(None);
    };
    let known = |(name, wire): &(String, Wire)| Some((name.clone(), walk.copy.new.info(*wire).fact.clone()?));
    let Some(outside) = step.captures.iter().map(known).collect::<Option<Vec<(String, Fact)>>>() else {
        return Ok(None);
    };
    let inner = onnx::body(body, &outside)?;
    if inner.outputs().len() < step.names.len() {
        return Ok(None);
    }
    let ends = splice(walk, step, &inner)?;
    walk.log.push(RewriteNote {
        rule: "inline-branch",
        nodes: vec![node.name.clone()],
        wire: step.names.iter().flatten().next().cloned().unwrap_or_default(),
        what: format!("its condition is always {holds}"),
    });
    let mut taken: Vec<Wire> = step.captures.iter().map(|c| c.1).collect();
    let mut made = Vec::with_capacity(step.names.len());
    for (name, end) in step.names.iter().zip(ends) {
        let wire = match name {
            Some(name) if taken.contains(&end) || walk.copy.new.constant(end).is_some() => {
                Some(copied(walk, name, end)?)
            }
            Some(name) => {
                walk.copy.new.rename(end, name)?;
                Some(end)
            }
            None => None,
        };
        taken.extend(wire);
        made.push(wire);
    }
    Ok(Some(made))
}

/// Puts all nodes of a body into the copy and gives its outputs.
fn splice(walk: &mut Walk, step: &Step, inner: &Graph) -> Result<Vec<Wire>> {
    let mut map: Vec<Option<Wire>> = vec![None; inner.wire_count()];
    for (input, (_, wire)) in inner.inputs().iter().zip(&step.captures) {
        map[input.index()] = Some(*wire);
    }
    for (wire, info) in inner.wires() {
        if let Some(value) = &info.constant {
            map[wire.index()] = Some(walk.copy.constant(&info.name, value.clone()));
        }
    }
    let at = |map: &[Option<Wire>], w: Wire| {
        map[w.index()]
            .ok_or_else(|| crate::GraphError::Invalid(format!("a branch of `{}` isn't in order", step.node.name)))
    };
    for node in inner.nodes() {
        let inputs = node.inputs.iter().map(|w| w.map(|w| at(&map, w)).transpose()).collect::<Result<_>>()?;
        let captures = node.captures.iter().map(|(n, w)| Ok((n.clone(), at(&map, *w)?))).collect::<Result<_>>()?;
        let names = node.outputs.iter().map(|o| o.map(|w| walk.copy.fresh(inner.name_of(w)))).collect();
        let made = walk.step(Step { node, inputs, captures, names })?;
        for (old, new) in node.outputs.iter().zip(made) {
            if let Some(old) = old {
                map[old.index()] = new;
            }
        }
    }
    inner.outputs().iter().map(|w| at(&map, *w)).collect()
}

/// What a branch only passes on, under the name that the output of the `If` has.
fn copied(walk: &mut Walk, name: &str, wire: Wire) -> Result<Wire> {
    let new = &mut walk.copy.new;
    if let Some(value) = new.constant(wire).cloned() {
        return Ok(new.add_constant(name, value));
    }
    let fact = new.info(wire).fact.clone();
    let made = new.push_raw(name, "Identity", "", &[Some(wire)], Attrs::new(), &[Some(name)], vec![])?;
    let made = made.into_iter().flatten().next().unwrap_or(wire);
    if let Some(fact) = fact {
        new.set_fact(made, fact);
    }
    Ok(made)
}

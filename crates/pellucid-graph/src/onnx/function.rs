//! Local functions of a model, put in place of the nodes that call them.

use std::collections::{HashMap, HashSet};

use prost::Message;

use super::body;
use super::import::{at, label};
use super::proto::{AttributeProto, FunctionProto, GraphProto, NodeProto};
use crate::{GraphError, Result};

/// How deep functions and bodies may lie in each other.
const DEPTH: usize = 32;
/// Memory that inlined functions may take beside a multiple of the size of the file.
const FLOOR: u64 = 64 << 20;
const FACTOR: u64 = 16;

/// A node and the opset that it is written in.
pub(super) struct Sourced {
    pub node: NodeProto,
    pub opset: i64,
}

/// Gives names that nothing in a file has.
#[derive(Default)]
pub(super) struct Fresh {
    used: HashSet<String>,
    next: usize,
}

impl Fresh {
    /// Marks a name as taken.
    pub fn take(&mut self, name: &str) {
        if !self.used.contains(name) {
            self.used.insert(name.to_string());
        }
    }

    /// A new name that starts with `hint`, or is it.
    pub fn name(&mut self, hint: &str) -> String {
        let mut name = hint.to_string();
        while name.is_empty() || self.used.contains(&name) {
            self.next += 1;
            name = format!("{hint}.{}", self.next);
        }
        self.used.insert(name.clone());
        name
    }
}

/// Domain, name and overload.
type Key = (String, String, String);

/// The standard domain has two spellings.
pub(super) fn domain(name: &str) -> &str {
    if name == "ai.onnx" { "" } else { name }
}

fn key(node: &NodeProto) -> Key {
    (domain(&node.domain).to_string(), node.op_type.clone(), node.overload.clone())
}

/// Puts the bodies of local functions in place of their calls.
///
/// # Errors
/// When a function calls itself, is called with too many inputs or outputs, or the result would be far larger than the file.
pub(super) fn inline(
    nodes: Vec<NodeProto>,
    functions: &[FunctionProto],
    opset: i64,
    size: u64,
    fresh: &mut Fresh,
) -> Result<Vec<Sourced>> {
    let mut table = HashMap::new();
    for f in functions {
        let key = (domain(&f.domain).to_string(), f.name.clone(), f.overload.clone());
        if table.insert(key, f).is_some() {
            return Err(GraphError::Invalid(format!("the model defines the function `{}` twice", f.name)));
        }
    }
    let left = size.saturating_mul(FACTOR).saturating_add(FLOOR);
    let mut inliner = Inliner { table, left, depth: 0, stack: vec![], fresh };
    let mut out = Vec::with_capacity(nodes.len());
    for node in nodes {
        inliner.expand(node, opset, &mut out)?;
    }
    Ok(out)
}

struct Inliner<'a> {
    table: HashMap<Key, &'a FunctionProto>,
    /// Memory that inlined nodes may still take.
    left: u64,
    depth: usize,
    stack: Vec<Key>,
    fresh: &'a mut Fresh,
}

impl Inliner<'_> {
    fn expand(&mut self, mut node: NodeProto, opset: i64, out: &mut Vec<Sourced>) -> Result<()> {
        if self.table.is_empty() {
            out.push(Sourced { node, opset });
            return Ok(());
        }
        if body::bodies(&node).next().is_some() {
            self.deeper(&node)?;
            for body in body::bodies_mut(&mut node) {
                self.expand_body(body, opset)?;
            }
            self.depth -= 1;
        }
        let key = key(&node);
        let Some(function) = self.table.get(&key).copied() else {
            out.push(Sourced { node, opset });
            return Ok(());
        };
        if self.stack.contains(&key) {
            return Err(at(&node, "calls a function of the model that calls itself".into()));
        }
        self.stack.push(key);
        self.deeper(&node)?;
        self.call(&node, function, opset, out)?;
        self.depth -= 1;
        self.stack.pop();
        Ok(())
    }

    fn deeper(&mut self, node: &NodeProto) -> Result<()> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(at(node, format!("functions and bodies lie in each other more than {DEPTH} deep")));
        }
        Ok(())
    }

    /// Inlines inside a body, where every node has the opset of the node around it.
    fn expand_body(&mut self, graph: &mut GraphProto, opset: i64) -> Result<()> {
        let mut inner = Vec::with_capacity(graph.node.len());
        for node in std::mem::take(&mut graph.node) {
            self.expand(node, opset, &mut inner)?;
        }
        if let Some(other) = inner.iter().find(|n| n.opset != opset) {
            return Err(at(
                &other.node,
                format!("comes from a function of opset {} that is called in a body of opset {opset}", other.opset),
            ));
        }
        graph.node = inner.into_iter().map(|n| n.node).collect();
        Ok(())
    }

    fn call(&mut self, call: &NodeProto, function: &FunctionProto, opset: i64, out: &mut Vec<Sourced>) -> Result<()> {
        if call.input.len() > function.input.len() || call.output.len() > function.output.len() {
            return Err(at(
                call,
                format!(
                    "calls a function of {} inputs and {} outputs with {} and {}",
                    function.input.len(),
                    function.output.len(),
                    call.input.len(),
                    call.output.len()
                ),
            ));
        }
        let inner_opset =
            function.opset_import.iter().find(|o| domain(&o.domain).is_empty()).map_or(opset, |o| o.version);
        let mut names: HashMap<String, String> = HashMap::new();
        for (i, formal) in function.input.iter().enumerate() {
            names.insert(formal.clone(), call.input.get(i).cloned().unwrap_or_default());
        }
        // An output that is an input, or is given out twice, can't carry two names: it is copied.
        let mut copies = vec![];
        for (formal, actual) in function.output.iter().zip(&call.output).filter(|(_, actual)| !actual.is_empty()) {
            match names.get(formal) {
                Some(source) => copies.push((source.clone(), actual.clone())),
                None => {
                    names.insert(formal.clone(), actual.clone());
                }
            }
        }
        let prefix = label(call).to_string();
        for inner in &function.node {
            let mut node = inner.clone();
            bind(&mut node, call, function);
            let count = node.input.len() + node.output.len() + 1;
            let cost = memory(&node).saturating_add((prefix.len() * count) as u64);
            self.left = self.left.checked_sub(cost).ok_or_else(|| {
                at(call, "with its functions written out the model would be far larger than its file".into())
            })?;
            let fresh = &mut *self.fresh;
            let mut rename = |name: &mut String| {
                if !name.is_empty() {
                    *name =
                        names.entry(name.clone()).or_insert_with(|| fresh.name(&format!("{prefix}/{name}"))).clone();
                }
            };
            node.input.iter_mut().chain(&mut node.output).for_each(&mut rename);
            body::bodies_mut(&mut node).for_each(|body| body::rename_all(body, &mut rename));
            node.name = self.fresh.name(&format!("{prefix}/{}", label(inner)));
            self.expand(node, inner_opset, out)?;
        }
        for (source, copy) in copies {
            let name = self.fresh.name(&format!("{prefix}/{copy}"));
            let node = NodeProto {
                name,
                op_type: "Identity".into(),
                input: vec![source],
                output: vec![copy],
                ..Default::default()
            };
            out.push(Sourced { node, opset });
        }
        Ok(())
    }
}

/// About how much memory a node takes.
fn memory(node: &NodeProto) -> u64 {
    let own = size_of::<NodeProto>() + node.attribute.len() * size_of::<AttributeProto>() + node.encoded_len();
    own as u64 + body::bodies(node).flat_map(|b| &b.node).map(memory).sum::<u64>()
}

/// Replaces references to the attributes of a function by the values of the call or the function's defaults.
fn bind(node: &mut NodeProto, call: &NodeProto, function: &FunctionProto) {
    let value = |name: &str| -> Option<&AttributeProto> {
        let named = |a: &&AttributeProto| a.name == name;
        call.attribute.iter().find(named).or_else(|| function.attribute_proto.iter().find(named))
    };
    node.attribute = std::mem::take(&mut node.attribute)
        .into_iter()
        .filter_map(|a| match a.ref_attr_name.as_str() {
            "" => Some(a),
            name => value(name).map(|v| AttributeProto { name: a.name.clone(), ..v.clone() }),
        })
        .collect();
    for body in body::bodies_mut(node) {
        body.node.iter_mut().for_each(|inner| bind(inner, call, function));
    }
}

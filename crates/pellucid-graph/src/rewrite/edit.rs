//! What a rule proposes, whether it is allowed, and carrying it out.

use super::copy::Copy;
use super::view::View;
use super::{RewriteNote, Rewritten};
use crate::op::{self, Call};
use crate::{Attrs, Fact, Result, Tensor, Wire};

/// A group of nodes and what takes their place.
pub(crate) struct Edit {
    /// The last node of the group; what takes the place of the group makes its output.
    pub at: usize,
    /// The other nodes of the group, which go away.
    pub nodes: Vec<usize>,
    /// What takes the place of the group.
    pub with: With,
    /// What is done, in words.
    pub what: String,
}

/// What takes the place of a group.
pub(crate) enum With {
    /// A node.
    Node {
        /// Operator type.
        op: &'static str,
        /// Attributes.
        attrs: Attrs,
        /// Inputs.
        inputs: Vec<Feed>,
    },
    /// Nothing: who reads the output reads this wire instead.
    Alias(Wire),
}

/// An input of a new node.
#[derive(Clone)]
pub(crate) enum Feed {
    /// A wire of the graph.
    Old(Wire),
    /// A new constant, with a name to start from.
    New(String, Tensor),
}

impl Edit {
    /// Whether nothing outside the group reads what would vanish, and what comes in fits where the group was.
    fn allowed(&self, view: &View) -> bool {
        let outputs = |i: usize| view.node(i).outputs.iter().flatten();
        let inside = |i: &usize| *i == self.at || self.nodes.contains(i);
        let unseen = |w: &Wire| !view.held(*w) && view.readers(*w).iter().all(inside);
        let further = outputs(self.at).skip(1).all(|w| !view.held(*w) && view.readers(*w).is_empty());
        further && self.nodes.iter().all(|i| outputs(*i).all(unseen)) && self.fits(view)
    }

    fn fits(&self, view: &View) -> bool {
        let Some(output) = super::view::output(view.node(self.at)) else { return false };
        let wanted = view.graph.info(output).fact.as_ref();
        match &self.with {
            With::Alias(wire) => !view.held(output) && view.graph.info(*wire).fact.as_ref() == wanted,
            With::Node { op, attrs, inputs } => {
                wanted.is_some() && self.infer(view, op, attrs, inputs).as_ref() == wanted
            }
        }
    }

    fn infer(&self, view: &View, op: &str, attrs: &Attrs, inputs: &[Feed]) -> Option<Fact> {
        let wires: Vec<Option<Wire>> =
            inputs.iter().map(|f| if let Feed::Old(w) = f { Some(*w) } else { None }).collect();
        let mut call = Call::of_graph(view.graph, &view.node(self.at).name, op, "", &wires, attrs, 1);
        for (i, feed) in inputs.iter().enumerate() {
            if let Feed::New(_, value) = feed {
                call.facts[i] = Some(Fact::new(value.dtype(), value.shape()));
                call.constants[i] = Some(value.clone());
            }
        }
        op::infer(&call).ok()?.into_iter().next()
    }
}

/// Carries out what is allowed of `edits`, each node in one group at most. `None` when there is nothing to do.
pub(super) fn carry_out(view: &View, rule: &'static str, edits: Vec<Edit>) -> Result<Option<Rewritten>> {
    let count = view.graph.nodes().len();
    let mut gone = vec![false; count];
    let mut place: Vec<Option<Edit>> = (0..count).map(|_| None).collect();
    let mut log = Vec::new();
    for mut edit in edits {
        edit.nodes.sort_unstable();
        edit.nodes.dedup();
        let free = |i: &usize| !gone[*i] && place[*i].is_none();
        if !free(&edit.at) || !edit.nodes.iter().all(free) || edit.nodes.contains(&edit.at) || !edit.allowed(view) {
            continue;
        }
        edit.nodes.iter().for_each(|i| gone[*i] = true);
        log.push(note(view, rule, &edit));
        let at = edit.at;
        place[at] = Some(edit);
    }
    if log.is_empty() {
        return Ok(None);
    }
    let mut copy = Copy::new(view.graph);
    copy.inputs()?;
    for (i, node) in view.graph.nodes().iter().enumerate() {
        match &place[i] {
            Some(edit) => put(&mut copy, view, edit)?,
            None if gone[i] => {}
            None => copy.same(node)?,
        }
    }
    let (graph, map) = copy.finish()?;
    Ok(Some(Rewritten { graph, map, log }))
}

fn put(copy: &mut Copy, view: &View, edit: &Edit) -> Result<()> {
    let node = view.node(edit.at);
    let Some(output) = super::view::output(node) else { return Ok(()) };
    match &edit.with {
        With::Alias(wire) => {
            let wire = copy.wire(*wire)?;
            copy.set(output, wire);
        }
        With::Node { op, attrs, inputs } => {
            let mut wires = Vec::with_capacity(inputs.len());
            for feed in inputs {
                wires.push(match feed {
                    Feed::Old(wire) => Some(copy.wire(*wire)?),
                    Feed::New(hint, value) => Some(copy.constant(hint, value.clone())),
                });
            }
            let mut only = node.clone();
            only.outputs.truncate(1);
            only.captures.clear();
            let made = copy.node(&only, op, "", &wires, attrs.clone())?;
            if let (Some(Some(wire)), Some(fact)) = (made.first(), &view.graph.info(output).fact) {
                copy.new.set_fact(*wire, fact.clone());
            }
        }
    }
    Ok(())
}

fn note(view: &View, rule: &'static str, edit: &Edit) -> RewriteNote {
    let nodes = edit.nodes.iter().chain([&edit.at]).map(|i| view.node(*i).name.clone()).collect();
    let wire = super::view::output(view.node(edit.at)).map_or(String::new(), |w| view.graph.name_of(w).to_string());
    RewriteNote { rule, nodes, wire, what: edit.what.clone() }
}

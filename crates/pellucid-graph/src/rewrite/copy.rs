//! A changed copy of a graph: what stays keeps its name, what is new gets a name that nothing had.

use std::collections::{BTreeMap, HashSet};

use crate::{Attrs, Fact, Graph, GraphError, NameMap, Node, Result, Tensor, Wire};

/// A copy in the making, filled in the order of the old nodes.
pub(crate) struct Copy<'a> {
    /// The graph that is copied.
    pub old: &'a Graph,
    /// The copy.
    pub new: Graph,
    map: Vec<Option<Wire>>,
    taken: HashSet<&'a str>,
}

impl<'a> Copy<'a> {
    /// An empty copy.
    pub fn new(old: &'a Graph) -> Copy<'a> {
        let taken = old.wires().map(|(_, info)| info.name.as_str()).collect();
        Copy { old, new: Graph::new(&old.name), map: vec![None; old.wire_count()], taken }
    }

    /// Copies all inputs as they are.
    pub fn inputs(&mut self) -> Result<()> {
        for &wire in self.old.inputs() {
            self.input(wire, self.old.fact(wire)?.clone());
        }
        Ok(())
    }

    /// Makes an old wire an input.
    pub fn input(&mut self, old: Wire, fact: Fact) -> Wire {
        let wire = self.new.add_input(self.old.name_of(old), fact);
        self.set(old, wire);
        wire
    }

    /// Says where an old wire is found in the copy.
    pub fn set(&mut self, old: Wire, new: Wire) {
        self.map[old.index()] = Some(new);
    }

    /// Where an old wire is found in the copy, when it is there already.
    pub fn get(&self, old: Wire) -> Option<Wire> {
        self.map[old.index()]
    }

    /// The copy of an old wire; a constant is brought over when it is first asked for.
    pub fn wire(&mut self, old: Wire) -> Result<Wire> {
        if let Some(wire) = self.get(old) {
            return Ok(wire);
        }
        let info = self.old.info(old);
        let Some(value) = &info.constant else {
            return Err(GraphError::Invalid(format!("`{}` is read before it is made", info.name)));
        };
        let wire = self.new.add_constant(&info.name, value.clone());
        self.set(old, wire);
        Ok(wire)
    }

    /// Copies of the inputs of a node.
    pub fn reads(&mut self, node: &Node) -> Result<Vec<Option<Wire>>> {
        node.inputs.iter().map(|w| w.map(|w| self.wire(w)).transpose()).collect()
    }

    /// A name that neither graph has.
    pub fn fresh(&self, hint: &str) -> String {
        let base = if hint.is_empty() { "wire" } else { hint };
        let free = |name: &String| !self.taken.contains(name.as_str()) && self.new.fresh_name(name) == *name;
        std::iter::once(base.to_string()).chain((1..).map(|i| format!("{base}.{i}"))).find(free).unwrap_or_default()
    }

    /// A constant that the old graph doesn't have.
    pub fn constant(&mut self, hint: &str, value: Tensor) -> Wire {
        let name = self.fresh(hint);
        self.new.add_constant(&name, value)
    }

    /// Copies of what the bodies of a node read from outside, with the names that they use.
    pub fn captures(&mut self, node: &Node) -> Result<Vec<(String, Wire)>> {
        node.captures.iter().map(|(n, w)| Ok((n.clone(), self.wire(*w)?))).collect()
    }

    /// A node in the place of an old one: it makes wires of the same names.
    pub fn node(
        &mut self,
        place: &Node,
        op: &str,
        domain: &str,
        inputs: &[Option<Wire>],
        attrs: Attrs,
    ) -> Result<Vec<Option<Wire>>> {
        let captures = self.captures(place)?;
        let names: Vec<Option<&str>> = place.outputs.iter().map(|o| o.map(|w| self.old.name_of(w))).collect();
        let made = self.new.push_raw(&place.name, op, domain, inputs, attrs, &names, captures)?;
        self.made(place, &made);
        Ok(made)
    }

    /// Says that the outputs of an old node are found in these wires.
    pub fn made(&mut self, old: &Node, new: &[Option<Wire>]) {
        for (old, new) in old.outputs.iter().zip(new) {
            if let (Some(old), Some(new)) = (old, new) {
                self.set(*old, *new);
            }
        }
    }

    /// Copies a node and what is known of its outputs.
    pub fn same(&mut self, node: &Node) -> Result<()> {
        let inputs = self.reads(node)?;
        let made = self.node(node, &node.op, &node.domain, &inputs, node.attrs.clone())?;
        for (old, new) in node.outputs.iter().zip(&made) {
            if let (Some(old), Some(new)) = (old, new)
                && let Some(fact) = &self.old.info(*old).fact
            {
                self.new.set_fact(*new, fact.clone());
            }
        }
        Ok(())
    }

    /// The copy with the old outputs, without what they don't need.
    pub fn finish(mut self) -> Result<(Graph, NameMap)> {
        let outputs = self.old.outputs().iter().map(|w| self.wire(*w)).collect::<Result<Vec<_>>>()?;
        self.new.set_outputs(&outputs);
        let (graph, kept) = self.new.prune();
        let mut names = BTreeMap::new();
        for (wire, info) in self.old.wires() {
            let place = self.map[wire.index()].and_then(|w| kept[w.index()]);
            names.insert(info.name.clone(), place.map(|w| graph.name_of(w).to_string()));
        }
        Ok((graph, NameMap(names)))
    }
}

//! A graph as rules look at it: who makes a wire, who reads it, which wires must survive.

use crate::{DType, Graph, Node, Tensor, Wire};

/// A graph with what rules ask of it.
pub(crate) struct View<'g> {
    /// The graph.
    pub graph: &'g Graph,
    readers: Vec<Vec<usize>>,
    held: Vec<bool>,
}

impl<'g> View<'g> {
    /// The view in which the wires named in `keep` and the outputs must survive.
    pub fn new(graph: &'g Graph, keep: &[&str]) -> View<'g> {
        let keep: std::collections::HashSet<&str> = keep.iter().copied().collect();
        let mut held: Vec<bool> = graph.wires().map(|(_, info)| keep.contains(info.name.as_str())).collect();
        graph.outputs().iter().for_each(|w| held[w.index()] = true);
        View { graph, readers: graph.consumers(), held }
    }

    /// A node of the standard domain by index.
    pub fn node(&self, i: usize) -> &'g Node {
        &self.graph.nodes()[i]
    }

    /// Indices of the nodes of one of these operators.
    pub fn all(&self, ops: &'static [&'static str]) -> impl Iterator<Item = usize> + use<'_, 'g> {
        let nodes = self.graph.nodes().iter().enumerate();
        nodes.filter(|(_, n)| n.domain.is_empty() && ops.contains(&n.op.as_str())).map(|(i, _)| i)
    }

    /// The node that makes a wire as its first output, when it is of one of these operators.
    pub fn made_by(&self, wire: Wire, ops: &[&str]) -> Option<usize> {
        let i = self.graph.info(wire).producer?;
        let node = self.node(i);
        (node.domain.is_empty() && ops.contains(&node.op.as_str()) && output(node) == Some(wire)).then_some(i)
    }

    /// The nodes that read a wire.
    pub fn readers(&self, wire: Wire) -> &[usize] {
        &self.readers[wire.index()]
    }

    /// Whether a wire must survive.
    pub fn held(&self, wire: Wire) -> bool {
        self.held[wire.index()]
    }

    /// Whether a wire is read by one node only and need not survive.
    pub fn inner(&self, wire: Wire) -> bool {
        !self.held(wire) && self.readers(wire).len() == 1
    }

    /// The only reader of a wire that need not survive, when it is of one of these operators.
    pub fn only_reader(&self, wire: Wire, ops: &[&str]) -> Option<usize> {
        let i = *self.readers(wire).first().filter(|_| self.inner(wire))?;
        let node = self.node(i);
        (node.domain.is_empty() && ops.contains(&node.op.as_str())).then_some(i)
    }

    /// The value of a constant.
    pub fn value(&self, wire: Wire) -> Option<&'g Tensor> {
        self.graph.constant(wire)
    }

    /// The value of a constant of one element.
    pub fn scalar(&self, wire: Wire) -> Option<f64> {
        self.value(wire).filter(|t| t.len() == 1 && t.dtype() != DType::Str).and_then(|t| t.to_f64().first().copied())
    }

    /// The static shape of a wire.
    pub fn shape(&self, wire: Wire) -> Option<Vec<usize>> {
        self.graph.info(wire).fact.as_ref()?.shape()
    }

    /// Whether a number in the graph is the one that a formula has, within the rounding of the type that `like` has.
    pub fn near(&self, like: Wire, found: f64, wanted: f64) -> bool {
        let rounding = match self.graph.info(like).fact.as_ref().map(|f| f.dtype) {
            Some(DType::F16) => 2e-3,
            Some(DType::BF16) => 1e-2,
            _ => 1e-6,
        };
        (found - wanted).abs() <= rounding * wanted.abs().max(1e-3)
    }

    /// Both inputs of a node of two.
    pub fn pair(&self, i: usize) -> Option<(Wire, Wire)> {
        let inputs = &self.node(i).inputs;
        if inputs.len() == 2 { inputs[0].zip(inputs[1]) } else { None }
    }

    /// The operand of a node of two inputs that isn't `wire`, when exactly one is.
    pub fn other(&self, i: usize, wire: Wire) -> Option<Wire> {
        let (a, b) = self.pair(i)?;
        match (a == wire, b == wire) {
            (true, false) => Some(b),
            (false, true) => Some(a),
            _ => None,
        }
    }

    /// The constant axes of a reduction that keeps them, counted from the front.
    pub fn kept_axes(&self, i: usize) -> Option<Vec<usize>> {
        let node = self.node(i);
        if node.attrs.int("keepdims") == Some(0) {
            return None;
        }
        let rank = self.shape(input(node, 0)?)?.len() as i64;
        let axes = self.value(input(node, 1)?)?.to_i64();
        let mut axes: Vec<usize> =
            axes.iter().map(|&a| usize::try_from(if a < 0 { a + rank } else { a }).ok()).collect::<Option<_>>()?;
        axes.sort_unstable();
        (!axes.is_empty()).then_some(axes)
    }
}

/// An input of a node.
pub(crate) fn input(node: &Node, i: usize) -> Option<Wire> {
    node.inputs.get(i).copied().flatten()
}

/// The first output of a node.
pub(crate) fn output(node: &Node) -> Option<Wire> {
    node.outputs.first().copied().flatten()
}

//! One node read backwards: what a rule sees and how it writes.

use pellucid_graph::op::Call;
use pellucid_graph::{Attrs, Build, DType, Graph, Node, Tensor, Wire};

use crate::{DiffError, Result};

/// A node, what flows back into its outputs, and a builder for what flows on to its inputs.
pub struct Pull<'g> {
    /// Appends to the graph.
    pub b: Build<'g>,
    /// The node.
    pub node: Node,
    /// Its index in the graph.
    pub index: usize,
    /// What flows back into each output; `None` where nothing does.
    pub cotangents: Vec<Option<Wire>>,
    /// Whether something must flow on to each input.
    pub wants: Vec<bool>,
    /// Flows to wires further back.
    pub(crate) past: Vec<(Wire, Wire)>,
}

impl<'g> Pull<'g> {
    pub(crate) fn new(graph: &'g mut Graph, index: usize, cotangents: Vec<Option<Wire>>, wants: Vec<bool>) -> Pull<'g> {
        let node = graph.nodes()[index].clone();
        let scope = node.outputs.iter().flatten().next().map_or("", |w| graph.name_of(*w));
        let scope = format!("{scope}~back");
        Pull { b: Build::new(graph, &scope), node, index, cotangents, wants, past: Vec::new() }
    }

    /// The refusal of this node.
    pub fn refuse(&self, reason: impl Into<String>) -> DiffError {
        DiffError::NotDifferentiable { op: self.node.op.clone(), node: self.node.name.clone(), reason: reason.into() }
    }

    /// A required input.
    ///
    /// # Errors
    /// When it is left out.
    pub fn x(&self, i: usize) -> Result<Wire> {
        self.input(i).ok_or_else(|| self.refuse(format!("input {i} is missing")))
    }

    /// An optional input.
    pub fn input(&self, i: usize) -> Option<Wire> {
        self.node.inputs.get(i).copied().flatten()
    }

    /// The first output.
    ///
    /// # Errors
    /// When it is left out.
    pub fn y(&self) -> Result<Wire> {
        self.node.outputs.first().copied().flatten().ok_or_else(|| self.refuse("the first output is left out"))
    }

    /// What flows back into the first output.
    ///
    /// # Errors
    /// When nothing does: a gradient reaches this node only through an output that has no rule.
    pub fn g(&self) -> Result<Wire> {
        self.cotangents
            .first()
            .copied()
            .flatten()
            .ok_or_else(|| self.refuse("the gradient comes back through an output that has no backward rule"))
    }

    /// Static shape of a wire.
    ///
    /// # Errors
    /// When it isn't fixed.
    pub fn shape(&self, w: Wire) -> Result<Vec<usize>> {
        Ok(self.b.graph.shape(w)?)
    }

    /// Element type of a wire.
    ///
    /// # Errors
    /// When it isn't known.
    pub fn dtype(&self, w: Wire) -> Result<DType> {
        Ok(self.b.graph.dtype(w)?)
    }

    /// Whether an input is wanted.
    pub fn wants(&self, i: usize) -> bool {
        self.wants.get(i).copied().unwrap_or(false)
    }

    /// Value of a constant input.
    pub fn constant(&self, i: usize) -> Option<&Tensor> {
        self.input(i).and_then(|w| self.b.graph.constant(w))
    }

    /// Integers of a constant input; `None` when it is left out.
    ///
    /// # Errors
    /// When it depends on data.
    pub fn ints(&self, i: usize) -> Result<Option<Vec<i64>>> {
        match (self.input(i), self.constant(i)) {
            (None, _) => Ok(None),
            (_, Some(t)) => Ok(Some(t.to_i64())),
            _ => Err(self.refuse(format!("input {i} depends on data"))),
        }
    }

    /// Attributes of the node.
    pub fn attrs(&self) -> &Attrs {
        &self.node.attrs
    }

    /// An integer attribute with its default.
    pub fn int(&self, name: &str, default: i64) -> i64 {
        self.node.attrs.int(name).unwrap_or(default)
    }

    /// A float attribute with its default.
    pub fn float(&self, name: &str, default: f32) -> f64 {
        f64::from(self.node.attrs.float(name).unwrap_or(default))
    }

    /// The node as a call, for the operator's own helpers.
    pub fn with_call<T>(&self, f: impl FnOnce(&Call) -> pellucid_graph::Result<T>) -> Result<T> {
        Ok(f(&Call::of_node(self.b.graph, &self.node))?)
    }

    /// An axis attribute or value counted from the front.
    ///
    /// # Errors
    /// When it lies outside the rank.
    pub fn axis(&self, axis: i64, rank: usize) -> Result<usize> {
        let a = if axis < 0 { axis + rank as i64 } else { axis };
        if (0..rank as i64).contains(&a) {
            Ok(a as usize)
        } else {
            Err(self.refuse(format!("axis {axis} of a tensor of rank {rank}")))
        }
    }

    /// Sends a flow to a wire further back than the inputs: for rules that treat the node together with those before it. `wire` must be
    /// older than the node.
    pub fn send(&mut self, wire: Wire, flow: Wire) {
        self.past.push((wire, flow));
    }

    /// The gradient's flows of the node as if it had other inputs, outputs and cotangents.
    ///
    /// # Errors
    /// When its operator has no adjoint.
    pub(crate) fn adjoint_at(
        &mut self,
        inputs: Vec<Option<Wire>>,
        outputs: Vec<Option<Wire>>,
        cotangents: Vec<Option<Wire>>,
    ) -> Result<Vec<Option<Wire>>> {
        let kept = (
            std::mem::replace(&mut self.node.inputs, inputs),
            std::mem::replace(&mut self.node.outputs, outputs),
            std::mem::replace(&mut self.cotangents, cotangents),
        );
        let flows = crate::gradient::adjoint(self);
        (self.node.inputs, self.node.outputs, self.cotangents) = kept;
        flows
    }

    /// A result that flows to the first input only.
    pub fn only(&self, dx: Wire) -> Vec<Option<Wire>> {
        let mut out = vec![None; self.node.inputs.len()];
        if let Some(first) = out.first_mut() {
            *first = Some(dx);
        }
        out
    }
}

//! From a graph to a tract model, node by node.
//!
//! Every wire of a specialised graph has a known type and shape, so tract's shape inference isn't needed: each node is read by tract's
//! ONNX reader and wired at once. What tract can't read, or is known to get wrong, becomes a [`Plain`] operator. Constants go straight
//! from the graph to tract without a serialised copy in between.

use std::collections::HashMap;

use pellucid_graph::{Fact, Graph, Node, Wire};
use tract_onnx::model::ParsingContext;
use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::*;
use tract_onnx::tract_core::ops::cast::cast;
use tract_onnx::tract_core::ops::konst::Const;
use tract_onnx::tract_hir::internal::{Expansion, InferenceOp};
use tract_onnx::{Onnx, onnx, pb};

use super::faults::is_faulty;
use super::fragment::{Fragment, fragment};
use super::plain::{Plain, typed_fact};
use super::simple::Simple;
use super::value::{datum_type, to_tract};
use super::{ID, proto};
use crate::guard::guarded;
use crate::{EngineError, Result};

/// A tract model whose inputs are those of the graph and whose outputs are `ends`.
///
/// # Errors
/// When neither tract nor the plain evaluator can run a node, with its name.
pub fn build(graph: &Graph, ends: &[Wire]) -> Result<TypedModel> {
    let reader = onnx();
    let context_model = proto::empty_model();
    let mut builder = Builder::new(graph, &reader, &context_model);
    builder.add_inputs()?;
    builder.add_nodes(ends)?;
    builder.finish(ends)
}

struct Builder<'a> {
    graph: &'a Graph,
    reader: &'a Onnx,
    context: ParsingContext<'a>,
    model: TypedModel,
    places: HashMap<Wire, OutletId>,
    /// Begins the names of all nodes.
    prefix: String,
}

impl<'a> Builder<'a> {
    fn new(graph: &'a Graph, reader: &'a Onnx, context_model: &'a pb::ModelProto) -> Builder<'a> {
        let context = ParsingContext {
            onnx_operator_set_version: pellucid_graph::OPSET,
            framework: reader,
            model: context_model,
            parent_graphs: vec![],
            model_dir: None,
            template: InferenceModel::default(),
        };
        let model = TypedModel::default();
        Builder { graph, reader, context, model, places: HashMap::new(), prefix: String::new() }
    }

    fn add_inputs(&mut self) -> Result<()> {
        for (i, &wire) in self.graph.inputs().iter().enumerate() {
            let fact = self.graph.fact(wire)?;
            let source = typed_fact(fact.dtype, fact).and_then(|f| self.model.add_source(format!("input{i}"), f));
            self.places.insert(wire, source.map_err(|e| prepare_error(None, &e))?);
        }
        Ok(())
    }

    fn add_nodes(&mut self, ends: &[Wire]) -> Result<()> {
        let graph = self.graph;
        let needed = graph.needed_for(ends);
        for (index, node) in graph.nodes().iter().enumerate() {
            if node.outputs.iter().flatten().any(|w| needed[w.index()]) {
                self.add_node(index, node)?;
            }
        }
        Ok(())
    }

    /// The place of a wire in the tract model; constants are added when they are first read.
    fn place(&mut self, wire: Wire) -> TractResult<OutletId> {
        if let Some(&outlet) = self.places.get(&wire) {
            return Ok(outlet);
        }
        let name = self.graph.name_of(wire);
        let value = self.graph.constant(wire).ok_or_else(|| format_err!("wire `{name}` is read before it is made"))?;
        let value = to_tract(value)?.into_arc_tensor();
        let fact = TypedFact::try_from(value.clone())?;
        let name = format!("{}const{}", self.prefix, wire.index());
        let id = self.model.add_node(name, Const::new(value)?, tvec!(fact))?;
        let outlet = OutletId::new(id, 0);
        self.places.insert(wire, outlet);
        Ok(outlet)
    }

    fn add_node(&mut self, index: usize, node: &Node) -> Result<()> {
        if let Some(written) = fragment(self.graph, node) {
            return self.wire_fragment(index, node, &written).map_err(|e| prepare_error(Some(node), &e));
        }
        if let Some(simple) = Simple::of(self.graph, node) {
            return self.wire_simple(index, node, simple).map_err(|e| prepare_error(Some(node), &e));
        }
        let fault = if is_faulty(self.graph, node) {
            format_err!("tract is known to compute it wrongly")
        } else {
            let wired = guarded(|| self.wire_by_reader(index, node))
                .unwrap_or_else(|panic| Err(format_err!("tract stopped: {panic}")));
            match wired {
                Ok(()) => return Ok(()),
                Err(e) => e,
            }
        };
        match Plain::of(self.graph, node) {
            Some(plain) => self.wire_plain(index, node, plain).map_err(|e| prepare_error(Some(node), &e)),
            None => Err(prepare_error(Some(node), &fault)),
        }
    }

    fn wire_by_reader(&mut self, index: usize, node: &Node) -> TractResult<()> {
        if !node.domain.is_empty() {
            bail!("tract doesn't know the domain `{}`", node.domain);
        }
        let name = format!("{}n{index}", self.prefix);
        let read = self.reader.op_register.0.get(&node.op);
        let read = read.ok_or_else(|| format_err!("tract doesn't have this operator"))?;
        let (op, closures) = read(&self.context, &proto::node(node, &name)?)?;
        if !closures.is_empty() {
            bail!("bodies are read with the whole model");
        }
        let inputs = self.input_places(node)?;
        let outlets = self.wire_inference_op(node, &name, op, &inputs)?;
        self.settle(index, node, &outlets)
    }

    fn input_places(&mut self, node: &Node) -> TractResult<Vec<OutletId>> {
        node.inputs.iter().flatten().map(|&w| self.place(w)).collect()
    }

    /// Wires an operator through a model of that one node, the form in which tract turns operators of its reader into typed ones.
    fn wire_inference_op(
        &mut self,
        node: &Node,
        name: &str,
        op: Box<dyn InferenceOp>,
        inputs: &[OutletId],
    ) -> TractResult<TVec<OutletId>> {
        let mut single = InferenceModel { symbols: self.model.symbols.clone(), ..InferenceModel::default() };
        let mut mapping = HashMap::new();
        for (i, &outlet) in inputs.iter().enumerate() {
            let fact = InferenceFact::from(self.model.outlet_fact(outlet)?);
            mapping.insert(single.add_source(format!("in{i}"), fact)?, outlet);
        }
        // Expansions state their outputs themselves; the others are told, for they read it off the node.
        let expands = op.as_op().downcast_ref::<Box<dyn Expansion>>().is_some();
        let facts = node.outputs.iter().flatten().map(|w| {
            let fact = self.graph.info(*w).fact.as_ref().filter(|_| !expands);
            fact.and_then(|f| typed_fact(f.dtype, f).ok()).map(InferenceFact::from).unwrap_or_default()
        });
        let id = single.add_node(name, op, facts.collect())?;
        for (i, source) in single.inputs.clone().into_iter().enumerate() {
            single.add_edge(source, InletId::new(id, i))?;
        }
        single.node(id).op.to_typed(&single, single.node(id), &mut self.model, &mapping)
    }

    /// Records where the node's outputs are, after checking that tract means the same type and shape.
    fn settle(&mut self, index: usize, node: &Node, outlets: &[OutletId]) -> TractResult<()> {
        let wires: Vec<Wire> = node.outputs.iter().flatten().copied().collect();
        if wires.len() > outlets.len() {
            bail!("tract makes {} outputs instead of {}", outlets.len(), wires.len());
        }
        let mut settled = vec![];
        for (i, (&wire, &outlet)) in wires.iter().zip(outlets).enumerate() {
            let outlet = match &self.graph.info(wire).fact {
                Some(fact) => self.checked(&format!("{}n{index}.settle{i}", self.prefix), fact, outlet)?,
                None => outlet,
            };
            settled.push((wire, outlet));
        }
        self.places.extend(settled);
        Ok(())
    }

    fn checked(&mut self, name: &str, fact: &Fact, outlet: OutletId) -> TractResult<OutletId> {
        let found = self.model.outlet_fact(outlet)?.clone();
        if let (Some(want), Some(have)) = (fact.shape(), found.shape.as_concrete())
            && want != have
        {
            bail!("tract makes the shape {have:?} instead of {want:?}");
        }
        let want = datum_type(fact.dtype);
        if found.datum_type == want {
            return Ok(outlet);
        }
        Ok(self.model.wire_node(name, cast(want), &[outlet])?[0])
    }

    fn wire_simple(&mut self, index: usize, node: &Node, simple: Simple) -> TractResult<()> {
        let inputs = self.input_places(node)?;
        let outlets = self.model.wire_node(format!("{}n{index}.simple", self.prefix), simple, &inputs)?;
        self.settle(index, node, &outlets)
    }

    fn wire_plain(&mut self, index: usize, node: &Node, plain: Plain) -> TractResult<()> {
        let inputs = self.input_places(node)?;
        let outlets = self.model.wire_node(format!("{}n{index}.plain", self.prefix), plain, &inputs)?;
        self.places.extend(node.outputs.iter().flatten().copied().zip(outlets));
        Ok(())
    }

    /// Wires the nodes of a fragment in place of the node.
    fn wire_fragment(&mut self, index: usize, node: &Node, written: &Fragment) -> TractResult<()> {
        let mut places = HashMap::new();
        for (here, wire) in &written.outer {
            places.insert(*here, self.place(*wire)?);
        }
        let mut inner = Builder {
            graph: &written.graph,
            reader: self.reader,
            context: self.context.clone(),
            model: std::mem::take(&mut self.model),
            places,
            prefix: format!("{}n{index}.", self.prefix),
        };
        let ends = written.graph.outputs();
        let wired = inner.add_nodes(ends).map_err(|e| format_err!("{e}"));
        let outlets = wired.and_then(|()| ends.iter().map(|w| inner.place(*w)).collect::<TractResult<Vec<_>>>());
        self.model = inner.model;
        self.settle(index, node, &outlets?)
    }

    fn finish(mut self, ends: &[Wire]) -> Result<TypedModel> {
        let outlets = ends.iter().map(|w| self.place(*w)).collect::<TractResult<Vec<_>>>();
        let finished = outlets.and_then(|o| {
            self.model.select_output_outlets(&o)?;
            Ok(self.model)
        });
        finished.map_err(|e| prepare_error(None, &e))
    }
}

/// An error of preparation, at a node where one is to blame.
pub fn prepare_error(node: Option<&Node>, error: &TractError) -> EngineError {
    EngineError::Prepare {
        engine: ID,
        node: node.map(|n| format!("`{}` ({})", n.name, n.op)),
        reason: format!("{error:#}"),
    }
}

//! An operator that tract lacks or gets wrong, run inside tract by Pellucid's plain evaluator.

use std::sync::Arc;

use pellucid_graph::op::{self, Call};
use pellucid_graph::{Attrs, DType, Fact, Graph, Node, Tensor};
use tract_onnx::prelude::{TVec, TractResult, tvec};
use tract_onnx::tract_core::internal::*;
use tract_onnx::tract_core::ops::TypedOp;

use super::value::{datum_type, from_tract, to_tract};

/// The node, with what the evaluator needs to know of its surroundings.
#[derive(Debug)]
struct Body {
    name: String,
    op: String,
    domain: String,
    attrs: Attrs,
    facts: Vec<Option<Fact>>,
    outputs: Vec<Option<Fact>>,
}

/// A node of a Pellucid graph as a tract operator. Inputs that the node leaves out are left out here as well.
#[derive(Clone, Debug)]
pub struct Plain(Arc<Body>);

impl Plain {
    /// The operator of a node, `None` when the plain evaluator lacks it too or the shape of an output isn't fixed.
    pub fn of(graph: &Graph, node: &Node) -> Option<Plain> {
        if !node.domain.is_empty() || !op::foldable(&node.op) {
            return None;
        }
        let facts = node.inputs.iter().map(|w| w.and_then(|w| graph.info(w).fact.clone())).collect();
        let outputs: Vec<Option<Fact>> =
            node.outputs.iter().map(|w| w.and_then(|w| graph.info(w).fact.clone())).collect();
        let fixed = node
            .outputs
            .iter()
            .zip(&outputs)
            .all(|(wire, fact)| wire.is_none() || fact.as_ref().is_some_and(|f| f.shape().is_some()));
        fixed.then(|| {
            Plain(Arc::new(Body {
                name: node.name.clone(),
                op: node.op.clone(),
                domain: node.domain.clone(),
                attrs: node.attrs.clone(),
                facts,
                outputs,
            }))
        })
    }

    fn values(&self, inputs: &[TValue]) -> TractResult<Vec<Tensor>> {
        let body = &self.0;
        let mut given = inputs.iter();
        let constants = body
            .facts
            .iter()
            .map(|fact| match fact {
                None => Ok(None),
                Some(f) => given.next().map(|v| from_tract(v, Some(f.dtype))).transpose(),
            })
            .collect::<TractResult<Vec<_>>>()?;
        let call = Call {
            name: &body.name,
            op: &body.op,
            domain: &body.domain,
            attrs: &body.attrs,
            facts: body.facts.clone(),
            constants,
            outputs: body.outputs.len(),
            complete: true,
            wide: false,
        };
        Ok(op::eval(&call, false)?)
    }
}

// Two of these are the same operator only when they are the same node: tract merges nodes that it finds equal.
impl PartialEq for Plain {
    fn eq(&self, other: &Plain) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Plain {}

impl Op for Plain {
    fn name(&self) -> StaticName {
        format!("Plain{}", self.0.op).into()
    }

    op_as_typed_op!();
}

impl EvalOp for Plain {
    not_out_of_plan!();

    fn eval(&self, _ctx: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let values = self.values(&inputs)?;
        let mut out = tvec![];
        for (value, fact) in values.iter().zip(&self.0.outputs) {
            if let Some(fact) = fact {
                let value = if value.dtype() == fact.dtype { value.clone() } else { value.cast(fact.dtype) };
                out.push(to_tract(&value)?.into_tvalue());
            }
        }
        Ok(out)
    }
}

impl TypedOp for Plain {
    as_op!();

    fn output_facts(&self, _inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        let facts = self.0.outputs.iter().flatten();
        facts.map(|f| typed_fact(f.dtype, f)).collect()
    }
}

/// A fact of fixed shape for tract.
pub fn typed_fact(dtype: DType, fact: &Fact) -> TractResult<TypedFact> {
    let shape = fact.shape().ok_or_else(|| format_err!("a shape that isn't fixed: {fact}"))?;
    Ok(datum_type(dtype).fact(shape))
}

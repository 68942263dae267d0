//! Brings each node of a file into the dialect: the standard operators as opset 21 means them.
//!
//! [`TABLE`] is the one list of what changes: an operator, the opsets of the file that it concerns, and the function that rewrites the
//! node. An operator without a row stays as it is, those of other domains included: they run forward on an engine that knows them.

mod attention;
mod changed;
mod constant;
mod microsoft;
mod moved;
mod newer;
mod step;

use std::collections::HashMap;

use super::external::Loader;
use super::function::{Fresh, Sourced, domain};
use super::kinds::Kinds;
use super::proto::{AttributeProto, GraphProto, NodeProto, TensorProto, tensor_proto::DataLocation};
use super::{body, value};
use crate::{GraphError, Result, Tensor};

pub(super) use step::{int, tensor};

use step::Step;

/// What a node of the file becomes, in order.
pub(super) enum Emit {
    /// A node.
    Node(NodeProto),
    /// A constant by name.
    Constant(String, Tensor),
}

/// Rewrites one node.
type Rewrite = fn(&mut Step) -> Result<()>;

/// Domain, operator, first and last opset of the file that the row is for (of the standard domain), rewrite.
type Row = (&'static str, &'static str, i64, i64, Rewrite);

const MS: &str = "com.microsoft";
const ANY: i64 = i64::MAX;

/// The one list of what changes on the way into the dialect. The first row that fits is taken.
static TABLE: &[&[Row]] =
    &[constant::TABLE, moved::TABLE, changed::TABLE, newer::TABLE, attention::TABLE, microsoft::TABLE];

/// Brings nodes into the dialect.
pub(super) struct Normaliser<'a> {
    pub fresh: &'a mut Fresh,
    pub loader: &'a mut Loader,
}

impl Normaliser<'_> {
    /// What a node becomes.
    pub fn node(&mut self, sourced: Sourced, kinds: &Kinds) -> Result<Vec<Emit>> {
        let Sourced { mut node, opset } = sourced;
        node.domain = domain(&node.domain).to_string();
        node.overload.clear();
        for t in node.attribute.iter_mut().filter_map(|a| a.t.as_mut()) {
            self.bring_in(t)?;
        }
        for body in body::bodies_mut(&mut node) {
            self.body(body, opset, kinds)?;
        }
        let mut step =
            Step { node, opset, kinds, fresh: self.fresh, loader: self.loader, out: vec![], types: HashMap::new() };
        match row(&step.node, opset) {
            Some(rewrite) => rewrite(&mut step)?,
            None => step.keep(),
        }
        Ok(step.out)
    }

    /// Puts the data of a tensor that lies in another file into its message.
    fn bring_in(&mut self, t: &mut TensorProto) -> Result<()> {
        if t.data_location == DataLocation::External as i32 {
            let tensor = value::from_proto(t, &t.name, self.loader)?;
            *t = value::to_proto(&t.name, &tensor);
        }
        Ok(())
    }

    /// Brings the nodes of a body into the dialect, in place.
    fn body(&mut self, graph: &mut GraphProto, opset: i64, around: &Kinds) -> Result<()> {
        let mut kinds = Kinds::inside(around);
        for t in &mut graph.initializer {
            self.bring_in(t)?;
            let name = t.name.clone();
            kinds.set_constant(&name, value::from_proto(t, &name, self.loader)?);
        }
        for s in std::mem::take(&mut graph.sparse_initializer) {
            let name = s.values.as_ref().map(|v| v.name.clone()).unwrap_or_default();
            let tensor = value::from_sparse(&s, &name, self.loader)?;
            graph.initializer.push(value::to_proto(&name, &tensor));
            kinds.set_constant(&name, tensor);
        }
        for input in &graph.input {
            kinds.set(&input.name, None, None);
        }
        graph.value_info.clear();
        for node in std::mem::take(&mut graph.node) {
            for emitted in self.node(Sourced { node, opset }, &kinds)? {
                let node = match emitted {
                    Emit::Node(node) => node,
                    Emit::Constant(name, tensor) => {
                        let node = step::constant_node(&name, &tensor);
                        kinds.set_constant(&name, tensor);
                        graph.node.push(node);
                        continue;
                    }
                };
                kinds.infer(&node);
                graph.node.push(node);
            }
        }
        Ok(())
    }
}

fn row(node: &NodeProto, opset: i64) -> Option<Rewrite> {
    let fits = |row: &&Row| row.0 == node.domain && row.1 == node.op_type && (row.2..=row.3).contains(&opset);
    TABLE.iter().flat_map(|part| part.iter()).find(fits).map(|row| row.4)
}

/// An operator that has no form in the dialect.
fn unsupported(node: &NodeProto, reason: impl Into<String>) -> GraphError {
    GraphError::Unsupported {
        op: node.op_type.clone(),
        node: super::import::label(node).to_string(),
        reason: reason.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operator_has_one_row_for_an_opset() {
        let rows: Vec<&Row> = TABLE.iter().flat_map(|part| part.iter()).collect();
        for (i, a) in rows.iter().enumerate() {
            assert!(!a.1.is_empty() && a.2 <= a.3, "{}", a.1);
            let other = rows[i + 1..].iter().find(|b| (a.0, a.1) == (b.0, b.1) && a.2 <= b.3 && b.2 <= a.3);
            assert!(other.is_none(), "`{}` has two rows for one opset", a.1);
        }
    }
}

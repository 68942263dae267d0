//! Checks that a graph is what it promises to be.

use crate::op::{self, Call};
use crate::{Dim, Fact, Graph, GraphError, Node, Result, Wire};

impl Graph {
    /// Checks names, order, producers, constants and outputs, and that the facts of wires agree with what the operators infer from fixed
    /// input shapes. Rewrites are tested with it; a graph that was read from a file always passes.
    ///
    /// # Errors
    /// The first thing that doesn't hold.
    pub fn verify(&self) -> Result<()> {
        for (wire, info) in self.wires() {
            self.verify_wire(wire).map_err(|reason| GraphError::Invalid(format!("wire `{}` {reason}", info.name)))?;
        }
        for (i, node) in self.nodes().iter().enumerate() {
            let at = |reason| GraphError::Node { node: node.name.clone(), op: node.op.clone(), reason };
            self.verify_place(i, node).map_err(at)?;
            self.verify_facts(node)?;
        }
        let whole = self.outputs().iter().all(|w| w.index() < self.wire_count());
        if whole { Ok(()) } else { Err(GraphError::Invalid("an output isn't a wire of the graph".into())) }
    }

    fn verify_wire(&self, wire: Wire) -> Result<(), String> {
        let info = self.info(wire);
        if info.name.is_empty() || self.find(&info.name).ok() != Some(wire) {
            return Err("has no name of its own".into());
        }
        let listed = self.inputs().iter().filter(|w| **w == wire).count();
        let sources = usize::from(info.constant.is_some()) + usize::from(info.producer.is_some()) + listed;
        if sources != 1 {
            return Err(format!("should come from an input, a constant or a node, but has {sources} sources"));
        }
        if let Some(p) = info.producer {
            let node = self.nodes().get(p).ok_or("comes from a node that isn't there")?;
            if node.outputs.iter().flatten().filter(|w| **w == wire).count() != 1 {
                return Err(format!("should come from node `{}`, which doesn't make it once", node.name));
            }
        }
        if let Some(t) = &info.constant {
            let expected = Fact::new(t.dtype(), t.shape());
            if info.fact.as_ref() != Some(&expected) {
                return Err(format!("is a constant of {expected}, but noted otherwise"));
            }
        }
        Ok(())
    }

    /// A node reads what is there before it, and makes what is noted as made by it.
    fn verify_place(&self, index: usize, node: &Node) -> Result<(), String> {
        for wire in node.reads() {
            if wire.index() >= self.wire_count() {
                return Err("reads a wire that isn't there".into());
            }
            let info = self.info(wire);
            if info.producer.is_some_and(|p| p >= index) {
                return Err(format!("reads `{}` before it is made", info.name));
            }
        }
        for wire in node.outputs.iter().flatten() {
            if wire.index() >= self.wire_count() || self.info(*wire).producer != Some(index) {
                return Err("makes a wire that is noted as made elsewhere".into());
            }
        }
        Ok(())
    }

    /// The facts of the outputs are what the operator infers, when the shapes of all inputs are fixed.
    fn verify_facts(&self, node: &Node) -> Result<()> {
        let fixed = |w: &Wire| self.info(*w).fact.as_ref().is_some_and(|f| f.shape().is_some());
        let noted = node.outputs.iter().flatten().all(|w| self.info(*w).fact.is_some());
        if !node.domain.is_empty() || op::find(&node.op).is_none() || !noted || !node.inputs.iter().flatten().all(fixed)
        {
            return Ok(());
        }
        let call = Call::of_node(self, node);
        for (wire, inferred) in node.outputs.iter().zip(op::infer(&call)?) {
            let Some(fact) = wire.and_then(|w| self.info(w).fact.as_ref()) else { continue };
            if !agree(fact, &inferred) {
                return Err(call.error(format!("makes {inferred}, but {fact} is noted")));
            }
        }
        Ok(())
    }
}

/// Whether two facts can both be true.
fn agree(a: &Fact, b: &Fact) -> bool {
    let same = |(a, b): (&Dim, &Dim)| match (a, b) {
        (Dim::Known(a), Dim::Known(b)) => a == b,
        _ => true,
    };
    a.dtype == b.dtype && a.rank() == b.rank() && a.dims.iter().zip(&b.dims).all(same)
}

#[cfg(test)]
mod tests {
    use crate::{Attrs, DType, Fact, Graph, Tensor};

    fn relu() -> Graph {
        let mut g = Graph::new("net");
        let x = g.add_input("x", Fact::new(DType::F32, &[2, 3]));
        let y = g.push_raw("r", "Relu", "", &[Some(x)], Attrs::new(), &[Some("y")], vec![]).unwrap()[0].unwrap();
        g.add_output(y);
        g
    }

    #[test]
    fn a_sound_graph_passes() {
        relu().verify().unwrap();
    }

    #[test]
    fn a_constant_with_another_fact_is_found() {
        let mut g = relu();
        let z = g.add_constant("z", Tensor::scalar(1.0));
        g.set_fact(z, Fact::new(DType::I64, &[]));
        assert!(g.verify().unwrap_err().to_string().contains("wire `z` is a constant of f32[]"));
    }

    #[test]
    fn an_output_of_another_graph_is_found() {
        let mut big = relu();
        let far = (0..5).map(|i| big.add_constant(&format!("c{i}"), Tensor::scalar(0.0))).last().unwrap();
        let mut g = relu();
        g.add_output(far);
        assert!(g.verify().unwrap_err().to_string().contains("isn't a wire of the graph"));
    }

    #[test]
    fn a_wrong_fact_is_found_where_the_operator_is_known() {
        if crate::op::find("Relu").is_none() {
            println!("skipped: `Relu` isn't among the operators");
            return;
        }
        let mut g = relu();
        let y = g.outputs()[0];
        g.set_fact(y, Fact::new(DType::F32, &[2, 4]));
        assert!(
            g.verify().unwrap_err().to_string().contains("node `r` (Relu): makes f32[2 x 3], but f32[2 x 4] is noted")
        );
    }
}

//! Where the outputs of a graph come from. Engines compute only what must be computed, each wire once.

use pellucid_graph::{DType, Graph, Tensor, Wire};

/// Where one output is found.
enum Source {
    /// Place in the list of computed wires, and the element type that the graph states.
    Computed(usize, Option<DType>),
    /// An input handed through.
    Input(usize),
    /// A constant.
    Constant(Tensor),
}

/// The outputs of a graph.
pub struct Outputs {
    /// The wires to compute.
    pub ends: Vec<Wire>,
    sources: Vec<Source>,
}

impl Outputs {
    /// The outputs of `graph`.
    pub fn of(graph: &Graph) -> Outputs {
        let mut ends: Vec<Wire> = vec![];
        let sources = graph.outputs().iter().map(|wire| {
            if let Some(value) = graph.constant(*wire) {
                return Source::Constant(value.clone());
            }
            if let Some(i) = graph.inputs().iter().position(|w| w == wire) {
                return Source::Input(i);
            }
            let dtype = graph.info(*wire).fact.as_ref().map(|f| f.dtype);
            let at = ends.iter().position(|w| w == wire).unwrap_or_else(|| {
                ends.push(*wire);
                ends.len() - 1
            });
            Source::Computed(at, dtype)
        });
        let sources = sources.collect();
        Outputs { ends, sources }
    }

    /// The values of all outputs, in order. `computed` gives the value of `ends[i]` in a given type.
    pub fn collect<E>(
        &self,
        inputs: &[Tensor],
        computed: impl Fn(usize, Option<DType>) -> Result<Tensor, E>,
    ) -> Result<Vec<Tensor>, E> {
        let values = self.sources.iter().map(|source| match source {
            Source::Computed(i, dtype) => computed(*i, *dtype),
            Source::Input(i) => Ok(inputs[*i].clone()),
            Source::Constant(value) => Ok(value.clone()),
        });
        values.collect()
    }
}

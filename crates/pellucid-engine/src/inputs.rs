//! What a plan takes, checked before every run.

use pellucid_graph::{Fact, Graph, Tensor};

use crate::{EngineError, Result};

/// Names and facts of the inputs of a graph whose input shapes are fixed.
pub struct Signature(Vec<(String, Fact)>);

impl Signature {
    /// The signature of a graph.
    ///
    /// # Errors
    /// When the shape of an input isn't fixed.
    pub fn of(graph: &Graph) -> Result<Signature> {
        let inputs = graph.inputs().iter().map(|&w| {
            graph.shape(w)?;
            Ok((graph.name_of(w).to_string(), graph.fact(w)?.clone()))
        });
        Ok(Signature(inputs.collect::<Result<_>>()?))
    }

    /// Whether the values fit.
    ///
    /// # Errors
    /// When number, types or shapes differ, with the first input that does.
    pub fn check(&self, inputs: &[Tensor]) -> Result<()> {
        if inputs.len() != self.0.len() {
            return Err(EngineError::Input {
                index: inputs.len().min(self.0.len()),
                name: self.0.get(inputs.len()).map(|(n, _)| n.clone()),
                expected: format!("{} inputs", self.0.len()),
                found: inputs.len().to_string(),
            });
        }
        for (index, ((name, want), have)) in self.0.iter().zip(inputs).enumerate() {
            let found = Fact::new(have.dtype(), have.shape());
            if *want != found {
                return Err(EngineError::Input {
                    index,
                    name: Some(name.clone()),
                    expected: want.to_string(),
                    found: found.to_string(),
                });
            }
        }
        Ok(())
    }
}

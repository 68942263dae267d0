//! The target and its gradient at one point after another, for loops in which each point depends on the one before.

use pellucid_engine::Task;
use pellucid_graph::Graph;

use crate::context::Context;
use crate::gradient::field::{Field, INPUTS, finite, with_values};
use crate::{ExplainError, Result};

/// The graph of target and gradient, made once.
pub(crate) struct Slope<'t> {
    graph: Graph,
    task: Task<'t>,
}

impl<'t> Slope<'t> {
    /// The slope of the context's target; progress counts `steps` points.
    ///
    /// # Errors
    /// When a node can't be differentiated.
    pub fn new<'c: 't>(context: &mut Context<'c>, steps: usize, label: &str) -> Result<Slope<'t>> {
        let (graph, rules) = context.gradient_graph(INPUTS, 1)?;
        context.rules = rules;
        Ok(Slope { graph: graph.prune().0, task: Task::start(context.session().progress(), steps, label) })
    }

    /// Target and gradient at a point: 1 F + 1 B.
    ///
    /// # Errors
    /// When the engine fails or is cancelled, or a value isn't finite.
    pub fn at(&self, context: &mut Context, point: &Field) -> Result<(f64, Field)> {
        let mut inputs = with_values(context.inputs, point);
        inputs.push(context.objective.weight.clone());
        let found = context.session().run(&self.graph, &inputs)?;
        context.counts.forwards += 1;
        context.counts.backwards += 1;
        self.task.advance(1);
        let [score, gradients @ ..] = found.as_slice() else {
            return Err(ExplainError::NonFinite { wire: context.objective.wire.clone(), index: 0 });
        };
        match score.to_f64().first() {
            Some(v) if v.is_finite() => Ok((*v, finite(gradients)?)),
            _ => Err(ExplainError::NonFinite { wire: context.objective.wire.clone(), index: 0 }),
        }
    }
}

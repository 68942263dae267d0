//! Where relevance starts: at the outputs that the target is about.

use pellucid_diff::{gradient_rules, pull_back};
use pellucid_graph::Wire;

use crate::assembly::Assembly;
use crate::target::Head;
use crate::{ExplainError, Result};

/// The wire before the target's head, and the relevance that starts there: its share of the target's value, or with `unit` the share of 1 that
/// the target weighs it with.
///
/// # Errors
/// When the target bends its outputs (softmax, sigmoid, cosine), so that it isn't the sum of their shares.
pub(crate) fn start(assembly: &mut Assembly, unit: bool) -> Result<(Wire, Wire)> {
    let objective = &assembly.objective;
    if !matches!(objective.head, Head::Logit | Head::Margin) {
        return Err(ExplainError::Target {
            target: objective.description.clone(),
            reason: "relevance starts at values that the target adds up, and it adds up none; \
                     choose a logit (`--target logit`), a margin or a contrast"
                .into(),
        });
    }
    let wire = assembly.graph.find(&objective.wire)?;
    let seed = assembly.seed();
    let pulled = pull_back(&mut assembly.graph, &[(assembly.score, seed)], &[wire], &gradient_rules())?;
    let Some(slope) = pulled.wrt.into_iter().next().flatten() else {
        let shape = assembly.graph.shape(wire)?;
        let dtype = assembly.graph.dtype(wire)?;
        return Ok((wire, assembly.build("relevance").zeros(dtype, &shape)?));
    };
    let share = if unit { slope } else { assembly.build("relevance").mul(wire, slope)? };
    Ok((wire, share))
}

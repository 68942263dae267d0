//! Handing the target's value back to the inputs under a rule set.

use pellucid_diff::relevance::transformer::Currency;
use pellucid_diff::{RuleSet, pull_back};
use pellucid_graph::Wire;

use super::balance::balance;
use super::start::start;
use crate::Result;
use crate::assembly::Assembly;
use crate::evidence::Grid;
use crate::layer::{Layer, Layout};
use crate::method::{Written, WrittenCheck, WrittenMap};

/// Relevance at every input, as arrays `inner_0` .. at the layers asked for (and `token_relevance` at one of tokens), with the account of every node
/// where relevance itself flows. `unit` starts with the target's weights instead of its value.
///
/// # Errors
/// When the target isn't a sum of values, or a node has no rule.
pub(crate) fn spread(assembly: &mut Assembly, rules: &RuleSet, currency: Currency, unit: bool) -> Result<Written> {
    let multipliers = currency == Currency::Multiplier;
    let (wire, seed) = start(assembly, unit || multipliers)?;
    let inputs = assembly.float_inputs();
    let layers = assembly.layers.clone();
    let mut wrt = inputs.clone();
    for layer in &layers {
        wrt.push(assembly.graph.find(&layer.name)?);
    }
    let pulled = pull_back(&mut assembly.graph, &[(wire, seed)], &wrt, rules)?;
    let mut written = Written::default();
    if !multipliers {
        written.balance = balance(assembly, &pulled.assignment, &pulled.ledger)?;
    }
    assembly.assignment.extend(pulled.assignment);
    let mut relevance = Vec::new();
    for (at, flow) in wrt.iter().zip(pulled.wrt) {
        let flow = assembly.or_zeros(*at, flow)?;
        relevance.push(if multipliers { assembly.build("relevance").mul(*at, flow)? } else { flow });
    }
    let (at_inputs, at_layers) = relevance.split_at(inputs.len());
    for (input, wire) in inputs.iter().zip(at_inputs) {
        let grid = Grid::Input { name: assembly.name_of(*input) };
        written.maps.push(WrittenMap { grid, wire: *wire });
    }
    written.extras.extend(INNER.iter().copied().zip(at_layers.iter().copied()));
    if let [wire] = at_layers {
        written.extras.extend(by_token(assembly, &layers[0], *wire)?.map(|w| ("token_relevance", w)));
    }
    let started = if multipliers { assembly.build("relevance").mul(wire, seed)? } else { seed };
    let found = assembly.total(at_inputs)?;
    let expected = assembly.total(&[started])?;
    written.extras.push(("relevance_sum", found));
    written.checks.push(WrittenCheck {
        name: "conservation",
        statement: "relevance at the inputs adds up to what started at the target; biases, stabilisers and gates keep the rest",
        found,
        expected,
        tolerance: 0.01,
    });
    Ok(written)
}

/// Names of the arrays of relevance at layers.
const INNER: &[&str] =
    &["inner_0", "inner_1", "inner_2", "inner_3", "inner_4", "inner_5", "inner_6", "inner_7", "inner_8", "inner_9"];

/// The sum over features of each token, at a layer of tokens.
fn by_token(assembly: &mut Assembly, layer: &Layer, wire: Wire) -> Result<Option<Wire>> {
    match layer.layout {
        Layout::Tokens { .. } => Ok(Some(assembly.build("tokens").sum(wire, &[2], false)?)),
        _ => Ok(None),
    }
}

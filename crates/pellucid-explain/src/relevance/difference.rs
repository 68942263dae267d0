//! DeepLIFT on one or several baselines.

use std::sync::{Mutex, PoisonError};

use pellucid_diff::contribution::{DeepLift, balance, pull_back_difference};
use pellucid_graph::{Fact, Graph, Tensor, Wire};

use super::balance::BalanceLine;
use crate::Result;
use crate::assembly::Assembly;
use crate::baseline;
use crate::context::Context;
use crate::evidence::{Evidence, Grid, Map};
use crate::explanation::Check;
use crate::method::{Form, Found};
use crate::params::Values;

/// The mean of the contributions over all baselines, with completeness measured and, of one baseline, the account of every node.
///
/// # Errors
/// When a node has no rule, or a baseline doesn't fit.
pub(crate) fn contributions(context: &mut Context, values: &Values, settings: &DeepLift, label: &str) -> Result<Found> {
    let baselines = baseline::baselines(context, values)?;
    let floats: Vec<bool> = context.inputs.iter().map(|t| t.dtype().is_float()).collect();
    let inputs = context.inputs.to_vec();
    let lines = Mutex::new(Vec::new());
    let build = |n: usize| twofold(context, settings, n, &floats, &lines);
    let make = |i: usize| -> Result<Vec<Tensor>> {
        let given = baselines[i].iter().zip(&floats).filter(|(_, f)| **f).map(|(b, _)| b.clone());
        Ok(inputs.iter().cloned().chain([context.objective.weight.clone()]).chain(given).collect())
    };
    let maps = floats.iter().filter(|f| **f).count();
    let batched = vec![false; inputs.len() + 1 + maps];
    let count = baselines.len() as f64;
    let mut sums: Vec<Vec<f64>> = Vec::new();
    let mut difference = 0.0;
    let mut accounts: Vec<f64> = Vec::new();
    context.run_alone(batched, &build, baselines.len(), label, &make, &mut |_, found| {
        let all: Vec<Vec<f64>> = found.iter().map(Tensor::to_f64).collect();
        if sums.is_empty() {
            sums = all[..maps].iter().map(|m| vec![0.0; m.len()]).collect();
        }
        sums.iter_mut().zip(&all).for_each(|(s, m)| s.iter_mut().zip(m).for_each(|(s, v)| *s += v / count));
        difference += (all[maps][0] - all[maps + 1][0]) / count;
        accounts = all[maps + 2..].iter().map(|v| v[0]).collect();
        Ok(())
    })?;
    context.counts.forwards += 2 * baselines.len() as u64;
    context.counts.backwards += baselines.len() as u64;
    let named = lines.into_inner().unwrap_or_else(PoisonError::into_inner);
    let account = |((node, op, rule), pair): ((String, String, String), &[f64])| BalanceLine {
        node,
        op,
        rule,
        received: pair[0],
        passed: pair[1],
    };
    let balance = if baselines.len() == 1 {
        named.into_iter().zip(accounts.chunks_exact(2)).map(account).collect()
    } else {
        vec![]
    };
    let sum: f64 = sums.iter().flatten().sum();
    let scale: f64 = sums.iter().flatten().map(|v| v.abs()).sum();
    let statement = "sum over the map = target at the input - its mean over the baselines";
    let names = context.float_inputs()?;
    let maps = names.into_iter().zip(sums).map(|((name, shape), values)| Map {
        grid: Grid::Input { name },
        shape,
        values: values.into_iter().map(|v| v as f32).collect(),
    });
    Ok(Found {
        evidence: Evidence::Maps(maps.collect()),
        checks: vec![Check::equal("completeness", statement, sum, difference, scale, 1e-4)],
        extras: vec![("differences".into(), vec![difference])],
        balance,
    })
}

/// Node, operator and rule of each line of the account.
type Lines = Mutex<Vec<(String, String, String)>>;

/// The model on the input and on a baseline that is a further input, and the contributions. Outputs: one map per input of real numbers, the score
/// at the input, that at the baseline, and for each node what it was sent and what it handed on.
fn twofold(context: &Context, settings: &DeepLift, n: usize, floats: &[bool], lines: &Lines) -> Result<Graph> {
    let graph = context.model.graph_in(Form::Canonical, n, &context.kept())?;
    let mut assembly = Assembly::new(&graph, context.objective, context.layers, false)?;
    let inputs = assembly.inputs.clone();
    let mut pairs: Vec<(Wire, Wire)> = Vec::new();
    for (input, _) in inputs.iter().zip(floats).filter(|(_, f)| **f) {
        let name = format!("baseline_{}", assembly.name_of(*input));
        let name = assembly.graph.fresh_name(&name);
        let fact = Fact::new(assembly.graph.dtype(*input)?, &assembly.graph.shape(*input)?);
        pairs.push((*input, assembly.graph.add_input(&name, fact)));
    }
    let (score, seed) = (assembly.score, assembly.seed());
    let difference = pull_back_difference(&mut assembly.graph, &[(score, seed)], &pairs, settings)?;
    let accounts = balance(&mut assembly.graph, &difference)?;
    let mut outputs = Vec::new();
    for ((input, _), contribution) in pairs.iter().zip(&difference.contributions) {
        outputs.push(assembly.or_zeros(*input, *contribution)?);
    }
    outputs.extend([score, difference.twin.reference(score)]);
    outputs.extend(accounts.iter().flat_map(|a| [a.sent, a.handed_on]));
    *lines.lock().unwrap_or_else(PoisonError::into_inner) =
        accounts.into_iter().map(|a| (a.node, a.op, a.rule)).collect();
    assembly.graph.set_outputs(&outputs);
    Ok(assembly.graph)
}

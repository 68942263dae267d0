//! The list of rules and running them until none applies.

use super::edit::{Edit, carry_out};
use super::view::View;
use super::{
    Rewritten, drop_identity, drop_lost_bias, fold_affine, fold_batch_norm, group_gelu, group_group_norm,
    group_hard_swish, group_layer_norm, group_leaky_relu, group_linear, group_mish, group_rms_norm, group_silu,
    merge_transpose,
};
use crate::{Graph, GraphError, NameMap, Result, nearest};

/// A rule that rewrites a part of a graph and keeps its function.
pub struct RewriteRule {
    /// Name, also in logs and options.
    pub name: &'static str,
    /// What it does, in one line.
    pub summary: &'static str,
    find: fn(&View) -> Vec<Edit>,
}

/// All rules, in the order in which they are tried: what is put together first isn't seen by later ones.
pub static REWRITES: &[RewriteRule] = &[
    rule("drop-identity", "nodes that change nothing go away", drop_identity::find),
    rule("merge-transpose", "two permutations of the axes are one", merge_transpose::find),
    rule("group-gelu", "the erf and tanh forms of GELU are `Gelu`", group_gelu::find),
    rule("group-silu", "`x * sigmoid(x)` is `Silu`", group_silu::find),
    rule("group-hard-swish", "`x * hardsigmoid(x)` is `HardSwish`", group_hard_swish::find),
    rule("group-mish", "`x * tanh(softplus(x))` is `Mish`", group_mish::find),
    rule("group-leaky-relu", "`max(x, a x)` is `LeakyRelu`", group_leaky_relu::find),
    rule("group-layer-norm", "layer normalisation taken apart is `LayerNormalization`", group_layer_norm::find),
    rule("group-rms-norm", "RMS normalisation taken apart is `RMSNormalization`", group_rms_norm::find),
    rule("group-group-norm", "instance normalisation of groups is `GroupNormalization`", group_group_norm::find),
    rule("group-linear", "a product with a constant matrix is `Gemm` or `Linear`", group_linear::find),
    rule("fold-batch-norm", "batch normalisation behind a linear node is part of it", fold_batch_norm::find),
    rule("drop-lost-bias", "a bias that instance normalisation takes away again is not added", drop_lost_bias::find),
    rule("fold-affine", "a constant factor or summand behind a linear node is part of it", fold_affine::find),
];

const fn rule(name: &'static str, summary: &'static str, find: fn(&View) -> Vec<Edit>) -> RewriteRule {
    RewriteRule { name, summary, find }
}

impl RewriteRule {
    /// Applies the rule wherever it fits, once. The wires named in `keep` survive. `None` when it fits nowhere.
    ///
    /// # Errors
    /// When the graph isn't valid.
    pub fn apply(&self, graph: &Graph, keep: &[&str]) -> Result<Option<Rewritten>> {
        let view = View::new(graph, keep);
        let edits = (self.find)(&view);
        carry_out(&view, self.name, edits)
    }
}

/// All rules on a specialised graph, until none applies. The output of a group keeps the name of its last node's; wires inside groups
/// vanish. A group is made only where nothing else reads what would vanish.
///
/// # Errors
/// When the graph isn't valid.
pub fn canonical(graph: &Graph) -> Result<Rewritten> {
    canonical_without(graph, &[], &[])
}

/// [`canonical`] with wires that must survive, by name.
///
/// # Errors
/// When the graph isn't valid.
pub fn canonical_keeping(graph: &Graph, keep: &[&str]) -> Result<Rewritten> {
    canonical_without(graph, keep, &[])
}

/// [`canonical_keeping`] without the rules named in `skip`.
///
/// # Errors
/// When a rule doesn't exist, or the graph isn't valid.
pub fn canonical_without(graph: &Graph, keep: &[&str], skip: &[&str]) -> Result<Rewritten> {
    let names = || REWRITES.iter().map(|r| r.name);
    if let Some(name) = skip.iter().find(|s| !names().any(|n| n == **s)) {
        return Err(GraphError::NoSuch { kind: "rewrite rule", name: name.to_string(), near: nearest(name, names()) });
    }
    let names = graph.wires().map(|(_, info)| (info.name.clone(), Some(info.name.clone())));
    let mut done = Rewritten { graph: graph.clone(), map: NameMap(names.collect()), log: vec![] };
    let mut changed = true;
    while changed {
        changed = false;
        for rule in REWRITES.iter().filter(|r| !skip.contains(&r.name)) {
            while let Some(next) = rule.apply(&done.graph, keep)? {
                done.then(next);
                changed = true;
            }
        }
    }
    Ok(done)
}

impl Rewritten {
    /// Takes a further step.
    fn then(&mut self, next: Rewritten) {
        for name in self.map.0.values_mut() {
            *name = name.take().and_then(|n| next.map.0.get(&n).cloned().flatten());
        }
        self.graph = next.graph;
        self.log.extend(next.log);
    }
}

//! One table from operator to the rule for differences.

use std::sync::Arc;

use pellucid_graph::Wire;

use super::composite::{self, through};
use super::context::{Context, Nonlinearity};
use super::{extremum, linear, nonlinear, product, softmax};
use crate::gradient::{Flows, elementwise, recurrent};
use crate::{Pull, Result, Rule, RuleSet, Select};

/// Writes the multipliers of one node.
type Write = fn(&Context, &mut Pull) -> Result<Flows>;

/// Ids, operators and rules, by family. What isn't here is refused.
static TABLE: &[(&str, &[&str], Write)] = &[
    ("deeplift-linear", LINEAR, linear::linear),
    ("deeplift-linear", &["Where"], linear::select),
    ("deeplift-product", &["Conv", "ConvTranspose", "Gemm", "MatMul", "Linear", "Einsum", "Mul"], product::multilinear),
    ("deeplift-product", &["Div", "Pow", "Mod", "PRelu"], product::pairwise),
    ("deeplift-rescale", elementwise::OPS, nonlinear::nonlinear),
    ("deeplift-rescale", nonlinear::STEPS, nonlinear::nonlinear),
    ("deeplift-extremum", EXTREMA, extremum::extremum),
    ("deeplift-written-out", &["Softmax"], softmax::softmax),
    ("deeplift-written-out", &["LogSoftmax"], softmax::log_softmax),
    ("deeplift-written-out", &["ReduceLogSumExp"], softmax::log_sum_exp),
    ("deeplift-written-out", &["InstanceNormalization", "GroupNormalization"], |c, p| {
        through(c, p, composite::grouped)
    }),
    ("deeplift-written-out", &["LayerNormalization", "RMSNormalization"], |c, p| {
        through(c, p, composite::over_last_axes)
    }),
    ("deeplift-written-out", &["MeanVarianceNormalization"], |c, p| through(c, p, composite::mean_variance)),
    ("deeplift-written-out", &["LpNormalization"], |c, p| through(c, p, composite::by_norm)),
    ("deeplift-written-out", &["LRN"], |c, p| through(c, p, composite::local_response)),
    ("deeplift-written-out", &["LpPool", "GlobalLpPool"], |c, p| through(c, p, composite::lp_pool)),
    ("deeplift-written-out", NORMS, |c, p| through(c, p, composite::reduction)),
    ("deeplift-written-out", &["LSTM", "GRU", "RNN"], |c, p| through(c, p, recurrent::unrolled)),
];

/// Linear in their data.
const LINEAR: &[&str] = &[
    "Identity",
    "Dropout",
    "Cast",
    "CastLike",
    "Add",
    "Sub",
    "Sum",
    "Mean",
    "BatchNormalization",
    "AveragePool",
    "GlobalAveragePool",
    "ReduceSum",
    "ReduceMean",
    "CumSum",
    "Reshape",
    "Flatten",
    "Squeeze",
    "Unsqueeze",
    "Transpose",
    "Expand",
    "Tile",
    "DepthToSpace",
    "SpaceToDepth",
    "Concat",
    "Split",
    "Slice",
    "Pad",
    "Trilu",
    "Gather",
    "GatherElements",
    "GatherND",
    "ScatterElements",
    "ScatterND",
    "Resize",
    "GridSample",
];

/// Reductions that are sums or products of functions.
const NORMS: &[&str] = &["ReduceL1", "ReduceL2", "ReduceSumSquare", "ReduceLogSum", "ReduceProd"];

/// Decided by a winner.
const EXTREMA: &[&str] = &["MaxPool", "GlobalMaxPool", "ReduceMax", "ReduceMin", "Max", "Min", "TopK"];

/// The operators that differences can be shared through.
pub fn operators() -> Vec<&'static str> {
    TABLE.iter().flat_map(|row| row.1.iter().copied()).collect()
}

/// A family's rule with the values it needs.
struct Family {
    id: &'static str,
    context: Arc<Context>,
    write: Write,
}

impl Rule for Family {
    fn id(&self) -> &'static str {
        self.id
    }

    fn pull(&self, p: &mut Pull) -> Result<Vec<Option<Wire>>> {
        if !p.node.domain.is_empty() {
            return Err(p.refuse("operators of other domains have no rule"));
        }
        (self.write)(&self.context, p)
    }
}

fn refused(_: &Context, p: &mut Pull) -> Result<Flows> {
    Err(p.refuse("differences can't be shared among its inputs"))
}

/// The rule set of a sweep.
pub(super) fn rules(context: &Arc<Context>) -> RuleSet {
    let reveals = context.settings.nonlinearity != Nonlinearity::Rescale;
    let family = |id: &'static str, write: Write| -> Arc<dyn Rule> {
        let id = if id == "deeplift-rescale" && reveals { "deeplift-reveal-cancel" } else { id };
        Arc::new(Family { id, context: context.clone(), write })
    };
    let mut entries = Vec::new();
    for (id, ops, write) in TABLE {
        let rule = family(id, *write);
        entries.extend(ops.iter().map(|op| (Select::Op((*op).to_string()), rule.clone())));
    }
    entries.push((Select::Any, family("deeplift-refused", refused)));
    let name = if reveals { "deeplift-reveal-cancel" } else { "deeplift-rescale" };
    RuleSet { name: name.to_string(), entries }
}

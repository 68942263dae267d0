//! What each operator of the dialect is: its role, the facts of its outputs, and a plain evaluator.
//!
//! [`OPS`] is the one list of operators. An operator that isn't in it still runs forward on an engine.

mod binary;
pub mod broadcast;
mod call;
mod cast;
mod control;
mod conv;
mod einsum;
mod erf;
mod gather;
mod layout;
mod list;
mod matmul;
mod merge;
mod norm;
mod pool;
mod quant;
mod recurrent;
mod reduce;
mod resize;
mod roi;
mod sample;
mod scatter;
mod select;
mod shape;
mod slice;
mod softmax;
mod sort;
mod unary;
mod values;
mod window;
mod work;

pub use call::Call;
pub use list::{GROUPED, OPS};
pub use resize::{AxisMatrix, Resample, resize_matrices, resize_matrix};

use crate::{DType, Fact, GraphError, Result, Tensor, volume};

/// What an operator is to a backward rule. Rule sets match roles, not operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Convolution, matrix product: linear in its data input.
    Linear,
    /// Elementwise nonlinearity of one input.
    Activation,
    /// Max and average pooling, spatial reductions.
    Pool,
    /// Normalisation by statistics, running or of this input.
    Norm,
    /// Sum, product, concatenation of several data inputs.
    Merge,
    /// Softmax and fused attention.
    Attention,
    /// Moves elements without changing them.
    Reshape,
    /// Resampling and grids.
    Resample,
    /// Integer, boolean and shape arithmetic: no gradient.
    Shape,
    /// Quantisation.
    Quant,
    /// Runs a body: `If`, `Loop`, `Scan`, recurrent layers.
    Control,
}

/// One operator of the dialect.
pub struct OpInfo {
    /// Operator type.
    pub name: &'static str,
    /// What it is to a backward rule.
    pub role: Role,
    /// Facts of the outputs from those of the inputs.
    pub infer: fn(&Call) -> Result<Vec<Fact>>,
    /// Plain evaluator: computes in `f64`, whatever the element type. `None`: runs on engines only.
    pub eval: Option<Eval>,
}

/// Plain evaluator of an operator.
pub type Eval = fn(&Call, &[Option<Tensor>]) -> Result<Vec<Tensor>>;

/// Elements of the largest tensor that inference lets through: beyond any memory, and small enough that sizes never overflow.
pub(crate) const MAX_SIZE: usize = 1 << 40;

/// Elements of the largest result that is evaluated at compile time.
const MAX_FOLD: usize = 64 << 20;

/// Steps of the longest evaluation at compile time: some seconds.
const MAX_WORK: usize = 1 << 32;

/// Elements of the largest result that is evaluated at all.
const MAX_EVAL: usize = 1 << 28;

/// An operator by type.
pub fn find(op: &str) -> Option<&'static OpInfo> {
    OPS.iter().find(|o| o.name == op)
}

/// Whether the operator can be evaluated at compile time.
pub fn foldable(op: &str) -> bool {
    find(op).is_some_and(|o| o.eval.is_some())
}

/// Whether a call is worth evaluating at compile time: its result follows from constants or from static facts alone, its operator has an
/// evaluator, no result has more than 64 M elements, and it takes seconds at most.
pub fn can_fold(call: &Call) -> bool {
    if !call.domain.is_empty() || !call.complete || !foldable(call.op) {
        return false;
    }
    let known = call.facts.iter().zip(&call.constants).all(|(f, c)| f.is_none() || c.is_some());
    let small = |f: &Fact| f.shape().and_then(|s| volume(&s)).is_some_and(|n| n <= MAX_FOLD);
    (known || shape::from_facts(call))
        && infer(call).is_ok_and(|facts| facts.iter().all(small) && work::of(call, &facts) <= MAX_WORK)
}

/// Facts of the outputs of a call.
///
/// # Errors
/// When the operator isn't known or its inputs don't fit.
pub fn infer(call: &Call) -> Result<Vec<Fact>> {
    let info = find(call.op).filter(|_| call.domain.is_empty()).ok_or_else(|| unknown(call))?;
    for (i, fact) in call.facts.iter().enumerate() {
        if let Some(fact) = fact {
            bounded(call, &format!("input {i}"), fact, MAX_SIZE)?;
        }
    }
    let facts = (info.infer)(call)?;
    for (i, fact) in facts.iter().enumerate() {
        bounded(call, &format!("output {i}"), fact, MAX_SIZE)?;
    }
    Ok(facts)
}

/// Refuses a shape that no memory holds.
fn bounded(call: &Call, what: &str, fact: &Fact, limit: usize) -> Result<()> {
    let known = fact.dims.iter().map(|d| match d {
        crate::Dim::Known(n) => *n,
        _ => 1,
    });
    // an empty tensor may have large axes, but arithmetic on them must not overflow either
    match known.map(|n| n.max(1)).try_fold(1usize, usize::checked_mul) {
        Some(n) if n <= limit => Ok(()),
        _ => Err(call.error(format!("{what} would be {fact}, which is too large"))),
    }
}

/// Values of the outputs of a call whose inputs are all constants. With `wide`, floats are computed and returned in `f64`.
///
/// # Errors
/// When the operator has no evaluator or its inputs don't fit.
pub fn eval(call: &Call, wide: bool) -> Result<Vec<Tensor>> {
    let run = find(call.op).filter(|_| call.domain.is_empty()).ok_or_else(|| unknown(call))?.eval;
    let run = run.ok_or_else(|| unsupported(call, "has no evaluator; it runs on engines only"))?;
    let widened;
    let call = if wide {
        widened = call.widened();
        &widened
    } else {
        call
    };
    for (i, fact) in infer(call)?.iter().enumerate() {
        bounded(call, &format!("output {i}"), fact, MAX_EVAL)?;
    }
    let out = run(call, &call.constants)?;
    Ok(if wide { out.into_iter().map(|t| widen(&t)).collect() } else { out })
}

/// The tensor with floats in `f64`.
pub(crate) fn widen(t: &Tensor) -> Tensor {
    if t.dtype().is_float() { t.cast(DType::F64) } else { t.clone() }
}

fn unknown(call: &Call) -> GraphError {
    unsupported(call, "isn't known")
}

fn unsupported(call: &Call, reason: &str) -> GraphError {
    GraphError::Unsupported { op: call.op.to_string(), node: call.name.to_string(), reason: reason.into() }
}

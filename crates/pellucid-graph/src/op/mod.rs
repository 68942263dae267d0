//! What each operator of the dialect is: its role, the facts of its outputs, and a plain evaluator.
//!
//! [`OPS`] is the one list of operators. An operator that isn't in it still runs forward on an engine.

mod call;

pub use call::Call;

use crate::{Fact, GraphError, Result, Tensor};

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
    pub eval: Option<fn(&Call, &[Option<Tensor>]) -> Result<Vec<Tensor>>>,
}

/// Pellucid's own grouped operators (domain empty in memory, written out as standard ONNX on export).
pub const GROUPED: &[&str] = &[];

/// The one list of operators.
pub static OPS: &[OpInfo] = &[];

/// An operator by type.
pub fn find(op: &str) -> Option<&'static OpInfo> {
    OPS.iter().find(|o| o.name == op)
}

/// Whether the operator can be evaluated at compile time.
pub fn foldable(op: &str) -> bool {
    find(op).is_some_and(|o| o.eval.is_some())
}

/// Facts of the outputs of a call.
///
/// # Errors
/// When the operator isn't known or its inputs don't fit.
pub fn infer(call: &Call) -> Result<Vec<Fact>> {
    let info = find(call.op).filter(|_| call.domain.is_empty()).ok_or_else(|| unknown(call))?;
    (info.infer)(call)
}

/// Values of the outputs of a call whose inputs are all constants. With `wide`, floats are computed and returned in `f64`.
///
/// # Errors
/// When the operator has no evaluator or its inputs don't fit.
pub fn eval(call: &Call, wide: bool) -> Result<Vec<Tensor>> {
    let run = find(call.op).and_then(|o| o.eval).ok_or_else(|| unknown(call))?;
    let mut out = run(call, &call.constants)?;
    if wide {
        out = out.into_iter().map(|t| if t.dtype().is_float() { t.cast(crate::DType::F64) } else { t }).collect();
    }
    Ok(out)
}

fn unknown(call: &Call) -> GraphError {
    GraphError::Unsupported { op: call.op.to_string(), node: call.name.to_string(), reason: "isn't known".into() }
}

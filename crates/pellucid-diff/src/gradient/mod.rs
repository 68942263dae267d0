//! The adjoint of every operator: one table from operator to the function that writes its vector-Jacobian product.

pub(crate) mod elementwise;
mod index;
mod layout;
mod linear;
mod merge;
pub(crate) mod norm;
pub(crate) mod pool;
pub(crate) mod recurrent;
pub(crate) mod reduce;
mod resample;

use pellucid_graph::Wire;

use crate::{Pull, Result};

/// What flows on to each input.
pub(crate) type Flows = Vec<Option<Wire>>;

/// Writes the adjoint of one node.
type Adjoint = fn(&mut Pull) -> Result<Flows>;

/// Operators and their adjoints, by family.
static TABLE: &[(&[&str], Adjoint)] = &[
    (elementwise::OPS, elementwise::adjoint),
    (&["PRelu"], elementwise::prelu),
    (&["Identity", "Dropout", "Cast", "CastLike"], elementwise::pass),
    (&["Sign", "Floor", "Ceil", "Round"], elementwise::flat),
    (&["QuantizeLinear", "DequantizeLinear"], elementwise::quantised),
    (&["Add", "Sub", "Mul", "Div", "Pow", "Mod"], merge::binary),
    (&["Sum", "Mean", "Max", "Min"], merge::many),
    (&["Where"], merge::select),
    (&["Conv"], linear::conv),
    (&["ConvTranspose"], linear::conv_transpose),
    (&["Gemm"], linear::gemm),
    (&["MatMul"], linear::matmul),
    (&["Linear"], linear::linear),
    (&["Einsum"], linear::einsum),
    (&["MaxPool"], pool::max_pool),
    (&["AveragePool"], pool::average_pool),
    (&["LpPool"], pool::lp_pool),
    (&["GlobalAveragePool"], pool::global_average),
    (&["GlobalMaxPool"], pool::global_max),
    (&["GlobalLpPool"], pool::global_lp),
    (reduce::OPS, reduce::adjoint),
    (&["TopK"], reduce::top_k),
    (&["CumSum"], reduce::cum_sum),
    (&["Softmax"], norm::softmax),
    (&["LogSoftmax"], norm::log_softmax),
    (&["BatchNormalization"], norm::batch),
    (&["InstanceNormalization"], norm::instance),
    (&["GroupNormalization"], norm::group),
    (&["LayerNormalization"], norm::layer),
    (&["RMSNormalization"], norm::rms),
    (&["MeanVarianceNormalization"], norm::mean_variance),
    (&["LpNormalization"], norm::lp),
    (&["LRN"], norm::local_response),
    (&["Reshape", "Flatten", "Squeeze", "Unsqueeze"], layout::reshaped),
    (&["Transpose"], layout::transpose),
    (&["Expand"], layout::expand),
    (&["Tile"], layout::tile),
    (&["DepthToSpace"], layout::depth_to_space),
    (&["SpaceToDepth"], layout::space_to_depth),
    (&["Concat"], layout::concat),
    (&["Split"], layout::split),
    (&["Slice"], layout::slice),
    (&["Pad"], layout::pad),
    (&["Trilu"], layout::trilu),
    (&["Gather"], index::gather),
    (&["GatherElements"], index::gather_elements),
    (&["GatherND"], index::gather_nd),
    (&["ScatterElements"], index::scatter_elements),
    (&["ScatterND"], index::scatter_nd),
    (&["Resize"], resample::resize),
    (&["GridSample"], resample::grid_sample),
    (&["LSTM", "GRU", "RNN"], recurrent::recurrent),
];

/// The operators that the plain gradient can cross.
pub fn operators() -> Vec<&'static str> {
    TABLE.iter().flat_map(|row| row.0.iter().copied()).collect()
}

/// Writes the adjoint of a node.
///
/// # Errors
/// When its operator has none, or its attributes aren't supported, naming the node.
pub fn adjoint(pull: &mut Pull) -> Result<Flows> {
    let op = pull.node.op.clone();
    let row = TABLE.iter().find(|row| row.0.contains(&op.as_str()) && pull.node.domain.is_empty());
    match row {
        Some((_, write)) => write(pull),
        None => Err(pull.refuse("it has no gradient rule")),
    }
}

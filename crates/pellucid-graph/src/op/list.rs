//! The one list of operators.

use super::{Call, Eval, OpInfo, Role};
use super::{binary, cast, control, conv, einsum, gather, layout, matmul, merge, norm, pool, quant, recurrent};
use super::{reduce, resize, roi, sample, scatter, select, shape, slice, softmax, sort, unary};
use crate::{Fact, Result};

/// Pellucid's own grouped operators (domain empty in memory, written out as standard ONNX on export):
/// `Silu` is `x sigmoid(x)`; `Linear` is `x W + b` on the last axis; `RMSNormalization` is that of ONNX opset 23.
pub const GROUPED: &[&str] = &["Silu", "Linear", "RMSNormalization"];

type Infer = fn(&Call) -> Result<Vec<Fact>>;

const fn op(name: &'static str, role: Role, infer: Infer, eval: Eval) -> OpInfo {
    OpInfo { name, role, infer, eval: Some(eval) }
}

/// An operator that runs on engines only.
const fn known(name: &'static str, role: Role, infer: Infer) -> OpInfo {
    OpInfo { name, role, infer, eval: None }
}

const fn function(name: &'static str) -> OpInfo {
    op(name, Role::Activation, unary::infer, unary::eval)
}

const fn test(name: &'static str) -> OpInfo {
    op(name, Role::Shape, binary::infer_test, binary::test)
}

const fn reduction(name: &'static str) -> OpInfo {
    op(name, Role::Pool, reduce::infer, reduce::eval)
}

/// Every operator of the dialect, by family.
pub static OPS: &[OpInfo] = &[
    // linear in one input
    op("Conv", Role::Linear, conv::infer, conv::eval),
    op("ConvTranspose", Role::Linear, conv::infer_transposed, conv::eval_transposed),
    op("MatMul", Role::Linear, matmul::infer, matmul::eval),
    op("Gemm", Role::Linear, matmul::infer_gemm, matmul::gemm),
    op("Linear", Role::Linear, matmul::infer_linear, matmul::linear),
    op("Einsum", Role::Linear, einsum::infer, einsum::eval),
    // elementwise, one input
    function("Relu"),
    function("LeakyRelu"),
    function("ThresholdedRelu"),
    function("Elu"),
    function("Celu"),
    function("Selu"),
    function("Sigmoid"),
    function("HardSigmoid"),
    function("HardSwish"),
    function("Silu"),
    function("Mish"),
    function("Softplus"),
    function("Softsign"),
    function("Shrink"),
    function("Tanh"),
    function("Erf"),
    function("Exp"),
    function("Log"),
    function("Sqrt"),
    function("Reciprocal"),
    function("Abs"),
    function("Neg"),
    function("Sign"),
    function("Floor"),
    function("Ceil"),
    function("Round"),
    function("Sin"),
    function("Cos"),
    function("Tan"),
    function("Asin"),
    function("Acos"),
    function("Atan"),
    function("Sinh"),
    function("Cosh"),
    function("Asinh"),
    function("Acosh"),
    function("Atanh"),
    op("Gelu", Role::Activation, unary::same_float, unary::gelu),
    op("Clip", Role::Activation, unary::same, unary::clip),
    op("PRelu", Role::Activation, binary::infer_prelu, binary::eval),
    // pools and reductions
    op("MaxPool", Role::Pool, pool::infer, pool::max),
    op("AveragePool", Role::Pool, pool::infer, pool::average),
    op("LpPool", Role::Pool, pool::infer, pool::lp),
    op("GlobalAveragePool", Role::Pool, pool::infer_global, pool::global),
    op("GlobalMaxPool", Role::Pool, pool::infer_global, pool::global),
    op("GlobalLpPool", Role::Pool, pool::infer_global, pool::global),
    op("MaxUnpool", Role::Pool, pool::infer_unpool, pool::unpool),
    reduction("ReduceSum"),
    reduction("ReduceMean"),
    reduction("ReduceProd"),
    reduction("ReduceMax"),
    reduction("ReduceMin"),
    reduction("ReduceL1"),
    reduction("ReduceL2"),
    reduction("ReduceSumSquare"),
    reduction("ReduceLogSum"),
    reduction("ReduceLogSumExp"),
    op("CumSum", Role::Pool, sort::infer_cumsum, sort::cumsum),
    // normalisations
    op("BatchNormalization", Role::Norm, norm::infer_batch, norm::batch),
    op("InstanceNormalization", Role::Norm, norm::infer_group, norm::group),
    op("GroupNormalization", Role::Norm, norm::infer_group, norm::group),
    op("LayerNormalization", Role::Norm, norm::infer_trailing, norm::trailing_axes),
    op("RMSNormalization", Role::Norm, norm::infer_trailing, norm::trailing_axes),
    op("LpNormalization", Role::Norm, unary::same_float, norm::lp),
    op("LRN", Role::Norm, unary::same_float, norm::local_response),
    op("MeanVarianceNormalization", Role::Norm, unary::same_float, norm::mean_variance),
    // several data inputs
    op("Add", Role::Merge, binary::infer, binary::eval),
    op("Sub", Role::Merge, binary::infer, binary::eval),
    op("Mul", Role::Merge, binary::infer, binary::eval),
    op("Div", Role::Merge, binary::infer, binary::eval),
    op("Pow", Role::Merge, binary::infer_pow, binary::pow),
    op("Mod", Role::Merge, binary::infer, binary::modulo),
    op("Min", Role::Merge, merge::infer, merge::eval),
    op("Max", Role::Merge, merge::infer, merge::eval),
    op("Sum", Role::Merge, merge::infer, merge::eval),
    op("Mean", Role::Merge, merge::infer, merge::eval),
    op("Where", Role::Merge, merge::infer_where, merge::select),
    op("Concat", Role::Merge, slice::infer_concat, slice::concat),
    // attention
    op("Softmax", Role::Attention, softmax::infer, softmax::eval),
    op("LogSoftmax", Role::Attention, softmax::infer, softmax::eval),
    op("Hardmax", Role::Attention, softmax::infer, softmax::eval),
    // the same elements elsewhere
    op("Identity", Role::Reshape, unary::same, layout::identity),
    op("Dropout", Role::Reshape, layout::infer_dropout, layout::dropout),
    op("Cast", Role::Reshape, cast::infer, cast::eval),
    op("CastLike", Role::Reshape, cast::infer, cast::eval),
    op("Reshape", Role::Reshape, layout::infer_reshape, layout::reshaped),
    op("Flatten", Role::Reshape, layout::infer_flatten, layout::reshaped),
    op("Squeeze", Role::Reshape, layout::infer_squeeze, layout::reshaped),
    op("Unsqueeze", Role::Reshape, layout::infer_unsqueeze, layout::reshaped),
    op("Transpose", Role::Reshape, layout::infer_transpose, layout::transpose),
    op("Expand", Role::Reshape, layout::infer_expand, layout::expand),
    op("Tile", Role::Reshape, layout::infer_tile, layout::tile),
    op("DepthToSpace", Role::Reshape, layout::infer_depth_to_space, layout::depth_to_space),
    op("SpaceToDepth", Role::Reshape, layout::infer_space_to_depth, layout::space_to_depth),
    op("Gather", Role::Reshape, gather::infer_gather, gather::gather),
    op("GatherElements", Role::Reshape, gather::infer_elements, gather::elements),
    op("GatherND", Role::Reshape, gather::infer_nd, gather::nd),
    op("ScatterElements", Role::Reshape, scatter::infer_elements, scatter::elements),
    op("ScatterND", Role::Reshape, scatter::infer_nd, scatter::nd),
    op("Slice", Role::Reshape, slice::infer_slice, slice::slice),
    op("Split", Role::Reshape, slice::infer_split, slice::split),
    op("Pad", Role::Reshape, slice::infer_pad, slice::pad),
    op("Trilu", Role::Reshape, select::infer_trilu, select::trilu),
    op("ReverseSequence", Role::Reshape, unary::same, select::reverse_sequence),
    op("Compress", Role::Reshape, select::infer_compress, select::compress),
    op("TopK", Role::Reshape, sort::infer_top, sort::top_k),
    // resampling
    op("Resize", Role::Resample, resize::infer, resize::eval),
    op("GridSample", Role::Resample, sample::infer, sample::grid_sample),
    op("AffineGrid", Role::Resample, sample::infer_affine, sample::affine_grid),
    op("RoiAlign", Role::Resample, roi::infer, roi::eval),
    // quantised
    op("QuantizeLinear", Role::Quant, quant::infer_quantize, quant::quantize),
    op("DequantizeLinear", Role::Quant, quant::infer_dequantize, quant::dequantize),
    op("DynamicQuantizeLinear", Role::Quant, quant::infer_dynamic, quant::dynamic),
    op("ConvInteger", Role::Quant, quant::infer_conv_integer, quant::conv_integer),
    op("MatMulInteger", Role::Quant, quant::infer_matmul_integer, quant::matmul_integer),
    op("QLinearConv", Role::Quant, quant::infer_qlinear_conv, quant::qlinear_conv),
    op("QLinearMatMul", Role::Quant, quant::infer_qlinear_matmul, quant::qlinear_matmul),
    // integers, bools, shapes
    test("Equal"),
    test("Less"),
    test("LessOrEqual"),
    test("Greater"),
    test("GreaterOrEqual"),
    test("And"),
    test("Or"),
    test("Xor"),
    op("Not", Role::Shape, unary::infer_not, unary::not),
    op("IsNaN", Role::Shape, unary::same_bool, unary::classify),
    op("IsInf", Role::Shape, unary::same_bool, unary::classify),
    op("BitwiseNot", Role::Shape, unary::infer_not, unary::not),
    op("BitwiseAnd", Role::Shape, binary::infer, binary::eval),
    op("BitwiseOr", Role::Shape, binary::infer, binary::eval),
    op("BitwiseXor", Role::Shape, binary::infer, binary::eval),
    op("BitShift", Role::Shape, binary::infer, binary::shift),
    op("ArgMax", Role::Shape, sort::infer_arg, sort::arg),
    op("ArgMin", Role::Shape, sort::infer_arg, sort::arg),
    op("Shape", Role::Shape, shape::infer_shape, shape::shape),
    op("Size", Role::Shape, shape::infer_size, shape::size),
    op("Constant", Role::Shape, shape::infer_constant, shape::constant),
    op("ConstantOfShape", Role::Shape, shape::infer_filled, shape::filled),
    op("Range", Role::Shape, shape::infer_range, shape::range),
    op("EyeLike", Role::Shape, shape::infer_eye, shape::eye),
    op("OneHot", Role::Shape, select::infer_one_hot, select::one_hot),
    op("NonZero", Role::Shape, select::infer_non_zero, select::non_zero),
    known("Unique", Role::Shape, control::infer_unique),
    known("NonMaxSuppression", Role::Shape, control::infer_boxes),
    known("RandomNormal", Role::Shape, control::infer_random),
    known("RandomUniform", Role::Shape, control::infer_random),
    known("RandomNormalLike", Role::Shape, control::infer_random_like),
    known("RandomUniformLike", Role::Shape, control::infer_random_like),
    known("Bernoulli", Role::Shape, control::infer_random_like),
    known("Multinomial", Role::Shape, control::infer_multinomial),
    // bodies
    op("LSTM", Role::Control, recurrent::infer, recurrent::eval),
    op("GRU", Role::Control, recurrent::infer, recurrent::eval),
    op("RNN", Role::Control, recurrent::infer, recurrent::eval),
    known("If", Role::Control, control::infer_body),
    known("Loop", Role::Control, control::infer_body),
    known("Scan", Role::Control, control::infer_body),
];

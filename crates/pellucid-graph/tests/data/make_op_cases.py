"""Makes op_cases.jsonl: one small case of one operator a line, with what ONNX Runtime computes for it.

The committed file was made with onnx 1.23.2, onnxruntime 1.32.0 and numpy 2.4.6: python make_op_cases.py > op_cases.jsonl
Where ONNX Runtime has no kernel, the reference evaluator of the onnx package stands in (`from` says which).
"""

import json
import math

import numpy as np
import onnx
import onnxruntime
from onnx import helper
from onnx.reference import ReferenceEvaluator

random = np.random.default_rng(7)
onnxruntime.set_default_logger_severity(4)
SHORT = {"float32": "f32", "float64": "f64", "float16": "f16", "int64": "i64", "int32": "i32", "int8": "i8", "uint8": "u8", "bool": "bool"}


def real(*shape, scale=1.0, shift=0.0, dtype=np.float32):
    """Normal values with few digits."""
    return np.asarray(np.round(random.standard_normal(shape) * scale + shift, 2), dtype)


def positive(*shape):
    return np.abs(real(*shape)) + np.float32(0.1)


def whole(low, high, *shape, dtype=np.int64):
    return np.asarray(random.integers(low, high, shape), dtype)


def ints(*values):
    return np.array(values, np.int64)


def floats(*values):
    return np.array(values, np.float32)


def model(op, inputs, attrs, outputs, opset):
    names = [f"x{i}" if x is not None else "" for i, x in enumerate(inputs)]
    node = helper.make_node(op, names, [f"y{i}" for i in range(outputs)], name="n", **attrs)
    given = [
        helper.make_tensor_value_info(f"x{i}", helper.np_dtype_to_tensor_dtype(x.dtype), x.shape)
        for i, x in enumerate(inputs) if x is not None
    ]
    results = [onnx.ValueInfoProto(name=f"y{i}") for i in range(outputs)]
    graph = helper.make_graph([node], "g", given, results)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10)


def compute(proto, feeds):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    try:
        return onnxruntime.InferenceSession(proto.SerializeToString(), options).run(None, feeds), "onnxruntime"
    except Exception:
        return ReferenceEvaluator(proto).run(None, feeds), "onnx"


def number(v):
    """Floats with the digits that their type needs; JSON has no NaN and no infinity."""
    if isinstance(v, np.floating):
        return float(str(v)) if math.isfinite(v) else str(v)
    return v.item()


def packed(x):
    if x is None:
        return None
    x = np.asarray(x)
    return {"t": SHORT[str(x.dtype)], "s": list(x.shape), "v": [number(v) for v in x.reshape(-1)]}


def case(op, *inputs, outputs=1, opset=21, **attrs):
    inputs = [None if x is None else np.asarray(x) for x in inputs]
    feeds = {f"x{i}": x for i, x in enumerate(inputs) if x is not None}
    results, source = compute(model(op, inputs, attrs, outputs, opset), feeds)
    line = {"op": op, "attrs": attrs, "inputs": [packed(x) for x in inputs], "outputs": [packed(y) for y in results], "from": source}
    print(json.dumps(line))


def elementwise():
    for op in "Relu Sigmoid Tanh Erf Exp Floor Ceil Round Sin Cos Tan Atan Sinh Cosh Asinh Softplus Softsign Mish HardSwish Abs Neg Sign Reciprocal".split():
        case(op, real(2, 3, scale=2, shift=0.3))
    for op in "Log Sqrt".split():
        case(op, positive(2, 3))
    for op in "Asin Acos Atanh".split():
        case(op, real(4, scale=0.2))
    case("Acosh", positive(4) + np.float32(1))
    for op in "LeakyRelu Elu Celu ThresholdedRelu".split():
        case(op, real(2, 4, scale=2), alpha=0.7)
    case("Selu", real(2, 4), alpha=1.3, gamma=0.8)
    case("HardSigmoid", real(2, 4, scale=3), alpha=0.3, beta=0.4)
    case("Shrink", real(2, 4), lambd=0.6, bias=0.2)
    for form in ("none", "tanh"):
        case("Gelu", real(2, 4, scale=2), approximate=form)
    case("Clip", real(2, 4), np.float32(-0.5), np.float32(0.4))
    case("Clip", whole(-9, 9, 6), None, np.int64(3))
    case("PRelu", real(2, 3, 2), real(3, 1))
    case("Abs", whole(-9, 9, 4, dtype=np.int8))
    case("IsNaN", floats(1, np.nan, np.inf))
    case("IsInf", floats(1, np.nan, np.inf, -np.inf), detect_negative=0)
    case("Not", whole(0, 2, 4, dtype=bool))
    for op in "Add Sub Mul Div".split():
        case(op, real(2, 1, 3), real(4, 1, shift=3))
        case(op, whole(-9, 9, 2, 3), whole(1, 4, 3))
    for op in "Equal Less LessOrEqual Greater GreaterOrEqual".split():
        case(op, whole(-2, 2, 2, 3), whole(-2, 2, 3))
    for op in "And Or Xor".split():
        case(op, whole(0, 2, 2, 3, dtype=bool), whole(0, 2, 3, dtype=bool))
    for op in "BitwiseAnd BitwiseOr BitwiseXor".split():
        case(op, whole(-9, 9, 4), whole(-9, 9, 4))
    case("BitShift", whole(0, 255, 4, dtype=np.uint8), whole(0, 7, 4, dtype=np.uint8), direction="RIGHT")
    case("Pow", positive(2, 3), real(3))
    case("Pow", whole(-3, 3, 4), whole(0, 4, 4))
    case("Mod", whole(-9, 9, 5), ints(-4, 3, -2, 5, 3))
    case("Mod", real(5, scale=5), floats(-4, 3, -2, 5, 3), fmod=1)
    for op in "Min Max Sum Mean".split():
        case(op, real(2, 1), real(3), real(1, 1, 3))
    case("Where", whole(0, 2, 3, dtype=bool), real(2, 1), real(3))
    for code in (1, 3, 6, 7, 9, 10, 11):
        case("Cast", floats(-2.7, 0, 1.5, 100.25), to=code)


def layout():
    case("Reshape", real(2, 3, 4), ints(0, -1))
    case("Reshape", real(0, 3), ints(3, 0), allowzero=1)
    case("Flatten", real(2, 3, 4), axis=-1)
    case("Squeeze", real(1, 3, 1), ints(-1))
    case("Unsqueeze", real(3, 2), ints(2, 0))
    case("Transpose", real(2, 3, 4), perm=[2, 0, 1])
    case("Expand", real(3, 1), ints(2, 1, 4))
    case("Tile", real(2, 3), ints(2, 2))
    for mode in ("DCR", "CRD"):
        case("DepthToSpace", real(1, 8, 2, 3), blocksize=2, mode=mode)
    case("SpaceToDepth", real(1, 2, 4, 2), blocksize=2)
    case("Dropout", real(2, 3), outputs=2)
    case("Gather", real(3, 4), whole(-4, 4, 2, 2), axis=1)
    case("GatherElements", real(3, 4), whole(-3, 3, 2, 3), axis=0)
    case("GatherND", real(2, 3, 4), whole(-3, 3, 2, 2, 1), batch_dims=1)
    for reduction in ("add", "mul", "max", "min"):
        case("ScatterElements", real(3, 4), whole(-4, 4, 2, 3), real(2, 3), axis=1, reduction=reduction)
        case("ScatterND", real(4, 2), whole(-4, 4, 3, 1), real(3, 2), reduction=reduction)
    case("ScatterElements", real(3), ints(2, 0), real(2))
    case("ScatterND", real(3, 2), ints(2, 0).reshape(2, 1), real(2, 2))
    case("Slice", real(4, 5), ints(-1, 1), ints(-9, 5), ints(0, 1), ints(-2, 3))
    case("Split", real(2, 7), outputs=3, axis=-1, num_outputs=3)
    case("Split", real(5), ints(2, 3), outputs=2)
    case("Concat", real(2, 1), real(2, 3), axis=-1)
    case("Pad", real(2, 3), ints(1, 0, -1, 2), np.float32(9))
    for mode in ("reflect", "edge", "wrap"):
        case("Pad", real(3, 3), ints(2, 1, 1, 2), mode=mode)
    case("Pad", real(2, 3), ints(1, 2), None, ints(-1))
    case("OneHot", ints(1, -1, 5), np.int64(3), floats(2, 7), axis=0)
    case("Trilu", real(3, 4), np.int64(1))
    case("Trilu", real(3, 4), np.int64(-1), upper=0)
    case("ReverseSequence", real(4, 2), ints(3, 4))
    case("Compress", real(3, 2), np.array([True, False, True]), axis=0)
    case("NonZero", whole(0, 2, 2, 3))
    case("Shape", real(2, 3, 4), start=-2)
    case("Size", real(2, 3, 4))
    case("ConstantOfShape", ints(2, 2))
    case("Range", np.int64(5), np.int64(-2), np.int64(-3))
    case("EyeLike", real(2, 3), k=1)


def reductions():
    for op in "Sum Mean Prod Max Min L1 L2 SumSquare LogSum LogSumExp".split():
        case("Reduce" + op, positive(2, 3, 2), ints(0, -1), keepdims=0)
        case("Reduce" + op, positive(2, 3))
    case("ReduceSum", whole(-9, 9, 2, 3), ints(1))
    for op in ("ArgMax", "ArgMin"):
        case(op, whole(0, 3, 3, 4).astype(np.float32), axis=-1, keepdims=0, select_last_index=1)
        case(op, whole(0, 3, 3, 4).astype(np.float32))
    case("CumSum", real(2, 4), np.int64(-1), exclusive=1, reverse=1)
    case("CumSum", whole(0, 9, 2, 3), np.int64(0))
    case("TopK", whole(0, 4, 2, 5).astype(np.float32), ints(3), outputs=2)
    case("TopK", real(4, 2), ints(2), outputs=2, axis=0, largest=0)
    for op in ("Softmax", "LogSoftmax", "Hardmax"):
        case(op, real(2, 3, 2), axis=1)


def windows():
    base = dict(kernel_shape=[3, 2], strides=[2, 2], pads=[1, 0, 1, 1])
    case("MaxPool", whole(-4, 4, 1, 2, 5, 5).astype(np.float32), outputs=2, **base, ceil_mode=1)
    case("MaxPool", real(1, 1, 7), outputs=2, kernel_shape=[2], dilations=[2], storage_order=0)
    case("MaxPool", real(1, 2, 3, 4, 3), outputs=2, kernel_shape=[2, 2, 2], storage_order=1)
    for include in (0, 1):
        case("AveragePool", real(1, 2, 5, 6), **base, ceil_mode=1, count_include_pad=include)
    case("AveragePool", real(1, 1, 6), kernel_shape=[3], strides=[2], auto_pad="SAME_LOWER", count_include_pad=1)
    case("LpPool", real(1, 1, 5, 5), **base, p=3)
    for op in ("GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool"):
        case(op, real(2, 2, 3, 2))
    case("Conv", real(1, 4, 7), real(2, 2, 3), real(2), group=2, strides=[2], pads=[1, 2], dilations=[2])
    case("Conv", real(2, 2, 5, 4), real(3, 2, 3, 2), real(3), pads=[1, 0, 2, 1], strides=[1, 2])
    case("Conv", real(1, 2, 5, 5), real(2, 1, 2, 3), group=2, strides=[2, 2], auto_pad="SAME_UPPER")
    case("Conv", real(1, 1, 3, 4, 3), real(2, 1, 2, 2, 2), dilations=[1, 2, 1])
    case("ConvTranspose", real(1, 2, 4), real(2, 2, 3), real(4), group=2, strides=[2], pads=[1, 0], output_padding=[1])
    case("ConvTranspose", real(1, 2, 3, 3), real(2, 1, 3, 2), strides=[2, 1], dilations=[1, 2])
    case("ConvTranspose", real(1, 1, 2, 3), real(1, 1, 3, 3), strides=[2, 2], output_shape=[4, 6], auto_pad="SAME_UPPER")
    case("ConvTranspose", real(1, 1, 2, 3), real(1, 1, 3, 3), strides=[2, 2], auto_pad="SAME_LOWER")
    case("ConvTranspose", real(1, 1, 2, 2, 2), real(1, 1, 2, 2, 2), strides=[1, 2, 2])
    case("MaxUnpool", real(1, 1, 2, 2), ints(0, 3, 9, 14).reshape(1, 1, 2, 2), kernel_shape=[2, 2], strides=[2, 2])


def products():
    case("MatMul", real(2, 1, 2, 3), real(3, 3, 2))
    case("MatMul", real(3), real(2, 3, 2))
    case("MatMul", whole(-4, 4, 2, 3), whole(-4, 4, 3))
    case("Gemm", real(3, 2), real(4, 3), real(4), transA=1, transB=1, alpha=0.5, beta=2.0)
    for equation, shapes in {
        "ij,jk->ik": [(2, 3), (3, 2)],
        "...ij,...jk": [(2, 1, 2, 3), (3, 3, 2)],
        "ii->i": [(3, 3)],
        "ijj": [(2, 2, 2)],
        "bij,bjk,bkl->bil": [(2, 2, 2), (2, 2, 3), (2, 3, 1)],
        "b...->...b": [(2, 3, 2)],
    }.items():
        case("Einsum", *[real(*s) for s in shapes], equation=equation)


def norms():
    case("BatchNormalization", real(2, 3, 2), real(3), real(3), real(3), positive(3), epsilon=0.001)
    case("InstanceNormalization", real(2, 2, 4), real(2), real(2), epsilon=0.01)
    case("GroupNormalization", real(2, 4, 3), real(4), real(4), num_groups=2, epsilon=0.01)
    case("LayerNormalization", real(2, 3, 2), real(3, 2), real(3, 2), outputs=3, axis=1, epsilon=0.01)
    case("LayerNormalization", real(2, 4), real(4))
    case("RMSNormalization", real(2, 3, 2), real(3, 2), opset=23, axis=1, epsilon=0.01)
    for p in (1, 2):
        case("LpNormalization", real(2, 3, 2), axis=1, p=p)
    case("LRN", real(1, 5, 2, 1), size=3, alpha=0.3, beta=0.6, bias=1.2)
    case("MeanVarianceNormalization", real(2, 2, 2, 3))


def resampling():
    modes = ["half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners", "asymmetric"]
    for coordinates in modes:
        for mode in ("linear", "cubic"):
            case("Resize", real(1, 1, 4, 5), None, floats(1, 1, 0.6, 1.7), mode=mode, coordinate_transformation_mode=coordinates)
        for nearest in ("round_prefer_floor", "round_prefer_ceil", "floor", "ceil"):
            case("Resize", real(1, 1, 6), None, None, ints(9), axes=[2], nearest_mode=nearest, coordinate_transformation_mode=coordinates)
    case("Resize", real(1, 1, 4, 4), floats(0.1, -0.1, 0.8, 1.1), None, ints(3, 5), axes=[2, 3], mode="linear",
         coordinate_transformation_mode="tf_crop_and_resize", extrapolation_value=7.0)
    case("Resize", real(1, 1, 5, 4), None, None, ints(3, 9), axes=[2, 3], mode="cubic", exclude_outside=1, cubic_coeff_a=-0.5)
    for mode in ("linear", "cubic"):
        case("Resize", real(1, 1, 8, 7), None, None, ints(3, 4), axes=[2, 3], mode=mode, antialias=1)
    case("Resize", real(1, 1, 4, 6), None, None, ints(5, 5), axes=[2, 3], mode="linear", keep_aspect_ratio_policy="not_larger")
    for mode in ("linear", "nearest", "cubic"):
        for padding in ("zeros", "border", "reflection"):
            grid = np.round(random.uniform(-1.4, 1.4, (1, 2, 2, 2)), 2).astype(np.float32)
            case("GridSample", real(1, 1, 3, 4), grid, opset=20, mode=mode, padding_mode=padding, align_corners=len(padding) % 2)
    case("GridSample", real(1, 1, 3, 2, 4), np.round(random.uniform(-1, 1, (1, 1, 2, 2, 3)), 2).astype(np.float32), opset=20)
    case("AffineGrid", real(1, 2, 3), ints(1, 1, 2, 3), opset=20, align_corners=1)
    boxes = floats(0, 0, 6, 5, 2, 1, 9, 9).reshape(2, 4)
    for mode in ("avg", "max"):
        case("RoiAlign", real(1, 1, 5, 6), boxes, ints(0, 0), opset=16, output_height=2, output_width=2, sampling_ratio=2, mode=mode)


def recurrent():
    case("LSTM", real(2, 1, 2), real(2, 8, 2), real(2, 8, 2), real(2, 16), None, real(2, 1, 2), real(2, 1, 2), real(2, 6),
         outputs=3, hidden_size=2, direction="bidirectional")
    for linear in (0, 1):
        case("GRU", real(3, 2, 2), real(1, 6, 2), real(1, 6, 2), real(1, 12), outputs=2, hidden_size=2, linear_before_reset=linear)
    case("RNN", real(2, 1, 2), real(1, 2, 2), real(1, 2, 2), outputs=2, hidden_size=2, direction="reverse", activations=["Relu"])


def quantised():
    case("QuantizeLinear", real(2, 3, scale=9), floats(0.1, 0.2, 0.3), whole(0, 9, 3, dtype=np.uint8), axis=1)
    case("DequantizeLinear", whole(-99, 99, 2, 3, dtype=np.int8), np.float32(0.11), np.int8(3))
    case("DynamicQuantizeLinear", real(2, 3), outputs=3)
    case("ConvInteger", whole(0, 99, 1, 1, 4, dtype=np.uint8), whole(0, 99, 2, 1, 2, dtype=np.uint8), np.uint8(3), np.uint8(5))
    case("MatMulInteger", whole(0, 99, 2, 3, dtype=np.uint8), whole(-99, 99, 3, 2, dtype=np.int8), np.uint8(7))
    case("QLinearConv", whole(0, 255, 1, 1, 4, dtype=np.uint8), np.float32(0.1), np.uint8(3), whole(-99, 99, 2, 1, 2, dtype=np.int8),
         floats(0.05, 0.1), np.zeros(2, np.int8), np.float32(3), np.uint8(9), whole(-99, 99, 2, dtype=np.int32))
    case("QLinearMatMul", whole(0, 255, 2, 3, dtype=np.uint8), np.float32(0.1), np.uint8(3), whole(0, 255, 3, 2, dtype=np.uint8),
         np.float32(0.07), np.uint8(5), np.float32(5), np.uint8(9))


for family in (elementwise, layout, reductions, windows, products, norms, resampling, recurrent, quantised):
    family()

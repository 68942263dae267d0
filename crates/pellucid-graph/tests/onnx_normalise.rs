//! What nodes of older and newer opsets, and of ONNX Runtime, become in the dialect.

mod protos;

use pellucid_graph::onnx::proto::*;
use protos::*;

const MS: &str = "com.microsoft";

/// One node on inputs `x` (f32, `d0 x 6 x 5 x 7`), `half` (the same in f16), `m` and `w` (f32, `d0 x 5 x 16`), `mask` (i32, `d0 x 5`),
/// and constants, and the lines that it becomes.
struct Case {
    opset: i64,
    node: NodeProto,
    constants: Vec<TensorProto>,
    expected: &'static [&'static str],
}

fn case(opset: i64, node: NodeProto, constants: Vec<TensorProto>, expected: &'static [&'static str]) -> Case {
    Case { opset, node, constants, expected }
}

fn inputs() -> Vec<ValueInfoProto> {
    vec![
        value("x", 1, &[-1, 6, 5, 7]),
        value("half", 10, &[-1, 6, 5, 7]),
        value("m", 1, &[-1, 5, 16]),
        value("w", 1, &[-1, 5, 16]),
        value("mask", 6, &[-1, 5]),
    ]
}

fn imported(case: &Case) -> pellucid_graph::Result<Vec<String>> {
    let outputs: Vec<&str> = case.node.output.iter().map(String::as_str).filter(|o| !o.is_empty()).collect();
    let mut graph = graph(inputs(), &outputs, vec![case.node.clone()]);
    graph.initializer = case.constants.clone();
    let mut model = model(case.opset, graph);
    model.ir_version = 12;
    model.opset_import.push(OperatorSetIdProto { domain: MS.into(), version: 1 });
    let model = read(&model)?;
    model.graph.verify()?;
    Ok(lines(&model.graph))
}

fn check(cases: Vec<Case>) {
    for case in cases {
        let found = imported(&case).unwrap_or_else(|e| panic!("{} of opset {}: {e}", case.node.op_type, case.opset));
        assert_eq!(found, case.expected, "{} of opset {}", case.node.op_type, case.opset);
    }
}

fn refused(opset: i64, node: NodeProto, constants: Vec<TensorProto>, part: &str) {
    let op = node.op_type.clone();
    let error = imported(&case(opset, node, constants, &[])).expect_err(&op).to_string();
    assert!(error.contains(part) && error.contains(&op), "{op}: {error}");
}

#[test]
fn attributes_became_inputs() {
    let x = &["x"][..];
    check(vec![
        case(7, node("ReduceMean", x, &["y"], vec![ints("axes", &[2, 3])]), vec![], &["y = ReduceMean(x, [2, 3])"]),
        case(12, node("ReduceSum", x, &["y"], vec![int("keepdims", 0)]), vec![], &["y = ReduceSum{keepdims: 0}(x)"]),
        case(17, node("ReduceMax", x, &["y"], vec![ints("axes", &[-1])]), vec![], &["y = ReduceMax(x, [-1])"]),
        case(11, node("Squeeze", x, &["y"], vec![ints("axes", &[0])]), vec![], &["y = Squeeze(x, [0])"]),
        case(12, node("Unsqueeze", x, &["y"], vec![ints("axes", &[4])]), vec![], &["y = Unsqueeze(x, [4])"]),
        case(7, node("Clip", x, &["y"], vec![float("min", 0.0), float("max", 6.0)]), vec![], &["y = Clip(x, 0, 6)"]),
        case(10, node("Clip", x, &["y"], vec![float("max", 6.0)]), vec![], &["y = Clip(x, _, 6)"]),
        case(10, node("Dropout", x, &["y"], vec![float("ratio", 0.25)]), vec![], &["y = Dropout(x, 0.25)"]),
        case(
            7,
            node("Pad", x, &["y"], vec![ints("pads", &[0, 0, 1, 1, 0, 0, 2, 2]), float("value", 1.5)]),
            vec![],
            &["y = Pad(x, [0, 0, 1, 1, 0, 0, 2, 2], 1.5)"],
        ),
        case(
            9,
            node("Slice", x, &["y"], vec![ints("starts", &[1]), ints("ends", &[3]), ints("axes", &[2])]),
            vec![],
            &["y = Slice(x, [1], [3], [2])"],
        ),
        case(
            11,
            node("Split", x, &["y", "z"], vec![int("axis", 1), ints("split", &[2, 4])]),
            vec![],
            &["y, z = Split{axis: 1}(x, [2, 4])"],
        ),
        case(
            17,
            node("Split", x, &["y", "z"], vec![int("axis", 1)]),
            vec![],
            &["y, z = Split{axis: 1, num_outputs: 2}(x)"],
        ),
        case(9, node("TopK", x, &["y", "i"], vec![int("k", 3)]), vec![], &["y, i = TopK(x, [3])"]),
        case(17, node("DFT", x, &["y"], vec![]), vec![], &["y = DFT(x, _, 1)"]),
        case(
            16,
            node("GridSample", &["x", "m"], &["y"], vec![text("mode", "bicubic")]),
            vec![],
            &["y = GridSample{mode: \"cubic\"}(x, m)"],
        ),
        case(
            10,
            node("RoiAlign", &["x", "m", "mask"], &["y"], vec![]),
            vec![],
            &["y = RoiAlign{coordinate_transformation_mode: \"output_half_pixel\"}(x, m, mask)"],
        ),
        case(9, node("Scatter", &["x", "mask", "x"], &["y"], vec![]), vec![], &["y = ScatterElements(x, mask, x)"]),
    ]);
}

#[test]
fn a_bound_has_the_type_of_the_data() {
    let mut g = graph(inputs(), &["y"], vec![node("Clip", &["half"], &["y"], vec![float("max", 6.0)])]);
    g.output = vec![value("y", 10, &[-1])];
    let model = read(&model(7, g)).unwrap();
    let clip = &model.graph.nodes()[0];
    let bound = clip.inputs[2].and_then(|w| model.graph.constant(w)).unwrap();
    assert_eq!((bound.dtype(), bound.to_f64()), (pellucid_graph::DType::F16, vec![6.0]));

    let unknown =
        vec![node_in("my", "Mystery", &["x"], &["z"], vec![]), node("Clip", &["z"], &["y"], vec![float("max", 6.0)])];
    let g = graph(inputs(), &["y"], unknown);
    let found = lines(&read(&protos::model(7, g)).unwrap().graph);
    assert_eq!(found, ["z = my.Mystery(x)", "y/max.1 = CastLike(6, z)", "y = Clip(z, _, y/max.1)"]);
}

#[test]
fn softmax_before_13_saw_a_matrix() {
    let x = &["x"][..];
    check(vec![
        case(12, node("Softmax", x, &["y"], vec![int("axis", -1)]), vec![], &["y = Softmax{axis: -1}(x)"]),
        case(9, node("LogSoftmax", x, &["y"], vec![int("axis", 3)]), vec![], &["y = LogSoftmax{axis: -1}(x)"]),
        case(
            11,
            node("Softmax", x, &["y"], vec![]),
            vec![],
            &[
                "y/flat = Flatten{axis: 1}(x)",
                "y/rows = Softmax{axis: -1}(y/flat)",
                "y/shape = Shape(x)",
                "y = Reshape(y/rows, y/shape)",
            ],
        ),
        case(13, node("Softmax", x, &["y"], vec![int("axis", 1)]), vec![], &["y = Softmax{axis: 1}(x)"]),
    ]);
}

#[test]
fn the_usual_classifier_keeps_its_plain_softmax() {
    let nodes = vec![
        node("Flatten", &["x"], &["f"], vec![]),
        node("Gemm", &["f", "k", "b"], &["l"], vec![]),
        node("Softmax", &["l"], &["y"], vec![]),
    ];
    let mut g = graph(inputs(), &["y"], nodes);
    g.initializer = vec![tensor("k", &[210, 2], &[0.5; 420]), tensor("b", &[2], &[0.0; 2])];
    let found = lines(&read(&model(9, g)).unwrap().graph);
    assert_eq!(found.last().unwrap(), "y = Softmax{axis: -1}(l)");
}

#[test]
fn normalisations() {
    let six = |name: &str| tensor(name, &[6], &[1.0; 6]);
    let constants = || vec![six("s"), six("b"), six("mean"), six("var")];
    let inputs = &["x", "s", "b", "mean", "var"][..];
    check(vec![
        case(
            7,
            node("BatchNormalization", inputs, &["y"], vec![int("spatial", 1)]),
            constants(),
            &[
                "y = BatchNormalization(x, [1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1])",
            ],
        ),
        case(
            7,
            node("BatchNormalization", inputs, &["y"], vec![int("spatial", 0), float("epsilon", 0.5)]),
            constants(),
            &[
                "y/safe = Add([1, 1, 1, 1, 1, 1], 0.5)",
                "y/deviation = Sqrt(y/safe)",
                "y/centred = Sub(x, [1, 1, 1, 1, 1, 1])",
                "y/normal = Div(y/centred, y/deviation)",
                "y/scaled = Mul(y/normal, [1, 1, 1, 1, 1, 1])",
                "y = Add(y/scaled, [1, 1, 1, 1, 1, 1])",
            ],
        ),
        case(
            18,
            node("GroupNormalization", &["x", "s", "b"], &["y"], vec![int("num_groups", 2)]),
            vec![tensor("s", &[2], &[1.0, 2.0]), tensor("b", &[2], &[0.0, 0.5])],
            &[
                "y/channels = Shape{end: 2, start: 1}(x)",
                "y/size = Div(y/channels, [2])",
                "y/table = Concat{axis: 0}([2], y/size)",
                "y/column = Unsqueeze([1, 2], [1])",
                "y/wide = Expand(y/column, y/table)",
                "y/per_channel = Reshape(y/wide, [-1])",
                "y/column.1 = Unsqueeze([0, 0.5], [1])",
                "y/wide.2 = Expand(y/column.1, y/table)",
                "y/per_channel.3 = Reshape(y/wide.2, [-1])",
                "y = GroupNormalization{num_groups: 2}(x, y/per_channel, y/per_channel.3)",
            ],
        ),
        case(
            23,
            node("RMSNormalization", &["m", "s"], &["y"], vec![]),
            vec![tensor("s", &[2], &[1.0, 1.0])],
            &["y = RMSNormalization(m, [1, 1])"],
        ),
        case(
            17,
            node("SimplifiedLayerNormalization", &["m", "s"], &["y"], vec![]),
            vec![tensor("s", &[2], &[1.0, 1.0])],
            &["y = RMSNormalization{axis: -1, epsilon: 0.00001}(m, [1, 1])"],
        ),
        case(
            17,
            node_in(MS, "SkipLayerNormalization", &["m", "w", "s"], &["y", "", "", "sum"], vec![float("epsilon", 0.5)]),
            vec![tensor("s", &[2], &[1.0, 1.0])],
            &[
                "y/biased = Add(m, w)",
                "sum = Identity(y/biased)",
                "y = LayerNormalization{axis: -1, epsilon: 0.5}(y/biased, [1, 1])",
            ],
        ),
    ]);
    let training = node("BatchNormalization", inputs, &["y", "new_mean", "new_var"], vec![]);
    let found = imported(&case(9, training, constants(), &[])).unwrap();
    assert!(found[0].starts_with("y, new_mean, new_var = BatchNormalization{training_mode: 1}("), "{found:?}");
}

#[test]
fn resampling_before_11_was_asymmetric() {
    let scales = |v: [f32; 4]| vec![tensor("s", &[4], &v)];
    let nearest = |op: &str| node(op, &["x", "s"], &["y"], vec![text("mode", "nearest")]);
    check(vec![
        case(
            7,
            node("Upsample", &["x"], &["y"], vec![floats("scales", &[1.0, 1.0, 2.0, 2.0]), text("mode", "linear")]),
            vec![],
            &["y = Resize{coordinate_transformation_mode: \"asymmetric\", mode: \"linear\"}(x, _, [1, 1, 2, 2])"],
        ),
        case(
            9,
            nearest("Upsample"),
            scales([1.0, 1.0, 2.0, 2.0]),
            &[
                "y = Resize{coordinate_transformation_mode: \"asymmetric\", mode: \"nearest\", nearest_mode: \"floor\"}(x, _, [1, 1, 2, 2])",
            ],
        ),
        case(
            10,
            nearest("Resize"),
            scales([1.0, 1.0, 0.5, 0.5]),
            &[
                "y = Resize{coordinate_transformation_mode: \"asymmetric\", mode: \"nearest\", nearest_mode: \"ceil\"}(x, _, [1, 1, 0.5, 0.5])",
            ],
        ),
        case(
            11,
            node("Resize", &["x", "roi", "none", "size"], &["y"], vec![]),
            vec![tensor("roi", &[0], &[]), tensor("none", &[0], &[]), tensor_i64("size", &[4], &[1, 6, 9, 9])],
            &["y = Resize(x, _, _, [1, 6, 9, 9])"],
        ),
    ]);
    refused(10, nearest("Resize"), scales([1.0, 1.0, 2.0, 0.5]), "enlarges some axes and shrinks others");
    refused(11, nearest("Upsample"), scales([1.0; 4]), "ended with opset 9");
    let old =
        node("Resize", &["x", "", "s"], &["y"], vec![text("coordinate_transformation_mode", "tf_half_pixel_for_nn")]);
    refused(11, old, scales([1.0; 4]), "ended with opset 12");
}

#[test]
fn newer_than_21() {
    let x = &["x"][..];
    check(vec![
        case(24, node("Swish", x, &["y"], vec![]), vec![], &["y = Silu(x)"]),
        case(
            24,
            node("Swish", x, &["y"], vec![float("alpha", 2.0)]),
            vec![],
            &["y/scaled = Mul(x, 2)", "y/gate = Sigmoid(y/scaled)", "y = Mul(x, y/gate)"],
        ),
        case(28, node("SwiGLU", &["m", "w"], &["y"], vec![]), vec![], &["y/silu = Silu(m)", "y = Mul(y/silu, w)"]),
        case(
            24,
            node("Cast", x, &["y"], vec![int("to", 10), text("round_mode", "up")]),
            vec![],
            &["y = Cast{to: 10}(x)"],
        ),
        case(28, node("SpaceToDepth", x, &["y"], vec![text("mode", "DCR")]), vec![], &["y = SpaceToDepth(x)"]),
    ]);
    refused(26, node("CumProd", x, &["y"], vec![]), vec![], "newer than opset 21");
    refused(24, node("TensorScatter", x, &["y"], vec![]), vec![], "newer than opset 21");
    refused(24, node("Cast", x, &["y"], vec![int("to", 24)]), vec![], "newer than opset 21");
    refused(28, node("SpaceToDepth", x, &["y"], vec![text("mode", "CRD")]), vec![], "newer than opset 21");
}

#[test]
fn attention_is_taken_apart() {
    let heads = vec![int("q_num_heads", 4), int("kv_num_heads", 2), float("scale", 0.5), int("is_causal", 1)];
    check(vec![
        case(
            23,
            node("Attention", &["x", "x", "x"], &["y"], vec![float("scale", 0.5)]),
            vec![],
            &[
                "y/scaled = Mul(x, 0.5)",
                "y/keys = Transpose{perm: [0, 1, 3, 2]}(x)",
                "y/scores = MatMul(y/scaled, y/keys)",
                "y/weights = Softmax{axis: -1}(y/scores)",
                "y/mixed = MatMul(y/weights, x)",
                "y = Identity(y/mixed)",
            ],
        ),
        case(
            23,
            node("Attention", &["m", "w", "w"], &["y"], heads),
            vec![],
            &[
                "y/q_apart = Reshape(m, [0, 0, 4, -1])",
                "y/q_heads = Transpose{perm: [0, 2, 1, 3]}(y/q_apart)",
                "y/k_column = Reshape(w, [0, 0, 2, 1, -1])",
                "y/k_repeated = Expand(y/k_column, [1, 1, 1, 2, 1])",
                "y/k_apart = Reshape(y/k_repeated, [0, 0, 4, -1])",
                "y/k_heads = Transpose{perm: [0, 2, 1, 3]}(y/k_apart)",
                "y/v_column = Reshape(w, [0, 0, 2, 1, -1])",
                "y/v_repeated = Expand(y/v_column, [1, 1, 1, 2, 1])",
                "y/v_apart = Reshape(y/v_repeated, [0, 0, 4, -1])",
                "y/v_heads = Transpose{perm: [0, 2, 1, 3]}(y/v_apart)",
                "y/query_length = Shape{end: 3, start: 2}(y/q_heads)",
                "y/query_count = Squeeze(y/query_length)",
                "y/query_positions = Range(0, y/query_count, 1)",
                "y/query_column = Unsqueeze(y/query_positions, [1])",
                "y/key_length = Shape{end: 3, start: 2}(y/k_heads)",
                "y/key_count = Squeeze(y/key_length)",
                "y/key_positions = Range(0, y/key_count, 1)",
                "y/limit = Add(y/query_column, [0])",
                "y/allowed = LessOrEqual(y/key_positions, y/limit)",
                "y/mask_bias = Where(y/allowed, 0, -inf)",
                "y/scaled = Mul(y/q_heads, 0.5)",
                "y/keys = Transpose{perm: [0, 1, 3, 2]}(y/k_heads)",
                "y/scores = MatMul(y/scaled, y/keys)",
                "y/biased = Add(y/scores, y/mask_bias)",
                "y/weights = Softmax{axis: -1}(y/biased)",
                "y/mixed = MatMul(y/weights, y/v_heads)",
                "y/rows = Transpose{perm: [0, 2, 1, 3]}(y/mixed)",
                "y = Reshape(y/rows, [0, 0, -1])",
            ],
        ),
    ]);
}

#[test]
fn fused_operators_of_onnx_runtime() {
    let x = &["x"][..];
    let kernel = || vec![tensor("k", &[4, 6, 1, 1], &[0.5; 24]), tensor("b", &[4], &[0.0; 4])];
    let conv =
        vec![text("activation", "LeakyRelu"), floats("activation_params", &[0.25]), ints("kernel_shape", &[1, 1])];
    let clip = vec![text("activation", "Clip"), floats("activation_params", &[0.0, 6.0])];
    check(vec![
        case(17, node_in(MS, "Gelu", x, &["y"], vec![]), vec![], &["y = Gelu(x)"]),
        case(17, node_in(MS, "FastGelu", x, &["y"], vec![]), vec![], &["y = Gelu{approximate: \"tanh\"}(x)"]),
        case(
            17,
            node_in(MS, "BiasGelu", &["x", "b"], &["y"], vec![]),
            vec![tensor("b", &[2], &[1.0, 2.0])],
            &["y/biased = Add(x, [1, 2])", "y = Gelu(y/biased)"],
        ),
        case(17, node_in(MS, "QuickGelu", x, &["y"], vec![float("alpha", 1.0)]), vec![], &["y = Silu(x)"]),
        case(
            17,
            node_in(MS, "FusedConv", &["x", "k", "b"], &["y"], conv),
            kernel(),
            &[
                "y/conv = Conv{kernel_shape: [1, 1]}(x, k f32[4 x 6 x 1 x 1], [0, 0, 0, 0])",
                "y = LeakyRelu{alpha: 0.25}(y/conv)",
            ],
        ),
        case(
            17,
            node_in(MS, "FusedConv", &["x", "k", "", "z"], &["y"], clip),
            [kernel(), vec![tensor("z", &[1], &[1.0])]].concat(),
            &["y/conv = Conv(x, k f32[4 x 6 x 1 x 1])", "y/sum = Add(y/conv, [1])", "y = Clip(y/sum, 0, 6)"],
        ),
        case(
            17,
            node_in(MS, "FusedMatMul", &["m", "w"], &["y"], vec![int("transB", 1), float("alpha", 0.125)]),
            vec![],
            &["y/right = Transpose{perm: [0, 2, 1]}(w)", "y/product = MatMul(m, y/right)", "y = Mul(y/product, 0.125)"],
        ),
        case(
            17,
            node_in(
                MS,
                "FusedMatMul",
                &["m", "w"],
                &["y"],
                vec![int("transBatchA", 1), int("transBatchB", 1), int("transB", 1)],
            ),
            vec![],
            &[
                "y/left = Transpose{perm: [1, 0, 2]}(m)",
                "y/right = Transpose{perm: [1, 2, 0]}(w)",
                "y = MatMul(y/left, y/right)",
            ],
        ),
        case(
            17,
            node_in(MS, "GroupNorm", &["x", "s", "b"], &["y"], vec![int("groups", 1), int("activation", 1)]),
            vec![tensor("s", &[7], &[1.0; 7]), tensor("b", &[7], &[0.0; 7])],
            &[
                "y/first = Transpose{perm: [0, 3, 1, 2]}(x)",
                "y/normal = GroupNormalization{epsilon: 0.00001, num_groups: 1}(y/first, [1, 1, 1, 1, 1, 1, 1], [0, 0, 0, 0, 0, 0, 0])",
                "y/silu = Silu(y/normal)",
                "y = Transpose{perm: [0, 2, 3, 1]}(y/silu)",
            ],
        ),
        case(
            17,
            node_in(
                MS,
                "MultiHeadAttention",
                &["m", "w", "w", "", "mask"],
                &["y"],
                vec![int("num_heads", 4), float("scale", 0.5)],
            ),
            vec![],
            &[
                "y/mask_wide = Unsqueeze(mask, [1, 2])",
                "y/mask = Cast{to: 9}(y/mask_wide)",
                "y/mask_bias = Where(y/mask, 0, -10000)",
                "y/q_apart = Reshape(m, [0, 0, 4, -1])",
                "y/q_heads = Transpose{perm: [0, 2, 1, 3]}(y/q_apart)",
                "y/k_apart = Reshape(w, [0, 0, 4, -1])",
                "y/k_heads = Transpose{perm: [0, 2, 1, 3]}(y/k_apart)",
                "y/v_apart = Reshape(w, [0, 0, 4, -1])",
                "y/v_heads = Transpose{perm: [0, 2, 1, 3]}(y/v_apart)",
                "y/scaled = Mul(y/q_heads, 0.5)",
                "y/keys = Transpose{perm: [0, 1, 3, 2]}(y/k_heads)",
                "y/scores = MatMul(y/scaled, y/keys)",
                "y/biased = Add(y/scores, y/mask_bias)",
                "y/weights = Softmax{axis: -1}(y/biased)",
                "y/mixed = MatMul(y/weights, y/v_heads)",
                "y/rows = Transpose{perm: [0, 2, 1, 3]}(y/mixed)",
                "y = Reshape(y/rows, [0, 0, -1])",
            ],
        ),
    ]);
}

#[test]
fn what_has_no_plain_form_stays_and_runs_forward() {
    let packed = node_in(MS, "MultiHeadAttention", &["x"], &["y"], vec![int("num_heads", 4)]);
    let mystery = node_in("org.example", "Mystery", &["x", ""], &["y", ""], vec![text("how", "well")]);
    check(vec![
        case(17, packed, vec![], &["y = com.microsoft.MultiHeadAttention{num_heads: 4}(x)"]),
        case(17, mystery, vec![], &["y, _ = org.example.Mystery{how: \"well\"}(x, _)"]),
    ]);
}

#[test]
fn the_standard_domain_has_two_names() {
    let found = imported(&case(24, node_in("ai.onnx", "Swish", &["x"], &["y"], vec![]), vec![], &[])).unwrap();
    assert_eq!(found, ["y = Silu(x)"]);
}

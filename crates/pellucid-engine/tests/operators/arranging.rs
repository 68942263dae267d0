//! Operators that arrange: merges, layouts, resampling, and those that came late or keep a state.

use std::slice::from_ref;

use crate::case::{Cases, In, a, bools, c, fed_ints, float, floats, int, ints, noise, pos, ties, x};
use pellucid_graph::{DType, Tensor, op};

pub fn merges(cases: &mut Cases) {
    for op in ["Add", "Sub", "Mul", "Div", "Min", "Max", "Sum", "Mean"] {
        cases.one(op, "same", &[x(&[2, 3, 4]), pos(&[2, 3, 4])], a());
        cases.one(op, "broadcast", &[x(&[2, 1, 4]), pos(&[3, 1])], a());
        cases.one(op, "constant scalar", &[x(&[2, 3, 4]), float(0.7)], a());
        cases.one(op, "scalar first", &[float(0.7), pos(&[2, 3, 4])], a());
    }
    for op in ["Min", "Max", "Sum", "Mean"] {
        cases.one(op, "three", &[x(&[2, 3]), x(&[3]), x(&[1, 3])], a());
        cases.one(op, "one", &[x(&[2, 3])], a());
    }
    for op in ["Add", "Sub", "Mul", "Div", "Min", "Max", "Mod"] {
        cases.one(
            op,
            "ints",
            &[fed_ints(DType::I64, &[4], &[-7, 7, 5, -5]), fed_ints(DType::I64, &[4], &[2, -2, 3, 3])],
            a(),
        );
    }
    cases.one("Mod", "fmod", &[x(&[2, 9]), float(0.3)], a().with("fmod", 1));
    cases.one("Pow", "constant", &[pos(&[2, 5]), float(3.0)], a());
    cases.one("Pow", "square", &[x(&[2, 5]), float(2.0)], a());
    cases.one("Pow", "root", &[pos(&[2, 5]), float(0.5)], a());
    cases.one("Pow", "elementwise", &[pos(&[2, 5]), x(&[2, 5])], a());
    cases.one("Pow", "int exponent", &[x(&[2, 5]), int(3)], a());
    cases.one("Where", "", &[bools(&[2, 3]), x(&[2, 3]), x(&[3])], a());
    cases.one("Where", "number", &[bools(&[2, 3, 9]), x(&[2, 3, 9]), float(0.5)], a());
    cases.one("Where", "number of higher rank", &[bools(&[3]), x(&[3]), c(&[1, 1])], a());
    cases.one("Where", "broadcast condition", &[bools(&[3, 1]), x(&[2, 1, 4]), float(0.0)], a());
    cases.one("Where", "ints", &[bools(&[4]), fed_ints(DType::I64, &[4], &[1, 2, 3, 4]), int(0)], a());
    cases.one("Concat", "", &[x(&[2, 3, 4]), x(&[2, 1, 4]), c(&[2, 2, 4])], a().with("axis", -2));
    cases.one("Concat", "ints", &[fed_ints(DType::I64, &[2], &[1, 2]), ints(&[3])], a().with("axis", 0));
    for op in ["Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual"] {
        cases.one(op, "", &[ties(&[4, 6]), In::Fed(noise(3, DType::I64, &[6]).cast(DType::F32))], a());
        cases.one(op, "number", &[ties(&[4, 6]), float(1.0)], a());
        cases.one(op, "ints", &[fed_ints(DType::I64, &[3], &[1, 2, 3]), int(2)], a());
    }
    cases.one("Equal", "bools", &[bools(&[4]), bools(&[2, 4])], a());
    for op in ["And", "Or", "Xor"] {
        cases.one(op, "", &[bools(&[2, 4]), bools(&[4])], a());
    }
    cases.one("Not", "", &[bools(&[2, 4])], a());
    for op in ["BitwiseAnd", "BitwiseOr", "BitwiseXor"] {
        cases.one(op, "", &[fed_ints(DType::I32, &[3], &[5, 12, 7]), fed_ints(DType::I32, &[3], &[3, 10, 1])], a());
    }
    cases.one("BitwiseNot", "", &[fed_ints(DType::I32, &[3], &[5, 12, -7])], a());
    cases.one(
        "BitShift",
        "left",
        &[fed_ints(DType::U32, &[3], &[5, 12, 7]), fed_ints(DType::U32, &[3], &[1, 2, 3])],
        a().with("direction", "LEFT"),
    );
    cases.one(
        "BitShift",
        "right",
        &[fed_ints(DType::U32, &[3], &[5, 12, 7]), fed_ints(DType::U32, &[3], &[1, 2, 3])],
        a().with("direction", "RIGHT"),
    );
}

pub fn layouts(cases: &mut Cases) {
    let i = |v: &[i64]| v.to_vec();
    let image = x(&[2, 3, 4, 5]);
    cases.one("Reshape", "", &[image.clone(), ints(&[0, -1, 10])], a());
    cases.one("Reshape", "to scalar", &[x(&[1, 1]), ints(&[])], a());
    cases.one("Flatten", "", from_ref(&image), a());
    cases.one("Flatten", "0", from_ref(&image), a().with("axis", 0));
    cases.one("Flatten", "-1", from_ref(&image), a().with("axis", -1));
    cases.one("Squeeze", "", &[x(&[1, 3, 1]), ints(&[-1])], a());
    cases.one("Squeeze", "all", &[x(&[1, 3, 1])], a());
    cases.one("Unsqueeze", "", &[x(&[3, 4]), ints(&[0, -1])], a());
    cases.one("Transpose", "", from_ref(&image), a().with("perm", i(&[0, 2, 3, 1])));
    cases.one("Transpose", "reversed", from_ref(&image), a());
    cases.one("Expand", "", &[x(&[3, 1]), ints(&[2, 1, 4])], a());
    cases.one("Tile", "", &[x(&[2, 3]), ints(&[2, 3])], a());
    cases.one("DepthToSpace", "dcr", &[x(&[1, 8, 2, 3])], a().with("blocksize", 2));
    cases.one("DepthToSpace", "crd", &[x(&[1, 8, 2, 3])], a().with("blocksize", 2).with("mode", "CRD"));
    cases.one("SpaceToDepth", "", &[x(&[1, 2, 4, 6])], a().with("blocksize", 2));
    cases.one("Gather", "axis 0", &[image.clone(), ints(&[1, 0, -1])], a());
    cases.one(
        "Gather",
        "axis 2, matrix",
        &[image.clone(), In::Fixed(Tensor::i64(&[2, 2], vec![3, 0, -1, 1]).unwrap())],
        a().with("axis", 2),
    );
    cases.one("Gather", "scalar", &[image.clone(), int(2)], a().with("axis", -1));
    cases.one("Gather", "fed", &[image.clone(), fed_ints(DType::I64, &[2], &[2, -3])], a().with("axis", 1));
    cases.one("GatherElements", "", &[x(&[3, 4]), fed_ints(DType::I64, &[2, 4], &[0, 2, -1, 1, 1, 0, 2, -2])], a());
    cases.one(
        "GatherElements",
        "axis 1",
        &[x(&[2, 4]), fed_ints(DType::I64, &[2, 2], &[0, 2, -1, 1])],
        a().with("axis", 1),
    );
    cases.one("GatherND", "", &[x(&[3, 4, 2]), fed_ints(DType::I64, &[2, 2], &[0, 3, 2, -1])], a());
    cases.one("GatherND", "batch", &[x(&[2, 4, 2]), fed_ints(DType::I64, &[2, 1], &[3, 1])], a().with("batch_dims", 1));
    for reduction in ["none", "add", "mul", "max", "min"] {
        let indices = if reduction == "none" { [0i64, 2, -1, 1] } else { [0, 0, -1, 1] };
        cases.one(
            "ScatterElements",
            reduction,
            &[x(&[2, 4]), fed_ints(DType::I64, &[2, 2], &indices), x(&[2, 2])],
            a().with("axis", 1).with("reduction", reduction),
        );
        let places = if reduction == "none" { [0i64, 1, 2, 3] } else { [0, 1, 0, 1] };
        cases.one(
            "ScatterND",
            reduction,
            &[x(&[3, 4, 2]), fed_ints(DType::I64, &[2, 2], &places), x(&[2, 2])],
            a().with("reduction", reduction),
        );
    }
    cases.one(
        "ScatterElements",
        "axis 0",
        &[x(&[3, 4]), fed_ints(DType::I64, &[1, 4], &[2, 0, 1, -1]), x(&[1, 4])],
        a(),
    );
    cases.one(
        "ScatterElements",
        "add along one axis",
        &[x(&[5]), fed_ints(DType::I64, &[4], &[3, 0, 3, -1]), x(&[4])],
        a().with("reduction", "add"),
    );
    cases.one("Slice", "", &[image.clone(), ints(&[1, -3]), ints(&[3, 100]), ints(&[1, 3])], a());
    cases.one("Slice", "steps", &[image.clone(), ints(&[0, 4]), ints(&[4, -100]), ints(&[2, -1]), ints(&[2, -2])], a());
    cases.one("Slice", "empty", &[image.clone(), ints(&[2]), ints(&[2]), ints(&[1])], a());
    cases.add("Split", "equal", from_ref(&image), a().with("axis", 2).with("num_outputs", 2), 2);
    cases.add("Split", "sizes", &[image.clone(), ints(&[1, 3])], a().with("axis", -2), 2);
    cases.add("Split", "uneven", from_ref(&image), a().with("axis", 3).with("num_outputs", 3), 3);
    for mode in ["constant", "reflect", "edge", "wrap"] {
        cases.one("Pad", mode, &[image.clone(), ints(&[0, 0, 1, 2, 0, 0, 2, 1])], a().with("mode", mode));
        cases.one(
            "Pad",
            &format!("{mode}, axes"),
            &[image.clone(), ints(&[1, 2, 2, 0]), In::Absent, ints(&[-1, 2])],
            a().with("mode", mode),
        );
    }
    cases.one("Pad", "value", &[image.clone(), ints(&[0, 1, 1, 2, 0, 0, 2, 1]), float(-0.5)], a());
    cases.one("Pad", "crop", &[image.clone(), ints(&[0, 0, -1, 2, 0, 0, 2, -1])], a());
    for upper in [0, 1] {
        cases.one("Trilu", &format!("upper {upper}"), &[x(&[2, 4, 5])], a().with("upper", upper));
        cases.one("Trilu", &format!("upper {upper}, k"), &[x(&[2, 4, 5]), int(-1)], a().with("upper", upper));
    }
    cases.one("ReverseSequence", "", &[x(&[4, 3]), ints(&[4, 2, 1])], a().with("batch_axis", 1).with("time_axis", 0));
    for (largest, sorted) in [(1, 1), (0, 1)] {
        cases.add(
            "TopK",
            &format!("largest {largest}"),
            &[x(&[3, 7]), ints(&[3])],
            a().with("largest", largest).with("sorted", sorted),
            2,
        );
        cases.add(
            "TopK",
            &format!("largest {largest}, ties"),
            &[ties(&[3, 7]), ints(&[4])],
            a().with("largest", largest).with("axis", 1),
            2,
        );
    }
    cases.add("TopK", "axis 0", &[x(&[5, 3]), ints(&[2])], a().with("axis", 0), 2);
    for (from, to) in [
        (DType::F32, DType::I64),
        (DType::F32, DType::Bool),
        (DType::I64, DType::F32),
        (DType::Bool, DType::F32),
        (DType::F32, DType::F64),
        (DType::F32, DType::F16),
        (DType::F32, DType::U8),
        (DType::Bool, DType::I64),
    ] {
        let input = match from {
            DType::F32 => In::Fed(Tensor::f32(&[5], vec![0.0, 1.9, 3.5, 2.0, 0.3]).unwrap()),
            other => In::Fed(noise(4, other, &[5])),
        };
        cases.one("Cast", &format!("{from} to {to}"), &[input], a().with("to", i64::from(to.onnx_code())));
    }
    cases.one("CastLike", "", &[x(&[3]), fed_ints(DType::I64, &[1], &[0])], a());
    cases.one("Dropout", "", &[x(&[3])], a());
    cases.one("OneHot", "", &[fed_ints(DType::I64, &[3], &[0, 2, -1]), int(4), floats(&[0.0, 1.0])], a());
    cases.one(
        "OneHot",
        "axis 0",
        &[fed_ints(DType::I64, &[3], &[0, 2, 9]), int(4), floats(&[0.0, 1.0])],
        a().with("axis", 0),
    );
    cases.one("EyeLike", "", &[x(&[3, 4])], a().with("k", 1));
}

pub fn resampling(cases: &mut Cases) {
    let i = |v: &[i64]| v.to_vec();
    let image = x(&[1, 2, 5, 7]);
    let modes = ["half_pixel", "align_corners", "asymmetric", "pytorch_half_pixel", "half_pixel_symmetric"];
    for coordinates in modes {
        for mode in ["nearest", "linear", "cubic"] {
            let base = || a().with("mode", mode).with("coordinate_transformation_mode", coordinates);
            for (note, scales) in [("up", [1.0, 1.0, 2.0, 1.5]), ("down", [1.0, 1.0, 0.6, 0.5])] {
                cases.one(
                    "Resize",
                    &format!("{mode} {coordinates} {note}"),
                    &[image.clone(), In::Absent, floats(&scales)],
                    base(),
                );
            }
            cases.one(
                "Resize",
                &format!("{mode} {coordinates} sizes"),
                &[image.clone(), In::Absent, In::Absent, ints(&[1, 2, 8, 3])],
                base(),
            );
        }
    }
    for nearest in ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"] {
        let attrs = a()
            .with("mode", "nearest")
            .with("nearest_mode", nearest)
            .with("coordinate_transformation_mode", "asymmetric");
        cases.one("Resize", nearest, &[image.clone(), In::Absent, floats(&[1.0, 1.0, 1.5, 2.0])], attrs);
    }
    cases.one(
        "Resize",
        "axes",
        &[image.clone(), In::Absent, floats(&[2.0, 3.0])],
        a().with("mode", "linear").with("axes", i(&[3, 2])),
    );
    cases.one(
        "Resize",
        "antialias",
        &[image.clone(), In::Absent, floats(&[1.0, 1.0, 0.5, 0.4])],
        a().with("mode", "linear").with("antialias", 1),
    );
    cases.one(
        "Resize",
        "cubic antialias",
        &[image.clone(), In::Absent, floats(&[1.0, 1.0, 0.5, 0.4])],
        a().with("mode", "cubic").with("antialias", 1),
    );
    cases.one(
        "Resize",
        "cubic exclude",
        &[image.clone(), In::Absent, floats(&[1.0, 1.0, 2.0, 2.0])],
        a().with("mode", "cubic").with("exclude_outside", 1).with("cubic_coeff_a", -0.5),
    );
    cases.one(
        "Resize",
        "3d linear",
        &[x(&[1, 2, 3, 4, 3]), In::Absent, floats(&[1.0, 1.0, 2.0, 2.0, 2.0])],
        a().with("mode", "linear"),
    );
    cases.one("Resize", "1d", &[x(&[1, 2, 5]), In::Absent, floats(&[1.0, 1.0, 2.0])], a().with("mode", "linear"));
}

/// Operators whose plain evaluator came later than this list; each is tested once it is there.
pub fn later(cases: &mut Cases) {
    if op::foldable("Einsum") {
        cases.one("Einsum", "product", &[x(&[2, 3, 4]), x(&[2, 4, 5])], a().with("equation", "bij,bjk->bik"));
        cases.one("Einsum", "heads", &[x(&[2, 3, 4, 5]), x(&[2, 6, 4, 5])], a().with("equation", "bqhd,bkhd->bhqk"));
        cases.one("Einsum", "sum", &[x(&[2, 3, 4])], a().with("equation", "bij->b"));
        cases.one("Einsum", "diagonal", &[x(&[4, 4])], a().with("equation", "ii->i"));
        cases.one("Einsum", "ellipsis", &[x(&[2, 3, 4]), x(&[4, 5])], a().with("equation", "...j,jk->...k"));
        cases.one("Einsum", "implicit", &[x(&[3, 4]), x(&[4, 5])], a().with("equation", "ij,jk"));
    }
    if op::foldable("GridSample") {
        for mode in ["linear", "nearest", "cubic"] {
            for padding in ["zeros", "border", "reflection"] {
                for align in [0, 1] {
                    let attrs = a().with("mode", mode).with("padding_mode", padding).with("align_corners", align);
                    cases.one(
                        "GridSample",
                        &format!("{mode} {padding} {align}"),
                        &[x(&[2, 3, 5, 6]), x(&[2, 4, 3, 2])],
                        attrs,
                    );
                }
            }
        }
    }
    if op::foldable("LSTM") {
        for direction in ["forward", "reverse", "bidirectional"] {
            let d = if direction == "bidirectional" { 2 } else { 1 };
            let attrs = || a().with("hidden_size", 3).with("direction", direction);
            let (w, r, b) = (c(&[d, 12, 4]), c(&[d, 12, 3]), c(&[d, 24]));
            cases.add("LSTM", direction, &[x(&[5, 2, 4]), w.clone(), r.clone(), b.clone()], attrs(), 3);
            cases.add(
                "LSTM",
                &format!("{direction}, state"),
                &[x(&[5, 2, 4]), w, r, b, In::Absent, x(&[d, 2, 3]), c(&[d, 2, 3])],
                attrs(),
                3,
            );
            let (w, r, b) = (c(&[d, 3, 4]), c(&[d, 3, 3]), c(&[d, 6]));
            cases.add("RNN", direction, &[x(&[5, 2, 4]), w, r, b], attrs(), 2);
            let (w, r, b) = (c(&[d, 9, 4]), c(&[d, 9, 3]), c(&[d, 18]));
            cases.add("GRU", direction, &[x(&[5, 2, 4]), w.clone(), r.clone(), b.clone()], attrs(), 2);
            cases.add(
                "GRU",
                &format!("{direction}, linear before reset"),
                &[x(&[5, 2, 4]), w, r, b],
                attrs().with("linear_before_reset", 1),
                2,
            );
        }
    }
}

//! Which inputs of an operator carry values that differences are shared among.

/// Whether input `i` of an operator is data, rather than an index, a condition, a size or a parameter.
pub(super) fn is_data(op: &str, i: usize) -> bool {
    match op {
        "Add" | "Sub" | "Mul" | "Div" | "Pow" | "Mod" | "PRelu" | "Sum" | "Mean" | "Max" | "Min" | "Concat" => true,
        "CastLike" | "Conv" | "ConvTranspose" | "Gemm" | "MatMul" | "Linear" | "Einsum" => true,
        "Where" => i > 0,
        "ScatterElements" | "ScatterND" => i != 1,
        _ => i == 0,
    }
}

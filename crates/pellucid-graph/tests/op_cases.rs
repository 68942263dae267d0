//! Inference and evaluation of the operators against what ONNX Runtime computes.

#[path = "common/cases.rs"]
mod cases;

use std::collections::BTreeSet;

use cases::{Case, cases};
use pellucid_graph::op::{self, OPS};
use pellucid_graph::{Data, Fact, Tensor};

/// The other runtime computes in `f32`.
const RELATIVE: f64 = 2e-5;

fn check_close(case: &Case, found: &Tensor, expected: &Tensor) {
    let at = format!("line {} ({})", case.line, case.op);
    assert_eq!(found.dtype(), expected.dtype(), "{at}");
    assert_eq!(found.shape(), expected.shape(), "{at}");
    if !expected.dtype().is_float() {
        assert_eq!(found.to_i64(), expected.to_i64(), "{at}");
        return;
    }
    let (found, expected) = (found.to_f64(), expected.to_f64());
    let scale = expected.iter().filter(|v| v.is_finite()).fold(0.0f64, |m, v| m.max(v.abs()));
    for (i, (f, e)) in found.iter().zip(&expected).enumerate() {
        let same = f == e || (f.is_nan() && e.is_nan());
        assert!(same || (f - e).abs() <= RELATIVE * (scale + 1e-3), "{at}: element {i} is {f}, expected {e}");
    }
}

#[test]
fn evaluates_what_the_runtime_computes() {
    for case in cases() {
        let values = op::eval(&case.call(), false).unwrap_or_else(|e| panic!("line {}: {e}", case.line));
        assert!(values.len() >= case.outputs.len(), "line {}: {} outputs", case.line, values.len());
        values.iter().zip(&case.outputs).for_each(|(v, e)| check_close(&case, v, e));
    }
}

#[test]
fn wide_floats_stay_in_f64() {
    for case in cases() {
        let values = op::eval(&case.call(), true).unwrap_or_else(|e| panic!("line {}: {e}", case.line));
        for (v, e) in values.iter().zip(&case.outputs) {
            assert!(!e.dtype().is_float() || matches!(v.data(), Data::F64(_)), "line {}: {}", case.line, v.dtype());
            // a cast in wide mode keeps what its narrow result would round away
            if !(case.op == "Cast" && e.dtype().is_float()) && case.op != "DynamicQuantizeLinear" {
                check_close(&case, &v.cast(e.dtype()), e);
            }
        }
    }
}

/// Inputs whose values decide a shape.
fn decides_shape(op: &str, i: usize) -> bool {
    matches!((op, i), ("Resize" | "NonZero" | "Range" | "OneHot", _) | ("Compress", 1))
}

#[test]
fn infers_types_and_shapes_without_the_values_of_floats() {
    for case in cases() {
        let mut call = case.call();
        for i in 0..call.constants.len() {
            let float = case.inputs[i].as_ref().is_some_and(|t| t.dtype().is_float());
            if float && !decides_shape(&case.op, i) {
                call.constants[i] = None;
            }
        }
        let facts = op::infer(&call).unwrap_or_else(|e| panic!("line {}: {e}", case.line));
        let expected: Vec<Fact> = case.outputs.iter().map(|t| Fact::new(t.dtype(), t.shape())).collect();
        assert_eq!(facts[..expected.len()], expected, "line {} ({})", case.line, case.op);
    }
}

/// Operators whose evaluator the table leaves to tests of their own.
const ELSEWHERE: &[&str] = &["Identity", "CastLike", "BitwiseNot", "Constant", "Silu", "Linear", "Tan"];

#[test]
fn every_evaluator_has_a_case() {
    let seen: BTreeSet<String> = cases().into_iter().map(|c| c.op).collect();
    let missing: Vec<&str> = OPS
        .iter()
        .filter(|o| o.eval.is_some() && !seen.contains(o.name) && !ELSEWHERE.contains(&o.name))
        .map(|o| o.name)
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn names_are_unique() {
    let names: BTreeSet<&str> = OPS.iter().map(|o| o.name).collect();
    assert_eq!(names.len(), OPS.len());
    assert!(op::GROUPED.iter().all(|g| names.contains(g)));
}

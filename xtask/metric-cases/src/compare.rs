//! Comparing what was computed with what was expected.

use serde_json::Value;

/// How far a number may be off: `|got - want| <= abs + rel |want|`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tolerance {
    /// Absolute part.
    pub abs: f64,
    /// Part relative to what is wanted.
    pub rel: f64,
}

/// What a comparison found.
#[derive(Clone, Debug, Default)]
pub struct Comparison {
    /// Values that were compared.
    pub compared: usize,
    /// Largest absolute deviation of a number.
    pub worst: f64,
    /// Largest deviation in units of what is allowed.
    pub worst_share: f64,
    /// Undefined values whose reason is another one: allowed, and worth a look.
    pub other_reasons: Vec<String>,
    /// What differs.
    pub differences: Vec<String>,
}

/// Prefixes of keys that hold what a library returns: compared when computed, never demanded.
const OPTIONAL: [&str; 3] = ["quantus_", "pycocoevalcap_", "nltk_"];

/// Walks what was expected, and looks for the same in what was computed, which may hold more.
pub fn compare(want: &Value, got: &Value, tolerance: Tolerance) -> Comparison {
    let mut found = Comparison::default();
    walk("", want, got, tolerance, &mut found);
    found
}

fn reason(value: &Value) -> Option<&str> {
    value.as_object().filter(|m| m.len() == 1)?.get("undefined")?.as_str()
}

/// Whether there is no value: undefined, null, or an object of which nothing is defined.
fn absent(value: &Value) -> bool {
    value.is_null()
        || reason(value).is_some()
        || value.as_object().is_some_and(|m| !m.is_empty() && m.values().all(absent))
}

fn as_number(value: &Value) -> Option<f64> {
    match value.as_str() {
        Some("NaN") => Some(f64::NAN),
        Some("Infinity") => Some(f64::INFINITY),
        Some("-Infinity") => Some(f64::NEG_INFINITY),
        _ => value.as_f64(),
    }
}

fn walk(path: &str, want: &Value, got: &Value, tolerance: Tolerance, found: &mut Comparison) {
    if want.is_null() || reason(want).is_some() {
        found.compared += 1;
        if !absent(got) {
            found.differences.push(format!("{path}: expected no value ({want}), found {got}"));
        } else if let (Some(want), Some(got)) = (reason(want), reason(got))
            && want != got
        {
            found.other_reasons.push(format!("{path}: {want} is {got} here"));
        }
        return;
    }
    match (want, got) {
        (Value::Object(want), Value::Object(has)) => {
            for (key, want) in want {
                let path = format!("{path}/{key}");
                match has.get(key) {
                    Some(got) => walk(&path, want, got, tolerance, found),
                    None if OPTIONAL.iter().any(|p| key.starts_with(p)) => {}
                    None => found.differences.push(format!("{path}: expected {want}, found nothing in {got}")),
                }
            }
        }
        (Value::Array(want), Value::Array(got)) if want.len() == got.len() => {
            for (i, (want, got)) in want.iter().zip(got).enumerate() {
                walk(&format!("{path}/{i}"), want, got, tolerance, found);
            }
        }
        _ => leaf(path, want, got, tolerance, found),
    }
}

fn leaf(path: &str, want: &Value, got: &Value, tolerance: Tolerance, found: &mut Comparison) {
    found.compared += 1;
    let (Some(w), Some(g)) = (as_number(want), as_number(got)) else {
        if want != got {
            found.differences.push(format!("{path}: expected {want}, found {got}"));
        }
        return;
    };
    if w == g || (w.is_nan() && g.is_nan()) {
        return;
    }
    let (off, allowed) = ((g - w).abs(), tolerance.abs + tolerance.rel * w.abs());
    found.worst = found.worst.max(off);
    found.worst_share = found.worst_share.max(off / allowed);
    if off.is_nan() || off > allowed {
        found.differences.push(format!("{path}: expected {w}, found {g}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const T: Tolerance = Tolerance { abs: 1e-9, rel: 1e-9 };

    fn differs(want: Value, got: Value) -> bool {
        !compare(&want, &got, T).differences.is_empty()
    }

    #[test]
    fn numbers_have_a_tolerance_and_everything_else_has_none() {
        assert!(!differs(json!({"a": [1.0, 2]}), json!({"a": [1.0 + 1e-10, 2], "more": 1})));
        assert!(differs(json!({"a": [1.0, 2]}), json!({"a": [1.0 + 1e-8, 2]})));
        assert!(differs(json!({"a": 1}), json!({})));
        assert!(differs(json!([1, 2]), json!([1])));
        assert!(differs(json!(true), json!(false)));
        assert!(differs(json!("x"), json!("y")));
        assert!(differs(json!(1.0), json!("NaN")));
        assert!(!differs(json!({"quantus_value": 1.0}), json!({})));
    }

    #[test]
    fn undefined_must_be_undefined_whatever_the_reason() {
        let want = json!({"undefined": "empty_mask"});
        assert!(!differs(want.clone(), json!({"undefined": "full_mask"})));
        assert!(!differs(want.clone(), json!({"a": {"undefined": "full_mask"}, "b": null})));
        assert!(differs(want.clone(), json!(0.0)));
        assert!(differs(want, json!({"a": {"undefined": "full_mask"}, "b": 0.0})));
        assert!(differs(json!(0.0), json!({"undefined": "full_mask"})));
        assert!(differs(json!({"a": 0.0}), json!({"undefined": "full_mask"})));
    }
}

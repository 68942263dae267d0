//! Writing what was computed in the form of the cases.

use pellucid_metrics::{Outcome, Undefined};
use serde_json::{Map, Value, json};

/// A value that must not exist.
pub fn undefined(reason: Undefined) -> Value {
    json!({ "undefined": reason })
}

/// A number; NaN and infinities are words.
pub fn number(value: f64) -> Value {
    let word = if value.is_nan() {
        "NaN"
    } else if value > 0.0 {
        "Infinity"
    } else {
        "-Infinity"
    };
    serde_json::Number::from_f64(value).map_or_else(|| Value::from(word), Value::Number)
}

/// A number or the reason why there is none.
pub fn outcome(value: Outcome) -> Value {
    value.map_or_else(undefined, number)
}

/// A truth value from 1 or 0, or the reason why there is none.
pub fn boolean(value: Outcome) -> Value {
    value.map_or_else(undefined, |v| Value::Bool(v != 0.0))
}

/// A list of numbers.
pub fn list(values: impl IntoIterator<Item = f64>) -> Value {
    values.into_iter().map(number).collect()
}

/// An array of a shape.
pub fn array(shape: &[usize], values: impl IntoIterator<Item = f64>) -> Value {
    json!({ "shape": shape, "data": list(values) })
}

/// An object of names and values.
pub fn object<K: Into<String>>(entries: impl IntoIterator<Item = (K, Value)>) -> Value {
    Value::Object(entries.into_iter().map(|(k, v)| (k.into(), v)).collect::<Map<String, Value>>())
}

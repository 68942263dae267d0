//! Compares what a case expects with what was computed.

use serde_json::Value;

/// Keys that hold what a library gives; they're compared only where something was computed for them.
const OPTIONAL: [&str; 3] = ["quantus_", "pycocoevalcap_", "nltk_"];

/// Adds a line for every value that is missing or differs by more than `abs + rel |want|`. An undefined value only has to be undefined.
pub fn compare(want: &Value, got: &Value, tolerance: (f64, f64), path: &str, differences: &mut Vec<String>) {
    match (want, got) {
        (Value::Object(w), Value::Object(g)) if w.contains_key("undefined") && g.contains_key("undefined") => {}
        (Value::Object(w), Value::Object(g)) => {
            for (key, want) in w {
                match g.get(key) {
                    Some(got) => compare(want, got, tolerance, &format!("{path}.{key}"), differences),
                    None if OPTIONAL.iter().any(|o| key.starts_with(o)) => {}
                    None => differences.push(format!("{path}.{key}: not computed")),
                }
            }
        }
        (Value::Array(w), Value::Array(g)) if w.len() == g.len() => {
            for (at, (want, got)) in w.iter().zip(g).enumerate() {
                compare(want, got, tolerance, &format!("{path}[{at}]"), differences);
            }
        }
        (Value::Number(w), Value::Number(g)) => {
            let (w, g) = (w.as_f64().unwrap_or(f64::NAN), g.as_f64().unwrap_or(f64::NAN));
            let close = (g - w).abs() <= tolerance.0 + tolerance.1 * w.abs();
            if !close {
                differences.push(format!("{path}: expected {w}, found {g}"));
            }
        }
        _ if want == got => {}
        _ => differences.push(format!("{path}: expected {want}, found {got}")),
    }
}

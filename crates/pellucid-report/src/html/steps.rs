//! Steps of preparation in words: they are recorded as JSON.

use serde_json::Value;

use crate::html::text::{e, marked};
use crate::number::short;

/// A step as HTML: `resize (size 224 x 224, mode linear)`. What isn't a recorded step is shown as it is.
pub(crate) fn step(text: &str) -> String {
    let Ok(Value::Object(recorded)) = serde_json::from_str(text) else { return marked(text) };
    let (name, parameters) = match recorded.get("step") {
        Some(Value::String(name)) => (name.clone(), vec![]),
        Some(Value::Object(step)) => match step.iter().next() {
            Some((name, Value::Object(p))) => (name.clone(), p.iter().filter_map(|(k, v)| parameter(k, v)).collect()),
            _ => return marked(text),
        },
        _ => return marked(text),
    };
    let mut words = e(name.replace('-', " ")).to_string();
    if !parameters.is_empty() {
        words.push_str(&format!(" ({})", e(parameters.join(", "))));
    }
    let measured: Vec<String> =
        recorded.get("measured").and_then(Value::as_array).into_iter().flatten().filter_map(pair).collect();
    if !measured.is_empty() {
        words.push_str(&format!(", measured: {}", e(measured.join(", "))));
    }
    words
}

/// A parameter; one that is off isn't mentioned, one that is on needs no value.
fn parameter(name: &str, v: &Value) -> Option<String> {
    let name = name.replace('_', " ");
    match v {
        Value::Null | Value::Bool(false) => None,
        Value::Bool(true) => Some(name),
        Value::Array(a) => {
            let between = if name == "size" { " x " } else { ", " };
            Some(format!("{name} {}", a.iter().map(plain).collect::<Vec<_>>().join(between)))
        }
        other => Some(format!("{name} {}", plain(other))),
    }
}

/// A name and number that a step took from the image.
fn pair(v: &Value) -> Option<String> {
    let [Value::String(name), number] = v.as_array()?.as_slice() else { return None };
    Some(format!("{name} {}", plain(number)))
}

fn plain(v: &Value) -> String {
    match v {
        Value::String(s) => s.clone(),
        Value::Number(n) => n.as_f64().map_or_else(|| n.to_string(), short),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recorded_steps_become_words() {
        let cases = [
            (r#"{"step":"eight-bit","measured":[],"shape":[1,1,2,2]}"#, "eight bit"),
            (
                r#"{"step":{"resize":{"size":[64,32],"mode":"linear-antialias","round":true}},"measured":[]}"#,
                "resize (size 64 x 32, mode linear-antialias, round)",
            ),
            (
                r#"{"step":{"percentiles":{"from":[1.0,99.0],"clip":false}},"measured":[["low",-1012.0],["high",0.5]]}"#,
                "percentiles (from 1, 99), measured: low -1012, high 0.5",
            ),
            ("scaled by `f`", "scaled by <code>f</code>"),
            (r#"{"step":{"<b>":{"<i>":"<u>"}}}"#, "&lt;b&gt; (&lt;i&gt; &lt;u&gt;)"),
            ("[1]", "[1]"),
        ];
        for (text, words) in cases {
            assert_eq!(step(text), words);
        }
    }
}

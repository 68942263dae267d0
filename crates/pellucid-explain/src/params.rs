//! Parameters of methods: what there is, what is allowed, and the values of one run.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{ExplainError, Result};

/// Kind and range of a parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ParamKind {
    /// A whole number within a range.
    Int {
        /// Smallest.
        min: i64,
        /// Largest.
        max: i64,
    },
    /// A number within a range.
    Float {
        /// Smallest.
        min: f64,
        /// Largest.
        max: f64,
    },
    /// Yes or no.
    Bool,
    /// One of a few words.
    Choice(&'static [&'static str]),
    /// Free text, such as layer names separated by commas.
    Text,
}

/// Default of a parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Preset {
    /// A whole number.
    Int(i64),
    /// A number.
    Float(f64),
    /// Yes or no.
    Bool(bool),
    /// A word.
    Word(&'static str),
}

/// One parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ParamSpec {
    /// Name, snake case.
    pub name: &'static str,
    /// Kind and range.
    pub kind: ParamKind,
    /// Default.
    pub default: Preset,
    /// Unit, empty when there is none.
    pub unit: &'static str,
    /// What it does.
    pub doc: &'static str,
}

impl Preset {
    /// As JSON.
    pub fn value(self) -> Value {
        match self {
            Preset::Int(v) => Value::from(v),
            Preset::Float(v) => Value::from(v),
            Preset::Bool(v) => Value::from(v),
            Preset::Word(v) => Value::from(v),
        }
    }
}

/// A whole-number parameter.
pub const fn int(name: &'static str, default: i64, min: i64, max: i64, doc: &'static str) -> ParamSpec {
    ParamSpec { name, kind: ParamKind::Int { min, max }, default: Preset::Int(default), unit: "", doc }
}

/// A number parameter.
pub const fn float(name: &'static str, default: f64, min: f64, max: f64, doc: &'static str) -> ParamSpec {
    ParamSpec { name, kind: ParamKind::Float { min, max }, default: Preset::Float(default), unit: "", doc }
}

/// A yes-or-no parameter.
pub const fn flag(name: &'static str, default: bool, doc: &'static str) -> ParamSpec {
    ParamSpec { name, kind: ParamKind::Bool, default: Preset::Bool(default), unit: "", doc }
}

/// A choice among words.
pub const fn choice(
    name: &'static str,
    default: &'static str,
    words: &'static [&'static str],
    doc: &'static str,
) -> ParamSpec {
    ParamSpec { name, kind: ParamKind::Choice(words), default: Preset::Word(default), unit: "", doc }
}

/// A free-text parameter.
pub const fn text(name: &'static str, default: &'static str, doc: &'static str) -> ParamSpec {
    ParamSpec { name, kind: ParamKind::Text, default: Preset::Word(default), unit: "", doc }
}

/// The seed of methods that draw at random.
pub const SEED: ParamSpec = int("seed", 0, 0, i64::MAX, "seed of every random draw; the same seed gives the same bits");

/// The values of one run, checked, with defaults filled in.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Values(BTreeMap<&'static str, Value>);

impl Values {
    /// Fills in defaults and checks what was given.
    ///
    /// # Errors
    /// When a name isn't a parameter of the method, or a value is of the wrong kind or outside its range.
    pub fn resolve(method: &str, specs: &'static [ParamSpec], given: &BTreeMap<String, Value>) -> Result<Values> {
        let fail = |reason: String| ExplainError::Parameter { method: method.to_string(), reason };
        for name in given.keys() {
            if !specs.iter().any(|s| s.name == name) {
                let known: Vec<&str> = specs.iter().map(|s| s.name).collect();
                let near = pellucid_graph::nearest(name, known.iter().copied());
                let near = near.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
                let list = if known.is_empty() { "none".to_string() } else { known.join(", ") };
                return Err(fail(format!("there is no parameter `{name}`{near} (it has: {list})")));
            }
        }
        let mut out = BTreeMap::new();
        for spec in specs {
            let value = match given.get(spec.name) {
                None => spec.default.value(),
                Some(v) => checked(spec, v).map_err(|why| fail(format!("`{}` is {v}, but {why}", spec.name)))?,
            };
            out.insert(spec.name, value);
        }
        Ok(Values(out))
    }

    /// A whole number.
    pub fn int(&self, name: &str) -> i64 {
        self.0.get(name).and_then(Value::as_i64).unwrap_or_default()
    }

    /// A whole number that counts something.
    pub fn count(&self, name: &str) -> usize {
        usize::try_from(self.int(name)).unwrap_or_default()
    }

    /// A number.
    pub fn float(&self, name: &str) -> f64 {
        self.0.get(name).and_then(Value::as_f64).unwrap_or_default()
    }

    /// Yes or no.
    pub fn flag(&self, name: &str) -> bool {
        self.0.get(name).and_then(Value::as_bool).unwrap_or_default()
    }

    /// A word or text.
    pub fn word(&self, name: &str) -> &str {
        self.0.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// Everything, for provenance.
    pub fn all(&self) -> BTreeMap<String, Value> {
        self.0.iter().map(|(k, v)| ((*k).to_string(), v.clone())).collect()
    }
}

/// A value converted to the parameter's kind, or why it doesn't fit.
fn checked(spec: &ParamSpec, value: &Value) -> std::result::Result<Value, String> {
    // command lines hand over text
    let parsed = match (value.as_str(), spec.kind) {
        (Some(s), ParamKind::Int { .. }) => s.parse::<i64>().map(Value::from).unwrap_or_else(|_| value.clone()),
        (Some(s), ParamKind::Float { .. }) => s.parse::<f64>().map(Value::from).unwrap_or_else(|_| value.clone()),
        (Some(s), ParamKind::Bool) => match s {
            "true" | "yes" | "on" | "1" => Value::from(true),
            "false" | "no" | "off" | "0" => Value::from(false),
            _ => value.clone(),
        },
        _ => value.clone(),
    };
    match spec.kind {
        ParamKind::Int { min, max } => match parsed.as_i64() {
            Some(v) if (min..=max).contains(&v) => Ok(parsed),
            Some(_) => Err(format!("it must lie between {min} and {max}")),
            None => Err("a whole number is expected".into()),
        },
        ParamKind::Float { min, max } => match parsed.as_f64() {
            Some(v) if v >= min && v <= max => Ok(Value::from(v)),
            Some(_) => Err(format!("it must lie between {min} and {max}")),
            None => Err("a number is expected".into()),
        },
        ParamKind::Bool => parsed.as_bool().map(Value::from).ok_or_else(|| "true or false is expected".into()),
        ParamKind::Choice(words) => match parsed.as_str() {
            Some(w) if words.contains(&w) => Ok(parsed),
            _ => Err(format!("one of {} is expected", words.join(", "))),
        },
        // a list of one number may come as a number
        ParamKind::Text if parsed.is_number() => Ok(Value::from(parsed.to_string())),
        ParamKind::Text => parsed.as_str().map(Value::from).ok_or_else(|| "text is expected".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static SPECS: &[ParamSpec] = &[
        int("steps", 50, 1, 1000, ""),
        float("sigma", 0.15, 0.0, 10.0, ""),
        choice("mode", "a", &["a", "b"], ""),
        flag("sign", false, ""),
    ];

    fn resolve(pairs: &[(&str, Value)]) -> Result<Values> {
        let given = pairs.iter().map(|(k, v)| ((*k).to_string(), v.clone())).collect();
        Values::resolve("m", SPECS, &given)
    }

    #[test]
    fn defaults_are_filled_in_and_text_is_parsed() {
        let v = resolve(&[("steps", "7".into()), ("sign", "yes".into())]).unwrap();
        assert_eq!((v.int("steps"), v.float("sigma"), v.word("mode"), v.flag("sign")), (7, 0.15, "a", true));
    }

    #[test]
    fn mistakes_name_the_parameter_and_what_is_allowed() {
        let text = |r: Result<Values>| r.unwrap_err().to_string();
        assert!(text(resolve(&[("step", 1.into())])).contains("did you mean `steps`"));
        assert!(text(resolve(&[("steps", 0.into())])).contains("between 1 and 1000"));
        assert!(text(resolve(&[("mode", "c".into())])).contains("one of a, b"));
        assert!(text(resolve(&[("sigma", "x".into())])).contains("a number is expected"));
    }
}

//! Rule sets written by the user: an ordered list in a TOML file.
//!
//! ```toml
//! name = "mine"
//!
//! [[rule]]
//! node = "/layer4/layer4.1/conv2/Conv"   # a node, or the wire that it makes
//! rule = "z-plus"
//!
//! [[rule]]
//! first = true                           # the first linear node on each path from an input
//! rule = "flat"
//!
//! [[rule]]
//! op = "Conv"
//! rule = "gamma"
//! gamma = 0.1
//! ```
//!
//! The first entry that matches a node decides. What no entry matches has the rules of the composite that the method names.

use std::path::Path;
use std::sync::Arc;

use pellucid_diff::relevance::{Lrp, Pass};
use pellucid_diff::{Rule, RuleSet, Select};
use serde::Deserialize;

use crate::{ExplainError, Result};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    rule: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    node: Option<String>,
    op: Option<String>,
    #[serde(default)]
    first: bool,
    rule: String,
    #[serde(flatten)]
    numbers: Numbers,
}

/// Numbers of rules.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Numbers {
    #[serde(default = "epsilon")]
    pub epsilon: f64,
    #[serde(default = "alpha")]
    pub alpha: f64,
    #[serde(default = "beta")]
    pub beta: f64,
    #[serde(default = "gamma")]
    pub gamma: f64,
    #[serde(default)]
    pub low: Vec<f64>,
    #[serde(default)]
    pub high: Vec<f64>,
}

fn epsilon() -> f64 {
    1e-6
}
fn alpha() -> f64 {
    2.0
}
fn beta() -> f64 {
    1.0
}
fn gamma() -> f64 {
    0.25
}

/// The rules that can be asked for at linear nodes, by name.
pub(super) const RULES: &[&str] =
    &["zero", "epsilon", "z-plus", "alpha-beta", "gamma", "gamma-original", "w-squared", "flat", "box"];

/// A rule by name.
pub(super) fn rule(name: &str, n: &Numbers) -> std::result::Result<Lrp, String> {
    Ok(match name {
        "zero" => Lrp::Epsilon(0.0),
        "epsilon" => Lrp::Epsilon(n.epsilon),
        "z-plus" => Lrp::ZPlus,
        "alpha-beta" if (n.alpha - n.beta - 1.0).abs() > 1e-9 => {
            return Err(format!("alpha - beta is 1 where relevance is kept, not {} - {}", n.alpha, n.beta));
        }
        "alpha-beta" => Lrp::AlphaBeta { alpha: n.alpha, beta: n.beta },
        "gamma" => Lrp::Gamma(n.gamma),
        "gamma-original" => Lrp::GammaOriginal(n.gamma),
        "w-squared" => Lrp::WSquared,
        "flat" => Lrp::Flat,
        "box" if n.low.is_empty() || n.high.is_empty() => {
            return Err("the box rule needs `low` and `high`: the smallest and largest value that the data can have \
                        after preprocessing, one for all channels or one for each"
                .into());
        }
        "box" => Lrp::Box { low: n.low.clone(), high: n.high.clone() },
        other => return Err(format!("there is no rule `{other}` (there are: {}, pass)", RULES.join(", "))),
    })
}

/// Reads a rule file; its entries come before those of `base`.
///
/// # Errors
/// When the file can't be read, isn't TOML, or names what doesn't exist.
pub(super) fn read(path: &Path, base: RuleSet) -> Result<RuleSet> {
    let fail = |reason: String| ExplainError::Parameter {
        method: "lrp".into(),
        reason: format!("`rules` names {}: {reason}", path.display()),
    };
    let text = std::fs::read_to_string(path).map_err(|e| fail(e.to_string()))?;
    parse(&text, base).map_err(fail)
}

fn parse(text: &str, base: RuleSet) -> std::result::Result<RuleSet, String> {
    let file: File = toml::from_str(text).map_err(|e| e.to_string())?;
    let mut entries = Vec::new();
    for (i, entry) in file.rule.iter().enumerate() {
        let fail = |reason: String| format!("[[rule]] {}: {reason}", i + 1);
        let select = match (&entry.node, &entry.op, entry.first) {
            (Some(node), None, false) => Select::Name(node.clone()),
            (None, Some(op), false) => Select::Op(op.clone()),
            (None, None, true) => Select::FirstLinear,
            _ => return Err(fail("name exactly one of `node`, `op`, `first = true`".into())),
        };
        let chosen: Arc<dyn Rule> = match entry.rule.as_str() {
            "pass" => Arc::new(Pass),
            name => Arc::new(rule(name, &entry.numbers).map_err(fail)?),
        };
        entries.push((select, chosen));
    }
    entries.extend(base.entries);
    Ok(RuleSet { name: file.name, entries })
}

#[cfg(test)]
mod tests {
    use pellucid_diff::relevance::Composite;

    use super::*;

    fn parsed(text: &str) -> std::result::Result<Vec<(String, &'static str)>, String> {
        let set = parse(text, Composite::epsilon_plus().rules())?;
        Ok(set.entries.iter().map(|(s, r)| (s.to_string(), r.id())).collect())
    }

    #[test]
    fn entries_come_in_order_and_before_the_composite() {
        let text =
            "name = 'a'\n[[rule]]\nfirst = true\nrule = 'flat'\n[[rule]]\nop = 'Gemm'\nrule = 'gamma'\ngamma = 0.5\n";
        let found = parsed(text).unwrap();
        assert_eq!(found[0], ("first linear node".to_string(), "lrp-flat"));
        assert_eq!(found[1], ("operator Gemm".to_string(), "lrp-gamma"));
        assert_eq!(found[2], ("operator Conv".to_string(), "lrp-z-plus"));
    }

    #[test]
    fn mistakes_name_the_entry() {
        let of = |entry: &str| parsed(&format!("name = 'a'\n[[rule]]\n{entry}\n")).unwrap_err();
        assert!(of("rule = 'flat'").contains("[[rule]] 1: name exactly one"));
        assert!(of("op = 'Conv'\nrule = 'plus'").contains("there is no rule `plus`"));
        assert!(of("op = 'Conv'\nrule = 'box'").contains("`low` and `high`"));
        assert!(of("op = 'Conv'\nrule = 'alpha-beta'\nalpha = 3").contains("alpha - beta is 1"));
        assert!(of("op = 'Conv'\nrule = 'flat'\nspeed = 3").contains("speed"));
    }
}

//! What the types of a protocol can't say.

use super::Protocol;

/// The key that is wrong and why.
pub(super) fn fault(p: &Protocol) -> Option<(String, String)> {
    let wrong = |key: String, reason: &str| Some((key, reason.to_string()));
    if p.format != 1 {
        return wrong("format".into(), "must be 1: this program reads no other");
    }
    if p.methods.is_empty() {
        return wrong("methods".into(), "must not be empty: there is nothing to run");
    }
    if p.evaluation.seeds.is_empty() {
        return wrong("evaluation.seeds".into(), "must not be empty");
    }
    if !(p.evaluation.interval > 0.0 && p.evaluation.interval < 1.0) {
        return wrong("evaluation.interval".into(), "must be between 0 and 1");
    }
    for (i, b) in p.baselines.iter().enumerate() {
        if let Some((key, reason)) = b.fault() {
            return Some((format!("baselines[{i}].{key}"), reason));
        }
    }
    let methods = p.methods.iter().map(|m| (m.id.as_str(), m.baseline.as_deref())).collect();
    let metrics = p.metrics.iter().map(|m| (m.id.as_str(), m.baseline.as_deref())).collect();
    listed("methods", p, methods).or_else(|| listed("metrics", p, metrics))
}

/// Ids stand there once, and baselines are among those of the protocol.
fn listed(table: &str, p: &Protocol, list: Vec<(&str, Option<&str>)>) -> Option<(String, String)> {
    for (i, (id, baseline)) in list.iter().enumerate() {
        if list.iter().position(|(other, _)| other == id) != Some(i) {
            return Some((format!("{table}[{i}].id"), format!("`{id}` stands there twice")));
        }
        if let Some(name) = baseline.filter(|name| !p.baselines.iter().any(|b| b.id == *name)) {
            return Some((format!("{table}[{i}].baseline"), format!("`{name}` isn't among the baselines")));
        }
    }
    None
}

//! How the report came about.

use std::collections::BTreeMap;

use pellucid_explain::Provenance;

use crate::html::cards::cost;
use crate::html::text::e;
use crate::scene::{Entry, Scene};

pub(super) fn section(scene: &Scene) -> String {
    let Some(first) = scene.entries.first() else { return String::new() };
    let methods: String = scene.entries.iter().map(method).collect();
    format!(
        "<section aria-label=\"Provenance\">\n<h2>Provenance</h2>\n<div class=\"sheet\"><details class=\"source\"><summary>Digests, versions, parameters</summary>\n\
         {}<div class=\"scroll\"><table><thead><tr><th>Method</th><th>Parameters</th><th>Cost</th><th>Sources</th></tr></thead>\n<tbody>\n{methods}</tbody></table></div>\n{}\
         <p>The same, for machines: <code>explanation.json</code>.</p></details></div>\n</section>\n",
        common(&first.explanation.provenance),
        rules(scene)
    )
}

/// What all explanations of a run have in common.
fn common(p: &Provenance) -> String {
    let mut rows = vec![
        ("Pellucid".to_string(), e(&p.pellucid).to_string()),
        ("Engine".into(), format!("{}, {}", e(&p.engine), e(&p.device))),
        ("Time".into(), e(&p.time).to_string()),
        ("Model file".into(), digest(&p.model_sha256)),
        ("Graph that ran".into(), digest(&p.graph_sha256)),
    ];
    rows.extend(p.inputs_sha256.iter().map(|(name, sha)| (format!("Input {}", e(name)), digest(sha))));
    let rows: String = rows.into_iter().map(|(k, v)| format!("<dt>{k}</dt><dd>{v}</dd>\n")).collect();
    format!("<dl>\n{rows}</dl>\n")
}

fn digest(sha256: &str) -> String {
    format!("<code>{}</code> (SHA-256)", e(sha256))
}

fn method(entry: &Entry) -> String {
    let p = &entry.explanation.provenance;
    let parameters: Vec<String> =
        p.parameters.iter().map(|(k, v)| format!("<code>{} = {}</code>", e(k), e(v))).collect();
    let parameters = if parameters.is_empty() { "none".to_string() } else { parameters.join("<br>") };
    let sources = entry.method.map_or(String::new(), |m| m.sources.join(", "));
    format!(
        "<tr><td>{} (<code>{}</code>, revision {}), target {}</td><td>{parameters}</td><td>{}</td><td>{}</td></tr>\n",
        e(entry.title()),
        e(&p.method),
        p.revision,
        entry.target,
        cost(&entry.explanation.counts, p.seconds),
        e(sources)
    )
}

/// Backward rules, each list once.
fn rules(scene: &Scene) -> String {
    let mut lists: BTreeMap<&[String], Vec<&str>> = BTreeMap::new();
    for entry in &scene.entries {
        let rules = entry.explanation.provenance.rules.as_slice();
        let names = lists.entry(rules).or_default();
        if !rules.is_empty() && !names.contains(&entry.title()) {
            names.push(entry.title());
        }
    }
    lists
        .into_iter()
        .filter(|(rules, _)| !rules.is_empty())
        .map(|(rules, names)| {
            let lines: String = rules.iter().map(|r| format!("<li><code>{}</code></li>", e(r))).collect();
            format!(
                "<details><summary>{} backward rules: {}</summary><ul>{lines}</ul></details>\n",
                rules.len(),
                e(names.join(", "))
            )
        })
        .collect()
}

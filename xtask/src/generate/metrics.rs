//! The reference pages of metrics: one table, one page each, and the metrics of text.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Result;
use pellucid::metrics::text::{self, TextMetricInfo};
use pellucid::metrics::{METRICS, MetricInfo};

use super::cited;

/// Every page by its path.
pub fn pages(reference: &Path, bibliography: &BTreeMap<String, String>) -> Result<BTreeMap<PathBuf, String>> {
    let mut out = BTreeMap::from([(reference.join("metrics.md"), table())]);
    for metric in METRICS {
        out.insert(reference.join("metrics").join(format!("{}.md", metric.id)), page(metric, bibliography)?);
    }
    Ok(out)
}

const HEADING: &str = "\
# Metrics

What each metric measures, which values are better, what a map that knows nothing gets, and what it needs. `F`: forwards of the model, `A`:
explanations. A metric of faithfulness tells how well a map fits the model under one way of removing things, not whether the model is right.

";

fn table() -> String {
    let mut out = String::from(HEADING);
    let mut family = None;
    for m in METRICS {
        if family != Some(m.family) {
            let title = capital(&m.family.to_string());
            let _ = write!(
                out,
                "## {title}\n\n| metric | name | better | range | chance | needs | cost | source |\n|---|---|---|---|---|---|---|---|\n"
            );
            family = Some(m.family);
        }
        let _ = writeln!(out, "{}", row(m));
        if METRICS.iter().rfind(|o| o.family == m.family).is_some_and(|last| last.id == m.id) {
            out.push('\n');
        }
    }
    out.push_str(
        "## Text\n\n| metric | name | better | range | what it measures | source |\n|---|---|---|---|---|---|\n",
    );
    text::METRICS.iter().for_each(|m| {
        let _ = writeln!(out, "{}", text_row(m));
    });
    out
}

fn row(m: &MetricInfo) -> String {
    format!(
        "| [`{}`](metrics/{}.md) | {} | {} | {} | {} | {} | {} | {} |",
        m.id,
        m.id,
        cell(m.name),
        better(m),
        range(m.range),
        cell(m.chance),
        needs(m),
        cell(m.cost),
        if m.sources.is_empty() { "own".to_string() } else { m.sources.join(", ") }
    )
}

fn text_row(m: &TextMetricInfo) -> String {
    let better = match m.direction {
        text::Direction::Higher => "higher",
        text::Direction::Lower => "lower",
    };
    let (name, summary) = (cell(m.name), cell(m.summary));
    format!("| `{}` | {name} | {better} | {} | {summary} | {} |", m.id, range(m.range), cell(m.source))
}

fn page(m: &MetricInfo, bibliography: &BTreeMap<String, String>) -> Result<String> {
    let mut out = format!("# {}\n\n`{}`, {} metric, {}.\n\n", m.name, m.id, m.family, m.direction);
    // the sections of the file stand one level below the title
    out.push_str(format!("\n{}", m.doc()).replace("\n# ", "\n## ").trim_start());
    let _ = write!(
        out,
        "\n\n## Facts\n\n- Range: {}\n- What a map without information gets: {}\n- Needs: {}\n- Cost: {}\n",
        range(m.range),
        m.chance,
        needs(m),
        m.cost
    );
    let references = cited(m.sources, m.id, bibliography)?;
    if !references.is_empty() {
        out.push_str("\n## References\n\n");
    }
    references.iter().for_each(|r| {
        let _ = writeln!(out, "- {r}");
    });
    Ok(out)
}

fn better(m: &MetricInfo) -> String {
    m.direction.to_string().replace(" is better", "")
}

fn needs(m: &MetricInfo) -> String {
    if m.needs.is_empty() {
        return "nothing but a map".into();
    }
    m.needs.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// A range; an end without a bound is written as a sign.
fn range((low, high): (f64, f64)) -> String {
    let end = |v: f64| match v {
        f64::INFINITY => "∞".to_string(),
        f64::NEG_INFINITY => "-∞".to_string(),
        v => v.to_string(),
    };
    format!("{} to {}", end(low), end(high))
}

/// A text in a cell of a table, where a bar would end it.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |c| c.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_a_row_for_every_metric_and_eight_cells_in_each() {
        let table = table();
        for m in METRICS {
            let row = table.lines().find(|l| l.starts_with(&format!("| [`{}`]", m.id))).unwrap();
            assert_eq!(row.replace("\\|", "").matches('|').count(), 9, "{row}");
        }
        assert!(text::METRICS.iter().all(|m| table.contains(&format!("| `{}` |", m.id))));
    }

    #[test]
    fn ranges_in_words() {
        assert_eq!(range((0.0, 1.0)), "0 to 1");
        assert_eq!(range((f64::NEG_INFINITY, f64::INFINITY)), "-∞ to ∞");
    }
}

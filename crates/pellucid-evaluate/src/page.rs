//! The report of a run: one self-contained page.

use std::fmt::Write as _;

use pellucid_metrics::Direction;

use crate::plot::{escaped, pareto, ranks};
use crate::summary::{Summary, SummaryTable};

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:1100px;margin:2rem auto;padding:0 1rem;color:#1c2430;background:#fff}\
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}table{border-collapse:collapse;font-size:13px}\
td,th{padding:3px 9px;border-bottom:1px solid #dde3ea;text-align:right;white-space:nowrap}td:first-child,th:first-child{text-align:left}\
.wide{overflow-x:auto}.best{font-weight:700}.weak{color:#9a5b00}.soft{fill:#66707c;color:#66707c;font-size:12px}svg{max-width:100%;font:12px system-ui,sans-serif}\
.grid{stroke:#e4e8ee}.tick{text-anchor:middle;fill:#66707c}.name{text-anchor:end;fill:#1c2430}.label{fill:#1c2430}.dot{fill:#7aa6d8}.front{fill:#b3402a}.mean{fill:#1c2430}\
@media (prefers-color-scheme:dark){body{background:#14181d;color:#e6e9ed}td,th{border-color:#2d343c}.grid{stroke:#2d343c}.name,.label,.mean{fill:#e6e9ed}.weak{color:#e0a95a}}";

/// The page: what was run, the table of means, who beats the controls, ranks, cost, what is missing.
pub fn page(title: &str, facts: &[(String, String)], table: &SummaryTable, costs: &[(String, f64)]) -> String {
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\n<title>{0}</title><style>{STYLE}</style></head><body>\n<h1>{0}</h1>\n",
        escaped(title)
    );
    out.push_str("<table>");
    for (name, value) in facts {
        let _ = write!(out, "<tr><td>{}</td><td style=\"text-align:left\">{}</td></tr>", escaped(name), escaped(value));
    }
    out.push_str("</table>\n<h2>Means over cases</h2>\n<p>The 95 % interval of the mean is by bootstrap over cases. The best mean of each metric is bold. A dot marks methods that aren't better than every control (noise, centre, edges) at the 5 % level, by Wilcoxon's signed-rank test with Holm's correction: with few cases that says little against them, and nothing for them.</p>\n");
    out.push_str(&means(table));
    out.push_str(
        "<h2>Ranks</h2>\n<p>Each dot is a metric, the bar the mean rank. Ranks hide how large a difference is.</p>\n",
    );
    out.push_str(&ranks(table));
    out.push_str("<h2>Cost</h2>\n<p>Methods that no other beats in both cost and mean rank are red.</p>\n");
    out.push_str(&pareto(table, costs));
    out.push_str(&missing(table));
    out.push_str("<p class=\"soft\">Scores of removal depend on what replaces what is removed, and aren't comparable across models or baselines. Research use only.</p>\n</body></html>\n");
    out
}

fn means(table: &SummaryTable) -> String {
    let mut out = String::from("<div class=\"wide\"><table><tr><th>Method</th><th>Mean rank</th>");
    for (metric, direction) in &table.metrics {
        let arrow = match direction {
            Direction::Higher => "&uarr;",
            Direction::Lower => "&darr;",
            Direction::CloserToZero => "&rarr;0",
            Direction::None => "",
        };
        let _ = write!(out, "<th>{} {arrow}</th>", escaped(metric));
    }
    out.push_str("</tr>\n");
    let mut methods: Vec<&String> = table.methods.iter().collect();
    methods.sort_by(|a, b| {
        let rank = |m: &str| table.mean_rank(m).unwrap_or(f64::INFINITY);
        rank(a).total_cmp(&rank(b))
    });
    for method in methods {
        let rank = table.mean_rank(method).map_or_else(|| "-".into(), |r| format!("{r:.2}"));
        let _ = write!(out, "<tr><td>{}</td><td>{rank}</td>", escaped(method));
        for (metric, _) in &table.metrics {
            out.push_str(&cell(table.entry(method, metric)));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</table></div>\n");
    out
}

fn cell(entry: Option<&Summary>) -> String {
    let Some(Summary { mean: Some(mean), interval, rank, beats_controls, count, .. }) = entry else {
        return "<td>-</td>".into();
    };
    let class = if *rank == Some(1) { " class=\"best\"" } else { "" };
    let dot = if *beats_controls == Some(false) {
        " <span class=\"weak\" title=\"not better than every control\">&middot;</span>"
    } else {
        ""
    };
    let interval =
        interval.map_or_else(String::new, |(l, h)| format!(" title=\"95 %: {l:.4} to {h:.4}, {count} cases\""));
    format!("<td{class}{interval}>{mean:.3}{dot}</td>")
}

fn missing(table: &SummaryTable) -> String {
    let lines: Vec<String> = table
        .entries
        .iter()
        .flat_map(|e| e.missing.iter().map(move |(why, n)| (e, why, n)))
        .filter(|(_, why, _)| *why != "not for a control")
        .map(|(e, why, n)| {
            format!("<li>{} of {}: {} ({n} cases)</li>\n", escaped(&e.metric), escaped(&e.method), escaped(why))
        })
        .collect();
    if lines.is_empty() { String::new() } else { format!("<h2>Without a score</h2>\n<ul>{}</ul>\n", lines.concat()) }
}

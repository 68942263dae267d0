//! Two pictures of a summary, as SVG: ranks by metric, and cost against how good a method is.

use std::fmt::Write as _;

use crate::summary::SummaryTable;

const WIDTH: f64 = 760.0;
const LEFT: f64 = 210.0;
const ROW: f64 = 22.0;
const TOP: f64 = 30.0;

/// A dot for each metric at the method's rank, a bar at the mean rank; methods in order of it.
pub(crate) fn ranks(table: &SummaryTable) -> String {
    let mut methods: Vec<(&String, f64)> =
        table.methods.iter().filter_map(|m| table.mean_rank(m).map(|r| (m, r))).collect();
    methods.sort_by(|a, b| a.1.total_cmp(&b.1));
    let most = table.methods.len().max(2) as f64;
    let x = |rank: f64| LEFT + (rank - 1.0) / (most - 1.0) * (WIDTH - LEFT - 20.0);
    let height = TOP + ROW * methods.len() as f64 + 10.0;
    let mut out = opened(height, "Ranks of methods by metric");
    // numbers stand apart, however many methods there are
    let every = table.methods.len().div_ceil(20).max(1);
    for rank in (1..=table.methods.len()).filter(|r| (r - 1) % every == 0) {
        let _ = write!(
            out,
            "<line x1=\"{0:.1}\" x2=\"{0:.1}\" y1=\"{TOP}\" y2=\"{height:.1}\" class=\"grid\"/><text x=\"{0:.1}\" y=\"20\" class=\"tick\">{rank}</text>",
            x(rank as f64)
        );
    }
    for (i, (method, mean)) in methods.iter().enumerate() {
        let y = TOP + ROW * (i as f64 + 0.5);
        let _ = write!(
            out,
            "<text x=\"{:.1}\" y=\"{:.1}\" class=\"name\">{}</text>",
            LEFT - 14.0,
            y + 4.0,
            escaped(method)
        );
        for entry in table.entries.iter().filter(|e| e.method == **method) {
            if let Some(rank) = entry.rank {
                let title = escaped(&entry.metric);
                let _ = write!(
                    out,
                    "<circle cx=\"{:.1}\" cy=\"{y:.1}\" r=\"4\" class=\"dot\"><title>{title}: {rank}</title></circle>",
                    x(rank as f64)
                );
            }
        }
        let _ = write!(
            out,
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"4\" height=\"16\" class=\"mean\"><title>mean rank {mean:.2}</title></rect>",
            x(*mean) - 2.0,
            y - 8.0
        );
    }
    out.push_str("</svg>\n");
    out
}

/// Cost in passes through the model (logarithmic) against the mean rank; methods that no other beats in both are marked.
pub(crate) fn pareto(table: &SummaryTable, costs: &[(String, f64)]) -> String {
    let points: Vec<(&str, f64, f64)> =
        costs.iter().filter_map(|(m, cost)| table.mean_rank(m).map(|r| (m.as_str(), cost.max(1.0), r))).collect();
    if points.is_empty() {
        return String::new();
    }
    let most = points.iter().map(|p| p.1).fold(10.0, f64::max).log10();
    let ranks = table.methods.len().max(2) as f64;
    let (height, bottom) = (380.0, 340.0);
    let x = |cost: f64| 60.0 + cost.log10() / most * (WIDTH - 220.0);
    let y = |rank: f64| 30.0 + (rank - 1.0) / (ranks - 1.0) * (bottom - 30.0);
    let mut out = opened(height, "Cost against mean rank");
    for power in 0..=most.ceil() as i32 {
        let at = x(10f64.powi(power));
        if at <= WIDTH - 140.0 {
            let _ = write!(
                out,
                "<line x1=\"{at:.1}\" x2=\"{at:.1}\" y1=\"30\" y2=\"{bottom}\" class=\"grid\"/><text x=\"{at:.1}\" y=\"358\" class=\"tick\">{}</text>",
                10f64.powi(power)
            );
        }
    }
    out.push_str("<text x=\"60\" y=\"376\" class=\"soft\">passes through the model; up: better mean rank</text>");
    let mut placed: Vec<(f64, f64, f64)> = Vec::new();
    for (method, cost, rank) in &points {
        let beaten = points.iter().any(|p| p.1 <= *cost && p.2 <= *rank && (p.1 < *cost || p.2 < *rank));
        let class = if beaten { "dot" } else { "front" };
        let (cx, cy, name) = (x(*cost), y(*rank), escaped(method));
        let _ = write!(
            out,
            "<circle cx=\"{cx:.1}\" cy=\"{cy:.1}\" r=\"5\" class=\"{class}\"><title>{name}: {cost:.0} passes, mean rank {rank:.1}</title></circle>"
        );
        // a name that would cover another is left to the tooltip and the table
        let wide = 7.0 * method.chars().count() as f64;
        let covers = |p: &(f64, f64, f64)| (p.1 - cy).abs() < 12.0 && cx < p.2 && p.0 < cx + wide;
        if !beaten || !placed.iter().any(covers) {
            placed.push((cx, cy, cx + wide));
            let _ = write!(out, "<text x=\"{:.1}\" y=\"{:.1}\" class=\"label\">{name}</text>", cx + 8.0, cy + 4.0);
        }
    }
    out.push_str("</svg>\n");
    out
}

fn opened(height: f64, title: &str) -> String {
    format!("<svg viewBox=\"0 0 {WIDTH} {height:.0}\" role=\"img\" aria-label=\"{title}\">")
}

/// Text that can stand in a page.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

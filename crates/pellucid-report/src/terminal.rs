//! A summary of explanations for the terminal: a table in plain text.

use pellucid_explain::{Evidence, Explanation, Outcome};

use crate::display::name;
use crate::html::cost;
use crate::number::short;

const HEAD: [&str; 6] = ["METHOD", "TARGET", "MAP", "RANGE", "CHECKS", "COST"];

/// A table with a line per map, and a line per method that gave nothing; at most `width` characters wide where that leaves columns readable.
pub fn table(outcome: &Outcome, width: usize) -> String {
    let mut rows: Vec<[String; 6]> = vec![HEAD.map(str::to_string)];
    let mut failures = String::new();
    for result in &outcome.explanations {
        match result {
            Ok(explanation) => rows.extend(lines(explanation)),
            Err((method, error)) => failures.push_str(&format!("{method}: no result: {error}\n")),
        }
    }
    let mut widths: [usize; 6] = std::array::from_fn(|c| rows.iter().map(|r| r[c].chars().count()).max().unwrap_or(0));
    let fixed: usize = [0, 3, 4, 5].iter().map(|c| widths[*c]).sum::<usize>() + 2 * (HEAD.len() - 1);
    // target and map give way to the rest, down to something that can still be told apart
    let room = width.saturating_sub(fixed);
    if widths[1] + widths[2] > room {
        let map = widths[2].min((room / 3).max(12));
        widths[2] = map;
        widths[1] = widths[1].min(room.saturating_sub(map).max(16));
    }
    let mut out = String::new();
    if rows.len() > 1 {
        for row in &rows {
            let cells: Vec<String> = row.iter().zip(widths).map(|(cell, w)| cell_of(cell, w)).collect();
            out.push_str(cells.join("  ").trim_end());
            out.push('\n');
        }
    }
    out + &failures
}

fn lines(explanation: &Explanation) -> Vec<[String; 6]> {
    let Evidence::Maps(maps) = &explanation.evidence;
    let target = format!("{} = {}", explanation.target.description, short(explanation.target.value));
    let cost = cost(&explanation.counts, explanation.provenance.seconds);
    let line = |(i, map): (usize, &pellucid_explain::Map)| {
        let low = map.values.iter().copied().fold(f32::INFINITY, f32::min);
        let high = map.values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let range = format!("{} to {}", short(low.into()), short(high.into()));
        let map = name(&map.grid).to_string();
        match i {
            0 => [explanation.method.clone(), target.clone(), map, range, checks(explanation), cost.clone()],
            _ => [String::new(), String::new(), map, range, String::new(), String::new()],
        }
    };
    maps.iter().enumerate().map(line).collect()
}

/// `completeness holds, dummy fails`.
fn checks(explanation: &Explanation) -> String {
    if explanation.checks.is_empty() {
        return "none".into();
    }
    let word = |holds| if holds { "holds" } else { "fails" };
    explanation.checks.iter().map(|c| format!("{} {}", c.name, word(c.holds))).collect::<Vec<_>>().join(", ")
}

/// A cell of a width, cut in the middle where it is too long: the end of a name often tells more than its middle.
fn cell_of(text: &str, width: usize) -> String {
    let chars: Vec<char> = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if chars.len() <= width {
        return chars.iter().collect::<String>() + &" ".repeat(width - chars.len());
    }
    let kept = width.saturating_sub(2);
    let tail = kept / 3;
    let head: String = chars[..kept - tail].iter().collect();
    let end: String = chars[chars.len() - tail..].iter().collect();
    format!("{head}..{end}")
}

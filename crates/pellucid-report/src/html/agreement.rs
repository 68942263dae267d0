//! Do the methods say the same?

use crate::agreement::{Agreement, TOP};
use crate::html::text::e;
use crate::number::percent;
use crate::scene::{AgreementTable, Scene};

/// A rank correlation below this is called disagreement.
const LOW: f64 = 0.3;

pub(super) fn section(scene: &Scene) -> String {
    if scene.agreements.is_empty() {
        return String::new();
    }
    let several = scene.agreements.len() > 1;
    let targets = scene.targets();
    let tables: String = scene
        .agreements
        .iter()
        .map(|t| {
            let of = targets.iter().find(|x| x.target == t.target).map(|x| &x.explanation.target.description);
            let title = of.filter(|_| several).map_or(String::new(), |d| format!("<h3>{}</h3>\n", e(d)));
            format!(
                "<div class=\"sheet\">{title}<div class=\"pair\" style=\"--least:{}px\">{}{}</div>\n<p class=\"soft\">{}</p></div>\n",
                // side by side while both fit, below each other otherwise
                220 + 50 * t.names.len(),
                matrix(t, "Rank correlation", |a| a.rank_correlation, |v| format!("{v:.2}")),
                matrix(t, "Overlap of the strongest tenth, %", |a| a.overlap, |v| format!("{:.0}", 100.0 * v)),
                verdict(t)
            )
        })
        .collect();
    let step = scene.inputs.first().map_or(1, |i| crate::agreement::stride(i.grid.grid()));
    let thinned = if step > 1 { format!(" Read at every {step}th place along each axis.") } else { String::new() };
    format!(
        "<section aria-label=\"Agreement\">\n<h2>Do the methods agree?</h2>\n<p class=\"lead\">Shown magnitudes are compared on the grid of the \
         model input. Rank correlation (Spearman) is 1 for the same order of places, 0 for no relation. Two unrelated maps \
         share about {} of their strongest tenth by chance.{thinned} Agreement isn't proof: methods of one family can share a mistake.</p>\n{tables}</section>\n",
        percent(TOP)
    )
}

fn matrix(
    table: &AgreementTable,
    title: &str,
    pick: impl Fn(&Agreement) -> Option<f64>,
    text: impl Fn(f64) -> String,
) -> String {
    let heads: String = (1..=table.names.len()).map(|i| format!("<th scope=\"col\">{i}</th>")).collect();
    let mut rows = String::new();
    for (i, name) in table.names.iter().enumerate() {
        rows.push_str(&format!("<tr><th scope=\"row\">{}. {}</th>", i + 1, e(name)));
        for (j, cell) in table.cells[i].iter().enumerate() {
            rows.push_str(&match pick(cell) {
                _ if i == j => "<td class=\"self\">&ndash;</td>".into(),
                None => "<td class=\"self\">none</td>".into(),
                Some(v) => format!("<td style=\"--v:{:.2}\">{}</td>", v.clamp(0.0, 1.0), text(v)),
            });
        }
        rows.push_str("</tr>\n");
    }
    format!(
        "<div class=\"scroll\"><table class=\"matrix\"><caption>{title}</caption><thead><tr><td class=\"self\"></td>{heads}</tr></thead>\
         <tbody>\n{rows}</tbody></table></div>\n"
    )
}

/// The pair that agrees least, and whether that is a warning.
fn verdict(table: &AgreementTable) -> String {
    let n = table.names.len();
    let pairs = (0..n).flat_map(|i| (i + 1..n).map(move |j| (i, j)));
    let least =
        pairs.filter_map(|(i, j)| Some((table.cells[i][j].rank_correlation?, i, j))).min_by(|a, b| a.0.total_cmp(&b.0));
    let Some((rho, i, j)) = least else { return "No two maps can be compared: they show nothing.".into() };
    let (a, b) = (e(&table.names[i]), e(&table.names[j]));
    if rho < LOW {
        format!(
            "<strong>The methods disagree:</strong> {a} and {b} have a rank correlation of {rho:.2}. Don't rely on one of them alone."
        )
    } else {
        format!("Least agreement: {a} and {b}, rank correlation {rho:.2}.")
    }
}

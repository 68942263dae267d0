//! One card per explanation: picture, colours, checks, notes, cost.

use pellucid_explain::{BalanceLine, Check, Counts};

use crate::Result;
use crate::display::Shown;
use crate::figure::tick_shares;
use crate::html::text::{e, marked, sentence};
use crate::html::{picture_uri, wide};
use crate::number::short;
use crate::scale::Scale;
use crate::scene::{Entry, Panel, Scene};

pub(super) fn sections(scene: &Scene) -> Result<String> {
    let mut out = String::new();
    for (i, first) in scene.targets().into_iter().enumerate() {
        let target = &first.explanation.target;
        let over = match &target.stepped_over {
            Some(a) => format!("The gradient and the scores are taken before the model's {}. ", e(a)),
            None => String::new(),
        };
        let switch = if i == 0 && !wide(scene) {
            "<label class=\"switch\"><input type=\"checkbox\" id=\"bare\"> Hide the maps to see the image (or press on a picture)</label>"
        } else {
            ""
        };
        let entries: Vec<&Entry> = scene.entries.iter().filter(|e| e.target == first.target).collect();
        let common = common_notes(&entries);
        let cards: Vec<String> = entries.iter().map(|e| card(scene, e, &common)).collect::<Result<_>>()?;
        out.push_str(&format!(
            "<section aria-label=\"Explanations\">\n<div class=\"bar\"><h2>Why: {} = {}</h2>{switch}</div>\n\
             <p class=\"lead\">{over}Colours aren't comparable between methods: each has its own scale.</p>\n{}\
             <div class=\"cards{}\">\n{}</div>\n</section>\n",
            e(&target.description),
            short(target.value),
            list(common.iter().filter(|n| !said_above(scene, n)).map(|n| sentence(n))),
            if wide(scene) { " wide" } else { "" },
            cards.concat()
        ));
    }
    Ok(out + &failures(scene))
}

/// Notes that every one of several explanations has: they are said once, above them.
fn common_notes<'a>(entries: &[&Entry<'a>]) -> Vec<&'a str> {
    let [first, rest @ ..] = entries else { return vec![] };
    let in_all = |n: &&String| rest.iter().all(|e| e.explanation.notes.contains(n));
    if rest.is_empty() { vec![] } else { first.explanation.notes.iter().filter(in_all).map(String::as_str).collect() }
}

/// Whether the part on image and decision says the note already.
fn said_above(scene: &Scene, note: &str) -> bool {
    scene.inputs.iter().any(|i| i.image.notes.iter().any(|n| n == note))
}

/// Remarks as a list; nothing when there are none.
fn list(notes: impl Iterator<Item = String>) -> String {
    let items: String = notes.map(|n| format!("<li>{}</li>", marked(&n))).collect();
    if items.is_empty() { items } else { format!("<ul class=\"notes\">{items}</ul>\n") }
}

fn card(scene: &Scene, entry: &Entry, common: &[&str]) -> Result<String> {
    let explanation = entry.explanation;
    let family = entry.method.map_or(String::new(), |m| e(m.family).to_string());
    let summary = entry.method.map_or(String::new(), |m| format!("<p>{}</p>\n", e(sentence(m.summary))));
    let panels: Vec<String> = entry.panels.iter().map(|p| panel(scene, entry, p)).collect::<Result<_>>()?;
    let cautions = entry.method.map_or(&[][..], |m| m.cautions).iter().map(|c| sentence(c));
    let own = explanation.notes.iter().filter(|n| !common.contains(&n.as_str())).map(|n| sentence(n));
    Ok(format!(
        "<article class=\"sheet card\">\n<header><h3>{}</h3><span class=\"tag\">{family}</span></header>\n{summary}\
         <div class=\"maps\">{}</div>\n<div class=\"words\">{}{}{}\
         <p class=\"soft\">Read at: {}. Cost: {}.</p></div>\n</article>\n",
        e(entry.title()),
        panels.concat(),
        checks(&explanation.checks),
        balance(&explanation.balance),
        list(own.chain(cautions)),
        marked(&explanation.site),
        cost(&explanation.counts, explanation.provenance.seconds)
    ))
}

fn panel(scene: &Scene, entry: &Entry, panel: &Panel) -> Result<String> {
    let several =
        if entry.panels.len() > 1 { format!("<p><b>{}</b></p>\n", marked(&panel.place)) } else { String::new() };
    let (shown, picture) = match (&panel.shown, &panel.picture) {
        (Ok(shown), Some(picture)) => (shown, picture),
        (Err(why), _) => return Ok(format!("{several}<p class=\"nothing\">{}</p>\n", marked(&sentence(why)))),
        (Ok(_), None) => return Ok(several),
    };
    let flat = scene.inputs[panel.input].image.is_2d();
    let (class, under) = if flat {
        ("picture over", format!(" style=\"background-image:var(--image-{})\"", panel.input))
    } else {
        ("picture", String::new())
    };
    let empty = match shown.empty {
        Some(_) => shown.words.iter().find(|w| w.contains("nothing to show") || w.contains("prefers no place")),
        None => None,
    };
    let empty = empty.map_or(String::new(), |w| format!("<p class=\"nothing\">{}</p>\n", e(sentence(w))));
    let steps: String = shown.words.iter().map(|w| format!("<li>{}</li>", marked(w))).collect();
    Ok(format!(
        "{several}<figure><div class=\"{class}\"{under}><img src=\"{}\" alt=\"{}\"></div></figure>\n{empty}{}\
         <details><summary>How this picture was made</summary><ul>{steps}</ul>\
         <p>Raw values: <code>{}</code> in <code>maps.npz</code>, {} to {}.</p></details>\n",
        picture_uri(picture)?,
        e(alternative(entry, panel, shown)),
        legend(shown),
        e(&panel.array),
        short(panel.map.values.iter().copied().fold(f32::INFINITY, f32::min).into()),
        short(panel.map.values.iter().copied().fold(f32::NEG_INFINITY, f32::max).into()),
    ))
}

/// What the picture shows, for those who don't see it.
fn alternative(entry: &Entry, panel: &Panel, shown: &Shown) -> String {
    let of = &entry.explanation.target.description;
    let Some([x, y, z]) = shown.peak() else {
        return format!("{} map for {of}: nothing to show", entry.title());
    };
    let [d, h, w] = shown.field.grid();
    let share = |p: f64, n: usize| format!("{:.0} %", 100.0 * (p + 0.5) / n as f64);
    let depth = if d > 1 { format!(", {} through the slices", share(z, d)) } else { String::new() };
    format!(
        "{} map for {of} over the image, read at {}; the strongest place lies {} across and {} down{depth}",
        entry.title(),
        panel.place,
        share(x, w),
        share(y, h)
    )
}

/// A colour bar with numbers and what they mean.
fn legend(shown: &Shown) -> String {
    if shown.empty.is_some() {
        return String::new();
    }
    let ticks: String = tick_shares(shown.scale, 4)
        .iter()
        .map(|(share, text)| {
            let class = match *share {
                s if s < 0.03 => " class=\"first\"",
                s if s > 0.97 => " class=\"last\"",
                _ => "",
            };
            format!("<span{class} style=\"left:{:.2}%\">{}</span>", 100.0 * share, e(text))
        })
        .collect();
    let names = if shown.scale.signed { "blue against, red for the target" } else { "dark little, bright much" };
    format!(
        "<div class=\"scale\" aria-label=\"Colour scale\"><div class=\"ramp\" style=\"background:{}\"></div><div class=\"ticks\">{ticks}</div>\
         {}: {names}</div>\n",
        gradient(shown.scale),
        e(sentence(shown.unit).trim_end_matches('.'))
    )
}

/// The colours of a scale as a CSS gradient.
fn gradient(scale: Scale) -> String {
    const STOPS: usize = 24;
    let stops: Vec<String> = (0..=STOPS)
        .map(|i| {
            let [r, g, b] = scale.colours().at(i as f64 / STOPS as f64);
            format!("#{r:02x}{g:02x}{b:02x}")
        })
        .collect();
    format!("linear-gradient(90deg,{})", stops.join(","))
}

fn checks(checks: &[Check]) -> String {
    if checks.is_empty() {
        return String::new();
    }
    let line = |c: &Check| {
        let (class, word) = if c.holds { ("holds", "holds") } else { ("fails", "fails") };
        format!(
            "<li class=\"{class}\"><b>{} {word}</b>: {} (residual {}, relative {})</li>\n",
            e(sentence(&c.name).trim_end_matches('.')),
            marked(&c.statement),
            short(c.residual),
            short(c.relative)
        )
    };
    format!("<ul class=\"checks\">\n{}</ul>\n", checks.iter().map(line).collect::<String>())
}

/// How many nodes of a balance are shown; the file of the explanation has them all.
const NODES: usize = 12;

/// The nodes that kept most of what they got.
fn balance(lines: &[BalanceLine]) -> String {
    let mut ranked: Vec<&BalanceLine> = lines.iter().filter(|l| l.kept() != 0.0).collect();
    if ranked.is_empty() {
        return String::new();
    }
    ranked.sort_by(|a, b| b.kept().abs().total_cmp(&a.kept().abs()));
    let row = |l: &BalanceLine| {
        format!(
            "<tr><td><code>{}</code></td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
            e(&l.node),
            e(&l.op),
            e(&l.rule),
            short(l.received),
            short(l.kept())
        )
    };
    format!(
        "<details><summary>Which nodes kept relevance</summary><table>\n<tr><th>Node</th><th>Operator</th><th>Rule</th><th>Got</th><th>Kept</th></tr>\n{}</table></details>\n",
        ranked.into_iter().take(NODES).map(row).collect::<String>()
    )
}

/// What was run, in words.
pub(crate) fn cost(counts: &Counts, seconds: f64) -> String {
    let named = [
        (counts.forwards, "forward", "forwards"),
        (counts.backwards, "backward", "backwards"),
        (counts.suffixes, "partial forward", "partial forwards"),
    ];
    let mut parts: Vec<String> = named
        .into_iter()
        .filter(|(n, _, _)| *n > 0)
        .map(|(n, one, many)| format!("{n} {}", if n == 1 { one } else { many }))
        .collect();
    parts.push(format!("{} s", short(seconds)));
    parts.join(", ")
}

fn failures(scene: &Scene) -> String {
    if scene.failures.is_empty() {
        return String::new();
    }
    let line = |(method, error): &(&str, &pellucid_explain::ExplainError)| {
        let hints: String =
            error.hints().iter().map(|h| format!(" <span class=\"soft\">{}</span>", marked(&sentence(h)))).collect();
        format!("<li class=\"fails\"><b>{}</b>: {}{hints}</li>\n", e(method), marked(&sentence(&error.to_string())))
    };
    format!(
        "<section aria-label=\"Methods without a result\">\n<h2>Without a result</h2>\n<div class=\"sheet\"><ul class=\"checks\">\n{}</ul></div>\n</section>\n",
        scene.failures.iter().map(line).collect::<String>()
    )
}

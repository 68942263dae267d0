//! What the model was shown and what it decided.

use crate::backdrop::described;
use crate::html::steps::step;
use crate::html::text::{e, marked};
use crate::number::{percent, short};
use crate::scene::Scene;

/// Classes that are listed.
const CLASSES: usize = 10;

pub(super) fn section(scene: &Scene, images: &[String]) -> String {
    let tall = if super::wide(scene) { " tall" } else { "" };
    let figures: String = images.iter().enumerate().map(|(i, uri)| figure(scene, i, uri)).collect();
    format!(
        "<section class=\"sheet decision{tall}\" aria-label=\"Image and decision\">\n<div>{figures}</div>\n<div>\n\
         <p class=\"soft\">The model says</p>\n<h2>{}</h2>\n<p class=\"lead\">{}</p>\n{}{}</div>\n</section>\n",
        e(scene.decision.headline()),
        scene.decision.explanation(),
        classes(scene),
        facts(scene)
    )
}

fn figure(scene: &Scene, i: usize, uri: &str) -> String {
    let name = scene.inputs[i].name;
    format!(
        "<figure><img src=\"{uri}\" alt=\"The image given to the model as input {}\"><figcaption>{}</figcaption></figure>",
        e(name),
        e(&scene.inputs[i].words)
    )
}

/// Classes from the highest down, with a bar; explained ones are always among them.
fn classes(scene: &Scene) -> String {
    let explained: Vec<usize> = scene.targets().iter().filter_map(|t| t.explanation.target.class).collect();
    let ranked = scene.decision.ranked();
    let most = ranked.iter().map(|s| s.raw.abs()).fold(0.0, f64::max);
    let shares = ranked.iter().any(|s| s.share.is_some());
    let mut rows = String::new();
    for (place, score) in ranked.iter().enumerate() {
        if place >= CLASSES && !explained.contains(&score.index) {
            continue;
        }
        let length = score.share.unwrap_or(if most > 0.0 { score.raw.max(0.0) / most } else { 0.0 });
        let share = score.share.map_or(String::new(), |v| format!("<td class=\"n\">{}</td>", percent(v)));
        rows.push_str(&format!(
            "<tr{}><td>{}</td><td class=\"meter\"><div><i style=\"width:{:.1}%\"></i></div></td>{share}<td class=\"n\">{}</td></tr>\n",
            if explained.contains(&score.index) { " class=\"explained\"" } else { "" },
            e(&score.label),
            100.0 * length.clamp(0.0, 1.0),
            short(score.raw)
        ));
    }
    let left = ranked.len().saturating_sub(CLASSES);
    let more = if left > 0 { format!("<p class=\"soft\">{} classes in all.</p>", ranked.len()) } else { String::new() };
    let share = if shares { format!("<th class=\"n\">{}</th>", scene.decision.share_name()) } else { String::new() };
    format!(
        "<table class=\"classes\"><thead><tr><th>Class</th><th></th>{share}<th class=\"n\">Output</th></tr></thead>\
         <tbody>\n{rows}</tbody></table>{more}\n"
    )
}

fn facts(scene: &Scene) -> String {
    let mut rows: Vec<(String, String)> = vec![];
    for input in &scene.inputs {
        rows.push(("Image".into(), e(described(input.image)).to_string()));
        let covers =
            if input.frame.covers_image() { "" } else { "; the model saw only the bright part of the picture" };
        let size = input.grid.words();
        rows.push(("Model input".into(), format!("<code>{}</code>, {size}{covers}", e(input.name))));
        rows.extend(input.image.notes.iter().map(|n| ("Note".to_string(), marked(n))));
    }
    let preprocessing = scene.entries.first().map_or(&[][..], |e| &e.explanation.provenance.preprocessing);
    if !preprocessing.is_empty() {
        let steps: String = preprocessing.iter().map(|s| format!("<li>{}</li>", step(s))).collect();
        rows.push(("Preparation".into(), format!("<ol>{steps}</ol>")));
    }
    let output = &scene.case.outcome.output;
    let before = output.activation.as_ref().map_or(String::new(), |a| format!(", read before its {}", e(a)));
    rows.push(("Model output".into(), format!("<code>{}</code>{before}", e(&output.name))));
    let rows: String = rows.into_iter().map(|(k, v)| format!("<dt>{k}</dt><dd>{v}</dd>\n")).collect();
    format!("<dl>\n{rows}</dl>\n")
}

//! What the maps have of a region that is known to matter.

use crate::Result;
use crate::html::picture_uri;
use crate::html::text::e;
use crate::number::percent;
use crate::scene::Scene;

pub(super) fn section(scene: &Scene) -> Result<String> {
    let Some(panel) = &scene.truth else { return Ok(String::new()) };
    let several = scene.targets().len() > 1;
    let share = |v: Option<f64>| v.map_or_else(|| "none".to_string(), percent);
    let mut rows = String::new();
    for (target, name, hit) in &panel.hits {
        let name = if several { format!("{name}, target {target}") } else { name.clone() };
        let times = hit.mass.map_or_else(|| "none".to_string(), |m| format!("{:.1} x", m / panel.area));
        let pointing = hit.pointing.map_or("none", |p| if p { "inside" } else { "outside" });
        rows.push_str(&format!(
            "<tr><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{times}</td><td class=\"n\">{}</td><td class=\"n\">{pointing}</td></tr>\n",
            e(name),
            share(hit.mass),
            share(hit.precision)
        ));
    }
    Ok(format!(
        "<section aria-label=\"Known region\">\n<h2>Does the evidence lie in the {name}?</h2>\n<div class=\"sheet truth{}\">\n\
         <figure><div class=\"picture\"><img src=\"{}\" alt=\"The image with the outline of the {name}\"></div>\
         <figcaption>Outline: {name}, {} of the model input.</figcaption></figure>\n\
         <div><div class=\"scroll\"><table><thead><tr><th>Map</th><th class=\"n\">Mass inside</th><th class=\"n\">Against chance</th>\
         <th class=\"n\">Precision</th><th class=\"n\">Strongest place</th></tr></thead>\n<tbody>\n{rows}</tbody></table></div>\n\
         <p class=\"soft\">Mass inside: share of the shown magnitudes that lies in the region; a map without preference has {}. \
         Precision: share of the region among the equally many strongest places. A model may rightly use what lies around the region.</p></div>\n\
         </div>\n</section>\n",
        if super::wide(scene) { " tall" } else { "" },
        picture_uri(&panel.picture)?,
        percent(panel.area),
        percent(panel.area),
        name = e(&panel.name),
    ))
}

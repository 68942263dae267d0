//! The report: one HTML file that needs nothing else, neither network nor script; for screen (light and dark) and paper.

mod agreement;
mod cards;
mod decision;
mod provenance;
mod reading;
mod steps;
mod text;
mod truth;

use crate::Result;
use crate::canvas::Canvas;
use crate::scene::Scene;
pub(crate) use cards::cost;
use text::{data_uri, e};

const STYLE: &str = include_str!("report.css");

/// The report of a case.
///
/// # Errors
/// When a picture can't be encoded.
pub(crate) fn report(scene: &Scene) -> Result<String> {
    let images = scene.inputs.iter().map(|i| picture_uri(&i.picture)).collect::<Result<Vec<_>>>()?;
    let parts = [
        header(scene),
        decision::section(scene, &images),
        cards::sections(scene)?,
        agreement::section(scene),
        truth::section(scene)?,
        reading::section(),
        provenance::section(scene),
    ];
    // each image is embedded once and lies under its overlays, which can be hidden to see it
    let variables: String = images.iter().enumerate().map(|(i, uri)| format!("--image-{i}:url({uri});")).collect();
    Ok(format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">\n\
         <title>{} - Pellucid</title>\n<style>\n{STYLE}</style>\n<style>:root{{{variables}}}</style>\n</head>\n<body>\n<main>\n{}</main>\n</body>\n</html>\n",
        e(scene.case.name),
        parts.concat()
    ))
}

fn header(scene: &Scene) -> String {
    let first = scene.entries.first().map(|e| &e.explanation.provenance);
    let version = first.map_or(String::new(), |p| format!(" {}", e(&p.pellucid)));
    let time = first.map_or(String::new(), |p| format!(", {}", e(&p.time)));
    let n = scene.entries.len();
    format!(
        "<div class=\"brand\"><b>Pellucid</b>{version} &middot; explanation report</div>\n<h1>{}</h1>\n\
         <p class=\"under\">Model {}, {n} explanation{}{time}</p>\n\
         <p class=\"caution\"><strong>For research. Not for diagnosis.</strong> \
         A map shows what this model used, not what is true of the patient.</p>\n",
        e(scene.case.name),
        e(scene.case.model),
        if n == 1 { "" } else { "s" },
    )
}

fn picture_uri(canvas: &Canvas) -> Result<String> {
    Ok(data_uri("image/png", &canvas.png()?))
}

/// Whether pictures are montages, which take the whole width.
fn wide(scene: &Scene) -> bool {
    scene.inputs.iter().any(|i| !i.image.is_2d())
}

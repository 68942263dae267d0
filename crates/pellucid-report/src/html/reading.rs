//! How to read a report, and how not to.

/// What a reader must know, each with the reason.
const ADVICE: &[&str] = &[
    "<strong>Not for diagnosis.</strong> This is a research tool without regulatory approval. Nothing here may guide the care of a patient.",
    "A map says where <em>this model</em> found evidence for <em>this target</em>. It doesn't say that the finding is there, or that the model is right: a wrong decision has a map too.",
    "Bright doesn't mean certain. Colours are scaled within each map, so a weak map can look as strong as a strong one: read the numbers at the colour bar.",
    "Class activation maps have the resolution of the layer they are read at. Their borders aren't borders of a lesion.",
    "Gradients and slopes say what a small change would do. Where the model is saturated they vanish although the region matters.",
    "Look for the wrong reasons: markers, borders, tubes, text, the edge of the field. Evidence there is a finding about the model.",
    "When methods disagree, none of them is the answer by itself. When a check fails, its map can't be read as shares of the decision.",
];

pub(super) fn section() -> String {
    let items: String = ADVICE.iter().map(|a| format!("<li>{a}</li>\n")).collect();
    format!(
        "<section class=\"reading\" aria-label=\"How to read this\">\n<h2>How to read this</h2>\n<div class=\"sheet\"><ul>\n{items}</ul></div>\n</section>\n"
    )
}

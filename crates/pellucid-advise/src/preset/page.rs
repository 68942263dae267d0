//! The reference page of presets.

use std::fmt::Write as _;

use super::{PRESETS, Preset, Recommended, Sized};

/// The page: every preset of the program with its values, reasons, cautions and sources.
pub fn presets_markdown() -> String {
    let mut page = String::from(
        "# Modality presets\n\nWhat is known of each kind of image before any model is looked at: units, baselines, parts, display, methods and metrics with reasons. \
         A value's basis is physics, convention of the field, or judgement: our choice, for which no comparison is known. \"Reported\" means that studies used a \
         method, not that its maps were right.\n\nThe card of a model goes before its preset: only the card knows what the model was trained on. \
         A folder of presets of your own replaces or joins these.\n\n| preset | id | DICOM | primary baseline | reported |\n|---|---|---|---|---|\n",
    );
    for p in PRESETS.presets() {
        let baseline = p.baselines.first().map(|b| format!("{}: {}", b.id, b.describe())).unwrap_or_default();
        let _ = writeln!(
            page,
            "| [{}](#{}) | `{}` | {} | {baseline} | {} |",
            p.name,
            anchor(p),
            p.id,
            p.dicom.join(", "),
            word(&p.support.strength)
        );
    }
    PRESETS.presets().for_each(|p| section(&mut page, p));
    page
}

/// The section of one preset, as Markdown.
pub fn preset_markdown(preset: &Preset) -> String {
    let mut page = String::new();
    section(&mut page, preset);
    page.trim_start().to_string()
}

/// The anchor that Markdown gives a heading: lower case, spaces as `-`, other signs dropped.
fn anchor(p: &Preset) -> String {
    let title = format!("{} {}", p.name, p.id).to_lowercase();
    title
        .chars()
        .filter(|c| c.is_alphanumeric() || *c == ' ' || *c == '-')
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

/// The word that stands for a value in TOML.
fn word<T: serde::Serialize>(value: &T) -> String {
    toml::Value::try_from(value).ok().and_then(|v| v.as_str().map(|s| s.replace('-', " "))).unwrap_or_default()
}

fn section(page: &mut String, p: &Preset) {
    let _ = write!(page, "\n## {} (`{}`)\n\n", p.name, p.id);
    let _ = writeln!(page, "**Evidence:** {} – {}.\n", word(&p.support.strength), p.support.note);
    let mut line = |what: &str, text: String| {
        let _ = writeln!(page, "- {what}: {text}");
    };
    line("Files", p.formats.join("; "));
    line("Size", p.size.typical.clone());
    line("Tasks", p.tasks.join("; "));
    line("Intensities", format!("{}: {}", word(&p.intensity.unit), p.intensity.handling));
    if let Some([lo, hi]) = p.intensity.clip {
        line("Clipped", format!("{lo} to {hi} {}", word(&p.intensity.unit)));
    }
    line("Valid region", format!("{}; disturbing: {}", p.region.valid, p.region.nuisance.join(", ")));
    line("Fill under perturbation", format!("`{}`: {}", p.fill.baseline, p.fill.reason));
    line("Noise", noise(p));
    line("Occlusion window", sized(&p.occlusion));
    line("Smoothing (standard deviation)", sized(&p.smoothing));
    line("Parts", parts(p));
    let windows: Vec<String> =
        p.display.windows.iter().map(|w| format!("{} {}/{}", w.name, w.level, w.width)).collect();
    let shown =
        if windows.is_empty() { String::new() } else { format!("windows (level/width) {}; ", windows.join(", ")) };
    line("Display", format!("{shown}otherwise {}", p.display.otherwise));
    line(
        "Orientation",
        format!(
            "{}; mirroring left to right gives {} image",
            p.orientation.convention,
            if p.orientation.mirror { "another valid" } else { "no valid" }
        ),
    );
    let targets: Vec<String> = p.segmentation_targets.iter().map(word).collect();
    line("Target of segmentations", targets.join(", "));
    if !p.support.reported.is_empty() {
        line("Reported by the survey", p.support.reported.join(", "));
    }
    page.push_str("\n| baseline | what | meaning |\n|---|---|---|\n");
    for b in &p.baselines {
        let _ = writeln!(page, "| `{}` | {} | {} |", b.id, b.describe(), b.meaning);
    }
    recommended(page, "method", &p.methods);
    recommended(page, "metric", &p.metrics);
    page.push_str("\nCautions:\n\n");
    for c in &p.cautions {
        let against =
            if c.against.is_empty() { String::new() } else { format!(" (against `{}`)", c.against.join("`, `")) };
        let _ = writeln!(page, "- {}{against}", c.text);
    }
    let _ = writeln!(page, "\nSources: {}.", p.sources.join("; "));
}

fn noise(p: &Preset) -> String {
    let mut text = p.noise.model.clone();
    if let Some([lo, hi]) = p.noise.sigma {
        let _ = write!(text, ", standard deviation {lo} to {hi} {}", word(&p.intensity.unit));
    }
    if let Some([lo, hi]) = p.noise.psf_mm {
        let _ = write!(text, ", point spread {lo} to {hi} mm at half maximum");
    }
    text
}

fn sized(s: &Sized) -> String {
    format!("{} ({} % of the width without a scale); {}: {}", s.size, s.share * 100.0, word(&s.basis), s.reason)
}

fn parts(p: &Preset) -> String {
    let toml =
        |s: &pellucid_image::segment::Segmenter| toml::Value::try_from(s).map(|v| v.to_string()).unwrap_or_default();
    let picture = p.segments.picture.as_ref().map(|s| format!("pictures `{}`", toml(s)));
    let volume = p.segments.volume.as_ref().map(|s| format!("volumes `{}`", toml(s)));
    let both: Vec<String> = picture.into_iter().chain(volume).collect();
    format!("{}; {}: {}", both.join(", "), word(&p.segments.basis), p.segments.reason)
}

fn recommended(page: &mut String, what: &str, list: &[Recommended]) {
    let _ = write!(page, "\n| {what} | why |\n|---|---|\n");
    for r in list {
        let baseline = r.baseline.as_ref().map(|b| format!(", baseline `{b}`")).unwrap_or_default();
        let _ = writeln!(page, "| `{}`{baseline} | {} |", r.id, r.reason);
    }
}

//! What the types of a preset can't say: ranges, references, and that recommended methods are known.

use pellucid_image::card::Card;
use pellucid_image::segment::Segmenter;

use super::{Preset, Recommended, Sized};
use crate::facts;

/// A key and why its value can't be.
pub(super) struct Wrong {
    pub key: String,
    pub reason: String,
}

type Checked = Result<(), Wrong>;

fn refuse(key: impl Into<String>, reason: impl Into<String>) -> Checked {
    Err(Wrong { key: key.into(), reason: reason.into() })
}

fn require(holds: bool, key: &str, reason: &str) -> Checked {
    if holds { Ok(()) } else { refuse(key, reason) }
}

pub(super) fn check(p: &Preset) -> Checked {
    require(p.format == 1, "format", "must be 1: this program reads no other")?;
    let kebab = |w: &str| !w.is_empty() && w.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    require(kebab(&p.id), "id", "must be lower-case letters, digits and `-`")?;
    for (key, empty) in [
        ("name", p.name.trim().is_empty()),
        ("tasks", p.tasks.is_empty()),
        ("formats", p.formats.is_empty()),
        ("sources", p.sources.is_empty()),
        ("segmentation_targets", p.segmentation_targets.is_empty()),
        ("baseline", p.baselines.len() < 2),
        ("method", p.methods.is_empty()),
        ("metric", p.metrics.is_empty()),
        ("caution", p.cautions.is_empty()),
    ] {
        let least = if key == "baseline" {
            "must have at least two entries: one baseline alone shows no sensitivity"
        } else {
            "must not be empty"
        };
        require(!empty, key, least)?;
    }
    intensity(p)?;
    baselines(p)?;
    length("occlusion", &p.occlusion)?;
    length("smoothing", &p.smoothing)?;
    segments(p)?;
    for (i, w) in p.display.windows.iter().enumerate() {
        let good = w.level.is_finite() && w.width.is_finite() && w.width > 0.0;
        require(good, &format!("display.window[{i}].width"), "must be above 0, and the level finite")?;
    }
    orientation(p)?;
    recommended("method", &p.methods, p, |id| facts::method(id).is_some(), facts::near_method)?;
    recommended("metric", &p.metrics, p, |id| facts::metric(id).is_some(), facts::near_metric)?;
    cautions(p)?;
    cues(p)
}

fn rising(key: &str, pair: Option<[f64; 2]>) -> Checked {
    let good = pair.is_none_or(|[a, b]| a.is_finite() && b.is_finite() && a < b);
    require(good, key, "must be two numbers, the second larger")
}

fn intensity(p: &Preset) -> Checked {
    rising("intensity.clip", p.intensity.clip)?;
    rising("intensity.percentiles", p.intensity.percentiles)?;
    rising("noise.psf_mm", p.noise.psf_mm)?;
    rising("noise.sigma", p.noise.sigma)?;
    if let Err(reason) = steps(&p.intensity.steps) {
        return refuse("intensity.steps", reason);
    }
    Ok(())
}

/// The steps as those of a model card.
pub(crate) fn steps(steps: &[toml::Table]) -> Result<Vec<pellucid_image::preprocess::Step>, String> {
    let list: Vec<String> = steps.iter().map(|s| toml::Value::Table(s.clone()).to_string()).collect();
    let text = format!("task = \"classification\"\n[[input]]\nsteps = [{}]\n", list.join(", "));
    let card = Card::parse(&text).map_err(|e| match e {
        pellucid_image::ImageError::Card { reason, near, .. } => {
            reason + &near.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default()
        }
        other => other.to_string(),
    })?;
    match card.inputs.into_iter().next().map(|i| i.kind) {
        Some(pellucid_image::card::InputKind::Image { steps, .. }) => Ok(steps),
        _ => Ok(vec![]),
    }
}

fn baselines(p: &Preset) -> Checked {
    for (i, b) in p.baselines.iter().enumerate() {
        if let Some((key, reason)) = b.fault() {
            return refuse(format!("baseline[{i}].{key}"), reason);
        }
        let first = p.baselines.iter().position(|other| other.id == b.id) == Some(i);
        require(first, &format!("baseline[{i}].id"), "is taken by an earlier baseline")?;
    }
    require(p.baseline(&p.fill.baseline).is_some(), "fill.baseline", "names no baseline of this preset")
}

fn length(key: &str, sized: &Sized) -> Checked {
    let v = sized.size.number();
    require(v.is_finite() && v > 0.0, &format!("{key}.size"), "must be above 0")?;
    require(sized.share > 0.0 && sized.share <= 1.0, &format!("{key}.share"), "must be above 0, at most 1")
}

fn segments(p: &Preset) -> Checked {
    let (picture, volume) = (p.segments.picture.is_some(), p.segments.volume.is_some());
    require(picture == p.size.picture, "segments", "must have `picture` exactly where `size.picture` is true")?;
    require(volume == p.size.volume, "segments", "must have `volume` exactly where `size.volume` is true")?;
    let flat = matches!(p.segments.volume, Some(Segmenter::Quickshift(_)));
    require(!flat, "segments.volume", "can't be `quickshift`, which is for pictures only")?;
    for (key, segmenter) in [("segments.picture", &p.segments.picture), ("segments.volume", &p.segments.volume)] {
        let largest = segmenter.as_ref().map_or(0.0, largest);
        require(largest <= MOST, key, "has a number above a million")?;
    }
    // The segmenter checks its own parameters when it runs: a small image shows whether it accepts them.
    let small: Vec<f32> = (0..64).map(|i| i as f32 / 64.0).collect();
    let try_on = |key: &str, s: &Option<Segmenter>, shape: &[usize], spacing: &[f64]| match s {
        Some(s) => {
            s.label(&small, shape, spacing).map(|_| ()).map_err(|e| Wrong { key: key.into(), reason: e.to_string() })
        }
        None => Ok(()),
    };
    try_on("segments.picture", &p.segments.picture, &[1, 8, 8], &[1.0; 2])?;
    try_on("segments.volume", &p.segments.volume, &[1, 4, 4, 4], &[1.0; 3])
}

/// Larger parameters would make a segmenter run for ever.
const MOST: f64 = 1e6;

/// The largest parameter of a segmenter, infinite when one isn't a number; a seed may be anything.
fn largest(segmenter: &Segmenter) -> f64 {
    let numbers = match segmenter {
        Segmenter::Grid(p) => vec![p.segments as f64],
        Segmenter::Slic(p) => vec![p.segments as f64, p.compactness, p.iterations as f64 * 100.0, p.sigma * 100.0],
        Segmenter::Felzenszwalb(p) => vec![p.scale, p.sigma * 100.0, p.min_size as f64],
        Segmenter::Quickshift(p) => vec![p.ratio, p.kernel * 1e4, p.max_distance, p.sigma * 100.0],
        Segmenter::Watershed(p) => vec![p.segments as f64, p.compactness, p.sigma * 100.0],
    };
    numbers.iter().fold(0.0, |m: f64, v| if v.is_finite() { m.max(v.abs()) } else { f64::INFINITY })
}

fn orientation(p: &Preset) -> Checked {
    let Some(axes) = &p.orientation.axes else { return Ok(()) };
    let pairs = [['R', 'L'], ['A', 'P'], ['S', 'I']];
    let each_once = pairs.iter().all(|pair| axes.chars().filter(|c| pair.contains(c)).count() == 1);
    require(axes.len() == 3 && each_once, "orientation.axes", "must be three of `R L A P S I`, one of each pair")
}

fn recommended(
    table: &str,
    list: &[Recommended],
    p: &Preset,
    known: impl Fn(&str) -> bool,
    near: impl Fn(&str) -> Option<String>,
) -> Checked {
    for (i, r) in list.iter().enumerate() {
        if !known(&r.id) {
            let hint = near(&r.id).map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
            return refuse(format!("{table}[{i}].id"), format!("`{}` is no known {table}{hint}", r.id));
        }
        require(!r.reason.trim().is_empty(), &format!("{table}[{i}].reason"), "must say why")?;
        let baseline = r.baseline.as_deref().is_none_or(|b| p.baseline(b).is_some());
        require(baseline, &format!("{table}[{i}].baseline"), "names no baseline of this preset")?;
        let first = list.iter().position(|other| other.id == r.id) == Some(i);
        require(first, &format!("{table}[{i}].id"), "stands there twice")?;
    }
    Ok(())
}

fn cautions(p: &Preset) -> Checked {
    for (i, c) in p.cautions.iter().enumerate() {
        require(!c.text.trim().is_empty(), &format!("caution[{i}].text"), "must not be empty")?;
        if let Some(id) = c.against.iter().find(|id| facts::method(id).is_none()) {
            return refuse(format!("caution[{i}].against"), format!("`{id}` is no known method"));
        }
        if let Some(id) = c.against.iter().find(|id| p.methods.iter().any(|m| &m.id == *id)) {
            return refuse(format!("caution[{i}].against"), format!("`{id}` is recommended by the same preset"));
        }
    }
    Ok(())
}

fn cues(p: &Preset) -> Checked {
    for (i, cue) in p.cues.iter().enumerate() {
        let sure = cue.confidence > 0.0 && cue.confidence <= 1.0;
        require(sure, &format!("cue[{i}].confidence"), "must be above 0, at most 1")?;
        require(cue.when != super::When::default(), &format!("cue[{i}].when"), "must have a condition")?;
    }
    Ok(())
}

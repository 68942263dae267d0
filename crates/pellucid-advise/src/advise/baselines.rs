//! Which baselines can be made here.

use pellucid_image::Units;

use super::by_preset;
use crate::facts::Need;
use crate::preset::{Baseline, BaselineKind, Length, Over, Unit};
use crate::protocol::{Because, MethodUsed, MetricUsed, Reason, Rejected, What};
use crate::rules::{Effect, Situation};

/// The baselines of the preset that can be made from the images, then those that always can.
pub(super) fn usable(s: &Situation, rejected: &mut Vec<Rejected>) -> Vec<Baseline> {
    let mut out = vec![];
    for b in &s.preset.baselines {
        match obstacle(s, b) {
            None => out.push(b.clone()),
            Some(why) => rejected.push(Rejected {
                what: What::Baseline,
                id: b.id.clone(),
                because: Because::Lacking,
                reason: by_preset(s.preset, &format!("{}; {why}", b.meaning)),
            }),
        }
    }
    for general in general(s.image.is_volume()) {
        if !out.iter().any(|b| b.id == general.id) {
            out.push(general);
        }
    }
    out
}

/// Why a baseline can't be made.
fn obstacle(s: &Situation, b: &Baseline) -> Option<String> {
    if let Some(needs) = b.kind.needs() {
        return Some(format!("needs {needs}"));
    }
    if b.over == Some(Over::Region) && !s.offers.has(Need::ValidRegion) {
        return Some("needs a mask of the valid region".into());
    }
    let absolute = matches!(b.sigma, Some(Length::Mm(_) | Length::Um(_)));
    if absolute && !s.image.geometry.spacing_known() {
        return Some("is given as a length, and the images have no scale".into());
    }
    let over_time = matches!(b.kind, BaselineKind::TimeMean | BaselineKind::FirstFrame);
    if over_time && (!s.offers.has(Need::TimeAxis) || s.image.channels < 2) {
        return Some("needs a time axis".into());
    }
    let unit = b.unit?;
    let fits = match (unit, &s.image.units) {
        (Unit::Hounsfield, Units::Hounsfield) | (Unit::Level | Unit::OpticalDensity, Units::Levels { .. }) => true,
        (Unit::Hounsfield | Unit::Suv | Unit::Counts | Unit::Relative, Units::Intensity) => true,
        // 0 uptake is 0 in every scale of it
        (Unit::Suv | Unit::Counts, Units::Named(_)) => b.value == Some(0.0),
        _ => false,
    };
    (!fits)
        .then(|| format!("is stated in {unit}, and the images are in {}", crate::recognise::unit_word(&s.image.units)))
}

/// Baselines that any image allows.
fn general(volume: bool) -> [Baseline; 2] {
    let blank = |id: &str, kind, meaning: &str| Baseline {
        id: id.into(),
        kind,
        value: None,
        unit: None,
        sigma: None,
        along: None,
        percentile: None,
        over: Some(Over::Image),
        meaning: meaning.into(),
    };
    let blur = Baseline {
        sigma: Some(Length::Share(0.04)),
        along: Some(if volume { "xyz".into() } else { "xy".into() }),
        ..blank(
            "whole-image-blur",
            BaselineKind::Blur,
            "the image without detail: needs nothing but the image, and looks like no finding of its own",
        )
    };
    [
        blur,
        blank(
            "whole-image-mean",
            BaselineKind::Mean,
            "the mean of each channel: needs nothing but the image; where much is background, mostly that",
        ),
    ]
}

/// Those that methods and metrics refer to, and as many more as are asked for.
pub(super) fn used(
    s: &Situation,
    usable: Vec<Baseline>,
    methods: &[MethodUsed],
    metrics: &[MetricUsed],
) -> Vec<Baseline> {
    let wanted =
        s.rules().filter_map(|r| if let Effect::Baselines(n) = r.effect { Some(n) } else { None }).max().unwrap_or(0);
    let named: Vec<&str> = methods
        .iter()
        .filter_map(|m| m.baseline.as_deref())
        .chain(metrics.iter().filter_map(|m| m.baseline.as_deref()))
        .collect();
    if named.is_empty() {
        return vec![];
    }
    let mut left = wanted.saturating_sub(usable.iter().filter(|b| named.contains(&b.id.as_str())).count());
    let mut keep = |b: &Baseline| {
        let take = named.contains(&b.id.as_str()) || left > 0;
        left -= usize::from(take && !named.contains(&b.id.as_str()));
        take
    };
    usable.into_iter().filter(|b| keep(b)).collect()
}

/// The baseline for a method or metric: its own, the preset's fill, or the first that can be made; and why, where it isn't its own.
pub(super) fn pick(s: &Situation, asked: Option<&str>, usable: &[Baseline]) -> (Option<String>, Option<Reason>) {
    let there = |id: &str| usable.iter().find(|b| b.id == id).map(|b| b.id.clone());
    if let Some(id) = asked.and_then(there) {
        return (Some(id), None);
    }
    let gone = |id: &str, missing: &str| {
        let text = format!("baseline `{id}`, since `{missing}` can't be made here");
        Reason { text, source: "judgement".into() }
    };
    if let Some(id) = there(&s.preset.fill.baseline) {
        let why = match asked {
            Some(missing) => gone(&id, missing),
            None => by_preset(s.preset, &s.preset.fill.reason),
        };
        return (Some(id), Some(why));
    }
    let first = usable.first().map(|b| b.id.clone());
    let missing = asked.unwrap_or(&s.preset.fill.baseline);
    let why = first.as_deref().map(|id| gone(id, missing));
    (first, why)
}

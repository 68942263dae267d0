//! Advice: a protocol that can run, with a reason for everything in it and for everything left out.
//!
//! Methods come from the preset and from rules; each is screened: something may speak against it, the model or the data may lack what it needs, the
//! build may not have it (then what stands in for it is tried), or it may cost too much. The same request gives the same protocol.

mod baselines;
mod methods;
mod metrics;
mod occlusion;
mod view;

use pellucid_image::card::{Card, Task as CardTask};

use crate::ontology::Ontology;
use crate::preset::{Entry, Preset, Registry};
use crate::protocol::{DataUsed, Evaluation, ModelUsed, PresetUsed, Protocol, Reason, Rejected, TargetKind, Targets};
use crate::recognise::Candidate;
use crate::rules::{Effect, Rule, Situation};
use crate::situation::{Depth, ImageFacts, Offers, Role, Task};
use crate::{AdviseError, Result};

/// What advice is asked for.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// Presets.
    pub registry: &'a Registry,
    /// The model's card.
    pub card: &'a Card,
    /// An image of the kind to explain.
    pub image: &'a ImageFacts,
    /// What the image was recognised as, for when neither preset nor card names the modality.
    pub recognised: &'a [Candidate<'a>],
    /// What the model and the data offer.
    pub offers: &'a Offers,
    /// Ids of the methods that this build has.
    pub methods: &'a [&'a str],
    /// Ids of the metrics that this build has.
    pub metrics: &'a [&'a str],
    /// Who reads.
    pub role: Role,
    /// What the model does; the card's task when left out.
    pub task: Option<Task>,
    /// How deep; the role's depth when left out.
    pub depth: Option<Depth>,
    /// Forwards of the model that the methods together may cost for one target and seed.
    pub budget: Option<f64>,
    /// Preset by id or alias.
    pub preset: Option<&'a str>,
    /// Codes of the model's labels.
    pub codes: Option<&'a Ontology>,
    /// The model's files, for the protocol.
    pub model: ModelUsed,
    /// The data's folders, for the protocol.
    pub data: DataUsed,
}

impl<'a> Request<'a> {
    /// A request with everything else left to defaults: no method or metric available, nothing named.
    pub fn new(
        registry: &'a Registry,
        card: &'a Card,
        image: &'a ImageFacts,
        offers: &'a Offers,
        role: Role,
    ) -> Request<'a> {
        Request {
            registry,
            card,
            image,
            recognised: &[],
            offers,
            methods: &[],
            metrics: &[],
            role,
            task: None,
            depth: None,
            budget: None,
            preset: None,
            codes: None,
            model: ModelUsed::default(),
            data: DataUsed::default(),
        }
    }
}

/// How much surer than the next the best reading of an image must be.
const AHEAD: f64 = 0.1;

/// How sure the best reading of an image must be.
const SURE: f64 = 0.5;

/// Advice as a protocol.
///
/// # Errors
/// When the modality or the task isn't known, a named preset doesn't exist, or nothing that the build has can run within the budget.
pub fn advise(request: &Request) -> Result<Protocol> {
    let (entry, preset_used) = choose(request)?;
    let task = request.task.or_else(|| Task::of(request.card)).ok_or_else(|| AdviseError::Nothing {
        reason: "the card's task is none of classification, multi-label, segmentation, detection, regression".into(),
    })?;
    let situation = Situation {
        task,
        role: request.role,
        depth: request.depth.unwrap_or(request.role.depth()),
        one_score: request.card.task == CardTask::Binary,
        image: request.image,
        offers: request.offers,
        preset: &entry.preset,
    };
    let mut rejected = vec![];
    let usable = baselines::usable(&situation, &mut rejected);
    let methods = methods::recommend(request, &situation, &usable, &mut rejected)?;
    let metrics = metrics::recommend(request, &situation, &methods, &usable, &mut rejected);
    let baselines = baselines::used(&situation, usable, &methods, &metrics);
    let mut model = request.model.clone();
    model.name = model.name.or_else(|| request.card.name.clone());
    Ok(Protocol {
        format: 1,
        view: view::of(&situation),
        preset: preset_used,
        model,
        data: request.data.clone(),
        targets: targets(&situation, request),
        evaluation: evaluation(&situation, &methods, &metrics),
        baselines,
        methods,
        metrics,
        rejected: sorted(rejected),
        warnings: warnings(&situation, request),
    })
}

/// The preset: named, else the card's, else recognised.
fn choose<'a>(request: &'a Request) -> Result<(&'a Entry, PresetUsed)> {
    let used = |entry: &Entry, reason: String, confidence: Option<f64>| PresetUsed {
        id: entry.preset.id.clone(),
        sha256: entry.sha256.clone(),
        file: entry.file.clone(),
        reason,
        confidence,
        evidence: entry.preset.support.note.clone(),
    };
    if let Some(word) = request.preset {
        let entry = request.registry.find(word)?;
        return Ok((entry, used(entry, "named in the request".into(), None)));
    }
    let word = request.card.modality.as_deref();
    if let Some((word, entry)) = word.and_then(|w| Some((w, request.registry.find(w).ok()?))) {
        return Ok((entry, used(entry, format!("the card says `modality = \"{word}\"`"), None)));
    }
    let unknown = word.map(|w| format!("the card's modality `{w}` is no preset; ")).unwrap_or_default();
    let [best, rest @ ..] = request.recognised else {
        return Err(AdviseError::Modality {
            reason: format!("{unknown}no preset was named, and the image has no reading"),
        });
    };
    let next = rest.first().map_or(0.0, |c| c.confidence);
    if best.confidence < SURE || best.confidence - next < AHEAD {
        let readings: Vec<String> =
            request.recognised.iter().take(4).map(|c| format!("`{}` {:.2}", c.preset.id, c.confidence)).collect();
        let reason = format!("{unknown}the image's readings are too unsure or too close: {}", readings.join(", "));
        return Err(AdviseError::Modality { reason });
    }
    let entry = request.registry.find(&best.preset.id)?;
    let reason = format!("{unknown}recognised from the image: {}", best.reasons.join("; "));
    Ok((entry, used(entry, reason, Some(best.confidence))))
}

fn reason_of(rule: &Rule) -> Reason {
    Reason { text: rule.reason.into(), source: rule.source.into() }
}

fn by_preset(preset: &Preset, text: &str) -> Reason {
    Reason { text: text.into(), source: format!("preset `{}`", preset.id) }
}

fn targets(s: &Situation, request: &Request) -> Targets {
    let card = request.card;
    let found = s.rules().find_map(|r| match r.effect {
        Effect::Target(kind) => Some((kind, reason_of(r))),
        _ => None,
    });
    // Every task has a rule; the table's test holds that.
    let (kind, reason) =
        found.unwrap_or_else(|| (TargetKind::Output, Reason { text: String::new(), source: String::new() }));
    let regions = if kind == TargetKind::Region { s.preset.segmentation_targets.clone() } else { vec![] };
    let labels = match kind {
        TargetKind::Decision => card.default_label.iter().cloned().collect(),
        _ => card.labels.clone(),
    };
    let coded = |o: &Ontology| card.labels.iter().filter_map(|l| o.find(l).cloned()).collect();
    Targets { kind, labels, codes: request.codes.map(coded).unwrap_or_default(), regions, reasons: vec![reason] }
}

fn evaluation(s: &Situation, methods: &[crate::MethodUsed], metrics: &[crate::MetricUsed]) -> Evaluation {
    let mut reasons = vec![];
    let mut controls = vec![];
    let seeds =
        s.rules().filter_map(|r| if let Effect::Seeds(n) = r.effect { Some((n, r)) } else { None }).max_by_key(|x| x.0);
    if let Some((_, rule)) = seeds {
        reasons.push(reason_of(rule));
    }
    for rule in s.rules() {
        if let Effect::Control(id) = rule.effect
            && !metrics.is_empty()
        {
            controls.push(id.to_string());
            reasons.push(reason_of(rule));
        }
    }
    let takes_parts = methods.iter().any(|m| methods::TAKE_SEGMENTS.contains(&m.id.as_str()));
    let parts = if s.image.is_volume() { &s.preset.segments.volume } else { &s.preset.segments.picture };
    let segments = parts.clone().filter(|_| takes_parts || metrics.iter().any(|m| m.id == "irof"));
    if segments.is_some() {
        reasons.push(by_preset(s.preset, &s.preset.segments.reason));
    }
    let ([x, y, z], known) = s.preset.smoothing.samples(&s.image.model_geometry, s.image.model_grid);
    let scale = if known { "" } else { "; the image has no scale, so a share of the width stands for it" };
    reasons.push(by_preset(
        s.preset,
        &format!("smoothing of {}: {}{scale}", s.preset.smoothing.size, s.preset.smoothing.reason),
    ));
    Evaluation {
        seeds: (0..seeds.map_or(1, |x| x.0)).collect(),
        bootstrap: 1000,
        interval: 0.95,
        controls,
        segments,
        smoothing: if s.image.is_volume() { vec![z, y, x] } else { vec![y, x] },
        reasons,
    }
}

/// The same for every role: warnings aren't a matter of view.
fn warnings(s: &Situation, request: &Request) -> Vec<Reason> {
    let uncoded =
        |o: &Ontology| request.card.labels.iter().filter(|l| o.find(l).is_none()).cloned().collect::<Vec<_>>();
    let uncoded = request.codes.map(uncoded).unwrap_or_default();
    let uncoded = (!uncoded.is_empty()).then(|| Reason {
        text: format!(
            "no code for the labels `{}`: they can't be rolled up or exported with a meaning",
            uncoded.join("`, `")
        ),
        source: "the file of codes".into(),
    });
    let rules = s.rules().filter(|r| r.effect == Effect::Warn).map(reason_of);
    let cautions = s.preset.cautions.iter().map(|c| by_preset(s.preset, &c.text));
    let notes = s.image.notes.iter().map(|n| Reason { text: n.clone(), source: "the image and the card".into() });
    notes.chain(uncoded).chain(rules).chain(cautions).collect()
}

/// Methods, metrics, baselines; each id once for each kind, the first reason.
fn sorted(rejected: Vec<Rejected>) -> Vec<Rejected> {
    let mut out: Vec<Rejected> = vec![];
    for r in rejected {
        if !out.iter().any(|o| o.what == r.what && o.id == r.id) {
            out.push(r);
        }
    }
    out.sort_by_key(|r| r.what as usize);
    out
}

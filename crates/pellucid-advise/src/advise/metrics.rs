//! Which metrics are recommended.

use super::{Request, baselines, by_preset, reason_of};
use crate::facts::{self, MetricFacts};
use crate::preset::Baseline;
use crate::protocol::{Because, MethodUsed, MetricUsed, Reason, Rejected, What};
use crate::rules::{Effect, Situation};
use crate::situation::Role;

struct Proposal {
    id: String,
    baseline: Option<String>,
    params: toml::Table,
    reasons: Vec<Reason>,
}

/// The metrics, those of the preset first.
pub(super) fn recommend(
    request: &Request,
    s: &Situation,
    methods: &[MethodUsed],
    usable: &[Baseline],
    rejected: &mut Vec<Rejected>,
) -> Vec<MetricUsed> {
    let mut accepted: Vec<Proposal> = vec![];
    for proposal in proposals(s) {
        let Some(facts) = facts::metric(&proposal.id) else { continue };
        let Some((because, reason)) = obstacle(request, s, methods, facts) else {
            merge(&mut accepted, proposal);
            continue;
        };
        let first = proposal.reasons.first().cloned().unwrap_or_else(|| reason.clone());
        let text = format!("{}; {}", reason.text, first.text);
        rejected.push(Rejected {
            what: What::Metric,
            id: proposal.id.clone(),
            because,
            reason: Reason { text, ..reason },
        });
        let runs = |f: &&MetricFacts| obstacle(request, s, methods, f).is_none();
        let other = facts.stand_ins.iter().filter_map(|id| facts::metric(id)).find(runs);
        if let Some(other) = other.filter(|_| because != Because::Against) {
            let text = format!("stands in for `{}`, as far as it can: {}", proposal.id, first.text);
            let reasons = vec![Reason { text, source: first.source }];
            merge(
                &mut accepted,
                Proposal { id: other.id.into(), baseline: proposal.baseline, params: toml::Table::new(), reasons },
            );
        }
    }
    accepted.into_iter().filter_map(|p| metric(s, p, usable)).collect()
}

fn proposals(s: &Situation) -> Vec<Proposal> {
    let of_preset = s.preset.metrics.iter().map(|m| Proposal {
        id: m.id.clone(),
        baseline: m.baseline.clone(),
        params: m.params.clone(),
        reasons: vec![by_preset(s.preset, &m.reason)],
    });
    let of_rules = s.rules().filter_map(|r| match r.effect {
        Effect::Metric(id) => {
            Some(Proposal { id: id.into(), baseline: None, params: toml::Table::new(), reasons: vec![reason_of(r)] })
        }
        _ => None,
    });
    // Metrics of a preset compare methods on data with truth: a study, not a reading.
    let studied = s.role == Role::Researcher;
    let mut out: Vec<Proposal> = vec![];
    of_preset.filter(|_| studied).chain(of_rules).for_each(|p| merge(&mut out, p));
    out
}

fn merge(list: &mut Vec<Proposal>, proposal: Proposal) {
    match list.iter_mut().find(|p| p.id == proposal.id) {
        Some(there) => {
            there.baseline = there.baseline.take().or(proposal.baseline);
            there.reasons.extend(proposal.reasons);
        }
        None => list.push(proposal),
    }
}

fn obstacle(
    request: &Request,
    s: &Situation,
    methods: &[MethodUsed],
    metric: &MetricFacts,
) -> Option<(Because, Reason)> {
    if !metric.of.is_empty() && !methods.iter().any(|m| metric.of.contains(&m.family)) {
        let text = "judges evidence of a kind that no recommended method gives".into();
        return Some((Because::Against, Reason { text, source: "what the methods give".into() }));
    }
    let lacking = s.offers.lacks(metric.needs);
    if !lacking.is_empty() {
        let words: Vec<&str> = lacking.iter().map(|n| n.words()).collect();
        let text = format!("needs {}", words.join(", and "));
        return Some((Because::Lacking, Reason { text, source: "what model and data offer".into() }));
    }
    if !request.metrics.contains(&metric.id) {
        let text = "would be recommended, but this build doesn't have it".into();
        return Some((Because::Unavailable, Reason { text, source: "the list of metrics".into() }));
    }
    let maps: f64 = methods.iter().map(|m| m.forwards).sum();
    let cost = metric.forwards * methods.len() as f64 + metric.maps * maps;
    match request.budget {
        Some(budget) if cost > budget => {
            let text = format!("costs about {cost} forwards of the model; the budget is {budget}");
            Some((Because::Cost, Reason { text, source: "the request's budget".into() }))
        }
        _ => None,
    }
}

fn metric(s: &Situation, proposal: Proposal, usable: &[Baseline]) -> Option<MetricUsed> {
    let facts = facts::metric(&proposal.id)?;
    let Proposal { id, baseline, mut params, mut reasons } = proposal;
    let mut chosen = None;
    if facts.baseline {
        let (picked, why) = baselines::pick(s, baseline.as_deref(), usable);
        chosen = picked;
        reasons.extend(why);
    }
    for rule in s.rules() {
        if let Effect::Number(of, key, value) = rule.effect
            && of == id
            && !params.contains_key(key)
        {
            params.insert(key.into(), value.into());
            reasons.push(reason_of(rule));
        }
    }
    Some(MetricUsed { id, direction: facts.direction, baseline: chosen, reasons, params })
}

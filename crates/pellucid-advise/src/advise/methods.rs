//! Which methods are recommended.

use super::occlusion::windows;
use super::{Request, baselines, by_preset, reason_of};
use crate::facts::{self, Family, MethodFacts};
use crate::preset::Baseline;
use crate::protocol::{Because, MethodUsed, Reason, Rejected, What};
use crate::rules::{Effect, Situation};
use crate::situation::{Depth, Role};
use crate::{AdviseError, Result};

/// Methods that take segments where these are handed in.
pub(super) const TAKE_SEGMENTS: &[&str] =
    &["lime", "kernel-shap", "permutation-shap", "exact-shapley", "partition-shap", "anchors", "xrai"];

/// What to take where a family is missing, the first that can run.
const BY_FAMILY: &[(Family, &[&str])] = &[
    (Family::ClassActivation, &["hires-cam", "grad-cam", "layer-cam", "score-cam", "ablation-cam"]),
    (Family::Gradient, &["integrated-gradients", "input-x-gradient", "saliency", "full-grad"]),
    (Family::Perturbation, &["occlusion", "rise", "lime", "kernel-shap", "permutation-shap"]),
    (Family::Attention, &["chefer-iccv"]),
];

struct Proposal {
    id: String,
    baseline: Option<String>,
    params: toml::Table,
    reasons: Vec<Reason>,
}

/// Why a method isn't recommended.
type Obstacle = (Because, Reason);

/// The methods, the most useful first.
pub(super) fn recommend(
    request: &Request,
    s: &Situation,
    usable: &[Baseline],
    rejected: &mut Vec<Rejected>,
) -> Result<Vec<MethodUsed>> {
    let screen = Screen { request, s };
    let mut accepted: Vec<Proposal> = vec![];
    for proposal in proposals(s) {
        screen.admit(proposal, &mut accepted, rejected);
    }
    screen.add_families(&mut accepted);
    screen.name_what_is_against(rejected);
    let made: Vec<MethodUsed> = accepted.into_iter().filter_map(|p| method(s, p, usable)).collect();
    if made.is_empty() {
        let reasons: Vec<String> = rejected
            .iter()
            .filter(|r| r.what == What::Method)
            .map(|r| format!("`{}`: {}", r.id, r.reason.text))
            .collect();
        return Err(AdviseError::Nothing {
            reason: format!("no method that this build has can run here; {}", reasons.join("; ")),
        });
    }
    within(request, s, made, rejected)
}

/// What preset and rules propose, each id once with all its reasons.
fn proposals(s: &Situation) -> Vec<Proposal> {
    let of_preset = s.preset.methods.iter().map(|m| Proposal {
        id: m.id.clone(),
        baseline: m.baseline.clone(),
        params: m.params.clone(),
        reasons: vec![by_preset(s.preset, &m.reason)],
    });
    let of_rules = s.rules().filter_map(|r| match r.effect {
        Effect::Method(id) => {
            Some(Proposal { id: id.into(), baseline: None, params: toml::Table::new(), reasons: vec![reason_of(r)] })
        }
        _ => None,
    });
    // What a technician is there for comes from the role, not from the diagnosis.
    let all: Vec<Proposal> = match s.role {
        Role::Technician => of_rules.chain(of_preset).collect(),
        _ => of_preset.chain(of_rules).collect(),
    };
    let mut out: Vec<Proposal> = vec![];
    all.into_iter().for_each(|p| merge(&mut out, p));
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

struct Screen<'a> {
    request: &'a Request<'a>,
    s: &'a Situation<'a>,
}

impl Screen<'_> {
    /// Accepts a proposal, or notes why not and accepts the first stand-in that can run.
    fn admit(&self, proposal: Proposal, accepted: &mut Vec<Proposal>, rejected: &mut Vec<Rejected>) {
        let Some(facts) = facts::method(&proposal.id) else { return };
        let Some((because, reason)) = self.obstacle(facts) else { return merge(accepted, proposal) };
        let text = format!(
            "{}; {}",
            reason.text,
            proposal.reasons.iter().map(|r| r.text.as_str()).collect::<Vec<_>>().join("; ")
        );
        rejected.push(Rejected {
            what: What::Method,
            id: proposal.id.clone(),
            because,
            reason: Reason { text, ..reason },
        });
        if because == Because::Against {
            return;
        }
        let Some(other) =
            facts.stand_ins.iter().filter_map(|id| facts::method(id)).find(|f| self.obstacle(f).is_none())
        else {
            return;
        };
        let text = format!(
            "stands in for `{}`, as far as it can: {}",
            proposal.id,
            proposal.reasons.first().map_or("", |r| &r.text)
        );
        let source = proposal.reasons.first().map_or(String::new(), |r| r.source.clone());
        merge(
            accepted,
            Proposal {
                id: other.id.into(),
                baseline: proposal.baseline,
                params: toml::Table::new(),
                reasons: vec![Reason { text, source }],
            },
        );
    }

    fn obstacle(&self, method: &MethodFacts) -> Option<Obstacle> {
        if let Some(reason) = self.against(method) {
            return Some((Because::Against, reason));
        }
        let lacking = self.s.offers.lacks(method.needs);
        if !lacking.is_empty() {
            let words: Vec<&str> = lacking.iter().map(|n| n.words()).collect();
            let text = format!("needs {}", words.join(", and "));
            return Some((Because::Lacking, Reason { text, source: "what model and data offer".into() }));
        }
        if !self.request.methods.contains(&method.id) {
            let text = "would be recommended, but this build doesn't have it".into();
            return Some((Because::Unavailable, Reason { text, source: "the list of methods".into() }));
        }
        None
    }

    /// What speaks against a method, from rules and from cautions of the preset.
    fn against(&self, method: &MethodFacts) -> Option<Reason> {
        let rule = self.s.rules().find(|r| match r.effect {
            Effect::Against(ids) => ids.contains(&method.id),
            Effect::AgainstFamilies(families) => families.contains(&method.family),
            _ => false,
        });
        let caution = || self.s.preset.cautions.iter().find(|c| c.against.iter().any(|id| id == method.id));
        rule.map(reason_of).or_else(|| caution().map(|c| by_preset(self.s.preset, &c.text)))
    }

    /// Adds methods of families that are missing, as many as rules ask for, and always one of some family.
    fn add_families(&self, accepted: &mut Vec<Proposal>) {
        let rule = self
            .s
            .rules()
            .filter_map(|r| if let Effect::Families(n) = r.effect { Some((n, reason_of(r))) } else { None })
            .max_by_key(|x| x.0);
        let last_resort = Reason {
            text: "nothing that the preset recommends can run here; this can".into(),
            source: "judgement".into(),
        };
        let (wanted, reason) = match rule {
            Some((n, reason)) if !accepted.is_empty() => (n, reason),
            Some((n, _)) => (n, last_resort),
            None => (1, last_resort),
        };
        for (family, ids) in BY_FAMILY {
            let mut there: Vec<Family> = accepted.iter().filter_map(|p| Some(facts::method(&p.id)?.family)).collect();
            there.sort();
            there.dedup();
            if there.len() >= wanted || there.contains(family) {
                continue;
            }
            let can = ids.iter().filter_map(|id| facts::method(id)).find(|f| self.obstacle(f).is_none());
            if let Some(f) = can {
                accepted.push(Proposal {
                    id: f.id.into(),
                    baseline: None,
                    params: toml::Table::new(),
                    reasons: vec![reason.clone()],
                });
            }
        }
        if accepted.is_empty() {
            let explains =
                |f: &&MethodFacts| BY_FAMILY.iter().any(|b| b.0 == f.family) && f.id != "activation-maximisation";
            if let Some(f) = facts::METHODS.iter().filter(explains).find(|f| self.obstacle(f).is_none()) {
                accepted.push(Proposal {
                    id: f.id.into(),
                    baseline: None,
                    params: toml::Table::new(),
                    reasons: vec![reason],
                });
            }
        }
    }

    /// Methods that the build has and that a user may wonder about.
    fn name_what_is_against(&self, rejected: &mut Vec<Rejected>) {
        for f in self.request.methods.iter().filter_map(|id| facts::method(id)) {
            if let Some(reason) = self.against(f) {
                rejected.push(Rejected { what: What::Method, id: f.id.into(), because: Because::Against, reason });
            }
        }
    }
}

/// A proposal with baseline, parameters and cost.
fn method(s: &Situation, proposal: Proposal, usable: &[Baseline]) -> Option<MethodUsed> {
    let facts = facts::method(&proposal.id)?;
    let Proposal { id, baseline, mut params, mut reasons } = proposal;
    let mut forwards = facts.forwards;
    let mut chosen = None;
    if facts.baseline {
        let (picked, why) = baselines::pick(s, baseline.as_deref(), usable);
        chosen = picked;
        reasons.extend(why);
    }
    if id == "occlusion" {
        let windows = windows(s);
        let text = |sizes: &[usize]| sizes.iter().map(usize::to_string).collect::<Vec<_>>().join(",");
        params.insert("window".into(), text(&windows.window).into());
        params.insert("stride".into(), text(&windows.stride).into());
        forwards = windows.count + 1.0;
        let note = windows.note.map(|n| format!("; {n}")).unwrap_or_default();
        let size = &s.preset.occlusion;
        reasons.push(by_preset(s.preset, &format!("window of {}: {}{note}", size.size, size.reason)));
    }
    for rule in s.rules() {
        if let Effect::Word(of, key, value) = rule.effect
            && of == id
            && !params.contains_key(key)
        {
            params.insert(key.into(), value.into());
            reasons.push(reason_of(rule));
        }
    }
    Some(MethodUsed { id, family: facts.family, baseline: chosen, forwards, reasons, params })
}

/// As many as the depth shows and the budget pays for: one of each family first, then the rest in order.
fn within(
    request: &Request,
    s: &Situation,
    all: Vec<MethodUsed>,
    rejected: &mut Vec<Rejected>,
) -> Result<Vec<MethodUsed>> {
    let budget = request.budget.unwrap_or(s.depth.budget());
    let most = s.depth.most_methods();
    let mut keep = vec![false; all.len()];
    let mut spent = 0.0;
    let mut families: Vec<Family> = vec![];
    for new_family in [true, false] {
        for (i, m) in all.iter().enumerate() {
            let turn = !keep[i] && (families.contains(&m.family) != new_family);
            if turn && keep.iter().filter(|k| **k).count() < most && spent + m.forwards <= budget {
                keep[i] = true;
                spent += m.forwards;
                families.push(m.family);
            }
        }
    }
    let cheapest = all.iter().enumerate().min_by(|a, b| a.1.forwards.total_cmp(&b.1.forwards)).map(|(i, _)| i);
    let mut note = None;
    if let Some(i) = cheapest
        && !keep.contains(&true)
    {
        let text = format!("`{}` costs {} forwards, the budget is {budget}", all[i].id, all[i].forwards);
        if request.budget.is_some() {
            return Err(AdviseError::Nothing { reason: format!("the cheapest method, {text}") });
        }
        keep[i] = true;
        note = Some((
            i,
            Reason {
                text: format!("{text}: the cheapest there is, dearer than this depth should be"),
                source: "judgement".into(),
            },
        ));
    }
    let mut out = vec![];
    for (i, mut m) in all.into_iter().enumerate() {
        if keep[i] {
            m.reasons.extend(note.iter().filter(|n| n.0 == i).map(|n| n.1.clone()));
            out.push(m);
        } else {
            rejected.push(left_out(s, m, budget - spent, budget));
        }
    }
    Ok(out)
}

fn left_out(s: &Situation, m: MethodUsed, left: f64, budget: f64) -> Rejected {
    let dear = m.forwards > left;
    let depth = match s.depth {
        Depth::Triage => "triage",
        Depth::Diagnosis => "diagnosis",
        Depth::Audit => "audit",
    };
    let why = if dear {
        format!("costs {} forwards of the model; {left} of {budget} are left", m.forwards)
    } else {
        format!("{depth} shows {} methods", s.depth.most_methods())
    };
    let text = format!("{why}; {}", m.reasons.first().map_or("", |r| &r.text));
    let because = if dear { Because::Cost } else { Because::Depth };
    Rejected {
        what: What::Method,
        id: m.id,
        because,
        reason: Reason { text, source: "the role's depth and budget".into() },
    }
}

//! Running a protocol: every case by every method by every metric, each score on disk as soon as it is known.

use std::collections::BTreeMap;
use std::path::Path;

use pellucid_engine::EngineError;
use pellucid_explain::{ExplainError, Model, Wish, sha256};
use pellucid_graph::Tensor;
use pellucid_metrics::MetricError;
use sha2::{Digest, Sha256};

use crate::method::Attribution;
use crate::protocol::{MethodWish, MetricWish, Protocol};
use crate::row::{Outcome, Row};
use crate::store::{Manifest, Store};
use crate::subject::{Ask, Subject};
use crate::suite::{self, Work};
use crate::{Control, EvaluateError, Result};

/// A sample to evaluate on.
#[derive(Clone, Debug)]
pub struct Case {
    /// Name, unique in the run.
    pub name: String,
    /// One tensor per input of the model, batch of 1.
    pub sample: Vec<Tensor>,
    /// What should be found, on the spatial grid of the image input, row-major.
    pub mask: Option<Vec<bool>>,
    /// Distance of neighbours on that grid, mm.
    pub spacing: Option<Vec<f64>>,
    /// The protocol's baselines as the image input, by id; why where one can't be made of this image.
    pub baselines: BTreeMap<String, std::result::Result<Tensor, String>>,
}

/// Makes a case when it is its turn, or says why it can't be made.
pub type Maker<'c> = &'c dyn Fn() -> std::result::Result<Case, String>;

/// What is told while a run goes on: scores done, scores in all, and what is being done.
pub type Progress<'p> = &'p mut dyn FnMut(usize, usize, &str);

/// What a run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Run {
    /// Scores made.
    pub made: usize,
    /// Scores that were there already.
    pub kept: usize,
    /// Scores that couldn't be made.
    pub failed: usize,
}

/// A method or a control.
enum Explainer {
    Method(MethodWish),
    Control(Control),
}

impl Explainer {
    fn name(&self) -> String {
        match self {
            Explainer::Method(m) => m.name(),
            Explainer::Control(c) => c.id().to_string(),
        }
    }
}

/// Runs a protocol on cases (each made when it is its turn: `(name, make)`), rows going to `folder`. A case, method or metric that fails is told
/// in its rows, and the rest goes on.
///
/// # Errors
/// When the protocol is wrong, the folder holds other results or can't be written, or the run is stopped.
pub fn run(
    protocol: &Protocol,
    model: &Model,
    cases: &[(String, Maker)],
    folder: &Path,
    progress: Progress,
) -> Result<(Store, Run)> {
    protocol.check()?;
    let manifest = Manifest {
        pellucid: env!("CARGO_PKG_VERSION").into(),
        protocol: digest(protocol),
        model: model.info.sha256.clone(),
        engine: format!("{} {}", model.session().engine().id(), model.session().engine().version()),
        cases: BTreeMap::new(),
    };
    let mut store = Store::open(folder, &manifest)?;
    let methods = protocol.methods.iter().cloned().map(Explainer::Method);
    let explainers: Vec<Explainer> = methods.chain(protocol.controls.iter().map(|c| Explainer::Control(*c))).collect();
    let total = cases.len() * protocol.seeds.len() * explainers.len() * protocol.metrics.len();
    let mut done = Done { run: Run::default(), total, progress };
    for (name, make) in cases {
        let missing = todo(protocol, &explainers, &store, name);
        if missing == 0 {
            done.pass(protocol, &explainers);
            continue;
        }
        match make() {
            Ok(case) => {
                store.admit(name, &digest_of(&case))?;
                one_case(protocol, model, &case, &explainers, &mut store, &mut done)?;
            }
            Err(why) => {
                for explainer in &explainers {
                    refuse(protocol, name, explainer, &why, &mut store, &mut done)?;
                }
            }
        }
    }
    Ok((store, done.run))
}

struct Done<'p> {
    run: Run,
    total: usize,
    progress: Progress<'p>,
}

impl Done<'_> {
    fn tell(&mut self, what: &str) {
        (self.progress)(self.run.made + self.run.kept, self.total, what);
    }

    fn pass(&mut self, protocol: &Protocol, explainers: &[Explainer]) {
        self.run.kept += protocol.seeds.len() * explainers.len() * protocol.metrics.len();
        self.tell("");
    }

    fn count(&mut self, outcome: &Outcome, what: &str) {
        self.run.made += 1;
        self.run.failed += usize::from(matches!(outcome, Outcome::Failed(_)));
        self.tell(what);
    }
}

/// How many rows of a case aren't there yet.
fn todo(protocol: &Protocol, explainers: &[Explainer], store: &Store, case: &str) -> usize {
    let mut missing = 0;
    for seed in &protocol.seeds {
        for explainer in explainers {
            let keys = protocol.metrics.iter().map(|m| (case.to_string(), explainer.name(), m.name(), *seed));
            missing += keys.filter(|k| !store.has(k)).count();
        }
    }
    missing
}

fn one_case(
    protocol: &Protocol,
    model: &Model,
    case: &Case,
    explainers: &[Explainer],
    store: &mut Store,
    done: &mut Done,
) -> Result<()> {
    let subject = match Subject::new(model, &case.sample, None) {
        Ok(subject) => subject,
        Err(error) => {
            stopped(&error)?;
            for explainer in explainers {
                refuse(protocol, &case.name, explainer, &error.to_string(), store, done)?;
            }
            return Ok(());
        }
    };
    for explainer in explainers {
        let mut before: Option<Before> = None;
        for seed in &protocol.seeds {
            let key = |m: &MetricWish| (case.name.clone(), explainer.name(), m.name(), *seed);
            if protocol.metrics.iter().all(|m| store.has(&key(m))) {
                done.run.kept += protocol.metrics.len();
                continue;
            }
            done.tell(&format!("{}: {}", case.name, explainer.name()));
            before = Some(scored(protocol, case, &subject, explainer, *seed, before, store, done)?);
        }
    }
    Ok(())
}

/// A map and what it scored under another seed: what doesn't draw isn't done again.
struct Before {
    map: pellucid_metrics::Result<Attribution>,
    rows: BTreeMap<String, Row>,
}

/// All missing scores of one map.
fn scored(
    protocol: &Protocol,
    case: &Case,
    subject: &Subject,
    explainer: &Explainer,
    seed: u64,
    before: Option<Before>,
    store: &mut Store,
    done: &mut Done,
) -> Result<Before> {
    let wish = explainer.wish(seed)?;
    let injected = explainer.injected(case, subject);
    let ask = match (&wish, &injected) {
        (Some(wish), Ok(injected)) => Some(Ask { wish, injected }),
        _ => None,
    };
    let is_control = wish.is_none();
    let (map, mut rows) = match before {
        Some(before) if !explainer.draws() => (before.map, before.rows),
        _ => (explainer.map(subject, ask.as_ref(), injected.as_ref().err(), seed), BTreeMap::new()),
    };
    for metric in &protocol.metrics {
        let key = (case.name.clone(), explainer.name(), metric.name(), seed);
        if store.has(&key) {
            done.run.kept += 1;
            continue;
        }
        let entry = suite::entry(&metric.id)?;
        let row = match rows.get(&metric.name()) {
            Some(same) if !entry.draws(&metric.params) => Row { seed, ..same.clone() },
            _ => {
                let scored = if entry.fits(case.mask.is_some(), is_control) {
                    score(case, subject, &map, ask.as_ref(), metric, entry, seed)?
                } else {
                    let why = if is_control { "not for a control" } else { "there is no mask" };
                    Scored::without(metric, Outcome::Undefined(why.into()))
                };
                Row {
                    case: case.name.clone(),
                    target: subject.target().to_string(),
                    method: explainer.name(),
                    metric: metric.name(),
                    seed,
                    outcome: scored.outcome,
                    signature: scored.signature,
                    passes: map.as_ref().map_or(0, |m| m.passes),
                    tied: scored.tied,
                }
            }
        };
        done.count(&row.outcome, "");
        store.add(row.clone())?;
        rows.insert(metric.name(), row);
    }
    Ok(Before { map, rows })
}

/// What a metric said.
struct Scored {
    outcome: Outcome,
    signature: String,
    tied: Option<f64>,
}

impl Scored {
    fn without(metric: &MetricWish, outcome: Outcome) -> Scored {
        Scored { outcome, signature: metric.name(), tied: None }
    }
}

/// One score of a map; a stop by the user is the only error.
fn score(
    case: &Case,
    subject: &Subject,
    map: &pellucid_metrics::Result<Attribution>,
    ask: Option<&Ask>,
    metric: &MetricWish,
    entry: &suite::Entry,
    seed: u64,
) -> Result<Scored> {
    let failed = |error: &MetricError| {
        stopped_metric(error)?;
        Ok(Scored::without(metric, Outcome::Failed(error_text(error))))
    };
    let attribution = match map {
        Ok(attribution) => attribution,
        Err(error) => return failed(error),
    };
    let baseline = match metric.baseline.as_ref().map(|name| case.baseline(name)).transpose() {
        Ok(baseline) => baseline,
        Err(why) => return Ok(Scored::without(metric, Outcome::Failed(why))),
    };
    let work = Work {
        subject,
        attribution,
        ask,
        baseline,
        mask: case.mask.as_deref(),
        spacing: case.spacing.as_deref(),
        params: &metric.params,
        seed,
    };
    match entry.score(&work) {
        Ok(score) => {
            let signature = score.signature();
            let outcome = match score.value {
                Ok(v) => Outcome::Value(v),
                Err(why) => Outcome::Undefined(why.to_string()),
            };
            Ok(Scored { outcome, signature, tied: score.tied_fraction })
        }
        Err(MetricError::Undefined(why)) => Ok(Scored::without(metric, Outcome::Undefined(why.to_string()))),
        Err(error) => failed(&error),
    }
}

impl Case {
    /// A baseline of the protocol.
    fn baseline(&self, name: &str) -> std::result::Result<&Tensor, String> {
        match self.baselines.get(name) {
            Some(Ok(tensor)) => Ok(tensor),
            Some(Err(why)) => Err(why.clone()),
            None => Err(format!("the baseline `{name}` wasn't made for this image")),
        }
    }
}

impl Explainer {
    /// The method with the seed, where it draws; none for a control.
    fn wish(&self, seed: u64) -> Result<Option<Wish>> {
        match self {
            Explainer::Method(m) => Ok(Some(wish(m, seed)?)),
            Explainer::Control(_) => Ok(None),
        }
    }

    /// Whether the map depends on the seed.
    fn draws(&self) -> bool {
        match self {
            Explainer::Method(m) => {
                pellucid_explain::find(&m.id).is_ok_and(|info| info.params.iter().any(|p| p.name == "seed"))
            }
            Explainer::Control(c) => c.draws(),
        }
    }

    /// Arrays for the method: the baseline that the protocol names.
    fn injected(&self, case: &Case, subject: &Subject) -> std::result::Result<BTreeMap<String, Tensor>, String> {
        let name = match self {
            Explainer::Method(MethodWish { baseline: Some(name), .. }) => name,
            _ => return Ok(BTreeMap::new()),
        };
        Ok([(format!("baseline_{}", subject.input_name()), case.baseline(name)?.clone())].into())
    }

    fn map(
        &self,
        subject: &Subject,
        ask: Option<&Ask>,
        missing: Option<&String>,
        seed: u64,
    ) -> pellucid_metrics::Result<Attribution> {
        match (self, ask) {
            (Explainer::Control(c), _) => suite::control(subject, *c, seed),
            (Explainer::Method(_), Some(ask)) => subject.attribution(ask, subject.values(), None, None),
            (Explainer::Method(_), None) => Err(MetricError::Model(missing.cloned().unwrap_or_default().into())),
        }
    }
}

/// Every missing row of a case by a method says why there is no score.
fn refuse(
    protocol: &Protocol,
    case: &str,
    explainer: &Explainer,
    why: &str,
    store: &mut Store,
    done: &mut Done,
) -> Result<()> {
    for seed in &protocol.seeds {
        for metric in &protocol.metrics {
            let row = Row {
                case: case.into(),
                target: String::new(),
                method: explainer.name(),
                metric: metric.name(),
                seed: *seed,
                outcome: Outcome::Failed(why.into()),
                signature: metric.name(),
                passes: 0,
                tied: None,
            };
            if !store.has(&row.key()) {
                done.count(&row.outcome, "");
                store.add(row)?;
            }
        }
    }
    Ok(())
}

/// The method with the seed, where it draws.
fn wish(method: &MethodWish, seed: u64) -> Result<Wish> {
    let info = pellucid_explain::find(&method.id)?;
    let mut params = method.params.clone();
    if info.params.iter().any(|p| p.name == "seed") {
        params.entry("seed".into()).or_insert(seed.into());
    }
    Ok(Wish { method: method.id.clone(), params })
}

/// A stop by the user ends the run; what was done stays.
fn stopped(error: &EvaluateError) -> Result<()> {
    match error {
        EvaluateError::Explain(e) if e.is_cancelled() => Err(EvaluateError::Explain(cancelled())),
        _ => Ok(()),
    }
}

fn stopped_metric(error: &MetricError) -> Result<()> {
    let MetricError::Model(inner) = error else { return Ok(()) };
    match inner.downcast_ref::<ExplainError>() {
        Some(e) if e.is_cancelled() => Err(EvaluateError::Explain(cancelled())),
        _ => Ok(()),
    }
}

fn cancelled() -> ExplainError {
    ExplainError::Engine(EngineError::Cancelled)
}

/// An error with what lies under it.
fn error_text(error: &MetricError) -> String {
    match error {
        MetricError::Model(inner) => inner.to_string(),
        other => other.to_string(),
    }
}

/// Digest of everything that decides what the rows say.
fn digest(protocol: &Protocol) -> String {
    let mut hash = Sha256::new();
    let baselines = protocol.baselines.iter().map(toml::Table::to_string).collect::<Vec<_>>();
    let text =
        serde_json::to_string(&(&protocol.methods, &protocol.metrics, &protocol.seeds, baselines)).unwrap_or_default();
    hash.update(text.as_bytes());
    protocol.controls.iter().for_each(|c| hash.update(c.id().as_bytes()));
    hash.finalize().iter().map(|b| format!("{b:02x}")).collect()
}

fn digest_of(case: &Case) -> String {
    case.sample.iter().map(sha256).collect::<Vec<_>>().join("+")
}

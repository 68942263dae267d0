//! Running a protocol: every case by every method by every metric, each score on disk as soon as it is known.

use std::collections::BTreeMap;
use std::path::Path;

use pellucid_engine::EngineError;
use pellucid_explain::{ExplainError, Model, Wish, sha256};
use pellucid_graph::Tensor;
use pellucid_metrics::MetricError;
use sha2::{Digest, Sha256};

use crate::protocol::{MethodWish, Protocol};
use crate::row::{Outcome, Row};
use crate::store::{Manifest, Store};
use crate::subject::Subject;
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
    let mut manifest = Manifest {
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
                manifest.cases.insert(name.clone(), digest_of(&case));
                store = Store::open(folder, &manifest)?;
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
    for seed in &protocol.seeds {
        for explainer in explainers {
            let missing =
                protocol.metrics.iter().any(|m| !store.has(&(case.name.clone(), explainer.name(), m.name(), *seed)));
            if !missing {
                done.run.kept += protocol.metrics.len();
                continue;
            }
            done.tell(&format!("{}: {}", case.name, explainer.name()));
            scored(protocol, case, &subject, explainer, *seed, store, done)?;
        }
    }
    Ok(())
}

/// All missing scores of one map.
fn scored(
    protocol: &Protocol,
    case: &Case,
    subject: &Subject,
    explainer: &Explainer,
    seed: u64,
    store: &mut Store,
    done: &mut Done,
) -> Result<()> {
    let wish = match explainer {
        Explainer::Method(m) => Some(wish(m, seed)?),
        Explainer::Control(_) => None,
    };
    let made = match (explainer, &wish) {
        (Explainer::Control(c), _) => suite::control(subject, *c, seed),
        (_, Some(wish)) => subject.attribution(wish, subject.values(), None, None),
        _ => return Ok(()),
    };
    let is_control = wish.is_none();
    for metric in &protocol.metrics {
        let key = (case.name.clone(), explainer.name(), metric.name(), seed);
        if store.has(&key) {
            done.run.kept += 1;
            continue;
        }
        let entry = suite::entry(&metric.id)?;
        let row = |outcome: Outcome, signature: String, tied: Option<f64>| Row {
            case: case.name.clone(),
            target: subject.target().to_string(),
            method: explainer.name(),
            metric: metric.name(),
            seed,
            outcome,
            signature,
            passes: made.as_ref().map_or(0, |m| m.passes),
            tied,
        };
        let row = match &made {
            Err(error) => {
                stopped_metric(error)?;
                row(Outcome::Failed(error_text(error)), metric.name(), None)
            }
            Ok(_) if !entry.fits(case.mask.is_some(), is_control) => {
                let why = if is_control { "not for a control" } else { "there is no mask" };
                row(Outcome::Undefined(why.into()), metric.name(), None)
            }
            Ok(attribution) => {
                let work = Work {
                    subject,
                    attribution,
                    wish: wish.as_ref(),
                    mask: case.mask.as_deref(),
                    spacing: case.spacing.as_deref(),
                    params: &metric.params,
                    seed,
                };
                match entry.score(&work) {
                    Ok(score) => {
                        let outcome = match score.value {
                            Ok(v) => Outcome::Value(v),
                            Err(why) => Outcome::Undefined(why.to_string()),
                        };
                        row(outcome, score.signature(), score.tied_fraction)
                    }
                    Err(MetricError::Undefined(why)) => row(Outcome::Undefined(why.to_string()), metric.name(), None),
                    Err(error) => {
                        stopped_metric(&error)?;
                        row(Outcome::Failed(error_text(&error)), metric.name(), None)
                    }
                }
            }
        };
        done.count(&row.outcome, "");
        store.add(row)?;
    }
    Ok(())
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
    let text = serde_json::to_string(&(&protocol.methods, &protocol.metrics, &protocol.seeds)).unwrap_or_default();
    hash.update(text.as_bytes());
    protocol.controls.iter().for_each(|c| hash.update(c.id().as_bytes()));
    hash.finalize().iter().map(|b| format!("{b:02x}")).collect()
}

fn digest_of(case: &Case) -> String {
    case.sample.iter().map(sha256).collect::<Vec<_>>().join("+")
}

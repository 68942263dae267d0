//! What is run on what: `protocol.toml`.
//!
//! ```toml
//! [model]
//! file = "model.onnx"
//!
//! [data]
//! folder = "images"
//! masks = "masks"          # same names as the images; optional
//!
//! [[methods]]
//! id = "grad-cam"
//!
//! [[metrics]]
//! id = "deletion"
//! params = { baseline = "channel-mean" }
//!
//! [evaluation]
//! seeds = [0]
//! controls = ["random", "centre", "edges"]
//! ```
//!
//! Advice is written in this form too, with reasons beside each entry; they are passed over here.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::control::Control;
use crate::suite;
use crate::{EvaluateError, Result};

/// A protocol, with defaults filled in.
#[derive(Clone, Debug, PartialEq)]
pub struct Protocol {
    /// The model's file, as written.
    pub model: Option<String>,
    /// The model's card.
    pub card: Option<String>,
    /// Folder of images.
    pub folder: Option<String>,
    /// Folder of masks of what should be found.
    pub masks: Option<String>,
    /// Methods.
    pub methods: Vec<MethodWish>,
    /// Metrics.
    pub metrics: Vec<MetricWish>,
    /// Baselines that methods and metrics name, as written; each has an `id`.
    pub baselines: Vec<toml::Table>,
    /// What the protocol asks for that a run doesn't do, in words.
    pub notes: Vec<String>,
    /// Maps without knowledge, scored along with the methods.
    pub controls: Vec<Control>,
    /// Seeds of methods and metrics that draw: each is run.
    pub seeds: Vec<u64>,
    /// Resamples of the bootstrap.
    pub bootstrap: usize,
}

/// A method with its parameters.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MethodWish {
    /// Id.
    pub id: String,
    /// Id of the baseline to use instead of its own.
    pub baseline: Option<String>,
    /// Parameters that aren't default.
    pub params: BTreeMap<String, serde_json::Value>,
}

/// A metric with its parameters.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MetricWish {
    /// Id.
    pub id: String,
    /// Id of the baseline to use instead of its own.
    pub baseline: Option<String>,
    /// Parameters that aren't default.
    pub params: BTreeMap<String, serde_json::Value>,
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    model: Place,
    #[serde(default)]
    data: Place,
    #[serde(default)]
    methods: Vec<Item>,
    #[serde(default)]
    metrics: Vec<Item>,
    #[serde(default)]
    baselines: Vec<toml::Table>,
    #[serde(default)]
    targets: Targets,
    #[serde(default)]
    evaluation: Evaluation,
}

#[derive(Default, Deserialize)]
struct Targets {
    kind: Option<String>,
}

#[derive(Default, Deserialize)]
struct Place {
    file: Option<String>,
    card: Option<String>,
    folder: Option<String>,
    masks: Option<String>,
}

#[derive(Deserialize)]
struct Item {
    id: String,
    baseline: Option<String>,
    #[serde(default)]
    params: toml::Table,
}

#[derive(Deserialize)]
#[serde(default)]
struct Evaluation {
    seeds: Vec<u64>,
    bootstrap: usize,
    controls: Option<Vec<String>>,
    segments: Option<toml::Value>,
    smoothing: Option<Vec<f64>>,
}

impl Default for Evaluation {
    fn default() -> Evaluation {
        Evaluation { seeds: vec![0], bootstrap: 1000, controls: None, segments: None, smoothing: None }
    }
}

/// Sections and keys that a protocol may have; anything else is most likely misspelt.
const KEYS: &[(&str, &[&str])] = &[
    ("model", &["file", "card", "name"]),
    ("data", &["folder", "masks", "regions"]),
    ("targets", &[]),
    ("baselines", &[]),
    ("methods", &["id", "params", "family", "baseline", "forwards", "reasons"]),
    ("metrics", &["id", "params", "direction", "baseline", "reasons"]),
    ("evaluation", &["seeds", "bootstrap", "controls", "interval", "segments", "smoothing", "reasons"]),
];

/// Sections that advice adds for people to read.
const FOR_PEOPLE: &[&str] = &["format", "view", "preset", "rejected", "warnings"];

/// Targets that are run: of each case the one that the model's output suggests.
const TARGETS: &[&str] = &["decision", "region", "output"];

impl Protocol {
    /// Reads the text of a protocol.
    ///
    /// # Errors
    /// When it isn't TOML, has an unknown section or key, or names a method or metric that isn't there.
    pub fn parse(text: &str) -> Result<Protocol> {
        let table: toml::Table = toml::from_str(text).map_err(|e| EvaluateError::Protocol(e.to_string()))?;
        if let Some(words) = misspelt(&table) {
            return Err(EvaluateError::Protocol(words));
        }
        let file: File = table.try_into().map_err(|e| EvaluateError::Protocol(e.to_string()))?;
        let notes = notes(&file);
        if let Some(kind) = file.targets.kind.as_deref().filter(|k| !TARGETS.contains(k)) {
            let known = TARGETS.join(", ");
            return Err(EvaluateError::Protocol(format!(
                "`targets.kind` is `{kind}`, which can't be run (there are: {known})"
            )));
        }
        let controls = match file.evaluation.controls {
            None => Control::ALL.to_vec(),
            Some(names) => names.iter().map(|n| control(n)).collect::<Result<_>>()?,
        };
        let mut protocol = Protocol {
            model: file.model.file,
            card: file.model.card,
            folder: file.data.folder,
            masks: file.data.masks,
            methods: file.methods.into_iter().map(MethodWish::from).collect(),
            metrics: file.metrics.into_iter().map(MetricWish::from).collect(),
            baselines: file.baselines,
            notes,
            controls,
            seeds: file.evaluation.seeds,
            bootstrap: file.evaluation.bootstrap,
        };
        if protocol.metrics.is_empty() {
            protocol.metrics = suite::default_metrics();
        }
        protocol.check()?;
        Ok(protocol)
    }

    /// Refuses what can't be run.
    ///
    /// # Errors
    /// Naming the entry.
    pub fn check(&self) -> Result<()> {
        let wrong = |words: String| Err(EvaluateError::Protocol(words));
        if self.methods.is_empty() {
            return wrong("it has no [[methods]]: there is nothing to evaluate".into());
        }
        if self.seeds.is_empty() {
            return wrong("`evaluation.seeds` is empty; one seed is enough: seeds = [0]".into());
        }
        for method in &self.methods {
            pellucid_explain::find(&method.id)?;
        }
        for metric in &self.metrics {
            pellucid_metrics::find(&metric.id)?;
            suite::entry(&metric.id)?;
        }
        let known = |id: &str| self.baselines.iter().any(|b| b.get("id").and_then(toml::Value::as_str) == Some(id));
        let named =
            self.methods.iter().map(|m| (&m.id, &m.baseline)).chain(self.metrics.iter().map(|m| (&m.id, &m.baseline)));
        for (id, baseline) in named {
            if let Some(name) = baseline.as_deref().filter(|b| !known(b)) {
                return wrong(format!("`{id}` names the baseline `{name}`, which isn't among the [[baselines]]"));
            }
        }
        let ids: Vec<String> = self.methods.iter().map(MethodWish::name).collect();
        if let Some(twice) = ids.iter().enumerate().find(|(i, id)| ids[..*i].contains(id)) {
            return wrong(format!("the method `{}` stands there twice with the same parameters", twice.1));
        }
        Ok(())
    }
}

impl From<Item> for MethodWish {
    fn from(item: Item) -> MethodWish {
        MethodWish { id: item.id, baseline: item.baseline, params: json(item.params) }
    }
}

impl From<Item> for MetricWish {
    fn from(item: Item) -> MetricWish {
        MetricWish { id: item.id, baseline: item.baseline, params: json(item.params) }
    }
}

impl MethodWish {
    /// A method with its defaults.
    pub fn of(id: &str) -> MethodWish {
        MethodWish { id: id.into(), baseline: None, params: BTreeMap::new() }
    }

    /// The id, with the parameters that aren't default.
    pub fn name(&self) -> String {
        named(&self.id, self.baseline.as_deref(), &self.params)
    }
}

impl MetricWish {
    /// A metric with its defaults.
    pub fn of(id: &str) -> MetricWish {
        MetricWish { id: id.into(), baseline: None, params: BTreeMap::new() }
    }

    /// The id, with the parameters that aren't default.
    pub fn name(&self) -> String {
        named(&self.id, self.baseline.as_deref(), &self.params)
    }
}

fn named(id: &str, baseline: Option<&str>, params: &BTreeMap<String, serde_json::Value>) -> String {
    if params.is_empty() && baseline.is_none() {
        return id.to_string();
    }
    let text = |v: &serde_json::Value| v.as_str().map_or_else(|| v.to_string(), str::to_string);
    let params = params.iter().map(|(k, v)| format!("{k}={}", text(v)));
    let all: Vec<String> = baseline.map(|b| format!("baseline:{b}")).into_iter().chain(params).collect();
    format!("{id}[{}]", all.join(","))
}

/// What is asked for and not done.
fn notes(file: &File) -> Vec<String> {
    let mut notes = Vec::new();
    if file.evaluation.segments.is_some() {
        notes.push("`evaluation.segments` isn't applied: methods that take segments make their own".into());
    }
    if file.evaluation.smoothing.as_ref().is_some_and(|s| s.iter().any(|v| *v > 0.0)) {
        notes.push("`evaluation.smoothing` isn't applied: maps are compared as they are".into());
    }
    notes
}

fn control(name: &str) -> Result<Control> {
    let known = || Control::ALL.map(|c| c.id().trim_start_matches("control-")).join(", ");
    Control::named(name)
        .ok_or_else(|| EvaluateError::Protocol(format!("there is no control `{name}` (there are: {})", known())))
}

fn json(table: toml::Table) -> BTreeMap<String, serde_json::Value> {
    table.into_iter().filter_map(|(k, v)| Some((k, serde_json::to_value(v).ok()?))).collect()
}

/// The first section or key that no protocol has.
fn misspelt(table: &toml::Table) -> Option<String> {
    for (section, value) in table {
        let Some((_, keys)) = KEYS.iter().find(|k| k.0 == section) else {
            if FOR_PEOPLE.contains(&section.as_str()) {
                continue;
            }
            let known: Vec<&str> = KEYS.iter().map(|k| k.0).collect();
            return Some(format!("there is no section `{section}` (there are: {})", known.join(", ")));
        };
        let tables: Vec<&toml::Table> = match value {
            toml::Value::Table(t) => vec![t],
            toml::Value::Array(items) => items.iter().filter_map(toml::Value::as_table).collect(),
            _ => return Some(format!("`{section}` must be a section")),
        };
        let odd = tables.iter().flat_map(|t| t.keys()).find(|k| !keys.is_empty() && !keys.contains(&k.as_str()));
        if let Some(key) = odd {
            return Some(format!("`{section}` has no key `{key}` (there are: {})", keys.join(", ")));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: &str = "[[methods]]\nid = \"grad-cam\"\n";

    #[test]
    fn defaults_are_filled_in() {
        let p = Protocol::parse(SHORT).unwrap();
        assert_eq!((p.seeds.as_slice(), p.bootstrap, p.controls.len()), (&[0][..], 1000, 3));
        assert!(p.metrics.iter().any(|m| m.id == "deletion"));
    }

    #[test]
    fn parameters_make_names() {
        let text = "[[methods]]\nid = \"integrated-gradients\"\nparams = { steps = 20, baseline = \"min\" }\n";
        let p = Protocol::parse(text).unwrap();
        assert_eq!(p.methods[0].name(), "integrated-gradients[baseline=min,steps=20]");
    }

    #[test]
    fn mistakes_are_named() {
        let error = |text: &str| Protocol::parse(text).unwrap_err().to_string();
        assert!(error("").contains("no [[methods]]"));
        assert!(error("[[methods]]\nid = \"grad-kam\"\n").contains("grad-cam"));
        assert!(error(&format!("{SHORT}[[metrics]]\nid = \"deletions\"\n")).contains("deletions"));
        assert!(error(&format!("{SHORT}[[metrics]]\nid = \"tcav\"\n")).contains("tcav"));
        assert!(error(&format!("{SHORT}[evalutaion]\nseeds = [1]\n")).contains("evalutaion"));
        assert!(error(&format!("{SHORT}[evaluation]\nseed = [1]\n")).contains("no key `seed`"));
        assert!(error(&format!("{SHORT}[evaluation]\ncontrols = [\"noise\"]\n")).contains("no control `noise`"));
        assert!(error(&format!("{SHORT}{SHORT}")).contains("twice"));
        assert!(error(&format!("{SHORT}baseline = \"blur\"\n")).contains("isn't among the [[baselines]]"));
        assert!(error(&format!("{SHORT}[targets]\nkind = \"box\"\n")).contains("can't be run"));
    }
}

//! Running one case about a model.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail, ensure};
use pellucid::diff::{deconvnet, gradient_rules, guided_backprop};
use pellucid::engine::Session;
use pellucid::explain::{
    Assembly, Evidence, Explanation, Grid, Model, ModelNotes, Request, Target, explain, objective_of, output_value,
};
use pellucid::graph::{Tensor, onnx, query};

use super::case::{Case, Folder};
use super::compare::{Precision, Verdict};
use super::{npy, property, table, target};

/// A folder's model with its input.
pub struct Bench<'f> {
    folder: &'f Folder,
    model: Model,
    sample: Vec<Tensor>,
    precision: Precision,
}

impl<'f> Bench<'f> {
    /// Opens the model of a folder.
    pub fn open(folder: &'f Folder, session: Session, models: &std::path::Path) -> Result<Bench<'f>> {
        let precision = if session.engine().id() == "reference" { Precision::Double } else { Precision::Single };
        let path = model_path(folder, models)?;
        let read = onnx::open(&path)?;
        let mut sample = Vec::new();
        for wire in read.graph.inputs() {
            let name = read.graph.name_of(*wire);
            let file = folder.inputs.get(name).with_context(|| format!("no input file for `{name}`"))?;
            sample.push(as_tensor(&folder.array(&file.file)?)?);
        }
        let model = Model::new(read, session, ModelNotes::default());
        model.fix(&sample)?;
        let output = model.output()?;
        if let Some(wanted) = &folder.target_tensor {
            ensure!(output.wire == *wanted, "targets refer to `{wanted}`, but `{}` is explained", output.wire);
        }
        Ok(Bench { folder, model, sample, precision })
    }

    /// Runs a case and compares.
    pub fn run(&self, case: &Case) -> Result<Verdict> {
        let mut verdict = Verdict::default();
        if case.variant.as_deref().is_some_and(|v| v.starts_with("batch of three")) {
            self.batch(case, &mut verdict)?;
        } else if case.expected.keys().any(|k| k.starts_with("grad_")) {
            self.inner(case, &mut verdict)?;
        } else if case.expected.keys().any(|k| k.starts_with("attention_")) {
            self.attention(case, &mut verdict)?;
        } else {
            self.methods(case, &mut verdict)?;
        }
        Ok(verdict)
    }

    fn compare(&self, case: &Case, name: &str, found: &[f64], verdict: &mut Verdict) -> Result<()> {
        let Some(file) = case.expected.get(name) else { return Ok(()) };
        let expected = self.folder.array(file)?;
        verdict.array(case, name, found, &expected.values, self.precision);
        Ok(())
    }

    fn methods(&self, case: &Case, verdict: &mut Verdict) -> Result<()> {
        let target = target::of(self.folder, case.target.as_ref())?;
        let mut seen: Vec<String> = Vec::new();
        for ask in table::asks(case)? {
            let mut injected = BTreeMap::new();
            for (ours, theirs) in &ask.inject {
                injected.insert(ours.clone(), as_tensor(&self.folder.array(&case.aux[theirs])?)?);
            }
            let request = Request {
                methods: vec![ask.wish.clone()],
                targets: target.clone().into_iter().collect(),
                layers: case.layers(),
                injected,
            };
            let outcome = explain(&self.model, &self.sample, &request)?;
            let explanation = match outcome.explanations.into_iter().next() {
                Some(Ok(e)) => e,
                Some(Err((_, error))) => bail!("{error}"),
                None => bail!("no explanation"),
            };
            if let Some(demand) = &case.tolerance.property {
                self.sizes(case, &explanation, verdict)?;
                property::check(case, demand, &explanation, verdict)?;
                return Ok(());
            }
            seen.extend(self.explanation(case, &explanation, &ask, verdict)?);
        }
        if case.tolerance.property.is_some() {
            return Ok(());
        }
        for (name, file) in case.expected.iter().filter(|e| !seen.contains(e.0)) {
            // an array without elements needs nobody to give it
            if self.folder.array(file)?.values.is_empty() {
                continue;
            }
            verdict.failures.push(format!("{name}: isn't given"));
        }
        Ok(())
    }

    /// Arrays of a case that demands a property, in size: many results have it.
    fn sizes(&self, case: &Case, explanation: &Explanation, verdict: &mut Verdict) -> Result<()> {
        for (name, file) in &case.expected {
            let expected = self.folder.array(file)?.values.len();
            let Evidence::Maps(maps) = &explanation.evidence;
            let extra = explanation.extras.iter().find(|e| e.0 == *name).map(|e| e.1.len());
            // what a method optimises may be its map
            let found = extra.or_else(|| maps.first().map(|m| m.values.len()));
            if found != Some(expected) {
                verdict.failures.push(format!("{name}: {found:?} values, expected {expected}"));
            }
        }
        Ok(())
    }

    fn explanation(
        &self,
        case: &Case,
        explanation: &Explanation,
        ask: &table::Ask,
        verdict: &mut Verdict,
    ) -> Result<Vec<String>> {
        let map_name = ask.map;
        let Evidence::Maps(maps) = &explanation.evidence;
        let mut seen = Vec::new();
        let mut mass = 0.0;
        for map in maps {
            let values: Vec<f64> = map.values.iter().map(|v| f64::from(*v)).collect();
            mass += values.iter().map(|v| v.abs()).sum::<f64>();
            let named = match &map.grid {
                Grid::Input { name } => format!("{map_name}_{name}"),
                Grid::Layer { .. } => map_name.to_string(),
            };
            let name = if case.expected.contains_key(&named) { named } else { map_name.to_string() };
            if ask.extras.iter().any(|e| e.0 == name) {
                continue;
            }
            self.compare(case, &name, &values, verdict)?;
            seen.push(name);
        }
        for (ours, values) in &explanation.extras {
            let name = ask.extras.iter().find(|e| e.1 == ours).map_or(ours.as_str(), |e| e.0);
            if case.expected.contains_key(name) {
                self.compare(case, name, values, verdict)?;
                seen.push(name.to_string());
            }
        }
        self.scalars(case, explanation, mass, verdict);
        self.consistency(case, explanation, verdict)?;
        Ok(seen)
    }

    /// An attribution along a path satisfies `sum of the map = t(x) - t(baseline) + delta`, whatever the path. A case whose stored map breaks this
    /// with its own stored baseline and delta holds arrays that don't belong together: it is reported, not counted as passed.
    fn consistency(&self, case: &Case, explanation: &Explanation, verdict: &mut Verdict) -> Result<()> {
        let delta = case.scalars.get("delta").and_then(serde_json::Value::as_f64);
        let differences = explanation.extras.iter().find(|e| e.0 == "differences").map(|e| &e.1);
        let (Some(delta), Some(differences)) = (delta, differences) else { return Ok(()) };
        let difference = differences.iter().sum::<f64>() / differences.len() as f64;
        let (mut sum, mut mass) = (0.0, 0.0);
        for (_, file) in case.expected.iter().filter(|e| e.0.starts_with("map")) {
            let map = self.folder.array(file)?;
            sum += map.values.iter().sum::<f64>();
            mass += map.values.iter().map(|v| v.abs()).sum::<f64>();
        }
        let gap = (sum - difference - delta).abs();
        if gap > 1e-3 * mass.max(difference.abs()) {
            verdict.disputed = Some(format!(
                "the stored map sums to {sum:.4}, but the target at the input less that at the stored baseline is {difference:.4}, and delta {delta:.1e}"
            ));
        }
        Ok(())
    }

    fn scalars(&self, case: &Case, explanation: &Explanation, mass: f64, verdict: &mut Verdict) {
        for (name, value) in &case.scalars {
            let Some(expected) = value.as_f64() else { continue };
            let extra = || explanation.extras.iter().find(|e| e.0 == *name).and_then(|e| e.1.first().copied());
            let found = match name.as_str() {
                "target_value" => Some(explanation.target.value),
                "delta" => explanation.checks.iter().find(|c| c.name == "completeness").map(|c| c.residual),
                _ => extra(),
            };
            match found {
                Some(found) => verdict.scalar(case, name, found, expected, mass, self.precision),
                None => verdict.failures.push(format!("scalar {name}: isn't given")),
            }
        }
    }

    /// Gradients and values at inner tensors.
    fn inner(&self, case: &Case, verdict: &mut Verdict) -> Result<()> {
        let rules = match case.method.as_str() {
            "gradient" => gradient_rules(),
            "guided_backprop" => guided_backprop(false),
            "deconvnet" => deconvnet(false),
            other => bail!("inner tensors of `{other}` aren't known"),
        };
        let layers = case.layers();
        let output = self.model.output()?;
        let value = output_value(&self.model, &self.sample, &output)?;
        let target = target::of(self.folder, case.target.as_ref())?.context("inner tensors need a target")?;
        let objective = objective_of(&self.model, &self.sample, &target, &value, &output)?;
        let mut keep = layers.clone();
        keep.push(objective.wire.clone());
        let graph = self.model.graph(1, &keep)?;
        let mut assembly = Assembly::new(&graph, &objective, &[], true)?;
        let wires = layers.iter().map(|l| Ok(assembly.graph.find(l)?)).collect::<Result<Vec<_>>>()?;
        let flows = assembly.pull(&rules, &wires)?;
        let outputs: Vec<_> = flows.iter().chain(&wires).copied().collect();
        assembly.graph.set_outputs(&outputs);
        let found = self.model.session().run(&assembly.graph.prune().0, &self.sample)?;
        for (i, (grad, value)) in found.iter().zip(&found[layers.len()..]).enumerate() {
            self.compare(case, &format!("grad_{i}"), &grad.to_f64(), verdict)?;
            self.compare(case, &format!("value_{i}"), &value.to_f64(), verdict)?;
        }
        Ok(())
    }

    /// Probabilities of every attention, which must be found where the case has them.
    fn attention(&self, case: &Case, verdict: &mut Verdict) -> Result<()> {
        let layers = case.layers();
        let mut graph = (*self.model.graph(1, &layers)?).clone();
        let wires: Vec<_> = query::attention_blocks(&graph).iter().map(|b| b.probabilities).collect();
        let names: Vec<&str> = wires.iter().map(|w| graph.name_of(*w)).collect();
        ensure!(names == layers, "attention is found at {names:?}, not at {layers:?}");
        graph.set_outputs(&wires);
        let found = self.model.session().run(&graph.prune().0, &self.sample)?;
        for (i, a) in found.iter().enumerate() {
            self.compare(case, &format!("attention_{i}"), &a.to_f64(), verdict)?;
        }
        Ok(())
    }

    /// Gradients of several samples in one run.
    fn batch(&self, case: &Case, verdict: &mut Verdict) -> Result<()> {
        let file = case.aux.get("input").context("no batch")?;
        let batch = as_tensor(&self.folder.array(file)?)?;
        let n = batch.shape()[0];
        let output = self.model.output()?;
        let value = output_value(&self.model, &self.sample, &output)?;
        let target: Target = target::of(self.folder, case.target.as_ref())?.context("a batch needs a target")?;
        let objective = objective_of(&self.model, &self.sample, &target, &value, &output)?;
        let graph = self.model.graph(n, std::slice::from_ref(&objective.wire))?;
        let mut assembly = Assembly::new(&graph, &objective, &[], true)?;
        let wrt = assembly.float_inputs();
        let flows = assembly.pull(&gradient_rules(), &wrt)?;
        assembly.graph.set_outputs(&[flows[0], assembly.score]);
        let found = self.model.session().run(&assembly.graph.prune().0, &[batch])?;
        self.compare(case, "map", &found[0].to_f64(), verdict)?;
        self.compare(case, "values", &found[1].to_f64(), verdict)
    }
}

/// The model file of a folder, or the one of its digest among the models.
fn model_path(folder: &Folder, models: &std::path::Path) -> Result<std::path::PathBuf> {
    if let Some(name) = &folder.model {
        return Ok(folder.path.join(name));
    }
    let wanted = folder.model_sha256.as_deref().context("neither a model file nor its digest is given")?;
    for entry in std::fs::read_dir(models).with_context(|| format!("can't read {}", models.display()))? {
        let path = entry?.path().join("model.onnx");
        if path.is_file() && onnx::open(&path).is_ok_and(|m| m.info.sha256 == wanted) {
            return Ok(path);
        }
    }
    bail!("no model with digest {wanted} in {}", models.display())
}

fn as_tensor(array: &npy::Array) -> Result<Tensor> {
    Ok(Tensor::f32(&array.shape, array.values.iter().map(|v| *v as f32).collect())?)
}

//! Running methods on a sample: compiled methods together in one graph, driven ones by themselves.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use pellucid_diff::Assigned;
use pellucid_graph::{DType, Graph, Tensor};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::assembly::Assembly;
use crate::compiled::{Compiled, Forwards, Methods};
use crate::context::Context;
use crate::evidence::{Evidence, Map};
use crate::explanation::{Check, Explanation, TargetInfo};
use crate::layer::Layer;
use crate::method::{Form, Found, Gradients, Kind, MethodInfo, Written};
use crate::model::{Model, Output};
use crate::params::Values;
use crate::provenance::Provenance;
use crate::registry;
use crate::relevance::balance::{self, BalanceLine};
use crate::target::{Objective, Target};
use crate::{ExplainError, Result};

/// A method with its parameters.
#[derive(Clone, Debug)]
pub struct Wish {
    /// Method id.
    pub method: String,
    /// Parameters that aren't default.
    pub params: BTreeMap<String, Value>,
}

impl Wish {
    /// A method with its defaults.
    pub fn of(method: &str) -> Wish {
        Wish { method: method.to_string(), params: BTreeMap::new() }
    }
}

/// What to explain about one sample.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Methods.
    pub methods: Vec<Wish>,
    /// Targets; the model's decision when empty.
    pub targets: Vec<Target>,
    /// Layers; the proposed one when empty.
    pub layers: Vec<String>,
    /// Arrays handed in, by name.
    pub injected: BTreeMap<String, Tensor>,
}

/// The outcome of one sample.
#[derive(Debug)]
pub struct Outcome {
    /// The model's output, before its trailing activation.
    pub output: Output,
    /// Its value, `1 x K [x S..]`.
    pub value: Tensor,
    /// One explanation per target and method, or why there is none.
    pub explanations: Vec<std::result::Result<Explanation, (String, ExplainError)>>,
}

/// Maps, checks and extra arrays of one compiled method.
type Made = Found;

/// Explains a sample: every target by every method.
///
/// # Errors
/// When the sample doesn't fit the model, or no method could even start. A method that fails is reported in its place.
pub fn explain(model: &Model, sample: &[Tensor], request: &Request) -> Result<Outcome> {
    model.fix(sample)?;
    let wishes = request
        .methods
        .iter()
        .map(|w| {
            let info = registry::find(&w.method)?;
            Ok((info, Values::resolve(info.id, info.params, &w.params)?))
        })
        .collect::<Result<Vec<_>>>()?;
    let output = model.output()?;
    let layers = layers_of(model, &wishes, request)?;
    let shared = Shared { layers: &layers, wishes: &wishes, request, forwards: Forwards::default() };
    let value = shared.decision(model, sample, &output)?;
    if let Some(index) = value.first_non_finite() {
        return Err(ExplainError::NonFinite { wire: output.wire, index });
    }
    let targets = match request.targets.as_slice() {
        [] => vec![model.default_target(&value, &output)],
        given => given.to_vec(),
    };
    let mut explanations = Vec::new();
    for target in &targets {
        let objective = objective_of(model, sample, target, &value, &output)?;
        let known = (objective.wire == output.wire).then(|| objective.of(&value));
        explanations.extend(explain_target(model, sample, &objective, known, &shared)?);
    }
    Ok(Outcome { output, value, explanations })
}

/// What the targets of one sample have in common.
struct Shared<'a> {
    layers: &'a [Layer],
    wishes: &'a [(&'static MethodInfo, Values)],
    request: &'a Request,
    forwards: Forwards,
}

impl Shared<'_> {
    /// Value of the wire before the trailing activation, from the forward that the compiled methods read too, where there is one.
    fn decision(&self, model: &Model, sample: &[Tensor], output: &Output) -> Result<Tensor> {
        match self.decision_of_methods(model, sample, output) {
            Ok(Some(value)) => Ok(value),
            Err(error) if error.is_cancelled() => Err(error),
            // a method that can't be written says so in its place
            Ok(None) | Err(_) => output_value(model, sample, output),
        }
    }

    fn decision_of_methods(&self, model: &Model, sample: &[Tensor], output: &Output) -> Result<Option<Tensor>> {
        let target = self.request.targets.first().cloned().unwrap_or(Target::Logit { index: 0 });
        let compiled: Vec<_> = self.wishes.iter().filter(|(m, _)| m.is_compiled()).map(|(m, v)| (*m, v)).collect();
        let Some(form) = Form::ALL.into_iter().find(|f| compiled.iter().any(|(m, v)| needs_of(m, v).form == *f)) else {
            return Ok(None);
        };
        if matches!(target, Target::Unit { .. }) {
            return Ok(None);
        }
        // the weights come later, from the decision; the graph doesn't depend on them
        let shape: Vec<usize> = [1].into_iter().chain(output.shape.iter().skip(1).copied()).collect();
        let classes = output.shape.get(output.class_axis).copied().unwrap_or(1);
        let objective = Objective {
            wire: output.wire.clone(),
            head: target.head(classes),
            weight: Tensor::full(DType::F32, &shape, 0.0),
            class_axis: output.class_axis,
            description: target.described(&model.notes.labels),
            stepped_over: output.activation.clone(),
            target,
        };
        let context = self.context(model, sample, &objective);
        let part: Vec<_> = compiled.into_iter().filter(|(m, v)| needs_of(m, v).form == form).collect();
        Compiled::of(&context, form, &part)?.forward(&context)
    }

    fn context<'c>(&'c self, model: &'c Model, sample: &'c [Tensor], objective: &'c Objective) -> Context<'c> {
        let mut context = Context::new(model, sample, objective, self.layers, &self.request.injected);
        context.forwards = self.forwards.clone();
        context
    }
}

/// Value of the wire before the trailing activation: one forward.
///
/// # Errors
/// When the engine fails.
pub fn output_value(model: &Model, sample: &[Tensor], output: &Output) -> Result<Tensor> {
    let mut graph = (*model.graph(1, std::slice::from_ref(&output.wire))?).clone();
    let wire = graph.find(&output.wire)?;
    graph.set_outputs(&[wire]);
    let values = model.session().run(&graph.prune().0, sample)?;
    values
        .into_iter()
        .next()
        .ok_or_else(|| ExplainError::Target { target: output.name.clone(), reason: "the model gave no value".into() })
}

/// A target made definite; a unit of a layer is read at that layer.
///
/// # Errors
/// When it doesn't fit.
pub fn objective_of(
    model: &Model,
    sample: &[Tensor],
    target: &Target,
    value: &Tensor,
    output: &Output,
) -> Result<Objective> {
    if let Target::Unit { layer, .. } = target {
        let graph = model.graph(1, std::slice::from_ref(layer))?;
        let shape = graph.shape(graph.find(layer)?)?;
        let unit = Output { name: layer.clone(), wire: layer.clone(), activation: None, shape, class_axis: 1 };
        let value = output_value(model, sample, &unit)?;
        return target.resolve(&model.reference(&value, &unit));
    }
    target.resolve(&model.reference(value, output))
}

/// The layers that the methods read: those asked for, the card's, or the one that the graph proposes.
fn layers_of(model: &Model, wishes: &[(&'static MethodInfo, Values)], request: &Request) -> Result<Vec<Layer>> {
    let asked: Vec<&str> = request.layers.iter().map(String::as_str).collect();
    if !asked.is_empty() {
        return asked.into_iter().map(|name| model.layer(Some(name))).collect();
    }
    if !wishes.iter().any(|(m, _)| m.needs.contains(&crate::method::Need::FeatureMap)) {
        return Ok(vec![]);
    }
    if let Some(name) = &model.notes.layer {
        return Ok(vec![model.layer(Some(name))?]);
    }
    // a model without a feature map is no reason to fail methods that don't need one
    Ok(model.layer(None).into_iter().collect())
}

type Reported = std::result::Result<Explanation, (String, ExplainError)>;

/// `known` is the target's value where the model's output has told it already: a forward less.
fn explain_target(
    model: &Model,
    sample: &[Tensor],
    objective: &Objective,
    known: Option<f64>,
    shared: &Shared,
) -> Result<Vec<Reported>> {
    let wishes = shared.wishes;
    let mut context = shared.context(model, sample, objective);
    let digests = Digests::of(&context);
    let compiled: Vec<(&'static MethodInfo, &Values)> =
        wishes.iter().filter(|(m, _)| m.is_compiled()).map(|(m, v)| (*m, v)).collect();
    let start = Instant::now();
    let together = together_or_alone(&mut context, &compiled);
    let compiled_counts = context.counts;
    let compiled_seconds = start.elapsed().as_secs_f64();
    let rules = context.rules.clone();
    let mut together = together.into_iter();
    let value = known.map_or_else(|| context.score(), Ok)?;
    let mut out = Vec::new();
    for (info, values) in wishes {
        let start = Instant::now();
        let mut own = shared.context(model, sample, objective);
        let made = match &info.kind {
            Kind::Compiled { .. } => together.next().unwrap_or_else(|| Err(not_run(info))).inspect(|_| {
                own.counts = compiled_counts;
                own.rules.clone_from(&rules);
            }),
            Kind::Driven(drive) => drive(&mut own, values),
        };
        let seconds = if info.is_compiled() { compiled_seconds } else { start.elapsed().as_secs_f64() };
        let made = made.and_then(|found| something(&own, found));
        out.push(match made {
            Ok(found) => Ok(finish(&own, info, values, &digests, (value, seconds), found)),
            Err(error) if error.is_cancelled() => return Err(error),
            Err(error) => Err((info.id.to_string(), named(error, info))),
        });
    }
    Ok(out)
}

/// What was found, unless that is nothing: an explanation without evidence would look like one that says "nowhere".
fn something(context: &Context, found: Found) -> Result<Found> {
    let Evidence::Maps(maps) = &found.evidence;
    if !maps.is_empty() {
        return Ok(found);
    }
    if !context.float_inputs()?.is_empty() {
        context.layer()?;
    }
    Err(ExplainError::Needs {
        method: "this method".into(),
        reason: "reads an input or a feature map, and the model has no input of real numbers".into(),
        hint: "a model of text alone can't be explained by maps".into(),
    })
}

/// An error of a shared helper, with the method's name in it.
fn named(error: ExplainError, info: &MethodInfo) -> ExplainError {
    match error {
        ExplainError::Needs { method, reason, hint } if method == "this method" => {
            ExplainError::Needs { method: info.id.into(), reason, hint }
        }
        other => other,
    }
}

fn not_run(info: &MethodInfo) -> ExplainError {
    ExplainError::Needs {
        method: info.id.into(),
        reason: "didn't run".into(),
        hint: "this is a mistake in Pellucid".into(),
    }
}

/// All compiled methods in one graph; when that fails, one by one, so that each failure is reported at its own method.
fn together_or_alone(context: &mut Context, methods: &[(&'static MethodInfo, &Values)]) -> Vec<Result<Made>> {
    if methods.is_empty() {
        return vec![];
    }
    if let Ok(all) = compiled(context, methods) {
        return all.into_iter().map(Ok).collect();
    }
    methods.iter().map(|m| compiled(context, &[*m]).and_then(|mut v| v.pop().ok_or_else(|| not_run(m.0)))).collect()
}

/// The gradients that a compiled method reads; none for a driven one.
fn needs_of(info: &MethodInfo, values: &Values) -> Gradients {
    match &info.kind {
        Kind::Compiled { needs, .. } => needs(values),
        Kind::Driven(_) => Gradients::default(),
    }
}

/// The graph that a compiled method is written into.
pub(crate) fn base_graph(context: &Context, batch: usize, info: &MethodInfo, values: &Values) -> Result<Arc<Graph>> {
    context.model.graph_in(needs_of(info, values).form, batch, &context.kept())
}

/// Runs compiled methods: one forward and one plain backward for all that share a graph.
pub(crate) fn compiled(context: &mut Context, methods: &[(&'static MethodInfo, &Values)]) -> Result<Vec<Made>> {
    let forms: Vec<Form> = methods.iter().map(|(m, v)| needs_of(m, v).form).collect();
    let mut out: Vec<Option<Made>> = methods.iter().map(|_| None).collect();
    for form in Form::ALL {
        let places: Vec<usize> = (0..methods.len()).filter(|&i| forms[i] == form).collect();
        let part: Vec<(&'static MethodInfo, &Values)> = places.iter().map(|&i| methods[i]).collect();
        if part.is_empty() {
            continue;
        }
        for (place, made) in places.into_iter().zip(sharing_one_graph(context, form, &part)?) {
            out[place] = Some(made);
        }
    }
    Ok(out.into_iter().flatten().collect())
}

fn sharing_one_graph(context: &mut Context, form: Form, methods: &Methods) -> Result<Vec<Made>> {
    let compiled = Compiled::of(context, form, methods)?;
    let values = compiled.run(context)?;
    context.counts.forwards += 1;
    context.counts.backwards += u64::from(!compiled.rules.is_empty());
    context.rules.clone_from(&compiled.rules);
    let mut values = values.into_iter();
    compiled.written.iter().map(|w| collect(w, &mut values)).collect()
}

/// The model, the target and the nodes of the methods in one graph.
pub(crate) fn assemble(
    graph: &Graph,
    context: &Context,
    methods: &[(&'static MethodInfo, &Values)],
    frozen: bool,
) -> Result<(Assembly, Vec<Written>)> {
    let mut assembly = Assembly::new(graph, context.objective, context.layers, frozen)?;
    assembly.injected.clone_from(context.injected);
    let mut needs = Gradients::default();
    for (info, values) in methods {
        let n = needs_of(info, values);
        needs.layers |= n.layers;
        needs.inputs |= n.inputs;
        needs.attention |= n.attention;
    }
    assembly.take_gradients(needs)?;
    let mut written = Vec::new();
    for (info, values) in methods {
        match &info.kind {
            Kind::Compiled { write, .. } => written.push(write(&mut assembly, values)?),
            Kind::Driven(_) => return Err(not_run(info)),
        }
    }
    Ok((assembly, written))
}

/// Maps and checks of one method from the graph's outputs.
fn collect(written: &Written, values: &mut impl Iterator<Item = Tensor>) -> Result<Made> {
    let mut maps = Vec::new();
    for map in &written.maps {
        let Some(tensor) = values.next() else { break };
        if let Some(index) = tensor.first_non_finite() {
            return Err(ExplainError::NonFinite { wire: "attribution map".into(), index });
        }
        let shape = tensor.shape()[1..].to_vec();
        maps.push(Map { grid: map.grid.clone(), shape, values: tensor.to_f32() });
    }
    let mut checks = Vec::new();
    for check in &written.checks {
        let (Some(found), Some(expected)) = (values.next(), values.next()) else { break };
        let (found, expected) = (found.to_f64()[0], expected.to_f64()[0]);
        checks.push(Check::equal(check.name, check.statement, found, expected, 0.0, check.tolerance));
    }
    let mut extras = Vec::new();
    for (name, _) in &written.extras {
        let Some(tensor) = values.next() else { break };
        extras.push(((*name).to_string(), tensor.to_f64()));
    }
    let mut balance = Vec::new();
    for line in &written.balance {
        let (Some(received), Some(passed)) = (values.next(), values.next()) else { break };
        balance.push(BalanceLine {
            node: line.node.node.clone(),
            op: line.node.op.clone(),
            rule: line.node.rule.clone(),
            received: received.to_f64()[0],
            passed: passed.to_f64()[0],
        });
    }
    Ok(Found { evidence: Evidence::Maps(maps), checks, extras, balance })
}

/// A method as a graph of its own, with the target frozen: inputs are the model's, outputs the maps.
///
/// # Errors
/// When the method isn't compiled, or doesn't fit the model.
pub fn export(
    model: &Model,
    sample: &[Tensor],
    wish: &Wish,
    target: Option<&Target>,
    layers: &[String],
) -> Result<Graph> {
    model.fix(sample)?;
    let info = registry::find(&wish.method)?;
    if !info.is_compiled() {
        return Err(ExplainError::Needs {
            method: info.id.into(),
            reason: "is a loop that asks the model many times, so it can't be one graph".into(),
            hint: "`pellucid methods` marks those that can be exported as `compiled`".into(),
        });
    }
    let values = Values::resolve(info.id, info.params, &wish.params)?;
    let output = model.output()?;
    let value = output_value(model, sample, &output)?;
    let target = target.cloned().unwrap_or_else(|| model.default_target(&value, &output));
    let objective = objective_of(model, sample, &target, &value, &output)?;
    let wishes = [(info, values)];
    let request = Request { layers: layers.to_vec(), ..Request::default() };
    let layers = layers_of(model, &wishes, &request)?;
    let context = Context::new(model, sample, &objective, &layers, &request.injected);
    let graph = base_graph(&context, 1, info, &wishes[0].1)?;
    let (mut assembly, written) = assemble(&graph, &context, &[(info, &wishes[0].1)], true)?;
    let mut outputs = Vec::new();
    for (i, map) in written[0].maps.iter().enumerate() {
        let name = if written[0].maps.len() == 1 { "map".to_string() } else { format!("map_{i}") };
        let named = assembly.build("export").identity(map.wire)?;
        let name = assembly.graph.fresh_name(&name);
        assembly.graph.rename(named, &name)?;
        outputs.push(named);
    }
    outputs.push(assembly.score);
    assembly.graph.set_outputs(&outputs);
    Ok(assembly.graph.prune().0)
}

/// `node (operator): rule, because`, for provenance.
pub(crate) fn rule_lines(assignment: &[Assigned]) -> Vec<String> {
    assignment.iter().map(|a| format!("{} ({}): {}, {}", a.node, a.op, a.rule, a.because)).collect()
}

fn finish(
    context: &Context,
    info: &'static MethodInfo,
    values: &Values,
    digests: &Digests,
    (value, seconds): (f64, f64),
    found: Found,
) -> Explanation {
    let objective = context.objective;
    let mut notes = context.notes.clone();
    if let Some(activation) = &objective.stepped_over {
        notes.push(format!("the model ends in {activation}; the value before it is explained"));
    }
    notes.extend(context.model.batch_note());
    notes.extend(balance::summary(&found.balance));
    let class = objective.target.class();
    Explanation {
        method: info.id.to_string(),
        target: TargetInfo {
            description: objective.description.clone(),
            class,
            label: class.and_then(|c| context.model.notes.labels.get(c).cloned()),
            value,
            stepped_over: objective.stepped_over.clone(),
        },
        site: site_of(info, context.layers),
        evidence: found.evidence,
        checks: found.checks,
        extras: found.extras,
        balance: found.balance,
        notes,
        counts: context.counts,
        provenance: provenance(context, info, values, digests, seconds),
    }
}

fn site_of(info: &MethodInfo, layers: &[Layer]) -> String {
    use crate::method::Need;
    if info.needs.contains(&Need::Attention) {
        return "attention".into();
    }
    if !info.needs.contains(&Need::FeatureMap) {
        return "input".into();
    }
    layers.iter().map(|l| format!("{} ({})", l.name, l.because)).collect::<Vec<_>>().join(", ")
}

fn provenance(context: &Context, info: &MethodInfo, values: &Values, digests: &Digests, seconds: f64) -> Provenance {
    let model = context.model;
    let engine = model.session().engine();
    let mut parameters = values.all();
    parameters.insert("target".into(), serde_json::to_value(&context.objective.target).unwrap_or_default());
    let layers: Vec<&str> = context.layers.iter().map(|l| l.name.as_str()).collect();
    parameters.insert("layers".into(), Value::from(layers));
    Provenance {
        pellucid: env!("CARGO_PKG_VERSION").into(),
        model_sha256: model.info.sha256.clone(),
        graph_sha256: digests.graph.clone(),
        inputs_sha256: digests.inputs.clone(),
        method: info.id.into(),
        revision: info.revision,
        parameters,
        rules: context.rules.clone(),
        engine: format!("{} {}", engine.id(), engine.version()),
        device: engine.device(),
        seconds,
        time: now(),
        preprocessing: vec![],
    }
}

/// Digests of what was explained, the same for every method.
struct Digests {
    graph: String,
    inputs: BTreeMap<String, String>,
}

impl Digests {
    fn of(context: &Context) -> Digests {
        let source = context.model.source();
        let names = source.inputs().iter().map(|w| source.name_of(*w).to_string());
        // the session knows the digests of the weights
        let graph = context.graph(1).map(|g| hex(&context.session().digest(&g))).unwrap_or_default();
        Digests { graph, inputs: names.zip(context.inputs.iter().map(sha256)).collect() }
    }
}

/// Digest of a tensor: shape, then values.
pub fn sha256(tensor: &Tensor) -> String {
    let mut hash = Sha256::new();
    for n in tensor.shape() {
        hash.update((*n as u64).to_le_bytes());
    }
    for v in tensor.to_f64() {
        hash.update(v.to_le_bytes());
    }
    hex(&hash.finalize())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// The time as RFC 3339 in UTC, to the second.
fn now() -> String {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    rfc3339(since.as_secs())
}

/// Civil date from days since 1970 (proleptic Gregorian calendar, eras of 400 years).
fn rfc3339(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let z = days as i64 + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = doy - (153 * mp + 2) / 5 + 1;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", rest / 3600, rest / 60 % 60, rest % 60)
}

#[cfg(test)]
mod tests {
    #[test]
    fn dates_are_civil() {
        assert_eq!(super::rfc3339(0), "1970-01-01T00:00:00Z");
        assert_eq!(super::rfc3339(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(super::rfc3339(1_764_028_861), "2025-11-25T00:01:01Z");
    }
}

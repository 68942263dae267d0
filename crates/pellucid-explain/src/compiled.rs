//! Compiled methods written into one graph, and that graph in two halves: what doesn't depend on the target's weights, and the rest.
//!
//! One run of the first half gives the model's decision and everything that the way back reads, so that one forward serves the decision and
//! every target. Writing the graph costs about as much as running it (weights are turned round for the way back), so it is kept.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use pellucid_graph::{Graph, Tensor, cut, volume};

use crate::context::Context;
use crate::method::{Form, MethodInfo, Written};
use crate::params::Values;
use crate::{Result, run};

/// Methods with their parameters.
pub(crate) type Methods<'v> = [(&'static MethodInfo, &'v Values)];

/// Methods in one graph, ready to run for any target of the same head.
pub(crate) struct Compiled {
    /// What each method wrote.
    pub written: Vec<Written>,
    /// Rules of the backward pass.
    pub rules: Vec<String>,
    /// Inputs: the model's, then the target's weights.
    whole: Graph,
    halves: Option<Halves>,
    key: String,
}

struct Halves {
    /// Inputs as of the whole; outputs: the wire that the target reads, then what the second half reads.
    first: Graph,
    /// Inputs: the target's weights, then what the first half made.
    second: Graph,
}

/// Values that first halves gave for one sample, by graph.
#[derive(Clone, Default)]
pub(crate) struct Forwards(Arc<Mutex<HashMap<String, Vec<Tensor>>>>);

/// The graphs of a model, those used last at the end.
#[derive(Default)]
pub(crate) struct Kept(Mutex<Vec<Arc<Compiled>>>);

/// Each graph holds weights of its own, so only a few are kept.
const MOST_KEPT: usize = 4;

impl Compiled {
    /// The methods in one graph, all of one form.
    ///
    /// # Errors
    /// When one of them doesn't fit the model or the target.
    pub fn of(context: &Context, form: Form, methods: &Methods) -> Result<Arc<Compiled>> {
        // arrays from outside become constants of the graph
        if !context.injected.is_empty() {
            return Ok(Arc::new(Compiled::made(context, form, methods, String::new())?));
        }
        let key = key(context, form, methods);
        if let Some(kept) = context.model.compiled.take(&key) {
            return Ok(kept);
        }
        let made = Arc::new(Compiled::made(context, form, methods, key)?);
        context.model.compiled.put(made.clone());
        Ok(made)
    }

    fn made(context: &Context, form: Form, methods: &Methods, key: String) -> Result<Compiled> {
        let graph = context.model.graph_in(form, 1, &context.kept())?;
        let (mut assembly, written) = run::assemble(&graph, context, methods, false)?;
        let mut outputs = Vec::new();
        for w in &written {
            outputs.extend(w.maps.iter().map(|m| m.wire));
            outputs.extend(w.checks.iter().flat_map(|c| [c.found, c.expected]));
            outputs.extend(w.extras.iter().map(|e| e.1));
            outputs.extend(w.balance.iter().flat_map(|b| [b.received, b.passed]));
        }
        assembly.graph.set_outputs(&outputs);
        let rules = run::rule_lines(&assembly.assignment);
        let whole = assembly.graph.prune().0;
        let read = assembly.graph.find(&context.objective.wire)?;
        // what the halves hand over lies in memory twice while the second one runs
        let room = context.session().memory() / 4;
        let suffix = cut::suffix(&assembly.graph, &[assembly.weight], &outputs).ok();
        let halves = suffix.filter(|s| bytes(&s.graph) <= room).map(|suffix| {
            let ends = [&[read], suffix.live.as_slice()].concat();
            Halves { first: cut::with_outputs(&assembly.graph, &ends), second: suffix.graph }
        });
        Ok(Compiled { written, rules, whole, halves, key })
    }

    /// The value of the wire that the target reads, from a run that is kept for [`Compiled::run`]; `None` when it wouldn't be.
    ///
    /// # Errors
    /// When the engine fails.
    pub fn forward(&self, context: &Context) -> Result<Option<Tensor>> {
        if self.key.is_empty() {
            return Ok(None);
        }
        Ok(self.first_half(context)?.and_then(|values| values.into_iter().next()))
    }

    /// Values of everything that the methods wrote, in the order of the graph's outputs.
    ///
    /// # Errors
    /// When the engine fails.
    pub fn run(&self, context: &Context) -> Result<Vec<Tensor>> {
        let weight = context.objective.weight.clone();
        if let (Some(halves), Some(values)) = (&self.halves, self.first_half(context)?) {
            let inputs: Vec<Tensor> = [weight].into_iter().chain(values.into_iter().skip(1)).collect();
            return Ok(context.session().run(&halves.second, &inputs)?);
        }
        Ok(context.session().run(&self.whole, &with(context.inputs, weight))?)
    }

    fn first_half(&self, context: &Context) -> Result<Option<Vec<Tensor>>> {
        let Some(halves) = &self.halves else { return Ok(None) };
        let lock = || context.forwards.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().get(&self.key) {
            return Ok(Some(known.clone()));
        }
        let values = context.session().run(&halves.first, &with(context.inputs, context.objective.weight.clone()))?;
        if !self.key.is_empty() {
            lock().insert(self.key.clone(), values.clone());
        }
        Ok(Some(values))
    }
}

impl Kept {
    fn take(&self, key: &str) -> Option<Arc<Compiled>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = kept.iter().position(|c| c.key == key)?;
        let found = kept.remove(place);
        kept.push(found.clone());
        Some(found)
    }

    fn put(&self, made: Arc<Compiled>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|c| c.key != made.key);
        kept.push(made);
        if kept.len() > MOST_KEPT {
            kept.remove(0);
        }
    }
}

/// Everything that decides what the graph is. The target's weights don't: they are an input.
fn key(context: &Context, form: Form, methods: &Methods) -> String {
    let shapes: Vec<&[usize]> = context.inputs.iter().map(Tensor::shape).collect();
    let methods: Vec<String> = methods.iter().map(|(info, values)| format!("{} {values:?}", info.id)).collect();
    let o = context.objective;
    let target = (&o.wire, o.head, o.weight.shape(), o.class_axis);
    format!("{shapes:?} {form:?} {:?} {target:?} {methods:?}", context.layers)
}

fn with(inputs: &[Tensor], weight: Tensor) -> Vec<Tensor> {
    inputs.iter().cloned().chain([weight]).collect()
}

/// Bytes of a graph's inputs.
fn bytes(graph: &Graph) -> u64 {
    let size = |shape: Vec<usize>| volume(&shape).map_or(u64::MAX, |n| n as u64);
    let sizes = graph.inputs().iter().map(|w| {
        let width = graph.dtype(*w).map_or(8, |d| d.size() as u64);
        graph.shape(*w).map_or(u64::MAX, size).saturating_mul(width)
    });
    sizes.fold(0, u64::saturating_add)
}

#[cfg(test)]
mod tests {
    use crate::run::{Request, Wish, explain};
    use crate::target::Target;
    use crate::testing::{Bench, assert_close, bench, deep_net, one_map, random};

    fn net() -> Bench {
        bench(deep_net(&[6, 5]), vec![random(&[1, 2, 6, 5], 4)], 1)
    }

    /// Targets that share a forward get what each gets from a model that was opened for it alone.
    #[test]
    fn one_forward_serves_the_decision_and_every_target() {
        let targets =
            [Target::Logit { index: 0 }, Target::Logit { index: 1 }, Target::Contrast { index: 0, against: 1 }];
        let methods = ["saliency", "grad-cam", "input-x-gradient"];
        let request = |targets: &[Target], methods: &[&str]| Request {
            methods: methods.iter().map(|m| Wish::of(m)).collect(),
            targets: targets.to_vec(),
            ..Request::default()
        };
        let bench = net();
        for _ in 0..2 {
            let before = bench.model.session().counts();
            let together = explain(&bench.model, &bench.inputs, &request(&targets, &methods)).unwrap();
            let after = bench.model.session().counts();
            assert_eq!(after.plan_runs - before.plan_runs, 1 + targets.len());
            let mut found = together.explanations.into_iter().map(Result::unwrap);
            for target in &targets {
                for method in methods {
                    let found = found.next().unwrap();
                    let fresh = net();
                    let alone = explain(&fresh.model, &fresh.inputs, &request(std::slice::from_ref(target), &[method]))
                        .unwrap();
                    let alone = alone.explanations.into_iter().next().unwrap().unwrap();
                    assert_eq!((found.method.as_str(), found.target.value), (method, alone.target.value));
                    assert_close(&one_map(&found), &one_map(&alone), 1e-5);
                }
            }
        }
    }

    /// Parameters, layers and the head of the target decide what the graph is; another one is never taken from what was kept.
    #[test]
    fn another_head_gets_another_graph() {
        let bench = net();
        let of = |target: Target, model: &crate::Model| {
            let request = Request { methods: vec![Wish::of("saliency")], targets: vec![target], ..Request::default() };
            one_map(explain(model, &bench.inputs, &request).unwrap().explanations[0].as_ref().unwrap())
        };
        let logit = of(Target::Logit { index: 0 }, &bench.model);
        let probability = of(Target::Probability { index: 0 }, &bench.model);
        assert_ne!(logit, probability);
        let fresh = net();
        assert_close(&probability, &of(Target::Probability { index: 0 }, &fresh.model), 1e-6);
    }
}

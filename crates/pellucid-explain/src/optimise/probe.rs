//! Score of the input under a mask, with its gradient by the mask.

use pellucid_graph::Tensor;

use crate::context::Context;
use crate::method::{Form, Gradients};
use crate::optimise::axis::Separable;
use crate::optimise::composite::Composite;
use crate::perturbation::site::Site;
use crate::stepwise::Stepwise;
use crate::target::Objective;
use crate::{ExplainError, Result};

/// What is read at a mask.
pub(crate) struct Reading {
    /// The score.
    pub score: f64,
    /// Its gradient by the mask, `S..`.
    pub gradient: Vec<f64>,
}

/// The covered inputs of a model, ready to be scored under masks.
pub(crate) struct Probe<'a> {
    steps: Stepwise<'a>,
    inputs: &'a [Tensor],
    sites: Vec<Site>,
    composites: Vec<Composite>,
    /// Of each site the place of its gradient.
    places: Vec<usize>,
}

const INPUTS: Gradients = Gradients { layers: false, inputs: true, attention: false, form: Form::Canonical };

impl<'a> Probe<'a> {
    /// Sites with what each looks like under a mask, and the score.
    pub fn new(
        context: &Context<'a>,
        objective: &Objective,
        sites: Vec<Site>,
        composites: Vec<Composite>,
    ) -> Probe<'a> {
        let inputs = context.inputs;
        let place = |s: &Site| inputs[..s.input].iter().filter(|t| t.dtype().is_float()).count();
        let places = sites.iter().map(place).collect();
        Probe { steps: Stepwise::new(context, objective, INPUTS), inputs, sites, composites, places }
    }

    /// Scores and gradients at some masks; `view` is a change of the composite that the model sees (moved, mirrored), the same for all.
    ///
    /// # Errors
    /// When the engine fails or is cancelled, no gradient reaches the input, or a score or gradient isn't finite.
    pub fn read(&self, context: &mut Context, masks: &[Vec<f64>], view: Option<&Separable>) -> Result<Vec<Reading>> {
        let seen = |composite: Vec<f64>| view.map_or_else(|| composite.clone(), |v| v.apply(&composite));
        let make = |i: usize| -> Result<Vec<Tensor>> {
            let mut made = self.inputs.to_vec();
            for (site, composite) in self.sites.iter().zip(&self.composites) {
                made[site.input] = site.with(seen(composite.at(&masks[i])));
            }
            Ok(made)
        };
        let mut out = Vec::with_capacity(masks.len());
        self.steps.step(context, masks.len(), &make, &mut |i, found| {
            out.push(self.reading(&masks[i], &found, view)?);
            Ok(())
        })?;
        Ok(out)
    }

    fn reading(&self, mask: &[f64], found: &[Tensor], view: Option<&Separable>) -> Result<Reading> {
        let score = found[0].to_f64()[0];
        if !score.is_finite() {
            return Err(ExplainError::NonFinite { wire: "score of the masked input".into(), index: 0 });
        }
        let mut gradient = vec![0.0; mask.len()];
        for ((site, composite), place) in self.sites.iter().zip(&self.composites).zip(&self.places) {
            let flow = &found[1 + place];
            if let Some(index) = flow.first_non_finite() {
                return Err(ExplainError::NonFinite { wire: "gradient at the masked input".into(), index });
            }
            let flow = site.planes.split(flow);
            let flow = view.map_or_else(|| flow.clone(), |v| v.adjoint(&flow));
            gradient.iter_mut().zip(composite.pull(mask, &flow)).for_each(|(g, p)| *g += p);
        }
        Ok(Reading { score, gradient })
    }
}

//! One sample with what is explained about it, as metrics want to see it: values in, probabilities and maps out.

use std::collections::BTreeMap;

use pellucid_explain::{
    Context, Explanation, Head, Model, Objective, Planes, Request, Target, Wish, apply_head, explain, objective_of,
    output_value, wins,
};
use pellucid_graph::{DType, Tensor};
use pellucid_metrics::{Image, MetricError, Rows};

use crate::Result;
use crate::method::{Attribution, fault};

/// A method with its parameters and the arrays handed in to it.
pub(crate) struct Ask<'a> {
    pub wish: &'a Wish,
    pub injected: &'a BTreeMap<String, Tensor>,
}

/// A sample under evaluation. The target is that of the clean sample and stays the same whatever the input becomes.
pub struct Subject<'m> {
    model: &'m Model,
    sample: Vec<Tensor>,
    input: usize,
    name: String,
    planes: Planes,
    channels: usize,
    objective: Objective,
    clean: Tensor,
    values: Vec<f64>,
    region: Option<Vec<bool>>,
}

impl<'m> Subject<'m> {
    /// The sample with a target; the model's decision when there is none.
    ///
    /// # Errors
    /// When the sample doesn't fit, or has no input with spatial axes.
    pub fn new(model: &'m Model, sample: &[Tensor], target: Option<Target>) -> Result<Subject<'m>> {
        model.fix(sample)?;
        let output = model.output()?;
        let clean = output_value(model, sample, &output)?;
        let target = target.unwrap_or_else(|| model.default_target(&clean, &output));
        let objective = objective_of(model, sample, &target, &clean, &output)?;
        let planes = Planes::of(model, sample)?;
        let spatial = |i: usize| sample[i].dtype().is_float() && !planes[i].spatial().is_empty();
        let Some(input) = (0..sample.len()).find(|&i| spatial(i)) else {
            return Err(fault("no input of the model has spatial axes").into());
        };
        let name = model.inputs()?.get(input).map(|i| i.0.clone()).unwrap_or_default();
        let planes = planes[input].clone();
        let values = planes.split(&sample[input]);
        let channels = values.len() / planes.positions().max(1);
        let region = region(&clean, output.class_axis, objective.target.class());
        Ok(Subject { model, sample: sample.to_vec(), input, name, planes, channels, objective, clean, values, region })
    }

    /// Spatial sizes of the image input.
    pub fn grid(&self) -> &[usize] {
        self.planes.spatial()
    }

    /// Number of channels of the image input.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Name of the image input.
    pub fn input_name(&self) -> &str {
        &self.name
    }

    /// The explained class; 0 for a target that is about none.
    pub fn class(&self) -> usize {
        self.objective.target.class().unwrap_or(0)
    }

    /// Number of classes.
    pub fn classes(&self) -> usize {
        self.clean.shape().get(self.objective.class_axis).copied().unwrap_or(1)
    }

    /// What is explained.
    pub fn target(&self) -> &Target {
        &self.objective.target
    }

    /// The model.
    pub fn model(&self) -> &'m Model {
        self.model
    }

    /// The sample.
    pub fn sample(&self) -> &[Tensor] {
        &self.sample
    }

    /// The image input, `C x S..`.
    ///
    /// # Errors
    /// When it is empty.
    pub fn image(&self) -> pellucid_metrics::Result<Image<'_>> {
        Image::new(self.channels, self.grid(), &self.values)
    }

    /// Values in the order of the model's axes as `C x S..`.
    pub(crate) fn channels_first(&self, values: &[f64]) -> std::result::Result<Vec<f64>, MetricError> {
        if values.len() != self.values.len() {
            return Err(fault("the map has another size than the image input"));
        }
        let shape = self.sample[self.input].shape().to_vec();
        Ok(self.planes.split(&Tensor::from_f64(DType::F64, shape, values.to_vec())))
    }

    fn with(&self, row: &[f64]) -> Vec<Tensor> {
        let mut made = self.sample.clone();
        made[self.input] = self.planes.join(self.sample[self.input].dtype(), row.to_vec());
        made
    }

    /// Probabilities of all classes for each row; of a segmentation, their mean over the frozen region.
    ///
    /// # Errors
    /// When the model can't be run.
    pub fn outputs(&self, rows: Rows<'_>) -> pellucid_metrics::Result<Vec<f64>> {
        let inputs: Vec<&[f64]> = rows.iter().collect();
        let nothing = BTreeMap::new();
        let mut context = Context::new(self.model, &self.sample, &self.objective, &[], &nothing);
        let mut out = Vec::new();
        let make = |i: usize| Ok(self.with(inputs[i]));
        let found = context.values(inputs.len(), "evaluating", &make, &mut |_, values| {
            out.extend(self.probabilities(&values[0]));
            Ok(())
        });
        found.map_err(|e| MetricError::Model(Box::new(e)))?;
        Ok(out)
    }

    fn probabilities(&self, value: &Tensor) -> Vec<f64> {
        let (axis, k) = (self.objective.class_axis, self.classes());
        let single = k == 1 || self.objective.stepped_over.as_deref() == Some("Sigmoid");
        let head = if single { Head::Sigmoid } else { Head::Softmax };
        let p = apply_head(head, &value.to_f64(), value.shape(), axis);
        let Some(region) = &self.region else { return p };
        let inner: usize = value.shape()[axis + 1..].iter().product();
        let count = region.iter().filter(|r| **r).count().max(1) as f64;
        let at = |c: usize, site: usize| p[(site / inner * k + c) * inner + site % inner];
        let mean = |c: usize| (0..region.len()).filter(|&s| region[s]).map(|s| at(c, s)).sum::<f64>() / count;
        (0..k).map(mean).collect()
    }

    /// The explanation of the sample by a method.
    ///
    /// # Errors
    /// When the method fails.
    pub fn explanation(&self, wish: &Wish) -> Result<Explanation> {
        let ask = Ask { wish, injected: &BTreeMap::new() };
        Ok(self.explained(self.model, &self.sample, &ask, self.objective.target.clone())?)
    }

    fn explained(
        &self,
        model: &Model,
        sample: &[Tensor],
        ask: &Ask,
        target: Target,
    ) -> pellucid_explain::Result<Explanation> {
        let request = Request {
            methods: vec![ask.wish.clone()],
            targets: vec![target],
            injected: ask.injected.clone(),
            ..Request::default()
        };
        let outcome = explain(model, sample, &request)?;
        match outcome.explanations.into_iter().next() {
            Some(Ok(explanation)) => Ok(explanation),
            Some(Err((_, error))) => Err(error),
            None => Err(pellucid_explain::ExplainError::Target {
                target: "the target".into(),
                reason: "gave no explanation".into(),
            }),
        }
    }

    /// The attribution of a row, for another model or target where one is given.
    pub(crate) fn attribution(
        &self,
        ask: &Ask,
        row: &[f64],
        model: Option<&Model>,
        target: Option<Target>,
    ) -> std::result::Result<Attribution, MetricError> {
        let target = target.unwrap_or_else(|| self.objective.target.clone());
        let found = self.explained(model.unwrap_or(self.model), &self.with(row), ask, target);
        Attribution::of(self, &found.map_err(|e| MetricError::Model(Box::new(e)))?)
    }

    /// Values of a tensor like the image input, `C x S..`.
    ///
    /// # Errors
    /// When it has another shape.
    pub(crate) fn split(&self, tensor: &Tensor) -> std::result::Result<Vec<f64>, MetricError> {
        if tensor.shape() != self.sample[self.input].shape() {
            return Err(fault("the baseline has another shape than the image input"));
        }
        Ok(self.planes.split(tensor))
    }

    /// The values of the image input.
    pub(crate) fn values(&self) -> &[f64] {
        &self.values
    }
}

/// Where the explained class wins on the clean input, of an output with spatial axes; everywhere when it wins nowhere.
fn region(clean: &Tensor, axis: usize, class: Option<usize>) -> Option<Vec<bool>> {
    let found = wins(clean, axis, class?);
    let several = found.len() > 1;
    several.then(|| if found.contains(&true) { found } else { vec![true; found.len()] })
}

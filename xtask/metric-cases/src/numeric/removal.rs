//! Faithfulness by curves of removal.

use pellucid_metrics::faithfulness::aopc::{self, Perturbation};
use pellucid_metrics::faithfulness::road::Removal;
use pellucid_metrics::faithfulness::{Order, Steps};
use pellucid_metrics::faithfulness::{
    comprehensiveness, deletion, impute, insertion, irof, pixel_flipping, road, selectivity, sufficiency,
};
use pellucid_metrics::{Baseline, Evaluator, Heatmap, Image, rise_blur, rise_kernel};
use serde_json::{Value, json};

use super::{curve, defined, part, series};
use crate::decode::{Array, CaseError, Input, Result};
use crate::encode::{array, list, number, object, outcome};
use crate::model::ClosedForm;
use crate::run::Table;

/// Functions by metric.
pub static TABLE: Table = &[
    ("deletion_insertion", deletion_insertion),
    ("pixel_flipping", flipping),
    ("aopc_region_perturbation", regions),
    ("road", road_of),
    ("irof", irof_of),
    ("eraser_comprehensiveness_sufficiency", eraser),
];

/// Input, model and target of a case.
pub(super) struct Setting {
    pub x: Array,
    pub model: ClosedForm,
    pub target: usize,
}

impl Setting {
    pub fn read(input: &Input) -> Result<Setting> {
        let (model, x) = (ClosedForm::read(&input.get("model")?)?, input.array_of("x")?);
        let target = input.index_of("target")?;
        model.check(x.data.len(), target)?;
        Ok(Setting { x, model, target })
    }

    pub fn image(&self) -> Result<Image<'_>> {
        image(&self.x)
    }
}

fn image(x: &Array) -> Result<Image<'_>> {
    match x.shape.split_first() {
        Some((&channels, grid)) if !grid.is_empty() => Ok(Image::new(channels, grid, &x.data)?),
        _ => Err(CaseError::Input("an image of channels and at least one axis expected".into())),
    }
}

fn heatmap(array: &Array) -> Result<Heatmap<'_>> {
    Ok(Heatmap::new(&array.shape, &array.data)?)
}

pub(super) fn constant(input: &Input) -> Result<Baseline> {
    Ok(Baseline::Constant(input.number_of("baseline_value")?))
}

fn deletion_insertion(input: &Input) -> Result<Value> {
    if input.has("klen") {
        let axis = rise_kernel(input.index_of("klen")?, input.number_of("sigma")?)?;
        let kernel: Vec<f64> = axis.iter().flat_map(|a| axis.iter().map(move |b| a * b)).collect();
        let sum = number(kernel.iter().sum());
        return Ok(object([("kernel", array(&[axis.len(), axis.len()], kernel)), ("sum", sum)]));
    }
    let Setting { x, mut model, target } = Setting::read(input)?;
    let (image, map) = (image(&x)?, input.array_of("heatmap")?);
    let (map, step) = (heatmap(&map)?, Steps::of(input.index_of("step_pixels")?));
    let mut evaluator = Evaluator::new(&mut model, target).batch(7);
    let del = deletion::evaluate(&mut evaluator, &image, &map, step, &Baseline::Zero)?;
    let ins = insertion::evaluate(&mut evaluator, &image, &map, step, &Baseline::RiseBlur)?;
    // The listed image is rounded to 12 digits: it shows that the blur is the right one, and isn't used.
    if input.has("insertion_baseline_image") {
        let listed = input.array_of("insertion_baseline_image")?;
        let off = |(a, b): (&f64, &f64)| (a - b).abs() > 1e-9 * (1.0 + b.abs());
        if rise_blur(&image).iter().zip(&listed.data).any(off) {
            return Err(CaseError::Input("the blurred image differs from the listed one".into()));
        }
    }
    let x = del.curve.as_ref().map(|c| list(c.x.iter().copied())).unwrap_or_default();
    Ok(object([
        ("deletion_curve", curve(&del)),
        ("insertion_curve", curve(&ins)),
        ("fraction_changed", x),
        ("deletion_auc_uniform", outcome(del.value)),
        ("insertion_auc_uniform", outcome(ins.value)),
        ("deletion_auc_by_fraction", part(&del, "auc_by_fraction")),
        ("insertion_auc_by_fraction", part(&ins, "auc_by_fraction")),
    ]))
}

fn flipping(input: &Input) -> Result<Value> {
    let Setting { x, mut model, target } = Setting::read(input)?;
    let attribution = input.array_of("attribution")?.data;
    let mut evaluator = Evaluator::new(&mut model, target);
    let step = input.index_of("features_in_step")?;
    let score = pixel_flipping::evaluate(&mut evaluator, &image(&x)?, &attribution, step, &constant(input)?)?;
    Ok(object([
        ("morf_curve", curve(&score)),
        ("lerf_curve", series(&score, "lerf_curve")),
        ("morf_auc", outcome(score.value)),
        ("lerf_auc", part(&score, "lerf_auc")),
        ("aopc_morf", part(&score, "aopc_morf")),
        ("aopc_lerf", part(&score, "aopc_lerf")),
        ("abpc", part(&score, "abpc")),
    ]))
}

fn regions(input: &Input) -> Result<Value> {
    let Setting { x, mut model, target } = Setting::read(input)?;
    let (image, map) = (image(&x)?, input.array_of("heatmap")?);
    let rule = Perturbation { size: input.index_of("region_size")?, steps: input.index_of("steps_L")? };
    let (map, baselines) = (heatmap(&map)?, [constant(input)?]);
    let mut evaluator = Evaluator::new(&mut model, target).batch(3);
    let score = aopc::evaluate(&mut evaluator, &image, &map, rule, &baselines)?;
    let selective = selectivity::evaluate(&mut evaluator, &image, &map, rule, &baselines)?;
    let mut all = vec![
        ("morf_curve", curve(&score)),
        ("lerf_curve", series(&score, "lerf_curve")),
        ("aopc_morf_samek", outcome(score.value)),
        ("aopc_morf_survey_formula", part(&score, "aopc_survey")),
        ("aopc_lerf_samek", part(&score, "aopc_lerf")),
        ("abpc", part(&score, "abpc")),
        ("selectivity_auc", outcome(selective.value)),
    ];
    if input.has("given_order") {
        let order = input.array_of("given_order")?.indices()?;
        let given = aopc::curve(&mut evaluator, &image, rule, &order, &baselines)?;
        all.push(("aopc_given_order_samek", outcome(aopc::of_curve(&given))));
        all.push(("given_order_curve", list(given)));
    }
    Ok(object(all))
}

fn road_of(input: &Input) -> Result<Value> {
    if input.has("indices") {
        let x = input.array_of("x")?;
        let filled = impute(&image(&x)?, &input.array_of("indices")?.indices()?, None)?;
        return Ok(array(&x.shape, filled));
    }
    let Setting { x, mut model, target } = Setting::read(input)?;
    let (image, map) = (image(&x)?, input.array_of("heatmap")?);
    let (map, percentages) = (heatmap(&map)?, input.array_of("percentages")?.data);
    let noise = noise(input, &percentages)?;
    let mut evaluator = Evaluator::new(&mut model, target).batch(2);
    let score = road::evaluate(&mut evaluator, &image, &map, &percentages, noise.as_deref())?;
    let mut one = |order| road::along(&mut evaluator, &image, &map, &percentages, order, noise.as_deref());
    let (most, least) = (one(Order::MostRelevantFirst)?, one(Order::LeastRelevantFirst)?);
    let mut images = Vec::new();
    for (name, order) in [("morf", Order::MostRelevantFirst), ("lerf", Order::LeastRelevantFirst)] {
        let ranked = defined(order.of(map.values))?;
        for (i, p) in percentages.iter().enumerate() {
            let filled = impute(&image, &ranked[..most.removed[i]], noise.as_ref().map(|n| n[i].as_slice()));
            images.push((format!("{name}_{p}"), array(&x.shape, filled?)));
        }
    }
    Ok(object([
        ("morf", steps(&most, &percentages, target)),
        ("lerf", steps(&least, &percentages, target)),
        ("mean_confidence_change_morf", part(&score, "morf")),
        ("mean_confidence_change_lerf", part(&score, "lerf")),
        ("road_combined", outcome(score.value)),
        ("accuracy_auc_morf", part(&score, "accuracy_morf")),
        ("imputed_images", object(images)),
    ]))
}

fn noise(input: &Input, percentages: &[f64]) -> Result<Option<Vec<Vec<f64>>>> {
    if !input.has("noise_added_in_rank_order") {
        return Ok(None);
    }
    let listed = input.get("noise_added_in_rank_order")?;
    percentages.iter().map(|p| Ok(listed.array_of(&p.to_string())?.data)).collect::<Result<_>>().map(Some)
}

fn steps(removal: &Removal, percentages: &[f64], target: usize) -> Value {
    let one = |(i, p): (usize, &f64)| {
        json!({
            "percent": p, "k": removal.removed[i], "output": removal.outputs[i], "predicted": removal.predicted[i],
            "still_target": removal.predicted[i] == target,
        })
    };
    percentages.iter().enumerate().map(one).collect()
}

fn irof_of(input: &Input) -> Result<Value> {
    let Setting { x, mut model, target } = Setting::read(input)?;
    let (image, map) = (image(&x)?, input.array_of("heatmap")?);
    let segments: Vec<i64> = input.array_of("segments")?.data.iter().map(|v| *v as i64).collect();
    let baseline = input.array_of("baseline_per_channel")?.data;
    let filled = Baseline::Image(baseline.iter().flat_map(|b| vec![*b; image.sites()]).collect());
    let mut evaluator = Evaluator::new(&mut model, target);
    let score = irof::evaluate(&mut evaluator, &image, &heatmap(&map)?, &segments, &filled)?;
    defined(score.value)?;
    Ok(object([("ratio_curve", curve(&score)), ("irof", outcome(score.value))]))
}

fn eraser(input: &Input) -> Result<Value> {
    let Setting { x, mut model, target } = Setting::read(input)?;
    let (image, attribution) = (image(&x)?, input.array_of("attribution")?.data);
    let (fractions, baseline) = (input.array_of("fractions")?.data, constant(input)?);
    let mut evaluator = Evaluator::new(&mut model, target);
    let without = comprehensiveness::evaluate(&mut evaluator, &image, &attribution, &fractions, &baseline)?;
    let only = sufficiency::evaluate(&mut evaluator, &image, &attribution, &fractions, &baseline)?;
    Ok(object([
        ("comprehensiveness", curve(&without)),
        ("sufficiency", curve(&only)),
        ("mean_comprehensiveness", outcome(without.value)),
        ("mean_sufficiency", outcome(only.value)),
    ]))
}

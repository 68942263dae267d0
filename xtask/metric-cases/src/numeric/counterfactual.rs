//! Counterfactuals.

use pellucid_metrics::counterfactual::{diversity, im1, im2, plausibility, proximity, sparsity, validity};
use pellucid_metrics::{Evaluator, Outcome};
use serde_json::Value;

use super::{defined, part, rows, series};
use crate::decode::{Array, Input, Result};
use crate::encode::{boolean, object, outcome};
use crate::model::ClosedForm;
use crate::run::Table;

/// Functions by metric.
pub static TABLE: Table = &[("counterfactual_quality", quality), ("im1_im2", manifold)];

fn quality(input: &Input) -> Result<Value> {
    let (x, cf, train) = (input.array_of("x")?, input.array_of("counterfactuals")?, input.array_of("train")?);
    let (targets, eps) = (input.array_of("target_classes")?.indices()?, input.number_of("change_threshold")?);
    let mut model = ClosedForm::read(&input.get("model")?)?;
    let mut evaluator = Evaluator::new(&mut model, 0).batch(5);
    let valid = validity::evaluate(&mut evaluator, rows(&x), rows(&cf), &targets)?;
    let deviations = defined(proximity::median_absolute_deviation(rows(&train)))?;
    let near = proximity::evaluate(rows(&x), rows(&cf), Some(&deviations))?;
    let sparse = sparsity::evaluate(rows(&x), rows(&cf), eps, 1)?;
    let plausible = plausibility::evaluate(rows(&cf), rows(&train), 3, None)?;
    let flags = |name: &str| {
        let values: &[Outcome] = valid.series(name).unwrap_or_default();
        values.iter().map(|v| boolean(*v)).collect()
    };
    Ok(object([
        ("valid_flip", flags("flip")),
        ("valid_target", flags("target")),
        ("validity_flip", part(&valid, "flip")),
        ("validity_target", outcome(valid.value)),
        ("l1", series(&near, "l1")),
        ("l2", series(&near, "l2")),
        ("linf", series(&near, "linf")),
        ("l1_mad", series(&near, "l1_mad")),
        ("changed_features", series(&sparse, "changed")),
        ("sparsity", series(&sparse, "per_sample")),
        ("plausibility_knn3", series(&plausible, "per_sample")),
        ("diversity_mean_pairwise_l2", outcome(diversity::evaluate(rows(&cf)).value)),
    ]))
}

/// Reconstruction of every row by a linear autoencoder.
fn reconstruct(input: &Input, z: &Array) -> Result<Array> {
    let (enc, dec, bias) = (input.array_of("enc")?, input.array_of("dec")?, input.array_of("bias")?.data);
    let apply = |w: &Array, v: &[f64]| {
        w.data.chunks(w.width()).map(|w| w.iter().zip(v).map(|(w, v)| w * v).sum::<f64>()).collect::<Vec<f64>>()
    };
    let one = |v: &[f64]| apply(&dec, &apply(&enc, v)).iter().zip(&bias).map(|(r, b)| r + b).collect::<Vec<f64>>();
    Ok(Array { shape: z.shape.clone(), data: z.data.chunks(z.width()).flat_map(one).collect() })
}

fn manifold(input: &Input) -> Result<Value> {
    let (z, coders) = (input.array_of("counterfactuals")?, input.get("autoencoders")?);
    let by = |name: &str| reconstruct(&coders.get(name)?, &z);
    let (target, source, all) = (by("target")?, by("source")?, by("all")?);
    let eps = input.number_of("eps")?;
    let one = im1::evaluate(rows(&z), rows(&target), rows(&source), eps)?;
    let two = im2::evaluate(rows(&z), rows(&target), rows(&all), eps)?;
    Ok(object([("im1", series(&one, "per_sample")), ("im2", series(&two, "per_sample"))]))
}

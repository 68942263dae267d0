//! Randomisation.

use pellucid_metrics::randomisation::mprt::Cascade;
use pellucid_metrics::randomisation::{Similarity, efficient_mprt, mprt, random_logit, smooth_mprt};
use pellucid_metrics::{Batching, Image, Outcome};
use serde_json::{Value, json};

use super::part;
use crate::decode::{CaseError, Input, Result};
use crate::encode::{array, object, outcome};
use crate::model::{Explanation, Layer, layers};
use crate::run::Table;

/// Functions by metric.
pub static TABLE: Table =
    &[("mprt", plain), ("smooth_mprt", smooth), ("efficient_mprt", efficient), ("random_logit", logit)];

fn absolute(v: &[f64]) -> Vec<f64> {
    v.iter().map(|v| v.abs()).collect()
}

fn plain(input: &Input) -> Result<Value> {
    if input.has("attribution") {
        let (a, b) = (input.array_of("attribution")?.data, input.array_of("attribution_randomised")?.data);
        let score = mprt::evaluate(&a, 1, Cascade::TopDown, Similarity::Spearman, |_| Ok(b.clone()))?;
        return Ok(object([("spearman", outcome(score.value))]));
    }
    let (x, explanation) = (input.array_of("x")?.data, Explanation::read(input)?);
    let random = layers(&input.get("random_layers")?)?;
    explanation.model.check_layers(&random)?;
    let signed = input.get("explanation")?.word()?.starts_with("signed");
    let similarity = if signed { Similarity::Spearman } else { Similarity::SpearmanOfAbsolute };
    let original = explanation.of(&x);
    let mut orders = Vec::new();
    let mut mean = Ok(f64::NAN);
    for cascade in [Cascade::TopDown, Cascade::BottomUp, Cascade::Independent] {
        let explain = |at: &[usize]| Ok(randomised(&explanation, &random, at).of(&x));
        let score = mprt::evaluate(&original, random.len(), cascade, similarity, explain)?;
        let steps = cascade.steps(random.len());
        let values: &[Outcome] = score.series("per_step").unwrap_or_default();
        let step = |(at, s): (&Vec<usize>, &Outcome)| json!({ "randomised_layers": at, "spearman": outcome(*s) });
        orders.push((cascade.name(), steps.iter().zip(values).map(step).collect()));
        if cascade == Cascade::TopDown {
            mean = score.value;
        }
    }
    Ok(object([("by_order", object(orders)), ("top_down_mean", outcome(mean))]))
}

fn randomised(explanation: &Explanation, random: &[Layer], at: &[usize]) -> Explanation {
    Explanation { model: explanation.model.with_layers(random, at), ..explanation.clone() }
}

fn smooth(input: &Input) -> Result<Value> {
    let (x, mut explanation) = (input.array_of("x")?, Explanation::read(input)?);
    let (random, noises) = (layers(&input.get("random_layers")?)?, input.array_of("noises")?);
    explanation.model.check_layers(&random)?;
    noises.expect("noises", None, x.data.len())?;
    let width = noises.width();
    let averaged = |explanation: &mut Explanation| {
        let noise = |i: usize, row: &mut [f64]| {
            row.copy_from_slice(&noises.data[i * width..(i + 1) * width]);
            Ok(())
        };
        smooth_mprt::smooth(explanation, Batching { rows: Some(2) }, &x.data, noises.shape[0], noise)
    };
    let original = averaged(&mut explanation)?;
    let depth = explanation.model.depth();
    let all: Vec<usize> = (0..depth).collect();
    let full = averaged(&mut randomised(&explanation, &random, &all))?;
    let score = smooth_mprt::evaluate(&original, depth, Similarity::SpearmanOfAbsolute, |at| {
        averaged(&mut randomised(&explanation, &random, at))
    })?;
    Ok(object([
        ("smooth_original", array(&x.shape, absolute(&original))),
        ("smooth_randomised", array(&x.shape, absolute(&full))),
        ("spearman", part(&score, "last")),
    ]))
}

fn efficient(input: &Input) -> Result<Value> {
    let (a, full) = (input.array_of("attribution")?.data, input.array_of("attribution_fully_randomised")?.data);
    let score = efficient_mprt::evaluate(&a, &full, input.index_of("bins")?)?;
    Ok(object([
        ("entropy_original", part(&score, "entropy_original")),
        ("entropy_randomised", part(&score, "entropy_randomised")),
        ("emprt", outcome(score.value)),
    ]))
}

fn logit(input: &Input) -> Result<Value> {
    let (a, b) = (input.array_of("explanation_target")?, input.array_of("explanation_off_target")?);
    let Some((&channels, grid)) = a.shape.split_first() else {
        return Err(CaseError::Input("an attribution of channels and axes expected".into()));
    };
    let score = random_logit::evaluate(&Image::new(channels, grid, &a.data)?, &b.data)?;
    Ok(object([
        ("ssim_2d", outcome(score.value)),
        ("ssim_flattened_1d", part(&score, "ssim_flat")),
        ("cosine", part(&score, "cosine")),
        ("spearman", part(&score, "spearman")),
    ]))
}

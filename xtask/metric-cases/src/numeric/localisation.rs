//! Localisation.

use pellucid_metrics::localisation::iou::Binarise;
use pellucid_metrics::localisation::pointing_game::Pointing;
use pellucid_metrics::localisation::*;
use pellucid_metrics::{Heatmap, Mask, Outcome, Score, Sign};
use serde_json::Value;

use super::{part, series};
use crate::decode::{Array, CaseError, Input, Result};
use crate::encode::{boolean, object, outcome};
use crate::run::Table;

/// Functions by metric.
pub static TABLE: Table = &[
    ("relevance_mass_accuracy", mass),
    ("relevance_rank_accuracy", rank),
    ("pointing_game", pointing),
    ("attribution_localisation", attribution),
    ("top_k_intersection", top_k),
    ("localisation_auc", auc),
    ("iou_dice", overlap),
    ("focus", focus_of),
];

/// Heatmap and mask of a case.
struct Pair {
    heatmap: Array,
    mask: Vec<bool>,
}

impl Pair {
    fn read(input: &Input) -> Result<Pair> {
        Ok(Pair { heatmap: input.array_of("heatmap")?, mask: input.array_of("mask")?.mask() })
    }

    fn heatmap(&self) -> Result<Heatmap<'_>> {
        Ok(Heatmap::new(&self.heatmap.shape, &self.heatmap.data)?)
    }

    fn mask(&self) -> Result<Mask<'_>> {
        Ok(Mask::new(&self.heatmap.shape, &self.mask)?)
    }
}

fn mass(input: &Input) -> Result<Value> {
    let pair = Pair::read(input)?;
    let one = |sign: Sign| {
        let score = relevance_mass_accuracy::evaluate(&pair.heatmap()?, &pair.mask()?, sign)?;
        Ok((sign.name(), outcome(score.value)))
    };
    Ok(object([Sign::Raw, Sign::Positive, Sign::Abs].map(one).into_iter().collect::<Result<Vec<_>>>()?))
}

fn rank(input: &Input) -> Result<Value> {
    let pair = Pair::read(input)?;
    let score = relevance_rank_accuracy::evaluate(&pair.heatmap()?, &pair.mask()?)?;
    Ok(object([("first_index", outcome(score.value)), ("expected_over_ties", part(&score, "expected_over_ties"))]))
}

fn pointing(input: &Input) -> Result<Value> {
    if input.has("hits") {
        return accuracy(input);
    }
    let pair = Pair::read(input)?;
    let mut all = Vec::new();
    for tolerance in 0..=20 {
        for any in [false, true] {
            let rule = Pointing { tolerance: f64::from(tolerance), spacing: None, any };
            let hit = boolean(pointing_game::evaluate(&pair.heatmap()?, &pair.mask()?, rule)?.value);
            let name = format!("tolerance_{tolerance}");
            all.push((format!("{name}_{}", if any { "any" } else { "first" }), hit.clone()));
            if !any {
                all.push((name, hit));
            }
        }
    }
    Ok(object(all))
}

fn accuracy(input: &Input) -> Result<Value> {
    let hits: Vec<Outcome<bool>> = input.array_of("hits")?.mask().into_iter().map(Ok).collect();
    let classes = input.array_of("class_ids")?.indices()?;
    let score = pointing_game::accuracy(input.index_of("n_classes")?, &classes, &hits)?;
    Ok(object([
        ("micro_accuracy", outcome(score.value)),
        ("macro_accuracy", part(&score, "macro")),
        ("per_class", series(&score, "per_class")),
    ]))
}

fn attribution(input: &Input) -> Result<Value> {
    let pair = Pair::read(input)?;
    let one = |(name, absolute)| {
        let score = attribution_localisation::evaluate(&pair.heatmap()?, &pair.mask()?, absolute)?;
        Ok((name, object([("mu", outcome(score.value)), ("mu_weighted", part(&score, "mu_weighted"))])))
    };
    Ok(object([("positive", false), ("abs", true)].map(one).into_iter().collect::<Result<Vec<_>>>()?))
}

fn top_k(input: &Input) -> Result<Value> {
    let pair = Pair::read(input)?;
    let one = |k: usize| {
        let score = top_k_intersection::evaluate(&pair.heatmap()?, &pair.mask()?, Some(k))?;
        let influence = part(&score, "concept_influence");
        Ok((format!("k_{k}"), object([("intersection", outcome(score.value)), ("concept_influence", influence)])))
    };
    let ks = input.array_of("ks")?.indices()?;
    Ok(object(ks.into_iter().map(one).collect::<Result<Vec<_>>>()?))
}

fn auc(input: &Input) -> Result<Value> {
    let pair = Pair::read(input)?;
    let (heatmap, mask) = (pair.heatmap()?, pair.mask()?);
    Ok(object([
        ("roc_auc", outcome(roc_auc::evaluate(&heatmap, &mask)?.value)),
        ("average_precision", outcome(average_precision::evaluate(&heatmap, &mask)?.value)),
    ]))
}

/// Fractions at which cases binarise.
const FRACTIONS: [f64; 14] = [0.01, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9];

/// Every rule that the cases know, with its name.
fn rules() -> Vec<(String, Binarise)> {
    let of_max = FRACTIONS.iter().map(|&f| (format!("frac_of_max_{f}"), Binarise::FractionOfMax(f)));
    let top = FRACTIONS.iter().map(|&f| (format!("top_fraction_{f}"), Binarise::TopFraction(f)));
    of_max.chain(top).chain([("otsu".to_string(), Binarise::Otsu)]).collect()
}

fn overlap(input: &Input) -> Result<Value> {
    let pair = Pair::read(input)?;
    let one = |(name, rule)| {
        let score = iou::evaluate(&pair.heatmap()?, &pair.mask()?, rule)?;
        Ok((name, if score.parts.is_empty() { outcome(score.value) } else { overlaps(&score) }))
    };
    Ok(object(rules().into_iter().map(one).collect::<Result<Vec<_>>>()?))
}

fn overlaps(score: &Score) -> Value {
    object([
        ("iou", outcome(score.value)),
        ("dice", part(score, "dice")),
        ("precision", part(score, "precision")),
        ("recall", part(score, "recall")),
        ("n_foreground", part(score, "foreground")),
        ("bbox_iou", part(score, "box_iou")),
        ("bbox", score.series("box").map_or(Value::Null, |b| b.iter().map(|v| outcome(*v)).collect())),
    ])
}

fn focus_of(input: &Input) -> Result<Value> {
    let heatmap = input.array_of("heatmap")?;
    let target = input.array_of("target_quadrants_tl_tr_bl_br")?.mask();
    let target = target.try_into().map_err(|_| CaseError::Input("four quadrants expected".into()))?;
    let score = focus::evaluate(&Heatmap::new(&heatmap.shape, &heatmap.data)?, target)?;
    Ok(object([("focus", outcome(score.value))]))
}

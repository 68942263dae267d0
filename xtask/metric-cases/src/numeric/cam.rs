//! Class activation maps.

use pellucid_metrics::cam::{adcc, average_drop, average_gain, confidence, increase_in_confidence};
use pellucid_metrics::{Evaluator, Heatmap, Image};
use serde_json::Value;

use super::{part, series};
use crate::decode::{CaseError, Input, Result};
use crate::encode::{list, object, outcome};
use crate::model::ClosedForm;
use crate::run::Table;

/// Functions by metric.
pub static TABLE: Table = &[("cam_average_drop_adcc", all)];

fn all(input: &Input) -> Result<Value> {
    let (x, maps) = (input.array_of("x_batch")?, input.array_of("cams_in_0_1")?);
    let again = input.array_of("cams_recomputed_on_masked_input")?;
    let [_, channels, ref grid @ ..] = x.shape[..] else {
        return Err(CaseError::Input("a batch of images expected".into()));
    };
    let mut model = ClosedForm::read(&input.get("model")?)?;
    let targets = input.array_of("targets")?.indices()?;
    let pairs = x.data.chunks(x.width()).zip(maps.data.chunks(maps.width()));
    let images = targets.iter().zip(pairs).map(|(&target, (pixels, map))| {
        let mut evaluator = Evaluator::new(&mut model, target);
        Ok(confidence(&mut evaluator, &Image::new(channels, grid, pixels)?, &Heatmap::new(grid, map)?)?)
    });
    let images = images.collect::<Result<Vec<_>>>()?;
    let maps: Vec<&[f64]> = maps.data.chunks(maps.width()).collect();
    let again: Vec<&[f64]> = again.data.chunks(again.width()).collect();
    let (drop, combined) = (average_drop::evaluate(&images), adcc::evaluate(&images, &maps, &again)?);
    Ok(object([
        ("confidence", list(images.iter().map(|c| c.full))),
        ("confidence_masked", list(images.iter().map(|c| c.masked))),
        ("drop_per_image", series(&drop, "per_image")),
        ("complexity", series(&combined, "complexity")),
        ("coherency", series(&combined, "coherency")),
        ("adcc_per_image", series(&combined, "per_image")),
        ("average_drop", outcome(drop.value)),
        ("increase_in_confidence", outcome(increase_in_confidence::evaluate(&images).value)),
        ("average_gain", outcome(average_gain::evaluate(&images).value)),
        ("mean_absolute_drop", part(&drop, "mean_absolute_drop")),
    ]))
}

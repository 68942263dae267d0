//! Whether a map of a single image says more than maps that know nothing, and whether it depends on what the model has learnt.

use pellucid_explain::{Check, Wish};
use pellucid_metrics::faithfulness::{Steps, deletion, insertion, insertion_less_deletion};
use pellucid_metrics::randomisation::Similarity;
use pellucid_metrics::{Baseline, Evaluator, Heatmap, MetricError, Rows};

use crate::method::Attribution;
use crate::randomise::{layers_with_weights, randomised};
use crate::subject::Subject;
use crate::suite::control;
use crate::{Control, Result};

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Sanity {
    /// The checks, to stand beside those of the method.
    pub checks: Vec<Check>,
    /// In words, when the map is no better than chance.
    pub warning: Option<String>,
}

/// Steps of the curves: coarse, for a check of one image.
const STEPS: usize = 50;

/// Above this rank correlation, a map has hardly changed.
const ALIKE: f64 = 0.5;

/// Checks the map of a method on one sample: about 400 forwards and one explanation more.
///
/// # Errors
/// When the model can't be run.
pub fn check(subject: &Subject, wish: &Wish, seed: u64) -> Result<Sanity> {
    let map = subject.attribution(wish, subject.values(), None, None)?;
    let mine = faithfulness(subject, &map)?;
    let mut beaten = true;
    let mut words = Vec::new();
    let mut best = f64::NEG_INFINITY;
    for kind in Control::ALL {
        let found = faithfulness(subject, &control(subject, kind, seed)?)?;
        beaten &= mine > found;
        best = best.max(found);
        words.push(format!("{} {found:.3}", kind.id().trim_start_matches("control-")));
    }
    let better = Check {
        name: "better-than-chance".into(),
        statement: format!(
            "insertion less deletion is {mine:.3}, that of maps that know nothing of the model: {}",
            words.join(", ")
        ),
        residual: mine - best,
        relative: mine - best,
        holds: beaten,
    };
    let layers: Vec<usize> = (0..layers_with_weights(subject.model()).len()).collect();
    let other = randomised(subject.model(), &layers, seed)?;
    other.fix(subject.sample())?;
    let of_other = subject.attribution(wish, subject.values(), Some(&other), None)?;
    let similarity = Similarity::default().of(&map.ordering, &of_other.ordering);
    let depends = match similarity {
        Ok(s) => Some(Check {
            name: "depends-on-the-weights".into(),
            statement: format!(
                "rank correlation with the map of the same model with shuffled weights is {s:.2}; above {ALIKE} the map hardly depends on them"
            ),
            residual: s,
            relative: s.abs(),
            holds: s.abs() <= ALIKE,
        }),
        // a map that became constant has changed
        Err(MetricError::Undefined(_)) => None,
        Err(error) => return Err(error.into()),
    };
    let warning = (!beaten).then(|| {
        "no better than chance here: a map that knows nothing of the model predicts as well which places matter to it".to_string()
    });
    Ok(Sanity { checks: [Some(better), depends].into_iter().flatten().collect(), warning })
}

/// Insertion less deletion, on coarse steps.
fn faithfulness(subject: &Subject, map: &Attribution) -> Result<f64> {
    let image = subject.image()?;
    let sites: usize = subject.grid().iter().product();
    let heatmap = Heatmap::new(subject.grid(), &map.ordering)?;
    let steps = || Steps::of(sites.div_ceil(STEPS).max(1));
    let mut model = |rows: Rows<'_>| subject.outputs(rows);
    let mut evaluator = Evaluator::new(&mut model, subject.class());
    let removed = deletion::evaluate(&mut evaluator, &image, &heatmap, steps(), &Baseline::ChannelMean)?;
    let blurred = Baseline::GaussianBlur { sigma: 10.0 };
    let added = insertion::evaluate(&mut evaluator, &image, &heatmap, steps(), &blurred)?;
    Ok(insertion_less_deletion(&added, &removed).map_err(MetricError::from)?)
}

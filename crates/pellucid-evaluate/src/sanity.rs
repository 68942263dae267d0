//! Whether a map of a single image says more than maps that know nothing, and whether it depends on what the model has learnt.

use std::collections::BTreeMap;

use pellucid_explain::{Check, Model, Wish};
use pellucid_metrics::faithfulness::{Steps, deletion, insertion, insertion_less_deletion};
use pellucid_metrics::randomisation::Similarity;
use pellucid_metrics::{Baseline, Evaluator, Heatmap, MetricError, Rows};

use crate::method::Attribution;
use crate::randomise::{layers_with_weights, randomised};
use crate::subject::{Ask, Subject};
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

/// What the maps of all methods on one sample are compared with.
pub struct Checker<'s, 'm> {
    subject: &'s Subject<'m>,
    /// How well each control predicts which places matter.
    controls: Vec<(Control, f64)>,
    shuffled: Model,
}

impl<'s, 'm> Checker<'s, 'm> {
    /// Scores the controls, about 300 forwards, and shuffles the weights.
    ///
    /// # Errors
    /// When the model can't be run.
    pub fn new(subject: &'s Subject<'m>, seed: u64) -> Result<Checker<'s, 'm>> {
        let score = |kind: Control| Ok((kind, faithfulness(subject, &control(subject, kind, seed)?)?));
        let controls = Control::ALL.into_iter().map(score).collect::<Result<_>>()?;
        let layers: Vec<usize> = (0..layers_with_weights(subject.model()).len()).collect();
        let shuffled = randomised(subject.model(), &layers, seed)?;
        shuffled.fix(subject.sample())?;
        Ok(Checker { subject, controls, shuffled })
    }

    /// Checks the map of a method: about 100 forwards and two explanations.
    ///
    /// # Errors
    /// When the model can't be run.
    pub fn check(&self, wish: &Wish) -> Result<Sanity> {
        let (subject, nothing) = (self.subject, BTreeMap::new());
        let ask = Ask { wish, injected: &nothing };
        let map = subject.attribution(&ask, subject.values(), None, None)?;
        let better = self.better_than_chance(faithfulness(subject, &map)?);
        let other = subject.attribution(&ask, subject.values(), Some(&self.shuffled), None)?;
        let depends = match Similarity::default().of(&map.ordering, &other.ordering) {
            Ok(s) => Some(depends_on_the_weights(s)),
            // a map that became constant has changed
            Err(MetricError::Undefined(_)) => None,
            Err(error) => return Err(error.into()),
        };
        let warning = (!better.holds).then(|| {
            "no better than chance here: a map that knows nothing of the model predicts as well which places matter to it".to_string()
        });
        Ok(Sanity { checks: [Some(better), depends].into_iter().flatten().collect(), warning })
    }

    fn better_than_chance(&self, mine: f64) -> Check {
        let best = self.controls.iter().map(|c| c.1).fold(f64::NEG_INFINITY, f64::max);
        let words: Vec<String> =
            self.controls.iter().map(|(c, v)| format!("{} {v:.3}", c.id().trim_start_matches("control-"))).collect();
        Check {
            name: "better-than-chance".into(),
            statement: format!(
                "insertion less deletion is {mine:.3}, that of maps that know nothing of the model: {}",
                words.join(", ")
            ),
            residual: mine - best,
            relative: mine - best,
            holds: mine > best,
        }
    }
}

fn depends_on_the_weights(similarity: f64) -> Check {
    Check {
        name: "depends-on-the-weights".into(),
        statement: format!(
            "rank correlation with the map of the same model with shuffled weights is {similarity:.2}; above {ALIKE} the map hardly depends on them"
        ),
        residual: similarity,
        relative: similarity.abs(),
        holds: similarity.abs() <= ALIKE,
    }
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

//! The metrics that can be run on models: one line for each, from what is at hand to a score.

use std::collections::BTreeMap;

use pellucid_explain::Target;
use pellucid_graph::Tensor;
use pellucid_metrics::faithfulness::{
    aopc, comprehensiveness, deletion, faithfulness_correlation, infidelity, insertion, monotonicity, pixel_flipping,
    road, sufficiency,
};
use pellucid_metrics::localisation::{
    attribution_localisation, average_precision, iou, pointing_game, relevance_mass_accuracy, relevance_rank_accuracy,
    roc_auc, top_k_intersection,
};
use pellucid_metrics::randomisation::{Similarity, efficient_mprt, mprt, random_logit};
use pellucid_metrics::robustness::{avg_sensitivity, gaussian_noise, local_lipschitz, max_sensitivity, uniform_noise};
use pellucid_metrics::{
    Baseline, Batching, Evaluator, Heatmap, Image, Mask, MetricError, Rows, Score, Sign, complexity,
};
use serde_json::Value;

use crate::control::Control;
use crate::method::{Attribution, fault};
use crate::protocol::MetricWish;
use crate::randomise::{layers_with_weights, randomised};
use crate::subject::{Ask, Subject};
use crate::{EvaluateError, Result};

/// A score in the making.
type Scored = pellucid_metrics::Result<Score>;

/// What a metric reads.
pub(crate) struct Work<'w, 'm> {
    pub subject: &'w Subject<'m>,
    pub attribution: &'w Attribution,
    /// The method; none for a control.
    pub ask: Option<&'w Ask<'w>>,
    /// What the protocol says to put in the place of what is removed.
    pub baseline: Option<&'w Tensor>,
    pub mask: Option<&'w [bool]>,
    /// Distance of neighbours, mm, on the model's grid.
    pub spacing: Option<&'w [f64]>,
    pub params: &'w BTreeMap<String, Value>,
    pub seed: u64,
}

/// What a metric needs beside a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    Map,
    Mask,
    Model,
    /// A method that can be run again: controls have none.
    Method,
}

/// A metric that can be run.
pub struct Entry {
    /// Id of the metric.
    pub id: &'static str,
    pub(crate) needs: Needs,
    score: fn(&Work) -> Scored,
    /// Names of parameters.
    pub params: &'static [&'static str],
}

const fn on_mask(id: &'static str, score: fn(&Work) -> Scored) -> Entry {
    Entry { id, needs: Needs::Mask, score, params: &[] }
}

const fn on_model(id: &'static str, params: &'static [&'static str], score: fn(&Work) -> Scored) -> Entry {
    Entry { id, needs: Needs::Model, score, params }
}

const fn on_map(id: &'static str, score: fn(&Work) -> Scored) -> Entry {
    Entry { id, needs: Needs::Map, score, params: &[] }
}

const fn on_method(id: &'static str, params: &'static [&'static str], score: fn(&Work) -> Scored) -> Entry {
    Entry { id, needs: Needs::Method, score, params }
}

/// The list.
pub static SUITE: &[Entry] = &[
    on_mask("relevance-mass-accuracy", |w| {
        relevance_mass_accuracy::evaluate(&w.positive()?, &w.mask()?, Sign::Positive)
    }),
    on_mask("relevance-rank-accuracy", |w| relevance_rank_accuracy::evaluate(&w.positive()?, &w.mask()?)),
    on_mask("pointing-game", |w| {
        pointing_game::evaluate(&w.positive()?, &w.mask()?, pointing_game::Pointing::customary(w.spacing))
    }),
    on_mask("attribution-localisation", |w| attribution_localisation::evaluate(&w.positive()?, &w.mask()?, false)),
    on_mask("top-k-intersection", |w| top_k_intersection::evaluate(&w.positive()?, &w.mask()?, None)),
    on_mask("roc-auc", |w| roc_auc::evaluate(&w.positive()?, &w.mask()?)),
    on_mask("average-precision", |w| average_precision::evaluate(&w.positive()?, &w.mask()?)),
    on_mask("iou", |w| iou::evaluate(&w.positive()?, &w.mask()?, iou::Binarise::FractionOfMax(0.5))),
    on_model("deletion", &["baseline", "steps"], |w| {
        let (image, map) = (w.subject.image()?, w.ordering()?);
        w.evaluated(|e| deletion::evaluate(e, &image, &map, w.steps()?, &w.baseline(Baseline::ChannelMean)?))
    }),
    on_model("insertion", &["baseline", "steps"], |w| {
        let (image, map) = (w.subject.image()?, w.ordering()?);
        let blurred = Baseline::GaussianBlur { sigma: w.number("sigma", 10.0)? };
        w.evaluated(|e| insertion::evaluate(e, &image, &map, w.steps()?, &w.baseline(blurred.clone())?))
    }),
    on_model("aopc", &["baseline", "size", "regions"], |w| {
        let (image, map) = (w.subject.image()?, w.ordering()?);
        let largest = image.grid.iter().copied().max().unwrap_or(1);
        let rule =
            aopc::Perturbation { size: w.count("size", (largest / 16).max(1))?, steps: w.count("regions", 100)? };
        w.evaluated(|e| aopc::evaluate(e, &image, &map, rule, &[w.baseline(Baseline::ChannelMean)?]))
    }),
    on_model("road", &[], |w| {
        let (image, map) = (w.subject.image()?, w.ordering()?);
        let percentages = [20.0, 40.0, 60.0, 80.0];
        let noise = road::sample(&image, &percentages, 0.01, w.seed)?;
        w.evaluated(|e| road::evaluate(e, &image, &map, &percentages, Some(&noise)))
    }),
    on_model("pixel-flipping", &["baseline", "steps"], |w| {
        let image = w.subject.image()?;
        let step = w.count("steps", image.values.len().div_ceil(100))?;
        w.evaluated(|e| {
            pixel_flipping::evaluate(e, &image, &w.attribution.values, step, &w.baseline(Baseline::ChannelMean)?)
        })
    }),
    on_model("faithfulness-correlation", &["baseline", "samples"], |w| {
        let image = w.subject.image()?;
        let subsets = faithfulness_correlation::sample(image.values.len(), None, w.count("samples", 100)?, w.seed)?;
        let baseline = w.baseline(Baseline::ChannelMean)?;
        w.evaluated(|e| faithfulness_correlation::evaluate(e, &image, &w.attribution.values, &subsets, &baseline))
    }),
    on_model("monotonicity", &["baseline", "steps"], |w| {
        let image = w.subject.image()?;
        let step = w.count("steps", image.values.len().div_ceil(100))?;
        let baseline = w.baseline(Baseline::ChannelMean)?;
        w.evaluated(|e| monotonicity::evaluate(e, &image, &w.attribution.values, step, &baseline))
    }),
    on_model("comprehensiveness", &["baseline"], |w| {
        let image = w.subject.image()?;
        let baseline = w.baseline(Baseline::ChannelMean)?;
        w.evaluated(|e| comprehensiveness::evaluate(e, &image, &w.attribution.values, &FRACTIONS, &baseline))
    }),
    on_model("sufficiency", &["baseline"], |w| {
        let image = w.subject.image()?;
        let baseline = w.baseline(Baseline::ChannelMean)?;
        w.evaluated(|e| sufficiency::evaluate(e, &image, &w.attribution.values, &FRACTIONS, &baseline))
    }),
    on_model("infidelity", &["baseline", "samples"], |w| {
        let image = w.subject.image()?;
        let edge = (image.grid.iter().copied().min().unwrap_or(1) / 8).max(1);
        let perturb = infidelity::square_removal(&image, &w.baseline(Baseline::ChannelMean)?, edge, w.seed)?;
        let samples = w.count("samples", 100)?;
        w.evaluated(|e| infidelity::evaluate(e, &image, &w.attribution.values, false, samples, perturb))
    }),
    on_map("sparseness-gini", |w| Ok(complexity::sparseness_gini::evaluate(&w.attribution.values))),
    on_map("complexity-entropy", |w| Ok(complexity::complexity_entropy::evaluate(&w.attribution.values))),
    on_map("effective-complexity", |w| complexity::effective_complexity::evaluate(&w.attribution.values, 0.01)),
    on_method("max-sensitivity", &["samples", "radius"], |w| {
        let (x, radius) = (w.subject.values(), w.number("radius", 0.02)? * spread(w.subject.values()));
        let mut explainer = w.explainer()?;
        let noise = uniform_noise(x, radius, w.seed);
        max_sensitivity::evaluate(&mut explainer, Batching::default(), x, w.count("samples", 10)?, noise)
    }),
    on_method("avg-sensitivity", &["samples", "radius"], |w| {
        let (x, radius) = (w.subject.values(), w.number("radius", 0.02)? * spread(w.subject.values()));
        let mut explainer = w.explainer()?;
        let noise = uniform_noise(x, radius, w.seed);
        avg_sensitivity::evaluate(&mut explainer, Batching::default(), x, w.count("samples", 10)?, noise)
    }),
    on_method("local-lipschitz", &["samples", "radius"], |w| {
        let (x, sigma) = (w.subject.values(), w.number("radius", 0.02)? * spread(w.subject.values()));
        let mut explainer = w.explainer()?;
        let noise = gaussian_noise(x, sigma, w.seed);
        local_lipschitz::evaluate(&mut explainer, Batching::default(), x, w.count("samples", 10)?, noise)
    }),
    on_method("efficient-mprt", &[], |w| {
        let all: Vec<usize> = (0..layers_with_weights(w.subject.model()).len()).collect();
        let map = w.under_randomised(&all)?;
        efficient_mprt::evaluate(&w.attribution.ordering, &map, 100)
    }),
    on_method("mprt", &["layers"], |w| {
        // a few stages from the last layer on: one map per layer of a deep network would cost hundreds
        let layers = layers_with_weights(w.subject.model()).len();
        let stages = w.count("layers", 4)?.min(layers.max(1));
        let bound = |stage: usize| layers - layers * stage / stages;
        mprt::evaluate(&w.attribution.ordering, stages, mprt::Cascade::TopDown, Similarity::default(), |done| {
            let first = done.iter().map(|d| bound(stages - d)).min().unwrap_or(layers);
            w.under_randomised(&(first..layers).collect::<Vec<_>>())
        })
    }),
    on_method("random-logit", &[], |w| {
        let other = random_logit::other_class(w.subject.class(), w.subject.classes(), w.seed)?;
        let target = match w.subject.target() {
            Target::Region { mask, reduce, .. } => Target::Region { index: other, mask: mask.clone(), reduce: *reduce },
            _ => Target::Logit { index: other },
        };
        let of_other = w.subject.attribution(w.ask()?, w.subject.values(), None, Some(target))?;
        let grid = w.subject.grid();
        random_logit::evaluate(&Image::new(1, grid, &w.attribution.ordering)?, &of_other.ordering)
    }),
];

/// Metrics that draw.
const DRAWING: &[&str] = &[
    "road",
    "faithfulness-correlation",
    "infidelity",
    "max-sensitivity",
    "avg-sensitivity",
    "local-lipschitz",
    "efficient-mprt",
    "mprt",
    "random-logit",
];

/// Fractions of elements that are removed or kept.
const FRACTIONS: [f64; 5] = [0.01, 0.05, 0.1, 0.2, 0.5];

/// Largest value less smallest.
fn spread(x: &[f64]) -> f64 {
    let (low, high) = x.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(*v), h.max(*v)));
    high - low
}

impl Work<'_, '_> {
    fn positive(&self) -> pellucid_metrics::Result<Heatmap<'_>> {
        Heatmap::new(self.subject.grid(), &self.attribution.positive)
    }

    fn ordering(&self) -> pellucid_metrics::Result<Heatmap<'_>> {
        Heatmap::new(self.subject.grid(), &self.attribution.ordering)
    }

    fn mask(&self) -> pellucid_metrics::Result<Mask<'_>> {
        Mask::new(self.subject.grid(), self.mask.ok_or_else(|| fault("there is no mask"))?)
    }

    fn ask(&self) -> pellucid_metrics::Result<&Ask<'_>> {
        self.ask.ok_or_else(|| fault("a control can't be run again"))
    }

    fn evaluated(&self, score: impl FnOnce(&mut Evaluator) -> Scored) -> Scored {
        let mut model = |rows: Rows<'_>| self.subject.outputs(rows);
        score(&mut Evaluator::new(&mut model, self.subject.class()))
    }

    fn explainer(&self) -> pellucid_metrics::Result<impl FnMut(Rows<'_>) -> pellucid_metrics::Result<Vec<f64>>> {
        let ask = self.ask()?;
        Ok(move |rows: Rows<'_>| {
            let mut all = Vec::new();
            for row in rows.iter() {
                all.extend(self.subject.attribution(ask, row, None, None)?.values);
            }
            Ok(all)
        })
    }

    /// The map of the method on the model with some layers shuffled.
    fn under_randomised(&self, layers: &[usize]) -> pellucid_metrics::Result<Vec<f64>> {
        let model = randomised(self.subject.model(), layers, self.seed).map_err(|e| MetricError::Model(Box::new(e)))?;
        model.fix(self.subject.sample()).map_err(|e| MetricError::Model(Box::new(e)))?;
        Ok(self.subject.attribution(self.ask()?, self.subject.values(), Some(&model), None)?.ordering)
    }

    fn steps(&self) -> pellucid_metrics::Result<pellucid_metrics::faithfulness::Steps<'static>> {
        let sites: usize = self.subject.grid().iter().product();
        let steps = self.count("steps", 100)?.max(1);
        Ok(pellucid_metrics::faithfulness::Steps::of(sites.div_ceil(steps).max(1)))
    }

    fn number(&self, name: &'static str, default: f64) -> pellucid_metrics::Result<f64> {
        let Some(value) = self.params.get(name) else { return Ok(default) };
        value.as_f64().filter(|v| *v > 0.0 && v.is_finite()).ok_or_else(|| MetricError::Parameter {
            what: name,
            found: value.to_string(),
            allowed: "a number above 0",
        })
    }

    fn count(&self, name: &'static str, default: usize) -> pellucid_metrics::Result<usize> {
        let Some(value) = self.params.get(name) else { return Ok(default) };
        value.as_u64().filter(|v| *v > 0).map(|v| v as usize).ok_or_else(|| MetricError::Parameter {
            what: name,
            found: value.to_string(),
            allowed: "a whole number above 0",
        })
    }

    fn baseline(&self, default: Baseline) -> pellucid_metrics::Result<Baseline> {
        if let Some(tensor) = self.baseline {
            return Ok(Baseline::Image(self.subject.split(tensor)?));
        }
        let Some(value) = self.params.get("baseline") else { return Ok(default) };
        let wrong = || MetricError::Parameter {
            what: "baseline",
            found: value.to_string(),
            allowed: "a number (model units), zero, min, max, mean, channel-mean, blurred or uniform",
        };
        if let Some(v) = value.as_f64() {
            return Ok(Baseline::Constant(v));
        }
        let x = self.subject.values();
        let (low, high) = x.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(*v), h.max(*v)));
        Ok(match value.as_str().ok_or_else(wrong)? {
            "zero" => Baseline::Zero,
            "min" => Baseline::Min,
            "max" => Baseline::Max,
            "mean" => Baseline::Mean,
            "channel-mean" => Baseline::ChannelMean,
            "blurred" => Baseline::GaussianBlur { sigma: 10.0 },
            "uniform" => Baseline::Uniform { low, high, seed: self.seed },
            _ => return Err(wrong()),
        })
    }
}

impl Entry {
    /// Whether the metric has a meaning for what is at hand.
    pub(crate) fn fits(&self, has_mask: bool, is_control: bool) -> bool {
        match self.needs {
            Needs::Map | Needs::Model => true,
            Needs::Mask => has_mask,
            Needs::Method => !is_control,
        }
    }

    /// Whether the score depends on the seed, the map being the same.
    pub(crate) fn draws(&self, params: &BTreeMap<String, Value>) -> bool {
        DRAWING.contains(&self.id) || params.get("baseline").and_then(Value::as_str) == Some("uniform")
    }

    pub(crate) fn score(&self, work: &Work) -> Scored {
        if let Some(odd) = work.params.keys().find(|k| !self.params.contains(&k.as_str())) {
            return Err(MetricError::Parameter {
                what: "parameter of the metric",
                found: odd.clone(),
                allowed: "the names that its page lists",
            });
        }
        (self.score)(work)
    }
}

/// Whether a metric can be run on models.
pub fn is_available(id: &str) -> bool {
    SUITE.iter().any(|e| e.id == id)
}

/// The entry of a metric.
pub(crate) fn entry(id: &str) -> Result<&'static Entry> {
    SUITE.iter().find(|e| e.id == id).ok_or_else(|| {
        let known: Vec<&str> = SUITE.iter().map(|e| e.id).collect();
        EvaluateError::Protocol(format!(
            "the metric `{id}` isn't one of maps on images, so it can't stand in a protocol (there are: {})",
            known.join(", ")
        ))
    })
}

/// What is run when a protocol names no metrics.
pub fn default_metrics() -> Vec<MetricWish> {
    let ids = pellucid_metrics::DEFAULT_SUITE.iter().map(|m| m.id);
    ids.filter(|id| is_available(id)).map(MetricWish::of).collect()
}

/// The attribution of a control.
pub(crate) fn control(subject: &Subject, control: Control, seed: u64) -> pellucid_metrics::Result<Attribution> {
    Ok(Attribution::of_sites(control.map(&subject.image()?, seed), subject.channels()))
}

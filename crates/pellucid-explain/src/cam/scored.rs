//! What the Score-CAM family shares: presets, scoring of masked inputs, the weighted sum.

use pellucid_graph::Tensor;
use pellucid_image::resize::Resample;

use crate::cam::activation::Activation;
use crate::cam::masks::{MaskForm, Masked, Masks, Normalise, enlarged, masked_inputs};
use crate::context::Context;
use crate::evidence::{Evidence, Grid, Map};
use crate::method::{Extras, Found, named};
use crate::params::{ParamSpec, Values, choice};
use crate::probability::{Scorer, scores};
use crate::{ExplainError, Result};

/// What a masked input is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scoring {
    /// The target as asked for.
    Target,
    /// The probability that belongs to it.
    Probability,
    /// Softmax over the model's outputs, even if they are probabilities.
    SoftmaxOfOutputs,
}

/// One published form of Score-CAM.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Form {
    name: &'static str,
    scoring: Scoring,
    /// Softmax of the scores over the channels.
    softmax: bool,
    masks: MaskForm,
    /// Whether the sum is of maps enlarged to the input, with constant channels left out; else of maps on the layer's grid.
    enlarged: bool,
}

const AUTHORS: Form = Form {
    name: "authors",
    scoring: Scoring::Probability,
    softmax: false,
    masks: MaskForm { normalise: Normalise::After, eps: 0.0, resize: Resample::LinearHalfPixel },
    enlarged: true,
};

static FORMS: &[Form] = &[
    AUTHORS,
    Form {
        name: "pytorch-grad-cam",
        scoring: Scoring::Target,
        softmax: true,
        masks: MaskForm { normalise: Normalise::After, eps: 1e-8, resize: Resample::LinearAlignCorners },
        enlarged: false,
    },
    Form {
        name: "torchcam",
        scoring: Scoring::Target,
        softmax: true,
        masks: MaskForm { normalise: Normalise::Before, eps: 1e-8, resize: Resample::LinearHalfPixel },
        enlarged: false,
    },
    Form {
        name: "tf-keras-vis",
        scoring: Scoring::SoftmaxOfOutputs,
        softmax: false,
        masks: MaskForm { normalise: Normalise::After, eps: 1e-7, resize: Resample::LinearAlignCorners },
        enlarged: false,
    },
    Form {
        name: "tabayashi",
        scoring: Scoring::SoftmaxOfOutputs,
        softmax: false,
        masks: MaskForm { normalise: Normalise::Range, eps: 0.0, resize: Resample::LinearHalfPixel },
        enlarged: false,
    },
];

/// The published form.
pub(crate) const PRESET: ParamSpec = choice(
    "preset",
    "authors",
    &["authors", "pytorch-grad-cam", "torchcam", "tf-keras-vis", "tabayashi"],
    "which published form: how masks are made, what is scored and what is summed",
);
/// What is scored.
pub(crate) const SCORE: ParamSpec = choice(
    "score",
    "preset",
    &["preset", "target", "probability", "softmax-of-outputs"],
    "what a masked input is worth; `preset` is what the preset says",
);
/// Softmax over channels.
pub(crate) const SOFTMAX: ParamSpec = choice(
    "channel_softmax",
    "preset",
    &["preset", "yes", "no"],
    "whether scores go through a softmax over the channels",
);
/// Normalisation.
pub(crate) const NORMALISE: ParamSpec = choice(
    "normalise",
    "preset",
    &["preset", "after", "before", "range"],
    "scaling to [0, 1] after or before enlarging, or division by the range without subtracting the minimum",
);
/// Enlarging.
pub(crate) const ENLARGE: ParamSpec = choice(
    "upsampling",
    "preset",
    &["preset", "half-pixel", "align-corners"],
    "where the samples of an enlarged map lie (linear interpolation)",
);
/// Grid of the sum.
pub(crate) const COMBINE: ParamSpec = choice(
    "combine",
    "preset",
    &["preset", "input", "layer"],
    "grid of the weighted sum: enlarged to the input without constant channels, or the layer's own",
);

impl Form {
    /// The form that the parameters ask for.
    pub fn of(values: &Values) -> Form {
        let mut form = FORMS.iter().copied().find(|f| f.name == values.word("preset")).unwrap_or(AUTHORS);
        match values.word("score") {
            "target" => form.scoring = Scoring::Target,
            "probability" => form.scoring = Scoring::Probability,
            "softmax-of-outputs" => form.scoring = Scoring::SoftmaxOfOutputs,
            _ => {}
        }
        match values.word("channel_softmax") {
            "yes" => form.softmax = true,
            "no" => form.softmax = false,
            _ => {}
        }
        match values.word("normalise") {
            "after" => form.masks.normalise = Normalise::After,
            "before" => form.masks.normalise = Normalise::Before,
            "range" => form.masks.normalise = Normalise::Range,
            _ => {}
        }
        match values.word("upsampling") {
            "half-pixel" => form.masks.resize = Resample::LinearHalfPixel,
            "align-corners" => form.masks.resize = Resample::LinearAlignCorners,
            _ => {}
        }
        match values.word("combine") {
            "input" => form.enlarged = true,
            "layer" => form.enlarged = false,
            _ => {}
        }
        form
    }
}

/// One masked input to be made.
pub(crate) struct Place<'a> {
    /// The input.
    pub masked: &'a Masked,
    /// Which of the draws of its channel.
    pub draw: usize,
    /// The channel.
    pub channel: usize,
}

/// How masked inputs are made.
pub(crate) trait Draw: Sync {
    /// Masked inputs per channel; their scores are averaged.
    fn count(&self) -> usize {
        1
    }

    /// Whether the mask alone makes the input: then channels with equal masks share their scores, and an empty mask needs one input.
    fn by_mask_alone(&self) -> bool {
        true
    }

    /// Values of the masked input (`C x S..`) from its mask (`S..`).
    fn values(&self, place: &Place, mask: &[f64]) -> Result<Vec<f64>>;
}

/// `x * scale * mask`, the mask repeated over the channels of the input.
pub(crate) fn masked_by(x: &[f64], mask: &[f64], scale: f64) -> Vec<f64> {
    let channels = x.chunks(mask.len());
    channels.flat_map(|c| c.iter().zip(mask).map(|(x, m)| x * (scale * m))).collect()
}

/// Makes the draws for a layer with its masked inputs.
type MakeDraws<'p> = dyn Fn(&Context, &Activation, &[Masked]) -> Result<Box<dyn Draw>> + 'p;

/// Which channels take part, and how their inputs are made.
pub(crate) struct Plan<'p> {
    /// Channels of a layer that take part, in order.
    pub channels: &'p dyn Fn(&Activation) -> Vec<usize>,
    /// Makes the draws for a layer with its masked inputs.
    pub draws: &'p MakeDraws<'p>,
    /// Whether channels that are zero everywhere are scored where that costs inputs of their own.
    pub score_dead: bool,
}

/// Runs a method of the family on each layer.
pub(crate) fn drive(context: &mut Context, values: &Values, label: &str, plan: &Plan) -> Result<Found> {
    let form = Form::of(values);
    let activations = activations(context)?;
    let scorer = scorer(context, form.scoring);
    let mut found = Found { evidence: Evidence::Maps(vec![]), ..Found::default() };
    let mut maps = Vec::new();
    for a in &activations {
        let (map, extras) = on_layer(context, &scorer, form, a, label, plan)?;
        maps.push(map);
        found.extras.extend(extras.into_iter().map(|(n, v)| (named(&n, &a.layer, activations.len()), v)));
    }
    found.evidence = Evidence::Maps(maps);
    Ok(found)
}

/// The feature maps of all layers: 1 F.
pub(crate) fn activations(context: &mut Context) -> Result<Vec<Activation>> {
    context.layer()?;
    let layers = context.layers;
    let names: Vec<&str> = layers.iter().map(|l| l.name.as_str()).collect();
    let tensors = context.taps(&names)?;
    layers.iter().zip(&tensors).map(|(layer, t)| Activation::of_layer(layer, t)).collect()
}

fn scorer(context: &mut Context, scoring: Scoring) -> Scorer {
    let (scorer, note) = match scoring {
        Scoring::Target => (Scorer::target(context.objective), None),
        Scoring::Probability => Scorer::probability(context.objective),
        Scoring::SoftmaxOfOutputs => Scorer::softmax_of_outputs(context.objective),
    };
    context.notes.extend(note);
    scorer
}

fn on_layer(
    context: &mut Context,
    scorer: &Scorer,
    form: Form,
    a: &Activation,
    label: &str,
    plan: &Plan,
) -> Result<(Map, Extras)> {
    let channels = (plan.channels)(a);
    let masked = masked_inputs(context, a.spatial.len())?;
    let masks = Masks::new(a, &channels, form.masks);
    let draws = (plan.draws)(context, a, &masked)?;
    let dead = |k: usize| a.channel(k).iter().all(|v| *v == 0.0);
    let wanted: Vec<bool> = channels.iter().map(|&k| draws.by_mask_alone() || plan.score_dead || !dead(k)).collect();
    let scores = channel_scores(context, scorer, &masks, &masked, draws.as_ref(), &channels, &wanted, label)?;
    let constant: Vec<bool> = channels.iter().map(|&k| a.range(k).0 == a.range(k).1).collect();
    let flat = constant.iter().filter(|c| **c).count();
    if flat > 0 {
        context.notes.push(format!("{flat} of {} channels of `{}` are constant", channels.len(), a.layer));
    }
    let mut weights = if form.softmax { softmax(&scores) } else { scores.clone() };
    for (w, constant) in weights.iter_mut().zip(&constant) {
        if !w.is_finite() || (form.enlarged && *constant) {
            *w = 0.0;
        }
    }
    let mut full = vec![0.0; a.channels];
    channels.iter().zip(&weights).for_each(|(&k, &w)| full[k] = w);
    let sum = a.weighted_sum(&full);
    let map =
        if form.enlarged { enlarged_map(a, &sum, masked[0].planes.spatial(), form.masks.resize)? } else { a.map(&sum) };
    let number = |flags: &[bool]| flags.iter().map(|c| f64::from(u8::from(*c))).collect();
    let extras = vec![
        ("scores".into(), scores),
        ("weights".into(), weights),
        ("constant_channel".into(), number(&constant)),
        ("channels".into(), channels.iter().map(|k| *k as f64).collect()),
    ];
    Ok((map, extras))
}

/// Enlarging is linear, so the sum of the enlarged maps is the enlarged sum.
fn enlarged_map(a: &Activation, sum: &[f64], size: &[usize], resize: Resample) -> Result<Map> {
    let values = enlarged(sum, &a.spatial, size, resize)?.into_iter().map(|v| v as f32).collect();
    Ok(Map { grid: Grid::Layer { name: a.layer.clone() }, shape: size.to_vec(), values })
}

/// Mean score of each channel's masked inputs; NaN for channels that aren't wanted.
fn channel_scores(
    context: &mut Context,
    scorer: &Scorer,
    masks: &Masks,
    masked: &[Masked],
    draws: &dyn Draw,
    channels: &[usize],
    wanted: &[bool],
    label: &str,
) -> Result<Vec<f64>> {
    let shared = draws.by_mask_alone();
    // groups of channels that share their inputs: (place of the first of them, number of inputs)
    let mut groups: Vec<(usize, usize)> = Vec::new();
    let mut group_of = vec![None; channels.len()];
    let mut group_of_mask = vec![None; masks.count()];
    for place in (0..channels.len()).filter(|&p| wanted[p]) {
        let known = if shared { group_of_mask[masks.of(place)] } else { None };
        let group = known.unwrap_or_else(|| {
            let once = shared && masks.is_empty(masks.of(place));
            groups.push((place, if once { 1 } else { draws.count() }));
            groups.len() - 1
        });
        group_of_mask[masks.of(place)] = Some(group);
        group_of[place] = Some(group);
    }
    let jobs: Vec<(usize, usize)> =
        groups.iter().enumerate().flat_map(|(g, &(_, n))| (0..n).map(move |draw| (g, draw))).collect();
    let inputs = context.inputs;
    let make = |i: usize| -> Result<Vec<Tensor>> {
        let (group, draw) = jobs[i];
        let place = groups[group].0;
        let mut made = inputs.to_vec();
        for input in masked {
            let mask = masks.at_size(masks.of(place), input.planes.spatial())?;
            let values = draws.values(&Place { masked: input, draw, channel: channels[place] }, &mask)?;
            made[input.input] = input.with(values);
        }
        Ok(made)
    };
    let all = scores(context, scorer, jobs.len(), label, &make)?;
    let mut sums = vec![0.0; groups.len()];
    jobs.iter().zip(&all).for_each(|(&(g, _), s)| sums[g] += s);
    Ok(group_of.iter().map(|g| g.map_or(f64::NAN, |g: usize| sums[g] / groups[g].1 as f64)).collect())
}

/// Softmax over the scores that there are; NaN stays NaN.
fn softmax(scores: &[f64]) -> Vec<f64> {
    let top = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let exp: Vec<f64> = scores.iter().map(|s| (s - top).exp()).collect();
    let total: f64 = exp.iter().filter(|e| !e.is_nan()).sum();
    exp.iter().map(|e| e / total).collect()
}

/// An error about an array handed in.
pub(crate) fn wrong_noise(found: &[usize], expected: &str) -> ExplainError {
    ExplainError::Input { input: "noise".into(), reason: format!("has shape {found:?}, expected {expected}") }
}
